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
import { connectorOf, type ServerInForce, type ServerSettings } from "#rules/calls/server-settings.ts";
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
}

/** What a request is shown with. `token`: what a 401 says is worn out, and can be had anew. */
interface Shown {
  headers: Record<string, string>;
  secrets: string[];
  token: string | null;
}

const NOTHING_SENT = { wasSent: false };

async function tokenOf(
  settings: ServerSettings,
  credential: string,
  refused: string | null,
  ports: UpstreamPorts,
): Promise<Result<string, UpstreamFailure["reason"]>> {
  try {
    return await ports.serverObject(settings.id).token(settings, credential, refused);
  } catch {
    // The object cannot be reached.
    return refuse("unreachable");
  }
}

/** The headers that hold the credential, as it was sealed for this server, origin and these names. */
async function shownTo(
  { settings, credential }: Pick<ServerInForce, "settings" | "credential">,
  ports: UpstreamPorts,
): Promise<Result<Shown, UpstreamFailure["reason"]>> {
  const { authentication } = settings;
  if (authentication.kind === "none") return accept({ headers: {}, secrets: [], token: null });
  if (credential === null) return refuse("needs-authentication");
  if (authentication.kind === "client_credentials") {
    const token = await tokenOf(settings, credential, null, ports);
    if (!token.ok) return token;
    return accept({ headers: { authorization: `Bearer ${token.value}` }, secrets: [token.value], token: token.value });
  }
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
async function exchange(
  server: Pick<ServerInForce, "settings" | "credential" | "accepted">,
  request: UpstreamRequest,
  ports: UpstreamPorts,
): Promise<Result<UpstreamAnswer, UpstreamFailure>> {
  const passed = passedOf(request);
  const connector = connectorOf(server.settings.url);
  if (connector !== null) return exchangeOverConnector(ports.connectorObject(connector), server, { ...request, headers: passed });
  const shown = await shownTo(server, ports); // 1
  if (!shown.ok) return refuse({ reason: shown.refusal, ...NOTHING_SENT });
  const { method, body, signal } = request;
  const whole = {
    url: server.settings.url,
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
  if (response.status === 401 && token !== null && server.credential !== null) {
    await tokenOf(server.settings, server.credential, token, ports);
  }
  return accept({ response, secrets });
}

/** How the deployment's servers are reached. `vault` null: those that want a credential are not. */
export function upstreamFor(env: Bindings, config: Config, vault: Vault | null): Upstream {
  const ports: UpstreamPorts = {
    outbound: streamingOutboundFor(env, config),
    vault,
    serverObject: (id) => upstreamServerOf(env, id),
    connectorObject: (id) => connectorObjectOf(env, id),
  };
  return { send: (server, request) => exchange(server, request, ports) };
}
