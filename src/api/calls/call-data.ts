/** What `/api/v1/calls` takes and answers: schemas, and the types that come from them. */
import * as z from "zod/mini";
import { CALL_STATUSES } from "#countersign/documents/call.ts";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting, moment } from "../document.ts";

const text = (most: number) => z.optional(z.string().check(z.minLength(1), z.maxLength(most)));
const cursor = described(text(100), "`next_cursor` of an answer: on from there.");
const include = described(z.optional(z.literal("content")), "With `content` also what is kept of arguments and results.");

export const callsQuery = z.object({
  agent: described(text(100), "The agent's id."),
  server: described(text(100), "The server's id, or its name at the time of the call."),
  tool: text(200),
  status: z.optional(z.enum(CALL_STATUSES)),
  rule: text(64),
  request: described(text(100), "The request by which people were asked."),
  session: text(200),
  trace: text(200),
  from: moment("Not before."),
  to: moment("Before; a day is meant with all of it."),
  q: described(text(200), "Words that all are in what is kept of arguments and result."),
  cursor,
  include,
});
export const sessionQuery = z.object({ cursor, include });

const count = fitting(z.int(), words.count);
const hash = z.nullable(fitting(z.string(), words.hash));
const named = z.looseObject({ id: z.string(), name: z.string() });

/** What is kept of arguments or a result. */
const kept = z.nullable(z.looseObject({ text: z.string(), cut: z.boolean() }));

export const callItem = z.looseObject({
  agent: named,
  number: count,
  at: fitting(z.string(), words.time),
  server: named,
  method: z.string(),
  tool: z.string(),
  schema_hash: hash,
  status: z.enum(CALL_STATUSES),
  code: z.nullable(z.string()),
  flags: z.array(z.string()),
  rule: z.string(),
  policy: count,
  request_id: z.nullable(z.string()),
  arguments_hash: hash,
  arguments_bytes: count,
  result_hash: hash,
  result_bytes: count,
  ms: z.nullable(count),
  count,
  session: z.nullable(z.string()),
  trace: z.nullable(z.string()),
  masked: z.array(z.looseObject({ place: z.string(), by: z.string(), times: count })),
  /** Only where it is asked for. */
  arguments: z.optional(kept),
  result: z.optional(kept),
});
export type CallItem = DocumentOf<typeof callItem>;
export const callList = z.looseObject({ items: z.array(callItem), next_cursor: z.optional(z.string()) });

/** One step of a session, in the order of what happened. */
const sessionStep = z.looseObject({
  call: z.looseObject({
    agent: named,
    number: count,
    at: fitting(z.string(), words.time),
    server: named,
    method: z.string(),
    tool: z.string(),
    arguments_hash: hash,
    arguments_bytes: count,
    arguments: z.optional(kept),
    trace: z.nullable(z.string()),
  }),
  judgement: z.looseObject({
    rule: z.string(),
    policy: count,
    schema_hash: hash,
    code: z.nullable(z.string()),
    flags: z.array(z.string()),
    count,
  }),
  /** How people were asked; null where nobody was. */
  request: z.nullable(z.looseObject({ id: z.string(), url: z.string() })),
  result: z.looseObject({
    status: z.enum(CALL_STATUSES),
    result_hash: hash,
    result_bytes: count,
    ms: z.nullable(count),
    result: z.optional(kept),
    masked: callItem.shape.masked,
  }),
});
export type CallStep = DocumentOf<typeof sessionStep>;
export const sessionSteps = z.looseObject({ session: z.string(), steps: z.array(sessionStep), next_cursor: z.optional(z.string()) });

const provenLeaf = z.looseObject({ record: z.looseObject({}), salt: z.string(), proof: z.string() });

/** `countersign/challenge-proof@v1`: a passkey's approval of one call, with what proves it in the log. */
export const challengeProof = z.looseObject({
  type: z.literal("countersign/challenge-proof@v1"),
  consumed: provenLeaf,
  passkey: provenLeaf,
});

/** `countersign/call-proof@v1`, one call with what proves it below a leaf of the log; in no other form. */
export const callProof = z.looseObject({
  type: z.literal("countersign/call-proof@v1"),
  call: z.looseObject({}),
  salt: z.string(),
  index: count,
  size: count,
  path: z.array(fitting(z.string(), words.hash)),
  leaf: provenLeaf,
});
