/**
 * A tool call that the gate itself will make: which tool of which server, what the server says of it, as whom it runs. What is said of
 * the tool is what admins accepted; that its pin is the signed `schema_hash` the browser checks (browser/approval/verified-display.ts).
 * Pure. Not in scope: the arguments, which are the payload.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import type { ReadingAids } from "#api/reading/reading-aids.ts";
import { textView } from "#pages/kit/text-view.ts";
import { boundedView } from "#pages/kit/value/arranged-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

/** Characters of a description that stand open. */
const OPEN_DESCRIPTION = 280;

/** Of all that the server says. */
const MOST_NODES = 1_000;

const line = (...views: (View | null)[]): ViewElement => element("p", {}, ...views);

/** The tool as whose call it is judged: the signed action says it behind the name of the tool that is called. Null where it is that one. */
function judgedAs(action: string, called: string): string | null {
  const start = `${called}(`;
  return action.startsWith(start) ? action.slice(start.length).replace(/\)$/, "") : null;
}

/** What is no tool, and is judged as one: no server says anything of it. */
const BESIDE_TOOLS: Readonly<Record<string, string>> = {
  "resources/read": "reads a resource",
  "prompts/get": "gets a prompt",
  "completion/complete": "asks for completions",
};

/** Who calls what, as far as it is known; `payload` is a call's, `action` what people sign for. */
export function callView({ tool, server, url_origin: origin }: JsonObject, call: ReadingAids["call"], action: string): ViewElement {
  const written = (name: JsonValue | undefined): string => (typeof name === "string" ? name : "");
  const named = (name: JsonValue | undefined): ViewElement => element("strong", {}, textView(written(name)));
  const beside = BESIDE_TOOLS[written(tool)];
  const what = line(
    ...(beside === undefined ? ["The gate calls the tool ", named(tool)] : [`The gate ${beside}`]),
    " of the server ",
    named(server),
    " at ",
    textView(written(origin), "id"),
    call?.runs_as ?? ".",
  );
  const inner = judgedAs(action, `${written(server)}.${written(tool)}`);
  const judged = inner === null ? null : line("That tool calls others: this is judged as a call of ", named(inner), ".");
  if (call === null || beside !== undefined) return styled("div", "why call", what, judged);
  const { definition, hints, is_grave: isGrave, asked, at_once: atOnce } = call;
  const description = typeof definition["description"] === "string" ? definition["description"] : "";
  return styled(
    "div",
    "why call",
    what,
    judged,
    line("The server says that it ", element("strong", isGrave ? { class: "risk high" } : {}, hints), "."),
    atOnce === undefined ? null : line("Once approved it is sent ", element("strong", {}, "at once"), ", whether the agent waits or not."),
    asked === null ? null : line(`Asked ${asked} times.`),
    // What is longer is among all that it says.
    description === "" || description.length > OPEN_DESCRIPTION ? null : element("blockquote", {}, textView(description)),
    element("details", {}, element("summary", {}, "All that the server says of it"), boundedView(definition, MOST_NODES)),
  );
}
