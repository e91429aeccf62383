/** The past of an agent, made by hand or at random, and judgements by it. */
import fc from "fast-check";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { CompiledPolicy } from "#countersign/policy/judging/compiled.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge, type PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import { answerPast } from "#countersign/policy/judging/past/answer.ts";
import { type Past, type PastCall, scalarsOf, watchedOf } from "#countersign/policy/judging/past/call.ts";
import { NO_PROFILE, type PastProfile, profileWith } from "#countersign/policy/judging/past/profile.ts";
import type { PastAnswers } from "#countersign/policy/judging/past/question.ts";
import { questionsFor } from "#countersign/policy/judging/past/questions.ts";
import { TUESDAY } from "./policy-facts.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const NOW_MS = Date.parse(TUESDAY);

/** A call so long before `TUESDAY`. `args` null: nothing of them is kept. */
export const aPastCall = (tool: string, agoMs: number, args: JsonObject | null = {}, watch: readonly string[][] = []): PastCall => ({
  atMs: NOW_MS - agoMs,
  server: "cloud",
  tool,
  ...(args === null ? { scalars: null, isCut: true } : scalarsOf(args)),
  watched: args === null ? null : watchedOf(args, watch),
  key: `${tool} ${agoMs}`,
});

/** Of an agent of which everything is known. */
export const aPast = (calls: readonly PastCall[], given: Partial<Past> = {}): Past => ({
  calls: calls.toSorted((one, other) => one.atMs - other.atMs),
  sinceMs: null,
  profile: NO_PROFILE,
  ...given,
});

/** Of an agent that called a tool on so many days before, every ten minutes of the hours from `from` to `to` (UTC). */
export function aProfile(days: number, from: number, to: number, tool = "get_status", watched: PastCall["watched"] = {}): PastProfile {
  let profile = NO_PROFILE;
  const today = NOW_MS - (NOW_MS % DAY_MS);
  for (let day = days; day > 0; day--) {
    for (let ms = from * HOUR_MS; ms < to * HOUR_MS; ms += 10 * MINUTE_MS)
      profile = profileWith(profile, { atMs: today - day * DAY_MS + ms, tool, watched });
  }
  return profile;
}

export const answersFor = (policy: CompiledPolicy, facts: PolicyFacts, past: Past): PastAnswers =>
  answerPast(
    questionsFor(policy, facts),
    past,
    { nowMs: facts.nowMs, tool: facts.tool, watched: watchedOf(facts.args, policy.anomaly?.watch ?? []) },
    policy,
  );

export const judgedAfter = (policy: CompiledPolicy, facts: PolicyFacts, past: Past): PolicyJudgement =>
  judge(policy, { ...facts, past: answersFor(policy, facts, past) });

const madeArgs: fc.Arbitrary<JsonObject> = fc.record(
  {
    amount: fc.constantFrom<JsonObject[string]>(0, 1, 2.5, 40, -3, "7", null, [1]),
    to: fc.constantFrom("ada", "bo", "cleo"),
    path: fc.constantFrom("/etc/passwd", "/home/a/.ssh/id", "notes.md"),
  },
  { requiredKeys: [] },
);

/** Calls of the last two days, some of the judged moment, a few of which nothing is kept. */
export const madePast: fc.Arbitrary<Past> = fc
  .record({
    calls: fc.array(
      fc.record({
        tool: fc.constantFrom("read_file", "http_get", "send_money", "send_mail", ""),
        ago: fc.oneof(fc.integer({ min: 0, max: 2 * DAY_MS }), fc.constantFrom(0, 1, MINUTE_MS, HOUR_MS, DAY_MS)),
        args: fc.oneof({ weight: 9, arbitrary: madeArgs }, { weight: 1, arbitrary: fc.constant(null) }),
      }),
      { maxLength: 30 },
    ),
    since: fc.option(fc.integer({ min: 0, max: 2 * DAY_MS }), { freq: 4 }),
  })
  .map(({ calls, since }) => {
    const sinceMs = since === null ? null : NOW_MS - since;
    const kept = calls.map(({ tool, ago, args }) => aPastCall(tool, ago, args, [["to"]])).filter(({ atMs }) => atMs >= (sinceMs ?? 0));
    return aPast(kept, { sinceMs });
  });
