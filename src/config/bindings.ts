/**
 * What the platform hands the Worker: bindings and variables, unread (config.ts). Durable Objects are typed by the calls that the gate
 * declares: the platform's own stub types do not terminate on recursive types such as JSON.
 */
import type { Effect } from "#gate/effects.ts";
import type { RemoteActivity } from "#gate/agents/activity/remote-activity.ts";
import type { RemoteApproval } from "#gate/approvals/remote-approval.ts";
import type { RemoteInbox } from "#gate/approvals/inbox/remote-inbox.ts";
import type { RemoteConnector } from "#gate/connectors/remote-connector.ts";
import type { RemoteUpstreamServer } from "#gate/servers/remote-upstream.ts";
import type { RemoteLog } from "#gate/log/remote-log.ts";
import type { RemoteCalls } from "#rules/calls/admission.ts";
import type { Setting } from "./settings.ts";

export interface ObjectsByName<Calls> {
  getByName(name: string, options?: { locationHint: string }): Calls;
  /** The objects of a jurisdiction, by the same names others. Throws where the runtime has none, as on one's own machine. */
  jurisdiction?(jurisdiction: string): ObjectsByName<Calls>;
}

/** What a Durable Object's class has to have for its callers to get these calls: a method may answer at once. */
export type AnswersNowOrLater<Calls> = {
  [Name in keyof Calls]: Calls[Name] extends (...given: infer Given) => Promise<infer Answer>
    ? (...given: Given) => Answer | Promise<Answer>
    : never;
};

/** As wrangler.toml and `wrangler secret put` provide them. */
export interface Bindings extends Partial<Record<Setting, string>> {
  DB: D1Database;
  APPROVAL_REQUEST: ObjectsByName<RemoteApproval & Pick<Fetcher, "fetch">>;
  LOG_SEQUENCER: ObjectsByName<RemoteLog<Effect>>;
  AGENT_ACTIVITY: ObjectsByName<RemoteActivity & RemoteCalls>;
  UPSTREAM_SERVER: ObjectsByName<RemoteUpstreamServer>;
  /** Ways to servers that speak stdio or are in a private network. A deployment without has no connectors. */
  CONNECTOR?: ObjectsByName<RemoteConnector & Pick<Fetcher, "fetch">> | undefined;
  /** Who has a page of their inbox open. In a deployment without, pages ask every few seconds. */
  PERSON_INBOX?: ObjectsByName<RemoteInbox & Pick<Fetcher, "fetch">> | undefined;
  ASSETS: Fetcher;
  /** The record of calls. A deployment without has no gateway (audit.ts). */
  AUDIT?: D1Database | undefined;
  /** Where requests go that are over. A deployment without keeps them in their objects. */
  ARCHIVE?: R2Bucket | undefined;
  /** How often one agent, and one session, may call. A deployment without counts only what it refuses. */
  AGENT_CALLS?: RateLimit;
  SESSION_CALLS?: RateLimit;
  /** Says at once which request somebody has to hear of; null for whatever is due. A deployment without is a little later. */
  NOTICES?: Queue<{ request: string | null }> | undefined;
  /** E-mail by Cloudflare. */
  EMAIL?: SendEmail;
  /** A network that connects to public addresses only, and resolves names itself: npm start has one. Cloudflare's own is such a one. */
  PUBLIC_NETWORK?: Fetcher;
  /** Which upload this is. */
  VERSION?: { id: string };
  PUBLIC_ORIGIN: string;
  LOG_SIGNING_KEY: string;
  LOG_NEXT_SIGNING_KEY?: string;
  SERVER_SECRET: string;
  /** Seals credentials of channels. A deployment without has no channels that need one. */
  VAULT_SECRET?: string;
  VAULT_NEXT_SECRET?: string;
  SETUP_TOKEN: string;
  /** Opens `/api/v1/metrics`. A deployment without has none. */
  METRICS_TOKEN?: string;
}
