/** What `GET /api/v1/agents` takes, and what `GET /api/v1/agents/{id}` answers: schemas, and the types that come from them. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { CALL_STATUSES } from "#countersign/documents/call.ts";
import { described, type DocumentOf, fitting } from "../document.ts";
import { agentItem, proposedChange, proposedRelease, proposedRotation } from "../people-data.ts";

const given = (most: number) => z.optional(z.string().check(z.minLength(1), z.maxLength(most)));
const count = fitting(z.int(), words.count);
const time = fitting(z.string(), words.time);

export const agentsQuery = z.object({
  q: described(given(200), "Words that all have to be in an agent's name or its owner's username; or the id."),
  state: described(
    z.optional(z.enum(["any", "running", "stopped", "revoked"])),
    "How it stands; with it, `q` or `cursor` the answer is a page.",
  ),
  cursor: described(given(200), "`next_cursor` of an answer: on from there."),
});
export type AgentsQuery = z.infer<typeof agentsQuery>;

const agentKey = z.looseObject({
  number: described(count, "The how-manieth of its agent it is."),
  prefix: described(z.nullable(z.string()), "How it begins; null where a version before did not say."),
  made_at: time,
});
const oldKey = z.looseObject({ ...agentKey.shape, replaced_at: time, ends_at: described(time, "It opens nothing from then on.") });

export const REQUEST_ENDS = ["pending", "approved", "passed", "denied", "expired", "cancelled"] as const;
const requestStatus = z.enum(REQUEST_ENDS);

export const agentDetail = z.looseObject({
  ...agentItem.shape,
  owner_name: z.string(),
  key: agentKey,
  old_keys: described(z.array(oldKey), "Those that were replaced, the newest first."),
  last_asked_at: described(z.nullable(time), "When it last asked for an approval."),
  last_call_at: described(z.nullable(time), "Of its newest call through the gateway, as the record has it, a few seconds behind."),
  requests: z.looseObject({
    looked_at: described(count, "Of so many of its newest requests the others are the counts."),
    more: z.boolean(),
    pending: count,
    approved: count,
    passed: described(count, "Without people."),
    denied: count,
    expired: count,
    cancelled: count,
  }),
  recent_requests: z.array(
    z.looseObject({
      id: z.string(),
      action: described(z.nullable(z.string()), "Null where the request is not this person's to read."),
      requested_at: time,
      ended_at: z.nullable(time),
      status: z.nullable(requestStatus),
      risk: z.nullable(z.string()),
    }),
  ),
  recent_calls: described(
    z.nullable(
      z.array(
        z.looseObject({
          number: count,
          at: time,
          server: z.string(),
          tool: z.string(),
          status: z.enum(CALL_STATUSES),
          request_id: z.nullable(z.string()),
        }),
      ),
    ),
    "Null where the record of calls cannot be read now.",
  ),
  agents_below: z.array(agentItem),
  changes: z.array(proposedChange),
  releases: z.array(proposedRelease),
  rotations: z.array(proposedRotation),
});
export type AgentDetail = DocumentOf<typeof agentDetail>;
