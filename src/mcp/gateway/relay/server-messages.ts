/** What a server may say and ask while it answers an agent: what its features keep from it is declined in the client's place, and goes no further. */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { ServerFeatures } from "#rules/calls/server-settings.ts";
import type { ServerMessage } from "./relay.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import { type GatewayCaller, wrapTask } from "../gateway-caller.ts";
import { INVALID_REQUEST, METHOD_NOT_FOUND, rpcError, type RpcId } from "../rpc.ts";

/** Whether a server may ask that of the agent's client. */
export function mayAsk(method: string, params: JsonValue | undefined, features: ServerFeatures): boolean {
  switch (method) {
    case "sampling/createMessage":
      return features.sampling === true;
    case "elicitation/create":
      return isObject(params) && params["mode"] === "url" ? features.url_elicitation === true : features.elicitation !== false;
    case "roots/list":
      return features.roots !== false;
    default:
      return method === "ping";
  }
}

/** What passes of what a server tells without being asked. */
export function mayTell(method: string, features: ServerFeatures): boolean {
  if (method.startsWith("notifications/resources/")) return features.resources === true;
  if (method.startsWith("notifications/prompts/")) return features.prompts === true;
  if (method === "notifications/elicitation/complete") return features.url_elicitation === true;
  return (
    ["notifications/progress", "notifications/message", "notifications/cancelled", "notifications/tools/list_changed"].includes(method) ||
    method === "notifications/subscriptions/acknowledged"
  );
}

/** Looks at each message that is no response: passes it, drops it, or declines it by `decline`, which tells the server so. */
export const passing =
  (features: ServerFeatures, decline: (body: string) => void) =>
  (said: ServerMessage): ServerMessage | null => {
    const { method, id, params } = said.message;
    if (typeof method !== "string") return said;
    if (id === undefined) return mayTell(method, features) ? said : null;
    if (mayAsk(method, params, features)) return said;
    if (typeof id === "string" || typeof id === "number") decline(canonicalize(declined(id)));
    return null;
  };

const declined = (id: RpcId) => rpcError(id, METHOD_NOT_FOUND, "The gate in between does not let this through.");

/** Whether a result asks for what its server may not have (2026-07-28: `input_required`). */
export function asksForbidden(result: JsonValue | undefined, features: ServerFeatures): boolean {
  if (!isObject(result) || result["resultType"] !== "input_required") return false;
  const asked = result["inputRequests"];
  if (!isObject(asked)) return false;
  return Object.values(asked).some(
    (one) => !isObject(one) || typeof one["method"] !== "string" || !mayAsk(one["method"], one["params"], features),
  );
}

/** In the place of such a result. */
const interactionRefused = (id: RpcId): JsonObject =>
  rpcError(id, INVALID_REQUEST, "The server asked for what the gate in between does not let through.", {
    code: "interaction_refused",
  }) as JsonObject;

/** The response with what must not stay in it taken out: what the server may not ask for, and its own names of tasks. */
export function asAgentsHaveIt(said: ServerMessage, id: RpcId, caller: GatewayCaller, server: ServerInForce): ServerMessage {
  const { result } = said.message;
  if (said.message["id"] !== id || typeof result !== "object" || result === null || Array.isArray(result)) return said;
  if (asksForbidden(result, server.settings.features)) return replaced(interactionRefused(id), said);
  const wrap = (taskId: unknown) => (typeof taskId === "string" ? wrapTask(caller, server, taskId) : taskId);
  if (result["resultType"] === "task" && typeof result["taskId"] === "string")
    return replaced({ ...said.message, result: { ...result, taskId: wrap(result["taskId"]) as string } }, said);
  const { task } = result;
  if (typeof task === "object" && task !== null && !Array.isArray(task) && typeof task["taskId"] === "string")
    return replaced({ ...said.message, result: { ...result, task: { ...task, taskId: wrap(task["taskId"]) as string } } }, said);
  return said;
}

const replaced = (message: JsonObject, { masked }: ServerMessage): ServerMessage => ({ text: canonicalize(message), message, masked });
