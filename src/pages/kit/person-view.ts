/** People and agents by name. */
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { textView } from "./text-view.ts";
import { styled, type ViewElement } from "./view.ts";

/** Display name and username; the id of someone who is not among `people`. */
export function personView(id: string, people: readonly MentionedPerson[]): ViewElement {
  const person = people.find((one) => one.id === id);
  if (person === undefined) return styled("span", "person", textView(id, "id"));
  const username = styled("span", "username", "(", textView(person.username), ")");
  return person.display_name === "" || person.display_name === person.username
    ? styled("span", "person", textView(person.username))
    : styled("span", "person", textView(person.display_name), " ", username);
}
