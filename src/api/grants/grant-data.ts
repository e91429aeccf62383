/** What `/api/v1/grants` takes and answers: schemas, and the types that come from them. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting } from "../document.ts";

const text = (most: number) => z.optional(z.string().check(z.minLength(1), z.maxLength(most)));

export const grantsQuery = z.object({
  agent: described(text(100), "The agent's id."),
  state: described(z.optional(z.enum(["open", "over"])), "Whether it may still let something pass."),
  q: described(text(200), "What is in its agent's, tool's, rule's or server's name, in the name of somebody who gave it, or in its id."),
  cursor: described(text(200), "`next_cursor` of an answer: on from there."),
});
export type GrantsQuery = z.infer<typeof grantsQuery>;

const count = fitting(z.int(), words.count);
const time = fitting(z.string(), words.time);
/** What a member may be that is not fixed. */
const bound = z.union([z.literal("any"), z.object({ from: z.number(), to: z.number() }), z.object({ one_of: z.array(z.string()) })]);
const person = z.looseObject({ id: z.string(), username: z.string() });

/** What has ended it. `rule`: the policy has no such rule any more, or one that lets nobody remember. */
const end = z.enum(["revoked", "used_up", "expired", "stop", "giver", "tool", "log", "rule"]);

export const grantItem = z.looseObject({
  id: z.string(),
  agent: z.looseObject({ id: z.string(), name: z.string() }),
  rule: z.string(),
  server: described(z.nullable(z.string()), "The server's name; null where the agent acts by itself and names none."),
  tool: z.string(),
  fixed: z.array(z.looseObject({ pointer: z.string(), value: z.json() })),
  free: z.array(z.looseObject({ pointer: z.string(), bound })),
  uses: count,
  used: count,
  left: described(count, "How often it may still be used, if nothing ends it."),
  given_at: time,
  until: time,
  given_by: z.array(person),
  request_id: described(z.string(), "The request that it was given with."),
  ended_by: z.nullable(end),
  revoked: z.nullable(z.looseObject({ by: person, at: time })),
  used_for: z.array(z.looseObject({ use: count, request_id: z.string(), at: time })),
});
export type GrantItem = DocumentOf<typeof grantItem>;
export const grantList = z.looseObject({ items: z.array(grantItem), next_cursor: z.optional(z.string()) });
