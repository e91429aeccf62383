/** Limits against a count by hand: never more within any window than allowed, and as soon as possible one more. */
import { describe, expect, it } from "vitest";
import { Budgets } from "#gate/calls/activity/budgets.ts";
import type { Spent } from "#gate/calls/activity/kept-calls.ts";
import type { CallLimits } from "#rules/calls/admission.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function counted() {
  const stored: Spent[] = [];
  const read = (_: string, afterMs: number) => stored.filter(({ at }) => at > afterMs).map((one) => ({ ...one }));
  return { stored, budgets: new Budgets(read) };
}

function tryOne(budgets: Budgets, stored: Spent[], most: CallLimits, nowMs: number): number | null {
  const over = budgets.over("rule", most, nowMs, null);
  if (over !== null) return over.retryAfter;
  const spent = budgets.next("rule", most, nowMs);
  stored.push({ ...spent });
  budgets.spent("rule", spent);
  return null;
}

/** Numbers from 0 up to below 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

describe("exact limits", () => {
  it.each([1, 2, 3, 4, 5])("never more than allowed in any window, and never less than could be (%i)", (seed) => {
    const next = random(seed);
    const { stored, budgets } = counted();
    const most = { perMinute: 5, perDay: 60, credits: 2, creditsPerDay: 130 };
    let now = 1_000_000_000;
    for (let n = 0; n < 2_000; n++) {
      now += Math.floor(next() * (next() < 0.05 ? DAY_MS / 3 : 9_000));
      const within = (windowMs: number) => stored.filter(({ at }) => at > now - windowMs).length;
      const allowed = within(MINUTE_MS) < 5 && within(DAY_MS) < 60 && (within(DAY_MS) + 1) * 2 <= 130;
      if (next() < 0.05) budgets.forget();
      const refused = tryOne(budgets, stored, most, now);
      expect(refused === null, `at ${n}`).toBe(allowed);
      if (refused !== null) {
        // What it says is when one may pass, and not a second before that. It is asked of a time to come, which it must not remember.
        expect(budgets.over("rule", most, now + refused * 1_000, null)).toBeNull();
        budgets.forget();
        expect(refused < 2 || budgets.over("rule", most, now + (refused - 1) * 1_000 - 1, null) !== null).toBe(true);
        budgets.forget();
      }
    }
  });

  it("a clock that is set back lets nothing more through", () => {
    const { stored, budgets } = counted();
    const most = { perMinute: 2, perDay: null, credits: 0, creditsPerDay: null };
    expect(tryOne(budgets, stored, most, 1_000_000)).toBeNull();
    expect(tryOne(budgets, stored, most, 900_000)).toBeNull();
    expect(tryOne(budgets, stored, most, 950_000)).not.toBeNull();
    expect(stored.map(({ at }) => at)).toEqual([1_000_000, 1_000_000]);
  });

  it("what was spent before a loss counts as all of it, for its window", () => {
    const { budgets } = counted();
    const most = { perMinute: 100, perDay: 1_000, credits: 1, creditsPerDay: null };
    expect(budgets.over("rule", most, 10_000, 10_000)).toEqual({ limit: "perDay", retryAfter: 86_400 });
    expect(budgets.over("rule", { ...most, perDay: null }, 10_000 + MINUTE_MS - 1, 10_000)).toEqual({ limit: "perMinute", retryAfter: 1 });
    expect(budgets.over("rule", most, 10_000 + DAY_MS, 10_000)).toBeNull();
  });

  it("what costs more than there is never passes, and what costs nothing always", () => {
    const { budgets } = counted();
    expect(budgets.over("rule", { perMinute: null, perDay: null, credits: 11, creditsPerDay: 10 }, 0, null)).toMatchObject({
      limit: "creditsPerDay",
    });
    expect(budgets.over("rule", { perMinute: null, perDay: null, credits: 0, creditsPerDay: 0 }, 0, null)).toBeNull();
  });

  it("is bounded: beyond ten thousand calls a day they are counted by ten seconds, and never more pass", () => {
    const { stored, budgets } = counted();
    const most = { perMinute: null, perDay: 200_000, credits: 0, creditsPerDay: null };
    let now = 1_000_000_000;
    for (let n = 0; n < 30_000; n++) tryOne(budgets, stored, most, (now += 100));
    expect(new Set(stored.map(({ at }) => at)).size).toBeLessThan(10_000 + 30_000 / 100 + 2);
    expect(stored.every(({ at }) => at <= now + 10_000)).toBe(true);
  });
});
