/** What an MCP server behind the gate is, as admins sign for it and as the gate has it in force. Types, and what follows from them. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { SignedForServer } from "#countersign/documents/servers/signed-server.ts";

export type ServerSettings = SignedForServer;
export type ServerAuthentication = ServerSettings["authentication"];
export type ServerFeatures = ServerSettings["features"];

/** Of a server that is reached over a connector: `connector:<id>`, which is its origin as well. */
const OVER_CONNECTOR = /^connector:(con_[A-Za-z0-9_-]{22})$/;

/** The connector that a server is reached over; null of one that has an address. */
export const connectorOf = (url: string): string | null => OVER_CONNECTOR.exec(url)?.[1] ?? null;

/** Where a server is: scheme, host and port of its address, or its connector. Of what was checked. */
export const originOfServer = (url: string): string => (connectorOf(url) === null ? new URL(url).origin : url);

/** Names under which what is no tool is pinned; no tool that is accepted can have one (`TOOL_NAME`). */
export const INSTRUCTIONS_PIN = "(instructions)";
export const promptPin = (name: string): string => `(prompt) ${name}`;

/** What besides tools is judged as if it were one, under the name of its method: no tool may pass for it. */
export const JUDGED_METHODS: readonly string[] = ["resources/read", "prompts/get", "completion/complete"];

/** A tool (or prompt, or instructions) that admins have signed for. */
export interface AcceptedTool {
  name: string;
  /** `toolPin` of the definition. */
  pin: string;
  /** Its pinned members, as the server listed them. */
  definition: JsonObject;
}

/** Leave to act at a server as somebody, signed for and not ended (rules/calls/connections). */
export interface ServerGrant {
  id: string;
  /** Id of the person whose agents call by it; null for one that all agents share. */
  owner: string | null;
  /** Whom it acts as, in the issuer's words; null where it says nothing. */
  account: string | null;
  /** `grantTerms` of the server as it was connected. */
  terms: string;
}

/** A server in force, with what of it may be used. */
export interface ServerInForce {
  settings: ServerSettings;
  /** Sealed for `settings.id` and the origin of `settings.url` (or of the token endpoint); null if there is none. */
  credential: string | null;
  /** By which it is called as somebody (`authorization_code`); of any other there are none. */
  grants: readonly ServerGrant[];
  /** How often it was signed for. */
  number: number;
  accepted: readonly AcceptedTool[];
  /** Names of accepted tools that the server was last seen to list otherwise, or not at all: refused until somebody signs. */
  drifted: readonly string[];
  /** Names that the server was last seen to list and that nobody has accepted: what is told of a call of one differs, and nothing else. */
  unaccepted: readonly string[];
}

/** Every server in force, read of one moment. */
export interface ServersInForce {
  epoch: number;
  servers: readonly ServerInForce[];
}

/** Seconds that a call may take where neither server nor rule says. */
export const CALL_SECONDS = 60;
/** Bytes of a server's answer that pass, where the server's limits do not say. */
export const RESULT_BYTES = 16_777_216;
/** Bytes of canonical arguments that people are asked about, and of any call's message. */
export const GATED_ARGUMENTS_BYTES = 65_536;
export const MESSAGE_BYTES = 4_194_304;
