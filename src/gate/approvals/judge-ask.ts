/** From what an agent asks for to the request that people see, or to why there is none: by the policy in force. */
import { REVEALED } from "#countersign/documents/reveal.ts";
import { type RequestContext, type RequestDocument, payloadHash } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge, type PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import type { CheckedAsk } from "#rules/agent-calls.ts";
import type { JudgedBy, Parties, PolicyInForce, ToldBy } from "#rules/policies/judged.ts";

/** Who asks. */
export interface Asker {
  id: string;
  name: string;
  /** The person who answers for it. */
  owner: string;
}

/** What the ask is judged by, the policy apart. */
export function factsOfAsk(ask: CheckedAsk, asker: Asker, { agent, approvers }: Parties, nowMs: number): PolicyFacts {
  return {
    source: "ask",
    nowMs,
    agent: {
      name: asker.name,
      groups: agent.groups,
      owner: { id: asker.owner, username: agent.ownerName },
      maker: agent.maker === null ? null : { id: agent.maker },
    },
    server: ask.server,
    tool: ask.tool,
    action: ask.action,
    args: ask.payload,
    hints: null,
    caller: null,
    asked: { ...ask.approvers, expiresIn: ask.expiresInSeconds, useWithin: null, reason: ask.reason },
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

export function judgeAsk(ask: CheckedAsk, asker: Asker, policy: PolicyInForce, parties: Parties, nowMs: number): JudgedAsk {
  return { judgement: judge(policy.compiled, factsOfAsk(ask, asker, parties, nowMs)), policy, parties, nowMs };
}

/** What is kept of the judgement beside the request. */
export const judgedBy = (ask: CheckedAsk, { judgement, parties }: JudgedAsk): JudgedBy => ({
  stops: parties.agent.stops,
  narrowing: ask.approvers,
  shortened: judgement.shortened,
  ...(parties.agent.hasChannels && { notify: toldBy(ask, judgement) }),
  ...(judgement.passesInSilence && { passesInSilence: true }),
  names: namesOf(judgement, parties),
});

/** A policy's groups, and those that the ask names, which cut them. */
function toldBy({ approvers }: CheckedAsk, { notify }: PolicyJudgement): ToldBy {
  const { isHidden, channels, remind, groups, later } = notify;
  const asked = approvers.groups ?? groups;
  return { label: isHidden ? "hidden" : "shown", channels, remind, groups: [...asked], later };
}

/** As many people as an agent is told of. */
const MOST_NAMES = 50;

function namesOf({ slots }: PolicyJudgement, { approvers }: Parties): Record<string, string> {
  const people = new Set(slots.flatMap(({ eligible, escalations }) => [...eligible, ...escalations.flatMap((step) => step.eligible)]));
  const named = approvers.filter(({ id }) => people.has(id)).slice(0, MOST_NAMES);
  return Object.fromEntries(named.map(({ id, username }) => [id, username]));
}

/**
 * The request of an ask that is not refused. By version 0 it is of version 1 of its format, which earlier versions of the service read
 * too; what a published policy judged is of version 2, so that none that does not know policies lets it pass.
 */
export function requestOfAsk(id: string, origin: string, ask: CheckedAsk, asker: Asker, judged: JudgedAsk): RequestDocument {
  const { judgement, policy, nowMs } = judged;
  const expiresAtMs = nowMs + judgement.expiresIn * 1_000;
  const members = {
    id,
    origin,
    action: ask.action,
    reason: ask.reason,
    payload_hash: payloadHash(ask.payload),
    requested_by: { id: asker.id, name: asker.name, owner: asker.owner },
    policy: { version: policy.version, rule: judgement.rule, hash: policy.hash },
    requested_at: timestamp(nowMs),
    expires_at: timestamp(expiresAtMs),
    use_by: timestamp(expiresAtMs + judgement.useWithin * 1_000),
  };
  if (policy.compiled === null) {
    const quorum = judgement.slots.map(({ name, required, eligible }) => ({ name, required, eligible }));
    return { type: "countersign/request@v1", ...members, context: { ...namedIn(ask), ...(ask.reveal && REVEALED) }, quorum };
  }
  const quorum = judgement.slots.map(({ name, required, eligible, escalations }) => ({
    name,
    required,
    eligible,
    escalations: escalations.map((step) => ({ from: timestamp(nowMs + step.after * 1_000), eligible: step.eligible })),
  }));
  const context = contextOf(ask, asker, judged);
  const people = new Set(quorum.flatMap(({ eligible, escalations }) => [...eligible, ...escalations.flatMap((step) => step.eligible)]));
  // More than there are people would never end it; where nobody is asked, nobody denies.
  const denials = Math.max(1, Math.min(judgement.denials, people.size));
  return { type: "countersign/request@v2", ...members, context, quorum, denials };
}

/** The agent's own word for what it is about. */
const namedIn = ({ tool, server }: CheckedAsk) => ({
  ...(server !== null && { server: { id: null, name: server } }),
  ...(tool !== null && { tool }),
});

function contextOf(ask: CheckedAsk, asker: Asker, { judgement, parties }: JudgedAsk): RequestContext {
  const { risk, carried, observed, window, separation } = judgement;
  const keptOut = [...new Set([asker.owner, parties.agent.maker ?? asker.owner])].toSorted();
  return {
    source: "ask",
    ...namedIn(ask),
    risk,
    ...(carried.length > 0 && { carried }),
    ...(observed.length > 0 && { observed }),
    ...(window !== null && { window: windowIn(window) }),
    ...(separation && judgement.slots.length > 0 && { separation: { people: keptOut } }),
    ...(ask.reveal && REVEALED),
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
