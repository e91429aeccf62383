/** A document made ready to judge by: its conditions compiled, its times in seconds. Nothing of it is refused here. */
import { compileCondition, compilePastCondition, failing } from "../conditions/condition.ts";
import { compileMap, compileText, failingExpression } from "../conditions/expression.ts";
import { longestIn, type RuleCondition } from "../conditions/workload.ts";
import type { Result } from "../../result.ts";
import { durationMs } from "../document/duration.ts";
import { memberPath } from "../document/member-path.ts";
import type {
  PolicyAnomaly,
  PolicyDefaults,
  PolicyDocument,
  PolicyEscalation,
  PolicyRule,
  PolicySlot,
} from "../document/policy-document.ts";
import {
  ANY_APPROVER,
  type CompiledAnomaly,
  type CompiledPolicy,
  type CompiledRule,
  type CompiledSlot,
  DEFAULT_RULE,
  EXPIRES_IN,
  LONGEST,
  NOTICE,
  THRESHOLD,
  USE_WITHIN,
} from "./compiled.ts";
import { executionOf } from "./calls/execution.ts";
import { type CallHandling, DEFAULT_KEEP, stricterScan } from "./handling.ts";
import { BURST_MS } from "./past/profile.ts";
import { conditionsOfRule, conditionsOfSlots } from "./past/questions.ts";

/**
 * Compiles a document that was read. A condition that cannot be used, which a check would have refused, is one that always fails:
 * so it never lets anything pass.
 */
export function compile(document: PolicyDocument): CompiledPolicy {
  const { mode, defaults = {}, lists = {}, rules = [] } = document;
  const names = Object.keys(lists);
  const policy = {
    observes: mode === "observe",
    lists,
    longestInLists: longestIn(Object.values(lists)),
    rules: rules.map((rule) => compileRule(rule, defaults, names)),
    defaults: compileRule({ name: DEFAULT_RULE, effect: defaults.effect ?? "require_approval" }, defaults, names),
    anomaly: document.anomaly === undefined ? null : compileAnomaly(document.anomaly, names),
  };
  return { ...policy, ...whatItAsks(policy, names) };
}

function whatItAsks(
  { rules, defaults, anomaly }: Pick<CompiledPolicy, "rules" | "defaults" | "anomaly">,
  lists: readonly string[],
): Pick<CompiledPolicy, "pastConditions" | "longestWithin"> {
  const conditions = [...[...rules, defaults].flatMap(conditionsOfRule), ...conditionsOfSlots(anomaly?.slots ?? [])];
  const asked = conditions.flatMap(({ outline }) => outline.asksPast);
  const texts = new Set(asked.flatMap((question) => (question.ask === "any" ? [question.when] : [])));
  const spans = [
    ...asked.map((question) => ("within" in question ? question.within : 0)),
    ...(anomaly?.chains ?? []).map(({ within }) => within),
    anomaly === null ? 0 : BURST_MS,
  ];
  return {
    pastConditions: new Map([...texts].map((text) => [text, pastConditionOf(text, lists)])),
    longestWithin: Math.max(0, ...spans),
  };
}

function compileAnomaly(anomaly: PolicyAnomaly, lists: readonly string[]): CompiledAnomaly {
  const { threshold = THRESHOLD, notice = Math.min(NOTICE, threshold), approvals, watch = [], chains = [] } = anomaly;
  return {
    threshold,
    notice,
    slots: approvals === undefined ? null : compileSlots(approvals, lists),
    watch: watch.map(memberPath),
    chains: chains.map(({ name, within, add, steps }) => ({
      name,
      within: durationMs(within),
      add,
      steps: steps.map(({ tool, when }) => ({
        tool: tool === undefined ? null : typeof tool === "string" ? [tool] : tool,
        when: when === undefined ? null : pastConditionOf(when, lists),
      })),
    })),
  };
}

function pastConditionOf(source: string, lists: readonly string[]): RuleCondition {
  const compiled = compilePastCondition(source, lists);
  return compiled.ok ? compiled.value : failing(source);
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
    slots: said.approvals === undefined ? [ANY_APPROVER] : compileSlots(said.approvals, lists),
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
    notify: {
      isHidden: said.notify?.label === "hidden",
      channels: said.notify?.channels ?? null,
      remind: said.notify?.remind?.map((before) => durationMs(before) / 1_000) ?? null,
    },
    matchesNumber: said.match_code === undefined ? null : said.match_code === "on",
    passesInSilence: rule.on_expiry === "approve",
    grants: rule.grants === undefined ? null : { for: durationMs(rule.grants.for) / 1_000, uses: rule.grants.uses },
    execute: executionOf(rule),
    preview: rule.preview === undefined ? null : compilePreview(rule.preview, lists),
    unwrap:
      rule.unwrap === undefined
        ? null
        : { tool: usable(compileText(rule.unwrap.tool, lists)), args: usable(compileMap(rule.unwrap.args, lists)) },
    handling: {
      ...handlingOf(said, defaults),
      ...(rule.verified_approval !== undefined && { verified: rule.verified_approval }),
      ...(rule.evidence === "receipt" && { receipt: true }),
    },
  };
}

const usable = <Expression>(compiled: Result<Expression, unknown>): Expression | typeof failingExpression =>
  compiled.ok ? compiled.value : failingExpression;

const compilePreview = ({ tool, args, pick }: NonNullable<PolicyRule["preview"]>, lists: readonly string[]) => ({
  tool,
  args: usable(compileMap(args, lists)),
  pick: pick ?? null,
});

/** What defaults say of secrets holds before any rule is looked at: a rule cannot loosen it. */
function handlingOf({ limits, scan, mask = [], keep }: PolicyDefaults, defaults: PolicyDefaults): CallHandling {
  const { per_minute: perMinute, per_day: perDay, credits, credits_per_day: creditsPerDay, seconds } = limits ?? {};
  const isLimited = perMinute !== undefined || perDay !== undefined || creditsPerDay !== undefined;
  return {
    limits: isLimited
      ? { perMinute: perMinute ?? null, perDay: perDay ?? null, credits: credits ?? 1, creditsPerDay: creditsPerDay ?? null }
      : null,
    scan: stricterScan([scan?.secrets ?? null, defaults.scan?.secrets ?? null]),
    mask: mask.map(({ path, key, pattern, detector }) => ({
      path: path ?? null,
      key: key ?? null,
      pattern: pattern ?? null,
      detector: detector ?? null,
    })),
    keep:
      typeof keep === "string"
        ? { what: keep, days: null }
        : keep === undefined
          ? DEFAULT_KEEP
          : { what: keep.what, days: keep.days ?? null },
    seconds: seconds ?? null,
  };
}
