/** The gate's own tools, called: going on with a call that waits, and telling what would become of one. */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { hasVisible } from "#countersign/text/display-text.ts";
import { isSentOnApproval } from "#countersign/policy/judging/calls/execution.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import { isObject } from "#countersign/json/shape.ts";
import { answerAsked } from "#gate/approvals/agent-approvals.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import { judgeCall } from "#gate/approvals/judge-call.ts";
import { deniedAlike } from "#gate/calls/denied-alike.ts";
import { innerRefused, notCallable, notDelegated } from "#gate/calls/why-refused.ts";
import { misfitOf } from "#rules/calls/arguments/check-arguments.ts";
import { callable, hintsAt } from "#rules/calls/callable.ts";
import { JUDGED_METHODS } from "#rules/calls/server-settings.ts";
import { type Failure, fieldFailure } from "#rules/failure.ts";
import { MAX_ANSWER_LENGTH } from "#rules/talk/limits.ts";
import { answer } from "../tool-answer.ts";
import { waitSecondsOf } from "./call-tool.ts";
import { type CallMessage, refusedCall } from "./refused-call.ts";
import { ownCall } from "./held/call-tasks.ts";
import { type AtServer, type GatewayCaller, isModern } from "./gateway-caller.ts";
import { answerHeld } from "./held/held-call.ts";
import { metaOf } from "./meta.ts";
import { answerJson, rpcResult } from "./rpc.ts";

const argumentsOf = ({ params }: CallMessage): JsonObject => (isObject(params["arguments"]) ? params["arguments"] : {});

const UNKNOWN: Failure = {
  code: "unknown_request",
  message: "There is no call of yours at this server that waits under this request_id.",
};

/** Goes on with a call of this agent's at this server; any other request looks as if it were not there. */
export async function resumeCall(call: CallMessage, caller: GatewayCaller, { server }: AtServer): Promise<Response> {
  const { request_id: requestId, wait_seconds: wait, answer: text, question_id: questionId = null } = argumentsOf(call);
  const state = await ownCall(requestId, caller, server.settings.id);
  if (state === null || typeof requestId !== "string") return refusedCall(call, UNKNOWN, caller);
  if (text !== undefined) {
    const refused = await answered(requestId, { questionId, text }, caller);
    if (refused !== null) return refusedCall(call, refused, caller);
  }
  const meta = metaOf(call.params);
  const token = meta["progressToken"];
  return answerHeld(
    {
      id: call.id,
      method: call.method,
      isOfMethod: JUDGED_METHODS.some((method) => method === state.snapshot.request.context["tool"]),
      requestId,
      progressToken: typeof token === "string" || typeof token === "number" ? token : null,
      waitSeconds: waitSecondsOf(wait),
      isNew: false,
      isMarked: true,
      isModern: isModern(meta, caller.headers),
      isSentAtOnce: state.onApproval === true,
      joinKey: state.joinKey,
    },
    caller,
  );
}

/** Answers what a person asked about a call; null once that is done. */
async function answered(
  requestId: string,
  { questionId, text }: { questionId: JsonValue; text: JsonValue },
  { agent, ports }: GatewayCaller,
): Promise<Failure | null> {
  if (questionId !== null && typeof questionId !== "string") return fieldFailure("question_id", "has to be a text, as question.id says");
  if (typeof text !== "string" || text.length > MAX_ANSWER_LENGTH || !hasVisible(text))
    return fieldFailure("answer", `has to be a text that people see, of at most ${MAX_ANSWER_LENGTH} characters`);
  const done = await answerAsked(requestId, agent, { questionId, text }, ports.approvals);
  return done.ok ? null : agentFailure(done.refusal);
}

/** What would become of a call: judged by the policy alone, without history; nothing is sent or asked. */
export async function explainCall(call: CallMessage, caller: GatewayCaller, { server, facts, policy }: AtServer): Promise<Response> {
  const { tool: name, arguments: given, reason } = argumentsOf(call);
  const args = isObject(given) ? given : {};
  const tool = typeof name === "string" ? name : "";
  const found = callable(server, tool);
  if (!found.ok) return refusedCall(call, notCallable(found.refusal, tool), caller);
  const outside = notDelegated(facts, server.settings.name, found.value.name);
  if (outside !== null) return refusedCall(call, outside, caller);
  const denied = deniedAlike({ server, tool: found.value, args }, facts, caller.ports.now());
  if (denied !== null) return refusedCall(call, denied, caller);
  const { definition } = found.value;
  const misfit = misfitOf(args, definition["inputSchema"]);
  const { people } = await caller.ports.approvals.index.approvers([]);
  const said = typeof reason === "string" ? reason : null;
  const checked = { server: server.settings, tool: found.value.name, definition, args, reason: said, hintsOf: hintsAt(server) };
  const { judgement } = judgeCall(checked, caller.agent, policy, { agent: facts, approvers: people }, caller.ports.now(), null);
  const inner = innerRefused(server, judgement.unwrapped, facts);
  if (inner !== null) return refusedCall(call, inner, caller);
  const { effect, rule, code, message, risk, slots, execute, unwrapped, preview, handling } = judgement;
  const named = (ids: readonly string[]) => people.filter(({ id }) => ids.includes(id)).map(({ username }) => username);
  const told = {
    effect,
    rule,
    policy_version: policy.version,
    ...(code !== null && { code, message: agentFailure({ reason: "denied", code, rule, message }).message }),
    ...(misfit !== null && { arguments_invalid: misfit }),
    ...(handling.verified !== undefined && { verified_approval: handling.verified }),
    risk: { level: risk.level, reasons: [...risk.reasons] },
    ...(unwrapped !== null && { judged_as: { tool: unwrapped.tool, arguments: unwrapped.args } }),
    ...(preview !== null && { preview: { tool: preview.tool, ...(preview.args !== null && { arguments: preview.args }) } }),
    ...(isSentOnApproval(execute, hintsOf(definition)) && { sent: "as soon as it is approved" }),
    approvers: [...new Set(slots.flatMap(({ eligible }) => named(eligible)))].toSorted(),
  };
  const modern = isModern(metaOf(call.params), caller.headers) ? { resultType: "complete" } : {};
  return answerJson(rpcResult(call.id, { ...modern, ...answer(told) }));
}
