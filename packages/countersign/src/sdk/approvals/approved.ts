/** An approval that is shown to be one: its receipt holds, in the log that is known, for exactly this payload. */
import type { Basis } from "../../documents/record.ts";
import type { JsonObject } from "../../json/canonical-json.ts";
import type { ReceiptVerdict } from "../../verifier.ts";
import type { Approval } from "../answers.ts";
import type { Clock, CountersignClient } from "../client.ts";
import { askAgain, backOff } from "../retry.ts";
import { type AskedState, errorOfRefusal, NotVerified, OutcomeNotKnown } from "./errors.ts";

/** It may be used once: `redeem` comes before the action. */
export interface Approved {
  readonly request_id: string;
  readonly payload_hash: string;
  /** What goes on with it in another process. */
  readonly state: AskedState;
  readonly approval: Approval;
  /** The receipt as it was served, for whoever has to be shown it. */
  readonly receipt: string;
  /** What the receipt proves. */
  readonly verdict: ReceiptVerdict;
  /** What was approved; null if the service did not keep it. */
  readonly payload: JsonObject | null;
}

const notVerified = (code: string, message: string, state: AskedState, approval: Approval) =>
  new NotVerified(code, message, { state, approval });

/** How often a log that did not show what it has to, perhaps for want of an answer, is asked again. */
const MORE_TRIES = 4;

/** Throws unless the receipt of what is said to be approved shows it. */
export async function verifyApproved(
  { client, clock }: { client: CountersignClient; clock: Clock },
  approval: Approval,
  state: AskedState,
  allowBasis: readonly Basis[],
): Promise<Approved> {
  const checked = await askAgain(() => client.checkedReceipt(state.request_id, { allowBasis }), {
    isPassing: ({ code }) => code === "log_unproven",
    pauseMs: (again) => (again < MORE_TRIES ? backOff(again) : null),
    sleep: clock.sleep,
  });
  if (!checked.ok) throw errorOfRefusal(checked.refusal, { state, approval });
  const { text, verdict, payload } = checked.value;
  if (verdict.request.payload_hash !== state.payload_hash) {
    throw notVerified("payload_changed", "What was approved is another payload than this request was made with.", state, approval);
  }
  if (verdict.status !== "approved") {
    throw notVerified("receipt_invalid", `The receipt shows that this was ${verdict.status}, not approved.`, state, approval);
  }
  return { ...state, state, approval, receipt: text, verdict, payload };
}

/** Of what is used up already: by another process, or by this one before it ended. */
export function usedBefore(approval: Approval, state: AskedState): OutcomeNotKnown {
  const { redeemed_at: at = "", outcome } = approval;
  const reported = outcome === undefined ? "nobody has said how it went" : `the outcome that was reported is ${outcome}`;
  const message = `This approval was used at ${at}, and ${reported}. Do not act on it again: look whether the action was done.`;
  return new OutcomeNotKnown("already_redeemed", message, { state, approval });
}
