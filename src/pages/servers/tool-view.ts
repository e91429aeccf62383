/** Tools of a server as cards: what may be called, which rule decides it, what changed, and what to look at. */
import type { ToolItem } from "#api/servers/server-data.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { hashView, term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { serversScriptTexts } from "#texts/browser/servers.ts";
import { serversTexts as texts } from "#texts/servers.ts";

const MEMBER_NAMES: Readonly<Record<string, string>> = serversScriptTexts.members;

const valueOf = (value: JsonValue): View => {
  if (typeof value === "string") return element("span", { class: "said" }, textView(value));
  return typeof value === "object" && value !== null && !Array.isArray(value) ? objectView(value) : objectView({ value });
};

/** Everything that is pinned; what is not there is left out. */
export const definitionView = (definition: JsonObject): ViewElement =>
  termList(
    ...Object.entries(MEMBER_NAMES).flatMap(([member, name]) => {
      const value = definition[member] ?? null;
      return value === null || member === "name" ? [] : [term(name, valueOf(value))];
    }),
  );

/** What stands out in a tool's texts (tool-texts.ts), as admins hear of it. */
function findingText(what: string): string {
  const words: Readonly<Record<string, string>> = texts.tool.findings;
  return words[what] ?? what.replaceAll(/[-_]/g, " ");
}

/** What becomes of a call, where one rule decides all of them; else what may. */
function outcomeText({ state, marked, rules }: ToolItem): string {
  if (state !== "accepted") return "";
  const [first] = rules;
  if (first?.always === true && rules.length === 1) return texts.tool.outcomes[first.effect];
  return marked ? texts.tool.someWait : "";
}

/** The rules that a call meets, in their order. */
function rulesView({ rules }: ToolItem): ViewElement {
  const views = rules.flatMap(({ name, effect, always }, at): View[] => [
    ...(at === 0 ? [] : [texts.tool.nextRule]),
    element("code", {}, textView(name)),
    texts.tool.effects[effect](always),
  ]);
  return term(texts.tool.rule, ...views);
}

const differenceView = ({ member, before, after }: ToolItem["differences"][number]): ViewElement =>
  styled(
    "div",
    "difference",
    element("h5", {}, MEMBER_NAMES[member] ?? member),
    styled("div", "before", styled("p", "quiet", texts.tool.before), before === null ? texts.tool.none : valueOf(before as JsonValue)),
    styled("div", "after", styled("p", "quiet", texts.tool.after), after === null ? texts.tool.none : valueOf(after as JsonValue)),
  );

const findingsView = (findings: ToolItem["findings"]): ViewElement[] =>
  findings.length === 0
    ? []
    : [
        styled(
          "ul",
          "findings caution",
          ...findings.map(({ place, what, text }) =>
            element(
              "li",
              {},
              ...texts.tool.finding(
                element("strong", {}, findingText(what)),
                element("code", {}, textView(place.replace(/^\$\.?/, "") || texts.tool.allOfIt)),
              ),
              styled("p", "said", textView(text)),
            ),
          ),
        ),
      ];

export const toolCheckId = (name: string): string => `tool-${name}`;

/** Whether it is ticked at first: what would be accepted, if nothing stands out in it. */
export const isTicked = ({ state, listed, findings }: ToolItem): boolean =>
  listed === null ? false : state === "accepted" || findings.length === 0;

/** One of them, with the box that says whether it is accepted. `mayAccept`: without it there is none. */
export function toolCard(item: ToolItem, mayAccept: boolean): ViewElement {
  const { name, kind, state, accepted, listed, problem, differences, findings, warning, rules, proposal } = item;
  const shown = listed ?? accepted;
  const box: Record<string, string> = { type: "checkbox", id: toolCheckId(name), "data-tool": name };
  const title = kind === "instructions" ? texts.tool.instructions : textView(name);
  const heading =
    mayAccept && listed !== null
      ? element(
          "label",
          { class: "choice", for: toolCheckId(name) },
          element("input", isTicked(item) ? { ...box, checked: "" } : box),
          element("span", {}, title),
        )
      : title;
  const pins = [
    ...(accepted === null ? [] : [term(texts.tool.acceptedPin, hashView(accepted.pin))]),
    ...(listed === null || listed.pin === accepted?.pin ? [] : [term(texts.tool.pinNow, hashView(listed.pin))]),
  ];
  return element(
    "li",
    { class: `tool ${state}` },
    element("h3", {}, heading),
    element("p", { class: "state" }, texts.tool.states[state], outcomeText(item)),
    ...(problem === null ? [] : [styled("p", "error", problem.message)]),
    ...findingsView(findings),
    ...(warning === null ? [] : [styled("p", "warning", warning)]),
    termList(
      ...(rules.length === 0 ? [] : [rulesView(item)]),
      ...(proposal === null ? [] : [term(texts.tool.looksLike, proposal.class)]),
      ...pins,
    ),
    ...(differences.length === 0
      ? []
      : [styled("div", "differences", element("h4", {}, texts.tool.differences), ...differences.map(differenceView))]),
    ...(shown === null
      ? []
      : [
          element(
            "details",
            {},
            element("summary", {}, listed === null ? texts.tool.asAccepted : texts.tool.saysOfItself),
            element("div", { "data-definition": name }, definitionView(shown.definition)),
          ),
        ]),
  );
}
