/** What becomes of grants with a leaf of the log, and under which conditions. */

/** Somebody who has signed for a grant, and with which passkey (b64u). */
export interface Giver {
  person: string;
  username: string;
  credential: string;
}

/** A grant as it begins, with the leaf of the approval that gives it. */
export interface GivenGrant {
  id: string;
  agentId: string;
  /** By what it is found (rules/grants/grant-keys.ts). */
  place: string;
  members: string;
  exact: string;
  /** Canonical JSON, just as it was signed. */
  document: string;
  /** Of a server behind the gate; null for what agents do themselves. */
  serverId: string | null;
  /** Where that server was, as it was shown; null without one. */
  urlOrigin: string | null;
  givers: Giver[];
  /** Who could decide the request that it was given with. */
  eligible: string[];
  requestId: string;
  /** Origin line of the log that it is given in. */
  log: string;
  until: string;
  uses: number;
  /** Under which it was given. */
  stops: { all: number; agent: number };
}

export type GrantEffect =
  | {
      kind: "grant-used";
      grantId: string;
      /** From 1. */
      use: number;
      /** It is not written where the grant was used so often before: the rule in force may let less than was signed. */
      mostUses: number;
      requestId: string;
      requestHash: string;
      /** By which it was judged that the grant may let it pass. */
      epoch: number;
      at: string;
    }
  | { kind: "grant-revoked"; grantId: string; by: string; at: string };

/** Why a use is not written, by the condition of its batch that does not hold. */
export const USE_REFUSALS = { epoch_is_in_force: "epoch-over", grant_serves: "grant-over" } as const;

/** Why a grant is not revoked. */
export const REVOCATION_REFUSALS = { grant_is_given: "unknown-grant", may_revoke_grant: "not-yours" } as const;
