/**
 * The record of one judged call through the gateway, and its entry under the root of `calls.logged` (docs/formats.md, "Calls"). Each is
 * salted, so that one call can be shown alone.
 */
import { type Bytes, concat, fromB64u, sha256, utf8 } from "../encoding/bytes.ts";
import { hashJson } from "../json/canonical-json.ts";
import { integer, list, nullable, object, objectWith, oneOf, type Of, text } from "../json/shape.ts";
import { chainShape } from "./agents/chain.ts";
import { agentId, count, hash, requestId, serverId, serverName, time } from "./words.ts";

/** How a call stands or ended. `allowed`: passed by a rule and sent; what became of it is `succeeded`, `failed` or `unknown`. */
export const CALL_STATUSES = [
  "allowed",
  "blocked",
  "rate_limited",
  "agent_stopped",
  "pending_approval",
  "approved",
  "denied",
  "expired",
  "cancelled",
  "succeeded",
  "failed",
  "unknown",
] as const;
export type CallStatus = (typeof CALL_STATUSES)[number];

const members = {
  type: oneOf("countersign/call@v1"),
  agent: object({ id: agentId, name: text(1) }),
  /** Of the agent's, from 1. */
  number: integer(1),
  at: time,
  server: object({ id: serverId, name: serverName }),
  /** `tools/call` and the like. */
  method: text(1, 100),
  tool: text(1, 200),
  /** The pin that it was called under; null if it was not accepted. */
  schema_hash: nullable(hash),
  status: oneOf(...CALL_STATUSES),
  /** Why it was refused, or which hop failed, as a code. */
  code: nullable(text(1, 64)),
  flags: list(oneOf("masked", "observed", "secret", "replayed"), 0, 4),
  rule: text(1, 64),
  policy: count,
  /** The request that people were asked by; null where nobody was. */
  request: nullable(requestId),
  /** SHA-256 of the canonical arguments, and of the result as the agent got it; null where there is none, or it is not known. */
  arguments_hash: nullable(hash),
  arguments_bytes: count,
  result_hash: nullable(hash),
  result_bytes: count,
  /** Milliseconds from being sent to its answer's end. */
  ms: nullable(count),
  /** How many calls this one stands for: more than one of what was refused because there were too many. */
  count: integer(1),
};
/** `chain`: of an agent below another, everybody from the top to the one that calls. */
export const callShape = objectWith(members, { chain: chainShape });
export type CallRecord = Of<typeof callShape>;

/**
 * 33 bytes, made as a leaf's entry is: 0x01 ‖ SHA-256("countersign/call/v1" ‖ 0x00 ‖ salt ‖ SHA-256(JCS(record))). `salt` is b64u of 32
 * random bytes.
 */
export function callEntry(record: CallRecord, salt: string): Bytes {
  const saltBytes = fromB64u(salt);
  if (saltBytes?.length !== 32) throw new Error("a salt is 32 bytes");
  return concat(Uint8Array.of(1), sha256(concat(utf8("countersign/call/v1"), Uint8Array.of(0), saltBytes, hashJson(record))));
}
