/**
 * A person takes back a grant: whoever gave it, and any admin. It only narrows authority, so no signature is asked for. Nothing has to be
 * told of it: each use asks in its own write whether the grant stands, and so does the use of what it let pass.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts, whyRefused } from "#gate/log/append-record.ts";
import { type GrantEffect, REVOCATION_REFUSALS } from "./grant-effects.ts";

/** What of a grant says who may revoke it. */
export interface GrantStanding {
  /** Ids of those who gave it. */
  givers: string[];
  isRevoked: boolean;
}

export interface RevokeGrantPorts extends AppendPorts<GrantEffect> {
  /** From the D1 primary; null if there is no such grant. */
  grantStanding(grantId: string): Promise<GrantStanding | null>;
}

/** Who revokes it, as signed in. */
export interface Revoker {
  id: string;
  username: string;
  isAdmin: boolean;
}

export interface RevokeGrantRefusal {
  reason: "unknown-grant" | "not-yours";
}

/** Again is as good. Somebody else's grant looks to an approver like none. */
export async function revokeGrant(
  grantId: string,
  { id, username, isAdmin }: Revoker,
  ports: RevokeGrantPorts,
): Promise<Result<null, RevokeGrantRefusal>> {
  const found = await ports.grantStanding(grantId);
  if (found === null || (!isAdmin && !found.givers.includes(id))) return refuse({ reason: "unknown-grant" });
  if (found.isRevoked) return accept(null);
  const effect = (at: string): GrantEffect => ({ kind: "grant-revoked", grantId, by: id, at });
  const outcome = await appendRecord({ kind: "grant.revoked", members: { grant: grantId, by: { id, username } }, effect }, ports);
  if (outcome.status !== "refused") return accept(null);
  return refuse({ reason: whyRefused(outcome.constraint, REVOCATION_REFUSALS) });
}
