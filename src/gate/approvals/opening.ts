/** Where requests are listed and opened: what asking needs of both, and what each may answer. Types only. */
import type { Basis } from "#countersign/documents/record.ts";
import type { RequestDocument, RequestV2 } from "#countersign/documents/request.ts";
import type { Caps } from "#rules/caps.ts";
import type { CallToSend } from "#rules/calls/gated-call.ts";
import type { JudgedBy } from "#rules/policies/judged.ts";
import type { Snapshot } from "./snapshot.ts";

/** A person who could decide: approver, with a passkey in good standing. */
export interface Approver {
  id: string;
  username: string;
  groups: readonly string[];
  /** The same for two who share a key and therefore count once (rules/one-person-a-key.ts). */
  countsAs: string;
}

/** Where requests are listed; the object behind a request is its authority. */
export interface ApprovalIndex {
  /** Everybody who could decide, and which of these usernames belong to nobody; in one trip. */
  approvers(usernames: readonly string[]): Promise<{ people: Approver[]; unknown: string[] }>;
  /**
   * Lists the request, if its agent is within its caps and `epoch` is in force: counted and written in one statement, so that calls at
   * the same moment cannot pass together. If one that is `alike` is open, that one is found instead, whatever the caps say.
   */
  list(request: RequestDocument, caps: AgentCaps, epoch: number, alike?: Alike | null): Promise<Listing>;
  /** Leaves `opened` as the only one listed under its id. */
  listOnly(opened: RequestDocument): Promise<void>;
}

export type AgentCaps = Pick<Caps, "MAX_PENDING_PER_AGENT" | "MAX_REQUESTS_PER_MINUTE">;

/** Which requests of an agent are the same as one that it asks for without an idempotency key, as long as they are open. */
export interface Alike {
  /** How their ids begin, and those of no others. */
  subject: string;
  /** Ids among them that are over, which the list does not say yet. */
  over: readonly string[];
}

/** An open one that is alike. Perhaps nothing is opened under its id yet. */
export interface Found {
  id: string;
  requestedAt: string;
  expiresAt: string;
}

export type Listing =
  | ({ status: "found" } & Found)
  /**
   * `alone`: nothing else is listed under its id, by a call that broke off or is under way as well. `watchers`: people who have a page open
   * that it is on now.
   */
  | { status: "listed"; alone: boolean; watchers: readonly string[] }
  /** Its agent is revoked. */
  | { status: "agent-revoked" }
  /** It was judged by what is not in force any more. */
  | { status: "epoch-over" }
  /** Its id is spent: what was opened under it is over for ever. */
  | { status: "over" }
  /** `retryAfter` seconds from now one more may pass. */
  | { status: "over-cap"; cap: keyof AgentCaps; retryAfter: number };

/** The object that will hold the request. */
export interface ApprovalOpener {
  /** Null if nothing was ever opened under this id. */
  read(requestId: string): Promise<Snapshot | null>;
  /** As `read`, without a look into the archive: null also for what is only there. */
  held(requestId: string): Promise<Snapshot | null>;
  /** Opens the request, unless one is there already: then that one stays. `epoch-over`: nothing was, as grants were judged by what is not in force any more. */
  open(opening: Opening): Promise<Opened | "epoch-over">;
}

/** What an object is opened with. */
export interface Opening {
  request: RequestDocument;
  /** Canonical JSON. */
  payload: string;
  /** Of everything that was asked for but the wait: two asks with one are the same. */
  fingerprint: string;
  /** Origin line of the log that it will end in. */
  log: string;
  /** A Worker of an earlier version does not say it. */
  judged?: JudgedBy;
  /** On what it passes at once, without people; null if people are asked, and left out by a Worker of an earlier version. */
  basis?: Basis | null;
  /** What the gate needs to make the call itself; left out of an ask. */
  call?: CallToSend;
  /** Grants that may let it pass before anybody is asked; left out where none may, and by a Worker of an earlier version. */
  toTry?: OpenedByGrant;
}

/** How a request is opened that a grant may let pass. */
export interface OpenedByGrant {
  /** The request if one does: the same, and nobody is asked. */
  request: RequestV2;
  /** In the order in which they are tried. `mostUses`: of all its uses, by what was signed and by the rule in force. */
  grants: { id: string; rule: string; givers: string[]; requestId: string; givenAt: string; nextUse: number; mostUses: number }[];
  /** By which it was judged that they may. */
  epoch: number;
}

export interface Opened {
  snapshot: Snapshot;
  isNew: boolean;
}
