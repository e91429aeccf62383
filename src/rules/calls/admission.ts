/** What the gateway tells an agent's object of a call, and hears: by which it is admitted, counted and recorded. Types only. */
import type { CallRecord, CallStatus } from "#countersign/documents/call.ts";
import type { CallLimits, Keep } from "#countersign/policy/judging/handling.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import type { PastEntry, RemotePast } from "./past/agent-past.ts";

export type { CallLimits, Keep };

/** Everything of a call's record that is known when it is judged; its number is given when it is admitted. */
export type JudgedCallFacts = Omit<
  CallRecord,
  "type" | "agent" | "number" | "at" | "status" | "result_hash" | "result_bytes" | "ms" | "count"
> & { status: Extract<CallStatus, "allowed" | "blocked" | "pending_approval"> };

export interface CallToAdmit {
  /** By which facts it was judged; null where the isolate knows none yet: then it is only asked for them. */
  judgedBy: AgentFacts | null;
  facts: JudgedCallFacts | null;
  limits: { rule: string; most: CallLimits } | null;
  keep: Keep;
  /** Canonical arguments as `keep` has them kept; null where they are not. */
  arguments: string | null;
  /** The endpoint's session with the agent's client, and its trace; null where there is none. */
  session: string | null;
  trace: string | null;
  /** Of a call that people are asked about: what makes two calls the same, and the request under which it is asked for if nothing like it is pending. */
  join: { key: string; requestId: string } | null;
  /** What was unusual about it; null, or left out, if nothing was that anybody should look at. */
  notice?: CallNotice | null;
  /** How it is kept of the agent's past if it goes out; null, or left out, where the policy asks nothing of that. */
  past?: PastEntry | null;
}

/** What was unusual about a call, as people are told of it: beside its record, which the log commits to. */
export interface CallNotice {
  score: number;
  /** Sentences, none of them in the agent's words. */
  reasons: string[];
  /** Whether people were asked because of it. */
  isHeld: boolean;
}

export type Admission = Judged & {
  /** How many ends of earlier calls came with it, which are stored now; absent if none did, and from an object that takes none. */
  heard?: number;
};

type Judged =
  /** The key is revoked, or nobody's. */
  | { status: "revoked" }
  /** It was judged by what is not so (any more): judge again by these. */
  | { status: "judge-again"; facts: AgentFacts }
  /** The agent, or everything, is stopped. Recorded. */
  | { status: "stopped"; facts: AgentFacts }
  /** Recorded. */
  | ({ status: "limited" } & OverLimit)
  /** Recorded under this number. `joined`: the request that is pending for an equal call, or the one proposed. */
  | { status: "admitted"; facts: AgentFacts; number: number; joined: string | null };

/** Which limit is used up; `retryAfter` seconds from now one more may pass. */
export interface OverLimit {
  limit: keyof CallLimits;
  retryAfter: number;
}

/** How an admitted call ended. */
export interface SettledCall {
  number: number;
  status: CallStatus;
  code: string | null;
  flags: CallRecord["flags"];
  request: string | null;
  resultHash: string | null;
  resultBytes: number;
  /** The result as `keep` has it kept; null where it is not. */
  result: string | null;
  /** Where and by what something was masked, and how often; never what. */
  masked: { place: string; by: string; times: number }[];
  ms: number | null;
}

/** A call as people see it beside a request: what this agent did lately. */
export interface RecentCall {
  number: number;
  at: string;
  server: string;
  tool: string;
  status: CallStatus;
  rule: string;
  trace: string | null;
  request: string | null;
}

/** What the gateway asks of an agent's object; a part of `RemoteActivity`. */
export interface RemoteCalls extends RemotePast {
  /**
   * Judges nothing: says whether the key stands, by what to judge, counts, numbers and records. Durable before it answers. `ended`: how
   * earlier calls ended, as by `settle`, whatever becomes of this one.
   */
  admit(keyHash: string, call: CallToAdmit, ended?: readonly SettledCall[]): Promise<Admission>;
  /** Counts and records what is called before people are asked, of an agent that stands; it is none of what the agent did before. Durable before it answers. */
  admitPreview(call: CallToAdmit): Promise<{ number: number } | OverLimit>;
  /** How it ended; once, the first one stays. */
  settle(call: SettledCall): Promise<void>;
  /** Puts `requestId` in the place of `instead` as what equal calls join; the request that is joined then. */
  rejoin(key: string, requestId: string, instead: string): Promise<string>;
  /** Equal calls join it no more. */
  unjoin(key: string, requestId: string): Promise<void>;
  /** Counts an ask that this rule judged, beside its calls; null if it is within the limits, otherwise it counts for nothing. */
  countAsk(rule: string, most: CallLimits): Promise<OverLimit | null>;
  /** Its calls since that time (ms since the epoch), the newest first, at most 100. */
  recentCalls(sinceMs: number): Promise<RecentCall[]>;
}
