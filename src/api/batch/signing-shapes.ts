/** What browsers are given to sign several decisions at once, and what they are told became of each. */
import { list, nullable, object, oneOf, type Of, text } from "#countersign/json/shape.ts";
import { base64url, requestId } from "#countersign/documents/words.ts";

const whatNot = { code: text(1), detail: text() };
/** Why something is not so. */
export const toldShape = object(whatNot);

/** What is to be signed: each statement is built by whoever signs, and again by its request. */
export const draftedShape = object({
  nonce: base64url(32),
  decisions: list(object({ request: requestId, nonce: base64url(32), comment_salt: base64url(32) })),
  /** Those that are not among them, and why. */
  left_out: list(object({ request: requestId, ...whatNot })),
  credentials: list(object({ id: base64url(), transports: list(text(1)) })),
  rp_id: text(1),
});
export type DraftedToSign = Of<typeof draftedShape>;

/** How a request stands since a decision on it counts; or why that does not. */
export const broughtShape = object({
  request: requestId,
  status: nullable(oneOf("pending", "settling", "approved", "denied", "expired", "cancelled")),
  problem: nullable(toldShape),
});
export type BroughtItem = Of<typeof broughtShape>;
