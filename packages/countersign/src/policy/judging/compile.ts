/** A document made ready to judge by: its conditions compiled, its times in seconds. Nothing of it is refused here. */
import { type RuleCondition, compileCondition, failing, longestIn } from "../conditions/condition.ts";
import { durationMs } from "../document/duration.ts";
import {
  DEFAULT_RULE,
  type PolicyDefaults,
  type PolicyDocument,
  type PolicyEffect,
  type PolicyEscalation,
  type PolicyMatch,
  type PolicyRule,
  type PolicySlot,
  type PolicyWindow,
  type RiskLevel,
} from "../document/policy-document.ts";
import type { PolicyLists } from "./risk.ts";

/** Seconds, where neither rule nor defaults say. */
const EXPIRES_IN = 900;
const USE_WITHIN = 3_600;
const LONGEST = 604_800;

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
}

const ANYBODY: CompiledSlot = { users: null, groups: null, required: 1, when: null };

/**
 * Compiles a document that was read. A condition that cannot be used, which a check would have refused, is one that always fails:
 * so it never lets anything pass.
 */
export function compile(document: PolicyDocument): CompiledPolicy {
  const { mode, defaults = {}, lists = {}, rules = [] } = document;
  const names = Object.keys(lists);
  return {
    observes: mode === "observe",
    lists,
    longestInLists: longestIn(Object.values(lists)),
    rules: rules.map((rule) => compileRule(rule, defaults, names)),
    defaults: compileRule({ name: DEFAULT_RULE, effect: defaults.effect ?? "require_approval" }, defaults, names),
  };
}

const secondsOf = (written: string | undefined, otherwise: number): number =>
  written === undefined ? otherwise : durationMs(written) / 1_000;

function conditionOf(source: string | undefined, lists: readonly string[]): RuleCondition | null {
  if (source === undefined) return null;
  const compiled = compileCondition(source, lists);
  return compiled.ok ? compiled.value : failing(source);
}

const compileSlots = (slots: readonly PolicySlot[], lists: readonly string[]): CompiledSlot[] =>
  slots.map(({ users, groups, required = 1, when }) => ({
    users: users ?? null,
    groups: groups ?? null,
    required,
    when: conditionOf(when, lists),
  }));

const compileEscalation = ({ after, users, groups }: PolicyEscalation) => ({
  after: durationMs(after) / 1_000,
  users: users ?? null,
  groups: groups ?? null,
});

/** A rule with what `defaults` say where it is silent. */
function compileRule(rule: PolicyRule, defaults: PolicyDefaults, lists: readonly string[]): CompiledRule {
  const said = { ...defaults, ...rule };
  const { when, ...match } = rule.match ?? {};
  const outside = rule.window?.outside;
  return {
    name: rule.name,
    observes: rule.mode === "observe",
    match,
    when: conditionOf(when, lists),
    effect: rule.effect,
    risk: said.risk ?? "medium",
    slots: said.approvals === undefined ? [ANYBODY] : compileSlots(said.approvals, lists),
    separation: said.separation ?? null,
    denials: said.denials ?? 1,
    window: rule.window ?? null,
    outside: outside === undefined || outside === "deny" ? null : compileSlots(outside, lists),
    expiresIn: secondsOf(said.expires_in, EXPIRES_IN),
    expiresInMax: secondsOf(said.expires_in_max, LONGEST),
    useWithin: secondsOf(said.use_within, USE_WITHIN),
    useWithinMax: secondsOf(said.use_within_max, LONGEST),
    escalate: (said.escalate ?? []).map(compileEscalation),
    needsReason: said.reason === "required",
    message: said.message ?? null,
  };
}

/** Without a document version 0 holds: every ask and every call needs one approver, whatever their risk. */
export const VERSION_ZERO: CompiledPolicy = {
  observes: false,
  lists: {},
  longestInLists: 0,
  rules: [],
  defaults: { ...compileRule({ name: DEFAULT_RULE, effect: "require_approval" }, {}, []), separation: false },
};
