/** What is counted of leaves, how a median comes out of steps, and the text that scrapers read. */
import { expect, it } from "vitest";
import { alertsOf, type AlertFacts, changedAlerts } from "#rules/console/alerts.ts";
import { openMetricsText } from "#rules/console/open-metrics.ts";
import { type CountedLeaf, sumsOfEnds, treatmentOf } from "#rules/console/sums.ts";
import { daysUpTo, summaryOf } from "#rules/console/summary.ts";
import { quantile, stepOf, STEPS } from "#rules/console/took.ts";

const leaf = (members: Partial<CountedLeaf>): CountedLeaf => ({
  log: 1,
  idx: 1,
  kind: "approval.approved",
  at: "2026-11-30T10:01:00.000Z",
  requestedAt: "2026-11-30T10:00:00.000Z",
  rule: "deploys",
  agent: "agt_1",
  decisions: [["usr_1", "approved"]],
  calls: null,
  ...members,
});

it("counts an end once of each kind, and adds up what is the same", () => {
  expect(sumsOfEnds([leaf({}), leaf({ idx: 2 })])).toEqual([
    ["end", "2026-11-30", "", "approved", 2],
    ["rule", "2026-11-30", "deploys", "approved", 2],
    ["agent", "2026-11-30", "agt_1", "approved", 2],
    ["person", "2026-11-30", "usr_1", "approved", 2],
    ["took", "2026-11-30", "60", "approved", 2],
    ["seconds", "2026-11-30", "", "approved", 120],
  ]);
});

it("counts no time where people did not end it, and nothing of other leaves or of erased ones", () => {
  const kinds = sumsOfEnds([leaf({ kind: "approval.expired", decisions: [] })]).map(([kind]) => kind);
  expect(kinds).toEqual(["end", "rule", "agent"]);
  expect(sumsOfEnds([leaf({ kind: "calls.logged" }), leaf({ kind: null, at: null, requestedAt: null, rule: null, agent: null })])).toEqual(
    [],
  );
});

it("counts no time for a request that seems to have ended before it was asked, or was asked at no time that there is", () => {
  for (const requestedAt of ["2026-11-30T10:02:00.000Z", "yesterday"])
    expect(sumsOfEnds([leaf({ requestedAt })]).map(([kind]) => kind)).toEqual(["end", "rule", "agent", "person"]);
});

it("says what the gate did with a call", () => {
  expect(["allowed", "succeeded", "failed", "unknown"].map((status) => treatmentOf(status, false))).toEqual(Array(4).fill("allowed"));
  expect(["blocked", "rate_limited", "agent_stopped"].map((status) => treatmentOf(status, false))).toEqual(Array(3).fill("refused"));
  expect(["pending_approval", "approved", "denied", "expired", "cancelled"].map((status) => treatmentOf(status, false))).toEqual(
    Array(5).fill("held"),
  );
  expect(treatmentOf("succeeded", true)).toBe("held");
});

it("steps are in order, none more than twice the one before; the first and the last hold what is beyond them", () => {
  for (const [n, bound] of STEPS.entries()) expect(bound).toBeLessThanOrEqual(2 * (STEPS[n - 1] ?? bound));
  expect([0, 5, 6, 604_800, 604_801].map(stepOf)).toEqual(["5", "5", "10", "604800", "+Inf"]);
});

it("a quantile lies within the step that holds it; of nothing there is none", () => {
  expect(quantile(new Map(), 0.5)).toBeNull();
  expect(quantile(new Map([["60", 10]]), 0.5)).toBe(52.5);
  const counts = new Map([
    ["3600", 1],
    ["60", 8],
    ["5", 1],
  ]);
  expect(quantile(counts, 0.5)).toBe(52.5);
  expect(quantile(counts, 0.95)).toBe(3_150);
  expect(quantile(new Map([["+Inf", 1]]), 0.5)).toBe(604_800);
});

it("tells of every day, also of those on which nothing was", () => {
  const days = daysUpTo(Date.parse("2026-03-01T12:00:00Z"), 3);
  expect(days).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
  const { ends, decisions } = summaryOf([{ kind: "end", day: "2026-02-28", of: "", outcome: "denied", n: 3 }], days);
  expect(ends.map(({ denied }) => denied)).toEqual([0, 3, 0]);
  expect(decisions.map(({ median }) => median)).toEqual([null, null, null]);
});

const WELL: AlertFacts = {
  logState: "active",
  witnesses: "ok",
  messages: { oldestDue: null, failedLately: 0, failingSince: null },
  callsCountedAt: "2026-11-30T10:00:00.000Z",
  limits: [],
};
const NOW = Date.parse("2026-11-30T10:10:00.000Z");
const names = (facts: Partial<AlertFacts>, known: Parameters<typeof alertsOf>[1] = []) =>
  alertsOf({ ...WELL, ...facts }, known, NOW).map(({ id }) => id);

it("says what is amiss, and nothing while all is well", () => {
  expect(names({})).toEqual([]);
  expect(names({ logState: "frozen" })).toEqual(["log_frozen"]);
  expect(names({ witnesses: "behind" })).toEqual(["witness_away"]);
  expect(names({ messages: { ...WELL.messages, oldestDue: "2026-11-30T09:59:59.999Z" } })).toEqual(["messages_stuck"]);
  expect(names({ messages: { ...WELL.messages, oldestDue: "2026-11-30T10:00:00.000Z" } })).toEqual([]);
  expect(names({ messages: { ...WELL.messages, failedLately: 1 } })).toEqual(["messages_stuck"]);
  expect(names({ messages: { ...WELL.messages, failingSince: "2026-11-30T09:09:59.999Z" } })).toEqual(["messages_stuck"]);
  expect(names({ messages: { ...WELL.messages, failingSince: "2026-11-30T09:10:00.000Z" } })).toEqual([]);
  expect(names({ callsCountedAt: "2026-11-30T09:59:59.999Z" })).toEqual(["calls_behind"]);
  expect(names({ callsCountedAt: null })).toEqual([]);
  expect(names({ limits: [{ agent: "agt_1", name: "bot", rule: "reads" }] })).toEqual(["limit_reached:agt_1:reads"]);
});

it("a witness's standing that is not known begins nothing and ends nothing", () => {
  expect(names({ witnesses: "unknown" })).toEqual([]);
  const known = [{ id: "witness_away", name: "witness_away" as const, since: "", detail: {} }];
  expect(names({ witnesses: "unknown" }, known)).toEqual(["witness_away"]);
});

it("what lasts is told no second time, and what is over once", () => {
  const frozen = { id: "log_frozen", name: "log_frozen" as const, detail: {} };
  expect(changedAlerts([], [frozen], "then")).toEqual({ begun: [{ ...frozen, since: "then" }], over: [] });
  expect(changedAlerts([{ ...frozen, since: "before" }], [frozen], "then")).toEqual({ begun: [], over: [] });
  expect(changedAlerts([{ ...frozen, since: "before" }], [], "then")).toEqual({ begun: [], over: [{ ...frozen, since: "before" }] });
});

it("writes OpenMetrics: types before samples, suffixes, escaped labels, floats as bounds, and the end", () => {
  const text = openMetricsText([
    { name: "a", type: "counter", help: 'of "a"\n', samples: [{ labels: { of: 'x\\"\n' }, value: 3 }] },
    { name: "b", type: "gauge", help: "b", samples: [] },
    {
      name: "c_seconds",
      type: "histogram",
      unit: "seconds",
      help: "c",
      buckets: [
        { le: 30, upTo: 1 },
        { le: Number.POSITIVE_INFINITY, upTo: 2 },
      ],
      sum: 70,
      count: 2,
    },
  ]);
  expect(text).toBe(
    [
      "# TYPE a counter",
      '# HELP a of \\"a\\"\\n',
      'a_total{of="x\\\\\\"\\n"} 3',
      "# TYPE c_seconds histogram",
      "# UNIT c_seconds seconds",
      "# HELP c_seconds c",
      'c_seconds_bucket{le="30.0"} 1',
      'c_seconds_bucket{le="+Inf"} 2',
      "c_seconds_count 2",
      "c_seconds_sum 70",
      "# EOF",
      "",
    ].join("\n"),
  );
});
