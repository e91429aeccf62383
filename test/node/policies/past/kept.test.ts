/** What is kept of a call, and what is learnt of an agent: pinned, since it is stored, and bounded, since agents choose it. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { argumentsOf, scalarsOf, watchedOf } from "#countersign/policy/judging/past/call.ts";
import { isBurst, isUnusualHour, NO_PROFILE, type PastProfile, profileWith } from "#countersign/policy/judging/past/profile.ts";
import { aProfile, DAY_MS, HOUR_MS, MINUTE_MS, NOW_MS } from "#test/support/policies/made-past.ts";

describe("scalars of arguments", () => {
  it("are pinned", () => {
    const args = { to: "ada", amount: 2.5, deep: { flag: true, "two words": "x" }, list: [1, ["a", { b: 2 }]] };
    expect(scalarsOf(args)).toEqual({
      scalars: { to: "ada", amount: 2.5, "deep.flag": true, "deep.two words": "x", "list[0]": 1, "list[1][0]": "a", "list[1][1].b": 2 },
      isCut: false,
    });
    expect(argumentsOf(scalarsOf(args).scalars)).toEqual(args);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ["nothing", { a: 1, b: null }, { a: 1 }],
    ["an empty list", { a: 1, b: [] }, { a: 1 }],
    ["an empty map", { a: 1, b: {} }, { a: 1 }],
    ["a name with a dot", { a: 1, "b.c": 2 }, { a: 1 }],
    ["a name with a bracket", { a: 1, "b[0]": 2 }, { a: 1 }],
    ["no name", { a: 1, "": 2 }, { a: 1 }],
    ["a name that is none of an object's own", { a: 1, ...JSON.parse('{ "__proto__": 2 }') }, { a: 1 }],
  ])("say that %s is left out", (_, args, kept) => {
    expect(scalarsOf(args)).toEqual({ scalars: kept, isCut: true });
  });

  it("take what names every object has for what it is", () => {
    const args = { constructor: { name: "a" }, toString: "b" } as unknown as JsonObject;
    expect(argumentsOf(scalarsOf(args).scalars)).toEqual(args);
  });

  it("are at most 2 KiB, in their order: what does not fit is left out, and not what comes after it", () => {
    const { scalars, isCut } = scalarsOf({ first: "a".repeat(1_000), long: "b".repeat(2_000), euro: "€".repeat(350), last: 1 });
    expect([Object.keys(scalars), isCut]).toEqual([["first", "last"], true]);
    const bytes = (length: number) => Object.keys(scalarsOf({ x: "a".repeat(length) }).scalars).length;
    // ["x",""] takes eight of them.
    expect([bytes(2_040), bytes(2_041)]).toEqual([1, 0]);
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`n${index}`, index]));
    expect(JSON.stringify(scalarsOf(many).scalars).length).toBeLessThan(2_048);
  });

  it("are read in a time that grows with what is given", () => {
    const wide = { list: Array.from({ length: 200_000 }, (_, index) => ({ index })) };
    expect(scalarsOf(wide).isCut).toBe(true);
  });
});

it("watched members are kept as hashes, which are pinned", () => {
  const watch = [["to"], ["transfer", "iban"], ["none"]];
  expect(watchedOf({ to: ["ada", "bo", "ada"], transfer: { iban: "DE0" } }, watch)).toEqual({
    to: ["982c2f9e71df3545", "e02eb0bdea48ccdb"],
    "transfer.iban": ["ca65cc8e47c76535"],
  });
});

describe("a profile", () => {
  const at = (atMs: number, tool = "a", watched: Record<string, string[]> | null = {}) => ({ atMs, tool, watched });
  const after = (times: readonly number[], from: PastProfile = NO_PROFILE) =>
    times.reduce((profile, ms) => profileWith(profile, at(ms)), from);

  it("is pinned", () => {
    const day = Date.parse("2026-11-24T00:00:00Z");
    const learnt = [
      at(day + 9 * HOUR_MS, "a", { to: ["h1"] }),
      at(day + 9 * HOUR_MS + 1, "b", null),
      at(day + 9 * HOUR_MS + 2, "a", { to: ["h2"] }),
      at(day + DAY_MS + 23 * HOUR_MS, "a", { to: ["h1"] }),
    ].reduce(profileWith, NO_PROFILE);
    expect(learnt).toEqual({
      calls: 4,
      days: 2,
      lastDay: 20_782,
      hours: Array.from({ length: 24 }, (_, hour) => (hour === 9 || hour === 23 ? 1 : 0)),
      hoursOfLastDay: 2 ** 23,
      span: 5_985_492,
      spanCalls: 1,
      rates: [2, 1],
      ratesOfLastDay: 1,
      tools: ["b", "a"],
      values: { to: ["h2", "h1"] },
    });
  });

  it("learns by days: what is done a thousand times on one of them is not usual by that", () => {
    const night = Array.from({ length: 1_000 }, (_, index) => NOW_MS - (NOW_MS % DAY_MS) + 2 * HOUR_MS + index);
    const known = after(night, aProfile(20, 8, 18));
    expect(isUnusualHour(known, NOW_MS - (NOW_MS % DAY_MS) + DAY_MS + 2 * HOUR_MS)).toBe(true);
    expect(isBurst(known, 21)).toBe(true);
    const twice = after(
      night.map((ms) => ms + DAY_MS),
      known,
    );
    expect(isUnusualHour(twice, NOW_MS - (NOW_MS % DAY_MS) + 2 * DAY_MS + 2 * HOUR_MS)).toBe(false);
    expect([isBurst(twice, 2_000), isBurst(twice, 2_047)]).toEqual([false, true]);
  });

  it("forgets an hour that was usual on few of many days", () => {
    const nights = after([1, 2].map((day) => NOW_MS - (NOW_MS % DAY_MS) - (200 - day) * DAY_MS + 2 * HOUR_MS));
    const long = Array.from({ length: 100 }, (_, day) => NOW_MS - (NOW_MS % DAY_MS) - (100 - day) * DAY_MS + 12 * HOUR_MS);
    expect(isUnusualHour(after(long, nights), NOW_MS - (NOW_MS % DAY_MS) + 2 * HOUR_MS)).toBe(true);
  });

  it("learns no time from a call that comes late", () => {
    const profile = after([NOW_MS]);
    expect(profileWith(profile, at(NOW_MS - DAY_MS, "late"))).toEqual({ ...profile, calls: 2, tools: ["a", "late"] });
    expect(profileWith(profile, at(NOW_MS - 5 * MINUTE_MS)).spanCalls).toBe(1);
  });

  it("is bounded, whatever an agent calls: what was seen longest ago is forgotten first", () => {
    let profile = NO_PROFILE;
    for (let index = 0; index < 1_500; index++) profile = profileWith(profile, at(NOW_MS + index, `t${index}`, { to: [`v${index}`] }));
    expect([profile.tools.length, profile.values["to"]?.length, profile.tools[0], profile.tools.at(-1)]).toEqual([
      1_000,
      1_000,
      "t500",
      "t1499",
    ]);
    profile = profileWith(profile, at(NOW_MS + 2_000, "t500", { to: ["v500"] }));
    profile = profileWith(profile, at(NOW_MS + 2_001, "new", { to: ["new"] }));
    expect([profile.tools.includes("t500"), profile.values["to"]?.includes("v500"), profile.tools.includes("t501")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
