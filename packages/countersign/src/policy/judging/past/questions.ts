/** What has to be known of an agent's past to judge one thing: nothing where the policy asks nothing of it. */
import type { RuleCondition } from "../../conditions/workload.ts";
import type { CompiledPolicy, CompiledRule, CompiledSlot } from "../compiled.ts";
import type { PolicyFacts } from "../facts.ts";
import { globTakes } from "../glob.ts";
import { conditionHolds, fitsMatch, workloadOf } from "../matching.ts";
import { possibleFacts } from "../calls/unwrap.ts";
import { watchedOf } from "./call.ts";
import { keyOf, type PastQuestion } from "./question.ts";

/**
 * The questions of every rule whose match fits but for its condition, those of its approvals, and, unless `withAnomaly` is false, those of
 * `anomaly`: when an approval is used it is not judged again. Empty for version 0.
 */
export function questionsFor(policy: CompiledPolicy | null, facts: PolicyFacts, withAnomaly = true): PastQuestion[] {
  if (policy === null || policy.longestWithin === 0) return [];
  const inside = possibleFacts(policy, facts);
  const rules = inside === facts ? rulesThatFit(policy, facts) : [...rulesThatFit(policy, facts), ...rulesThatFit(policy, inside)];
  const asked = [...rules.flatMap(conditionsOfRule), ...conditionsOfSlots(policy.anomaly?.slots ?? [])];
  const questions = asked.flatMap(({ outline }) => outline.asksPast);
  if (withAnomaly) questions.push(...questionsOfAnomaly(policy, inside));
  return [...new Map(questions.map((question) => [keyOf(question), question])).values()];
}

/** Up to the first that has no condition: none behind it is judged. */
function rulesThatFit({ rules, defaults }: CompiledPolicy, facts: PolicyFacts): CompiledRule[] {
  const fitting = rules.filter((rule) => fitsMatch(rule, facts));
  const last = fitting.findIndex(({ when, observes }) => when === null && !observes);
  return last < 0 ? [...fitting, defaults] : [...fitting.slice(0, last + 1), defaults];
}

export const conditionsOfSlots = (slots: readonly CompiledSlot[]): RuleCondition[] => slots.flatMap(({ when }) => when ?? []);

export const conditionsOfRule = ({ when, slots, outside }: CompiledRule): RuleCondition[] => [
  ...(when === null ? [] : [when]),
  ...conditionsOfSlots(slots),
  ...conditionsOfSlots(outside ?? []),
];

function questionsOfAnomaly(policy: CompiledPolicy, facts: PolicyFacts): PastQuestion[] {
  const { anomaly } = policy;
  if (anomaly === null) return [];
  const { tool, args } = facts;
  const watched = watchedOf(args, anomaly.watch);
  const ends = anomaly.chains.filter(({ steps }) => steps.at(-1)?.tool?.some((glob) => globTakes(glob, tool ?? "")) ?? true);
  const work = ends.length === 0 ? null : workloadOf(policy, facts);
  const chains = ends.filter(({ steps }) => work !== null && conditionHolds(steps.at(-1)?.when ?? null, work) !== false);
  return [
    { ask: "hour" },
    { ask: "burst" },
    ...(tool === null ? [] : [{ ask: "first-tool" } as const]),
    ...anomaly.watch
      .filter((path) => Object.hasOwn(watched, path.join(".")))
      .map((path): PastQuestion => ({ ask: "first-value", path: [...path] })),
    ...chains.map(({ name }): PastQuestion => ({ ask: "chain", name })),
  ];
}
