/**
 * What a message says, whatever channel carries it: who asks, the action's label, risk, deadline, and where to look. Never a value of a
 * payload, never a secret, never anything that could decide. How it is worded is src/channels/wording.ts.
 */
import type { CallOutcome } from "#countersign/documents/record.ts";
import type { RiskLevel } from "#countersign/policy/document/policy-document.ts";

/** What people are told about a request. Other types are record kinds, of leaves, which systems alone are told. */
export const NOTICE_TYPES = [
  /** Somebody asks, and this person may decide. */
  "request.opened",
  /** It is still open, and its deadline is near. */
  "request.reminder",
  /** Nobody decided so far, and now this person may. */
  "request.escalated",
  /** Somebody signed, and more have to: what was said before is edited. */
  "request.signed",
  /** It is over: edits what was said before, tells the agent's owner, and closes what lies on other devices. */
  "request.ended",
  /** An agent asks so often that its requests are told of together. */
  "requests.many",
  /** Sent by hand, to see whether a channel works. */
  "channel.test",
  /** A channel took nothing for days and is off. */
  "channel.disabled",
  /** Somebody is reached over another device or address from now on: told over those that they had. */
  "contact.added",
  /** Told over a device or address that is removed, for the last time. Never kept. */
  "contact.removed",
  /** Somebody is signed in from a place that they were never seen at. */
  "session.opened",
  /** Something is amiss that admins have to know, and is so no more. Systems are told, too. */
  "alert.began",
  "alert.ended",
  /** Proves that an address is theirs. Never kept. */
  "contact.code",
] as const;
/** Those that ask somebody to decide: worth nothing once the request is over. */
export const ASKING_TYPES = [
  "request.opened",
  "request.reminder",
  "request.escalated",
] as const satisfies readonly (typeof NOTICE_TYPES)[number][];
export type NoticeType = (typeof NOTICE_TYPES)[number];

/** What may be amiss. */
export const ALERT_NAMES = ["log_frozen", "witness_away", "messages_stuck", "limit_reached", "calls_behind"] as const;
export type AlertName = (typeof ALERT_NAMES)[number];
/** Of `limit_reached`: whose calls were refused, and by which rule. */
export interface AlertDetail {
  agent?: { id: string; name: string };
  rule?: string;
}

/** A request, as far as it is told. */
export interface ToldRequest {
  id: string;
  /** Null where a rule hides it. */
  action: string | null;
  agent: { id: string; name: string };
  risk: RiskLevel | null;
  requestedAt: string;
  expiresAt: string;
  approvals: number;
  required: number;
  status: "pending" | "approved" | "denied" | "expired" | "cancelled";
}

export interface MessageContent {
  type: string;
  /** When what it tells of happened. */
  at: string;
  /** The page to look at: it changes nothing by being opened. */
  url: string;
  request?: ToldRequest;
  /** Username of whom it would have been told, who is out of office. */
  insteadOf?: string;
  /** Of `requests.many`: how many, and how often the same. */
  many?: { agent: { id: string; name: string }; count: number; action: string | null; alike: number; since: string };
  /** Of a leaf: the log's origin line, its index there, and the ids of the request and the agent that it is about, if of any. */
  leaf?: { log: string; index: number; request: string | null; agent: string | null };
  outcome?: CallOutcome;
  /** Of `channel.disabled`. */
  channel?: { id: string; name: string };
  /** Of `alert.began` and `alert.ended`. */
  alert?: { name: AlertName; since: string } & AlertDetail;
  /** Of `contact.added` and `contact.removed`: as its owner is shown it. */
  contact?: { label: string };
  /** Of `session.opened`: browser and system, in words of sign-in-place.ts. */
  place?: string;
  /** Of `contact.code`: digits to type into the page at `url`. */
  code?: string;
}
