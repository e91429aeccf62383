/** What is asked of the object of one MCP server (UpstreamServer): the token that its calls are made with. Types only. */
import type { Result } from "#countersign/result.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";

export type TokenFailure = "needs-authentication" | "credential-unreadable" | "address-refused" | "unreachable" | "timed-out";

export interface RemoteUpstreamServer {
  /**
   * A token of the server's pinned token endpoint (OAuth client credentials), as `settings` and the sealed credential have been signed for.
   * `refused`: the token that the server has just refused; null for any. One is fetched at a time, whoever asks.
   */
  token(settings: ServerSettings, credential: string, refused: string | null): Promise<Result<string, TokenFailure>>;
}
