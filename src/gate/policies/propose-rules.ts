/**
 * Rules that are proposed from what people approved: like requests, approved often enough by people and never denied, that the policy in
 * force still asks about. Each is tried, before it is shown, on the very requests that it comes from. Nothing is stored, and nothing is in
 * force before it is published as anything else is.
 */
import { timestamp } from "#countersign/documents/words.ts";
import { type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import type { CompiledPolicy } from "#countersign/policy/judging/compiled.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { argumentsSeen, requestSubject } from "#rules/policies/judged.ts";
import {
  canBeNamed,
  type EndedRequest,
  LEAST_APPROVALS,
  type LikeRequests,
  likeRequests,
  riskIn,
  type Whose,
} from "#rules/policies/proposals/like-requests.ts";
import { type ApprovedRequest, type RuleFromApprovals, ruleFromApprovals } from "#rules/policies/proposals/rule-from-approvals.ts";
import { checkSource, type CheckPorts } from "./check-source.ts";
import { compiledFrom, factsOfRecorded, type ReplayPorts } from "./replay-asks.ts";

const DAY_MS = 86_400_000;
/** Ends that are looked at, requests that are read in all, and of those that are alike. */
const DAYS = 30;
const MOST_ENDED = 2_000;
const MOST_READ = 300;
const MOST_ALIKE = 60;
const MOST_PROPOSED = 50;

export interface ProposalPorts extends CheckPorts, Pick<ReplayPorts, "recordedAsk" | "factsOfAgents" | "approvers" | "documentOf" | "now"> {
  /** What ended since then, the newest first, at most `most`. */
  endedRequests(since: string, most: number): Promise<EndedRequest[]>;
  /** The end of that request; null if it has not ended, or is not there. */
  endOfRequest(requestId: string): Promise<EndedRequest | null>;
  newestPolicy(): Promise<{ version: number } | null>;
}

export interface Proposal extends RuleFromApprovals {
  /** The first rule that decides any of these requests now, before which it belongs; null: none does. */
  before: string | null;
}

interface ReadApproval extends ApprovedRequest {
  facts: PolicyFacts;
  /** The rule that would ask people now; null for the defaults. */
  rule: string | null;
}

/** What proposals are judged by, read once. */
interface Now {
  policy: CompiledPolicy | null;
  agents: Awaited<ReturnType<ProposalPorts["factsOfAgents"]>>;
  approvers: Awaited<ReturnType<ProposalPorts["approvers"]>>;
}

async function asItIs(ports: ProposalPorts): Promise<Now> {
  const [newest, agents, approvers] = await Promise.all([ports.newestPolicy(), ports.factsOfAgents(), ports.approvers()]);
  const document = newest === null ? null : await ports.documentOf(newest.version);
  if (newest !== null && document === null) throw new Error(`the policy's version ${newest.version} is not there`);
  return { policy: document === null ? null : await compiledFrom(document), agents, approvers };
}

/** Null if its payload is not kept or cannot be read, or if people are not asked about it any more. */
async function readApproval(one: EndedRequest, now: Now, ports: ProposalPorts): Promise<ReadApproval | null> {
  const { id } = one.request;
  const ask = await ports.recordedAsk(id).catch(() => null);
  const facts = ask === null ? null : factsOfRecorded(ask, now.agents, now.approvers);
  const payload = ask?.payload == null ? null : parseJson(ask.payload);
  if (facts === null || payload === null || !payload.ok) return null;
  const judged = judge(now.policy, facts);
  if (judged.effect !== "require_approval") return null;
  const decides = now.policy?.rules.some(({ name }) => name === judged.rule) === true;
  const args = argumentsSeen(one.request, payload.value as JsonObject);
  const what = { args, risk: riskIn(one.request), people: one.approvedBy, rule: decides ? judged.rule : null, facts };
  return { id, approvedAt: one.at, ...what };
}

/** The rule, if it may be published and lets pass each of the requests that it comes from. */
async function tried(proposed: RuleFromApprovals<ReadApproval>, now: Now, ports: ProposalPorts): Promise<Proposal | null> {
  const { withRules } = await import("#countersign/policy/proposing/with-rules.ts");
  const checked = await checkSource(withRules("", [proposed.text]), ports);
  if (!checked.ok || checked.value.findings.some(({ level }) => level === "error")) return null;
  const alone = await compiledFrom(checked.value.document);
  if (!proposed.approvals.every(({ facts }) => judge(alone, facts).effect === "allow")) return null;
  const deciding = new Set(proposed.approvals.map(({ rule }) => rule));
  const before = now.policy?.rules.find(({ name }) => deciding.has(name))?.name ?? null;
  const approvals = proposed.approvals.map(({ facts: _, rule: __, ...approval }) => approval);
  return { ...proposed, approvals, before };
}

/** What is proposed, what was approved most often first. `mayLook`: which requests may be shown to whoever asks; of others nothing is told. */
export async function proposeRules(mayLook: (request: RequestDocument) => boolean, ports: ProposalPorts): Promise<Proposal[]> {
  const [now, ended] = await Promise.all([asItIs(ports), ports.endedRequests(timestamp(ports.now() - DAYS * DAY_MS), MOST_ENDED)]);
  const alike = likeRequests(ended, (agentId) => now.agents.get(agentId)?.groups ?? [])
    .map((like) => ({ ...like, approved: like.approved.filter(({ request }) => mayLook(request)).slice(0, MOST_ALIKE) }))
    .filter(({ approved }) => approved.length >= LEAST_APPROVALS)
    .toSorted((one, other) => other.approved.length - one.approved.length);
  const read = await readEach(alike, now, ports);
  const proposals: Proposal[] = [];
  for (const { whose, subject, approved } of alike) {
    const approvals = approved.flatMap(({ request }) => read.get(request.id) ?? []);
    const rule = approvals.length < LEAST_APPROVALS ? null : ruleFromApprovals(whose, subject, approvals, LEAST_APPROVALS);
    const proposal = rule === null ? null : await tried(rule, now, ports);
    if (proposal !== null) proposals.push(proposal);
    if (proposals.length === MOST_PROPOSED) break;
  }
  return proposals.toSorted((one, other) => other.approvals.length - one.approvals.length);
}

/** By id; each is read once, and no more than that many of all. */
async function readEach(alike: readonly LikeRequests[], now: Now, ports: ProposalPorts): Promise<Map<string, ReadApproval>> {
  const wanted = new Map(alike.flatMap(({ approved }) => approved.map((one) => [one.request.id, one])));
  const some = [...wanted.values()].slice(0, MOST_READ);
  const read = await Promise.all(some.map((one) => readApproval(one, now, ports)));
  return new Map(read.flatMap((one) => (one === null ? [] : [[one.id, one]])));
}

/** `not-approved`: people did not approve it, or it is not this person's to see. `not-proposable`: no rule could say it, or may be made of it. */
export interface ProposalRefusal {
  reason: "not-approved" | "not-proposable";
}

/** A rule of one approval: for the same agent, with just these arguments. */
export async function proposeRuleOf(
  requestId: string,
  mayLook: (request: RequestDocument) => boolean,
  ports: ProposalPorts,
): Promise<Result<Proposal, ProposalRefusal>> {
  const ended = await ports.endOfRequest(requestId);
  if (ended === null || !ended.isApproved || !mayLook(ended.request)) return refuse({ reason: "not-approved" });
  const now = await asItIs(ports);
  const isOut = ended.deniedBy.length > 0 || riskIn(ended.request) === "critical";
  const approval = isOut ? null : await readApproval(ended, now, ports);
  const { request } = ended;
  const whose: Whose = { agent: request.requested_by.name };
  const subject = requestSubject(request);
  const rule = approval === null || !canBeNamed(whose, subject) ? null : ruleFromApprovals(whose, subject, [approval], 1);
  const proposal = rule === null ? null : await tried(rule, now, ports);
  return proposal === null ? refuse({ reason: "not-proposable" }) : accept(proposal);
}
