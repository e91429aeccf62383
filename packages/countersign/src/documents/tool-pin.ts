/** The pin of an MCP server's tool: everything that it says of itself (docs/formats.md, "Pin"). */
import { hex } from "../encoding/bytes.ts";
import { hashJson, type JsonObject, type JsonValue } from "../json/canonical-json.ts";

/** What of a tool is pinned; whatever else a server says of it is neither shown nor passed on. */
export const PINNED_MEMBERS = ["name", "title", "description", "inputSchema", "outputSchema", "annotations", "_meta"] as const;
export type PinnedTool = Record<(typeof PINNED_MEMBERS)[number], JsonValue>;

/** The members of a listed tool that are pinned, those it does not have null. `tool` has passed the rules of JSON that is hashed. */
export const pinnedMembers = (tool: JsonObject): PinnedTool =>
  Object.fromEntries(PINNED_MEMBERS.map((name) => [name, tool[name] ?? null])) as PinnedTool;

/** SHA-256(JCS({ name, title, description, inputSchema, outputSchema, annotations, _meta })), absent members null, in hexadecimal. */
export const toolPin = (tool: JsonObject): string => hex(hashJson(pinnedMembers(tool)));
