/** What `/api/v1/policies/proposals` takes and answers: schemas, and the types that come from them. Pages and their scripts take the types only. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting } from "../document.ts";

export const proposalsQuery = z.object({
  request: described(
    z.optional(z.string().check(z.maxLength(100))),
    "A request that people approved: a rule of it alone, for its agent with just these arguments.",
  ),
});

const name = z.nullable(z.string());

/** `values`: the one, from and to, or all of them. */
const member = z.looseObject({
  member: z.string(),
  bound: z.enum(["fixed", "range", "one_of"]),
  values: z.array(z.json()),
  optional: z.boolean(),
});

/** A rule, for the policy's text, with what it comes from. `agent` or `group` is null, and `action` of a call. */
const proposal = z.looseObject({
  name: z.string(),
  agent: name,
  group: name,
  source: z.enum(["ask", "call"]),
  server: name,
  tool: name,
  action: name,
  members: z.array(member),
  risk: z.enum(["low", "medium", "high"]),
  condition: z.string(),
  rule: described(z.string(), "One item of a policy's `rules`, in YAML, without indentation, with a comment above it."),
  before: described(name, "The rule of the policy in force before which it belongs; null: after all others."),
  people: fitting(z.int(), words.count),
  requests: z.array(z.looseObject({ id: z.string(), approved_at: fitting(z.string(), words.time) })),
});
export type ProposalItem = DocumentOf<typeof proposal>;
export const proposalList = z.looseObject({ items: z.array(proposal) });
