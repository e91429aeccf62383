/**
 * How allowed calls ended, until their agents' objects are told: with the agent's next call in this isolate, in the same trip and the same
 * transaction, or by itself soon after. What an isolate takes with it when it dies was not told: its calls are `unknown` in the record.
 */
import type { Admission, CallToAdmit, RemoteCalls, SettledCall } from "#rules/calls/admission.ts";

/** So long an end waits for the agent's next call. */
export const UNTOLD_MS = 80;
/** By then whoever was to tell them is gone, with its request. */
const OVERDUE_MS = 3 * UNTOLD_MS;
/** Of each up to 64 Ki characters of a result go along. */
const MOST_AT_ONCE = 100;

export interface EndsPorts {
  activity: RemoteCalls;
  sleep(ms: number): Promise<void>;
  now(): number;
}

interface Untold {
  ends: SettledCall[];
  /** When somebody was to have told them, ms since the epoch; null if nobody is about to. */
  toldByMs: number | null;
}

export class UntoldEnds {
  readonly #ofAgents = new Map<string, Untold>();

  /** Has an end told. Resolves once that needs this caller no more; never throws. */
  async tell(agentId: string, end: SettledCall, ports: EndsPorts): Promise<void> {
    this.#add(agentId, [end]);
    await this.#tellSoon(agentId, ports);
  }

  /** `RemoteCalls.admit`, with the ends of calls before it. What was not heard for sure is told again, which changes nothing. */
  async admit(agentId: string, keyHash: string, call: CallToAdmit, ports: EndsPorts & Waiting): Promise<Admission> {
    const ended = this.#take(agentId);
    if (ended.length === 0) return ports.activity.admit(keyHash, call);
    let heard = false;
    try {
      const admission = await ports.activity.admit(keyHash, call, ended);
      heard = admission.heard === ended.length;
      return admission;
    } finally {
      if (!heard) {
        this.#add(agentId, ended);
        ports.waitUntil(this.#tellSoon(agentId, ports));
      }
    }
  }

  async #tellSoon(agentId: string, ports: EndsPorts): Promise<void> {
    const untold = this.#ofAgents.get(agentId);
    if (untold === undefined || (untold.toldByMs !== null && ports.now() < untold.toldByMs)) return;
    untold.toldByMs = ports.now() + OVERDUE_MS;
    await ports.sleep(UNTOLD_MS);
    untold.toldByMs = null;
    const ended = this.#take(agentId);
    const told = await Promise.allSettled(ended.map((end) => ports.activity.settle(end)));
    // They wait for whoever comes next, as do those that were too many.
    const failed = ended.filter((_, n) => told[n]?.status === "rejected");
    this.#add(agentId, failed);
  }

  #add(agentId: string, ended: readonly SettledCall[]): void {
    if (ended.length === 0) return;
    const untold = this.#ofAgents.get(agentId);
    if (untold === undefined) this.#ofAgents.set(agentId, { ends: [...ended], toldByMs: null });
    else untold.ends.push(...ended);
  }

  #take(agentId: string): SettledCall[] {
    const untold = this.#ofAgents.get(agentId);
    if (untold === undefined) return [];
    const taken = untold.ends.splice(0, MOST_AT_ONCE);
    if (untold.ends.length === 0 && untold.toldByMs === null) this.#ofAgents.delete(agentId);
    return taken;
  }
}

interface Waiting {
  /** Keeps the Worker for what goes on beside the answer. */
  waitUntil(work: Promise<unknown>): void;
}
