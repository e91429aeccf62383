/** What agents' calls mean once they are checked and defaults are filled in. How they are sent is api/. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { CallOutcome } from "#countersign/documents/record.ts";

/** What an agent asks for, checked and with defaults filled in. */
export interface CheckedAsk {
  action: string;
  /** Passed `readPayload`. */
  payload: JsonObject;
  reason: string | null;
  /** What it will be done with, in the agent's own words; null where it does not say. */
  tool: string | null;
  server: string | null;
  approvers: { users: string[] | null; groups: string[] | null; required: number };
  /** Null: as the policy says. */
  expiresInSeconds: number | null;
  /** Whether it is to be public once it is approved. */
  reveal: boolean;
  idempotencyKey: string | null;
}

export interface RedeemCall {
  /** SHA-256 of the canonical payload that is about to be used, hexadecimal. */
  payloadHash: string;
  idempotencyKey: string | null;
}

/** How the agent says it went. */
export interface OutcomeReport {
  outcome: CallOutcome;
  detail: string | null;
}
