/** Readers for the documents whose schemas are proposal-data.ts, for the script of the policy's page. */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { boolean, list, nullable, object, oneOf, type Of, type Shape, text } from "#countersign/json/shape.ts";
import { count, time } from "#countersign/documents/words.ts";

const name = nullable(text());
const anyValue: Shape<JsonValue> = (value) => value ?? null;
const proposal = object({
  name: text(1),
  agent: name,
  group: name,
  source: oneOf("ask", "call"),
  server: name,
  tool: name,
  action: name,
  members: list(object({ member: text(), bound: oneOf("fixed", "range", "one_of"), values: list(anyValue), optional: boolean })),
  risk: oneOf("low", "medium", "high"),
  condition: text(1),
  rule: text(1),
  before: name,
  people: count,
  requests: list(object({ id: text(1), approved_at: time })),
});
export type ShownProposal = Of<typeof proposal>;
export const proposalsShape = object({ items: list(proposal) });
