/**
 * `approval/challenge/create` (SEP-2672) at a server's address: what a passkey has to sign for one call that the client is about to make.
 * The protocol's way to enrol passkeys is not offered: those of people here are made at the gate's own pages, and approved there.
 */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { utf8 } from "#countersign/encoding/bytes.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { ChallengeReason } from "#countersign/verified/verified-approval.ts";
import { CHALLENGE_MS, createChallenge, type MadeChallenge, MOST_CHALLENGES } from "#gate/calls/verified/create-challenge.ts";
import { evidenceFailure } from "#gate/calls/verified/evidence-for.ts";
import { notDelegated } from "#gate/calls/why-refused.ts";
import { misfitOf, withoutReason } from "#rules/calls/arguments/check-arguments.ts";
import { callable } from "#rules/calls/callable.ts";
import { GATED_ARGUMENTS_BYTES } from "#rules/calls/server-settings.ts";
import { challengeText } from "#rules/calls/verified/display-text.ts";
import { AGENT_STOPPED, type Failure } from "#rules/failure.ts";
import type { AcceptedTool } from "#rules/calls/server-settings.ts";
import { type AtServer, type GatewayCaller, isModern } from "../gateway-caller.ts";
import { metaOf } from "../meta.ts";
import type { CallMessage } from "../refused-call.ts";
import { answerJson, INVALID_PARAMS, rpcError, rpcResult } from "../rpc.ts";
import { classWanted } from "./annotation.ts";
import { evidenceError } from "./evidence-error.ts";

export const CHALLENGE_METHOD = "approval/challenge/create";

const TOO_MANY: Failure = {
  code: "rate_limited",
  message: `${MOST_CHALLENGES} challenges of yours are open. Use one, or wait until they are over.`,
};

const refusedWith = ({ id }: CallMessage, { code, message, errors }: Failure): Response =>
  answerJson(rpcError(id, INVALID_PARAMS, message, { code, ...(errors !== undefined && { errors: errors.map((one) => ({ ...one })) }) }));

/** Why no such call would be sent whatever signs it; null if one could be. */
function unfit(args: JsonObject, text: string, { definition }: AcceptedTool): Failure | null {
  const taken = withoutReason(args, definition["inputSchema"]);
  const misfit = taken.ok ? misfitOf(taken.value.args, definition["inputSchema"]) : taken.refusal;
  if (misfit !== null) {
    const { field, message } = misfit;
    return { code: "arguments_invalid", message: `The arguments do not fit, at ${field}: ${message}.`, errors: [{ field, message }] };
  }
  if (utf8(text).length <= GATED_ARGUMENTS_BYTES) return null;
  return {
    code: "payload_too_large",
    message: `A passkey approves arguments of at most ${GATED_ARGUMENTS_BYTES} bytes in canonical form.`,
  };
}

export async function serveChallenge(call: CallMessage, caller: GatewayCaller, at: AtServer): Promise<Response> {
  const { id, params } = call;
  const { toolName, arguments: given = {} } = params;
  if (typeof toolName !== "string" || !isObject(given))
    return answerJson(rpcError(id, INVALID_PARAMS, "A challenge needs the name of a tool (toolName), and an object of arguments."));
  const modern = isModern(metaOf(params), caller.headers);
  const refused = (reason: ChallengeReason) => answerJson(evidenceError(id, evidenceFailure(reason), modern));
  if (at.facts.isStopped) return refusedWith(call, AGENT_STOPPED);
  const found = callable(at.server, toolName);
  const outside = notDelegated(at.facts, at.server.settings.name, toolName);
  if (outside !== null) return refusedWith(call, outside);
  const wanted = found.ok ? classWanted(at, caller.agent, found.value) : null;
  if (!found.ok || wanted === null) return refused("tool_not_approved_required");
  const args = canonicalize(given);
  const misfit = unfit(given, args, found.value);
  if (misfit !== null) return refusedWith(call, misfit);
  const { id: serverId, name } = at.server.settings;
  const agent = { id: caller.agent.id, name: at.facts.name };
  const asked = { agent, server: { id: serverId, name }, tool: toolName, args, wanted };
  const ports = await caller.ports.verified();
  const made = await createChallenge(asked, ports);
  if (!made.ok) return made.refusal === "too_many" ? refusedWith(call, TOO_MANY) : refused(made.refusal);
  const told = envelope(made.value, new URL(ports.origin).hostname, challengeText(name, toolName, args));
  return answerJson(rpcResult(id, { ...(modern && { resultType: "complete" }), ...told }));
}

const envelope = ({ challenge, expiresAt, passkeys }: MadeChallenge, rpId: string, displayText: string) => ({
  challengeId: challenge,
  displayText,
  expiresAt,
  requestOptions: {
    challenge,
    rpId,
    allowCredentials: passkeys.map(({ credentialId, transports }) => ({ type: "public-key", id: credentialId, transports })),
    userVerification: "required",
    timeout: CHALLENGE_MS,
  },
});
