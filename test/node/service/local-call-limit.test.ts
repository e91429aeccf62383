/** The limits of calls of `npm start`: so many of one key within a period, and then again. */
import { afterEach, expect, test, vi } from "vitest";
import callLimit from "../../../scripts/local/workers/call-limit.mjs";

afterEach(() => {
  vi.useRealTimers();
});

test("counts each key by itself, until the period is over", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 60_000 * 1_000 });
  const calls = callLimit({ limit: 3, period: 60 });
  const successes = async (key: string, count: number): Promise<number> => {
    const outcomes = await Promise.all(Array.from({ length: count }, () => calls.limit({ key })));
    return outcomes.filter(({ success }) => success).length;
  };
  expect(await successes("agent:one", 9)).toBe(3);
  expect(await successes("agent:two", 2)).toBe(2);
  vi.setSystemTime(Date.now() + 59_999);
  expect(await successes("agent:one", 1)).toBe(0);
  vi.setSystemTime(Date.now() + 1);
  expect(await successes("agent:one", 9)).toBe(3);
});
