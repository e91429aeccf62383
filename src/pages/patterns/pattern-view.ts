/** What of an agent is refused without asking, as rows: made by the server for all, and by the browser for one that was just made. */
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import { choiceView, hashView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

/** What is meant: a tool, of a server if one is named, or asks that are called so. */
export const kindViews = ({ server, tool, action }: Pick<PatternItem, "server" | "tool" | "action">): View[] =>
  tool === null
    ? ["asks called ", textView(action ?? ""), ...(server === null ? [] : [" at ", textView(server)])]
    : [...(server === null ? [] : [textView(server), "."]), textView(tool)];

/** The id of the element that says what is refused. */
const whatId = (id: string): string => `pattern-${id}`;

/** A row; with a button to lift it, where that is the reader's to do. */
export function patternRow(pattern: PatternItem, isTheirs: boolean): ViewElement {
  const { id, agent, by, comment, until, arguments_hash: hash } = pattern;
  const what = element("span", { class: "what", id: whatId(id) }, textView(agent.name), ": ", ...kindViews(pattern));
  const which: View[] = hash === null ? ["with any arguments"] : ["with the arguments ", hashView(hash.slice(0, 16)), "…"];
  const said: View[] = comment === null ? [] : [". It is told: ", textView(comment)];
  const who = styled("span", "who", ...which, ", by ", textView(by.username), ...said);
  const lift = isTheirs ? [" ", choiceView({ kind: "lift", key: id, style: "link", about: whatId(id) }, "Lift")] : [];
  return element("li", { "data-pattern": id }, what, who, styled("span", "when", "Refused until ", timeView(until), ...lift));
}

/** Whether this person may lift it: what they have made, and admins all. */
export const mayLift = ({ by }: PatternItem, person: { id: string; mayAdminister: boolean }): boolean =>
  person.mayAdminister || by.id === person.id;
