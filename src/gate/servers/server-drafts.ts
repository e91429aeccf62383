/** What waits to be signed for of a server: what it shall be, or what of it shall be accepted. Types only. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { NotAcceptable, ServerEra } from "#rules/calls/server-listing.ts";
import type { AcceptedTool, ServerSettings } from "#rules/calls/server-settings.ts";

/** What is accepted, with the canonical JSON of its definition as text. */
export interface AcceptedText extends JsonObject {
  name: string;
  pin: string;
  definition: string;
}

/** Kept under the hash of what is signed, so that none of it can be another when it is. */
export interface ServerDraft {
  operationHash: string;
  serverId: string;
  /** How often the server, or its tools, will have been signed for with this. */
  number: number;
  /** Canonical JSON of the settings; null of an acceptance. */
  settings: string | null;
  credential: string | null;
  /** Canonical JSON of `AcceptedText[]`; null of a server. */
  tools: string | null;
  madeBy: string;
  madeAt: string;
}

/** A server that stands, or did. */
export interface StandingServer {
  settings: ServerSettings;
  credential: string | null;
  number: number;
  acceptances: number;
  drifted: string[];
  isRemoved: boolean;
}

/** One thing that a server was last seen to list; without pin and definition where it cannot be accepted. */
export interface ListedTool {
  name: string;
  problem: NotAcceptable | null;
  message: string | null;
  pin: string | null;
  definition: JsonObject | null;
}

/** All that was accepted of a server, and all that it was last seen to list. */
export interface KnownTools {
  accepted: AcceptedTool[];
  listed: ListedTool[];
}

/** How a server does, and how it introduces itself. Errors are codes. */
export interface ServerHealth {
  listedAt: string | null;
  era: ServerEra | null;
  protocolVersion: string | null;
  serverInfo: JsonObject | null;
  lastSuccessAt: string | null;
  lastError: string | null;
  lastErrorAt: string | null;
  latencyMs: number | null;
}
