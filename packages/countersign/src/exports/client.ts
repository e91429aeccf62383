/** `countersign`: what an agent asks people with, and the client below it. All that it needs of the platform is `fetch` and WebCrypto. */
export { Countersign, type CountersignOptions } from "../sdk/approvals/countersign.ts";
export type { Approved } from "../sdk/approvals/approved.ts";
export { denialText } from "../sdk/approvals/denial-text.ts";
export {
  ApprovalCancelled,
  ApprovalDenied,
  ApprovalExpired,
  ApprovalPending,
  type AskedState as ApprovalState,
  CountersignError,
  NotVerified,
  OutcomeNotKnown,
  ServiceUnavailable,
} from "../sdk/approvals/errors.ts";
export type { Gated, GateOptions } from "../sdk/approvals/gate-function.ts";
export type { Progress, WaitOptions as Waiting } from "../sdk/approvals/waiting.ts";
export type { ReceiptVerdict } from "../verifier.ts";
export {
  type Approval,
  type Allowing,
  type Ask,
  type Basis,
  type CallOutcome,
  type ClientOptions,
  type Clock,
  CountersignClient,
  type LogMemory,
  type RedeemOptions,
  type Refused,
  type RememberedLog,
  type RememberedLogs,
} from "../sdk/client.ts";
export type { ApprovalStatus } from "../documents/agent-view.ts";
export type { DecidedBy } from "../sdk/answers.ts";
export { processMemory } from "../sdk/log-memory.ts";
export type { JsonObject, JsonValue } from "../json/canonical-json.ts";
export type { Result } from "../result.ts";
