/** Versions of the policy, and texts that wait for another admin's signature. */
import type { PolicyItem, WaitingPolicy } from "#api/policy-data.ts";
import { choiceView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import { policiesTexts as texts } from "#texts/policies.ts";
import { lineDifferenceView } from "./difference-view.ts";

const signers = (item: PolicyItem): View[] =>
  item.signed_by.flatMap(({ username }, index) => (index === 0 ? [textView(username)] : [texts.state.and, textView(username)]));

/** What is in force, in one sentence. */
export const stateView = (inForce: PolicyItem | null): ViewElement =>
  inForce === null
    ? element("p", { class: "state" }, ...texts.state.none(element("strong", {}, texts.state.version(0))))
    : element(
        "p",
        { class: "state" },
        ...texts.state.inForce(
          element("strong", {}, texts.state.version(inForce.version)),
          timeView(inForce.published_at),
          signers(inForce),
        ),
      );

/** A link that a script follows without leaving the page: it puts the text into the editor. `unseen` is said to who does not see what it stands beside. */
export const loadView = (what: string, path: string, label: string, unseen = ""): ViewElement =>
  element("a", { href: `/admin/policy?load=${what}`, "data-load": path }, label, unseen === "" ? null : styled("span", "unseen", unseen));

/** `loads`: whether there is an editor on the page. */
export function versionRow(item: PolicyItem, inForce: number, loads: boolean): ViewElement {
  const { version } = item;
  const { versions } = texts;
  return element(
    "li",
    {},
    styled("span", "what", version === inForce ? versions.versionInForce(version) : versions.version(version)),
    styled("span", "who", ...versions.published(timeView(item.published_at), signers(item))),
    styled(
      "span",
      "when",
      element(
        "a",
        { href: `/admin/policy?version=${version}#version` },
        versions.show,
        styled("span", "unseen", versions.showUnseen(version)),
      ),
      ...(loads ? [" · ", loadView(String(version), `/api/v1/policies/${version}`, versions.load, versions.loadUnseen(version))] : []),
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
  const sign = choiceView({ kind: "sign", key: operation, style: "primary", about: `text-${operation}` }, texts.waiting.sign(version));
  const overtaken = element("p", { class: "message" }, texts.waiting.overtaken);
  const buttons = viewer === null ? [] : signingView(waiting, viewer, sign).filter((one) => follows || one !== sign);
  return element(
    "li",
    { "data-waiting": operation },
    element("h3", { id: `text-${operation}` }, texts.waiting.version(version)),
    styled("p", "quiet", texts.waiting.droppedAt(timeText(until))),
    signedView(waiting, viewer ?? "", nameOf),
    follows ? null : overtaken,
    source === null ? element("p", {}, texts.waiting.noText) : lineDifferenceView(inForceSource, source, texts.waiting.changes(version)),
    source === null
      ? null
      : element("details", {}, element("summary", {}, texts.waiting.text), element("pre", { class: "source", tabindex: "0" }, source)),
    styled(
      "div",
      "ways",
      ...buttons,
      source !== null && viewer !== null ? loadView(operation, `draft:${operation}`, texts.waiting.load) : null,
    ),
  );
}
