/**
 * An issuer of OAuth tokens that does as a test tells it, and an MCP server that takes its tokens and says whose they are. Refresh tokens
 * rotate, and one that is used twice ends all that came of it, as RFC 9700 wants it. Codes are "<account>.<challenge>".
 */
import { createHash } from "node:crypto";
import type { ReceivedRequest, ReceiverAnswer, Speaker } from "../../channels/receiver-behaviour.ts";
import { ISSUER, type IssuerOrders, SERVER_HOST, type ServerOrders } from "./issuer-orders.ts";

interface Family {
  account: string;
  resource: string;
  refresh: string;
  isOver: boolean;
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): ReceiverAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});
const withOrders = (said: Record<string, unknown>, orders: Record<string, unknown> = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...said, ...orders }).filter(([, value]) => value !== null));

class ScriptedIssuer {
  readonly #families = new Map<string, Family>();
  #made = 0;
  #revocation = Promise.withResolvers<void>();

  /** Whose the token is, and for which resource; null for none that serves. */
  holder(token: string): Family | null {
    const family = this.#families.get(token);
    return family === undefined || family.isOver ? null : family;
  }

  async speak(received: ReceivedRequest, told: unknown): Promise<ReceiverAnswer> {
    const orders = (told ?? {}) as IssuerOrders;
    const answer = this.#answer(received, orders);
    if (received.path === "/token" && orders.refresh === "comes with a revocation") await this.#revocation.promise;
    return received.path === orders.hangs ? { ...answer, does: "hangs" } : answer;
  }

  #answer({ path, body }: ReceivedRequest, orders: IssuerOrders): ReceiverAnswer {
    if (path.startsWith("/.well-known/oauth-authorization-server")) return json(this.#metadata(orders));
    const form = new URLSearchParams(body);
    switch (path) {
      case "/register":
        return json({ client_id: "gate-1", redirect_uris: [], token_endpoint_auth_method: "none" }, 201);
      case "/token":
        return this.#token(form, orders);
      case "/revoke":
        return this.#revoke(form, orders);
      default:
        return { status: 404 };
    }
  }

  #metadata({ metadata }: IssuerOrders): Record<string, unknown> {
    const at = `https://${ISSUER}`;
    return withOrders(
      {
        issuer: at,
        authorization_endpoint: `${at}/authorize`,
        token_endpoint: `${at}/token`,
        registration_endpoint: `${at}/register`,
        revocation_endpoint: `${at}/revoke`,
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none", "client_secret_basic"],
        authorization_response_iss_parameter_supported: true,
      },
      metadata,
    );
  }

  #token(form: URLSearchParams, { refresh, answers }: IssuerOrders): ReceiverAnswer {
    if (answers !== undefined) return json(answers);
    if (form.get("client_id") !== "gate-1") return json({ error: "invalid_client" }, 401);
    if (form.get("grant_type") === "authorization_code") {
      const [account = "", challenge] = (form.get("code") ?? "").split(".");
      const proved = createHash("sha256")
        .update(form.get("code_verifier") ?? "")
        .digest("base64url");
      if (proved !== challenge || account === "") return json({ error: "invalid_grant" }, 400);
      return this.#give({ account, resource: form.get("resource") ?? "", refresh: "", isOver: false });
    }
    if (typeof refresh === "object") return json(refresh, 400);
    const family = this.#families.get(form.get("refresh_token") ?? "");
    if (family === undefined || family.isOver) return json({ error: "invalid_grant" }, 400);
    if (family.refresh !== form.get("refresh_token")) {
      family.isOver = true;
      return json({ error: "invalid_grant" }, 400);
    }
    const given = this.#give(family);
    return refresh === "is lost" ? { does: "breaks" } : given;
  }

  #give(family: Family): ReceiverAnswer {
    this.#made += 1;
    const access = `at-${family.account}-${this.#made}`;
    family.refresh = `rt-${family.account}-${this.#made}`;
    this.#families.set(access, family).set(family.refresh, family);
    const claims = { iss: `https://${ISSUER}`, aud: "gate-1", sub: family.account, email: `${family.account}@example.com` };
    const idToken = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.AA`;
    return json({ access_token: access, token_type: "Bearer", expires_in: 3600, refresh_token: family.refresh, id_token: idToken });
  }

  #revoke(form: URLSearchParams, { away }: IssuerOrders): ReceiverAnswer {
    this.#revocation.resolve();
    this.#revocation = Promise.withResolvers();
    if (away === true) return { status: 503 };
    const family = this.#families.get(form.get("token") ?? "");
    if (family !== undefined) family.isOver = true;
    return { status: 200 };
  }
}

const TOOL = {
  name: "whoami",
  description: "Says whose account this is.",
  inputSchema: { type: "object" },
  annotations: { readOnlyHint: true },
};

interface Message {
  id?: number | string;
  method?: string;
}

function resultOf({ method }: Message, account: string, { says = {} }: ServerOrders): unknown {
  switch (method) {
    case "server/discover":
      return { supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };
    case "tools/list":
      return {
        tools: [{ ...TOOL, description: says[account] ?? TOOL.description }],
        resultType: "complete",
        ttlMs: 0,
        cacheScope: "private",
      };
    case "tools/call":
      return { content: [{ type: "text", text: `You are ${account}.` }], resultType: "complete" };
    default:
      return undefined;
  }
}

/** Both, by host. */
export function oauthSpeakers(): Readonly<Record<string, Speaker>> {
  const issuer = new ScriptedIssuer();
  const server: Speaker = ({ path, headers, body }, told) => {
    const serverOrders = (told ?? {}) as ServerOrders;
    const { metadata, challenge, worn = [] } = serverOrders;
    const at = `https://${SERVER_HOST}`;
    if (path.startsWith("/.well-known/oauth-protected-resource")) {
      return json(
        withOrders({ resource: `${at}/mcp`, authorization_servers: [`https://${ISSUER}`], scopes_supported: ["read"] }, metadata),
      );
    }
    const token = /^Bearer (.+)$/.exec(headers["authorization"] ?? "")?.[1] ?? "";
    const family = worn === "all" || worn.includes(token) ? null : issuer.holder(token);
    if (family === null || family.resource !== `${at}/mcp`) {
      const said = challenge ?? `Bearer resource_metadata="${at}/.well-known/oauth-protected-resource/mcp"`;
      return { status: 401, headers: { "www-authenticate": said } };
    }
    const message = JSON.parse(body) as Message;
    if (message.id === undefined) return { status: 202 };
    const result = resultOf(message, family.account, serverOrders);
    if (result === undefined) return json({ jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "no such method" } }, 400);
    return json({ jsonrpc: "2.0", id: message.id, result });
  };
  return { [ISSUER]: (received, orders) => issuer.speak(received, orders), [SERVER_HOST]: server };
}
