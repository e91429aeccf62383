/** Shapes of the words that every document here is made of: ids, times, hashes, keys. */
import { fromB64u } from "../encoding/bytes.ts";
import { integer, matching, Misfit, type Shape } from "../json/shape.ts";

/** Milliseconds since the epoch as `2026-11-20T09:30:00.000Z`; such strings sort as their times do. */
export const timestamp = (ms: number): string => new Date(ms).toISOString();

/** 10000-01-01, in seconds since the epoch. */
const YEAR_10000 = 253_402_300_800;

/** Of a witness's clock, in seconds since the epoch, which may say anything: as `timestamp` writes it, if that can. */
export const witnessTime = (seconds: number): string =>
  seconds < YEAR_10000 ? timestamp(seconds * 1_000) : `${seconds} seconds after 1970`;

/** A time to the millisecond in UTC. */
export const time = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "time such as 2026-11-20T09:30:00.000Z");

/** A SHA-256 in lowercase hexadecimal. */
export const hash = matching(/^[0-9a-f]{64}$/, "SHA-256 in lowercase hexadecimal");

/** base64url without padding, of `length` bytes if given, otherwise of at least one. */
export const base64url =
  (length?: number): Shape<string> =>
  (value, path) => {
    const bytes = typeof value === "string" ? fromB64u(value) : null;
    if (bytes === null || (length === undefined ? bytes.length === 0 : bytes.length !== length)) {
      throw new Misfit(path, `base64url of ${length ?? "some"} bytes`);
    }
    return value as string;
  };

/** base64url without padding, of at least one and at most `max` bytes: what is longer is not decoded. */
const base64urlUpTo =
  (max: number): Shape<string> =>
  (value, path) => {
    if (typeof value === "string" && value.length > Math.ceil((max * 4) / 3)) throw new Misfit(path, `base64url of at most ${max} bytes`);
    return base64url()(value, path);
  };

/** A passkey's id (WebAuthn, "Credential ID", which has no more). */
export const credentialId = base64urlUpTo(1_023);
/** A COSE_Key, with room beyond the longest that is accepted. Each decision looks at its own again. */
export const coseKey = base64urlUpTo(1_024);

export const requestId = matching(/^apr_[A-Za-z0-9_-]{32}$/, "request id");
export const personId = matching(/^usr_[A-Za-z0-9_-]+$/, "person id");
export const grantId = matching(/^grt_[A-Za-z0-9_-]+$/, "grant id");
export const delegationId = matching(/^dlg_[A-Za-z0-9_-]+$/, "delegation id");
export const patternId = matching(/^ptn_[A-Za-z0-9_-]+$/, "pattern id");
export const agentId = matching(/^agt_[A-Za-z0-9_-]+$/, "agent id");
export const channelId = matching(/^chn_[A-Za-z0-9_-]+$/, "channel id");
/** What the gate holds at an authorization server, to call an MCP server with. */
export const serverGrantId = matching(/^sgr_[A-Za-z0-9_-]+$/, "grant of a server");
export const serverId = matching(/^srv_[A-Za-z0-9_-]+$/, "server id");
export const connectorId = matching(/^con_[A-Za-z0-9_-]+$/, "connector id");

/** Of an MCP server behind the gate: part of an address, and of an action's name. */
export const SERVER_NAME_PATTERN = /^[a-z][a-z0-9-]{0,19}$/;
export const serverName = matching(SERVER_NAME_PATTERN, "server name");

/** Lowercase, because names that differ in case only are taken for each other. */
export const USERNAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,31}$/;
export const username = matching(USERNAME_PATTERN, "username");

/** A count of zero or more. */
export const count = integer(0);

/** Names that a tool may have to be accepted (MCP 2026-07-28, "Tool names"). */
export const TOOL_NAME = /^[A-Za-z0-9_./-]{1,128}$/;

/** Which passkeys may approve a call at an agent's client: `cross-platform` those that can be used from another device, `platform` any. */
export const AUTHENTICATOR_CLASSES = ["cross-platform", "platform"] as const;
export type AuthenticatorClass = (typeof AUTHENTICATOR_CLASSES)[number];

/** Names of the gate's own tools at a server's address. */
export const RESERVED_TOOLS: readonly string[] = ["resume_call", "explain_policy"];
