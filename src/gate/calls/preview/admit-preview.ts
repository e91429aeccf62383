/**
 * Whether a preview may be called: only a tool that admins have accepted, that says of itself that it only reads, that the agent's key was
 * made for, and that the policy lets this agent call without asking anybody. It is counted and recorded as a call of the agent's, and is
 * none of what the agent did before.
 */
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type CheckedCall, factsOfCall, judgeCall } from "#gate/approvals/judge-call.ts";
import { knownPast, leftOut } from "#gate/approvals/known-past.ts";
import type { CallToAdmit } from "#rules/calls/admission.ts";
import { misfitOf } from "#rules/calls/arguments/check-arguments.ts";
import { callable, hintsAt } from "#rules/calls/callable.ts";
import type { CallHandling } from "#rules/calls/handling.ts";
import { keptArguments, maskedArguments } from "#rules/calls/masking/mask-by.ts";
import { PREVIEW_METHOD } from "#rules/calls/record/call-record.ts";
import { scanArguments } from "#rules/calls/secrets/scan-arguments.ts";
import type { AcceptedTool } from "#rules/calls/server-settings.ts";
import type { Failure } from "#rules/failure.ts";
import type { PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import { notDelegated, overLimit } from "../why-refused.ts";
import type { PreviewOf, PreviewPorts } from "./preview.ts";

export interface AdmittedPreview {
  number: number;
  tool: AcceptedTool;
  args: JsonObject;
  handling: CallHandling;
}

/** What is told of one that cannot be had: nobody is asked, and nothing of the call itself is sent. */
export const previewFailed = ({ rule, tool }: PreviewOf["wanted"], why: string): Failure => ({
  code: "preview_failed",
  message: `The rule ${rule} wants people to see what ${tool} says before they decide, and ${why}. The call itself was not sent.`,
  rule,
});

export async function admitPreview(of: PreviewOf, ports: PreviewPorts): Promise<Result<AdmittedPreview, Failure>> {
  const { wanted, server, facts } = of;
  const failed = (why: string) => refuse(previewFailed(wanted, why));
  const { args } = wanted;
  if (args === null) return failed("its arguments could not be told from these");
  const found = callable(server, wanted.tool);
  if (!found.ok) return failed("no admin has accepted that tool as its server lists it now");
  const tool = found.value;
  if (hintsOf(tool.definition)?.readOnlyHint !== true) return failed("that tool does not say that it only reads");
  if (notDelegated(facts, server.settings.name, tool.name) !== null) return failed("this agent's key was not made for that tool");
  const misfit = misfitOf(args, tool.definition["inputSchema"]);
  if (misfit !== null) return failed(`its arguments do not fit, at ${misfit.field}: ${misfit.message}`);

  const call: CheckedCall = {
    server: server.settings,
    tool: tool.name,
    definition: tool.definition,
    args,
    reason: null,
    hintsOf: hintsAt(server),
  };
  const judgement = await judgementOf(call, of, ports);
  const { handling } = judgement;
  const hasSecrets = handling.scan !== null && scanArguments(args).length > 0;
  // One that needs an approver's evidence is nothing that the gate can call by itself.
  const isFree = judgement.effect === "allow" && judgement.unwrapped === null && handling.verified === undefined;
  const isBlocked = !isFree || (hasSecrets && handling.scan === "block");
  const toAdmit = toAdmitOf({ tool, args, handling }, of, judgement, hasSecrets);
  const recorded = { ...toAdmit, arguments: await keptArguments(args, handling, judgement.unwrapped !== null) };
  const admission = await ports.admit(isBlocked ? blocked(recorded) : recorded);
  if (isBlocked)
    return failed(hasSecrets ? "its arguments hold what looks like a secret" : `the rule ${judgement.rule} does not let it pass`);
  if ("limit" in admission) return refuse(overLimit(admission, recorded.limits?.rule ?? judgement.rule));
  return accept({ number: admission.number, tool, args, handling });
}

/** By the policy in force, and by what the agent did before, to which this does not belong. */
async function judgementOf(call: CheckedCall, { agent, facts, policy }: PreviewOf, ports: PreviewPorts): Promise<PolicyJudgement> {
  const [nowMs, parties] = [ports.now(), { agent: facts, approvers: [] }];
  const key = `preview:${b64u(ports.random(16))}`;
  const known = await knownPast(
    { key, facts: factsOfCall(call, agent, parties, nowMs), policy, isUse: false },
    maskedArguments,
    ports.past,
  );
  if (known?.isCounted === true) await leftOut(key, ports.past);
  return judgeCall(call, agent, policy, parties, nowMs, known?.answers ?? null).judgement;
}

function toAdmitOf(
  { tool, args, handling }: Omit<AdmittedPreview, "number">,
  { facts: judgedBy, server, policy, trace }: PreviewOf,
  { rule, limitedBy }: PolicyJudgement,
  hasSecrets: boolean,
): CallToAdmit & { facts: NonNullable<CallToAdmit["facts"]> } {
  const bytes = utf8(canonicalize(args));
  const { keep, limits } = handling;
  return {
    judgedBy,
    facts: {
      server: { id: server.settings.id, name: server.settings.name },
      method: PREVIEW_METHOD,
      tool: tool.name,
      schema_hash: tool.pin,
      status: "allowed",
      code: null,
      flags: hasSecrets ? ["secret"] : [],
      rule,
      policy: policy.version,
      request: null,
      arguments_hash: keep.what === "none" ? null : hex(sha256(bytes)),
      arguments_bytes: bytes.length,
    },
    limits: limits === null ? null : { rule: limitedBy ?? rule, most: limits },
    keep,
    arguments: null,
    session: null,
    trace,
    join: null,
  };
}

const blocked = <Call extends ReturnType<typeof toAdmitOf>>(call: Call): Call => ({
  ...call,
  facts: { ...call.facts, status: "blocked", code: "preview_failed" },
});
