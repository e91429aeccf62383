/** Whether the people who approved are enough. Who may approve at all is decided when a request is opened. */
import { couldDecide, eligibleFrom, type QuorumSlot, type RequestDocument, slotsOf } from "./documents/request.ts";

/** Whether these people's approvals, each given at its time, meet what the request asks: somebody counts only where they could decide by then. */
export function requestMet(request: RequestDocument, approvals: ReadonlyMap<string, string>): boolean {
  const slots = slotsOf(request).map((slot) => {
    const from = eligibleFrom([slot]);
    const eligible = [...approvals].filter(([person, at]) => couldDecide(from, person, at)).map(([person]) => person);
    return { required: slot.required, eligible };
  });
  return quorumMet(slots, new Set(approvals.keys()));
}

/**
 * Whether distinct people of `approvers` can be assigned to all seats of all slots, each to a slot that names them
 * eligible; nobody takes two seats. An empty quorum is never met. Time grows with seats × eligible names, whatever
 * `required` claims.
 */
export function quorumMet(quorum: readonly Pick<QuorumSlot, "required" | "eligible">[], approvers: ReadonlySet<string>): boolean {
  const seats = quorum.reduce((sum, slot) => sum + slot.required, 0);
  if (quorum.length === 0 || seats > approvers.size) return false;
  const candidates = quorum.map((slot) => [...new Set(slot.eligible)].filter((person) => approvers.has(person)));
  if (quorum.some((slot, index) => (candidates[index] ?? []).length < slot.required)) return false;
  const seatOf = new Map<string, number>();
  return quorum.every((slot, index) => {
    for (let seat = 0; seat < slot.required; seat++) if (!fillSeat(index, candidates, seatOf)) return false;
    return true;
  });
}

/**
 * Seats one more person in `slot`, moving seated people to other slots where that frees somebody: one augmenting path of
 * a bipartite matching, found breadth first. False if there is none, in which case no later seat can be filled either.
 */
function fillSeat(slot: number, candidates: readonly string[][], seatOf: Map<string, number>): boolean {
  /** For each person reached: the slot that wants them. */
  const wantedBy = new Map<string, number>();
  /** For each slot reached: the person who would leave it. */
  const leaver = new Map<number, string | null>([[slot, null]]);
  for (const reached of leaver.keys()) {
    for (const person of candidates[reached] ?? []) {
      if (wantedBy.has(person)) continue;
      wantedBy.set(person, reached);
      const seated = seatOf.get(person);
      if (seated === undefined) {
        move(person, wantedBy, leaver, seatOf);
        return true;
      }
      if (!leaver.has(seated)) leaver.set(seated, person);
    }
  }
  return false;
}

/** Seats `person`, then whoever leaves that slot for another, back to the slot that had a seat to fill. */
function move(
  person: string,
  wantedBy: ReadonlyMap<string, number>,
  leaver: ReadonlyMap<number, string | null>,
  seatOf: Map<string, number>,
): void {
  for (let next: string | null = person; next !== null;) {
    const slot = wantedBy.get(next) as number;
    seatOf.set(next, slot);
    next = leaver.get(slot) ?? null;
  }
}
