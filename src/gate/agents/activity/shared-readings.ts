/**
 * What the objects of one isolate read of keys at the primary, together: whoever asks asks for all keys that were wanted lately, and the
 * others take the answer, as old as it is. Values only, never a promise: each object lives by itself. It holds nothing longer than whoever
 * asked may give it out, and an object takes from it only what was asked for after it was last told of a change.
 */
import type { Lease } from "#rules/lease.ts";
import type { KeyReading } from "./remote-activity.ts";

/** Wanted within so long, a key is read along. */
const WANTED_MS = 1_000;
/** Keys of one question, and keys that are known at all. */
const MOST_ASKED = 50;
const MOST_KNOWN = 1_000;

/** For how long an answer is given out, and until when it is not asked for again; both from before the question. */
export interface Leases {
  given: Lease;
  fresh: Lease;
}

export interface SharedReading extends Leases {
  reading: KeyReading | null;
}

interface Known {
  wantedMs: number;
  /** The newest question that this key is part of; null once it is answered. */
  underWay: Leases | null;
  answered: (SharedReading & { turn: number }) | null;
}

export class SharedReadings {
  readonly #keys = new Map<string, Known>();
  #turn = 0;

  /** The last question's number. What was asked for by then knows nothing of what has changed since. */
  get turn(): number {
    return this.#turn;
  }

  /** Notes that somebody wants to know of this key. */
  want(keyHash: string, nowMs: number): void {
    const known = this.#keys.get(keyHash);
    if (known !== undefined) {
      known.wantedMs = nowMs;
      return;
    }
    if (this.#keys.size >= MOST_KNOWN) this.#keys.clear();
    this.#keys.set(keyHash, { wantedMs: nowMs, underWay: null, answered: null });
  }

  /** What was asked for after that turn and need not be asked for again yet; null if there is nothing. */
  after(turn: number, keyHash: string): SharedReading | null {
    const answered = this.#keys.get(keyHash)?.answered ?? null;
    return answered !== null && answered.turn > turn && !answered.fresh.isOver ? answered : null;
  }

  /** Whether somebody has asked for it a moment ago. */
  isUnderWay(keyHash: string): boolean {
    return this.#keys.get(keyHash)?.underWay?.fresh.isOver === false;
  }

  /** Asks, for this key and those that are wanted. Of all of them the answer is noted; nothing is where it fails. */
  async ask(
    keyHash: string,
    leases: Leases,
    nowMs: number,
    readKeys: (keyHashes: readonly string[]) => Promise<ReadonlyMap<string, KeyReading>>,
  ): Promise<KeyReading | null> {
    const turn = ++this.#turn;
    const asked = this.#wantedWith(keyHash, nowMs);
    for (const [, known] of asked) known.underWay = leases;
    try {
      const found = await readKeys([keyHash, ...asked.map(([hash]) => hash).filter((hash) => hash !== keyHash)]);
      for (const [hash, known] of asked) {
        if (known.answered === null || known.answered.turn < turn) known.answered = { ...leases, turn, reading: found.get(hash) ?? null };
      }
      return found.get(keyHash) ?? null;
    } finally {
      for (const [, known] of asked) if (known.underWay === leases) known.underWay = null;
    }
  }

  #wantedWith(keyHash: string, nowMs: number): [string, Known][] {
    const isWanted = ({ wantedMs }: Known) => Math.abs(nowMs - wantedMs) < WANTED_MS;
    const own = this.#keys.get(keyHash);
    const others = [...this.#keys].filter(([hash, known]) => hash !== keyHash && isWanted(known)).slice(0, MOST_ASKED - 1);
    return own === undefined ? others : [[keyHash, own], ...others];
  }
}
