/**
 * What an approval was judged by when it was asked for, and how it is judged again when it is used: by the policy in force then, with
 * everybody's groups as they are then. Pure. Asking is gate/approvals/judge-ask.ts.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { chainIn, isV2, type RequestContext, type RequestDocument, topOf } from "#countersign/documents/request.ts";
import { type AuthenticatorClass, timestamp } from "#countersign/documents/words.ts";
import { isEvidenceEnough } from "#countersign/policy/judging/handling.ts";
import type { CompiledPolicy } from "#countersign/policy/judging/compiled.ts";
import type { ApproverFacts, PolicyFacts, ToolHints } from "#countersign/policy/judging/facts.ts";
import { judge, type PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import { quorumMet } from "#countersign/quorum.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import type { Below } from "../agents/below.ts";
import type { DeniedPattern } from "./denied-pattern.ts";
import { isOfRule } from "../grants/serving.ts";

/** How often everything, and this agent with those above it, has been stopped. What began under other numbers serves for nothing any more. */
export interface StopNumbers {
  all: number;
  agent: number;
}

/** What an agent is judged by besides its calls, as the D1 primary has it. */
export interface AgentFacts {
  /** What it is called now: admins may change that. */
  name: string;
  /** Of the agent at the top of its chain. */
  groups: string[];
  ownerName: string;
  /** Who was shown its key; null if that is not known. */
  maker: string | null;
  /** Who was shown keys of it that were replaced and serve still; left out where none does. */
  formerMakers?: string[];
  stops: StopNumbers;
  /** Whether a stop, of it, of one above it or of everything, is in force. */
  isStopped: boolean;
  /** Whether there is any channel to tell people over. */
  hasChannels: boolean;
  /** Of everything that is judged by; another one means that the policy has to be read again. */
  epoch: number;
  /** What of it is refused without asking; left out where nothing is, and where it is judged at use: what was asked for before goes on. */
  patterns?: DeniedPattern[];
  /** Left out of one that nobody is above. */
  below?: Below;
}

/** The policy in force. */
export interface PolicyInForce {
  epoch: number;
  /** 0 if none was ever published. */
  version: number;
  /** SHA-256 of the document, hexadecimal. */
  hash: string;
  /** Null for version 0. */
  compiled: CompiledPolicy | null;
}

/** What of an ask only narrows whom the policy asks. */
export type Narrowing = Pick<PolicyFacts["asked"], "users" | "groups" | "required">;

/** What is kept of how a request was judged, and is not in the request. */
export interface JudgedBy {
  stops: StopNumbers;
  narrowing: Narrowing;
  /** What the agent asked for and did not get in full. */
  shortened: PolicyJudgement["shortened"];
  /** How people hear of it; left out where there was no channel when it was asked for. */
  notify?: ToldBy;
  /** Whether it passes if nobody denies it until its deadline, and somebody was told; left out if not. */
  passesInSilence?: true;
  /** For how many seconds at most people may have time, by the rules that decided. A version before did not say. */
  longest?: number;
  /** Whether whoever approves has to pick the number that the agent shows; left out if not, and by a version before. */
  matchesNumber?: true;
  /** Usernames of those who may decide, by id, as many as an agent is told of. A version before did not say. */
  names?: Record<string, string>;
  /** For how long (seconds) and how often the rule lets whoever approves it remember; left out where it does not. */
  grants?: { for: number; uses: number };
}

/** Who is told, besides those who may decide, and how much. */
export interface ToldBy {
  label: "shown" | "hidden";
  /** Names of channels whose places are told, whatever their group; null: a rule says nothing. */
  channels: string[] | null;
  /** Groups that are asked, and those that are once more people may decide. */
  groups: string[];
  /** After so many seconds. */
  later: { after: number; groups: string[] }[];
  /** Seconds before the deadline; null: as it is done where nothing is said. */
  remind: number[] | null;
}

/** Of a request that an earlier version opened: before there were stops, and of people that it names itself. */
const NOT_JUDGED: JudgedBy = { stops: { all: 0, agent: 0 }, narrowing: { users: null, groups: null, required: 1 }, shortened: [] };

/** Whether a stop came after it was asked for, or is in force. What does not say its numbers was asked for before there were stops. */
export const isStoppedSince = (
  { stops: asked = NOT_JUDGED.stops }: Partial<Pick<JudgedBy, "stops">> = {},
  { stops, isStopped }: AgentFacts,
): boolean => isStopped || asked.all !== stops.all || asked.agent !== stops.agent;

/** Who takes part in a judgement. */
export interface Parties {
  agent: AgentFacts;
  approvers: readonly ApproverFacts[];
}

/** Whether the gate itself makes what it is about, a call of a server's tool, once it is approved. */
export const isOfCall = (request: RequestDocument): boolean => isV2(request) && request.context.source === "call";

/** What a request is about, by names, as rules match it. */
export interface Subject {
  source: "ask" | "call";
  server: string | null;
  tool: string | null;
  /** Null for a call. */
  action: string | null;
}

export function requestSubject(request: RequestDocument): Subject {
  const { tool, server } = isV2(request) ? request.context : namedIn(request.context);
  const isCall = isOfCall(request);
  return {
    source: isCall ? "call" : "ask",
    server: server?.name ?? null,
    tool: tool ?? null,
    action: isCall ? null : request.action,
  };
}

/** Who was shown a key that serves, as policies see it. */
export const makersOf = ({ maker, formerMakers }: AgentFacts): Pick<PolicyFacts["agent"], "maker" | "formerMakers"> => ({
  maker: maker === null ? null : { id: maker },
  ...(formerMakers !== undefined && { formerMakers }),
});

/** What a rule sees of a request's payload. */
export const argumentsSeen = (request: RequestDocument, payload: JsonObject): JsonObject =>
  isOfCall(request) ? argumentsIn(payload) : payload;

/**
 * What an approval is judged by when it is used. `payload`: parsed, as it was hashed. `definition`: of the tool that is called, as it was
 * accepted when it was asked for; null for an ask. `inner`: of the one that it was judged as.
 */
export function factsOfUse(
  request: RequestDocument,
  payload: JsonObject,
  { narrowing } = NOT_JUDGED,
  { agent, approvers }: Parties,
  nowMs: number,
  definition: JsonObject | null = null,
  inner?: { tool: string; hints: ToolHints | null },
): PolicyFacts {
  const { requested_by: by } = request;
  return {
    ...requestSubject(request),
    nowMs,
    agent: {
      // Of one below another the one at the top, which is not called anything else while others are below it.
      name: agent.below === undefined ? agent.name : topOf(request).name,
      groups: agent.groups,
      owner: { id: by.owner, username: agent.ownerName },
      ...makersOf(agent),
      ...namesOfChain(request),
    },
    args: argumentsSeen(request, payload),
    hints: isOfCall(request) ? hintsOf(definition) : null,
    ...(inner !== undefined && { hintsOf: (tool: string) => (tool === inner.tool ? inner.hints : null) }),
    caller: null,
    // As long as people had, whatever a rule says where nothing is asked for: who could decide later depends on it.
    asked: { ...narrowing, expiresIn: secondsToDecide(request), useWithin: null, reason: request.reason },
    past: null,
    approvers,
  };
}

function namesOfChain(request: RequestDocument): Pick<PolicyFacts["agent"], "chain"> {
  const chain = chainIn(request);
  return chain.length === 0 ? {} : { chain: chain.map(({ name }) => name) };
}

/** Of a call's payload, which the gate has made. */
function argumentsIn({ arguments: args }: JsonObject): JsonObject {
  if (!isObject(args)) throw new Error("the payload of a call has no arguments");
  return args;
}

const secondsToDecide = ({ requested_at: from, expires_at: to }: RequestDocument): number => (Date.parse(to) - Date.parse(from)) / 1_000;

/** What a request of version 1 says of tool and server; nothing in one of an earlier version of the service. */
const namedIn = (context: JsonObject): Pick<RequestContext, "tool" | "server"> => ({
  ...(typeof context["tool"] === "string" && { tool: context["tool"] }),
  ...(isObject(context["server"]) &&
    typeof context["server"]["name"] === "string" && { server: { id: null, name: context["server"]["name"] } }),
});

/** What let a request pass: people, each with the time of their approval; that nobody denied it; or a grant, of that rule and these people. */
export type ApprovedBy = ReadonlyMap<string, string> | "silence" | { rule: string; givers: readonly string[] };

/** What else a call that is used rests on. */
export interface CallSeen {
  /** Of which passkey evidence was consumed for it; left out: of none. */
  verified?: AuthenticatorClass;
  /** The tool as whose call people saw it, where it holds one. */
  inner?: string;
}

export interface JudgedAgainRefusal {
  reason: "denied-when-used" | "outside-window-when-used" | "policy-changed";
  rule: string;
  message: string | null;
}

/**
 * Why an approval serves no more under the policy in force; null if it does. `approvals`: who approved, and when. Where people are asked,
 * those who approved have to meet the slots that would be asked for now, each as somebody who could decide by the time they did; what
 * passed in silence, or by a grant, has to be such that it would now; and a call has to be what it was (`isAsSeen`).
 */
export function judgedAgain(
  policy: CompiledPolicy | null,
  facts: PolicyFacts,
  requestedAt: string,
  approvals: ApprovedBy,
  seen: CallSeen = {},
): JudgedAgainRefusal | null {
  const judgement = judge(policy, facts);
  const { effect, code, rule, message, slots, passesInSilence } = judgement;
  if (effect === "deny") {
    if (code === "policy_denied") return { reason: "denied-when-used", rule, message };
    if (code === "outside_window") return { reason: "outside-window-when-used", rule, message };
    return { reason: "policy-changed", rule, message };
  }
  if (facts.source === "call" && !isAsSeen(judgement, seen)) return { reason: "policy-changed", rule, message };
  if (effect === "allow") return null;
  if (approvals === "silence") return passesInSilence ? null : { reason: "policy-changed", rule, message };
  if ("givers" in approvals) return isOfRule(approvals, judgement) ? null : { reason: "policy-changed", rule, message };
  const seats = slots.map(({ required, eligible, escalations }) => ({
    required,
    eligible: [...approvals].flatMap(([person, at]) => {
      const stepOf = escalations.find((step) => step.eligible.includes(person));
      const isLater = stepOf !== undefined && timestamp(Date.parse(requestedAt) + stepOf.after * 1_000) <= at;
      return eligible.includes(person) || isLater ? [person] : [];
    }),
  }));
  return quorumMet(seats, new Set(approvals.keys())) ? null : { reason: "policy-changed", rule, message };
}

/** Whether evidence that is wanted now was there when people were asked, and it holds no other call than they saw. */
const isAsSeen = ({ handling, unwrapped }: PolicyJudgement, { verified, inner }: CallSeen): boolean =>
  isEvidenceEnough(handling.verified, verified) && (unwrapped === null || unwrapped.tool === inner);
