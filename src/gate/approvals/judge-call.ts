/** From a call of a server's tool to the request that people see, where the policy in force asks any: judged as asks are (judge-ask.ts). */
import type { RequestV2 } from "#countersign/documents/request.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import type { CallPayload } from "#rules/calls/gated-call.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import type { Narrowing, Parties, PolicyInForce } from "#rules/policies/judged.ts";
import { agentJudged, type Asker, type JudgedAsk, requestV2Of } from "./judge-ask.ts";

/** A call as it is judged, `_reason` taken out of its arguments. */
export interface CheckedCall {
  server: { id: string; name: string };
  tool: string;
  /** The pinned members of the accepted tool; null for what is none, such as `resources/read`. */
  definition: JsonObject | null;
  /** Passed the rules of payloads. */
  args: JsonObject;
  /** What the agent said with it; null where it said nothing. */
  reason: string | null;
  /** What other accepted tools of the server say of themselves: one of them it may be judged as. */
  hintsOf?: PolicyFacts["hintsOf"];
}

/** A call names nobody, and no times: who is asked, and how long, is the policy's alone. */
export const NOBODY_NAMED: Narrowing = { users: null, groups: null, required: 1 };

/** What the call is judged by, the policy apart. */
export function factsOfCall(call: CheckedCall, asker: Asker, { agent, approvers }: Parties, nowMs: number): PolicyFacts {
  return {
    source: "call",
    nowMs,
    agent: agentJudged(asker, agent),
    server: call.server.name,
    tool: call.tool,
    action: null,
    args: call.args,
    hints: hintsOf(call.definition),
    ...(call.hintsOf !== undefined && { hintsOf: call.hintsOf }),
    caller: null,
    asked: { ...NOBODY_NAMED, expiresIn: null, useWithin: null, reason: call.reason },
    past: null,
    approvers,
  };
}

/** `past`: what is known of the agent's; null: nothing, so that every condition on it fails. */
export function judgeCall(
  call: CheckedCall,
  asker: Asker,
  policy: PolicyInForce,
  parties: Parties,
  nowMs: number,
  past: PolicyFacts["past"],
): JudgedAsk {
  return { judgement: judge(policy.compiled, { ...factsOfCall(call, asker, parties, nowMs), past }), policy, parties, nowMs };
}

/** Of a request's action: as many characters as its format allows. */
const MOST_ACTION = 200;

/**
 * The request of a call that people are asked about. Of version 2 of its format by version 0 of the policy too: only there is it signed
 * that the gate makes the call, and no service that does not know such calls takes it for an ask.
 */
export function requestOfCall(
  id: string,
  origin: string,
  call: CheckedCall,
  payload: CallPayload,
  asker: Asker,
  judged: JudgedAsk,
  previewHash: string | null = null,
): RequestV2 {
  const { server, tool, reason } = call;
  const action = `${server.name}.${nameAsJudged(tool, judged.judgement.unwrapped?.tool ?? null)}`;
  const about = { action: action.slice(0, MOST_ACTION), reason, payload };
  const said = { source: "call" as const, server, tool, ...(previewHash !== null && { preview_hash: previewHash }) };
  return requestV2Of(id, origin, about, said, asker, judged);
}

/** Of a call that holds another one, both names. */
export const nameAsJudged = (tool: string, inner: string | null): string => (inner === null ? tool : `${tool}(${inner})`);
