/**
 * What a passkey signs when a person decides (docs/formats.md, "Request" and "Statement").
 * One statement commits to everything that gives the decision its meaning. Checking the signature is assertion.ts.
 */
import { type Bytes, concat, fromB64u, fromHex, hex, sha256, utf8 } from "../encoding/bytes.ts";
import { hashJson, type JsonObject } from "../json/canonical-json.ts";
import { anyObject, integer, list, nullable, object, oneOf, type Of, text } from "../json/shape.ts";
import { agentId, base64url, count, hash, personId, requestId, time, username } from "./words.ts";

/** Of a request: as many as any has, and few enough to judge whether a quorum is met. */
const MAX_SLOTS = 64;
/** Of a slot: every approver that there is. */
const MAX_ELIGIBLE = 65_536;

/** Everything a decision is about, but the payload itself, which it names by hash. */
export const requestShape = object({
  type: oneOf("countersign/request@v1"),
  id: requestId,
  origin: text(1),
  action: text(1, 200),
  reason: nullable(text(0, 2_000)),
  payload_hash: hash,
  requested_by: object({ id: agentId, name: text(1), owner: personId }),
  policy: object({ version: count, rule: text(1), hash }),
  context: anyObject,
  quorum: list(object({ name: text(1), required: integer(1), eligible: list(personId, 1, MAX_ELIGIBLE) }), 1, MAX_SLOTS),
  requested_at: time,
  expires_at: time,
  use_by: time,
});
export type RequestDocument = Of<typeof requestShape>;
export type QuorumSlot = RequestDocument["quorum"][number];

/** What an approver signs. */
export const statementShape = object({
  type: oneOf("countersign/statement@v1"),
  request_hash: hash,
  payload_hash: hash,
  verdict: oneOf("approved", "denied"),
  approver: object({ id: personId, username }),
  comment_hash: nullable(hash),
  grant: oneOf(null),
  nonce: base64url(32),
});
export type Statement = Of<typeof statementShape>;
export type Verdict = Statement["verdict"];

/** The policy that holds until policies exist: any one approver decides. */
export const DEFAULT_POLICY = { version: 0, rule: "default", hash: hex(hashJson({})) } as const;

/** SHA-256 of the canonical request, in hexadecimal. */
export const requestHash = (request: RequestDocument): string => hex(hashJson(request));

/** SHA-256 of the canonical payload, in hexadecimal. The payload must have passed `readPayload`. */
export const payloadHash = (payload: JsonObject): string => hex(hashJson(payload));

/**
 * Commits to text that may be erased later: SHA-256(label ‖ 0x00 ‖ salt ‖ UTF-8 text), in hexadecimal.
 * `salt` is b64u of 32 bytes.
 */
export function saltedTextHash(label: "countersign/comment/v1" | "countersign/detail/v1", salt: string, content: string): string {
  const saltBytes = fromB64u(salt);
  if (saltBytes?.length !== 32) throw new Error("a salt is 32 bytes");
  return hex(sha256(concat(utf8(label), Uint8Array.of(0), saltBytes, utf8(content))));
}

/** What one person has to say about one request, before it is signed. */
export interface DecisionDraft {
  verdict: Verdict;
  approver: Statement["approver"];
  /** Empty for none. */
  comment: string;
  /** b64u of 32 bytes; used only with a comment. */
  commentSalt: string;
  /** b64u of 32 bytes, made by the server for this request and person. */
  nonce: string;
}

/** The statement for a draft. Server and browser both build it from what they hold, and never take one from each other. */
export function buildStatement(request: RequestDocument, draft: DecisionDraft): Statement {
  return {
    type: "countersign/statement@v1",
    request_hash: requestHash(request),
    payload_hash: request.payload_hash,
    verdict: draft.verdict,
    approver: { id: draft.approver.id, username: draft.approver.username },
    comment_hash: draft.comment === "" ? null : saltedTextHash("countersign/comment/v1", draft.commentSalt, draft.comment),
    grant: null,
    nonce: draft.nonce,
  };
}

/** The WebAuthn challenge of a decision, 64 bytes: SHA-256(JCS(statement)) ‖ payload hash. */
export function decisionChallenge(statement: Statement): Bytes {
  const payload = fromHex(statement.payload_hash);
  if (payload?.length !== 32) throw new Error("a payload hash is 32 bytes");
  return concat(hashJson(statement), payload);
}
