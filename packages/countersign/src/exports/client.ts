/** `countersign`: the client of an agent. All that it needs of the platform is `fetch` and WebCrypto. */
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
