/**
 * What an approver lets pass without asking again, beside what is approved (docs/formats.md, "Statements of version 2"). Its shape;
 * what it lets pass is ../grants.
 */
import type { JsonValue } from "../json/canonical-json.ts";
import { anyObject, integer, list, Misfit, nullable, object, oneOf, type Of, type Shape, text } from "../json/shape.ts";
import { agentId, grantId, hash, time } from "./words.ts";

/** What no grant exceeds, whatever a rule says. */
export const MAX_GRANT_USES = 100;

const anyValue: Shape<JsonValue> = (value, path) => {
  if (value === undefined) throw new Misfit(path, "missing member");
  return value;
};

/** A JSON pointer (RFC 6901) to a member of the arguments. */
const pointer = text(1, 1_024);

/** What a member may be that is not fixed: anything, a number within both ends, or one of these texts. */
export type GrantBound = "any" | { from: number; to: number } | { one_of: string[] };

const bound: Shape<GrantBound> = (value, path) => {
  if (typeof value === "string") return oneOf("any")(value, path);
  if ("one_of" in anyObject(value, path)) return object({ one_of: list(text(), 1, 256) })(value, path);
  const span = object({ from: anyValue, to: anyValue })(value, path);
  if (typeof span.from !== "number" || typeof span.to !== "number") throw new Misfit(path, "two numbers");
  return { from: span.from, to: span.to };
};

/** What else of this kind may pass without asking: the same rule, agent, server and tool, with these arguments. */
export const grantShape = object({
  id: grantId,
  rule: text(1),
  agent: agentId,
  server: nullable(text(1)),
  tool: text(1),
  schema_hash: nullable(hash),
  fixed: list(object({ pointer, value: anyValue })),
  free: list(object({ pointer, bound })),
  uses: integer(1, MAX_GRANT_USES),
  until: time,
});
export type Grant = Of<typeof grantShape>;
