/** Why a call that an agent sends is refused, as it is told. */
import { utf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import type { OverLimit } from "#rules/calls/admission.ts";
import type { UnwrappedCall } from "#countersign/policy/judging/calls/unwrap.ts";
import { misfitOf } from "#rules/calls/arguments/check-arguments.ts";
import { callable, type NotCallable } from "#rules/calls/callable.ts";
import { headerMisfit } from "#rules/calls/header-params.ts";
import { GATED_ARGUMENTS_BYTES, type ServerInForce } from "#rules/calls/server-settings.ts";
import { misfitOfParams, unacceptedPrompt } from "#rules/calls/what-else.ts";
import { mayCall } from "#rules/agents/below.ts";
import { type Failure, NOT_DELEGATED } from "#rules/failure.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import type { JudgedCall, WantedCall } from "./calling.ts";

/** What is told of a tool that may not be called. */
export function notCallable(reason: NotCallable, tool: string): Failure {
  const name = tool.slice(0, 128);
  if (reason === "unknown_tool") return { code: reason, message: `There is no tool ${name} here. Nothing was sent.` };
  return {
    code: reason,
    message: `An admin has to accept the tool ${name}, as its server lists it now, before it can be called. Nothing was sent.`,
  };
}

/** Of an agent below another: its key was made for other tools. */
export const notDelegated = ({ below }: AgentFacts, server: string, tool: string): Failure | null =>
  mayCall(below?.scope, server, tool) ? null : NOT_DELEGATED;

/** Why what is no tool is refused whatever the policy says: its params, or a prompt that nobody has accepted as it is. */
export function blockedMethod(method: string, args: JsonObject, server: ServerInForce): Failure | null {
  const misfit = misfitOfParams(method, args);
  const prompt = misfit === null ? unacceptedPrompt(method, args, server) : null;
  if (prompt === null) return blockedBefore(method, null, misfit);
  const message = `An admin has to accept the prompt ${prompt.slice(0, 128)}, as its server lists it now, before it can be used. Nothing was sent.`;
  return { code: "tool_not_accepted", message };
}

/** Why a call is refused whatever the policy says. */
export function blockedBefore(
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

/**
 * Why a call is refused that holds another one: where the gate knows the tool of that, it is taken as strictly as if it were called itself;
 * and the agent's key has to be made for it.
 */
export function innerRefused(server: ServerInForce, inner: UnwrappedCall | null, facts: AgentFacts): Failure | null {
  if (inner === null) return null;
  const found = callable(server, inner.tool);
  const outside = notDelegated(facts, server.settings.name, inner.tool);
  // The server may know tools that it does not list.
  if (!found.ok) return found.refusal === "unknown_tool" ? outside : notCallable(found.refusal, inner.tool);
  return blockedBefore(inner.tool, found, misfitOf(inner.args, found.value.definition["inputSchema"])) ?? outside;
}

/** A proxy on the way may have looked at the headers only. */
export function saidOtherwise({ paramHeader }: WantedCall, wanted: Readonly<Record<string, string>>): Failure | null {
  const name = paramHeader === null ? null : headerMisfit(wanted, paramHeader);
  if (name === null) return null;
  return { code: "header_mismatch", message: `The header ${name} has to say what the arguments say. Nothing was sent.` };
}

export function refusedBy(
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

const LIMITS = { perMinute: "calls a minute", perDay: "calls a day", creditsPerDay: "credits a day", credits: "credits" } as const;

export const overLimit = ({ limit, retryAfter }: OverLimit, rule: string): Failure => ({
  code: "rate_limited",
  message: `The rule ${rule} allows no more ${LIMITS[limit]} now. Nothing was sent.`,
  rule,
  retryAfter,
});
