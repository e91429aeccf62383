/** What every handler finds in its hono context. */
import type { Config } from "#config/config.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Agent } from "#gate/approvals/agent-approvals.ts";
import type { NearReads } from "#storage/near/near-reads.ts";
import type { Ports } from "./ports.ts";
import type { Failure } from "#rules/failure.ts";

/** A person in good standing, as the session proved. */
export interface CallingPerson {
  id: string;
  username: string;
  displayName: string;
  roles: readonly ("admin" | "approver" | "auditor")[];
  groups: readonly string[];
  /** The passkey that opened the session, b64u. */
  credentialId: string;
  /** The hash of the session's token. */
  tokenHash: string;
  /** What the machine calls itself whose command line calls, which only reads; null: a browser calls. */
  commandLine: string | null;
  /** Calls of this session that have been refused within this minute. */
  refusals: number;
  /** Wrong guesses with it within this minute. */
  guesses: number;
  /** Since when everything is stopped; null if it is not. */
  everythingStoppedAt: string | null;
  /** Whether there is any channel to tell people or systems over. */
  hasChannels: boolean;
  /** How much passed with a notice and waits to be looked at, for pages (middleware/to-look-at.ts); null where that is not known. */
  toLookAt?: number | null;
}

/** What a caller may still do while its request is answered (middleware/limit-calls.ts). */
export interface CallLimit {
  /** Null if one call more is served; otherwise what it is answered with. */
  admit(): Promise<Failure | null>;
  /** Counts a call that is refused. Null, or what to answer in its place, because it is one too many. */
  countRefusal(): Promise<Failure | null>;
  /** Whether this call was not admitted, or is counted: then there is nothing more to count. */
  isSettled(): boolean;
}

export interface App {
  Bindings: Bindings;
  /**
   * `near` reads what decides nothing (middleware/own-changes.ts); `limit` is what the agent may still call; `refusal` is what the request
   * was answered with, for the access log, and `isTold` that another line has said all of it.
   */
  Variables: {
    config: Config;
    near: NearReads;
    ports: Ports;
    agent: Agent;
    /** Of the key that the agent brought, where its object is asked. */
    keyHash: string;
    person: CallingPerson;
    limit: CallLimit;
    refusal?: Failure;
    isTold?: true;
  };
}
