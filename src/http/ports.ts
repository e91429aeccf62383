/** What the routes reach of the world. Made for each request by composition/; routes take from it what their verb needs. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import type { KeyPorts } from "#gate/agents/key-standing.ts";
import type { BelowPorts } from "#gate/agents/below/below-ports.ts";
import type { EndKeyPorts } from "#gate/agents/keys/end-key.ts";
import type { RotationPorts } from "#gate/agents/keys/rotate-key.ts";
import type { RevocationPorts } from "#gate/agents/revoke-agent.ts";
import type { ChangePorts } from "#gate/agents/change-agent.ts";
import type { AgentPorts } from "#gate/agents/create-agent.ts";
import type { ReleasePorts } from "#gate/agents/release-stop.ts";
import type { StopTokenPorts } from "#gate/agents/stop-token.ts";
import type { AgentApprovalPorts } from "#gate/approvals/agent-approvals.ts";
import type { ReceiptPorts } from "#gate/approvals/assemble-receipt.ts";
import type { WaitPorts } from "#gate/approvals/await-approval.ts";
import type { ApprovedBeforePorts } from "#gate/approvals/beside/approved-before.ts";
import type { BatchPorts } from "#gate/batch/decide-batch.ts";
import type { BesideGrantPorts } from "#gate/approvals/beside/beside-grants.ts";
import type { BesidePorts } from "#gate/approvals/beside/beside-request.ts";
import type { RemoteApproval } from "#gate/approvals/remote-approval.ts";
import type { LineOf } from "#gate/approvals/inbox/remote-inbox.ts";
import type { Viewer } from "#gate/approvals/visible-request.ts";
import type { EvidencePorts } from "#gate/evidence/evidence-ports.ts";
import type { ExplorePorts } from "#gate/log/reading/explore-log.ts";
import type { ProofReader } from "#gate/log/reading/log-proofs.ts";
import type { PrivatePorts } from "#gate/log/reading/private-leaf.ts";
import type { LogReader } from "#gate/log/reading/prove-leaves.ts";
import type { RevealPorts } from "#gate/log/reading/revealed-leaf.ts";
import type { CallingPorts } from "#gate/calls/calling.ts";
import type { ChannelDraftPorts } from "#gate/channels/admin/draft-channel.ts";
import type { RemoveChannelPorts } from "#gate/channels/admin/remove-channel.ts";
import type { ResendPorts } from "#gate/channels/admin/resend.ts";
import type { SignChannelPorts } from "#gate/channels/admin/sign-channel.ts";
import type { SlackPorts } from "#gate/channels/admin/slack-interaction.ts";
import type { TestPorts } from "#gate/channels/admin/test-channel.ts";
import type { RemoteLog } from "#gate/log/remote-log.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";
import type { CreateConnectorPorts, NewConnector } from "#gate/connectors/create-connector.ts";
import type { LineState } from "#gate/connectors/remote-connector.ts";
import type { RevokeConnectorPorts } from "#gate/connectors/revoke-connector.ts";
import type { ContactPorts } from "#gate/channels/contacts.ts";
import type { RemovalPorts } from "#gate/channels/remove-contact.ts";
import type { DelegationPorts } from "#gate/channels/give-delegation.ts";
import type { DenyAlikePorts } from "#gate/patterns/deny-alike.ts";
import type { ErasurePorts } from "#gate/erasure/erase-person.ts";
import type { RevokeGrantPorts } from "#gate/grants/revoke-grant.ts";
import type { RolePorts } from "#gate/people/change-roles.ts";
import type { ConfirmationPorts } from "#gate/people/confirm-passkey.ts";
import type { FirstPersonPorts } from "#gate/people/enrol-first-person.ts";
import type { InvitedPorts } from "#gate/people/enrol-invited.ts";
import type { InvitePorts } from "#gate/people/invite-person.ts";
import type { PasskeyRevocationPorts } from "#gate/people/revoke-passkey.ts";
import type { PublicationPorts } from "#gate/policies/publish-policy.ts";
import type { ProposalPorts } from "#gate/policies/propose-rules.ts";
import type { ReplayPorts } from "#gate/policies/replay-asks.ts";
import type { ToolsDraftPorts } from "#gate/servers/accept-tools.ts";
import type { ConnectionPorts } from "#gate/servers/connections/connections.ts";
import type { DiscoveredServer, RegisteredClient, RegistrationFailure } from "#gate/servers/connections/discovered.ts";
import type { ServerDraftPorts } from "#gate/servers/draft-server.ts";
import type { RefreshPorts } from "#gate/servers/note-listing.ts";
import type { RemoveServerPorts } from "#gate/servers/remove-server.ts";
import type { SignServerPorts } from "#gate/servers/sign-server.ts";
import type { PairingPorts } from "#gate/sessions/pairing.ts";
import type { SignInPorts } from "#gate/sessions/sign-in.ts";
import type { OwnSessionPorts } from "#gate/sessions/own-sessions.ts";
import type { SessionPorts } from "#gate/sessions/whose-session.ts";
import type { RegistrationResponse } from "#passkeys/registration.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Result } from "#countersign/result.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import type { NearReads } from "#storage/near/near-reads.ts";

/** What the verbs of people, sessions and agents need. */
export type PeoplePorts = FirstPersonPorts<RegistrationResponse> &
  InvitedPorts<RegistrationResponse> &
  InvitePorts &
  SignInPorts &
  ConfirmationPorts &
  RolePorts &
  PasskeyRevocationPorts &
  ErasurePorts &
  AgentPorts &
  BelowPorts &
  RevocationPorts &
  StopTokenPorts &
  ReleasePorts &
  RotationPorts &
  EndKeyPorts &
  ChangePorts;

/** What a person's own notifications need. */
export type NotificationPorts = ContactPorts &
  RemovalPorts &
  DelegationPorts & {
    /** Has what is due sent at once; nobody waits for it. */
    deliverSoon(): Promise<void>;
  };
/** What the verbs of channels need. */
export type ChannelPorts = ChannelDraftPorts & SignChannelPorts & RemoveChannelPorts & TestPorts & ResendPorts & SlackPorts;

/** What the verbs of MCP servers behind the gate need. */
export type ServerPorts = ServerDraftPorts &
  ToolsDraftPorts &
  SignServerPorts &
  RemoveServerPorts &
  RefreshPorts & {
    /** From the primary, of one moment. */
    serversInForce(): Promise<readonly ServerInForce[]>;
    /** The client by which this person has a server listed, as whoever they are there. */
    clientOf(personId: string): RefreshPorts["client"];
    /** Has the server's object give back what is over. Never throws; nobody waits for what comes of it. */
    tendGrants(serverId: string): Promise<void>;
  };

/** What connecting servers to people's accounts needs. */
export type ServerConnectionPorts = ConnectionPorts & {
  /** Makes the gate known to an issuer. */
  registerClient(discovered: DiscoveredServer): Promise<Result<RegisteredClient, RegistrationFailure>>;
  /** What the gate says of itself to issuers that fetch it. */
  clientDocument(): JsonObject;
};
/** What the verbs of connectors need. */
export type ConnectorPorts = CreateConnectorPorts &
  RevokeConnectorPorts & {
    /** The one whose key has this hash and is not revoked, from the D1 primary; null if there is none. */
    connectorOfKey(keyHash: string): Promise<NewConnector | null>;
    /** Null in a deployment without connectors. */
    lines: {
      state(id: string): Promise<LineState>;
      /** The socket that is its line from now on; or why there is none. */
      open(id: string): Promise<WebSocket | "revoked" | "too-often">;
    } | null;
  };

/** The log's writer, for those who read: what it has signed for is there, however far behind a replica is. */
export type ReadLog = Pick<RemoteLog, "checkpoint" | "witnessedCheckpoint" | "vkey" | "keys" | "witnessHealth">;

/** What a log is read with, also one that has ended. */
export interface LogReadPorts {
  log: Pick<TransparencyLog, "checkpoint">;
  reader: LogReader & ProofReader;
}

export interface Ports {
  /** How agents' keys stand. `waitUntil`: goes on with what a call began, once it is answered. */
  keys(waitUntil: (work: Promise<void>) => void): KeyPorts;
  /** What agents' calls need, over MCP and REST alike. */
  agentApprovals(): AgentApprovalPorts;
  /** What calls of servers behind the gate need; null where the deployment has no record of calls. `waitUntil` keeps what goes on beside an answer. */
  calling(agent: { id: string; owner: string }, waitUntil: (work: Promise<unknown>) => void): CallingPorts | null;
  /** The object of a request; null for an id that this service has not made, because any name would make an object. */
  approval(requestId: string): RemoteApproval | null;
  /** What a page tells beside a request. */
  beside(): BesidePorts & BesideGrantPorts & ApprovedBeforePorts;
  /** Waits of people's pages, which are counted apart from agents'. */
  pageWaits(): WaitPorts;
  /** Opens the line over which a page hears that its lists have changed; null if the person has too many. Null in a deployment without. */
  pageLine: ((line: LineOf) => Promise<WebSocket | null>) | null;
  /** Where the records and proofs of a receipt come from, for a request that ended in the log of that origin line. */
  receipts(ofLog: string): Promise<{ ports: ReceiptPorts; hasEnded: boolean }>;
  people(): Promise<PeoplePorts>;
  /** What deciding several requests at once needs. */
  batch(): BatchPorts;
  /** What denying what is alike needs, and lifting what is refused for it. */
  alike(): Promise<DenyAlikePorts>;
  notifications(): Promise<NotificationPorts>;
  channels(): Promise<ChannelPorts>;
  servers(): Promise<ServerPorts>;
  connections(): Promise<ServerConnectionPorts>;
  connectors(): Promise<ConnectorPorts>;
  grants(): Promise<RevokeGrantPorts>;
  /** Sets going what is due to be told. Never throws. */
  deliverDue(): Promise<void>;
  policies(): Promise<PublicationPorts & ReplayPorts & ProposalPorts>;
  sessions(): SessionPorts & OwnSessionPorts & Pick<PeoplePorts, "anybodyEnrolled">;
  /** What letting command lines in needs. */
  pairings(): Promise<PairingPorts & { credentialsOf(personId: string): Promise<{ id: string; transports: string[] }[]> }>;
  /** The log that is written now. */
  log(): Promise<LogReadPorts & RevealPorts & { log: ReadLog; origin: string }>;
  /** A log that has ended and is followed by another, up to its end; null if there is none of that hash. */
  endedLog(originHash: string): Promise<LogReadPorts | null>;
  /** What evidence bundles are made with, for this person. */
  evidence(viewer: Viewer): Promise<EvidencePorts>;
  /** What the log's pages are made with. */
  explore(): Promise<ExplorePorts & PrivatePorts>;
}

/** `near` is where what decides nothing is read. */
export type MakePorts = (env: Bindings, config: Config, near: NearReads) => Ports;
