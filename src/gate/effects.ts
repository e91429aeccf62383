/** The effects of every room: what may come with a leaf, and what storage therefore makes rows of. Types only. */
import type { AgentEffect } from "./agents/agent-effects.ts";
import type { PatternEffect } from "./patterns/pattern-effects.ts";
import type { ChallengeEffect } from "./calls/verified/challenge-effect.ts";
import type { ApprovalEffect, ExtensionEffect, ProposalEffect } from "./approvals/object/object-ports.ts";
import type { ChannelEffect } from "./channels/admin/channel-effects.ts";
import type { ConnectorEffect } from "./connectors/connector-effects.ts";
import type { DelegationEffect } from "./channels/delegation-effects.ts";
import type { ErasureEffect } from "./erasure/erasure-effects.ts";
import type { GrantEffect } from "./grants/grant-effects.ts";
import type { PeopleEffect } from "./people/people-effects.ts";
import type { PublicationEffect } from "./policies/policy-effects.ts";
import type { ConnectionEffect } from "./servers/connections/connection-effects.ts";
import type { ServerEffect } from "./servers/server-effects.ts";

/**
 * They go from the Worker and from requests' objects to the log's, which may run another version: a kind that has been released
 * keeps its name and its members.
 */
export type Effect =
  | AgentEffect
  | ApprovalEffect
  | ChallengeEffect
  | ChannelEffect
  | ConnectorEffect
  | ConnectionEffect
  | DelegationEffect
  | ErasureEffect
  | ExtensionEffect
  | PatternEffect
  | GrantEffect
  | PeopleEffect
  | ProposalEffect
  | PublicationEffect
  | ServerEffect;
