/** The past that a case gives, as it would be kept, and the answers that its judgement needs. */
import { durationMs } from "../document/duration.ts";
import type { CompiledPolicy } from "../judging/compiled.ts";
import type { PolicyFacts } from "../judging/facts.ts";
import { answerPast } from "../judging/past/answer.ts";
import { type PastCall, scalarsOf, watchedOf } from "../judging/past/call.ts";
import { NO_PROFILE, profileWith } from "../judging/past/profile.ts";
import type { PastAnswers } from "../judging/past/question.ts";
import { questionsFor } from "../judging/past/questions.ts";
import type { CaseGiven } from "./cases-document.ts";

type Before = NonNullable<CaseGiven["past"]>[number];

/** Where a case gives no past, nothing is known of it; an empty one is that of an agent that has never called. */
export function answersIn(policy: CompiledPolicy, facts: PolicyFacts, past: CaseGiven["past"]): PastAnswers | null {
  if (past === undefined) return null;
  const watch = policy.anomaly?.watch ?? [];
  const calls = past.flatMap((before, index) => callsOf(before, index, facts.nowMs, watch)).toSorted((one, other) => one.atMs - other.atMs);
  const profile = calls.reduce(profileWith, NO_PROFILE);
  const judged = { nowMs: facts.nowMs, tool: facts.tool, watched: watchedOf(facts.args, watch) };
  return answerPast(questionsFor(policy, facts), { calls, sinceMs: null, profile }, judged, policy);
}

function callsOf(
  { at, ago = "1s", server, tool, args = {}, times = 1, every = "1s" }: Before,
  index: number,
  nowMs: number,
  watch: readonly (readonly string[])[],
): PastCall[] {
  const lastMs = at === undefined ? nowMs - durationMs(ago) : Date.parse(at);
  const like = { server: server ?? null, tool, ...scalarsOf(args), watched: watchedOf(args, watch) };
  return Array.from({ length: times }, (_, back) => ({ ...like, atMs: lastMs - back * durationMs(every), key: `${index}:${back}` }));
}
