/**
 * What an isolate remembers of keys: whose they are, which never changes, and how often they call. Whether they stand it remembers for a
 * moment, of those that call very often, with a lease.
 */
import type { Lease } from "#rules/lease.ts";
import type { KeyHolder, KeyReading } from "./activity/remote-activity.ts";

/** Calls within a second, in one isolate, from which on an agent's object is asked in place of the database, which all agents share. */
const BUSY_CALLS = 20;
const SECOND_MS = 1_000;
/** Keys remembered; those that the primary was asked about the longest ago go first. */
const MOST_KEYS = 1_000;

/** What a call was told of its key. */
export interface ToldOfKey {
  reading: KeyReading;
  /** Before it asked. */
  askedMs: number;
  /** Until then calls that begin may take it. */
  lent: Lease;
}

interface Remembered {
  holder: KeyHolder;
  told: ToldOfKey | null;
  second: number;
  /** Within that second, and within the one before. */
  calls: number;
  callsBefore: number;
}

export class KeyMemory {
  readonly #keys = new Map<string, Remembered>();

  /** Notes a call. Whose key it is, null if it was never seen to stand, and whether its agent calls very often. */
  called(keyHash: string, nowMs: number): { holder: KeyHolder | null; isBusy: boolean } {
    const found = this.#keys.get(keyHash);
    if (found === undefined) return { holder: null, isBusy: false };
    const second = Math.floor(nowMs / SECOND_MS);
    if (second !== found.second) {
      found.callsBefore = second === found.second + 1 ? found.calls : 0;
      found.calls = 0;
      found.second = second;
    }
    found.calls += 1;
    return { holder: found.holder, isBusy: Math.max(found.calls, found.callsBefore) > BUSY_CALLS };
  }

  /** Remembers whose key it is. */
  remember(keyHash: string, holder: KeyHolder): void {
    const found = this.#keys.get(keyHash);
    this.#keys.delete(keyHash);
    this.#keys.set(keyHash, found ?? { holder, told: null, second: 0, calls: 0, callsBefore: 0 });
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > MOST_KEYS && oldest !== undefined) this.#keys.delete(oldest);
  }

  /** What another call was told a moment ago; null if that is over. */
  told(keyHash: string): ToldOfKey | null {
    const told = this.#keys.get(keyHash)?.told ?? null;
    return told?.lent.isOver === false ? told : null;
  }

  /** Lends what a call was told to those after it. */
  lend(keyHash: string, told: ToldOfKey): void {
    const found = this.#keys.get(keyHash);
    if (found !== undefined) found.told = told;
  }
}
