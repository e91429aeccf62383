/**
 * From a call that an agent sends to what happens with it: the eight steps but for the sending. Judged here by what this isolate knows, and
 * admitted by the agent's object, which alone knows how the agent stands, what it has done, and by what it is to be judged; whatever is
 * not so any more is judged again.
 */
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { accept } from "#countersign/result.ts";
import { canonicalize, hashJson } from "#countersign/json/canonical-json.ts";
import { type CheckedCall, factsOfCall, judgeCall, nameAsJudged } from "#gate/approvals/judge-call.ts";
import { type KnownPast, knownPast, leftOut } from "#gate/approvals/known-past.ts";
import type { Admission, CallNotice, CallToAdmit, Keep } from "#rules/calls/admission.ts";
import { misfitOf, withoutReason } from "#rules/calls/arguments/check-arguments.ts";
import { callable, hintsAt } from "#rules/calls/callable.ts";
import { headerParams } from "#rules/calls/header-params.ts";
import { keptArguments, maskedArguments } from "#rules/calls/masking/mask-by.ts";
import type { PastEntry } from "#rules/calls/past/agent-past.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import { AGENT_STOPPED, type Failure, KEY_REVOKED } from "#rules/failure.ts";
import type { AgentFacts, PolicyInForce } from "#rules/policies/judged.ts";
import { deniedAlike } from "./denied-alike.ts";
import { newCallId } from "./open-call.ts";
import type { CallingAgent, CallingPorts, CallVerdict, JudgedCall, WantedCall } from "./calling.ts";
import { evidenceFor } from "./verified/evidence-for.ts";
import { blockedBefore, blockedMethod, innerRefused, notDelegated, overLimit, refusedBy, saidOtherwise } from "./why-refused.ts";

/** So often a call is judged anew if what it is judged by changes meanwhile. */
const MOST_JUDGEMENTS = 20;
/** The rule that a record names where no rule of a policy was looked at. */
const NO_RULE = "(gate)";
const KEPT_UNJUDGED: Keep = { what: "hash", days: null };

/** What a call comes to by what is known here, before its agent's object has said that it is so. */
interface Prepared {
  toAdmit: CallToAdmit;
  /** Why it is refused; null if it is not. */
  failure: Failure | null;
  /** Null where it is refused before it is judged. */
  call: Omit<JudgedCall, "number"> | null;
  /** Null where there is none of that name. */
  tool: JudgedCall["tool"];
  /** Null where nobody is asked. */
  asks: { requestId: string; joinKey: string } | null;
}

/** A call however often it is judged. */
interface Wanted extends WantedCall {
  past: {
    /** What it is kept under among what its agent did. */
    key: string;
    /** As it was asked about: it counts until it is said that it does not. */
    asked: PastEntry | null;
  };
}

export async function judgeWanted(call: WantedCall, agent: CallingAgent, ports: CallingPorts): Promise<CallVerdict> {
  const wanted: Wanted = { ...call, past: { key: `call:${b64u(ports.random(16))}`, asked: null } };
  let facts = ports.memory.of(agent.keyHash);
  for (let tries = 0; tries < MOST_JUDGEMENTS; tries++) {
    const askedAtMs = ports.now();
    const prepared = facts === null ? null : await prepare(wanted, agent, facts, askedAtMs, ports);
    const admission = await ports.admit(agent.keyHash, prepared?.toAdmit ?? NOTHING_JUDGED);
    if (admission.status === "revoked") return refused(KEY_REVOKED, wanted, ports);
    if (admission.status !== "limited") ports.memory.note(agent.keyHash, admission.facts);
    if (admission.status === "judge-again" && prepared !== null && isUnrecorded(prepared, admission.facts)) {
      return refused(admission.facts.isStopped ? AGENT_STOPPED : prepared.failure, wanted, ports);
    }
    if (admission.status === "judge-again" || prepared === null) {
      facts = "facts" in admission ? admission.facts : facts;
      continue;
    }
    return verdictOf(admission, prepared, askedAtMs);
  }
  throw new Error("what a call is judged by changes faster than it is judged");
}

/** Without a record that says so: its object is told by itself that it was not done. */
function refused(failure: Failure, { past: { asked } }: Wanted, ports: CallingPorts): CallVerdict {
  if (asked !== null) ports.waitUntil(leftOut(asked.key, ports.activity));
  return { verdict: "refuse", failure, tool: null };
}

/** Refused by what is so, and of nothing that a record could name: its object was only asked how the agent stands. */
const isUnrecorded = (prepared: Prepared, facts: AgentFacts): prepared is Prepared & { failure: Failure } =>
  prepared.failure !== null && prepared.toAdmit.facts === null && prepared.toAdmit.judgedBy?.epoch === facts.epoch;

/** Asks an agent's object for nothing but by what to judge. */
const NOTHING_JUDGED: CallToAdmit = {
  judgedBy: null,
  facts: null,
  limits: null,
  keep: KEPT_UNJUDGED,
  arguments: null,
  session: null,
  trace: null,
  join: null,
};

function verdictOf(
  admission: Exclude<Admission, { status: "revoked" | "judge-again" }>,
  prepared: Prepared,
  askedAtMs: number,
): CallVerdict {
  const { failure, call, asks, tool } = prepared;
  if (admission.status === "stopped") return { verdict: "refuse", failure: AGENT_STOPPED, tool };
  if (admission.status === "limited")
    return { verdict: "refuse", failure: overLimit(admission, prepared.toAdmit.limits?.rule ?? NO_RULE), tool };
  if (failure !== null || call === null) return { verdict: "refuse", failure: failure ?? AGENT_STOPPED, tool };
  const judged = { ...call, number: admission.number, facts: admission.facts, askedAtMs };
  if (asks === null) return { verdict: "send", call: judged };
  const requestId = admission.joined ?? asks.requestId;
  return { verdict: "ask", call: judged, requestId, isJoined: requestId !== asks.requestId, joinKey: asks.joinKey };
}

/** Steps 2 to 4, and what the object has to know for 1. */
async function prepare(wanted: Wanted, agent: CallingAgent, facts: AgentFacts, nowMs: number, ports: CallingPorts): Promise<Prepared> {
  const [{ servers, epoch }, policy] = await Promise.all([ports.serversOf(facts.epoch), ports.approvals.policyOf(facts.epoch)]);
  // What was read is of a later moment than what the agent was said to be judged by: its object tells the newer.
  const judgedBy = epoch === facts.epoch && policy.epoch === facts.epoch ? facts : null;
  const server = servers.find(({ settings }) => settings.name === wanted.serverName);
  if (server === undefined)
    return unrecorded(judgedBy, { code: "unknown_server", message: `There is no server ${wanted.serverName} here.` });
  const found = wanted.method === "tools/call" ? callable(server, wanted.tool) : null;
  const tool = found?.ok === true ? found.value : null;
  const taken = withoutReason(wanted.args, tool?.definition["inputSchema"]);
  const args = taken.ok ? taken.value.args : wanted.args;
  const argumentsText = canonicalize(args);
  const schema = tool?.definition["inputSchema"];
  const blocked =
    notDelegated(facts, server.settings.name, wanted.tool) ??
    (found === null ? blockedMethod(wanted.method, args, server) : null) ??
    blockedBefore(wanted.tool, found, taken.ok ? misfitOf(args, schema) : taken.refusal) ??
    saidOtherwise(wanted, headerParams(schema, args)) ??
    deniedAlike({ server, tool, name: wanted.tool, args }, facts, nowMs);
  const reason = taken.ok ? taken.value.reason : null;
  const of: PreparedOf = { wanted, judgedBy, server, tool, args, argumentsText, hasSecrets: false, inner: null };
  if (blocked !== null) return recorded(of, blocked, NO_RULE, policy, KEPT_UNJUDGED, null);

  const checked = {
    server: server.settings,
    tool: wanted.tool,
    definition: tool?.definition ?? null,
    args,
    reason,
    hintsOf: hintsAt(server),
  };
  // Who may approve is read where people are asked: nobody is enough to learn whether they are.
  const known = judgedBy === null ? null : await pastOf(checked, wanted, agent, { facts, policy, nowMs }, ports);
  const { judgement } = judgeCall(checked, agent, policy, { agent: facts, approvers: [] }, nowMs, known?.answers ?? null);
  const { handling } = judgement;
  // Where a rule asks for it, and nowhere else: it takes as long as everything else together.
  const secrets = handling.scan === null ? [] : ports.scanArguments(args);
  of.hasSecrets = secrets.length > 0;
  const kept = await keptArguments(args, handling, judgement.unwrapped !== null);
  const asksPeople = judgement.effect === "require_approval" || judgement.code === "no_eligible_approver";
  of.inner = judgement.unwrapped?.tool ?? null;
  const refusal =
    innerRefused(server, judgement.unwrapped, facts) ?? refusedBy(judgement, asksPeople, secrets, handling.scan, argumentsText);
  const evidence = refusal === null ? await evidenceFor({ wanted, agent, name: facts.name, server, handling }, ports) : accept(null);
  const failure = refusal ?? (evidence.ok ? null : evidence.refusal);
  // Counted for the rule that sets them, which need not be the one that decides.
  const limits = handling.limits === null ? null : { rule: judgement.limitedBy ?? judgement.rule, most: handling.limits };
  if (failure !== null) return recorded(of, failure, judgement.rule, policy, handling.keep, kept);
  const past = known === null ? null : { answers: known.answers, version: policy.version };
  const consumes = evidence.ok && evidence.value !== null ? { evidence: { checked: evidence.value, pastKey: wanted.past.key } } : {};
  const judged = { server, tool, name: wanted.tool, args, argumentsText, reason, judgement, handling, policy, facts, past, ...consumes };
  const asks = asksPeople
    ? { requestId: newCallId(ports.serverSecret, (bytes) => ports.random(bytes)), joinKey: joinKeyOf(of, agent) }
    : null;
  const join = asks === null ? null : { key: asks.joinKey, requestId: asks.requestId };
  const toAdmit = toAdmitOf(
    of,
    { status: asks === null ? "allowed" : "pending_approval", code: null },
    judgement.rule,
    policy,
    handling.keep,
    kept,
  );
  const told = { notice: noticeOf(judgement, asksPeople), past: known?.entry ?? wanted.past.asked };
  return { toAdmit: { ...toAdmit, limits, join, ...told }, failure: null, call: { ...judged, askedAtMs: nowMs }, tool, asks };
}

/** What the agent did before, as far as the policy asks; from now on this call counts, if anything is asked. */
async function pastOf(
  call: CheckedCall,
  { past }: Wanted,
  agent: CallingAgent,
  { facts, policy, nowMs }: Pick<JudgedCall, "facts" | "policy"> & { nowMs: number },
  ports: CallingPorts,
): Promise<KnownPast | null> {
  const judged = factsOfCall(call, agent, { agent: facts, approvers: [] }, nowMs);
  const wanted = { key: past.key, facts: judged, policy, isUse: false };
  const known = await knownPast(wanted, maskedArguments, ports.activity);
  if (known?.isCounted === true) past.asked = known.entry;
  return known;
}

/** Of what passes although something is unusual, and of what people are asked about for that. */
function noticeOf({ anomaly }: JudgedCall["judgement"], asksPeople: boolean): CallNotice | null {
  if (anomaly === null || !(anomaly.isHeld || (anomaly.isNotice && !asksPeople))) return null;
  return { score: anomaly.score, reasons: anomaly.reasons, isHeld: anomaly.isHeld };
}

/** Of a server that there is none of nothing is recorded: no record could name it. */
const unrecorded = (judgedBy: AgentFacts | null, failure: Failure): Prepared => ({
  toAdmit: { ...NOTHING_JUDGED, judgedBy },
  failure,
  call: null,
  tool: null,
  asks: null,
});

interface PreparedOf {
  wanted: Wanted;
  judgedBy: AgentFacts | null;
  server: ServerInForce;
  tool: JudgedCall["tool"];
  args: JudgedCall["args"];
  argumentsText: string;
  hasSecrets: boolean;
  /** The tool as whose call it is judged, where it holds one. */
  inner: string | null;
}

const recorded = (of: PreparedOf, failure: Failure, rule: string, policy: PolicyInForce, keep: Keep, kept: string | null): Prepared => ({
  toAdmit: toAdmitOf(of, { status: "blocked", code: failure.evidence ?? failure.code }, rule, policy, keep, kept),
  failure,
  call: null,
  tool: of.tool,
  asks: null,
});

function toAdmitOf(
  { wanted, judgedBy, server, tool, argumentsText, hasSecrets, inner }: PreparedOf,
  how: { status: "allowed" | "blocked" | "pending_approval"; code: string | null },
  rule: string,
  policy: PolicyInForce,
  keep: Keep,
  kept: string | null,
): CallToAdmit {
  const bytes = utf8(argumentsText);
  return {
    judgedBy,
    facts: {
      server: { id: server.settings.id, name: server.settings.name },
      method: wanted.method,
      tool: nameAsJudged(wanted.tool, inner).slice(0, 200),
      schema_hash: tool?.pin ?? null,
      ...how,
      flags: hasSecrets ? ["secret"] : [],
      rule,
      policy: policy.version,
      request: null,
      // What is short or one of few can be guessed from its hash: where nothing is kept, neither is that.
      arguments_hash: keep.what === "none" ? null : hex(sha256(bytes)),
      arguments_bytes: bytes.length,
    },
    limits: null,
    keep,
    arguments: kept,
    session: wanted.session,
    trace: wanted.trace,
    join: null,
    past: wanted.past.asked,
  };
}

/** What makes two calls the same: as long as one is open or not run, the other joins it. */
const joinKeyOf = ({ server, wanted, tool, args }: PreparedOf, agent: CallingAgent): string =>
  hex(
    hashJson({
      agent: agent.id,
      server: server.settings.id,
      tool: wanted.tool,
      method: wanted.method,
      pin: tool?.pin ?? null,
      args,
      key: wanted.idempotencyKey,
    }),
  );
