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
 * Looks at every grant that is kept; throws where D1 does not say how they stand. What is over serves nobody from then on, before a word of it
 * goes to the issuer: so no refresh that is under way brings it back. Whether something is left to be done: what waits, or could not be given
 * back.
 */
export async function tendGrants(ports: ReturnPorts): Promise<boolean> {
  const kept = ports.grants.all();
  if (kept.length === 0) return false;
  const standing = await ports.standingOf(kept.map(({ id }) => id));
  const stateOf = ({ id, madeAtMs }: KeptServerGrant): KeptGrantState =>
    standing.get(id) ?? (ports.now() - madeAtMs < UNKNOWN_MS ? "waits" : "over");
  let isLeft = kept.some((grant) => stateOf(grant) === "waits");
  const over = kept.filter((grant) => stateOf(grant) === "over").map(({ id }) => id);
  for (const id of over) await endGrant(id, ports);
  for (const id of over) if (!(await giveBack(id, ports))) isLeft = true;
  return isLeft;
}

async function endGrant(id: string, { grants }: ReturnPorts): Promise<void> {
  const grant = grants.read(id);
  if (grant?.isRefused === false) await grants.write({ ...grant, isRefused: true });
}

/**
 * Forgotten once the issuer has answered, whatever it says, or could not be reached too often. What a refresh brought meanwhile is what there
 * is to give back then, and nothing of before is put in its place.
 */
async function giveBack(id: string, ports: ReturnPorts): Promise<boolean> {
  for (;;) {
    const grant = ports.grants.read(id);
    if (grant === null) return true;
    const isTold = await tellIssuer(grant, ports);
    const now = ports.grants.read(id);
    if (now?.access !== grant.access) continue;
    if (!isTold && now.triedToReturn + 1 < MOST_TRIES) {
      await ports.grants.write({ ...now, triedToReturn: now.triedToReturn + 1 });
      return false;
    }
    await ports.grants.drop(id);
    ports.note(isTold ? "server-grant-returned" : "server-grant-not-returned", id);
    return true;
  }
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
