/**
 * What a passkey signs when a person decides (docs/formats.md, "Statement"). One statement commits to everything that gives the
 * decision its meaning. Checking the signature is assertion.ts.
 */
import { type Bytes, concat, fromB64u, fromHex, hex, sha256, utf8 } from "../encoding/bytes.ts";
import { hashJson } from "../json/canonical-json.ts";
import { anyObject, nullable, object, oneOf, type Of, type Shape } from "../json/shape.ts";
import { type Grant, grantShape } from "./grant.ts";
import { isV2, type RequestDocument, requestHash } from "./request.ts";
import { base64url, hash, personId, username } from "./words.ts";

const members = {
  request_hash: hash,
  payload_hash: hash,
  verdict: oneOf("approved", "denied"),
  approver: object({ id: personId, username }),
  comment_hash: nullable(hash),
  nonce: base64url(32),
};
const statementV1 = object({ type: oneOf("countersign/statement@v1"), ...members, grant: oneOf(null) });

const statementV2 = object({ type: oneOf("countersign/statement@v2"), ...members, grant: nullable(grantShape) });

/** Of either version. */
export type Statement = Omit<Of<typeof statementV2>, "type"> & { type: (Of<typeof statementV1> | Of<typeof statementV2>)["type"] };
export type Verdict = Statement["verdict"];

/** What an approver signs: a request of version 2 by a statement of version 2. */
export const statementShape: Shape<Statement> = (value, path) =>
  anyObject(value, path)["type"] === "countersign/statement@v2" ? statementV2(value, path) : statementV1(value, path);

type SaltedLabel = `countersign/${"comment" | "detail" | "question" | "answer"}/v1`;

/**
 * Commits to text that may be erased later: SHA-256(label ‖ 0x00 ‖ salt ‖ UTF-8 text), in hexadecimal.
 * `salt` is b64u of 32 bytes.
 */
export function saltedTextHash(label: SaltedLabel, salt: string, content: string): string {
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
  /** What else is to pass from then on, under a request of version 2 only; left out for nothing. */
  grant?: Grant | null;
}

/** The statement for a draft. Server and browser both build it from what they hold, and never take one from each other. */
export function buildStatement(request: RequestDocument, draft: DecisionDraft): Statement {
  if (!isV2(request) && draft.grant) throw new Error("a statement of version 1 gives no grant");
  return {
    type: isV2(request) ? "countersign/statement@v2" : "countersign/statement@v1",
    request_hash: requestHash(request),
    payload_hash: request.payload_hash,
    verdict: draft.verdict,
    approver: { id: draft.approver.id, username: draft.approver.username },
    comment_hash: draft.comment === "" ? null : saltedTextHash("countersign/comment/v1", draft.commentSalt, draft.comment),
    grant: draft.grant ?? null,
    nonce: draft.nonce,
  };
}

/** The WebAuthn challenge of a decision, 64 bytes: SHA-256(JCS(statement)) ‖ payload hash. */
export function decisionChallenge(statement: Statement): Bytes {
  const payload = fromHex(statement.payload_hash);
  if (payload?.length !== 32) throw new Error("a payload hash is 32 bytes");
  return concat(hashJson(statement), payload);
}

/** Statements that one signature may be given for. */
export const MAX_BATCH = 50;

/** Under what several statements of one person are signed at once, each a hash in hexadecimal, sorted. `nonce` is b64u of 32 bytes. */
export interface Batch {
  nonce: string;
  statements: readonly string[];
}

/** The WebAuthn challenge of decisions that were signed at once, 32 bytes: SHA-256(JCS) of who signs what at which origin. */
export const batchChallenge = (origin: string, approver: Statement["approver"], { nonce, statements }: Batch): Bytes =>
  hashJson({ type: "countersign/batch@v1", origin, approver, nonce, statements: [...statements] });

/** A statement as a batch names it, in hexadecimal. */
export const statementHash = (statement: Statement): string => hex(hashJson(statement));
