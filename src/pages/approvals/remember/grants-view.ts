/** What is told of grants beside a request: nobody signs it, and it says so. Pure; made by the server alone. */
import type { Grant } from "#countersign/documents/grant.ts";
import { textView } from "#pages/kit/text-view.ts";
import { boundText, memberName } from "#pages/kit/value/grant-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { approvalsTexts as texts } from "#texts/approvals.ts";

interface Beside {
  grant: Grant;
  requestId: string;
  left: number;
  givers: readonly string[];
}

interface Mismatch {
  reason: string;
  pointer: string | null;
  message: string;
}

export interface GrantsShown {
  passedBy: (Beside & { use: number }) | null;
  gave: Beside | null;
  near: readonly (Beside & { mismatches: readonly Mismatch[] })[];
}

const idView = ({ grant: { id } }: Beside): ViewElement =>
  element("a", { href: `/admin/grants?q=${encodeURIComponent(id)}` }, textView(id, "id"));

const leftText = ({ left }: Beside): string => texts.grants.left(left);

const giversViews = ({ givers }: Beside): View[] => givers.flatMap((name, at) => (at === 0 ? [textView(name)] : [", ", textView(name)]));

/** Of a member, in words of the page's own: its name is the agent's. */
const OF_MEMBER: Readonly<Record<string, string>> = {
  new_member: texts.grants.isNew,
  missing_member: texts.grants.isGone,
  other_value: texts.grants.isAnother,
};

function mismatchView({ reason, pointer, message }: Mismatch, { free }: Grant): ViewElement {
  if (pointer === null) return element("li", {}, textView(message));
  const bound = free.find((one) => one.pointer === pointer)?.bound;
  const said = OF_MEMBER[reason] ?? (bound === undefined ? texts.grants.differs : texts.grants.isNot(boundText(bound)));
  return element("li", {}, styled("span", "name", textView(memberName(pointer))), " ", textView(said));
}

function nearView(near: GrantsShown["near"][number]): ViewElement {
  const why =
    near.mismatches.length === 0
      ? element("p", {}, texts.grants.coversThis)
      : element("ul", { class: "grant-members" }, ...near.mismatches.map((one) => mismatchView(one, near.grant)));
  return element("li", {}, ...texts.grants.near(idView(near), leftText(near), giversViews(near)), why);
}

/** The region "Grants"; null where there is nothing to tell. */
export function grantsBesideView({ passedBy, gave, near }: GrantsShown): ViewElement | null {
  if (passedBy === null && gave === null && near.length === 0) return null;
  const link = (to: Beside) => element("a", { href: `/a/${to.requestId}` }, texts.grants.whatTheyApproved);
  return element(
    "section",
    { id: "grants-beside", "aria-label": texts.grants.grants },
    element("h2", {}, texts.grants.grants),
    passedBy === null
      ? null
      : element(
          "p",
          {},
          ...texts.grants.passedBy(
            idView(passedBy),
            leftText(passedBy),
            passedBy.use,
            passedBy.grant.uses,
            giversViews(passedBy),
            link(passedBy),
          ),
        ),
    gave === null ? null : element("p", {}, ...texts.grants.gave(idView(gave), leftText(gave), gave.grant.uses)),
    near.length === 0 ? null : element("ul", { class: "near-grants" }, ...near.map(nearView)),
    styled("p", "quiet", texts.grants.notSigned),
  );
}
