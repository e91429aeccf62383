/**
 * A grant in words, member by member: what its approver reads before signing it, and what lists say of it. Pure; the browser makes it again
 * of what it signs, and compares.
 */
import type { Grant, GrantBound } from "#countersign/documents/grant.ts";
import { canonicalize, type JsonValue } from "#countersign/json/canonical-json.ts";
import { exactTimeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { grantWordsTexts as texts } from "#texts/browser/kit/grant.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

/** Longer values are not said again. */
const MOST_SAID = 80;

/** The name of a member, of its pointer. */
export const memberName = (pointer: string): string => pointer.slice(1).replaceAll("~1", "/").replaceAll("~0", "~");

function valueViews(value: JsonValue): View[] {
  const text = canonicalize(value);
  return text.length > MOST_SAID ? [texts.isWhatWasShown] : texts.isExactly(element("code", {}, textView(text)));
}

/** What a member may be, as a sentence goes on. */
export function boundText(bound: GrantBound): string {
  if (bound === "any") return texts.anything;
  if ("from" in bound) return texts.between(bound.from, bound.to);
  return texts.oneOf(bound.one_of.map((text) => JSON.stringify(text)).join(", "));
}

function boundViews(bound: GrantBound): View[] {
  if (bound === "any") return texts.is(element("strong", {}, texts.anything));
  if ("from" in bound) return texts.is(boundText(bound));
  const allowed = bound.one_of.flatMap((text, index) => [index === 0 ? "" : ", ", element("code", {}, textView(JSON.stringify(text)))]);
  return texts.isOneOf(allowed);
}

const memberView = (pointer: string, views: View[]): ViewElement =>
  element("li", {}, styled("span", "name", textView(memberName(pointer))), " ", ...views);

/** Each member with what it may be. */
export const grantMembers = ({ fixed, free }: Pick<Grant, "fixed" | "free">): ViewElement =>
  styled(
    "ul",
    "grant-members",
    ...fixed.map(({ pointer, value }) => memberView(pointer, valueViews(value))),
    ...free.map(({ pointer, bound }) => memberView(pointer, boundViews(bound))),
    element("li", {}, texts.nothingElse),
  );

/** What is signed beside the approval. `agent`: its name; `action`: what it does. */
export const grantView = (grant: Grant, { agent, action }: { agent: string; action: string }): ViewElement =>
  element(
    "div",
    { id: "grant-words", class: "grant-words" },
    element(
      "p",
      {},
      ...texts.mayDo(
        textView(agent, "agent"),
        textView(action),
        element("strong", {}, ...texts.timesUntil(grant.uses, exactTimeView(grant.until))),
      ),
    ),
    grantMembers(grant),
  );
