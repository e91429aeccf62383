/**
 * The statements of every room's effects, for the D1 batch of their leaf. What must not happen is refused in that batch, by constraints
 * and conditions.
 */
import { drizzle } from "drizzle-orm/d1";
import type { Effect } from "#gate/effects.ts";
import { agentQueries } from "./agents.ts";
import { proposalQueries } from "./talk/proposed-payloads.ts";
import { approvalQueries, extensionQueries } from "./approvals.ts";
import { type Place, prepare, type Query } from "./batch-condition.ts";
import { challengeQueries } from "./calls/challenges.ts";
import { channelQueries } from "./channels/channel-effects.ts";
import { connectorQueries } from "./connectors/connectors.ts";
import { delegationQueries } from "./channels/delegations.ts";
import { erasureQueries } from "./erasure/erasure-effects.ts";
import { patternQueries } from "./patterns/patterns.ts";
import { grantQueries } from "./grants/grant-effects.ts";
import { peopleQueries } from "./people-effects.ts";
import { keyQueries } from "./keys/agent-keys.ts";
import { stopQueries } from "./stops/stops.ts";
import { policyQueries } from "./policies/published.ts";
import { serverQueries } from "./servers/server-effects.ts";
import { connectionQueries } from "./servers/server-grants.ts";

/** `leafIndex` is where the leaf will stand; `now` decides which spent nonces have outlived their use. */
export function effectStatements(d1: D1Database, effect: Effect, leafIndex: number, now: string): D1PreparedStatement[] {
  return queriesOf(effect, { database: drizzle(d1), leafIndex, now }).map((query) => prepare(d1, query));
}

function queriesOf(effect: Effect, place: Place): Query[] {
  switch (effect.kind) {
    case "agent-created":
    case "agent-delegated":
    case "agent-revoked":
    case "agent-changed":
      return agentQueries(effect, place);
    case "agent-key-rotated":
    case "agent-key-ended":
      return keyQueries(effect, place);
    case "stop-ordered":
    case "stop-released":
      return stopQueries(effect, place);
    case "pattern-denied":
    case "pattern-lifted":
      return patternQueries(effect, place);
    case "approval-ended":
      return approvalQueries(effect, place);
    case "request-extended":
      return extensionQueries(effect, place);
    case "payload-proposed":
      return proposalQueries(effect, place);
    case "person-enrolled":
    case "passkey-enrolled-again":
    case "passkey-confirmed":
    case "passkey-revoked":
    case "role-changed":
      return peopleQueries(effect, place);
    case "person-erased":
      return erasureQueries(effect, place);
    case "challenge-consumed":
      return challengeQueries(effect, place);
    case "channel-added":
    case "channel-changed":
    case "channel-removed":
      return channelQueries(effect, place);
    case "connector-created":
    case "connector-revoked":
      return connectorQueries(effect, place);
    case "delegation-given":
    case "delegation-ended":
      return delegationQueries(effect, place);
    case "grant-used":
    case "grant-revoked":
      return grantQueries(effect, place);
    case "policy-published":
      return policyQueries(effect, place);
    case "server-added":
    case "server-changed":
    case "server-removed":
    case "tools-accepted":
      return serverQueries(effect, place);
    case "server-connected":
    case "account-connected":
    case "server-disconnected":
      return connectionQueries(effect, place);
  }
}
