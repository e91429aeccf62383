/** What becomes of agents with a leaf of the log. */
import type { Below } from "#rules/agents/below.ts";
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";

export interface AgentRow {
  id: string;
  name: string;
  owner: string;
  /** SHA-256 of the API key, hexadecimal. */
  keyHash: string;
  createdAt: string;
  /** Who was shown its key. A version before did not say. */
  maker?: string;
  /** How its key begins. A version before did not say. */
  prefix?: string;
}

export type AgentEffect =
  | { kind: "agent-created"; agent: AgentRow; authorised: SpentAuthorisation }
  /** By the last agent of its chain; nobody signs for it. */
  | { kind: "agent-delegated"; agent: AgentRow; below: Below }
  | { kind: "agent-revoked"; agentId: string; at: string }
  /** Of the agent, or of everything (null). `number`: how often it has been stopped then. */
  | { kind: "stop-ordered"; agentId: string | null; number: number; by: string; at: string }
  | { kind: "stop-released"; agentId: string | null; number: number; authorised: SpentAuthorisation }
  /** `number`: how often it has been signed for then. `isRenamed`: its name is another one than before. */
  | {
      kind: "agent-changed";
      agentId: string;
      number: number;
      name: string;
      isRenamed: boolean;
      groups: string[];
      at: string;
      authorised: SpentAuthorisation;
    }
  /** Its key `number` is replaced by the one of this hash, which `maker` is shown, and serves until then. */
  | {
      kind: "agent-key-rotated";
      agentId: string;
      number: number;
      keyHash: string;
      prefix: string;
      maker: string;
      at: string;
      endsAt: string;
      authorised: SpentAuthorisation;
    }
  /** Of a key that was replaced. */
  | { kind: "agent-key-ended"; agentId: string; number: number; at: string };
