/**
 * What happens to an action: it passes, it needs people, or it is refused. Pure: the same policy and facts give the same judgement.
 *
 * 1. The first rule that matches decides; nothing matched: the defaults. A rule that observes is noted and passed by.
 * 2. A rule that allows does not match if its condition fails. Any other rule whose condition fails is carried along.
 * 3. The judgement is the strictest of every carried rule and the one that matched: an agent chooses the types of its arguments
 *    freely, and must not choose its rule by them.
 * 4. What is unusual enough is not let pass: people are asked.
 * 5. What the ask itself names narrows that, and never widens it.
 *
 * Where the first rule that matches says that the call is another one really, all of this is done again for that one (unwrap.ts).
 */
import { MAX_SLOTS } from "../../documents/request.ts";
import type { Workload } from "../conditions/workload.ts";
import type { PolicyEffect, PolicyWindow } from "../document/policy-document.ts";
import { type Anomaly, anomalyOf, isUnusualKnown } from "./anomaly.ts";
import { ANY_APPROVER, type CompiledPolicy, type CompiledRule, VERSION_ZERO } from "./compiled.ts";
import { type Applied, applyRule, type ChosenRules, chooseRules, type Observed } from "./choose.ts";
import { type Execution, laterExecution } from "./calls/execution.ts";
import { namesPeople, type PolicyFacts } from "./facts.ts";
import { type CallHandling, limitedBy, strictestHandling } from "./handling.ts";
import { conditionHolds, workloadOf } from "./matching.ts";
import { higherRisk, type Risk, riskOf, risksAdded, riskWith } from "./risk.ts";
import { canBeMet, type JudgedSlot, resolveSlots, type WantedSlot } from "./slots.ts";
import { type JudgedTimes, timesOf } from "./times.ts";
import { previewOf, type WantedPreview } from "./calls/preview.ts";
import { factsOfUnwrapped, unwrappedCall, type UnwrappedCall } from "./calls/unwrap.ts";

/** Why an action is refused. */
export type JudgementCode = "policy_denied" | "outside_window" | "reason_required" | "no_eligible_approver" | "unwrap_failed";

export interface PolicyJudgement extends JudgedTimes {
  effect: PolicyEffect;
  /** The rule that decided. */
  rule: string;
  /** Rules whose condition failed, in their order. */
  carried: string[];
  /** Why it is refused; null if it is not. */
  code: JudgementCode | null;
  message: string | null;
  risk: Risk;
  /** Empty unless people are asked. */
  slots: JudgedSlot[];
  /** Whether the agent's owner and maker are kept out. */
  separation: boolean;
  denials: number;
  window: { rule: string; open: boolean; window: PolicyWindow } | null;
  /** Who becomes eligible later, by slot, after so many seconds. */
  escalations: { slot: string; after: number; eligible: string[] }[];
  observed: Observed[];
  /**
   * How people hear of it. `groups`: those that the slots name; `later`: those that come with time, after so
   * many seconds. `remind`: seconds before the deadline.
   */
  notify: {
    isHidden: boolean;
    channels: string[] | null;
    remind: number[] | null;
    groups: string[];
    later: { after: number; groups: string[] }[];
  };
  /** Whether it passes once its time is over, unless somebody denies it: only what is of low risk. */
  passesInSilence: boolean;
  /** Whether whoever approves has to pick the number that the agent shows. */
  matchesNumber: boolean;
  /** How a call is handled, whatever becomes of it; and the rule under whose name its limits are counted. */
  handling: CallHandling;
  limitedBy: string | null;
  /** What is unusual about it; null where the policy does not ask, or nothing is known. */
  anomaly: Anomaly | null;
  /** Whether who approves it may remember that, for so many seconds and uses. */
  grants: { for: number; uses: number } | null;
  /** When a call that people approve is sent. */
  execute: Execution;
  /** What is called before people are asked; null where nothing is. */
  preview: WantedPreview | null;
  /** As which call it was judged; null: as itself. */
  unwrapped: UnwrappedCall | null;
}

/** Judges an ask or a call. `policy` null: version 0, where one approver is asked for everything. */
export function judge(policy: CompiledPolicy | null, facts: PolicyFacts): PolicyJudgement {
  if (policy === null) return judgeBy(VERSION_ZERO, facts);
  const judged = judgeBy(policy, facts);
  if (!policy.observes) return judged;
  const { rule, effect, risk, observed } = judged;
  const whole: Observed = { rule, effect, risk: risk.level, failed: false };
  const zero = judgeBy(VERSION_ZERO, facts);
  // What observes refuses nothing; but what is not to be seen or kept is not.
  const { scan, mask, keep } = judged.handling;
  const handling: CallHandling = { ...zero.handling, scan: scan === null ? null : "warn", mask, keep };
  return { ...zero, risk, observed: [...observed, whole], handling, anomaly: judged.anomaly };
}

function judgeBy(policy: CompiledPolicy, facts: PolicyFacts): PolicyJudgement {
  const work = workloadOf(policy, facts);
  const outer = chooseRules(policy, facts, work, policy.defaults);
  const { unwraps } = outer;
  if (unwraps === null) return judgedBy(policy, outer, facts, work, null);
  const call = outer.isUnwrapped ? unwrappedCall(unwraps, work) : null;
  if (call === null) return notUnwrapped(judgedBy(policy, { ...outer, decides: unwraps }, facts, work, null), unwraps);
  const inside = factsOfUnwrapped(facts, call);
  const insideWork = { ...workloadOf(policy, inside), stepsLeft: work.stepsLeft };
  const inner = chooseRules(policy, inside, insideWork, unwraps);
  const carried = [...outer.carried, ...inner.carried.filter((rule) => !outer.carried.includes(rule))];
  const onlyOuter = outer.observed.filter(({ rule }) => !inner.observed.some((one) => one.rule === rule));
  const judged = judgedBy(policy, { ...inner, carried, observed: [...onlyOuter, ...inner.observed] }, inside, insideWork, call);
  // A third call would be judged by no rule.
  return inner.unwraps === null ? judged : notUnwrapped(judged, inner.unwraps);
}

/** Which call it is could not be told, or it holds one that holds another: it is refused. */
function notUnwrapped(judged: PolicyJudgement, { name, message }: CompiledRule): PolicyJudgement {
  const withoutPeople = { slots: [], escalations: [], passesInSilence: false, matchesNumber: false, grants: null, preview: null };
  return { ...judged, ...withoutPeople, execute: "on_collect", effect: "deny", rule: name, code: "unwrap_failed", message };
}

function judgedBy(
  policy: CompiledPolicy,
  { decides, carried, observed }: ChosenRules,
  facts: PolicyFacts,
  work: Workload,
  unwrapped: UnwrappedCall | null,
): PolicyJudgement {
  const all = [...carried, decides].map((rule) => applyRule(rule, facts));
  const judged = strictest(policy, all, facts, work, risksAdded(facts, policy.lists));
  const grants = isUnusualKnown(policy.anomaly, facts.past) ? judged.grants : null;
  return { ...judged, grants, carried: carried.map(({ name }) => name), observed, unwrapped };
}

const STRICTNESS: Readonly<Record<PolicyEffect, number>> = { allow: 0, require_approval: 1, deny: 2 };

/** A judgement but for what was passed on the way to it. */
type Decided = Omit<PolicyJudgement, "carried" | "observed" | "unwrapped">;

/** Steps 3 and 4. `all` are the carried rules and, last, the one that matched. */
function strictest(policy: CompiledPolicy, all: readonly Applied[], facts: PolicyFacts, work: Workload, added: readonly string[]): Decided {
  const worst = Math.max(...all.map(({ effect }) => STRICTNESS[effect]));
  const deciding = all.filter(({ effect }) => STRICTNESS[effect] === worst);
  const decides = whoDecides(all, deciding);
  const own = riskOf(all.map(({ rule }) => rule.risk).reduce(higherRisk), added);
  const anomaly = anomalyOf(policy.anomaly, facts.past, decides.effect === "allow");
  const risk = riskWith(own, anomaly);
  const judged: Decided = {
    effect: decides.effect,
    rule: decides.rule.name,
    code: null,
    message: null,
    risk,
    slots: [],
    // By the risk of the action: what is unusual for a while keeps nobody out who may approve it on other days.
    separation: deciding.some(({ rule }) => rule.separation ?? isGrave(own)),
    denials: Math.min(...deciding.map(({ rule }) => rule.denials)),
    window: windowOf(all),
    ...timesOf(deciding, facts),
    escalations: [],
    notify: { ...noticeOf(deciding), groups: [], later: [] },
    passesInSilence: false,
    matchesNumber: false,
    handling: strictestHandling(all.map(({ rule }) => rule)),
    limitedBy: limitedBy(all.map(({ rule }) => rule)),
    anomaly,
    grants: null,
    execute: "on_collect",
    preview: null,
  };
  if (decides.code !== null) return refused(judged, decides.code, decides.rule.message);
  const silent = all.find(({ rule }) => rule.needsReason && (facts.asked.reason ?? "").trim() === "");
  if (silent !== undefined) return refused(judged, "reason_required", silent.rule.message);
  if (decides.effect !== "allow") return withPeople(judged, deciding, facts, work);
  if (anomaly?.isHeld !== true) return namesPeople(facts) ? withPeople(judged, deciding, facts, work) : judged;
  const slots = policy.anomaly?.slots ?? policy.defaults.slots;
  return withPeople(
    judged,
    deciding.map((one) => ({ ...one, slots })),
    facts,
    work,
  );
}

const refused = (judged: Decided, code: JudgementCode, message: string | null): Decided => ({ ...judged, effect: "deny", code, message });

/** Of those that refuse the first; otherwise the rule that matched, or the first that is stricter. */
function whoDecides(all: readonly Applied[], deciding: readonly Applied[]): Applied {
  const [first, matched] = [deciding[0], deciding.at(-1)];
  if (first === undefined || matched === undefined) throw new Error("nothing was judged");
  return matched.effect !== "deny" && matched === all.at(-1) ? matched : first;
}

/** Step 5: the people of all rules that decide, as far as the ask narrows them. */
function withPeople(judged: Decided, deciding: readonly Applied[], facts: PolicyFacts, work: Workload): Decided {
  const wanted = deciding.flatMap((one) => wantedSlots(one, work));
  if (wanted.length > MAX_SLOTS) return refused(judged, "no_eligible_approver", null);
  const slots = resolveSlots(wanted, facts, judged.separation, judged.expiresIn);
  if (!canBeMet(slots, facts.approvers)) return refused(judged, "no_eligible_approver", null);
  const escalations = slots.flatMap(({ name, escalations: steps }) => steps.map((step) => ({ slot: name, ...step })));
  const groups = namedGroups(wanted.map(({ slot }) => slot));
  const later = deciding.flatMap(({ rule }) =>
    rule.escalate.flatMap(({ after, groups: named }) =>
      named === null || after >= judged.expiresIn ? [] : [{ after, groups: [...named] }],
    ),
  );
  // Whoever asks for people by name means people, and so does what is unusual; and where silence lets pass, less time is not stricter.
  const passesInSilence =
    judged.risk.level === "low" &&
    !isUnusual(judged) &&
    !namesPeople(facts) &&
    hasFullTime(judged, deciding, facts) &&
    deciding.every(({ rule }) => rule.passesInSilence);
  const asked: Decided = { ...judged, effect: "require_approval", slots, escalations, notify: { ...judged.notify, groups, later } };
  const execute = deciding.map(({ rule }) => rule.execute).reduce(laterExecution);
  return {
    ...asked,
    passesInSilence,
    matchesNumber: deciding.some(({ rule }) => rule.matchesNumber ?? isGrave(judged.risk)),
    grants: grantsOf(judged, deciding, facts),
    execute: isUnusual(judged) ? "on_collect" : execute,
    preview: previewOf(
      judged.rule,
      deciding.map(({ rule }) => rule),
      work,
    ),
  };
}

/** What an approver may remember: the least of what the rules that decide allow, and nothing of what is critical or unusual. */
function grantsOf(judged: Decided, deciding: readonly Applied[], facts: PolicyFacts): PolicyJudgement["grants"] {
  const allowed = deciding.map(({ rule }) => rule.grants);
  if (judged.risk.level === "critical" || isUnusual(judged) || namesPeople(facts)) return null;
  return allowed.reduce((one, other) =>
    one === null || other === null ? null : { for: Math.min(one.for, other.for), uses: Math.min(one.uses, other.uses) },
  );
}

/** Whether people have as long as the rules give them by themselves. */
const hasFullTime = ({ expiresIn }: Decided, deciding: readonly Applied[], facts: PolicyFacts): boolean =>
  expiresIn >= timesOf(deciding, { ...facts, asked: { ...facts.asked, expiresIn: null } }).expiresIn;

/** The label is hidden if any rule hides it; whom and when, what any of them says. */
function noticeOf(deciding: readonly Applied[]): Pick<PolicyJudgement["notify"], "isHidden" | "channels" | "remind"> {
  const said = deciding.map(({ rule }) => rule.notify);
  const channels = said.flatMap((one) => one.channels ?? []);
  const remind = said.find((one) => one.remind !== null)?.remind ?? null;
  return {
    isHidden: said.some((one) => one.isHidden),
    channels: channels.length === 0 ? null : [...new Set(channels)],
    remind: remind === null ? null : [...remind],
  };
}

const namedGroups = (named: readonly { groups: readonly string[] | null }[]): string[] => [
  ...new Set(named.flatMap(({ groups }) => groups ?? [])),
];

const isUnusual = ({ anomaly }: Decided): boolean => anomaly !== null && anomaly.reasons.length > 0;

const isGrave = ({ level }: Risk): boolean => level === "high" || level === "critical";

/** The slots of a rule that count: those whose condition holds or fails. People are asked, so there is always one. */
function wantedSlots({ rule, slots }: Applied, work: Workload): WantedSlot[] {
  const counted = slots.filter(({ when }) => conditionHolds(when, work) !== false);
  return (counted.length === 0 ? [ANY_APPROVER] : counted).map((slot) => ({ slot, escalate: rule.escalate }));
}

/** The window that is closed, if one is; otherwise that of the rule that matched, or of one that is carried. */
function windowOf(all: readonly Applied[]): PolicyJudgement["window"] {
  const windowed = all.filter(({ rule }) => rule.window !== null);
  const shown = windowed.find((one) => !one.isOpen) ?? windowed.at(-1);
  if (shown === undefined || shown.rule.window === null) return null;
  return { rule: shown.rule.name, open: shown.isOpen, window: shown.rule.window };
}
