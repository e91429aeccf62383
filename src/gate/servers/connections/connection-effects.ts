/** What becomes of grants at servers' issuers with a leaf of the log, and under which conditions. */
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";

/** A grant as it was signed for. */
export interface SignedGrant {
  id: string;
  serverId: string;
  owner: string | null;
  issuer: string;
  account: string | null;
}

export type ConnectionEffect =
  /** In the place of the one before, of all agents. */
  | { kind: "server-connected"; grant: SignedGrant; at: string; authorised: SpentAuthorisation }
  /** The same, of the owner's agents; `credentialId`: the passkey that signed, b64u. */
  | { kind: "account-connected"; grant: SignedGrant; at: string; credentialId: string; spends: SpentNonce[] }
  | { kind: "server-disconnected"; id: string; at: string };

/** Why it is not connected as signed for, by the condition of its batch that does not hold. */
export const CONNECTION_REFUSALS = { connection_waits: "grant-not-there" } as const;
export const OWN_CONNECTION_REFUSALS = { ...CONNECTION_REFUSALS, signer_stands: "passkey-revoked" } as const;
