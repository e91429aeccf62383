/** From what an agent asks for to the request that people see, or to why there is none: by the policy in force. */
import { REVEALED } from "#countersign/documents/reveal.ts";
import { type RequestContext, type RequestDocument, type RequestV2, payloadHash } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge, type PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import type { CheckedAsk } from "#rules/agent-calls.ts";
import { topIn, wholeChain } from "#rules/agents/below.ts";
import { grantsAllowed } from "#rules/grants/serving.ts";
import {
  type AgentFacts,
  type JudgedBy,
  makersOf,
  type Narrowing,
  type Parties,
  type PolicyInForce,
  type ToldBy,
} from "#rules/policies/judged.ts";

/** Who asks. What it is called is among the facts that it is judged by. */
export interface Asker {
  id: string;
  /** The person who answers for it. */
  owner: string;
}

/** Who asks, as policies see it: one below another as the agent at the top is, so that its own name takes it nowhere. */
export const agentJudged = ({ id, owner }: Asker, agent: AgentFacts): PolicyFacts["agent"] => ({
  name: topIn(agent.below, { id, name: agent.name }).name,
  groups: agent.groups,
  owner: { id: owner, username: agent.ownerName },
  ...makersOf(agent),
  ...(agent.below !== undefined && { chain: wholeChain(agent.below, { id, name: agent.name }).map((one) => one.name) }),
});

/** What the ask is judged by, the policy apart. */
export function factsOfAsk(ask: CheckedAsk, asker: Asker, { agent, approvers }: Parties, nowMs: number): PolicyFacts {
  return {
    source: "ask",
    nowMs,
    agent: agentJudged(asker, agent),
    server: ask.server,
    tool: ask.tool,
    action: ask.action,
    args: ask.payload,
    hints: null,
    caller: null,
    asked: { ...ask.approvers, expiresIn: ask.expiresInSeconds, useWithin: null, reason: ask.reason },
    past: null,
    approvers,
  };
}

/** An ask with its judgement. */
export interface JudgedAsk {
  judgement: PolicyJudgement;
  policy: PolicyInForce;
  parties: Parties;
  nowMs: number;
}

/** `past`: what is known of the agent's; null: nothing, so that every condition on it fails. */
export function judgeAsk(
  ask: CheckedAsk,
  asker: Asker,
  policy: PolicyInForce,
  parties: Parties,
  nowMs: number,
  past: PolicyFacts["past"],
): JudgedAsk {
  return { judgement: judge(policy.compiled, { ...factsOfAsk(ask, asker, parties, nowMs), past }), policy, parties, nowMs };
}

/** What is kept of the judgement beside the request. `narrowing`: whom the agent itself names. */
export const judgedBy = (narrowing: Narrowing, { judgement, parties }: JudgedAsk): JudgedBy => ({
  stops: parties.agent.stops,
  narrowing,
  shortened: judgement.shortened,
  longest: judgement.longest,
  ...(parties.agent.hasChannels && { notify: toldBy(narrowing, judgement) }),
  ...(judgement.passesInSilence && { passesInSilence: true }),
  ...(judgement.matchesNumber && { matchesNumber: true }),
  ...grantsIn(judgement),
  names: namesOf(judgement, parties),
});

/** Whether who approves it may remember that: kept, so that what people are offered is what the rule was then. */
function grantsIn(judgement: PolicyJudgement): Pick<JudgedBy, "grants"> {
  const grants = grantsAllowed(judgement);
  return grants === null ? {} : { grants };
}

/** A policy's groups, and those that the ask names, which cut them. */
function toldBy(narrowing: Narrowing, { notify }: PolicyJudgement): ToldBy {
  const { isHidden, channels, remind, groups, later } = notify;
  const asked = narrowing.groups ?? groups;
  return { label: isHidden ? "hidden" : "shown", channels, remind, groups: [...asked], later };
}

/** As many people as an agent is told of. */
const MOST_NAMES = 50;

function namesOf({ slots }: PolicyJudgement, { approvers }: Parties): Record<string, string> {
  const people = new Set(slots.flatMap(({ eligible, escalations }) => [...eligible, ...escalations.flatMap((step) => step.eligible)]));
  const named = approvers.filter(({ id }) => people.has(id)).slice(0, MOST_NAMES);
  return Object.fromEntries(named.map(({ id, username }) => [id, username]));
}

/** What people are asked about, whoever says it. */
export interface AskedAbout {
  action: string;
  reason: string | null;
  payload: JsonObject;
}

/** Of a request of either version. */
function membersOf(id: string, origin: string, about: AskedAbout, asker: Asker, { judgement, policy, parties, nowMs }: JudgedAsk) {
  const expiresAtMs = nowMs + judgement.expiresIn * 1_000;
  return {
    id,
    origin,
    action: about.action,
    reason: about.reason,
    payload_hash: payloadHash(about.payload),
    requested_by: { id: asker.id, name: parties.agent.name, owner: asker.owner },
    policy: { version: policy.version, rule: judgement.rule, hash: policy.hash },
    requested_at: timestamp(nowMs),
    expires_at: timestamp(expiresAtMs),
    use_by: timestamp(expiresAtMs + judgement.useWithin * 1_000),
  };
}

/**
 * The request of an ask that is not refused. By version 0 it is of version 1 of its format, which earlier versions of the service read
 * too; what a published policy judged is of version 2, so that none that does not know policies lets it pass.
 */
export function requestOfAsk(id: string, origin: string, ask: CheckedAsk, asker: Asker, judged: JudgedAsk): RequestDocument {
  if (judged.policy.compiled !== null) return requestV2OfAsk(id, origin, ask, asker, judged);
  const quorum = judged.judgement.slots.map(({ name, required, eligible }) => ({ name, required, eligible }));
  const context = { ...namedIn(ask), ...chainOf(asker, judged), ...(ask.reveal && REVEALED) };
  return { type: "countersign/request@v1", ...membersOf(id, origin, ask, asker, judged), context, quorum };
}

/** The same by what a published policy has judged. */
export const requestV2OfAsk = (id: string, origin: string, ask: CheckedAsk, asker: Asker, judged: JudgedAsk): RequestV2 =>
  requestV2Of(id, origin, ask, { source: "ask", ...namedIn(ask), ...(ask.reveal && REVEALED) }, asker, judged);

/** What a context says of the thing that was judged; what the judgement says is added. */
export type SaidInContext = Pick<RequestContext, "source" | "server" | "tool" | "reveal" | "preview_hash">;

/** The request of what is not refused, of version 2 of its format. */
export function requestV2Of(
  id: string,
  origin: string,
  about: AskedAbout,
  said: SaidInContext,
  asker: Asker,
  judged: JudgedAsk,
): RequestV2 {
  const { judgement, nowMs } = judged;
  const quorum = judgement.slots.map(({ name, required, eligible, escalations }) => ({
    name,
    required,
    eligible,
    escalations: escalations.map((step) => ({ from: timestamp(nowMs + step.after * 1_000), eligible: step.eligible })),
  }));
  const context = contextOf(said, asker, judged);
  const people = new Set(quorum.flatMap(({ eligible, escalations }) => [...eligible, ...escalations.flatMap((step) => step.eligible)]));
  // More than there are people would never end it; where nobody is asked, nobody denies.
  const denials = Math.max(1, Math.min(judgement.denials, people.size));
  return { type: "countersign/request@v2", ...membersOf(id, origin, about, asker, judged), context, quorum, denials };
}

/** The agent's own word for what it is about. */
const namedIn = ({ tool, server }: CheckedAsk) => ({
  ...(server !== null && { server: { id: null, name: server } }),
  ...(tool !== null && { tool }),
});

const chainOf = ({ id }: Asker, { parties: { agent } }: Pick<JudgedAsk, "parties">): Pick<RequestContext, "chain"> =>
  agent.below === undefined ? {} : { chain: wholeChain(agent.below, { id, name: agent.name }) };

function contextOf(said: SaidInContext, asker: Asker, { judgement, parties }: JudgedAsk): RequestContext {
  const { risk, carried, observed, window, separation } = judgement;
  const keptOut = [...new Set([asker.owner, parties.agent.maker ?? asker.owner, ...(parties.agent.formerMakers ?? [])])].toSorted();
  return {
    ...said,
    ...chainOf(asker, { parties }),
    risk,
    ...(carried.length > 0 && { carried }),
    ...(observed.length > 0 && { observed }),
    ...(window !== null && { window: windowIn(window) }),
    ...(separation && judgement.slots.length > 0 && { separation: { people: keptOut } }),
  };
}

const windowIn = ({ rule, open, window }: NonNullable<PolicyJudgement["window"]>): NonNullable<RequestContext["window"]> => ({
  rule,
  open,
  days: window.days === undefined ? null : [...window.days],
  from: window.from ?? "00:00",
  to: window.to ?? "24:00",
  zone: window.zone,
  except: [...(window.except ?? [])],
});
