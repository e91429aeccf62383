/**
 * One HTTP exchange with an MCP server behind the gate: guarded, with the server's credential, and nothing of the agent's but what the
 * protocol has. What a server answers is not looked at here but for its status.
 */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { connectorObjectOf, upstreamServerOf } from "#config/object-places.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Upstream, UpstreamAnswer, UpstreamFailure, UpstreamRequest } from "#gate/calls/upstream.ts";
import type { Vault } from "#gate/channels/vault.ts";
import type { RemoteUpstreamServer } from "#gate/servers/remote-upstream.ts";
import { streamingOutboundFor, type StreamFailure, type StreamingOutbound } from "#outbound/outbound.ts";
import { readCredential, serverPurpose } from "#rules/calls/server-credential.ts";
import { connectAddress, grantFor, wantsGrant } from "#rules/calls/connections/server-grants.ts";
import { connectorOf, type ServerInForce } from "#rules/calls/server-settings.ts";
import { exchangeOverConnector } from "./over-connector.ts";

/** Headers that go on. */
const PASSED = /^(?:accept|content-type|last-event-id|traceparent|tracestate|mcp-[a-z0-9-]+)$/;

interface UpstreamPorts {
  outbound: StreamingOutbound;
  /** Null without the secret that opens credentials. */
  vault: Vault | null;
  /** The server's object. */
  serverObject(id: string): RemoteUpstreamServer;
  /** A connector's; null in a deployment without connectors. */
  connectorObject(id: string): Pick<Fetcher, "fetch"> | null;
  /** Whose agent calls; null where the gate asks for itself. */
  owner(): string | null;
  /** Where a person connects the server of that name. */
  connectAt(serverName: string): string;
}

/** What a request is shown with. `token`: what a 401 says is worn out, and can be had anew. */
interface Shown {
  headers: Record<string, string>;
  secrets: string[];
  token: string | null;
}

const NOTHING_SENT = { wasSent: false };

type Called = Pick<ServerInForce, "settings" | "credential" | "accepted" | "grants">;

/** By what was given for all, or by the very owner whose agent calls: by nobody else's. */
async function tokenOf(
  { settings, credential, grants }: Called,
  refused: string | null,
  ports: UpstreamPorts,
): Promise<Result<string, UpstreamFailure["reason"]>> {
  try {
    if (!wantsGrant(settings)) {
      if (credential === null) return refuse("needs-authentication");
      return await ports.serverObject(settings.id).token(settings, credential, refused);
    }
    const grant = grantFor(settings, grants, ports.owner());
    if (grant === null) return refuse("needs-authentication");
    const { id, owner } = grant;
    return await ports.serverObject(settings.id).grantedToken(settings, credential, { id, owner }, refused);
  } catch {
    // The object cannot be reached.
    return refuse("unreachable");
  }
}

/** The headers that hold the credential, as it was sealed for this server, origin and these names. */
async function shownTo(server: Called, ports: UpstreamPorts): Promise<Result<Shown, UpstreamFailure["reason"]>> {
  const { settings, credential } = server;
  const { authentication } = settings;
  if (authentication.kind === "none") return accept({ headers: {}, secrets: [], token: null });
  if (authentication.kind === "client_credentials" || authentication.kind === "authorization_code") {
    const token = await tokenOf(server, null, ports);
    if (!token.ok) return token;
    return accept({ headers: { authorization: `Bearer ${token.value}` }, secrets: [token.value], token: token.value });
  }
  if (credential === null) return refuse("needs-authentication");
  const opened = await ports.vault?.open(credential, serverPurpose(settings));
  const read = opened?.ok === true ? readCredential(opened.value, authentication) : null;
  switch (read?.kind) {
    case "bearer":
      return accept({ headers: { authorization: `Bearer ${read.token}` }, secrets: [read.token], token: null });
    case "headers": {
      const headers = Object.fromEntries(read.values.map(({ name, value }) => [name, value]));
      return accept({ headers, secrets: read.values.flatMap(({ value }) => secretsIn(value)), token: null });
    }
    default:
      return refuse("credential-unreadable");
  }
}

/** A header's value, and what stands after its scheme: `Bearer …`, `Basic …`. */
function secretsIn(value: string): string[] {
  const [, after] = /^[A-Za-z][A-Za-z0-9-]* +(\S.*)$/.exec(value) ?? [];
  return after === undefined ? [value] : [value, after];
}

const REASONS: Readonly<Record<StreamFailure["reason"], UpstreamFailure["reason"]>> = {
  "address-malformed": "address-refused",
  "address-not-https": "address-refused",
  "address-private": "address-refused",
  "address-own": "address-refused",
  "address-unknown": "address-refused",
  unreachable: "unreachable",
  "timed-out": "timed-out",
};

const passedOf = ({ headers }: UpstreamRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      const lower = name.toLowerCase();
      return PASSED.test(lower) ? [[lower, value]] : [];
    }),
  );

/** 1. The credential; 2. the guard and the exchange; 3. a redirect is none of it: nothing is sent to where it leads. */
async function exchange(server: Called, request: UpstreamRequest, ports: UpstreamPorts): Promise<Result<UpstreamAnswer, UpstreamFailure>> {
  const passed = passedOf(request);
  const connector = connectorOf(server.settings.url);
  if (connector !== null) return exchangeOverConnector(ports.connectorObject(connector), server, { ...request, headers: passed });
  const shown = await shownTo(server, ports); // 1
  const { settings } = server;
  const connect = wantsGrant(settings) ? { connectAt: ports.connectAt(settings.name) } : {};
  if (!shown.ok) return refuse({ reason: shown.refusal, ...NOTHING_SENT, ...connect });
  const { method, body, signal } = request;
  const whole = {
    url: settings.url,
    method,
    headers: { ...passed, ...shown.value.headers },
    ...(body === null ? {} : { body }),
  };
  const sent = await ports.outbound(whole, signal); // 2
  if (!sent.ok) return refuse({ reason: REASONS[sent.refusal.reason], wasSent: sent.refusal.wasSent });
  const response = sent.value;
  if (response.status >= 300 && response.status < 400) {
    // Unread: what it says is no answer.
    await response.body?.cancel().catch(() => undefined);
    return refuse({ reason: "redirected", wasSent: true }); // 3
  }
  const { secrets, token } = shown.value;
  // For the next one. This one is not sent again: whoever asked decides whether it may be.
  if (response.status === 401 && token !== null) await tokenOf(server, token, ports);
  return accept({ response, secrets });
}

/** How the deployment's servers are reached. `vault` null: those that want a credential are not. `owner`: of the agent that calls. */
export function upstreamFor(env: Bindings, config: Config, vault: Vault | null, owner: () => string | null): Upstream {
  const ports: UpstreamPorts = {
    outbound: streamingOutboundFor(env, config),
    vault,
    serverObject: (id) => upstreamServerOf(env, id),
    connectorObject: (id) => connectorObjectOf(env, id),
    owner,
    connectAt: (serverName) => connectAddress(config.origin, serverName),
  };
  return { send: (server, request) => exchange(server, request, ports) };
}
