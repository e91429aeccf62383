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
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

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
  "resources/read": texts.call.readsAResource,
  "prompts/get": texts.call.getsAPrompt,
  "completion/complete": texts.call.asksForCompletions,
};

/** Who calls what, as far as it is known; `payload` is a call's, `action` what people sign for. */
export function callView({ tool, server, url_origin: origin }: JsonObject, call: ReadingAids["call"], action: string): ViewElement {
  const written = (name: JsonValue | undefined): string => (typeof name === "string" ? name : "");
  const named = (name: JsonValue | undefined): ViewElement => element("strong", {}, textView(written(name)));
  const beside = BESIDE_TOOLS[written(tool)];
  const what = line(
    ...texts.call.ofTheServerAt(
      beside === undefined ? texts.call.callsTool(named(tool)) : [texts.call.theGate(beside)],
      named(server),
      textView(written(origin), "id"),
    ),
    call?.runs_as ?? ".",
  );
  const inner = judgedAs(action, `${written(server)}.${written(tool)}`);
  const judged = inner === null ? null : line(...texts.call.judgedAs(named(inner)));
  if (call === null || beside !== undefined) return styled("div", "why call", what, judged);
  const { definition, hints, is_grave: isGrave, asked, at_once: atOnce } = call;
  const description = typeof definition["description"] === "string" ? definition["description"] : "";
  return styled(
    "div",
    "why call",
    what,
    judged,
    line(...texts.call.serverSays(element("strong", isGrave ? { class: "risk high" } : {}, hints))),
    atOnce === undefined ? null : line(...texts.call.sentAtOnce(element("strong", {}, texts.call.atOnce))),
    asked === null ? null : line(texts.call.asked(asked)),
    // What is longer is among all that it says.
    description === "" || description.length > OPEN_DESCRIPTION ? null : element("blockquote", {}, textView(description)),
    element("details", {}, element("summary", {}, texts.call.definition), boundedView(definition, MOST_NODES)),
  );
}
