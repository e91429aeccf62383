/** Answers what a policy asks, from what is kept of an agent. Pure: the same past gives the same answers. */
import type { RuleCondition, Workload } from "../../conditions/workload.ts";
import { STEPS_A_JUDGEMENT } from "../../conditions/workload.ts";
import type { CompiledChain, CompiledPolicy } from "../compiled.ts";
import { globTakes } from "../glob.ts";
import { argumentsOf, longestOf, type Past, type PastCall, PLAIN_NAME } from "./call.ts";
import { BURST_MS, isBurst, isUnusualHour, valuesAt } from "./profile.ts";
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
  readonly #work = new Map<PastCall, Pick<Workload, "facts" | "longest">>();
  readonly #windows = new Map<number, PastCall[]>();
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

  #since(within: number): PastCall[] {
    const calls = this.#windows.get(within) ?? this.#past.calls.filter(({ atMs }) => atMs > this.#judged.nowMs - within);
    this.#windows.set(within, calls);
    return calls;
  }

  #history(question: PastQuestion & { ask: "count" | "sum" | "any" }): number | boolean | null {
    if (!this.#isKnown(question.within)) return null;
    const takes = takesOne([question.tool]);
    const calls = this.#since(question.within).filter(({ tool }) => takes(tool));
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
    const over = this.#work.get(call) ?? this.#workOf(call.scalars);
    this.#work.set(call, over);
    const work: Workload = { ...over, stepsLeft: this.#stepsLeft };
    const holds = condition.holds(work);
    this.#stepsLeft = work.stepsLeft;
    return holds;
  }

  #workOf(scalars: NonNullable<PastCall["scalars"]>): Pick<Workload, "facts" | "longest"> {
    const { lists, longestInLists } = this.#policy;
    return { facts: { args: argumentsOf(scalars), lists }, longest: Math.max(longestOf(scalars), longestInLists) };
  }

  #hasUsed = (tool: string): boolean => this.#past.profile.tools.includes(tool) || this.#past.calls.some(({ tool: used }) => used === tool);

  #isNewValue(path: string): boolean {
    const { calls, profile } = this.#past;
    return valuesAt(this.#judged.watched, path).some((value) => {
      const isKnown = valuesAt(profile.values, path).includes(value);
      return !isKnown && !calls.some(({ watched }) => valuesAt(watched, path).includes(value));
    });
  }

  /**
   * Whether the steps before the last, which the judged thing is, came in their order: each as late as it can be, so that nothing is missed.
   * A step whose condition cannot be known counts as met. Null if what came before is not known.
   */
  #completes({ within, steps }: CompiledChain): boolean | null {
    const waiting = steps.slice(0, -1).map(({ tool, when }) => ({ takes: tool === null ? () => true : takesOne(tool), when }));
    for (const call of this.#since(within).toReversed()) {
      const step = waiting.at(-1);
      if (step === undefined) return true;
      if (step.takes(call.tool) && (step.when === null || this.#holds(step.when, call) !== false)) waiting.pop();
    }
    if (waiting.length === 0) return true;
    return this.#isKnown(within) ? false : null;
  }
}

/** Whether any of the globs takes a name: most calls are of few tools. */
function takesOne(globs: readonly string[]): (tool: string) => boolean {
  const known = new Map<string, boolean>();
  return (tool) => {
    const takes = known.get(tool) ?? globs.some((glob) => globTakes(glob, tool));
    known.set(tool, takes);
    return takes;
  };
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
  if (outline.argumentMembers.some(({ path }) => !path.every((name) => PLAIN_NAME.test(name)))) return false;
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
