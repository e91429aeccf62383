/**
 * Tokens of one MCP server by OAuth client credentials (RFC 6749, section 4.4, for the resource of RFC 8707), as its object holds them: in
 * memory alone. Where they are had, for whom and for what was signed for; nothing that the server says changes it. Whoever answers at the
 * token endpoint writes every byte that is read here.
 */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Outbound, OutboundReply } from "#gate/channels/outbound.ts";
import type { Vault } from "#gate/channels/vault.ts";
import type { TokenFailure } from "#gate/servers/remote-upstream.ts";
import { readCredential, serverPurpose } from "#rules/calls/server-credential.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import { postForm, readTokens, usedUntil } from "./oauth/token-endpoint.ts";

/** A client that was refused is not presented again at once: who guesses is locked out. */
const REFUSED_MS = 15_000;

export interface TokenPorts {
  outbound: Outbound;
  /** Null without the secret that opens credentials. */
  vault: Vault | null;
  now(): number;
}

interface HeldToken {
  /** What it was had with: settings and sealed credential. */
  under: string;
  token: string;
  until: number;
}

export class ServerTokens {
  readonly #ports: TokenPorts;
  #held: HeldToken | null = null;
  #refused: { under: string; until: number } | null = null;
  #underWay: { under: string; token: Promise<Result<string, TokenFailure>> } | null = null;

  constructor(ports: TokenPorts) {
    this.#ports = ports;
  }

  /** `RemoteUpstreamServer.token`. */
  async token(settings: ServerSettings, credential: string, refused: string | null): Promise<Result<string, TokenFailure>> {
    const under = canonicalize([settings.id, settings.authentication, credential]);
    const held = this.#held;
    if (held?.under === under && held.until > this.#ports.now() && held.token !== refused) return accept(held.token);
    if (this.#refused?.under === under && this.#refused.until > this.#ports.now()) return refuse("needs-authentication");
    if (this.#underWay?.under === under) return await this.#underWay.token;
    const underWay = { under, token: this.#fetch(under, settings, credential) };
    this.#underWay = underWay;
    try {
      return await underWay.token;
    } finally {
      if (this.#underWay === underWay) this.#underWay = null;
    }
  }

  async #fetch(under: string, settings: ServerSettings, sealed: string): Promise<Result<string, TokenFailure>> {
    const { authentication } = settings;
    if (this.#ports.vault === null || authentication.kind !== "client_credentials") return refuse("credential-unreadable");
    const opened = await this.#ports.vault.open(sealed, serverPurpose(settings));
    const credential = opened.ok ? readCredential(opened.value, authentication) : null;
    if (credential?.kind !== "client_credentials") return refuse("credential-unreadable");
    const answer = await this.#ask(authentication, credential.client_secret);
    if (!answer.ok) return answer;
    const token = readTokens(answer.value);
    // What it was had with may have been replaced meanwhile: what came later stays.
    if (!token.ok) {
      this.#refused = { under, until: this.#ports.now() + REFUSED_MS };
      return refuse("needs-authentication");
    }
    this.#held = { under, token: token.value.access, until: usedUntil(token.value, this.#ports.now()) };
    this.#refused = null;
    return accept(token.value.access);
  }

  async #ask(
    { token_endpoint: endpoint = "", client_id: id = "", scope, resource }: ServerSettings["authentication"],
    secret: string,
  ): Promise<Result<OutboundReply, TokenFailure>> {
    const fields = {
      grant_type: "client_credentials",
      ...(scope === undefined ? {} : { scope }),
      ...(resource === undefined ? {} : { resource }),
    };
    const sent = await postForm(this.#ports.outbound, endpoint, fields, { id, secret, auth: "any" });
    return sent.ok ? sent : refuse(sent.refusal === "answer-too-large" ? "needs-authentication" : sent.refusal);
  }
}
