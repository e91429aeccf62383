/**
 * What an agent is told about its request, over MCP and REST alike: one document for the service that makes it and for the
 * clients that read it. Types only. Its schema, with the words for agents, is the service's api/approval-schemas.ts.
 */
import type { JsonObject } from "../json/canonical-json.ts";
import type { Basis, CallOutcome } from "./record.ts";
import type { Verdict } from "./statement.ts";

/** Only `approved` allows the action. */
export type ApprovalStatus = "pending" | "approved" | "denied" | "expired" | "cancelled";

/** What a person wants to know of an agent. */
export interface QuestionToAgent {
  id: string;
  text: string;
  /** Username. */
  by: string;
  asked_at: string;
  /** Not there before it was answered. */
  answer?: string;
  answered_at?: string;
}

export interface AgentView {
  request_id: string;
  status: ApprovalStatus;
  /** What an approval rests on: `passkeys` are signatures of people; `policy`, `grant` and `timeout` let it pass without any. */
  basis: "passkeys" | Basis;
  action: string;
  /** SHA-256 of the canonical payload, hexadecimal. */
  payload_hash: string;
  request_hash: string;
  /** The page where people decide. */
  approval_url: string;
  requested_at: string;
  expires_at: string;
  use_by: string;
  /** The rule of the policy that it was judged by; not there where no policy is published. */
  rule?: string;
  /** What was asked for and is shorter here, because the policy allows no more. */
  shortened?: ("expires_in" | "use_within")[];
  /** How many have to approve, and how many have. */
  required: number;
  approvals: number;
  /** When somebody who may decide was first told over a channel, and when one of them first opened the page; not there before. */
  notified_at?: string;
  seen_at?: string;
  /** Usernames of those who may decide now and have not, at most 50; not there once it is over. */
  awaiting?: string[];
  /** Two digits to show to the person, who has to pick them to approve; not there where they need not, and once it is over. */
  match_code?: string;
  /** What a person asked last, before deciding. Waiting goes on once it is answered. */
  question?: QuestionToAgent;
  decided_at?: string;
  decided_by?: { id: string; username: string; verdict: Verdict; decided_at: string }[];
  /** Of the decision that ended it. */
  comment?: string;
  /** What whoever denied it would rather let pass: an ask of exactly that. It allows nothing. */
  proposal?: { payload: JsonObject };
  cancel_reason?: string;
  /** Since then nobody else may act on it. */
  redeemed_at?: string;
  outcome?: CallOutcome;
  receipt_url?: string;
  /** One sentence on what to do now. */
  next: string;
}
