/** What of an agent is refused without asking, as rows: made by the server for all, and by the browser for one that was just made. */
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import { choiceView, hashView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { patternsScriptTexts as texts } from "#texts/browser/approvals/patterns.ts";

/** What is meant: a tool, of a server if one is named, or asks that are called so. */
export const kindViews = ({ server, tool, action }: Pick<PatternItem, "server" | "tool" | "action">): View[] =>
  tool === null
    ? [...texts.pattern.asksCalled(textView(action ?? "")), ...(server === null ? [] : texts.pattern.at(textView(server)))]
    : [...(server === null ? [] : [textView(server), "."]), textView(tool)];

/** The id of the element that says what is refused. */
const whatId = (id: string): string => `pattern-${id}`;

/** A row; with a button to lift it, where that is the reader's to do. */
export function patternRow(pattern: PatternItem, isTheirs: boolean): ViewElement {
  const { id, agent, by, comment, until, arguments_hash: hash } = pattern;
  const what = element("span", { class: "what", id: whatId(id) }, textView(agent.name), ": ", ...kindViews(pattern));
  const which: View[] = hash === null ? [texts.pattern.withAnyArguments] : texts.pattern.withTheArguments(hashView(hash.slice(0, 16)));
  const said: View[] = comment === null ? [] : texts.pattern.itIsTold(textView(comment));
  const who = styled("span", "who", ...texts.pattern.by(which, textView(by.username)), ...said);
  const lift = isTheirs ? [" ", choiceView({ kind: "lift", key: id, style: "link", about: whatId(id) }, texts.pattern.lift)] : [];
  return element("li", { "data-pattern": id }, what, who, styled("span", "when", ...texts.pattern.refusedUntil(timeView(until)), ...lift));
}

/** Whether this person may lift it: what they have made, and admins all. */
export const mayLift = ({ by }: PatternItem, person: { id: string; mayAdminister: boolean }): boolean =>
  person.mayAdminister || by.id === person.id;
