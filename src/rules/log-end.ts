/**
 * What becomes of approvals when their log has ended and another follows it (docs/architecture.md, "When a log ends"). Pure. An
 * approval begins and ends in one log: what did not come into it in time has not happened.
 */
import { type ApprovalState, type Circumstances, settle } from "./approval.ts";
import { nextToLog } from "./logged-facts.ts";
import { saidInTime } from "./talk/said-before-end.ts";

const ASK_AGAIN = "The log that this request belonged to has ended. Ask again if it is still needed.";

/** Whether something of the approval was still to come into its log, when `log` took that one's place. */
export const outlivesItsLog = (approval: ApprovalState, log: string): boolean =>
  approval.log !== log && (approval.ending === null || nextToLog(approval) !== null);

/**
 * The approval without what its log does not hold. If that leaves it without an end it is cancelled, in the new log: also where
 * people had decided, because nobody was told so yet. A redemption that is not in the log was never allowed to be acted on.
 */
export function afterItsLog(approval: ApprovalState, circumstances: Circumstances): ApprovalState {
  const { ending, proposal, redemption, unknown, outcome } = approval;
  if (ending !== null && ending.logged !== null) {
    const { proposal: _, ...others } = approval;
    const ended = proposal?.logged == null ? others : approval;
    return { ...ended, redemption: ifLogged(redemption), unknown: ifLogged(unknown), outcome: ifLogged(outcome) };
  }
  // What had not ended is cancelled with all that was decided so far; of an end that nobody was told of only approvals are left.
  const decisions = ending === null ? approval.decisions : approval.decisions.filter(({ statement }) => statement.verdict === "approved");
  const { proposal: _, ...kept } = { ...approval, ...saidInTime(approval) };
  const open = { ...kept, log: circumstances.log, ending: null, decisions };
  return settle(open, "cancelled", "stop", circumstances, ASK_AGAIN);
}

const ifLogged = <Fact extends { logged: number | null }>(fact: Fact | null): Fact | null =>
  fact !== null && fact.logged !== null ? fact : null;
