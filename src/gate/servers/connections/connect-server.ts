/**
 * A person gives the gate leave at a server's issuer, to call the server as them (RFC 6749, section 4.1). Where tokens are had, for whom and
 * for what was signed for: an issuer or a server that says otherwise now gets nothing until that is signed for as well.
 */
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { isPerOwner, redirectAddress, redirectOf, wantsGrant } from "#rules/calls/connections/server-grants.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import type { FlowFailure } from "../remote-upstream.ts";
import { isAdmin, type ConnectingPerson, type ConnectionPorts } from "./connections.ts";
import type { DiscoveredServer, DiscoveryFailure } from "./discovered.ts";

/** `not-for-you`: what all agents share, admins connect. `oauth-changed`: the server or its issuer is another than was signed for. */
export type ConnectRefusal =
  | DiscoveryFailure
  | FlowFailure
  | { reason: "unknown-server" | "nothing-to-connect" | "not-for-you" | "oauth-changed" | "client-without-secret" };

/** How long somebody may take at the issuer. */
const FLOW_MS = 10 * 60_000;

type Begun = { authorizationUrl: string };

/** Whether the server and its issuer say what was signed for. */
function isAsSigned({ authentication }: ServerSettings, found: DiscoveredServer): boolean {
  const { issuer, authorization_endpoint, token_endpoint, revocation_endpoint = null, resource, redirect } = authentication;
  return (
    found.issuer === issuer &&
    found.authorization_endpoint === authorization_endpoint &&
    found.token_endpoint === token_endpoint &&
    found.revocation_endpoint === revocation_endpoint &&
    found.resource === resource &&
    // At an address that issuers share only their names tell them apart.
    (redirect !== "shared" || found.namesItself)
  );
}

const hashOf = (state: string): string => hex(sha256(utf8(state)));

/** What the person's browser brings back: whose flow it is, and what nobody can guess. */
const stateOf = (serverId: string, random: string): string => `${serverId}.${random}`;
const serverIn = (state: string): string | null => /^(srv_[A-Za-z0-9_-]{1,64})\.[A-Za-z0-9_-]{43}$/.exec(state)?.[1] ?? null;

/** S256 (RFC 7636). */
const challengeOf = (verifier: string): string => b64u(sha256(utf8(verifier)));

function authorizationUrl({ authentication }: ServerSettings, state: string, verifier: string, redirect: string): string {
  const { authorization_endpoint: endpoint = "", client_id: client = "", scope, resource = "" } = authentication;
  const url = new URL(endpoint);
  const members = {
    response_type: "code",
    client_id: client,
    redirect_uri: redirect,
    state,
    code_challenge: challengeOf(verifier),
    code_challenge_method: "S256",
    resource,
    ...(scope === undefined ? {} : { scope }),
    // OpenID Connect Core, section 11: asked anew, or what outlasts the hour is not given.
    ...(scope?.split(" ").includes("offline_access") === true ? { prompt: "consent" } : {}),
  };
  for (const [name, value] of Object.entries(members)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * 1. a server that is called so, by somebody who may; 2. it and its issuer say still what was signed for; 3. the flow is kept for this
 * session and person, and this server. Gives where the person goes.
 */
export async function beginConnection(
  serverName: string,
  person: ConnectingPerson,
  session: string,
  ports: ConnectionPorts,
): Promise<Result<Begun, ConnectRefusal>> {
  const server = (await ports.standingServers()).find(({ settings }) => settings.name === serverName); // 1
  if (server === undefined) return refuse({ reason: "unknown-server" });
  const { settings, credential } = server;
  if (!wantsGrant(settings)) return refuse({ reason: "nothing-to-connect" });
  if (!isPerOwner(settings) && !isAdmin(person)) return refuse({ reason: "not-for-you" });
  if (ports.vault === null) return refuse({ reason: "no-vault" });
  const { token_auth: auth = "none", issuer = null } = settings.authentication;
  if (auth !== "none" && credential === null) return refuse({ reason: "client-without-secret" });

  const found = await ports.discover(settings.url, issuer); // 2
  if (!found.ok) return found;
  if (!isAsSigned(settings, found.value)) return refuse({ reason: "oauth-changed" });

  const state = stateOf(settings.id, b64u(ports.random(32))); // 3
  const verifier = b64u(ports.random(32));
  const redirect = redirectOf(ports.origin, settings.authentication);
  await ports.serverObject(settings.id).beginFlow({
    stateHash: hashOf(state),
    session,
    personId: person.id,
    owner: isPerOwner(settings) ? person.id : null,
    settings,
    credential,
    verifier,
    redirect,
    namesItself: found.value.namesItself,
    until: ports.now() + FLOW_MS,
  });
  return accept({ authorizationUrl: authorizationUrl(settings, state, verifier, redirect) });
}

/** What the issuer sent the browser back with; null where it did not say. */
export interface ComeBack {
  state: string | null;
  code: string | null;
  iss: string | null;
  /** Of an issuer with an address of its own (`redirectAddress`); null at the one that others share. */
  place: string | null;
}

/**
 * 1. a flow of a server that is there; 2. its object looks whose it is and who answers, and gets the tokens; 3. what came of it is listed, and
 * waits to be signed for: nothing is called by it before.
 */
export async function finishConnection(
  { state, code, iss, place }: ComeBack,
  person: ConnectingPerson,
  session: string,
  ports: ConnectionPorts,
): Promise<Result<{ serverName: string }, ConnectRefusal>> {
  const serverId = serverIn(state ?? ""); // 1
  const server = serverId === null ? null : await ports.serverById(serverId);
  if (server === null || server.isRemoved || state === null) return refuse({ reason: "flow-unknown" });
  const { id, name } = server.settings;
  const answer = {
    stateHash: hashOf(state),
    session,
    personId: person.id,
    code,
    issuer: iss,
    redirect: redirectAddress(ports.origin, place),
  };
  const made = await ports.serverObject(id).finishFlow(answer); // 2
  if (!made.ok) return made;
  await ports.keepGrant({ ...made.value, serverId: id, madeBy: person.id, madeAt: timestamp(ports.now()) }); // 3
  return accept({ serverName: name });
}
