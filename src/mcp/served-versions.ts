/** Which versions of the protocol are served, and what a client of another one is told. */
import { PROTOCOL_VERSION_META_KEY, SUPPORTED_PROTOCOL_VERSIONS, UnsupportedProtocolVersionError } from "@modelcontextprotocol/server";
import * as z from "zod/mini";

/** Stateless: every request says it itself. */
export const CURRENT_VERSION = "2026-07-28";

/** The newest first. Those after the current one begin with `initialize`, and their requests do not say their version themselves. */
export const SERVED_VERSIONS: readonly string[] = [CURRENT_VERSION, ...SUPPORTED_PROTOCOL_VERSIONS];

/** A message that says its version itself. The SDK compares it with the header, and answers for it. */
const versioned = z.looseObject({
  params: z.looseObject({ _meta: z.looseObject({ [PROTOCOL_VERSION_META_KEY]: z.unknown().check(z.refine((it) => it !== undefined)) }) }),
});

/** Why the version in the header `MCP-Protocol-Version` is not served; null if it is, if there is none, or if the message says its own. */
export const refusedVersion = (header: string | null, message: unknown): UnsupportedProtocolVersionError | null =>
  header === null || SERVED_VERSIONS.includes(header) || versioned.safeParse(message).success
    ? null
    : new UnsupportedProtocolVersionError({ supported: [...SERVED_VERSIONS], requested: header });
