/** What the verbs on one approval need of the Durable Object that holds it, and of the world around. Types only. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { Grant } from "#countersign/documents/grant.ts";
import type { Decision } from "#countersign/documents/record.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import type { ApproverFacts } from "#countersign/policy/judging/facts.ts";
import type { GivenGrant, GrantEffect } from "#gate/grants/grant-effects.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";
import type { ApprovalState } from "#rules/approval.ts";
import type { NoticeState } from "#rules/notices/outbox.ts";
import type { AgentFacts, PolicyInForce } from "#rules/policies/judged.ts";
import type { CountsAs } from "#rules/one-person-a-key.ts";

/** The object's storage. Reads and writes are synchronous: nothing can come between them. */
export interface ApprovalStore {
  /** What is stored; in an emptied object what was found in the archive. */
  read(): ApprovalState | null;
  /** Whether that is of the archive, which nothing changes. */
  isArchived(): boolean;
  /** Deletes everything, and the alarm. Resolves once that is durable. */
  empty(): Promise<void>;
  /** Stores the approval, the time of the next alarm (none if null) and, if given, the nonces left, in one atomic write. */
  write(approval: ApprovalState, alarmAtMs: number | null, nonces?: PageNonce[]): void;
  readNonces(): PageNonce[];
  writeNonces(nonces: PageNonce[]): void;
  /** What the request has to tell; null if nothing ever was. `write` keeps it up to date with the approval, in the same write. */
  notices(): NoticeState | null;
  /** Nothing is written that is as it was. */
  writeNotices(notices: NoticeState | null): void;
}

/** A decision's nonce, made for one person when the page opens. */
export interface PageNonce {
  /** b64u of 32 bytes. */
  nonce: string;
  /** For the comment's hash, b64u of 32 bytes; made here so that it need not be taken from a browser. */
  commentSalt: string;
  personId: string;
  expiresAtMs: number;
}

/** Whether agents, people and passkeys are in good standing, from the D1 primary. Throws if that cannot be known. */
export interface StandingReader {
  /**
   * How things stand with the agent that asked and with those who made `decisions`, in one trip; and with everybody who may approve
   * anything, if `withApprovers`.
   */
  standingOf(agentId: string, decisions: readonly SignedBy[], withApprovers: boolean): Promise<DecisionStanding>;
}

/** What of a decision says who made it, and with which passkey. */
export type SignedBy = Pick<Decision, "statement" | "credential_id">;

export interface DecisionStanding {
  /** What the agent is judged by; null if it is revoked. */
  agent: AgentFacts | null;
  /** When something that it, or another agent with the same one at the top, asked for was last denied, as far as the log has it; null for never, and if it is revoked. */
  deniedAt: string | null;
  /** Null unless they were asked for. */
  approvers: ApproverFacts[] | null;
  /** The credential ids among those of the decisions that are unrevoked and belong to an active approver. */
  credentials: ReadonlySet<string>;
  /** Tells those who made them apart, by their unrevoked passkeys. */
  countsAs: CountsAs;
}

/** With the leaf of its end a request is no longer open in the view. */
export interface ApprovalEffect {
  kind: "approval-ended";
  agentId: string;
  requestedAt: string;
  requestId: string;
  at: string;
  /** A call at the gateway that people approved: what the next one of its tool is compared with. Left out of anything else. */
  approvedCall?: true;
  /** People denied it: for the agent of this id, at the top of whose chain it was asked, that is noted. Left out of any other end. */
  deniedTop?: string;
  /** What people let pass from then on; left out where they have not. */
  grant?: GivenGrant;
}

/** With the leaf of a proposal it is known for what an ask of its payload comes after. */
export interface ProposalEffect {
  kind: "payload-proposed";
  agentId: string;
  payloadHash: string;
  requestId: string;
  /** Id of the person. */
  by: string;
  at: string;
}

/** With the leaf of more time a request is listed with its later deadline. */
export interface ExtensionEffect {
  kind: "request-extended";
  agentId: string;
  requestedAt: string;
  requestId: string;
  expiresAt: string;
}

export interface ApprovalPorts {
  store: ApprovalStore;
  standing: StandingReader;
  log: Pick<TransparencyLog<ApprovalEffect | GrantEffect | ProposalEffect | ExtensionEffect>, "append">;
  /**
   * Notes in people's lists who has signed a request that is open there, unless what they have is newer than `at`. Throws if it cannot
   * be known that they have it.
   */
  listSigned(request: RequestDocument, people: readonly string[], at: string): Promise<void>;
  /** Puts a request that is open into the lists of everybody who may decide at that time. */
  listEligible(request: RequestDocument, at: string): Promise<void>;
  /** Whether one more grant may be given that is found like this one. From the D1 primary. */
  hasRoomForGrant(grant: Grant): Promise<boolean>;
  /** Whether what a grant let pass may be used: it was not revoked, and those who gave it stand. From the D1 primary. */
  mayUseGrant(grantId: string): Promise<boolean>;
  /** The policy of this epoch, or what is in force now if that is another. Throws if that cannot be known. */
  policyOf(epoch: number): Promise<PolicyInForce>;
  /** The log's origin line. */
  logOrigin(): Promise<string>;
  /** How long after its last fact a request goes to the archive; null for never. */
  archiveAfterMs: number | null;
  /** Milliseconds since the epoch. */
  now(): number;
  random(bytes: number): Bytes;
  /** Wakes everyone who waits on this approval; they read it again. */
  announce(): void;
}
