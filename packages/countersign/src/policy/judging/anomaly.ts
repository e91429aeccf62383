/** What is unusual about an action, by the answers of the agent's past: named reasons, a number for each. Same answers, same score. */
import type { CompiledAnomaly } from "./compiled.ts";
import { keyOf, type PastAnswers } from "./past/question.ts";

export const ANOMALY_KINDS = ["hour", "burst", "first_tool", "first_value", "chain"] as const;
export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

export interface Anomaly {
  score: number;
  /** Sentences for whoever approves or looks at it later; none holds a word that the agent has chosen. */
  reasons: string[];
  kinds: AnomalyKind[];
  /** Whether somebody should look at it. */
  isNotice: boolean;
  /** Whether people are asked for that alone. */
  isHeld: boolean;
}

interface Unusual {
  kind: AnomalyKind;
  adds: number;
  reason: string;
}

const HOUR = 15;
const BURST = 20;
const FIRST_TOOL = 15;
const FIRST_VALUE = 20;
const MOST_FIRST_VALUES = 40;

/** The most that all of it can come to. */
export const mostOf = ({ watch, chains }: { watch: readonly unknown[]; chains: readonly { add: number }[] }): number =>
  HOUR + BURST + FIRST_TOOL + Math.min(MOST_FIRST_VALUES, FIRST_VALUE * watch.length) + chains.reduce((sum, { add }) => sum + add, 0);

/** Null where the policy says nothing of it, or nothing was asked of the past. `passes`: whether it would pass without that. */
export function anomalyOf(anomaly: CompiledAnomaly | null, past: PastAnswers | null, passes: boolean): Anomaly | null {
  if (anomaly === null || past === null) return null;
  const all = [...unusualTimes(past), ...firstValues(anomaly, past), ...chainsMet(anomaly, past)];
  const score = all.reduce((sum, { adds }) => sum + adds, 0);
  return {
    score,
    reasons: all.map(({ reason }) => reason),
    kinds: [...new Set(all.map(({ kind }) => kind))],
    isNotice: all.length > 0 && score >= anomaly.notice,
    isHeld: passes && all.length > 0 && score >= anomaly.threshold,
  };
}

/** Whether it is known what is unusual about it, if the policy asks: nothing is remembered, or passes by what was, where it is not. */
export const isUnusualKnown = (anomaly: CompiledAnomaly | null, past: PastAnswers | null): boolean =>
  anomaly === null || (past !== null && past[keyOf({ ask: "hour" })] !== null);

function unusualTimes(past: PastAnswers): Unusual[] {
  const found: Unusual[] = [];
  const burst = past[keyOf({ ask: "burst" })];
  if (past[keyOf({ ask: "hour" })] === true)
    found.push({ kind: "hour", adds: HOUR, reason: "The agent hardly ever does anything at this hour." });
  if (typeof burst === "number" && burst > 0)
    found.push({ kind: "burst", adds: BURST, reason: `The agent does far more than usual: ${burst} calls within five minutes.` });
  if (past[keyOf({ ask: "first-tool" })] === true)
    found.push({ kind: "first_tool", adds: FIRST_TOOL, reason: "The agent has not used this tool before." });
  return found;
}

function firstValues({ watch }: CompiledAnomaly, past: PastAnswers): Unusual[] {
  let left = MOST_FIRST_VALUES;
  return watch.flatMap((path): Unusual[] => {
    if (past[keyOf({ ask: "first-value", path: [...path] })] !== true) return [];
    const adds = Math.min(FIRST_VALUE, left);
    left -= adds;
    return [{ kind: "first_value", adds, reason: `What is in args.${path.join(".")} is new for this agent.` }];
  });
}

/** What came before and is not known may have been what is watched for. */
function chainsMet({ chains }: CompiledAnomaly, past: PastAnswers): Unusual[] {
  return chains.flatMap(({ name, add }): Unusual[] => {
    const answer = past[keyOf({ ask: "chain", name })];
    if (answer !== true && answer !== null) return [];
    const reason =
      answer === null
        ? `It may end the chain ${name}: what the agent did before is not known.`
        : `It ends the chain ${name}: the agent did before what the policy watches for.`;
    return [{ kind: "chain", adds: add, reason }];
  });
}
