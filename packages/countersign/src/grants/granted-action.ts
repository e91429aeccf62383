/** What a grant is held against: an action as the request that tells of it says it, whether an agent asks or the gate makes the call. */
import type { RequestV2 } from "../documents/request.ts";
import type { JsonObject } from "../json/canonical-json.ts";
import { isObject } from "../json/shape.ts";

/** What is known of an action without its payload. */
export interface ActionTerms {
  /** The rule that decides. */
  rule: string;
  /** The agent's id. */
  agent: string;
  /** Of a call the server's id; of an ask the name that it gives one, which is the agent's own word; null where it names none. */
  server: string | null;
  tool: string;
  /** Since the epoch. */
  atMs: number;
}

export interface GrantedAction extends ActionTerms {
  /** Of a call the tool's pin; null of an ask, so that neither passes by the other's grant. */
  schemaHash: string | null;
  /** Of a call its arguments, of an ask its payload. */
  args: JsonObject;
}

type Asked = Pick<RequestV2, "policy" | "requested_by" | "context">;

/** Null if no grant can be about it: it names no tool, or it is a plan, or a call of a server that has no id. */
export function actionTermsOf({ policy, requested_by, context }: Asked, atMs: number): ActionTerms | null {
  const { source, server, tool, plan } = context;
  if (tool === undefined || plan === true) return null;
  const named = { rule: policy.rule, agent: requested_by.id, tool, atMs };
  if (source === "ask") return { ...named, server: server?.name ?? null };
  const id = server?.id ?? null;
  return id === null ? null : { ...named, server: id };
}

/** All of it. Null also if the payload is not that of a call where it has to be. */
export function actionOf(request: Asked, payload: JsonObject, atMs: number): GrantedAction | null {
  const terms = actionTermsOf(request, atMs);
  if (terms === null) return null;
  if (request.context.source === "ask") return { ...terms, schemaHash: null, args: payload };
  const { schema_hash: schemaHash, arguments: args } = payload;
  return typeof schemaHash === "string" && isObject(args) ? { ...terms, schemaHash, args } : null;
}
