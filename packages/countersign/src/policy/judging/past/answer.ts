/** Answers what a policy asks, from what is kept of an agent. Pure: the same past gives the same answers. */
import type { RuleCondition, Workload } from "../../conditions/workload.ts";
import { longestIn, STEPS_A_JUDGEMENT } from "../../conditions/workload.ts";
import type { CompiledChain, CompiledPolicy } from "../compiled.ts";
import { globTakes } from "../glob.ts";
import { argumentsOf, type Past, type PastCall } from "./call.ts";
import { BURST_MS, isBurst, isUnusualHour } from "./profile.ts";
import { keyOf, type PastAnswers, type PastQuestion } from "./question.ts";

/** What is judged now, and is not in the past. */
export interface JudgedNow {
  nowMs: number;
  /** Null where an ask names none. */
  tool: string | null;
  /** `watchedOf` its arguments. */
  watched: Readonly<Record<string, readonly string[]>>;
}

/** What conditions and chains of the questions are in. */
type AskingPolicy = Pick<CompiledPolicy, "lists" | "longestInLists" | "pastConditions" | "anomaly">;

/**
 * Answers by `policy`, whose questions they are. A window that reaches further back than is kept cannot be known, nor what a condition
 * says that fails or would take too long.
 */
export function answerPast(questions: readonly PastQuestion[], past: Past, judged: JudgedNow, policy: AskingPolicy): PastAnswers {
  const asked = new Answering(past, judged, policy);
  return Object.fromEntries(questions.map((question) => [keyOf(question), asked.answerTo(question)]));
}

class Answering {
  readonly #past: Past;
  readonly #judged: JudgedNow;
  readonly #policy: AskingPolicy;
  readonly #args = new Map<PastCall, Workload["facts"]["args"]>();
  #stepsLeft = STEPS_A_JUDGEMENT;

  constructor(past: Past, judged: JudgedNow, policy: AskingPolicy) {
    this.#past = past;
    this.#judged = judged;
    this.#policy = policy;
  }

  answerTo(question: PastQuestion): number | boolean | null {
    switch (question.ask) {
      case "count":
      case "sum":
      case "any":
        return this.#history(question);
      case "hour":
        return isUnusualHour(this.#past.profile, this.#judged.nowMs);
      case "burst": {
        const calls = this.#since(BURST_MS).length + 1;
        return isBurst(this.#past.profile, calls) && calls;
      }
      case "first-tool":
        return this.#judged.tool !== null && !this.#hasUsed(this.#judged.tool);
      case "first-value":
        return this.#isNewValue(question.path.join("."));
      case "chain": {
        const chain = this.#policy.anomaly?.chains.find(({ name }) => name === question.name);
        return chain === undefined ? false : this.#completes(chain);
      }
    }
  }

  #isKnown = (within: number): boolean => this.#past.sinceMs === null || this.#judged.nowMs - within >= this.#past.sinceMs;

  #since = (within: number): PastCall[] => this.#past.calls.filter(({ atMs }) => atMs > this.#judged.nowMs - within);

  #history(question: PastQuestion & { ask: "count" | "sum" | "any" }): number | boolean | null {
    if (!this.#isKnown(question.within)) return null;
    const calls = this.#since(question.within).filter(({ tool }) => globTakes(question.tool, tool));
    if (question.ask === "count") return calls.length;
    return question.ask === "sum" ? sumOf(calls, question.path.join(".")) : this.#anyOf(calls, question.when);
  }

  /** Newest first: true as soon as it is. */
  #anyOf(calls: readonly PastCall[], when: string): boolean | null {
    const condition = this.#policy.pastConditions.get(when);
    let answer: boolean | null = false;
    for (const call of calls.toReversed()) {
      const holds = condition === undefined ? null : this.#holds(condition, call);
      if (holds === true) return true;
      answer = holds === null ? null : answer;
    }
    return answer;
  }

  /** Null if it cannot be known: what it names is not kept, or it fails. */
  #holds(condition: RuleCondition, call: PastCall): boolean | null {
    if (call.scalars === null || (call.isCut && !namesOnly(condition, call.scalars))) return null;
    const args = this.#args.get(call) ?? argumentsOf(call.scalars);
    this.#args.set(call, args);
    const { lists, longestInLists } = this.#policy;
    const work: Workload = { facts: { args, lists }, longest: Math.max(longestIn(args), longestInLists), stepsLeft: this.#stepsLeft };
    const holds = condition.holds(work);
    this.#stepsLeft = work.stepsLeft;
    return holds;
  }

  #hasUsed = (tool: string): boolean => this.#past.profile.tools.includes(tool) || this.#past.calls.some(({ tool: used }) => used === tool);

  #isNewValue(path: string): boolean {
    const known = new Set(this.#past.profile.values[path] ?? []);
    for (const { watched } of this.#past.calls) for (const value of watched?.[path] ?? []) known.add(value);
    return (this.#judged.watched[path] ?? []).some((value) => !known.has(value));
  }

  /**
   * Whether the steps before the last, which the judged thing is, came in their order: each as late as it can be, so that nothing is missed.
   * A step whose condition cannot be known counts as met. Null if what came before is not known.
   */
  #completes({ within, steps }: CompiledChain): boolean | null {
    const waiting = steps.slice(0, -1);
    for (const call of this.#since(within).toReversed()) {
      const step = waiting.at(-1);
      if (step === undefined) return true;
      const fits = step.tool?.some((glob) => globTakes(glob, call.tool)) ?? true;
      if (fits && (step.when === null || this.#holds(step.when, call) !== false)) waiting.pop();
    }
    if (waiting.length === 0) return true;
    return this.#isKnown(within) ? false : null;
  }
}

/** Null if one of them has no number there, or one below zero. */
function sumOf(calls: readonly PastCall[], path: string): number | null {
  let sum = 0;
  for (const { scalars } of calls) {
    const value = scalars !== null && Object.hasOwn(scalars, path) ? scalars[path] : undefined;
    if (typeof value !== "number" || value < 0) return null;
    sum += value;
  }
  return sum;
}

/** Whether all that a condition says of arguments is said of members that were kept: then it does not matter what was not. */
function namesOnly({ outline }: RuleCondition, scalars: NonNullable<PastCall["scalars"]>): boolean {
  const named = new Map<string, number>();
  const count = (way: string, by: number) => void named.set(way, (named.get(way) ?? 0) + by);
  count("", outline.argumentUses);
  // Each member that is named names what is above it once: what is left over is used as a whole.
  for (const { path } of outline.argumentMembers) {
    count(path.join("."), 1);
    count(path.slice(0, -1).join("."), -1);
  }
  return [...named].every(([way, times]) => times === 0 || Object.hasOwn(scalars, way));
}
