/** What is told of grants beside a request: nobody signs it, and it says so. Pure; made by the server alone. */
import type { Grant } from "#countersign/documents/grant.ts";
import { textView } from "#pages/kit/text-view.ts";
import { boundText, memberName } from "#pages/kit/value/grant-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

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

const leftText = ({ left }: Beside): string => `${left} left`;

const giversViews = ({ givers }: Beside): View[] => givers.flatMap((name, at) => (at === 0 ? [textView(name)] : [", ", textView(name)]));

/** Of a member, in words of the page's own: its name is the agent's. */
const OF_MEMBER: Readonly<Record<string, string>> = {
  new_member: "is there, and was not when it was given",
  missing_member: "is not there",
  other_value: "is another than was approved",
};

function mismatchView({ reason, pointer, message }: Mismatch, { free }: Grant): ViewElement {
  if (pointer === null) return element("li", {}, textView(message));
  const bound = free.find((one) => one.pointer === pointer)?.bound;
  const said = OF_MEMBER[reason] ?? (bound === undefined ? "differs" : `is not ${boundText(bound)}`);
  return element("li", {}, styled("span", "name", textView(memberName(pointer))), " ", textView(said));
}

function nearView(near: GrantsShown["near"][number]): ViewElement {
  const why =
    near.mismatches.length === 0
      ? element(
          "p",
          {},
          "It covers this, and people are asked all the same: by the rule that decides now, by what is unusual, or because it was used up meanwhile.",
        )
      : element("ul", { class: "grant-members" }, ...near.mismatches.map((one) => mismatchView(one, near.grant)));
  return element("li", {}, "Grant ", idView(near), ` (${leftText(near)}, given by `, ...giversViews(near), ") does not let it pass:", why);
}

/** The region "Grants"; null where there is nothing to tell. */
export function grantsBesideView({ passedBy, gave, near }: GrantsShown): ViewElement | null {
  if (passedBy === null && gave === null && near.length === 0) return null;
  const link = (to: Beside) => element("a", { href: `/a/${to.requestId}` }, "what they approved");
  return element(
    "section",
    { id: "grants-beside", "aria-label": "Grants" },
    element("h2", {}, "Grants"),
    passedBy === null
      ? null
      : element(
          "p",
          {},
          "Passed by grant ",
          idView(passedBy),
          `, ${leftText(passedBy)}: use ${passedBy.use} of ${passedBy.grant.uses}, given by `,
          ...giversViews(passedBy),
          " with ",
          link(passedBy),
          ".",
        ),
    gave === null ? null : element("p", {}, "Remembered as grant ", idView(gave), `: ${leftText(gave)} of ${gave.grant.uses}.`),
    near.length === 0 ? null : element("ul", { class: "near-grants" }, ...near.map(nearView)),
    styled("p", "quiet", "Not part of what is signed."),
  );
}
