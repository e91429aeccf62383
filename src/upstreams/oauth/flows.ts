/** People on their way to an issuer and back (RFC 6749, section 4.1, with PKCE and RFC 9207), in the object of one MCP server. */
import { b64u, type Bytes, fromB64u, fromUtf8 } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Flow, FlowAnswer, FlowFailure, MadeGrant } from "#gate/servers/remote-upstream.ts";
import { grantTerms } from "#rules/calls/connections/server-grants.ts";
import { clientOf, type GrantTokenPorts, sealTokens } from "./grant-tokens.ts";
import { postForm, readTokens, usedUntil } from "./token-endpoint.ts";

/** Each write is durable when it resolves. */
export interface FlowStore {
  read(stateHash: string): Flow | null;
  all(): Flow[];
  write(flow: Flow): Promise<void>;
  drop(stateHash: string): Promise<void>;
}

export interface FlowPorts extends Pick<GrantTokenPorts, "outbound" | "vault" | "grants" | "now"> {
  flows: FlowStore;
  random(bytes: number): Bytes;
}

/** Of one person: who begins more of them loses the oldest. */
const MOST_FLOWS = 5;

/** `RemoteUpstreamServer.beginFlow`. */
export async function beginFlow(flow: Flow, { flows, now }: FlowPorts): Promise<void> {
  await forgetOver(flows, now());
  const own = flows.all().filter(({ personId }) => personId === flow.personId);
  const oldest = own.toSorted((one, other) => one.until - other.until);
  for (const { stateHash } of oldest.slice(0, Math.max(0, own.length - MOST_FLOWS + 1))) await flows.drop(stateHash);
  await flows.write(flow);
}

/** Who is not back by now comes no more. */
export async function forgetOver(flows: FlowStore, nowMs: number): Promise<void> {
  for (const { stateHash, until } of flows.all()) if (until <= nowMs) await flows.drop(stateHash);
}

const MOST_CODE = 4_096;

/**
 * `RemoteUpstreamServer.finishFlow`. 1. the flow of this very session and person; 2. it serves no more; 3. it is the issuer that was signed
 * for who answers, by its name and where it sends people; 4. its code is worth a token to whoever began this; 5. which is kept, sealed.
 */
export async function finishFlow(answer: FlowAnswer, ports: FlowPorts): Promise<Result<MadeGrant, FlowFailure>> {
  const flow = ports.flows.read(answer.stateHash); // 1
  if (flow === null || flow.until <= ports.now() || flow.session !== answer.session || flow.personId !== answer.personId) {
    return refuse({ reason: "flow-unknown" });
  }
  await ports.flows.drop(flow.stateHash); // 2
  const { settings, credential, owner } = flow;
  const { issuer = "", token_endpoint: endpoint = "", resource = settings.url } = settings.authentication;
  const isAnothers = answer.issuer === null ? flow.namesItself : answer.issuer !== issuer;
  if (isAnothers || answer.redirect !== flow.redirect) return refuse({ reason: "issuer-mismatch" }); // 3
  if (answer.code === null || answer.code === "" || answer.code.length > MOST_CODE) return refuse({ reason: "issuer-refused" });

  if (ports.vault === null) return refuse({ reason: "no-vault" });
  const client = await clientOf(settings, credential, ports.vault); // 4
  if (client === null) return refuse({ reason: "credential-unreadable" });
  const fields = {
    grant_type: "authorization_code",
    code: answer.code,
    redirect_uri: flow.redirect,
    code_verifier: flow.verifier,
    resource,
  };
  const reply = await postForm(ports.outbound, endpoint, fields, client);
  if (!reply.ok) return refuse({ reason: "issuer-unreachable" });
  const tokens = readTokens(reply.value);
  if (!tokens.ok) return refuse({ reason: "issuer-refused" });

  const id = `sgr_${b64u(ports.random(16))}`; // 5
  const [terms, now] = [grantTerms(settings), ports.now()];
  const sealed = await sealTokens({ id, owner, settings }, tokens.value, ports.vault);
  const times = { until: usedUntil(tokens.value, now), madeAtMs: now };
  await ports.grants.write({ id, owner, terms, settings, credential, ...sealed, ...times, isRefused: false, triedToReturn: 0 });
  const account = accountIn(tokens.value.idToken, issuer, settings.authentication.client_id ?? "");
  return accept({ id, owner, issuer, account, terms });
}

const MOST_ACCOUNT = 200;

/**
 * Whom an ID token is about (OpenID Connect Core, section 3.1.3.7): it came from the issuer itself over TLS, so that its signature says
 * nothing more. Null if it is none, or another's, or for another client. A label for people; nothing is decided by it.
 */
function accountIn(idToken: string | null, issuer: string, clientId: string): string | null {
  const bytes = fromB64u(idToken?.split(".")[1] ?? "");
  const text = bytes === null ? null : fromUtf8(bytes);
  if (text === null || text === "") return null;
  let claims: Record<string, unknown>;
  try {
    claims = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof claims !== "object" || claims === null || claims["iss"] !== issuer) return null;
  const { aud } = claims;
  if (aud !== clientId && !(Array.isArray(aud) && aud.includes(clientId))) return null;
  const named = ["email", "preferred_username", "name", "sub"]
    .map((claim) => claims[claim])
    .find((one) => typeof one === "string" && one !== "");
  return typeof named === "string" ? named.toWellFormed().slice(0, MOST_ACCOUNT) : null;
}
