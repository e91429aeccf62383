/** Versions of the policy, and texts that wait for another admin's signature. */
import type { PolicyItem, WaitingPolicy } from "#api/policy-data.ts";
import { choiceView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import { lineDifferenceView } from "./difference-view.ts";

const signers = (item: PolicyItem): View[] =>
  item.signed_by.flatMap(({ username }, index) => (index === 0 ? [textView(username)] : [" and ", textView(username)]));

/** What is in force, in one sentence. */
export const stateView = (inForce: PolicyItem | null): ViewElement =>
  inForce === null
    ? element(
        "p",
        { class: "state" },
        element("strong", {}, "Version 0"),
        ": one approver is asked for everything. No policy is published yet.",
      )
    : element(
        "p",
        { class: "state" },
        element("strong", {}, `Version ${inForce.version}`),
        " is in force since ",
        timeView(inForce.published_at),
        ", signed by ",
        ...signers(inForce),
        ".",
      );

/** A link that a script follows without leaving the page: it puts the text into the editor. `unseen` is said to who does not see what it stands beside. */
export const loadView = (what: string, path: string, label: string, unseen = ""): ViewElement =>
  element("a", { href: `/admin/policy?load=${what}`, "data-load": path }, label, unseen === "" ? null : styled("span", "unseen", unseen));

/** `loads`: whether there is an editor on the page. */
export function versionRow(item: PolicyItem, inForce: number, loads: boolean): ViewElement {
  const { version } = item;
  const is = version === inForce ? " (in force)" : "";
  return element(
    "li",
    {},
    styled("span", "what", `Version ${version}${is}`),
    styled("span", "who", "published ", timeView(item.published_at), ", signed by ", ...signers(item)),
    styled(
      "span",
      "when",
      element("a", { href: `/admin/policy?version=${version}#version` }, "Show", styled("span", "unseen", ` version ${version}`)),
      ...(loads ? [" · ", loadView(String(version), `/api/v1/policies/${version}`, "Load", ` version ${version} into the editor`)] : []),
    ),
  );
}

/** A text that an admin has signed for, with what it changes. `source`: of what is in force; `names`: usernames by id. */
export function waitingPolicyView(
  waiting: WaitingPolicy,
  inForceSource: string,
  viewer: string | null,
  names: ReadonlyMap<string, string>,
): ViewElement {
  const { version, source, follows, operation, expires_at: until } = waiting;
  const nameOf = (id: string): string => names.get(id) ?? id;
  const sign = choiceView(
    { kind: "sign", key: operation, style: "primary", about: `text-${operation}` },
    `Sign and publish version ${version}`,
  );
  const overtaken = element(
    "p",
    { class: "message" },
    "Another version has been published since this was signed: load the text, compare, and sign it anew.",
  );
  const buttons = viewer === null ? [] : signingView(waiting, viewer, sign).filter((one) => follows || one !== sign);
  return element(
    "li",
    { "data-waiting": operation },
    element("h3", { id: `text-${operation}` }, `Version ${version}`),
    styled("p", "quiet", `Dropped if nobody else signs by ${timeText(until)}.`),
    signedView(waiting, viewer ?? "", nameOf),
    follows ? null : overtaken,
    source === null
      ? element("p", {}, "Its text is not kept any more.")
      : lineDifferenceView(inForceSource, source, `What version ${version} changes`),
    source === null
      ? null
      : element("details", {}, element("summary", {}, "The whole text"), element("pre", { class: "source", tabindex: "0" }, source)),
    styled(
      "div",
      "ways",
      ...buttons,
      source !== null && viewer !== null ? loadView(operation, `draft:${operation}`, "Load into the editor") : null,
    ),
  );
}
