/** Grants at servers' issuers as the gate knows them, and what the verbs that make and end them need. */
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { PasskeyProofPorts } from "#gate/passkeys/prove-passkey.ts";
import type { StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import type { Role } from "#countersign/documents/record.ts";
import type { Result } from "#countersign/result.ts";
import type { RemoteUpstreamServer } from "../remote-upstream.ts";
import type { StandingServer } from "../server-drafts.ts";
import type { ConnectionEffect } from "./connection-effects.ts";
import type { DiscoveredServer, DiscoveryFailure } from "./discovered.ts";

/** Who connects: a person in a session. */
export interface ConnectingPerson {
  id: string;
  username: string;
  roles: readonly Role[];
}

/** Whether what all agents share is the person's to connect. */
export const isAdmin = ({ roles }: ConnectingPerson): boolean => roles.includes("admin");

/** One that has not ended: it waits to be signed for, or stands. */
export interface KnownGrant {
  id: string;
  serverId: string;
  owner: string | null;
  issuer: string;
  account: string | null;
  terms: string;
  /** Who was at the issuer. */
  madeBy: { id: string; username: string };
  madeAt: string;
  /** Null while it waits. */
  connectedAt: string | null;
  /** Since when the issuer takes it no more. */
  refusedAt: string | null;
}

export interface ConnectionPorts extends StatementPorts, PasskeyProofPorts, SignaturePorts, AppendPorts<ConnectionEffect> {
  /** Those that are not removed, from the D1 primary. */
  standingServers(): Promise<StandingServer[]>;
  serverById(id: string): Promise<StandingServer | null>;
  /** Of that server, from the D1 primary; what waits for longer than a day is not among them. */
  grantsOf(serverId: string): Promise<KnownGrant[]>;
  /** Keeps what nobody has signed for yet, in the place of what waited of the same person for the same. */
  keepGrant(grant: Omit<KnownGrant, "madeBy" | "connectedAt" | "refusedAt"> & { madeBy: string }): Promise<void>;
  /** Forgets what waits; what was signed for stays. */
  dropWaiting(id: string): Promise<void>;
  /** The object of a server that was signed for. */
  serverObject(id: string): RemoteUpstreamServer;
  discover(url: string, issuer: string | null): Promise<Result<DiscoveredServer, DiscoveryFailure>>;
  /** Null without the secret that seals. */
  vault: object | null;
  /** Resolves after so many milliseconds, whatever the clock says. */
  sleep(ms: number): Promise<void>;
}
