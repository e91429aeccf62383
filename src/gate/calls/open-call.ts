/** A call that people have to be asked about: from how it was admitted to a request that they can see. What passes by a rule is not opened. */
import { type Bytes, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { AuthenticatorClass } from "#countersign/documents/words.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { isSentOnApproval } from "#countersign/policy/judging/calls/execution.ts";
import { isEvidenceEnough } from "#countersign/policy/judging/handling.ts";
import type { PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import { refuse, type Result } from "#countersign/result.ts";
import { type CheckedCall, judgeCall, NOBODY_NAMED, requestOfCall } from "#gate/approvals/judge-call.ts";
import { grantsToTry } from "#gate/approvals/grants-to-try.ts";
import { type JudgedAsk, judgedBy } from "#gate/approvals/judge-ask.ts";
import { listAndOpen } from "#gate/approvals/list-and-open.ts";
import type { AskingAgent, AskRefusal, OpenPorts } from "#gate/approvals/open-approval.ts";
import type { Opened } from "#gate/approvals/opening.ts";
import { callable, hintsAt } from "#rules/calls/callable.ts";
import type { CallPayload, CallToSend } from "#rules/calls/gated-call.ts";
import type { JudgedCall } from "./calling.ts";
import { type AcceptedTool, originOfServer, type ServerInForce } from "#rules/calls/server-settings.ts";
import { scanArguments } from "#rules/calls/secrets/scan-arguments.ts";
import type { Failure } from "#rules/failure.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import { makeRequestId } from "#rules/request-id.ts";
import { patternOfCall } from "./denied-alike.ts";
import type { TakenPreview } from "./preview/preview.ts";
import { PreviewsOfCall, type TakePreview } from "./preview/previews-of-call.ts";
import { evidenceFailure } from "./verified/evidence-for.ts";
import { innerRefused, refusedBy } from "./why-refused.ts";

export interface CallToOpen {
  /** Made by `newCallId`, and joined by equal calls (`RemoteCalls.admit`). */
  requestId: string;
  server: ServerInForce;
  /** Null for what is judged as if it were a tool of that name, such as `resources/read`. */
  tool: AcceptedTool | null;
  /** The name that it is called by; left out: the tool's. */
  name?: string;
  /** Passed the rules of payloads, `_reason` taken out. */
  args: JsonObject;
  reason: string | null;
  toSend: Omit<CallToSend, "handling">;
  /** Of which passkey evidence was consumed for it; left out: of none. */
  verified?: AuthenticatorClass;
  /** What it was judged by when it was admitted; null, or left out: nothing was asked of its agent's past. */
  past?: JudgedCall["past"];
  /** Calls what people are to see first; left out where nothing can be called. */
  takePreview?: TakePreview;
}

/** `allowed`: by the policy in force now it passes, and nobody is asked. Nothing was opened. */
export type OpenCallRefusal = AskRefusal | { reason: "allowed" };

/** An id for a call that people are asked about. Random: what makes two calls the same is the agent's record to know. */
export const newCallId = (serverSecret: Uint8Array, random: (bytes: number) => Bytes): string => makeRequestId(serverSecret, random(16));

/** What a call's payload is. What is no accepted tool is pinned by its name alone. */
export function callPayload({ server, tool, name, args }: Pick<CallToOpen, "server" | "tool" | "name" | "args">): CallPayload {
  const { settings } = server;
  const called = tool?.name ?? name ?? "";
  const pin = tool?.pin ?? toolPin({ name: called });
  return { server: settings.name, url_origin: originOfServer(settings.url), tool: called, schema_hash: pin, arguments: args };
}

/** So often a call is judged anew if what it is judged by changes meanwhile. */
const MOST_JUDGEMENTS = 20;

/**
 * 1. whoever comes with the same id finds what is open under it; 2. it is judged; 3. it is listed, if what judged it is in force in that
 * moment and the agent is within its caps; 4. its object stores it, unless somebody else has: the first one stays.
 */
export async function openCall(call: CallToOpen, agent: AskingAgent, ports: OpenPorts): Promise<Result<Opened, OpenCallRefusal>> {
  const payload = canonicalize(callPayload(call));
  const mostBytes = ports.caps.MAX_PAYLOAD_BYTES;
  if (utf8(payload).length > mostBytes) return refuse({ reason: "payload-too-large", mostBytes });
  const [refused, before] = await Promise.all([agent.admitted(), ports.approvals.held(call.requestId)]);
  if (refused !== null) return refuse({ reason: "not-admitted", failure: refused });
  if (before !== null) return { ok: true, value: { snapshot: before, isNew: false } }; // 1

  const previews = new PreviewsOfCall(call.takePreview ?? null);
  const again = async (facts: AgentFacts) => judgeAndOpen(call, payload, facts, agent, previews, ports);
  let opened = await again(await agent.facts()); // 2, 3, 4
  for (let tries = 1; opened === "epoch-over"; tries++) {
    if (tries === MOST_JUDGEMENTS) throw new Error("what a call is judged by changes faster than it is judged");
    opened = await again(await agent.facts("again"));
  }
  return opened;
}

async function judgeAndOpen(
  call: CallToOpen,
  payload: string,
  facts: AgentFacts,
  agent: AskingAgent,
  previews: PreviewsOfCall,
  ports: OpenPorts,
): Promise<Result<Opened, OpenCallRefusal> | "epoch-over"> {
  if (facts.isStopped) return refuse({ reason: "agent-stopped" });
  const pattern = patternOfCall(call, facts, ports.now());
  if (pattern !== null) return refuse(pattern);
  const [policy, { people: approvers }] = await Promise.all([ports.policyOf(facts.epoch), ports.index.approvers([])]);
  const { settings } = call.server;
  const content = callPayload(call);
  const checked: CheckedCall = {
    server: { id: settings.id, name: settings.name },
    tool: content.tool,
    definition: call.tool?.definition ?? null,
    args: call.args,
    reason: call.reason,
    hintsOf: hintsAt(call.server),
  };
  // By a version that has come into force since then nothing of the past is known: what rests on it fails.
  const past = call.past?.version === policy.version ? call.past.answers : null;
  const judged = judgeCall(checked, agent, policy, { agent: facts, approvers }, ports.now(), past);
  const { effect, code, rule, message } = judged.judgement;
  if (effect === "allow") return refuse({ reason: "allowed" });
  if (effect === "deny") return refuse({ reason: "denied", code: code ?? "policy_denied", rule, message });
  const failure = refusedSince(call, judged.judgement, facts);
  if (failure !== null) return refuse({ reason: "not-admitted", failure });
  const seen = await previews.of(judged.judgement, { facts, policy });
  if (!seen.ok) return refuse({ reason: "not-admitted", failure: seen.refusal });
  // Meanwhile it may have been stopped, or what it is judged by may be another: so it is judged again, once.
  if (seen.value?.isNew === true) return "epoch-over";
  const preview = seen.value?.preview ?? null;
  const requestBy = (judgement: JudgedAsk["judgement"]) =>
    requestOfCall(call.requestId, ports.origin, checked, content, agent, { ...judged, judgement }, preview?.hash ?? null);
  const request = requestBy(judged.judgement);
  const opening = {
    request,
    payload,
    fingerprint: hex(hashJson(content)),
    judged: judgedBy(NOBODY_NAMED, judged),
    basis: null,
    call: {
      ...call.toSend,
      handling: judged.judgement.handling,
      ...howItIsSent(judged.judgement, checked, call.server),
      ...(preview !== null && keptPreview(preview, judged.judgement)),
    },
    ...(await grantsToTry(judged, request, content, requestBy, ports)),
  };
  const isInForce = async () => (await agent.facts("again")).epoch === policy.epoch;
  return listAndOpen(opening, { isKeyed: true, epoch: policy.epoch, over: [], isInForce }, ports);
}

/** Why it is refused by what has come into force since it was admitted, though people would be asked. */
function refusedSince({ server, args, verified }: CallToOpen, judgement: PolicyJudgement, facts: AgentFacts): Failure | null {
  const { handling, rule, unwrapped } = judgement;
  const secrets = handling.scan === "block" ? scanArguments(args) : [];
  const refusal = innerRefused(server, unwrapped, facts) ?? refusedBy(judgement, true, secrets, handling.scan, canonicalize(args));
  if (refusal !== null || isEvidenceEnough(handling.verified, verified)) return refusal;
  return evidenceFailure("missing_evidence", rule);
}

/** What the judgement says of its sending: when, and of which call it is judged as. */
function howItIsSent(
  { execute, unwrapped }: JudgedAsk["judgement"],
  { definition }: CheckedCall,
  server: ServerInForce,
): Pick<CallToSend, "onApproval" | "inner"> {
  const inner = unwrapped === null ? null : callable(server, unwrapped.tool);
  return {
    ...(isSentOnApproval(execute, hintsOf(definition)) && { onApproval: true as const }),
    ...(unwrapped !== null && {
      inner: {
        tool: unwrapped.tool,
        pin: inner?.ok === true ? inner.value.pin : null,
        hints: inner?.ok === true ? hintsOf(inner.value.definition) : null,
      },
    }),
  };
}

const keptPreview = ({ tool, args, pick, shown }: TakenPreview, { preview }: JudgedAsk["judgement"]): Pick<CallToSend, "preview"> => ({
  preview: { rule: preview?.rule ?? "", tool, args, pick, shown: canonicalize(shown) },
});
