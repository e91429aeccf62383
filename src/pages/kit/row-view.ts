/** What lists are made of: a name with its value, a hash, a time, a person, a button. */
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { textView } from "./text-view.ts";
import { dateText, exactTimeText, timeText } from "./time-text.ts";
import { element, styled, type View, type ViewElement } from "./view.ts";

/** A point in time, to the minute. */
export const timeView = (time: string): ViewElement => element("time", { datetime: time }, timeText(time));

/** A point in time, nothing rounded. */
export const exactTimeView = (time: string): ViewElement => element("time", { datetime: time }, exactTimeText(time));

/** The day of a point in time. */
export const dayView = (time: string): ViewElement => element("time", { datetime: time }, dateText(time));

/** Hexadecimal digits in groups of four. */
export const hashView = (hash: string): ViewElement =>
  element("code", { class: "hash" }, ...(hash.match(/.{1,4}/g) ?? []).flatMap((group, i) => (i === 0 ? [group] : [" ", group])));

/** A name and its value, for a definition list of class `object`. */
export const term = (name: string, ...value: (View | null)[]): ViewElement =>
  styled("div", "member", styled("dt", "name", name), element("dd", {}, ...value));

/** Terms as a list of facts. */
export const termList = (...terms: ViewElement[]): ViewElement => styled("dl", "object terms", ...terms);

/** Display name and username; the id of someone who is not among `people`. */
export function personView(id: string, people: readonly MentionedPerson[]): ViewElement {
  const person = people.find((one) => one.id === id);
  if (person === undefined) return styled("span", "person", textView(id, "id"));
  const username = styled("span", "username", "(", textView(person.username), ")");
  return person.display_name === "" || person.display_name === person.username
    ? styled("span", "person", textView(person.username))
    : styled("span", "person", textView(person.display_name), " ", username);
}

/** What a button of a list does: the script hears it as `data-<kind>`, with the `key` of what it is done to (kit/browser/page.ts, onChosen). */
interface Choice {
  kind: string;
  key: string;
  style: "primary" | "danger" | "link" | "link danger";
  /** Ids of the elements that say what it is done to, where its label does not. */
  about?: string;
}

/** A button in a list that is made anew when something changed. */
export const choiceView = ({ kind, key, style, about }: Choice, ...label: View[]): ViewElement =>
  element(
    "button",
    { type: "button", class: style, [`data-${kind}`]: key, ...(about === undefined ? {} : { "aria-describedby": about }) },
    ...label,
  );
