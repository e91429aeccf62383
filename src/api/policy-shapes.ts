/** Readers for the documents whose schemas are policy-data.ts, for the script of the policy's page, as people-shapes.ts is for others. */
import { boolean, integer, list, nullable, object, objectWith, oneOf, type Shape, text } from "#countersign/json/shape.ts";
import { count, hash, personId, time } from "#countersign/documents/words.ts";

const names = list(text());
const finding = object({
  level: oneOf("error", "warning"),
  code: text(1),
  line: count,
  column: count,
  path: text(),
  message: text(1),
  hint: text(),
});
const difference = object({
  added: names,
  removed: names,
  changed: list(object({ rule: text(1), members: names })),
  reordered: boolean,
  other: names,
});
export const checkedPolicyShape = object({
  valid: boolean,
  hash: nullable(hash),
  based_on: count,
  findings: list(finding),
  difference: nullable(difference),
});

const outcome = object({
  rule: text(1),
  effect: oneOf("allow", "require_approval", "deny"),
  code: nullable(text(1)),
  risk: text(1),
  slots: list(object({ name: text(), required: count, eligible: names })),
});
const changed = { request_id: text(1), action: text(), agent: text(), requested_at: time, version: count, before: outcome, after: outcome };
export const replayedPolicyShape = objectWith(
  { looked_at: count, not_looked_at: count, changed: list(object(changed)) },
  { next_cursor: text(1) },
);

const versionAndHash = { version: integer(1), hash };
/** The version, and how many admins have signed where another has to. */
export const publishedOrWaitingShape = objectWith(versionAndHash, { signatures: count, required: count });

const listed = {
  ...versionAndHash,
  previous: nullable(hash),
  published_at: time,
  signed_by: list(object({ id: personId, username: text(1) })),
  leaf_index: count,
};
const anyDocument: Shape<unknown> = (value) => value;
/** Of a version with its text; what was read from that is not looked at. */
export const policyTextShape = object({ ...listed, source: text(), document: anyDocument });

const unsigned = { signatures: count, required: count, signed_by: list(personId), operation: hash };
const waiting = object({ ...unsigned, ...versionAndHash, source: nullable(text()), expires_at: time, follows: boolean });
export const policiesShape = objectWith(
  { items: list(object(listed)), in_force: object({ version: count, hash: nullable(hash) }), waiting: list(waiting) },
  { next_cursor: text(1) },
);

/** The id of the data block of `/admin/policy`, and what is in it: what is in force, with its text, and what a policy may name. */
export const POLICY_BLOCK_ID = "policy-data";
export const policyBlockShape = object({
  version: count,
  hash: nullable(hash),
  source: text(),
  groups: names,
  users: names,
  agent_groups: names,
});
