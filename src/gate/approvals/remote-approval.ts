/** One approval as the Worker reaches it: the calls that its Durable Object answers (durable-objects/approval-request.ts). */
import type { Result } from "#countersign/result.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { OutcomeReport, RedeemCall } from "#rules/agent-calls.ts";
import type { CallRun, CallToSend } from "#rules/calls/gated-call.ts";
import type { NoticeState, Told } from "#rules/notices/outbox.ts";
import type { NotOwn } from "./agent-approvals.ts";
import type { ReceiptParts } from "./assemble-receipt.ts";
import type { AskBackRefusal, AskedQuestion, GivenAnswerRefusal } from "./object/ask-back.ts";
import type { GrantOffer } from "./object/grant-of-decision.ts";
import type { MoreTime } from "#rules/talk/more-time.ts";
import type { GivenAnswer } from "#rules/talk/questions.ts";
import type { TimeRefusal } from "./object/more-time.ts";
import type { BatchRefusal } from "./object/may-be-in-batch.ts";
import type { PageNonce } from "./object/object-ports.ts";
import type { DecisionRefusal, SignedDecision } from "./object/record-decision.ts";
import type { UseRefusal } from "./object/use-approval.ts";
import type { Opened, Opening } from "./opening.ts";
import type { Snapshot } from "./snapshot.ts";
import type { ReceiptViewer, ViewRefusal } from "./visible-request.ts";

/** What a page needs besides what everybody sees. */
export interface PageView {
  snapshot: Snapshot;
  /** Canonical JSON; null once payloads of its age are not kept any more. */
  payload: string | null;
  /** What a call at the gateway needs to be sent, of which people are told some; not there of anything else. */
  call?: CallToSend | null;
  /** Null once decided, or for a person who may look but not decide. */
  nonce: PageNonce | null;
  /** Numbers of which one is what the agent shows, in any order; null where none has to be picked. An object of an earlier version does not tell. */
  numbers?: string[] | null;
  /** From when on this person may give more time, and until when it then is; null where they may not. An object of an earlier version does not tell. */
  moreTime?: MoreTime | null;
  /** What whoever decides may let pass besides; null for nothing. An object of an earlier version does not tell. */
  offer?: GrantOffer | null;
  /**
   * Why this person has to approve it by itself; null if they may do it together with others. Not there for who does not decide; an object
   * of an earlier version does not tell, and is not asked to.
   */
  alone?: BatchRefusal["reason"] | null;
}

export interface CallState {
  snapshot: Snapshot;
  run: CallRun;
  /** The server that it is a call of, and what equal calls join it by. */
  serverId: string;
  joinKey: string;
  /** It is sent as soon as it is approved. An object of an earlier version sends nothing by itself. */
  onApproval?: true;
}

export interface RemoteApproval {
  /** Opens the request, unless one is there already: then that one stays. As `ApprovalOpener.open`. */
  open(opening: Opening): Promise<Opened | "epoch-over">;
  /**
   * The approval as JSON (`Snapshot`), which is carried at less cost than an object; brought up to date if that can be done now; null if
   * nothing was ever opened here. Unless `looksInArchive` is false, one of the archive is found there, as with every call below.
   */
  readText(looksInArchive?: boolean): Promise<string | null>;
  /** What the page shows, with a fresh nonce if this person may decide; null for somebody who only looks. */
  page(personId: string | null): Promise<PageView | null>;
  /** A fresh nonce for a page that stayed open; null if this person cannot decide (any more). */
  nonce(personId: string): Promise<PageNonce | null>;
  /** Records one person's signed verdict. What is stored and cannot be logged yet is logged later. */
  decide(signed: SignedDecision): Promise<Result<Snapshot, DecisionRefusal>>;
  /** Ends a pending approval if its agent is revoked, or it or everything was stopped since, unless it had ended. */
  stop(): Promise<void>;
  /** Ends a pending approval of this agent without a decision, unless it had ended. */
  withdraw(agentId: string, reason: string | null): Promise<Result<Snapshot, NotOwn>>;
  /** Redeems an approval of this agent, once; answered when that is in the log. */
  redeemFor(agentId: string, call: RedeemCall): Promise<Result<Snapshot, UseRefusal>>;
  /** Records how this agent's action went; answered when that is in the log. */
  reportFor(agentId: string, said: OutcomeReport): Promise<Result<Snapshot, UseRefusal>>;
  /** Records what a person who may decide asks the agent. */
  askBack(asked: AskedQuestion): Promise<Result<Snapshot, AskBackRefusal>>;
  /** Gives more time: the request is made anew with a later deadline. */
  giveMoreTime(person: { id: string; username: string }): Promise<Result<Snapshot, TimeRefusal>>;
  /** Records the agent's answer; answered when that is in the log. */
  answerFor(agentId: string, said: GivenAnswer): Promise<Result<Snapshot, GivenAnswerRefusal>>;
  /** What goes into the receipt besides records and proofs, for whoever may have it, once the end is in the log. */
  receiptFor(viewer: ReceiptViewer): Promise<Result<ReceiptParts, ViewRefusal | { reason: "not-ended" }>>;
  /**
   * The payload of a request that is public: asked to be, approved, and in the log; null for any other, canonical JSON. `not-kept` once
   * payloads of its age are not.
   */
  revealedPayload(): Promise<string | null>;
  /** How it stands with a call that the gate makes itself, and its sending; null if no such call of this agent was ever opened here. */
  callState(agentId: string): Promise<CallState | null>;
  /**
   * Sends an approved call of this agent, once, whoever asks how often, and gives what came of it. `progress` hears what the server tells
   * meanwhile; whoever goes away ends nothing.
   */
  runCall(agentId: string, progress: ((params: JsonObject) => void) | null): Promise<CallRun>;
  /** An answer of it was written to its client to the end: it is not kept any more. */
  collected(agentId: string): Promise<void>;
  /** What it has to tell, and when; null if it never had anything. */
  notices(): Promise<NoticeState | null>;
  /** It has been handed over up to there. Resolves once that is durable. */
  told(told: Told): Promise<void>;
}
