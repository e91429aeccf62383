/**
 * How much of its limits an agent has used, for each rule: within any 60 seconds and any 24 hours, to the millisecond up to 10,000 calls of
 * a rule a day. Beyond that what is spent stays up to ten seconds longer, so that it is bounded; never is more let through. Pure, but for
 * where it is read from; what was spent is in the store, and here only what of it counts still.
 */
import type { CallLimits, OverLimit } from "#rules/calls/admission.ts";
import type { Spent } from "./kept-calls.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Entries that are kept to the millisecond. */
const EXACT = 10_000;
const GRAIN_MS = 10_000;

interface OfRule {
  /** In order of time; those before `from` are over. */
  spent: Spent[];
  from: number;
  calls: number;
  credits: number;
}

export class Budgets {
  readonly #read: (rule: string, afterMs: number) => Spent[];
  readonly #rules = new Map<string, OfRule>();

  constructor(read: (rule: string, afterMs: number) => Spent[]) {
    this.#read = read;
  }

  /**
   * Which limit has no room for one more, with the longest wait; null if all have. `aheadAtMs`: what was spent before is not known, and
   * counts as all of it.
   */
  over(rule: string, most: CallLimits, nowMs: number, aheadAtMs: number | null): OverLimit | null {
    const of = this.#of(rule, nowMs);
    const lost = (window: number) => (aheadAtMs === null ? 0 : aheadAtMs + window - nowMs);
    const waits: [keyof CallLimits, number][] = [];
    if (most.perMinute !== null)
      waits.push(["perMinute", Math.max(lost(MINUTE_MS), waitFor(of, "calls", 1, most.perMinute, MINUTE_MS, nowMs))]);
    if (most.perDay !== null) waits.push(["perDay", Math.max(lost(DAY_MS), waitFor(of, "calls", 1, most.perDay, DAY_MS, nowMs))]);
    if (most.creditsPerDay !== null && most.credits > 0) {
      const wait = waitFor(of, "credits", most.credits, most.creditsPerDay, DAY_MS, nowMs);
      waits.push(["creditsPerDay", Math.max(lost(DAY_MS), wait)]);
    }
    const [limit, wait] = waits.reduce((longest, one) => (one[1] > longest[1] ? one : longest), ["perMinute", 0]);
    return wait > 0 ? { limit, retryAfter: Math.ceil(wait / 1_000) } : null;
  }

  /** What one call spends, to be stored; `spent` counts it once that is done. */
  next(rule: string, most: CallLimits, nowMs: number): Spent {
    const of = this.#of(rule, nowMs);
    const after = Math.max(nowMs, of.spent.at(-1)?.at ?? 0);
    const at = of.spent.length - of.from < EXACT ? after : Math.ceil(after / GRAIN_MS) * GRAIN_MS;
    return { at, calls: 1, credits: most.credits };
  }

  spent(rule: string, one: Spent): void {
    const of = this.#rules.get(rule);
    // Not read yet: then it is read with the others.
    if (of === undefined) return;
    const last = of.spent.at(-1);
    if (last?.at === one.at && of.spent.length > of.from) {
      last.calls += one.calls;
      last.credits += one.credits;
    } else of.spent.push({ ...one });
    of.calls += one.calls;
    of.credits += one.credits;
  }

  /** What was spent is read again. */
  forget(): void {
    this.#rules.clear();
  }

  /** Rules that nothing counts for any more take no memory. */
  tidy(nowMs: number): void {
    for (const rule of this.#rules.keys()) {
      const of = this.#of(rule, nowMs);
      if (of.spent.length === of.from) this.#rules.delete(rule);
    }
  }

  #of(rule: string, nowMs: number): OfRule {
    const of = this.#rules.get(rule) ?? { spent: [], from: -1, calls: 0, credits: 0 };
    if (of.from === -1) {
      of.from = 0;
      for (const one of this.#read(rule, nowMs - DAY_MS)) {
        of.spent.push(one);
        of.calls += one.calls;
        of.credits += one.credits;
      }
      this.#rules.set(rule, of);
    }
    for (let first = of.spent[of.from]; first !== undefined && first.at <= nowMs - DAY_MS; first = of.spent[of.from]) {
      of.calls -= first.calls;
      of.credits -= first.credits;
      of.from += 1;
    }
    if (of.from > 1_000 && of.from * 2 > of.spent.length) {
      of.spent.splice(0, of.from);
      of.from = 0;
    }
    return of;
  }
}

/** Milliseconds until there is room for `wanted`; a day if there never is. */
function waitFor(of: OfRule, what: "calls" | "credits", wanted: number, most: number, windowMs: number, nowMs: number): number {
  if (wanted > most) return DAY_MS;
  const since = nowMs - windowMs;
  let [first, used] = windowMs === DAY_MS ? [of.from, of[what]] : withinMinute(of, what, since);
  let wait = 0;
  for (; used + wanted > most; first++) {
    const one = of.spent[first];
    if (one === undefined) break;
    used -= one[what];
    wait = one.at + windowMs - nowMs;
  }
  return wait;
}

/** From the end: a minute is little of a day. */
function withinMinute({ spent, from }: OfRule, what: "calls" | "credits", sinceMs: number): [number, number] {
  let [first, used] = [spent.length, 0];
  for (let one = spent[first - 1]; first > from && one !== undefined && one.at > sinceMs; one = spent[first - 1]) {
    used += one[what];
    first -= 1;
  }
  return [first, used];
}
