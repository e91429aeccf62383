/** What becomes of times out of office with a leaf of the log, and under which conditions. */
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";

export type DelegationEffect =
  | {
      kind: "delegation-given";
      id: string;
      personId: string;
      toPerson: string;
      from: string;
      until: string;
      /** The passkey that signed, b64u. */
      credentialId: string;
      spends: SpentNonce[];
    }
  | { kind: "delegation-ended"; id: string; at: string };

/** Why it is not given, by the condition that does not hold in the write. */
export const DELEGATION_REFUSALS = { signer_stands: "passkey-revoked", delegate_stands: "unknown-delegate" } as const;
