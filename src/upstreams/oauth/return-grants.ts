/** Grants that are over are given back to their issuer (RFC 7009), and forgotten; which ones are, D1 says. */
import type { KeptServerGrant, GrantTokenPorts } from "./grant-tokens.ts";
import { clientOf, openAccess, openRefresh } from "./grant-tokens.ts";
import { postForm } from "./token-endpoint.ts";

/** `waits`: nobody has signed for it yet, and still may. */
export type KeptGrantState = "stands" | "waits" | "over";

export interface ReturnPorts extends Pick<GrantTokenPorts, "outbound" | "vault" | "grants" | "now"> {
  /** Of each of these, from the D1 primary; one that is in no row is left out. */
  standingOf(ids: readonly string[]): Promise<ReadonlyMap<string, KeptGrantState>>;
  note(what: "server-grant-returned" | "server-grant-not-returned", grant: string): void;
}

/** Of what is in no row: it may be written at this moment. */
const UNKNOWN_MS = 10 * 60_000;
/** What could not be given back is tried again so often. */
const MOST_TRIES = 8;

/**
 * Looks at every grant that is kept; throws where D1 does not say how they stand. Whether something is left to be done: what waits, or could
 * not be given back.
 */
export async function tendGrants(ports: ReturnPorts): Promise<boolean> {
  const kept = ports.grants.all();
  if (kept.length === 0) return false;
  const standing = await ports.standingOf(kept.map(({ id }) => id));
  let isLeft = false;
  for (const grant of kept) {
    const state = standing.get(grant.id) ?? (ports.now() - grant.madeAtMs < UNKNOWN_MS ? "waits" : "over");
    if (state === "waits") isLeft = true;
    if (state === "over" && !(await giveBack(grant, ports))) isLeft = true;
  }
  return isLeft;
}

/** Forgotten once the issuer has answered, whatever it says, or could not be reached too often. */
async function giveBack(grant: KeptServerGrant, ports: ReturnPorts): Promise<boolean> {
  const isTold = await tellIssuer(grant, ports);
  if (!isTold && grant.triedToReturn + 1 < MOST_TRIES) {
    await ports.grants.write({ ...grant, isRefused: true, triedToReturn: grant.triedToReturn + 1 });
    return false;
  }
  await ports.grants.drop(grant.id);
  ports.note(isTold ? "server-grant-returned" : "server-grant-not-returned", grant.id);
  return true;
}

async function tellIssuer(grant: KeptServerGrant, { outbound, vault }: ReturnPorts): Promise<boolean> {
  const { revocation_endpoint: endpoint } = grant.settings.authentication;
  // Nothing can be said to who takes no such word; what cannot be opened, nobody can use.
  if (endpoint === undefined || vault === null) return true;
  const client = await clientOf(grant.settings, grant.credential, vault);
  if (client === null) return true;
  const [refresh, access] = [await openRefresh(grant, vault), await openAccess(grant, vault)];
  let isTold = true;
  for (const [token, hint] of [
    [refresh, "refresh_token"],
    [access, "access_token"],
  ] as const) {
    if (token === null) continue;
    const told = await postForm(outbound, endpoint, { token, token_type_hint: hint }, client);
    if (!told.ok && told.refusal !== "address-refused") isTold = false;
  }
  return isTold;
}
