/** One approval as the Worker reaches it: the calls that its Durable Object answers (durable-objects/approval-request.ts). */
import type { Result } from "#countersign/result.ts";
import type { OutcomeReport, RedeemCall } from "#rules/agent-calls.ts";
import type { ReceiptParts } from "./assemble-receipt.ts";
import type { PageNonce } from "./object/approval-object.ts";
import type { DecisionRefusal, SignedDecision } from "./object/record-decision.ts";
import type { UseRefusal } from "./object/use-approval.ts";
import type { Opened, Opening } from "./open-approval.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a page needs besides what everybody sees. */
export interface PageView {
  snapshot: Snapshot;
  /** Canonical JSON. */
  payload: string;
  /** Null once decided, or for a person who may look but not decide. */
  nonce: PageNonce | null;
}

export interface RemoteApproval {
  /** Opens the request, unless one is there already: then that one stays. */
  open(opening: Opening): Promise<Opened>;
  /** The approval, brought up to date if that can be done now; null if nothing was ever opened here. */
  read(): Promise<Snapshot | null>;
  /** What the page shows, with a fresh nonce if this person may decide; null for somebody who only looks. */
  page(personId: string | null): Promise<PageView | null>;
  /** A fresh nonce for a page that stayed open; null if this person cannot decide (any more). */
  nonce(personId: string): Promise<PageNonce | null>;
  /** Records one person's signed verdict. What is stored and cannot be logged yet is logged later. */
  decide(signed: SignedDecision): Promise<Result<Snapshot, DecisionRefusal>>;
  /** Ends a pending approval without a decision, unless it had ended; null if nothing was ever opened here. */
  cancel(by: "requester" | "revocation", reason: string | null): Promise<Snapshot | null>;
  /** Redeems an approval, once; answered when that is in the log. */
  redeem(call: RedeemCall): Promise<Result<Snapshot, UseRefusal>>;
  /** Records how the action went; answered when that is in the log. */
  report(said: OutcomeReport): Promise<Result<Snapshot, UseRefusal>>;
  /** What goes into the receipt besides records and proofs; null until the end is in the log. */
  receiptParts(): Promise<ReceiptParts | null>;
  /** The payload of a request that is public: asked to be, approved, and in the log; null for any other, canonical JSON. */
  revealedPayload(): Promise<string | null>;
}
