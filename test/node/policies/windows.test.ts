/** Windows by the clock on the wall: days, midnight, dates that are left out, and both changes of the clock, in three zones. */
import { describe, expect, it, test } from "vitest";
import { isZone, wallClock } from "#countersign/policy/conditions/zones.ts";
import type { PolicyWindow } from "#countersign/policy/document/policy-document.ts";
import { isOpen } from "#countersign/policy/judging/window.ts";

const BERLIN = "Europe/Berlin";
const openAt = (window: PolicyWindow, time: string) => isOpen(window, Date.parse(time));
/** The minutes of a span, in UTC, at which a window opens and closes. */
function changesIn(window: PolicyWindow, from: string, to: string): string[] {
  const changes: string[] = [];
  let before = openAt(window, from);
  for (let ms = Date.parse(from); ms < Date.parse(to); ms += 60_000) {
    const open = isOpen(window, ms);
    if (open !== before) changes.push(`${new Date(ms).toISOString().slice(5, 16)} ${open ? "opens" : "closes"}`);
    before = open;
  }
  return changes;
}

describe("a window", () => {
  const office: PolicyWindow = { days: ["mon", "tue"], from: "09:00", to: "17:00", zone: BERLIN };

  it("is open from its first minute to the one before its last", () => {
    expect(changesIn(office, "2026-11-23T00:00:00Z", "2026-11-26T00:00:00Z")).toEqual([
      "11-23T08:00 opens",
      "11-23T16:00 closes",
      "11-24T08:00 opens",
      "11-24T16:00 closes",
    ]);
    expect(openAt(office, "2026-11-23T15:59:59.999Z")).toBe(true);
  });

  it("over midnight belongs to the day on which it begins", () => {
    const night: PolicyWindow = { days: ["fri"], from: "22:00", to: "02:00", zone: BERLIN };
    expect(changesIn(night, "2026-11-26T00:00:00Z", "2026-11-30T00:00:00Z")).toEqual(["11-27T21:00 opens", "11-28T01:00 closes"]);
  });

  it("without times is the whole day, and without days every day", () => {
    expect(changesIn({ days: ["sun"], zone: BERLIN }, "2026-11-28T00:00:00Z", "2026-12-01T00:00:00Z")).toEqual([
      "11-28T23:00 opens",
      "11-29T23:00 closes",
    ]);
    expect(changesIn({ from: "23:00", zone: "UTC" }, "2026-11-28T00:00:00Z", "2026-11-29T12:00:00Z")).toEqual([
      "11-28T23:00 opens",
      "11-29T00:00 closes",
    ]);
    expect(changesIn({ zone: "UTC" }, "2026-11-28T00:00:00Z", "2026-11-29T12:00:00Z")).toEqual([]);
    expect(openAt({ zone: "UTC" }, "2026-11-28T00:00:00Z")).toBe(true);
  });

  it("is closed on dates that are left out, the first and the last included, and in the night that begins on one", () => {
    const night: PolicyWindow = { from: "22:00", to: "02:00", zone: BERLIN, except: ["2026-12-24/2026-12-25", "2026-12-28"] };
    expect(changesIn(night, "2026-12-23T12:00:00Z", "2026-12-29T12:00:00Z")).toEqual([
      "12-23T21:00 opens",
      "12-24T01:00 closes",
      "12-26T21:00 opens",
      "12-27T01:00 closes",
      "12-27T21:00 opens",
      "12-28T01:00 closes",
    ]);
  });

  it("of a zone that is none is never open", () => {
    expect([openAt({ zone: "Europe/Nowhere" }, "2026-11-28T00:00:00Z"), openAt({ zone: "utc" }, "2026-11-28T00:00:00Z")]).toEqual([
      false,
      false,
    ]);
  });
});

describe.each([
  { zone: BERLIN, skips: "2026-03-29T01:00:00Z", repeats: "2026-10-25T01:00:00Z", twice: 2 },
  { zone: "America/New_York", skips: "2026-03-08T07:00:00Z", repeats: "2026-11-01T06:00:00Z", twice: 1 },
  { zone: "Australia/Sydney", skips: "2026-10-03T16:00:00Z", repeats: "2026-04-04T16:00:00Z", twice: 2 },
])("when the clock changes in $zone", ({ zone, skips, repeats, twice }) => {
  const at = (time: string, minutes: number) => new Date(Date.parse(time) + minutes * 60_000).toISOString();
  const clockAt = (time: string) => {
    const clock = wallClock(zone, Date.parse(time));
    return clock === null ? null : clock.minutes / 60;
  };

  it("the hour is skipped, and the other comes twice", () => {
    expect([clockAt(at(skips, -1)), clockAt(skips)]).toEqual([2 - 1 / 60, 3]);
    const again = [at(repeats, -1), repeats].map(clockAt);
    expect(again).toEqual([twice + 1 - 1 / 60, twice]);
  });

  it("a time that is skipped is the next that exists", () => {
    const begins: PolicyWindow = { from: "02:30", to: "04:00", zone };
    expect(changesIn(begins, at(skips, -60), at(skips, 120))).toEqual([
      `${skips.slice(5, 16)} opens`,
      `${at(skips, 60).slice(5, 16)} closes`,
    ]);
    const ends: PolicyWindow = { from: "01:30", to: "02:30", zone };
    expect(changesIn(ends, at(skips, -60), at(skips, 120))).toEqual([
      `${at(skips, -30).slice(5, 16)} opens`,
      `${skips.slice(5, 16)} closes`,
    ]);
    const within: PolicyWindow = { from: "02:10", to: "02:50", zone };
    expect(changesIn(within, at(skips, -60), at(skips, 120))).toEqual([]);
  });

  it("in the hour that comes twice the clock is right both times", () => {
    const window: PolicyWindow = { from: `0${twice}:30`, to: `0${twice + 1}:00`, zone };
    expect(changesIn(window, at(repeats, -60), at(repeats, 120))).toEqual([
      `${at(repeats, -30).slice(5, 16)} opens`,
      `${repeats.slice(5, 16)} closes`,
      `${at(repeats, 30).slice(5, 16)} opens`,
      `${at(repeats, 60).slice(5, 16)} closes`,
    ]);
  });
});

test.each([
  ["Europe/Berlin", true],
  ["UTC", true],
  ["Asia/Kolkata", true],
  ["America/Argentina/Buenos_Aires", true],
  ["Europe/Nowhere", false],
  ["EST5EDT", false],
  ["+05:30", false],
  ["utc", false],
  ["europe/berlin", false],
  ["", false],
])("a zone: %s, %s", (name, is) => {
  expect(isZone(name)).toBe(is);
});
