/** Shell of one MCP server behind the gate: its tokens (src/upstreams/server-tokens.ts). It stores nothing. */
import { DurableObject } from "cloudflare:workers";
import type { AnswersNowOrLater, Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import type { Result } from "#countersign/result.ts";
import type { RemoteUpstreamServer, TokenFailure } from "#gate/servers/remote-upstream.ts";
import { outboundFor } from "#outbound/outbound.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import { ServerTokens } from "#upstreams/server-tokens.ts";
import { vaultOf } from "#vault/vault.ts";

export class UpstreamServer extends DurableObject<Bindings> implements AnswersNowOrLater<RemoteUpstreamServer> {
  #tokens: ServerTokens | null = null;

  /** `RemoteUpstreamServer.token`. */
  token(settings: ServerSettings, credential: string, refused: string | null): Promise<Result<string, TokenFailure>> {
    // Not when it starts: what is amiss with the configuration is told to whoever asks.
    const config = readConfig(this.env);
    this.#tokens ??= new ServerTokens({ outbound: outboundFor(this.env, config), vault: vaultOf(config), now: () => Date.now() });
    return this.#tokens.token(settings, credential, refused);
  }
}
