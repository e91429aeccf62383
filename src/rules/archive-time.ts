/** When a request that is over goes to the archive. Pure. */
import type { ApprovalState } from "./approval.ts";
import { nextToLog } from "./logged-facts.ts";

/**
 * From when a request goes to the archive, in milliseconds: so long after its last fact, and after it could last be redeemed. Null while
 * it goes on or not all of it is in the log, and where nothing ever goes.
 */
export function archivedFrom(approval: ApprovalState, afterMs: number | null): number | null {
  const { request, ending, redemption, unknown, outcome } = approval;
  if (afterMs === null || ending === null || nextToLog(approval) !== null) return null;
  const facts = [ending, redemption, unknown, outcome].flatMap((fact) => (fact === null ? [] : [fact.sealed.record.at]));
  return Math.max(...[request.use_by, ...facts].map((at) => Date.parse(at))) + afterMs;
}
