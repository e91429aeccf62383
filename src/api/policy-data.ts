/** What `/api/v1/policies` takes and answers: schemas, and the types that come from them. Pages and their scripts take the types only. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting } from "./document.ts";
import { proposedSignatures, signatureCount } from "./people-data.ts";

const MAX_SOURCE_CHARACTERS = 262_144;

const source = described(
  z.string().check(z.maxLength(MAX_SOURCE_CHARACTERS)),
  "The policy as text: YAML 1.2 or JSON (docs/policies.md), at most 256 KiB.",
);
const version = fitting(z.int(), words.count);
const hash = fitting(z.string(), words.hash);

export const policyCheckBody = z.strictObject({ source });
export const policyReplayBody = z.strictObject({
  source,
  limit: described(z.optional(z.int().check(z.minimum(1), z.maximum(200))), "How many asks are looked at; 200 if left out."),
  cursor: described(z.optional(z.string().check(z.maxLength(200))), "`next_cursor` of an answer: on from there, to older ones."),
});
const publication = {
  source,
  based_on: described(
    z.int().check(z.minimum(0), z.maximum(1_000_000_000)),
    "The version in force that the text was written against; 0 if there is none.",
  ),
};
export const policyDraftBody = z.strictObject(publication);
export const policyBody = z.strictObject({ ...publication, authorisation: z.array(z.unknown()) });

/** What is said of a text: `errors` keep it from being published. */
export const policyFinding = z.looseObject({
  level: z.enum(["error", "warning"]),
  code: z.string(),
  line: z.int(),
  column: z.int(),
  path: z.string(),
  message: z.string(),
  hint: z.string(),
});
export type FindingItem = DocumentOf<typeof policyFinding>;

/** What a text changes, by the names of rules, against the version in force. `other`: parts of the document that are no rules. */
const difference = z.looseObject({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.looseObject({ rule: z.string(), members: z.array(z.string()) })),
  reordered: z.boolean(),
  other: z.array(z.string()),
});
export type PolicyDifference = DocumentOf<typeof difference>;

/** `valid`: it may be published. `hash` and `difference` are null for what cannot be read as a policy. */
export const checkedPolicy = z.looseObject({
  valid: z.boolean(),
  hash: z.nullable(hash),
  based_on: version,
  findings: z.array(policyFinding),
  difference: z.nullable(difference),
});
export type CheckedPolicyAnswer = DocumentOf<typeof checkedPolicy>;

const signer = z.looseObject({ id: z.string(), username: z.string() });
const listed = {
  version,
  hash,
  previous: z.nullable(hash),
  published_at: fitting(z.string(), words.time),
  signed_by: z.array(signer),
  leaf_index: fitting(z.int(), words.count),
};
const policyItem = z.looseObject(listed);
export type PolicyItem = DocumentOf<typeof policyItem>;

/** A version with its text as it was written, and the document that was read from it. */
export const publishedPolicy = z.looseObject({ ...listed, source: z.string(), document: z.looseObject({}) });

/** A text that an admin has signed for and another has to. `follows`: whether it is still written against what is in force. */
export const waitingPolicy = z.looseObject({
  ...proposedSignatures,
  version,
  hash,
  source: z.nullable(z.string()),
  expires_at: fitting(z.string(), words.time),
  follows: z.boolean(),
});
export type WaitingPolicy = DocumentOf<typeof waitingPolicy>;

export const policyList = z.looseObject({
  items: z.array(policyItem),
  next_cursor: z.optional(z.string()),
  in_force: z.looseObject({ version, hash: z.nullable(hash) }),
  waiting: z.array(waitingPolicy),
});

const publishedVersion = { version, hash };
export const madePolicy = z.looseObject(publishedVersion);
export const awaitingPolicy = z.looseObject({ ...publishedVersion, ...signatureCount.shape });

/** How an ask is judged by one version, `slots` being who has to approve: how many of how many people. */
const outcome = z.looseObject({
  rule: z.string(),
  effect: z.enum(["allow", "require_approval", "deny"]),
  code: z.nullable(z.string()),
  risk: z.string(),
  slots: z.array(z.looseObject({ name: z.string(), required: z.int(), eligible: z.array(z.string()) })),
});
export type ReplayedOutcome = DocumentOf<typeof outcome>;

export const replayedPolicy = z.looseObject({
  looked_at: z.int(),
  not_looked_at: z.int(),
  changed: z.array(
    z.looseObject({
      request_id: z.string(),
      action: z.string(),
      agent: z.string(),
      requested_at: fitting(z.string(), words.time),
      version,
      before: outcome,
      after: outcome,
    }),
  ),
  next_cursor: z.optional(z.string()),
});
export type ReplayedPolicy = DocumentOf<typeof replayedPolicy>;
