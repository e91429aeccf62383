/**
 * An MCP server of the official SDK that wants to know whom a call is made as, behind an OpenID provider that others wrote: sign-in and
 * consent in the browser, dynamic registration, refresh tokens that rotate, revocation.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { Provider } from "oidc-provider";

export interface OauthServer {
  url: string;
  issuer: string;
  /** What the issuer was asked, in order: the kinds of its grants. */
  asked: string[];
  /** Tokens that were given back, by their kind. */
  returned: string[];
  /** Whom calls were made as. */
  calledAs: string[];
  /** Calls from now on find their token worn out, until a newer one comes. */
  wearOut(): void;
  stop(): Promise<void>;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const stopped = (server: Server): void => {
  server.close();
  server.closeAllConnections();
};

export async function startOauthServer(): Promise<OauthServer> {
  const [ofIssuer, ofServer] = [createServer(), createServer()];
  const issuer = `http://localhost:${await listening(ofIssuer)}`;
  const origin = `http://localhost:${await listening(ofServer)}`;
  const url = `${origin}/mcp`;
  const provider = new Provider(issuer, {
    scopes: ["openid", "offline_access", "email", "notes:read"],
    claims: { openid: ["sub"], email: ["email"] },
    conformIdTokenClaims: false,
    clientDefaults: { token_endpoint_auth_method: "none", id_token_signed_response_alg: "RS256" },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@example.com` }),
    }),
    features: {
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "notes:read", audience: url, accessTokenTTL: 3_600, accessTokenFormat: "opaque" }),
      },
    },
    rotateRefreshToken: true,
  });
  const [asked, returned, calledAs]: [string[], string[], string[]] = [[], [], []];
  provider.on("grant.success", ({ oidc }: { oidc: { params: { grant_type: string } } }) => void asked.push(oidc.params.grant_type));
  provider.on("refresh_token.destroyed", () => void returned.push("refresh_token"));
  provider.on("access_token.destroyed", () => void returned.push("access_token"));
  ofIssuer.on("request", provider.callback());

  const worn = new Set<string>();
  const seen = new Set<string>();
  const called = (as: string) =>
    createMcpHandler(() => {
      const server = new McpServer({ name: "notes", version: "1.0.0" });
      server.registerTool("whoami", { description: "Says whose notes these are.", annotations: { readOnlyHint: true } }, () => {
        calledAs.push(as);
        return { content: [{ type: "text", text: `You are ${as}.` }] };
      });
      return server;
    });
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    if (incoming.url?.startsWith("/.well-known/oauth-protected-resource") === true) {
      const metadata = { resource: url, authorization_servers: [issuer], scopes_supported: ["openid", "email", "notes:read"] };
      outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(metadata));
      return;
    }
    const token = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? "")?.[1] ?? "";
    const found = worn.has(token) ? undefined : await provider.AccessToken.find(token);
    if (found === undefined || found.isExpired || found.aud !== url) {
      const challenge = `Bearer error="invalid_token", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
      outgoing.writeHead(401, { "www-authenticate": challenge }).end();
      return;
    }
    seen.add(token);
    const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const body = incoming.method === "POST" ? { body: await text(incoming) } : {};
    const answer = await called(found.accountId).fetch(new Request(url, { method: incoming.method ?? "GET", headers, ...body }));
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  };
  ofServer.on("request", (incoming, outgoing) => void serve(incoming, outgoing));
  return {
    url,
    issuer,
    asked,
    returned,
    calledAs,
    wearOut() {
      for (const token of seen) worn.add(token);
    },
    stop() {
      stopped(ofIssuer);
      stopped(ofServer);
      return Promise.resolve();
    },
  };
}
