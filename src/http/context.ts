/** What every handler finds in its hono context. */
import type { Config } from "#config/config.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Ports } from "./ports.ts";
import type { Failure } from "#rules/failure.ts";

/** An agent in good standing, as its API key proved. */
export interface CallingAgent {
  id: string;
  name: string;
  /** The person who answers for it. */
  owner: string;
}

/** A person in good standing, as the session proved. */
export interface CallingPerson {
  id: string;
  username: string;
  displayName: string;
  roles: readonly ("admin" | "approver" | "auditor")[];
  groups: readonly string[];
  /** The passkey that opened the session, b64u. */
  credentialId: string;
}

export interface App {
  Bindings: Bindings;
  /** `refusal` is what the request was answered with, for the access log. */
  Variables: { config: Config; ports: Ports; agent: CallingAgent; person: CallingPerson; refusal?: Failure };
}
