/**
 * Tokens of one MCP server by OAuth client credentials (RFC 6749, section 4.4, for the resource of RFC 8707), as its object holds them: in
 * memory alone. Where they are had, for whom and for what was signed for; nothing that the server says changes it. Whoever answers at the
 * token endpoint writes every byte that is read here.
 */
import { b64, fromUtf8, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Outbound, OutboundReply } from "#gate/channels/outbound.ts";
import type { Vault } from "#gate/channels/vault.ts";
import type { TokenFailure } from "#gate/servers/remote-upstream.ts";
import { readCredential, serverPurpose } from "#rules/calls/server-credential.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";

const MOST_BYTES = 65_536;
/** Of a token whose end is not said. */
const ASSUMED_MS = 5 * 60_000;
const LONGEST_MS = 24 * 60 * 60_000;
/** So long before its end it is not used any more. */
const MARGIN_MS = 10_000;
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

/** RFC 6749, section 2.3.1, and appendix B: each part as a form has it. */
const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

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
    const token = readToken(answer.value);
    // What it was had with may have been replaced meanwhile: what came later stays.
    if (token === null) {
      this.#refused = { under, until: this.#ports.now() + REFUSED_MS };
      return refuse("needs-authentication");
    }
    const lasts = Math.min(token.seconds === null ? ASSUMED_MS : token.seconds * 1_000, LONGEST_MS);
    this.#held = { under, token: token.text, until: this.#ports.now() + Math.max(lasts - MARGIN_MS, lasts / 2) };
    this.#refused = null;
    return accept(token.text);
  }

  /** As every token endpoint takes it (HTTP Basic), and once more in the body where that is refused as such. */
  async #ask(
    { token_endpoint: endpoint = "", client_id: id = "", scope, resource }: ServerSettings["authentication"],
    secret: string,
  ): Promise<Result<OutboundReply, TokenFailure>> {
    const form = new URLSearchParams({ grant_type: "client_credentials" });
    if (scope !== undefined) form.set("scope", scope);
    if (resource !== undefined) form.set("resource", resource);
    const basic = `Basic ${b64(utf8(`${formEncoded(id)}:${formEncoded(secret)}`))}`;
    const first = await this.#post(endpoint, form, { authorization: basic });
    if (!first.ok || (first.value.status !== 400 && first.value.status !== 401)) return first;
    if (!fromUtf8(first.value.body)?.includes("invalid_client")) return first;
    form.set("client_id", id);
    form.set("client_secret", secret);
    return this.#post(endpoint, form, {});
  }

  async #post(url: string, form: URLSearchParams, headers: Record<string, string>): Promise<Result<OutboundReply, TokenFailure>> {
    const sent = await this.#ports.outbound({
      url,
      method: "POST",
      headers: { ...headers, accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
      mostBytes: MOST_BYTES,
    });
    if (sent.ok) return sent.value.status >= 500 || sent.value.status === 429 ? refuse("unreachable") : sent;
    switch (sent.refusal) {
      case "unreachable":
      case "timed-out":
        return refuse(sent.refusal);
      case "answer-too-large":
        return refuse("needs-authentication");
      default:
        return refuse("address-refused");
    }
  }
}

/** A bearer token as RFC 6749, section 5.1, answers it; null for anything else, a redirect included. */
function readToken({ status, body }: OutboundReply): { text: string; seconds: number | null } | null {
  const text = status === 200 ? fromUtf8(body) : null;
  if (text === null) return null;
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof answer !== "object" || answer === null) return null;
  const { access_token: token, token_type: type, expires_in: seconds } = answer as Record<string, unknown>;
  if (typeof token !== "string" || !/^[\x21-\x7e]{1,8192}$/.test(token)) return null;
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") return null;
  return { text: token, seconds: typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0 ? seconds : null };
}
