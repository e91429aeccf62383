/** What the approval page is made from, and what its script reads back out of the page's data block. */
import { anyObject, list, nullable, object, oneOf, type Of, text } from "#countersign/json/shape.ts";
import { requestShape } from "#countersign/documents/statement.ts";
import { base64url, personId, time, username } from "#countersign/documents/words.ts";

/** How the approval stands. `settling`: a decision is stored and on its way into the log, and nothing can change it. */
export const approvalPageStateShape = object({
  /** Changes with everything that a page waits for; the page gives it back to ask for what comes after. */
  tag: text(1),
  status: oneOf("pending", "settling", "approved", "denied", "expired", "cancelled"),
  ended_by: nullable(text(1)),
  /** Why the agent withdrew it, in its own words. */
  cancel_reason: nullable(text()),
  decided_at: nullable(time),
  decisions: list(object({ id: personId, username, verdict: oneOf("approved", "denied"), decided_at: time, comment: nullable(text()) })),
});
export type ApprovalPageState = Of<typeof approvalPageStateShape>;

export const approvalPageShape = object({
  request: requestShape,
  payload: anyObject,
  /** Who is looking at the page, and would sign. */
  person: object({ id: personId, username }),
  /** Names of everyone the request mentions by id. */
  people: list(object({ id: personId, username, display_name: text() })),
  rp_id: text(1),
  /** The person's passkeys. */
  credentials: list(object({ id: base64url(), transports: list(text(1)) })),
  /** b64u of 32 bytes, for the one decision this page may make; empty once nothing can be decided. */
  nonce: text(),
  /** b64u of 32 bytes; empty as the nonce is. */
  comment_salt: text(),
  /** The server's clock. */
  now: time,
  state: approvalPageStateShape,
});
export type ApprovalPageData = Of<typeof approvalPageShape>;
export type MentionedPerson = ApprovalPageData["people"][number];

/** The id of the data block. */
export const DATA_BLOCK_ID = "approval-data";

/** How many signatures the request needs in all. */
export const signaturesNeeded = (request: ApprovalPageData["request"]): number =>
  request.quorum.reduce((sum, slot) => sum + slot.required, 0);

export const isEligible = (data: ApprovalPageData): boolean => data.request.quorum.some((slot) => slot.eligible.includes(data.person.id));

/** Whether this person can still decide this request, the deadline aside. */
export const canDecide = (data: ApprovalPageData, state: ApprovalPageState): boolean =>
  state.status === "pending" && isEligible(data) && !state.decisions.some((decision) => decision.id === data.person.id);

/** Whether the state can change no more. */
export const isFinal = ({ status }: ApprovalPageState): boolean => status !== "pending" && status !== "settling";
