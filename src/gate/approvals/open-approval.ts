/** An agent asks: from what it sends to a request that people can see. */
import type { Caps } from "#rules/caps.ts";
import { b64u, type Bytes, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { canonicalize, hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { ApproverFacts } from "#countersign/policy/judging/facts.ts";
import { idempotentSeed, makeRequestId, subjectSeed } from "#rules/request-id.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Failure } from "#rules/failure.ts";
import type { JudgementCode, PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import type { CheckedAsk } from "#rules/agent-calls.ts";
import type { CallLimits, OverLimit } from "#rules/calls/admission.ts";
import { mayCall, mayEnter, topIn } from "#rules/agents/below.ts";
import { argumentsHash, deniedBy, kindOf, type PatternRefusal, refusedByPattern } from "#rules/policies/denied-pattern.ts";
import type { RemotePast } from "#rules/calls/past/agent-past.ts";
import type { AgentFacts, PolicyInForce } from "#rules/policies/judged.ts";
import type { AgentCaps, ApprovalIndex, Opened } from "./opening.ts";
import { grantsToTry, type GrantPorts } from "./grants-to-try.ts";
import { type Asker, factsOfAsk, type JudgedAsk, judgeAsk, judgedBy, requestOfAsk, requestV2OfAsk } from "./judge-ask.ts";
import { type KnownPast, knownPast, leftOut } from "./known-past.ts";
import { listAndOpen, type ListPorts, type ListRefusal } from "./list-and-open.ts";

/** Who asks. */
export interface AskingAgent extends Asker {
  /** What it is judged by, as was learned with whether it stands; `again`: as it is now. Throws if that cannot be known. */
  facts(again?: "again"): Promise<AgentFacts>;
  /**
   * Null once it is known that its key stands and that it may call; otherwise what it is refused with. Only asking and
   * waiting may begin before that is known, and wait for it before anything takes effect or is told.
   */
  admitted(): Promise<Failure | null>;
}

export interface OpenPorts extends ListPorts, GrantPorts {
  /** The policy of this epoch, or what is in force now if that is another. Throws if that cannot be known. */
  policyOf(epoch: number): Promise<PolicyInForce>;
  /** Counts an ask by a rule that has limits, where this agent's calls are counted; null if it is within them. */
  countAsk(agentId: string, rule: string, most: CallLimits): Promise<OverLimit | null>;
  /** What an agent's object knows of what it did. */
  pastOf(agentId: string): RemotePast;
  caps: AgentCaps & Pick<Caps, "MAX_PAYLOAD_BYTES">;
  /** Whether requests may ask to be revealed. */
  allowReveal: boolean;
  origin: string;
  serverSecret: Bytes;
  now(): number;
  random(bytes: number): Bytes;
}

/** Its key does not stand, or it calls too often. */
export interface NotAdmitted {
  reason: "not-admitted";
  failure: Failure;
}

/** Sizes are in bytes of the canonical form, times in seconds. */
export type AskRefusal =
  | { reason: "payload-too-large"; mostBytes: number }
  | { reason: "key-used-for-another" | "nothing-is-revealed" }
  | { reason: "unknown-approvers"; usernames: string[] }
  | { reason: "too-few-approvers"; required: number; eligible: number }
  | { reason: "denied"; code: JudgementCode; rule: string; message: string | null }
  | { reason: "agent-stopped" | "not-delegated" }
  | PatternRefusal
  | ListRefusal
  | ({ reason: "over-limit"; rule: string } & OverLimit)
  | NotAdmitted;

/** Where the agent does not say. Part of what makes two asks the same, so that a policy's own time does not. */
const EXPIRES_IN_SECONDS = 900;

/** Everything that makes two asks the same: all but how long the caller waits. What earlier versions did not know is in it only if it is said. */
function fingerprintOf({ idempotencyKey: _, reveal, tool, server, ...ask }: CheckedAsk): string {
  const expiresInSeconds = ask.expiresInSeconds ?? EXPIRES_IN_SECONDS;
  return hex(hashJson({ ...ask, expiresInSeconds, ...(reveal && { reveal }), ...sayingOf({ tool, server }) }));
}

const sayingOf = ({ tool, server }: Pick<CheckedAsk, "tool" | "server">) => ({
  ...(tool !== null && { tool }),
  ...(server !== null && { server }),
});

/**
 * What makes two asks without an idempotency key the same while the first is open: what people are shown to decide, and who may. The
 * first one's reason and deadline stand.
 */
function subjectOfAsk({ action, payload, approvers, reveal, tool, server }: CheckedAsk): Bytes {
  const names = (given: string[] | null) => (given === null ? null : [...new Set(given)].toSorted());
  const { users, groups, required } = approvers;
  const asked = { users: names(users), groups: names(groups), required };
  return hashJson({ action, payload, approvers: asked, reveal, ...sayingOf({ tool, server }) });
}

/**
 * 1. an idempotent repetition answers as before; 2. what is asked for is judged; 3. it is listed, so that revoking the agent finds it, if
 * what judged it is in force in that moment, or one that is alike is found; 4. its object stores it. Only then is the id given out.
 */
export async function openApproval(ask: CheckedAsk, agent: AskingAgent, ports: OpenPorts): Promise<Result<Opened, AskRefusal>> {
  const payload = canonicalize(ask.payload);
  const mostBytes = ports.caps.MAX_PAYLOAD_BYTES;
  if (utf8(payload).length > mostBytes) return refuse({ reason: "payload-too-large", mostBytes });
  const isKeyed = ask.idempotencyKey !== null;
  const seed =
    ask.idempotencyKey !== null
      ? idempotentSeed(ports.serverSecret, agent.id, ask.idempotencyKey)
      : subjectSeed(ports.serverSecret, agent.id, subjectOfAsk(ask), (bytes) => ports.random(bytes));
  const id = makeRequestId(ports.serverSecret, seed);
  const fingerprint = fingerprintOf(ask);
  // At the same time: they are in different places, and a new request needs them all.
  const [refused, approvers, before] = await Promise.all([
    agent.admitted(),
    ports.index.approvers(ask.approvers.users ?? []),
    isKeyed ? ports.approvals.held(id) : null,
  ]);
  if (refused !== null) return refuse({ reason: "not-admitted", failure: refused });
  if (before !== null) return sameAsk({ snapshot: before, isNew: false }, fingerprint); // 1

  const asked: Asked = { id, ask, payload, fingerprint, over: [], countedFor: null };
  let opened = await judgeAndOpen(asked, await agent.facts(), approvers, agent, ports); // 2, 3, 4
  for (let tries = 1; opened === "epoch-over"; tries++) {
    if (tries === MOST_JUDGEMENTS) throw new Error("what an ask is judged by changes faster than it is judged");
    const [facts, approversNow] = await Promise.all([agent.facts("again"), ports.index.approvers(ask.approvers.users ?? [])]);
    opened = await judgeAndOpen(asked, facts, approversNow, agent, ports);
  }
  if (opened.ok) return isKeyed ? sameAsk(opened.value, fingerprint) : opened;
  const archived = isKeyed && !isOfTheMoment(opened.refusal) ? await ports.approvals.read(id) : null;
  return archived === null ? opened : sameAsk({ snapshot: archived, isNew: false }, fingerprint); // 1
}

/** Whether a refusal says nothing of what is asked for. */
const isOfTheMoment = ({ reason }: AskRefusal): boolean =>
  reason === "over-cap" || reason === "over-limit" || reason === "agent-revoked" || reason === "agent-stopped";

/** So often an ask is judged anew if what it is judged by changes meanwhile. */
const MOST_JUDGEMENTS = 20;

/** An ask with what is made of it. `over`: ids of what is alike and over, which the list does not say yet. */
interface Asked {
  id: string;
  ask: CheckedAsk;
  payload: string;
  fingerprint: string;
  over: string[];
  /** The rule for which it was counted: however often it is judged anew, it is one ask. */
  countedFor: string | null;
}

type FoundApprovers = Awaited<ReturnType<ApprovalIndex["approvers"]>>;

async function judgeAndOpen(
  asked: Asked,
  facts: AgentFacts,
  { people, unknown: usernames }: FoundApprovers,
  agent: AskingAgent,
  ports: OpenPorts,
): Promise<Result<Opened, AskRefusal> | "epoch-over"> {
  const { id, ask } = asked;
  if (facts.isStopped) return refuse({ reason: "agent-stopped" });
  if (!isDelegated(ask, facts)) return refuse({ reason: "not-delegated" });
  const pattern = patternOfAsk(ask, facts, ports.now());
  if (pattern !== null) return refuse(pattern);
  if (ask.reveal && !ports.allowReveal) return refuse({ reason: "nothing-is-revealed" });
  if (usernames.length > 0) return refuse({ reason: "unknown-approvers", usernames });
  const policy = await ports.policyOf(facts.epoch);
  const parties = { agent: facts, approvers: people };
  const past = ports.pastOf(agent.id);
  // Under one idempotency key several may be judged at once, of which one is opened: what becomes of the others takes nothing from it.
  const key = ask.idempotencyKey === null ? id : `${id}:${b64u(ports.random(9))}`;
  const wanted = { key, facts: factsOfAsk(ask, agent, parties, ports.now()), policy, isUse: false };
  const known = await knownPast(wanted, keptAsItIs, past);
  const judged = judgeAsk(ask, agent, policy, parties, ports.now(), known?.answers ?? null);
  if (known === null) return openJudged(asked, judged, agent, ports);
  // What waits for people counts once it is used, and what is refused never does.
  if (judged.judgement.effect !== "allow") {
    const leaves = known.isCounted ? leftOut(key, past) : null;
    return (await Promise.all([openJudged(asked, judged, agent, ports), leaves]))[0];
  }
  if (!known.isCounted) await past.past(known.ask);
  return countedIfOpened(await openJudged(asked, judged, agent, ports), known, past);
}

/** Arguments of asks are kept by their request, whole: nothing of them is masked anywhere. */
const keptAsItIs = (payload: JsonObject): Promise<string> => Promise.resolve(canonicalize(payload));

/** What passes counts under the id that it has. */
async function countedIfOpened<Done extends Result<Opened, AskRefusal> | "epoch-over">(
  opened: Done,
  { ask }: KnownPast,
  past: RemotePast,
): Promise<Done> {
  const { key } = ask.entry;
  const { isNew, snapshot } = opened === "epoch-over" || !opened.ok ? { isNew: false, snapshot: null } : opened.value;
  const id = snapshot?.request.id;
  if (id === key) return opened;
  if (id !== undefined && isNew) await past.past({ ...ask, entry: { ...ask.entry, key: id }, questions: [] });
  await leftOut(key, past);
  return opened;
}

/** Steps 3 and 4. */
async function openJudged(
  asked: Asked,
  judged: JudgedAsk,
  agent: AskingAgent,
  ports: OpenPorts,
): Promise<Result<Opened, AskRefusal> | "epoch-over"> {
  const { id, ask, payload, fingerprint } = asked;
  const { policy } = judged;
  const { effect, code, rule, message } = judged.judgement;
  if (effect === "deny") {
    if (policy.compiled === null) return refuse(tooFew(ask, judged.parties.approvers));
    return refuse({ reason: "denied", code: code ?? "policy_denied", rule, message });
  }
  const limited = await overLimit(asked, judged, agent, ports);
  if (limited !== null) return refuse({ reason: "over-limit", ...limited });
  const request = requestOfAsk(id, ports.origin, ask, agent, judged);
  const passing = (judgement: PolicyJudgement) => requestV2OfAsk(id, ports.origin, ask, agent, { ...judged, judgement });
  const opening = {
    request,
    payload,
    fingerprint,
    judged: judgedBy(ask.approvers, judged),
    basis: effect === "allow" ? ("policy" as const) : null,
    ...(mayPassByGrant(ask) && (await grantsToTry(judged, request, ask.payload, passing, ports))),
  };
  const isInForce = async () => (await agent.facts("again")).epoch === policy.epoch;
  return listAndOpen(opening, { isKeyed: ask.idempotencyKey !== null, epoch: policy.epoch, over: asked.over, isInForce }, ports);
}

/** Whether an ask names a server and a tool that the agent has. One that names none is about something else, and people see whose it is. */
export const isDelegated = ({ server, tool }: CheckedAsk, { below }: AgentFacts): boolean =>
  server === null || (tool === null ? mayEnter(below?.scope, server) : mayCall(below?.scope, server, tool));

/** How an ask is refused because somebody has denied the like of it a while ago; null if nobody has. */
export function patternOfAsk({ server, tool, action, payload }: CheckedAsk, facts: AgentFacts, nowMs: number): PatternRefusal | null {
  if (facts.patterns === undefined) return null;
  const found = deniedBy(facts.patterns, kindOf(server, tool, action), argumentsHash(payload), timestamp(nowMs));
  return found === null ? null : refusedByPattern(found);
}

/** An ask that names people wants people, and what is to be public is so by people's word. */
const mayPassByGrant = ({ approvers: { users, groups, required }, reveal }: CheckedAsk): boolean =>
  users === null && groups === null && required <= 1 && !reveal;

/** Asks no object where nothing is limited. */
async function overLimit(
  asked: Asked,
  {
    judgement: {
      handling: { limits },
      limitedBy,
    },
    parties,
  }: JudgedAsk,
  agent: AskingAgent,
  ports: OpenPorts,
): Promise<(OverLimit & { rule: string }) | null> {
  if (limits === null || limitedBy === null || asked.countedFor === limitedBy) return null;
  // Of an agent below another at the top of its chain: whatever keys are made below one open no more than its limit.
  const over = await ports.countAsk(topIn(parties.agent.below, { id: agent.id, name: parties.agent.name }).id, limitedBy, limits);
  if (over !== null) return { ...over, rule: limitedBy };
  asked.countedFor = limitedBy;
  return null;
}

/** How many could approve of those whom an ask names, each once. */
function tooFew({ approvers: { users, groups, required } }: CheckedAsk, people: readonly ApproverFacts[]): AskRefusal {
  const isNamed = (person: ApproverFacts) =>
    (users === null && groups === null) ||
    users?.includes(person.username) === true ||
    person.groups.some((group) => groups?.includes(group) === true);
  const eligible = new Set(people.filter(isNamed).map((person) => person.countsAs ?? person.id)).size;
  return { reason: "too-few-approvers", required, eligible };
}

const sameAsk = (opened: Opened, fingerprint: string): Result<Opened, AskRefusal> =>
  opened.snapshot.fingerprint === fingerprint ? accept(opened) : refuse({ reason: "key-used-for-another" });
