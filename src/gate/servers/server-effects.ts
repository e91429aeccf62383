/** What becomes of servers with a leaf of the log, and under which conditions. */
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";

/** A server as admins have signed for it. */
export interface ServerRow {
  id: string;
  name: string;
  /** Canonical JSON of its `ServerSettings`. */
  settings: string;
  /** Sealed by the vault; null if there is none. */
  credential: string | null;
  /** How often it was signed for, with this time. */
  number: number;
}

export type ServerEffect =
  | { kind: "server-added"; server: ServerRow; at: string; authorised: SpentAuthorisation }
  /** `keepsCredential`: it has to be the one that the server has still. `moves`: it is at another address, and nothing is known of that. */
  | { kind: "server-changed"; server: ServerRow; keepsCredential: boolean; moves: boolean; at: string; authorised: SpentAuthorisation }
  | { kind: "server-removed"; serverId: string; at: string }
  /** `tools`: canonical JSON of all that may be used from now on (`AcceptedText[]`). `number`: how often they were signed for. */
  | { kind: "tools-accepted"; serverId: string; tools: string; number: number; at: string; authorised: SpentAuthorisation };

/** Why a server is not written as signed for, by the condition of its batch that does not hold. */
export const SERVER_REFUSALS = {
  server_is_next: "server-changed-meanwhile",
  server_name_is_free: "name-of-another-server",
  server_is_drafted: "not-drafted",
} as const;

/** Why tools are not accepted as signed for. */
export const TOOLS_REFUSALS = {
  tools_are_next: "tools-accepted-meanwhile",
  tools_are_listed: "tools-changed-meanwhile",
  server_is_drafted: "not-drafted",
} as const;
