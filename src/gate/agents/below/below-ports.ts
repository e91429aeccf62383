/** Agents below others, as verbs have them. Types only. */
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { Below } from "#rules/agents/below.ts";
import type { AgentEffect } from "../agent-effects.ts";
import type { AgentPorts } from "../create-agent.ts";
import type { RevocationPorts } from "../revoke-agent.ts";

export interface AgentBelow extends Below {
  id: string;
  name: string;
  createdAt: string;
  isStopped: boolean;
}

export interface EndedBelow {
  id: string;
}

export interface BelowPorts extends AppendPorts<AgentEffect>, Pick<AgentPorts, "standingAgents">, RevocationPorts {
  /** Everybody below this agent who stands at that time, at any depth, the oldest first; from the D1 primary. */
  agentsBelow(agentId: string, now: string): Promise<AgentBelow[]>;
  /** How many agents a chain may have, the one at the top included. */
  mostInChain: number;
}

export interface EndingPorts extends RevocationPorts {
  /**
   * At most so many below others whose time, or that of one above, is over, and that are not revoked yet; from the D1 primary. Of those that
   * were revoked before `forgottenFrom` it forgets whom they were below.
   */
  endedBelow(now: string, most: number, forgottenFrom: string): Promise<EndedBelow[]>;
}
