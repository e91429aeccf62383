/** Tools of a server as cards: what may be called, which rule decides it, what changed, and what to look at. */
import type { ToolItem } from "#api/servers/server-data.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { hashView, term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

const MEMBER_NAMES: Readonly<Record<string, string>> = {
  name: "Name",
  title: "Title",
  description: "Description",
  inputSchema: "Arguments",
  outputSchema: "Results",
  annotations: "Hints",
  _meta: "More",
};

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
const FINDING_WORDS: Readonly<Record<string, string>> = {
  hidden_characters: "Hidden characters",
  bidirectional_characters: "Characters that turn the reading direction",
  control_characters: "Control characters",
  instruction: "Reads like an instruction to the model",
  secrecy: "Tells the model to keep something from people",
  asks_for_secrets: "Asks the model for secrets",
  other_tool: "Speaks of another tool",
  link_with_placeholder: "An address that the model is to complete",
  encoded_text: "Encoded text",
  very_long: "Very long",
};

const STATE_WORDS: Readonly<Record<ToolItem["state"], string>> = {
  accepted: "Accepted",
  was_otherwise: "Refused: it was listed otherwise in the meantime",
  new: "New: hidden and refused",
  changed: "Changed: refused",
  gone: "Refused: the server lists it no more",
  not_acceptable: "Refused: it cannot be accepted",
};

const OUTCOMES = {
  allow: ": calls pass",
  require_approval: ": calls wait for a person",
  deny: ", but the policy refuses all calls",
} as const;
const EFFECTS = { allow: "passes", require_approval: "asks people", deny: "is refused" } as const;

/** What becomes of a call, where one rule decides all of them; else what may. */
function outcomeText({ state, marked, rules }: ToolItem): string {
  if (state !== "accepted") return "";
  const [first] = rules;
  if (first?.always === true && rules.length === 1) return OUTCOMES[first.effect];
  return marked ? ": some calls may wait for a person" : "";
}

/** The rules that a call meets, in their order. */
function rulesView({ rules }: ToolItem): ViewElement {
  const views = rules.flatMap(({ name, effect, always }, at): View[] => [
    ...(at === 0 ? [] : [", then "]),
    element("code", {}, textView(name)),
    ` ${EFFECTS[effect]}${always ? "" : " if it matches"}`,
  ]);
  return term("Rule", ...views);
}

const differenceView = ({ member, before, after }: ToolItem["differences"][number]): ViewElement =>
  styled(
    "div",
    "difference",
    element("h5", {}, MEMBER_NAMES[member] ?? member),
    styled("div", "before", styled("p", "quiet", "Accepted"), before === null ? "none" : valueOf(before as JsonValue)),
    styled("div", "after", styled("p", "quiet", "Now"), after === null ? "none" : valueOf(after as JsonValue)),
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
              element("strong", {}, FINDING_WORDS[what] ?? what.replaceAll(/[-_]/g, " ")),
              ", in ",
              element("code", {}, textView(place.replace(/^\$\.?/, "") || "all of it")),
              styled("p", "said", textView(text)),
            ),
          ),
        ),
      ];

export const toolCheckId = (name: string): string => `tool-${name}`;

const NAMES = { tool: "", instructions: "What it says to models", prompt: "" } as const;

/** Whether it is ticked at first: what would be accepted, if nothing stands out in it. */
export const isTicked = ({ state, listed, findings }: ToolItem): boolean =>
  listed === null ? false : state === "accepted" || findings.length === 0;

/** One of them, with the box that says whether it is accepted. `mayAccept`: without it there is none. */
export function toolCard(item: ToolItem, mayAccept: boolean): ViewElement {
  const { name, kind, state, accepted, listed, problem, differences, findings, warning, rules, proposal } = item;
  const shown = listed ?? accepted;
  const box: Record<string, string> = { type: "checkbox", id: toolCheckId(name), "data-tool": name };
  const title = NAMES[kind] === "" ? textView(name) : NAMES[kind];
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
    ...(accepted === null ? [] : [term("Accepted pin", hashView(accepted.pin))]),
    ...(listed === null || listed.pin === accepted?.pin ? [] : [term("Pin now", hashView(listed.pin))]),
  ];
  return element(
    "li",
    { class: `tool ${state}` },
    element("h3", {}, heading),
    element("p", { class: "state" }, STATE_WORDS[state], outcomeText(item)),
    ...(problem === null ? [] : [styled("p", "error", problem.message)]),
    ...findingsView(findings),
    ...(warning === null ? [] : [styled("p", "warning", warning)]),
    termList(...(rules.length === 0 ? [] : [rulesView(item)]), ...(proposal === null ? [] : [term("Looks like", proposal.class)]), ...pins),
    ...(differences.length === 0
      ? []
      : [styled("div", "differences", element("h4", {}, "What changed"), ...differences.map(differenceView))]),
    ...(shown === null
      ? []
      : [
          element(
            "details",
            {},
            element("summary", {}, listed === null ? "As it was accepted" : "All that it says of itself"),
            element("div", { "data-definition": name }, definitionView(shown.definition)),
          ),
        ]),
  );
}
