/**
 * Typed statements behind the challenges of every ceremony that is not a decision (docs/formats.md, "Other challenges").
 * Each challenge is 32 bytes, a decision's is 64, and each names its purpose, so that none can serve for another.
 */
import type { Bytes } from "../encoding/bytes.ts";
import { hashJson } from "../json/canonical-json.ts";
import { anyObject, object, oneOf, type Of, text } from "../json/shape.ts";
import { base64url, personId } from "./words.ts";

const nonce = base64url(32);

export const signInShape = object({ type: oneOf("countersign/sign-in@v1"), origin: text(1), nonce });
export const enrolShape = object({ type: oneOf("countersign/enrol@v1"), origin: text(1), person: personId, nonce });
export const adminShape = object({
  type: oneOf("countersign/admin@v1"),
  origin: text(1),
  operation: text(1),
  parameters: anyObject,
  admin: personId,
  nonce,
});
/** What a person signs about themselves alone. */
export const ownShape = object({
  type: oneOf("countersign/own@v1"),
  origin: text(1),
  operation: text(1),
  parameters: anyObject,
  person: personId,
  nonce,
});
export type SignInStatement = Of<typeof signInShape>;
export type EnrolStatement = Of<typeof enrolShape>;
/** `operation` is the kind of the record it authorises; `parameters` that record's members but type, kind, log, at, authorised_by. */
export type AdminStatement = Of<typeof adminShape>;
/** The same, the record holding the signature as `signature`. */
export type OwnStatement = Of<typeof ownShape>;

/** The WebAuthn challenge of a ceremony, 32 bytes: SHA-256(JCS(statement)). */
export const ceremonyChallenge = (statement: SignInStatement | EnrolStatement | AdminStatement | OwnStatement): Bytes =>
  hashJson(statement);
