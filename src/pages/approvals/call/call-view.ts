/**
 * A tool call that the gate itself will make: which tool of which server, what the server says of it, as whom it runs. What is said of
 * the tool is what admins accepted; that its pin is the signed `schema_hash` the browser checks (browser/approval/verified-display.ts).
 * Pure. Not in scope: the arguments, which are the payload.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { pinnedMembers } from "#countersign/documents/tool-pin.ts";
import type { ReadingAids } from "#api/reading-aids.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

/** Characters of a description that stand open. */
const OPEN_DESCRIPTION = 280;

const named = (name: string): ViewElement => element("strong", {}, textView(name));

/** What an MCP tool's annotations mean, in words, the gravest first. What a server does not say counts as the protocol says: as the worse. */
export function hintsOf(definition: JsonObject): { text: string; isGrave: boolean } {
  const given = definition["annotations"];
  const hints = (typeof given === "object" && given !== null ? given : {}) as JsonObject;
  const is = (name: string): JsonValue | undefined => hints[name];
  const reach = is("openWorldHint") === true ? ["reaches beyond itself"] : [];
  if (is("readOnlyHint") === true) return { text: ["reads only", ...reach].join(", "), isGrave: false };
  const isSaid = ["readOnlyHint", "destructiveHint"].some((name) => typeof is(name) === "boolean");
  const harm = is("destructiveHint") === false ? "adds or changes, destroys nothing" : "may destroy";
  const again = is("idempotentHint") === true ? ["doing it twice is the same as once"] : [];
  if (!isSaid) return { text: "does not say whether it reads, changes or destroys", isGrave: true };
  return { text: [harm, ...again, ...reach].join(", "), isGrave: harm === "may destroy" };
}

function descriptionView(server: string, definition: JsonObject): ViewElement | null {
  const { description } = definition;
  if (typeof description !== "string" || description === "") return null;
  const words = element("blockquote", {}, textView(description));
  const title = ["What ", textView(server), " says of it, accepted by admins"];
  if (description.length <= OPEN_DESCRIPTION) return styled("figure", "reason", element("figcaption", {}, ...title), words);
  return styled("figure", "reason", element("details", {}, element("summary", {}, ...title, `: ${description.length} characters`), words));
}

/** Who calls what, as far as it is known; `payload` is a call's. */
export function callView(payload: JsonObject, call: ReadingAids["call"]): ViewElement {
  const [server, tool, origin] = ["server", "tool", "url_origin"].map((name) => String(payload[name])) as [string, string, string];
  const what: View[] = ["The gate calls the tool ", named(tool), " of the server ", named(server), " at ", textView(origin, "id")];
  if (call === null) return styled("div", "why call", element("p", {}, ...what, "."));
  const { definition, authentication, asked } = call;
  const { text, isGrave } = hintsOf(definition);
  const runsAs: View[] =
    authentication === null
      ? ["."]
      : authentication === "none"
        ? [", without any credential."]
        : [", with the gate’s credential for ", textView(server), "."];
  return styled(
    "div",
    "why call",
    element("p", {}, ...what, ...runsAs),
    element("p", {}, styled("strong", isGrave ? "hint-grave" : "hint-mild", `It ${text}`), ", as the server says."),
    asked === null || asked < 2 ? null : element("p", {}, `Asked ${asked} times.`),
    descriptionView(server, definition),
    element("details", {}, element("summary", {}, "All that the server says of it"), objectView(pinnedMembers(definition))),
  );
}
