/** What a service has told of each approval, kept outside of it: what it told once has to stay. */
import type { ApprovalView } from "../rest-agent.ts";

/** In their order; each was answered with success. */
const STEPS = ["asked", "decided", "redeemed", "reported"] as const;
export type Step = (typeof STEPS)[number];

/** One approval, from before it is asked for. */
export interface Entry {
  /** The idempotency key of the ask and of the redemption: a call whose answer was lost is made again with it. */
  key: string;
  payload: Record<string, unknown>;
  /** The newest that was told; null before that of the ask. */
  told: { step: Step; view: ApprovalView } | null;
}

const reached = (entry: Pick<Entry, "told">, step: Step): boolean =>
  entry.told !== null && STEPS.indexOf(entry.told.step) >= STEPS.indexOf(step);

export class Ledger {
  readonly entries: Entry[] = [];
  #changed = new Set<Entry>();

  begin(payload: Record<string, unknown>): Entry {
    const entry = { key: crypto.randomUUID(), payload, told: null };
    this.entries.push(entry);
    return entry;
  }

  tell(entry: Entry, step: Step, view: ApprovalView): void {
    entry.told = { step, view };
    this.#changed.add(entry);
  }

  /** Those of which something was told since this was last called. */
  takeChanged(): Entry[] {
    const changed = [...this.#changed];
    this.#changed = new Set();
    return changed;
  }

  /** How many have been told all. */
  get finished(): number {
    return this.entries.filter((entry) => reached(entry, "reported")).length;
  }
}

/**
 * What the service says now against what it had told before: a sentence for each thing that is lost, or is another. It may know
 * more than was told.
 */
export function contradictions(told: Entry["told"], now: ApprovalView): string[] {
  if (told === null) return [];
  const { view } = told;
  const of = (name: string): string => `${view.request_id}: ${name} was ${JSON.stringify(view[name])}, is ${JSON.stringify(now[name])}`;
  const same = ["request_id", "request_hash", "payload_hash", "requested_at", "expires_at", "use_by"];
  if (reached({ told }, "decided")) same.push("status", "approvals", "decided_at");
  if (reached({ told }, "redeemed")) same.push("redeemed_at");
  if (reached({ told }, "reported")) same.push("outcome");
  return same.filter((name) => JSON.stringify(view[name]) !== JSON.stringify(now[name])).map(of);
}
