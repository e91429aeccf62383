/**
 * Tokens of one MCP server by what people gave the gate leave for (RFC 6749, section 4.1), as the server's object keeps them: sealed, each
 * for its grant and for where it goes. Whether a grant stands, D1 says and not this: here is only what it is called with.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Outbound } from "#gate/channels/outbound.ts";
import type { Vault } from "#gate/channels/vault.ts";
import type { RemoteUpstreamServer, TokenFailure } from "#gate/servers/remote-upstream.ts";
import { grantPurpose, grantTerms } from "#rules/calls/connections/server-grants.ts";
import { readCredential, serverPurpose } from "#rules/calls/server-credential.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import { errorOf, postForm, readTokens, type TokenAnswer, type TokenClient, usedUntil } from "./token-endpoint.ts";

/** A grant as it is kept. */
export interface KeptServerGrant {
  id: string;
  owner: string | null;
  terms: string;
  /** Of the server as it was last called: with these it is given back. */
  settings: ServerSettings;
  credential: string | null;
  /** Sealed: for the server, and for the token endpoint. */
  access: string;
  refresh: string | null;
  until: number;
  madeAtMs: number;
  /** Whether it serves no more, because the issuer takes it no more or because it has ended: only a person can change that. */
  isRefused: boolean;
  /** How often the issuer could not be told that it is over. */
  triedToReturn: number;
}

/** Each write is durable when it resolves, and rejects if it is not known to be. */
export interface GrantStore {
  read(id: string): KeptServerGrant | null;
  all(): KeptServerGrant[];
  write(grant: KeptServerGrant): Promise<void>;
  drop(id: string): Promise<void>;
}

export interface GrantTokenPorts {
  outbound: Outbound;
  /** Null without the secret that opens what is sealed. */
  vault: Vault | null;
  grants: GrantStore;
  /** Has it shown that the issuer takes the grant no more. Never throws; nothing depends on it. */
  noteRefused(grantId: string): Promise<void>;
  /** Keeps what ended while its issuer was asked until that has it back, and has that done at once. */
  keepEnded(grant: KeptServerGrant): Promise<void>;
  now(): number;
}

/** A client that was refused is not presented again at once. */
const REFUSED_MS = 15_000;
/** A server that refuses what was had because it refused the one before is given no newer one so soon. */
const RENEWED_MS = 10_000;

/** How the gate shows the token endpoint who it is; null if its secret cannot be opened. */
export async function clientOf(settings: ServerSettings, credential: string | null, vault: Vault): Promise<TokenClient | null> {
  const { client_id: id = "", token_auth: auth = "any" } = settings.authentication;
  if (credential === null) return { id, secret: null, auth: "none" };
  const opened = await vault.open(credential, serverPurpose(settings));
  const read = opened.ok ? readCredential(opened.value, settings.authentication) : null;
  return read?.kind === "authorization_code" ? { id, secret: read.client_secret, auth } : null;
}

/** As it is kept: the access token opens for the server alone, the other one for the token endpoint alone. */
export async function sealTokens(
  grant: Pick<KeptServerGrant, "id" | "owner" | "settings">,
  { access, refresh }: Pick<TokenAnswer, "access" | "refresh">,
  vault: Vault,
): Promise<Pick<KeptServerGrant, "access" | "refresh">> {
  const { settings } = grant;
  const endpoint = settings.authentication.token_endpoint ?? "";
  return {
    access: await vault.seal(access, grantPurpose(settings.id, grant, settings.url)),
    refresh: refresh === null ? null : await vault.seal(refresh, grantPurpose(settings.id, grant, endpoint)),
  };
}

/** The token that the token endpoint takes; null if there is none, or it cannot be opened. */
export async function openRefresh({ refresh, settings, ...grant }: KeptServerGrant, vault: Vault): Promise<string | null> {
  if (refresh === null) return null;
  const opened = await vault.open(refresh, grantPurpose(settings.id, grant, settings.authentication.token_endpoint ?? ""));
  return opened.ok ? opened.value : null;
}

/** The token that the server takes; null if it cannot be opened. */
export async function openAccess({ access, settings, ...grant }: KeptServerGrant, vault: Vault): Promise<string | null> {
  const opened = await vault.open(access, grantPurpose(settings.id, grant, settings.url));
  return opened.ok ? opened.value : null;
}

type Token = Result<string, TokenFailure>;

export class GrantTokens {
  readonly #ports: GrantTokenPorts;
  /** What was opened once, by what it was sealed as. */
  readonly #opened = new Map<string, { sealed: string; token: string }>();
  readonly #underWay = new Map<string, Promise<Token>>();
  readonly #clientRefused = new Map<string, number>();
  readonly #renewedAtMs = new Map<string, number>();
  readonly #unsaved = new Map<string, KeptServerGrant>();

  constructor(ports: GrantTokenPorts) {
    this.#ports = ports;
  }

  /** `RemoteUpstreamServer.grantedToken`. */
  readonly token: RemoteUpstreamServer["grantedToken"] = async (settings, credential, { id, owner }, refused) => {
    const { vault, grants } = this.#ports;
    if (vault === null) return refuse("credential-unreadable");
    for (;;) {
      // Whoever is on the way already brings it for all.
      const underWay = await this.#underWay.get(id);
      if (underWay?.ok === false) return underWay;
      await this.#store(id);
      const grant = grants.read(id);
      if (grant === null || grant.owner !== owner || grant.terms !== grantTerms(settings) || grant.isRefused) {
        return refuse("needs-authentication");
      }
      const kept = await this.#kept(grant, vault);
      // It was refreshed, or has ended, while this was opened: what was read is spent.
      if (this.#underWay.has(id) || !this.#stands(id) || grants.read(id)?.access !== grant.access) continue;
      if (kept === null) return refuse("credential-unreadable");
      const now = this.#ports.now();
      const wasRenewed = now < (this.#renewedAtMs.get(id) ?? 0) + RENEWED_MS;
      if (now < grant.until && (kept !== refused || wasRenewed)) return accept(kept);
      if (kept === refused) this.#renewedAtMs.set(id, now);
      if ((this.#clientRefused.get(id) ?? 0) > now) return refuse("needs-authentication");
      const refreshed = this.#refresh({ ...grant, settings, credential }, vault).finally(() => this.#underWay.delete(id));
      this.#underWay.set(id, refreshed);
      return refreshed;
    }
  };

  /** What the issuer gave last is in store, so that this is what is given back of a grant that ended. */
  readonly settle = async (): Promise<void> => {
    for (const id of this.#unsaved.keys()) await this.#store(id);
  };

  /**
   * What the issuer gave: without it the grant would be lost. Of a grant that ended while the issuer was asked it serves nobody, and is kept
   * only to be given back. Whether the grant stands.
   */
  async #store(id: string): Promise<boolean> {
    const stands = this.#stands(id);
    const unsaved = this.#unsaved.get(id);
    if (unsaved === undefined) return stands;
    if (stands) await this.#ports.grants.write(unsaved);
    else await this.#ports.keepEnded({ ...unsaved, isRefused: true, triedToReturn: 0 });
    if (this.#unsaved.get(id) === unsaved) this.#unsaved.delete(id);
    return stands;
  }

  #stands(id: string): boolean {
    return this.#ports.grants.read(id)?.isRefused === false;
  }

  async #kept(grant: KeptServerGrant, vault: Vault): Promise<string | null> {
    const known = this.#opened.get(grant.id);
    if (known?.sealed === grant.access) return known.token;
    const token = await openAccess(grant, vault);
    if (token !== null) this.#opened.set(grant.id, { sealed: grant.access, token });
    return token;
  }

  /**
   * 1. with what the issuer gave last, as the client that was signed for; 2. no answer changes nothing: the next call asks with the same;
   * 3. what the issuer takes no more, only a person can replace; 4. what it gives is stored, and only then used: until then what there was
   * before is kept. The grant may have ended meanwhile: then it stays so.
   */
  async #refresh(grant: KeptServerGrant, vault: Vault): Promise<Token> {
    const { settings, credential } = grant;
    const { token_endpoint: endpoint = "", resource = settings.url } = settings.authentication;
    const client = await clientOf(settings, credential, vault); // 1
    const refresh = await openRefresh(grant, vault);
    if (client === null || (grant.refresh !== null && refresh === null)) return refuse("credential-unreadable");
    if (refresh === null) return this.#over(grant);
    const fields = { grant_type: "refresh_token", refresh_token: refresh, resource };
    const answer = await postForm(this.#ports.outbound, endpoint, fields, client);
    if (!answer.ok) return refuse(answer.refusal === "answer-too-large" ? "unreachable" : answer.refusal); // 2
    if (errorOf(answer.value) === "invalid_grant") return this.#over(grant); // 3
    const tokens = readTokens(answer.value);
    if (!tokens.ok) {
      this.#clientRefused.set(grant.id, this.#ports.now() + REFUSED_MS);
      return refuse("needs-authentication");
    }
    const { access, refresh: next } = tokens.value;
    const now = this.#ports.now();
    const sealed = await sealTokens(grant, { access, refresh: next ?? refresh }, vault);
    this.#unsaved.set(grant.id, { ...grant, ...sealed, until: usedUntil(tokens.value, now) });
    return (await this.#store(grant.id)) ? accept(access) : refuse("needs-authentication"); // 4
  }

  async #over(grant: KeptServerGrant): Promise<Token> {
    if (!this.#stands(grant.id)) return refuse("needs-authentication");
    await this.#ports.grants.write({ ...grant, isRefused: true });
    await this.#ports.noteRefused(grant.id);
    return refuse("needs-authentication");
  }
}
