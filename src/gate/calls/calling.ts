/** What the gateway needs to judge a call and to have it sent: the ports, and what a call is on its way. Types only. */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import type { PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import type { PastAnswers } from "#countersign/policy/judging/past/question.ts";
import type { KeyHolder } from "#gate/agents/activity/remote-activity.ts";
import type { AgentApprovalPorts } from "#gate/approvals/agent-approvals.ts";
import type { CallState } from "#gate/approvals/remote-approval.ts";
import type { AuthenticatorClass } from "#countersign/documents/words.ts";
import type { Failure } from "#rules/failure.ts";
import type { Admission, CallToAdmit, RemoteCalls, SettledCall } from "#rules/calls/admission.ts";
import type { CallRun } from "#rules/calls/gated-call.ts";
import type { CallHandling, MaskRule } from "#rules/calls/handling.ts";
import type { ServerListing } from "#rules/calls/server-listing.ts";
import type { AcceptedTool, ServerInForce, ServersInForce } from "#rules/calls/server-settings.ts";
import type { AgentFacts, PolicyInForce } from "#rules/policies/judged.ts";
import type { Result } from "#countersign/result.ts";
import type { PreviewPorts } from "./preview/preview.ts";
import type { Upstream } from "./upstream.ts";
import type { CheckedEvidence } from "./verified/check-evidence.ts";
import type { VerifiedPorts } from "./verified/verified-ports.ts";

/** A text without what must not leave, and what was taken out of it. */
export interface Masked {
  text: string;
  masked: { place: string; by: string; times: number }[];
}

/** Masks complete JSON-RPC messages of one server by one rule's masks; refuses what is no JSON. */
export type Mask = (text: string, secrets: readonly string[]) => Result<Masked, unknown>;

/** What is remembered in an isolate of how agents are judged; it decides nothing: their objects confirm it. */
export interface FactsMemory {
  of(keyHash: string): AgentFacts | null;
  note(keyHash: string, facts: AgentFacts): void;
}

export interface CallingPorts {
  approvals: AgentApprovalPorts;
  /** The servers in force in this epoch, or now if that is another. Throws if that cannot be known. */
  serversOf(epoch: number): Promise<ServersInForce>;
  activity: RemoteCalls;
  /** `RemoteCalls.admit`. */
  admit(keyHash: string, call: CallToAdmit): Promise<Admission>;
  /** Has the agent's object told how an allowed call ended, soon; resolves once that needs this caller no more. Never throws. */
  tellEnd(end: SettledCall): Promise<void>;
  upstream: Upstream;
  memory: FactsMemory;
  maskOf(rules: readonly MaskRule[]): Promise<Mask>;
  /** Where secrets are in the arguments, and of what kind. */
  scanArguments(args: JsonObject): { place: string; what: string }[];
  /** What previews are called with, for the agent that calls. */
  previews: PreviewPorts;
  /** Sends what is approved, in its request's object; once, whoever asks how often. */
  runCall(requestId: string, agentId: string, progress: ((params: JsonObject) => void) | null): Promise<CallRun>;
  /** How a call's request stands, and its sending; null if nothing of this agent's was ever opened under that id. */
  callState(requestId: string, agentId: string): Promise<CallState | null>;
  /** An answer was written to its client to the end. */
  collected(requestId: string, agentId: string): Promise<void>;
  /** What a server was seen to list now; never throws. */
  noteTools(server: ServerInForce, seen: SeenTools): Promise<void>;
  /** What evidence of a passkey is checked with, where a rule wants it. */
  verified(): Promise<VerifiedPorts>;
  serverSecret: Uint8Array;
  random(bytes: number): Uint8Array<ArrayBuffer>;
  now(): number;
  /** Keeps the Worker for what goes on beside the answer. */
  waitUntil(work: Promise<unknown>): void;
}

/** A server's tools as an agent's client has listed them, over all pages. */
export type SeenTools = Pick<ServerListing, "era" | "protocolVersion" | "tools"> & { unreadable: ServerListing["unreadable"]["tools"] };

/** Whose call it is. */
export interface CallingAgent extends KeyHolder {
  /** Of its key. */
  keyHash: string;
}

/** A call as the agent sent it, its arguments read strictly. */
export interface WantedCall {
  serverName: string;
  /** `tools/call`, or a method that is judged as if it were a tool of that name. */
  method: string;
  tool: string;
  /** With the agent's reason still in it. */
  args: JsonObject;
  /** The endpoint's name of the session; null without. */
  session: string | null;
  trace: string | null;
  idempotencyKey: string | null;
  /** The header `mcp-param-…` of that name as it came; null where the protocol has none. */
  paramHeader: ((name: string) => string | null) | null;
  /** Of a passkey (SEP-2672), as the client sent it. */
  evidence?: JsonValue | undefined;
  /** Evidence of such a passkey was consumed for it already, when it was judged before. */
  spent?: AuthenticatorClass;
}

/** A call that was judged and recorded. */
export interface JudgedCall {
  number: number;
  server: ServerInForce;
  /** Null for a method that is no tool. */
  tool: AcceptedTool | null;
  /** The tool's, or the method's. */
  name: string;
  args: JsonObject;
  /** Canonical. */
  argumentsText: string;
  reason: string | null;
  judgement: PolicyJudgement;
  handling: CallHandling;
  policy: PolicyInForce;
  /** What was known of the agent's past, by which version; null where that asks nothing. */
  past: { answers: PastAnswers; version: number } | null;
  facts: AgentFacts;
  /** What a rule wants consumed before the call goes on; left out: nothing. `pastKey`: under which the call counts from its admission. */
  evidence?: { checked: CheckedEvidence; pastKey: string };
  /** By its lease: when what the agent's standing rests on was asked for, ms since the epoch. */
  askedAtMs: number;
}

export type CallVerdict =
  | { verdict: "send"; call: JudgedCall }
  /** People are asked under this request, or are being asked already. */
  | { verdict: "ask"; call: JudgedCall; requestId: string; isJoined: boolean; joinKey: string }
  /** `tool`: what it would have been a call of, if that was found. */
  | { verdict: "refuse"; failure: Failure; tool: AcceptedTool | null };
