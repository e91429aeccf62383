/** What a grant is held against: an action as the request that tells of it says it, whether an agent asks or the gate makes the call. */
import type { RequestV2 } from "../documents/request.ts";
import type { JsonObject } from "../json/canonical-json.ts";
import { isObject } from "../json/shape.ts";

export interface GrantedAction {
  /** The rule that decides. */
  rule: string;
  /** The agent's id. */
  agent: string;
  /** Of a call the server's id; of an ask the name that it gives one, which is the agent's own word; null where it names none. */
  server: string | null;
  tool: string;
  /** Of a call the tool's pin; null of an ask, so that neither passes by the other's grant. */
  schemaHash: string | null;
  /** Of a call its arguments, of an ask its payload. */
  args: JsonObject;
  /** Since the epoch. */
  atMs: number;
}

/**
 * What a request is about, as far as its payload is at hand (`args` null, and the pin unknown, without). Null if no grant can be about
 * it: it names no tool, it is a plan, or the payload is not that of a call.
 */
export function actionOf(
  { policy, requested_by, context }: Pick<RequestV2, "policy" | "requested_by" | "context">,
  payload: JsonObject | null,
): (Omit<GrantedAction, "args" | "atMs"> & { args: JsonObject | null }) | null {
  const { source, server, tool, plan } = context;
  if (tool === undefined || plan === true) return null;
  const named = { rule: policy.rule, agent: requested_by.id, tool };
  if (source === "ask") return { ...named, server: server?.name ?? null, schemaHash: null, args: payload };
  const id = server?.id ?? null;
  if (id === null) return null;
  if (payload === null) return { ...named, server: id, schemaHash: null, args: null };
  const { schema_hash: schemaHash, arguments: args } = payload;
  return typeof schemaHash === "string" && isObject(args) ? { ...named, server: id, schemaHash, args } : null;
}
