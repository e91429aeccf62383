/** `tools/call`, and what is judged as if it were one: refused, sent at once and streamed back, or held until people have decided. */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isSentOnApproval } from "#countersign/policy/judging/calls/execution.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { CallVerdict, JudgedCall } from "#gate/calls/calling.ts";
import { judgeWanted } from "#gate/calls/judge-wanted.ts";
import { openJoined } from "#gate/calls/open-joined.ts";
import type { AuthenticatorClass } from "#countersign/documents/words.ts";
import { VERIFIED_APPROVAL } from "#countersign/verified/verified-approval.ts";
import { sessionName } from "#rules/calls/session-token.ts";
import type { Failure } from "#rules/failure.ts";
import { answerWithCallTask } from "./held/call-tasks.ts";
import { type GatewayCaller, isModern, sessionOf } from "./gateway-caller.ts";
import { type CallMessage, refusedCall } from "./refused-call.ts";
import { answerHeld } from "./held/held-call.ts";
import { metaForServer, metaOf, IDEMPOTENCY_META, clientTakesTasks, WAIT_META } from "./meta.ts";
import { LONGEST_WAIT_SECONDS, WAIT_SECONDS } from "./own-tools.ts";
import { answerJson, INVALID_PARAMS, rpcError } from "./rpc.ts";
import { sendAllowed } from "./send-allowed.ts";
import { isMarked } from "./tool-list.ts";
import { refusedEvidence } from "./verified/consume.ts";

/** So often a call is judged anew that the policy lets pass by the time it would be asked about. */
const MOST_TRIES = 3;

export async function callTool(call: CallMessage, caller: GatewayCaller): Promise<Response> {
  const { id, method, params } = call;
  const { name, arguments: given = {} } = params;
  if (typeof name !== "string" || !isObject(given))
    return answerJson(rpcError(id, INVALID_PARAMS, "A call needs the name of a tool, and an object of arguments."));
  return judged(call, caller, { method, tool: name, args: given });
}

export async function judged(
  call: CallMessage,
  caller: GatewayCaller,
  of: { method: string; tool: string; args: JsonObject },
): Promise<Response> {
  const meta = metaOf(call.params);
  const key = meta[IDEMPOTENCY_META];
  const wanted = {
    ...of,
    serverName: caller.serverName,
    session: caller.sessionToken === null ? null : sessionName(caller.sessionToken),
    trace: caller.headers.traceparent,
    idempotencyKey: typeof key === "string" && key.length <= 200 ? key : null,
    paramHeader: isModern(meta, caller.headers) && of.method === "tools/call" ? caller.paramHeader : null,
    evidence: meta[VERIFIED_APPROVAL],
  };
  let spent: AuthenticatorClass | undefined;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const verdict = await judgeWanted({ ...wanted, ...(spent !== undefined && { spent }) }, caller.agent, caller.ports);
    if (verdict.verdict === "refuse") return refusedCall(call, verdict.failure, caller, verdict.tool?.definition);
    const session = sessionOf(caller, verdict.call.server);
    if (!session.ok) return answerJson(rpcError(call.id, INVALID_PARAMS, "There is no such session of yours."), 404);
    const unproven = await refusedEvidence(verdict.call, caller);
    if (unproven !== null) return withoutEvidence(call, verdict.call, unproven, caller);
    spent = verdict.call.evidence?.checked.call.wanted ?? spent;
    if (verdict.verdict === "send") return sendAllowed(call, verdict.call, session.value, caller);
    const held = await hold(call, verdict, session.value, caller);
    if (held !== "allowed") return held;
  }
  throw new Error("whether people are asked changes faster than they are");
}

/** Admitted, and refused all the same: its record says why, and it is nothing that its agent did. */
function withoutEvidence(call: CallMessage, judgedCall: JudgedCall, failure: Failure, caller: GatewayCaller): Response {
  const { number, evidence, tool } = judgedCall;
  const { ports } = caller;
  const told = [notAsked(number, failure.evidence ?? failure.code, caller)];
  if (evidence !== undefined) told.push(ports.activity.leaveOut(evidence.pastKey));
  ports.waitUntil(Promise.allSettled(told));
  return refusedCall(call, failure, caller, tool?.definition);
}

type Asked = Extract<CallVerdict, { verdict: "ask" }>;

/** Opens the request, or finds it, and waits; or answers with the task that it is, where the client takes tasks. */
async function hold(
  call: CallMessage,
  { call: judgedCall, joinKey, ...first }: Asked,
  session: string | null,
  caller: GatewayCaller,
): Promise<Response | "allowed"> {
  const { agent, ports } = caller;
  const { server, tool, facts, policy } = judgedCall;
  const given = metaOf(call.params);
  const modern = isModern(given, caller.headers);
  // A gated call is sent as if its client could answer nothing.
  const { progressToken, ...meta } = metaForServer(given, server.settings.features, true);
  const { traceparent: trace, protocolVersion } = caller.headers;
  const asked = { call: judgedCall, joinKey, session, protocolVersion: protocolVersion ?? "", isModern: modern, meta, trace };
  const opened = await openJoined(first, asked, agent, ports);
  if (!opened.ok) {
    const { refusal } = opened;
    const code = refusal === "allowed" ? "policy_changed" : (refusal.evidence ?? refusal.code);
    ports.waitUntil(notAsked(judgedCall.number, code, caller).catch(() => undefined));
    return refusal === "allowed" ? refusal : refusedCall(call, refusal, caller, tool?.definition);
  }
  if (modern && clientTakesTasks(given) && call.method === "tools/call") return answerWithCallTask(call.id, opened.value, caller);
  return answerHeld(
    {
      id: call.id,
      method: call.method,
      isOfMethod: false,
      requestId: opened.value,
      progressToken: typeof progressToken === "string" || typeof progressToken === "number" ? progressToken : null,
      waitSeconds: waitSecondsOf(given[WAIT_META]),
      isNew: true,
      isMarked: tool !== null && isMarked({ server, facts, policy }, agent, tool),
      isModern: modern,
      isSentAtOnce: isSentOnApproval(judgedCall.judgement.execute, hintsOf(tool?.definition ?? null)),
      joinKey,
    },
    caller,
  );
}

/** Nobody is asked about it after all, and nothing is sent: its record does not wait for people. */
const notAsked = (number: number, code: string, { ports }: GatewayCaller): Promise<void> =>
  ports.activity.settle({
    number,
    status: "blocked",
    code,
    flags: [],
    request: null,
    resultHash: null,
    resultBytes: 0,
    result: null,
    masked: [],
    ms: null,
  });

/** How long a call waits for people. */
export const waitSecondsOf = (said: JsonValue | undefined): number =>
  typeof said === "number" && Number.isInteger(said) && said >= 0 ? Math.min(said, LONGEST_WAIT_SECONDS) : WAIT_SECONDS;
