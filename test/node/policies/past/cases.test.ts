/** Cases that give a past, and what they expect of it. */
import { describe, expect, it } from "vitest";
import { readPolicyCases } from "#countersign/policy/cases/cases-document.ts";
import { runCases } from "#countersign/policy/cases/run-cases.ts";
import { policyOf } from "#test/support/policies/policy-facts.ts";

const POLICY = policyOf(`anomaly:
  watch: [to]
  chains: [{ name: c, within: 10m, add: 60, steps: [{ tool: read_file, when: 'args.path.contains(".ssh")' }, { tool: "http_*" }] }]
rules:
  - { name: few, match: { tool: send_mail, when: 'history.count("send_*", "24h") < 3' }, effect: allow, risk: low }
  - { name: out, match: { tool: "http_*" }, effect: allow, risk: low }
`);
const casesOf = (given: string, expected: string, top = "") => {
  const read = readPolicyCases(`type: countersign/policy-cases@v1
people: [{ username: ada }]
${top}
cases:
  - { name: it, given: { source: call, ${given} }, expect: { ${expected} } }
`);
  if (!read.ok) return read.refusal.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
  return runCases(POLICY, read.value).results.flatMap(({ differences }) =>
    differences.map(({ what, expected: one, came }) => `${what}: ${one}, ${came}`),
  );
};

describe("a case", () => {
  it.each([
    ["no past", "tool: send_mail", "rule: default, anomaly: [], score: 0, notice: false"],
    [
      "an agent that has done nothing",
      "tool: send_mail, past: []",
      "rule: few, effect: allow, anomaly: [first_tool], score: 15, notice: false",
    ],
    [
      "a call before",
      "tool: send_mail, args: { to: zoe }, past: [{ ago: 1h, tool: send_mail, args: { to: ada } }]",
      "rule: few, anomaly: [first_value], score: 20",
    ],
    ["too many", "tool: send_mail, past: [{ ago: 1m, tool: send_mail, times: 3 }]", "rule: default, anomaly: []"],
    ["so many, but longer ago", "tool: send_mail, past: [{ ago: 1m, tool: send_mail, times: 3, every: 20h }]", "rule: few"],
    [
      "a chain",
      "tool: http_post, past: [{ ago: 5m, tool: read_file, server: files, args: { path: /home/a/.ssh/id } }, { ago: 1d, tool: http_post }]",
      "effect: require_approval, rule: out, anomaly: [chain], score: 60, notice: true, risk: critical, approvers: [ada]",
    ],
    [
      "a time of its own",
      "tool: http_post, now: 2026-11-25T10:00:00Z, past: [{ at: 2026-11-25T09:51:00Z, tool: read_file, args: { path: .ssh } }]",
      "anomaly: [chain, first_tool], risk: critical",
    ],
    [
      "an hour and a burst",
      "tool: http_post, now: 2026-11-25T03:00:00Z, past: [{ ago: 15h, tool: http_post, times: 10, every: 1d }, { ago: 1s, tool: http_post, times: 60, every: 4s }]",
      "anomaly: [burst, hour], score: 35, notice: true",
    ],
    [
      "an hour",
      "tool: http_post, now: 2026-11-25T03:00:00Z, past: [{ ago: 15h, tool: http_post, times: 10, every: 1d }, { ago: 14h, tool: http_post, times: 60, every: 1m }]",
      "anomaly: [hour], score: 15",
    ],
  ])("gives %s", (_, given, expected) => {
    expect(casesOf(given, expected)).toEqual([]);
  });

  it("says how it differs", () => {
    expect(casesOf("tool: send_mail, past: []", "anomaly: [hour, chain], score: 75, notice: true")).toEqual([
      "anomaly: chain, hour, first_tool",
      "score: 75, 15",
      "notice: true, false",
    ]);
    expect(casesOf("tool: send_mail, past: []", "anomaly: []")).toEqual(["anomaly: none, first_tool"]);
  });

  it("has the past of all cases, unless it has its own", () => {
    const top = "given: { past: [{ ago: 1m, tool: send_mail, times: 3 }] }";
    expect(casesOf("tool: send_mail", "rule: default", top)).toEqual([]);
    expect(casesOf("tool: send_mail, past: []", "rule: few", top)).toEqual([]);
  });

  it.each([
    ["no time", "past: [{ tool: a }]", "5:47 bad_value it has one time: at, or ago"],
    ["two times", "past: [{ tool: a, ago: 1m, at: 2026-01-01T00:00:00Z }]", "5:47 bad_value it has one time: at, or ago"],
    ["a time that is none", "past: [{ tool: a, at: yesterday }]", "5:62 bad_value"],
    ["the future", "past: [{ tool: a, at: 2026-01-07T10:00:00Z }]", "5:62 bad_time this is not before what is judged"],
    ["no tool", "past: [{ ago: 1m }]", "5:47 missing_key tool is missing here"],
    ["every, and nothing that comes again", "past: [{ tool: a, ago: 1m, every: 1m }]", "5:47 missing_key every belongs to times"],
    ["no end of calls", `past: [${Array.from({ length: 11 }, () => "{ tool: a, ago: 1m, times: 10000 }").join(", ")}]`, "5:407 too_large"],
  ])("cannot give %s", (_, given, refusal) => {
    expect(casesOf(given, "")).toEqual([expect.stringContaining(refusal)]);
  });
});
