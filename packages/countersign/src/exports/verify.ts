/** `countersign/verify`: receipts, checked offline. Nothing is fetched and nothing is read but what is given. */
export {
  checksUnder,
  parseReceipt,
  type PassedByGrant,
  readApprovers,
  type Receipt,
  RECEIPT_CHECKS,
  type ReceiptFailure,
  type ReceiptFailureCode,
  type ReceiptVerdict,
  type Status,
  type Trust,
  trustProblem,
  type VerifiedDecision,
  verifyReceipt,
} from "../verifier.ts";
export {
  CALL_PROOF_CHECKS,
  type CallProof,
  type CallProofFailure,
  type CallTrust,
  type ProvenCallVerdict,
  parseCallProof,
  verifyCallProof,
} from "../call-verifier.ts";
export {
  CHALLENGE_PROOF_CHECKS,
  type ChallengeProof,
  type ChallengeProofFailure,
  parseChallengeProof,
} from "../verified/challenge-proof.ts";
export { type ChallengeTrust, type ProvenChallengeVerdict, verifyChallengeProof } from "../verified/challenge-verifier.ts";
export { actionHash, audienceOf } from "../verified/verified-approval.ts";
export type { CallRecord } from "../documents/call.ts";
export type { Grant } from "../documents/grant.ts";
export type { Basis, CallOutcome as CallStatus } from "../documents/record.ts";
export type { Approvers } from "../receipt-rules.ts";
export { finalLeafHash } from "../verified/receipt-leaf.ts";
export { payloadHash } from "../documents/request.ts";
export { type JsonObject, type JsonRefusal, type JsonValue, parseJson, type PayloadRefusal, readPayload } from "../json/canonical-json.ts";
export { parsePolicy, type PolicyFault, type WitnessPolicy } from "../tlog/witness-policy.ts";
export type { Result } from "../result.ts";
