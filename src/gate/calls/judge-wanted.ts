/**
 * From a call that an agent sends to what happens with it: the eight steps but for the sending. Judged here by what this isolate knows, and
 * admitted by the agent's object, which alone knows how the agent stands, what it has done, and by what it is to be judged; whatever is
 * not so any more is judged again.
 */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson } from "#countersign/json/canonical-json.ts";
import { judgeCall } from "#gate/approvals/judge-call.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import type { Admission, CallToAdmit, Keep } from "#rules/calls/admission.ts";
import { misfitOf, withoutReason } from "#rules/calls/arguments/check-arguments.ts";
import { callable, type NotCallable } from "#rules/calls/callable.ts";
import { headerMisfit, headerParams } from "#rules/calls/header-params.ts";
import { GATED_ARGUMENTS_BYTES, type ServerInForce } from "#rules/calls/server-settings.ts";
import { AGENT_STOPPED, type Failure, KEY_REVOKED } from "#rules/failure.ts";
import type { AgentFacts, PolicyInForce } from "#rules/policies/judged.ts";
import { deniedAlike } from "./denied-alike.ts";
import { newCallId } from "./open-call.ts";
import type { CallingAgent, CallingPorts, CallVerdict, JudgedCall, WantedCall } from "./calling.ts";

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

export async function judgeWanted(wanted: WantedCall, agent: CallingAgent, ports: CallingPorts): Promise<CallVerdict> {
  let facts = ports.memory.of(agent.keyHash);
  for (let tries = 0; tries < MOST_JUDGEMENTS; tries++) {
    const askedAtMs = ports.now();
    const prepared = facts === null ? null : await prepare(wanted, agent, facts, askedAtMs, ports);
    const admission = await ports.admit(agent.keyHash, prepared?.toAdmit ?? NOTHING_JUDGED);
    if (admission.status === "revoked") return { verdict: "refuse", failure: KEY_REVOKED, tool: null };
    if (admission.status !== "limited") ports.memory.note(agent.keyHash, admission.facts);
    if (admission.status === "judge-again" && prepared !== null && isUnrecorded(prepared, admission.facts)) {
      return { verdict: "refuse", failure: admission.facts.isStopped ? AGENT_STOPPED : prepared.failure, tool: null };
    }
    if (admission.status === "judge-again" || prepared === null) {
      facts = "facts" in admission ? admission.facts : facts;
      continue;
    }
    return verdictOf(admission, prepared, askedAtMs);
  }
  throw new Error("what a call is judged by changes faster than it is judged");
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
  if (admission.status === "limited") return { verdict: "refuse", failure: limited(admission, prepared), tool };
  if (failure !== null || call === null) return { verdict: "refuse", failure: failure ?? AGENT_STOPPED, tool };
  const judged = { ...call, number: admission.number, facts: admission.facts, askedAtMs };
  if (asks === null) return { verdict: "send", call: judged };
  const requestId = admission.joined ?? asks.requestId;
  return { verdict: "ask", call: judged, requestId, isJoined: requestId !== asks.requestId, joinKey: asks.joinKey };
}

const LIMITS = { perMinute: "calls a minute", perDay: "calls a day", creditsPerDay: "credits a day", credits: "credits" } as const;

const limited = ({ limit, retryAfter }: Extract<Admission, { status: "limited" }>, { toAdmit }: Prepared): Failure => ({
  code: "rate_limited",
  message: `The rule ${toAdmit.limits?.rule ?? NO_RULE} allows no more ${LIMITS[limit]} now. Nothing was sent.`,
  rule: toAdmit.limits?.rule ?? NO_RULE,
  retryAfter,
});

/** Steps 2 to 4, and what the object has to know for 1. */
async function prepare(wanted: WantedCall, agent: CallingAgent, facts: AgentFacts, nowMs: number, ports: CallingPorts): Promise<Prepared> {
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
    blockedBefore(wanted.tool, found, taken.ok ? misfitOf(args, schema) : taken.refusal) ??
    saidOtherwise(wanted, headerParams(schema, args)) ??
    deniedAlike({ server, tool, name: wanted.tool, args }, facts, nowMs);
  const reason = taken.ok ? taken.value.reason : null;
  const of = { wanted, judgedBy, server, tool, args, argumentsText, hasSecrets: false };
  if (blocked !== null) return recorded(of, blocked, NO_RULE, policy, KEPT_UNJUDGED, null);

  const checked = { server: server.settings, tool: wanted.tool, definition: tool?.definition ?? null, args, reason };
  // Who may approve is read where people are asked: nobody is enough to learn whether they are.
  const { judgement } = judgeCall(checked, agent, policy, { agent: facts, approvers: [] }, nowMs);
  const { handling } = judgement;
  // Where a rule asks for it, and nowhere else: it takes as long as everything else together.
  const secrets = handling.scan === null ? [] : ports.scanArguments(args);
  of.hasSecrets = secrets.length > 0;
  const kept = await keptArguments(handling.keep.what, of, handling.mask, ports);
  const asksPeople = judgement.effect === "require_approval" || judgement.code === "no_eligible_approver";
  const failure =
    refusedBy(judgement, asksPeople, secrets, handling.scan, argumentsText) ??
    (asksPeople && wanted.method !== "tools/call" ? notForPeople(wanted.method, judgement.rule) : null);
  // Counted for the rule that sets them, which need not be the one that decides.
  const limits = handling.limits === null ? null : { rule: judgement.limitedBy ?? judgement.rule, most: handling.limits };
  if (failure !== null) return recorded(of, failure, judgement.rule, policy, handling.keep, kept);
  const call = { server, tool, name: wanted.tool, args, argumentsText, reason, judgement, handling, policy, facts, askedAtMs: nowMs };
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
  return { toAdmit: { ...toAdmit, limits, join }, failure: null, call, tool, asks };
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
  wanted: WantedCall;
  judgedBy: AgentFacts | null;
  server: ServerInForce;
  tool: JudgedCall["tool"];
  args: JudgedCall["args"];
  argumentsText: string;
  hasSecrets: boolean;
}

const recorded = (of: PreparedOf, failure: Failure, rule: string, policy: PolicyInForce, keep: Keep, kept: string | null): Prepared => ({
  toAdmit: toAdmitOf(of, { status: "blocked", code: failure.code }, rule, policy, keep, kept),
  failure,
  call: null,
  tool: of.tool,
  asks: null,
});

function toAdmitOf(
  { wanted, judgedBy, server, tool, argumentsText, hasSecrets }: PreparedOf,
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
      tool: wanted.tool.slice(0, 200),
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
  };
}

/** What is told of a tool that may not be called. */
export function notCallable(reason: NotCallable, tool: string): Failure {
  const name = tool.slice(0, 128);
  if (reason === "unknown_tool") return { code: reason, message: `There is no tool ${name} here. Nothing was sent.` };
  return {
    code: reason,
    message: `An admin has to accept the tool ${name}, as its server lists it now, before it can be called. Nothing was sent.`,
  };
}

/** Why a call is refused whatever the policy says. */
function blockedBefore(
  tool: string,
  found: ReturnType<typeof callable> | null,
  misfit: { field: string; message: string } | null,
): Failure | null {
  if (found?.ok === false) return notCallable(found.refusal, tool);
  if (misfit === null) return null;
  const { field, message } = misfit;
  return {
    code: "arguments_invalid",
    message: `The arguments do not fit, at ${field}: ${message}. Nothing was sent.`,
    errors: [{ field, message }],
  };
}

/** A proxy on the way may have looked at the headers only. */
function saidOtherwise({ paramHeader }: WantedCall, wanted: Readonly<Record<string, string>>): Failure | null {
  const name = paramHeader === null ? null : headerMisfit(wanted, paramHeader);
  if (name === null) return null;
  return { code: "header_mismatch", message: `The header ${name} has to say what the arguments say. Nothing was sent.` };
}

function refusedBy(
  { code, rule, message, effect }: JudgedCall["judgement"],
  asksPeople: boolean,
  secrets: readonly { place: string; what: string }[],
  scan: "block" | "warn" | null,
  argumentsText: string,
): Failure | null {
  if (effect === "deny" && !asksPeople) return agentFailure({ reason: "denied", code: code ?? "policy_denied", rule, message });
  const [secret] = secrets;
  if (scan === "block" && secret !== undefined)
    return {
      code: "secret_found",
      message: `The arguments hold what looks like a secret (${secret.what}), at ${secret.place}. Nothing was sent, and nobody was asked.`,
      rule,
      errors: secrets.slice(0, 20).map(({ place, what }) => ({ field: place, message: what })),
    };
  if (!asksPeople || utf8(argumentsText).length <= GATED_ARGUMENTS_BYTES) return null;
  return {
    code: "payload_too_large",
    message: `People are asked about arguments of at most ${GATED_ARGUMENTS_BYTES} bytes in canonical form. Nothing was sent.`,
    rule,
  };
}

/** People approve calls of tools: what else a server offers passes by a rule, or not at all. */
const notForPeople = (method: string, rule: string): Failure => ({
  code: "policy_denied",
  message: `The rule ${rule} wants people to approve this, and they can be asked about calls of tools only: no rule lets ${method} pass. Nothing was sent.`,
  rule,
});

async function keptArguments(
  what: Keep["what"],
  { args, argumentsText }: PreparedOf,
  mask: JudgedCall["handling"]["mask"],
  ports: CallingPorts,
): Promise<string | null> {
  if (what === "full") return argumentsText;
  return what === "masked" ? ports.maskedArguments(args, mask) : null;
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
