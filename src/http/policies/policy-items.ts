/** Policies as `/api/v1` answers and the page shows them (api/policy-data.ts). */
import type {
  CheckedPolicyAnswer,
  PolicyDifference,
  PolicyItem,
  ReplayedOutcome,
  ReplayedPolicy,
  WaitingPolicy,
} from "#api/policy-data.ts";
import type { PolicyDocument } from "#countersign/policy/document/policy-document.ts";
import type { PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import { type CheckPorts, checkSource } from "#gate/policies/check-source.ts";
import { publicationOfStatement } from "#gate/policies/publish-policy.ts";
import type { AskPlace, Replay } from "#gate/policies/replay-asks.ts";
import { ruleDifference } from "#gate/policies/rule-difference.ts";
import { readKeptSignatures } from "#http/signatures/kept-signatures.ts";
import { allPeople } from "#storage/people.ts";
import { allDrafts } from "#storage/policies/drafts.ts";
import { type ListedPolicy, listPolicies, policyOfVersion } from "#storage/policies/published.ts";

/** Usernames by id. */
export async function usernames(d1: D1Database): Promise<Map<string, string>> {
  return new Map((await allPeople(d1)).map(({ id, username }) => [id, username]));
}

export const policyItem = (stored: ListedPolicy, names: ReadonlyMap<string, string>): PolicyItem => ({
  version: stored.version,
  hash: stored.hash,
  previous: stored.previous,
  published_at: stored.publishedAt,
  signed_by: stored.signedBy.map((id) => ({ id, username: names.get(id) ?? id })),
  leaf_index: stored.leafIndex,
});

/** Texts that one admin has signed for and another has to. `adminsRequired` is the deployment's. */
export async function waitingPolicies(d1: D1Database, adminsRequired: number, nowMs: number): Promise<WaitingPolicy[]> {
  const [kept, drafts, [newest]] = await Promise.all([readKeptSignatures(d1, adminsRequired, nowMs), allDrafts(d1), listPolicies(d1, 1)]);
  const sources = new Map(drafts.map(({ operationHash, source }) => [operationHash, source]));
  return kept.operations().flatMap(({ first, progress }) => {
    const wanted = publicationOfStatement(first.authorisation.statement);
    if (wanted === null) return [];
    const { version, hash } = wanted;
    const follows = version === (newest?.version ?? 0) + 1;
    return [{ ...progress, version, hash, source: sources.get(progress.operation) ?? null, expires_at: first.expiresAt, follows }];
  });
}

/** Everything that is said of a text, and what it would change. */
export async function checkedPolicyOf(d1: D1Database, source: string, ports: CheckPorts): Promise<CheckedPolicyAnswer> {
  const checked = await checkSource(source, ports);
  if (!checked.ok) {
    const [newest] = await listPolicies(d1, 1);
    return { valid: false, hash: null, based_on: newest?.version ?? 0, findings: checked.refusal, difference: null };
  }
  const { document, hash, findings } = checked.value;
  const { basedOn, difference } = await differenceTo(d1, document);
  return { valid: findings.every(({ level }) => level !== "error"), hash, based_on: basedOn, findings, difference };
}

/** What a document changes against the newest version, and which that is. */
async function differenceTo(d1: D1Database, document: PolicyDocument): Promise<{ basedOn: number; difference: PolicyDifference }> {
  const [newest] = await listPolicies(d1, 1);
  const stored = newest === undefined ? null : await policyOfVersion(d1, newest.version);
  const before = stored === null ? null : (JSON.parse(stored.document) as PolicyDocument);
  return { basedOn: stored?.version ?? 0, difference: ruleDifference(before, document) };
}

const outcomeOf = ({ rule, effect, code, risk, slots }: PolicyJudgement, names: ReadonlyMap<string, string>): ReplayedOutcome => ({
  rule,
  effect,
  code,
  risk: risk.level,
  slots: slots.map(({ name, required, eligible }) => ({ name, required, eligible: eligible.map((id) => names.get(id) ?? id).toSorted() })),
});

/** `next_cursor` says where the next call goes on. */
export const placeText = ({ requestedAt, id }: AskPlace): string => `${requestedAt}_${id}`;

/** Null for a text that is no place. */
export function placeIn(cursor: string): AskPlace | null {
  const [, requestedAt, id] = /^([0-9TZ:.-]{24})_(apr_[A-Za-z0-9_-]{32})$/.exec(cursor) ?? [];
  return requestedAt === undefined || id === undefined ? null : { requestedAt, id };
}

export const replayItem = ({ lookedAt, notLookedAt, changed, next }: Replay, names: ReadonlyMap<string, string>): ReplayedPolicy => ({
  looked_at: lookedAt,
  not_looked_at: notLookedAt,
  changed: changed.map(({ request, before, after }) => ({
    request_id: request.id,
    action: request.action,
    agent: request.requested_by.name,
    requested_at: request.requested_at,
    version: request.policy.version,
    before: outcomeOf(before, names),
    after: outcomeOf(after, names),
  })),
  ...(next === null ? {} : { next_cursor: placeText(next) }),
});
