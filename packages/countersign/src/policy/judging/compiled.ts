/** A policy as it is judged by: conditions compiled, times in seconds. Making one of a document is compile.ts, which loads what compiles conditions. */
import type { MapExpression, TextExpression } from "../conditions/expression.ts";
import type { RuleCondition } from "../conditions/workload.ts";
import type { PolicyEffect, PolicyMatch, PolicyWindow, RiskLevel } from "../document/policy-document.ts";
import { type Execution } from "./calls/execution.ts";
import { type CallHandling, DEFAULT_KEEP } from "./handling.ts";
import type { PolicyLists } from "./risk.ts";

/** The name of what no rule matched. */
export const DEFAULT_RULE = "default";

/** Seconds, where neither rule nor defaults say. */
export const EXPIRES_IN = 900;
export const USE_WITHIN = 3_600;
export const LONGEST = 604_800;

/** Of anomaly, where the policy does not say. */
export const THRESHOLD = 60;
export const NOTICE = 30;

export interface CompiledSlot {
  users: readonly string[] | null;
  groups: readonly string[] | null;
  required: number;
  when: RuleCondition | null;
}

/** Times in seconds. */
export interface CompiledRule {
  name: string;
  observes: boolean;
  match: Omit<PolicyMatch, "when">;
  when: RuleCondition | null;
  effect: PolicyEffect;
  risk: RiskLevel;
  slots: readonly CompiledSlot[];
  /** Null: as the risk says. */
  separation: boolean | null;
  denials: number;
  window: PolicyWindow | null;
  /** Who approves outside of the window; null: nobody may. */
  outside: readonly CompiledSlot[] | null;
  expiresIn: number;
  expiresInMax: number;
  useWithin: number;
  useWithinMax: number;
  escalate: readonly { after: number; users: readonly string[] | null; groups: readonly string[] | null }[];
  needsReason: boolean;
  message: string | null;
  notify: { isHidden: boolean; channels: readonly string[] | null; remind: readonly number[] | null };
  /** Whether nobody's denying it is enough, where its risk is low. */
  passesInSilence: boolean;
  /** Whether whoever approves has to pick the number that the agent shows. Null: as the risk says. */
  matchesNumber: boolean | null;
  /** Whether an approver may remember an approval, for so many seconds and uses. */
  grants: { for: number; uses: number } | null;
  execute: Execution;
  /** What is called before people are asked, and what counts of its result (CEL; null: all of it). */
  preview: { tool: string; args: MapExpression; pick: string | null } | null;
  /** As which call it is judged. */
  unwrap: { tool: TextExpression; args: MapExpression } | null;
  handling: CallHandling;
}

/** A step of a chain: a call of such a tool, whose arguments are such. */
export interface CompiledStep {
  tool: readonly string[] | null;
  when: RuleCondition | null;
}

/** `within` in milliseconds. */
export interface CompiledChain {
  name: string;
  within: number;
  add: number;
  steps: readonly CompiledStep[];
}

/** What is unusual, and from which score on it is held, or noted. */
export interface CompiledAnomaly {
  threshold: number;
  notice: number;
  /** Who approves what is held; null: as `defaults` say. */
  slots: readonly CompiledSlot[] | null;
  /** Members of arguments, by the names that lead to them. */
  watch: readonly (readonly string[])[];
  chains: readonly CompiledChain[];
}

/** What `judge` judges by. */
export interface CompiledPolicy {
  /** Whether nothing of it decides, and everything is recorded as judged. */
  observes: boolean;
  lists: PolicyLists;
  longestInLists: number;
  rules: readonly CompiledRule[];
  /** Where no rule matched. */
  defaults: CompiledRule;
  anomaly: CompiledAnomaly | null;
  /** Conditions that `history.any` asks of past calls, by their text. */
  pastConditions: ReadonlyMap<string, RuleCondition>;
  /** How far back it asks, in milliseconds; 0: it asks nothing. */
  longestWithin: number;
}

/** One of all who may approve. */
export const ANY_APPROVER: CompiledSlot = { users: null, groups: null, required: 1, when: null };

/** Without a document version 0 holds: every ask and every call needs one approver, whatever their risk. */
export const VERSION_ZERO: CompiledPolicy = {
  observes: false,
  lists: {},
  longestInLists: 0,
  rules: [],
  defaults: {
    name: DEFAULT_RULE,
    observes: false,
    match: {},
    when: null,
    effect: "require_approval",
    risk: "medium",
    slots: [ANY_APPROVER],
    separation: false,
    denials: 1,
    window: null,
    outside: null,
    expiresIn: EXPIRES_IN,
    expiresInMax: LONGEST,
    useWithin: USE_WITHIN,
    useWithinMax: LONGEST,
    escalate: [],
    needsReason: false,
    message: null,
    notify: { isHidden: false, channels: null, remind: null },
    passesInSilence: false,
    matchesNumber: null,
    grants: null,
    execute: "on_collect",
    preview: null,
    unwrap: null,
    handling: { limits: null, scan: null, mask: [], keep: DEFAULT_KEEP, seconds: null },
  },
  anomaly: null,
  pastConditions: new Map(),
  longestWithin: 0,
};
