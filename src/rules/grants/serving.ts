/** Whether a grant that is found lets an action pass as it is judged now: by the rule in force, and by those who gave it. Pure. */
import { quorumMet } from "#countersign/quorum.ts";
import type { Grant } from "#countersign/documents/grant.ts";
import type { GrantedAction } from "#countersign/grants/granted-action.ts";
import { matchGrant } from "#countersign/grants/match-grant.ts";
import type { PolicyJudgement } from "#countersign/policy/judging/judge.ts";

/** A grant as it is kept, whose giving, uses and end the database knows. */
export interface KeptGrant {
  grant: Grant;
  /** Ids of those who gave it. */
  givers: string[];
  givenAt: string;
  /** How often it was used. */
  used: number;
  /** The request that it was given with. */
  requestId: string;
}

/** What let a request pass: a use of a grant, which is in the log. */
export interface UsedGrant {
  id: string;
  use: number;
  /** Of the grant. */
  rule: string;
  givers: string[];
  /** The request that it was given with. */
  requestId: string;
  /** Where the use stands in the log. */
  usedIndex: number;
}

/** What a rule says of grants, by which an action may pass by one. */
export type JudgedForGrants = Pick<PolicyJudgement, "effect" | "rule" | "grants" | "window" | "slots">;

/** How long and how often a rule lets people remember; null where it does not, or not for this action now. */
export const grantsAllowed = ({ effect, grants, window }: JudgedForGrants): PolicyJudgement["grants"] =>
  effect === "require_approval" && (window === null || window.open) ? grants : null;

/** Whether those who gave it could approve this now. */
function couldApprove(givers: readonly string[], { slots }: JudgedForGrants): boolean {
  const seats = slots.map(({ name, required, eligible, escalations }) => ({
    name,
    required,
    eligible: [...eligible, ...escalations.flatMap((step) => step.eligible)],
  }));
  return quorumMet(seats, new Set(givers));
}

/** Whether the rule that decides now is the grant's, allows grants still, and asks nobody whom those who gave it do not stand for. */
export const isOfRule = ({ rule, givers }: { rule: string; givers: readonly string[] }, judged: JudgedForGrants): boolean =>
  grantsAllowed(judged) !== null && judged.rule === rule && couldApprove(givers, judged);

/** Whether a grant lets an action pass, unless it is used up, or ends, meanwhile. What the rule says now holds for what was given before, too. */
export function lets(kept: KeptGrant, action: GrantedAction, judged: JudgedForGrants): boolean {
  const allowed = grantsAllowed(judged);
  const { grant, givers, givenAt, used } = kept;
  if (allowed === null || !isOfRule({ rule: grant.rule, givers }, judged)) return false;
  const untilMs = Math.min(Date.parse(grant.until), Date.parse(givenAt) + allowed.for * 1_000);
  return action.atMs < untilMs && used < Math.min(grant.uses, allowed.uses) && matchGrant(grant, action).ok;
}
