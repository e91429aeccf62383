/** What a test tells the scripted issuer and its server, as both they in Node and the Worker under test speak of it. */

export const ISSUER = "auth.example.com";
export const SERVER_HOST = "accounts.mcp.example.com";

/** What the issuer does otherwise. */
export interface IssuerOrders {
  /** Instead of members of its metadata; null leaves one out. */
  metadata?: Record<string, unknown>;
  /** Of what is refreshed: the answer is lost, or comes once something is given back; or it says this error. */
  refresh?: "is lost" | "comes with a revocation" | { error: string };
  /** The path that answers once it is released. */
  hangs?: "/token" | "/revoke";
  /** Gives this in the place of tokens. */
  answers?: Record<string, unknown>;
  /** Cannot take anything back. */
  away?: boolean;
}
/** What the server does otherwise. */
export interface ServerOrders {
  metadata?: Record<string, unknown>;
  challenge?: string;
  /** Tokens that it takes no more. */
  worn?: string[] | "all";
  /** What it says of its tool to whoever acts as that account, instead of what it says to everybody. */
  says?: Record<string, string>;
}
