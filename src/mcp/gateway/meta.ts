/** Members of `_meta` at a server's address: the gate's own, and which of a client's go on to the server. */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { GATE_META } from "#rules/calls/run/other-gate.ts";
import { VERIFIED_APPROVAL } from "#countersign/verified/verified-approval.ts";
import type { ServerFeatures } from "#rules/calls/server-settings.ts";

/** In results: a call that waits for people, and an answer that somebody has had before. */
export const PENDING_META = `${GATE_META}pending`;
export const REPLAYED_META = `${GATE_META}replayed`;
/** In calls: what keeps two equal ones apart, and how many seconds one waits for people. */
export const IDEMPOTENCY_META = `${GATE_META}idempotency-key`;
export const WAIT_META = `${GATE_META}wait_seconds`;

export const CAPABILITIES_META = "io.modelcontextprotocol/clientCapabilities";
export const VERSION_META = "io.modelcontextprotocol/protocolVersion";
const PROTOCOL_PREFIX = "io.modelcontextprotocol/";
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";
/** All that goes on of a gated call, which nobody has seen: what cannot say anything to a server that its client has not told it before. */
const OF_GATED = [CAPABILITIES_META, VERSION_META, `${PROTOCOL_PREFIX}clientInfo`, `${PROTOCOL_PREFIX}logLevel`, "progressToken"];
/** Of other standards, as the protocol lets them stand there. */
const KNOWN = ["progressToken", "traceparent", "tracestate", "baggage"];

export const metaOf = (params: JsonValue | undefined): JsonObject => {
  const meta = isObject(params) ? params["_meta"] : undefined;
  return isObject(meta) ? meta : {};
};

/** What a server is told that this client can do for it: nothing that the server's features keep from it; for a gated call nothing at all. */
export function reducedCapabilities(capabilities: JsonObject, features: ServerFeatures, isGated: boolean): JsonObject {
  const { sampling, elicitation, roots, extensions, tasks, ...rest } = capabilities;
  if (isGated) return rest;
  return {
    ...rest,
    ...(tasks !== undefined && { tasks }),
    ...(extensions !== undefined && { extensions }),
    ...(sampling !== undefined && features.sampling === true && { sampling }),
    ...(elicitation !== undefined && features.elicitation !== false && { elicitation: reducedElicitation(elicitation, features) }),
    ...(roots !== undefined && features.roots !== false && { roots }),
  };
}

function reducedElicitation(elicitation: JsonValue, features: ServerFeatures): JsonValue {
  if (!isObject(elicitation) || features.url_elicitation === true) return elicitation;
  const { url: _, ...rest } = elicitation;
  return rest;
}

/** What of a message's `_meta` goes on to the server: what the protocol defines, with the gate's values. Evidence is for the gate alone. */
export function metaForServer(meta: JsonObject, features: ServerFeatures, isGated: boolean): JsonObject {
  const passed = Object.entries(meta).filter(([name]) =>
    isGated ? OF_GATED.includes(name) : (name.startsWith(PROTOCOL_PREFIX) && name !== VERIFIED_APPROVAL) || KNOWN.includes(name),
  );
  const kept: JsonObject = Object.fromEntries(passed);
  const capabilities = kept[CAPABILITIES_META];
  return isObject(capabilities) ? { ...kept, [CAPABILITIES_META]: reducedCapabilities(capabilities, features, isGated) } : kept;
}

/** Whether the client takes tasks, by the word of this very request. */
export function clientTakesTasks(meta: JsonObject): boolean {
  const capabilities = meta[CAPABILITIES_META];
  const extensions = isObject(capabilities) ? capabilities["extensions"] : undefined;
  return isObject(extensions) && isObject(extensions[TASKS_EXTENSION]);
}
