/** What is asked of the object of one MCP server (UpstreamServer): the tokens that its calls are made with. Types only. */
import type { Result } from "#countersign/result.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";

export type TokenFailure = "needs-authentication" | "credential-unreadable" | "address-refused" | "unreachable" | "timed-out";

/** A person on their way to the issuer and back. */
export interface Flow {
  /** SHA-256 of what comes back with the person, hexadecimal. */
  stateHash: string;
  /** Hash of the session in which it began, and whose that is. */
  session: string;
  personId: string;
  /** Whose agents will call by what comes of it; null for all. */
  owner: string | null;
  settings: ServerSettings;
  credential: string | null;
  /** PKCE. */
  verifier: string;
  redirect: string;
  /** Whether the issuer says that it names itself in every answer (RFC 9207). */
  namesItself: boolean;
  until: number;
}

/** What the issuer sent the person back with. */
export interface FlowAnswer {
  stateHash: string;
  session: string;
  personId: string;
  /** Null where it gave none, but an error. */
  code: string | null;
  /** Who it says it is; null where it does not. */
  issuer: string | null;
  /** Where the person came back to. */
  redirect: string;
}

/** `flow-unknown`: none of this session and person, or it is over. `issuer-mismatch`: another one answered, or at another's address. `refused`: the issuer said no. */
export interface FlowFailure {
  reason: "flow-unknown" | "issuer-mismatch" | "issuer-refused" | "issuer-unreachable" | "credential-unreadable" | "no-vault";
}

/** What came of it, which nobody has signed for yet. */
export interface MadeGrant {
  id: string;
  owner: string | null;
  issuer: string;
  account: string | null;
  terms: string;
}

export interface RemoteUpstreamServer {
  /**
   * A token of the server's pinned token endpoint (OAuth client credentials), as `settings` and the sealed credential have been signed for.
   * `refused`: the token that the server has just refused; null for any. One is fetched at a time, whoever asks.
   */
  token(settings: ServerSettings, credential: string, refused: string | null): Promise<Result<string, TokenFailure>>;
  /** The same by a grant, which is that owner's or, with null, shared. It is refreshed once, whoever asks, and stored before it is used. */
  grantedToken(
    settings: ServerSettings,
    credential: string | null,
    grant: { id: string; owner: string | null },
    refused: string | null,
  ): Promise<Result<string, TokenFailure>>;
  /** Resolves once it is kept. Of one person at most a few are. */
  beginFlow(flow: Flow): Promise<void>;
  /** Ends the flow, whatever comes of it: it serves once. What comes of it is kept until it is signed for, at most a day. */
  finishFlow(answer: FlowAnswer): Promise<Result<MadeGrant, FlowFailure>>;
  /** Looks which of its grants stand: the others are given back to the issuer and forgotten. Nobody waits for that. */
  tendGrants(): Promise<void>;
}
