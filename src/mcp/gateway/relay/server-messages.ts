/** What a server may say and ask while it answers an agent: what its features keep from it is declined in the client's place, and goes no further. */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { fromOtherGate, speaksAsGate } from "#rules/calls/run/other-gate.ts";
import { withStringAt } from "#rules/calls/run/string-at.ts";
import type { ServerFeatures, ServerInForce } from "#rules/calls/server-settings.ts";
import type { ServerMessage } from "./relay.ts";
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
function refusedInteraction(id: RpcId, { masked }: ServerMessage): ServerMessage {
  const what = "The server asked for what the gate in between does not let through.";
  const message = rpcError(id, INVALID_REQUEST, what, { code: "interaction_refused" }) as JsonObject;
  return { text: canonicalize(message), message, masked };
}

/** The response with what must not stay in it taken out: what the server may not ask for, and its own names of tasks. */
export function asAgentsHaveIt(said: ServerMessage, id: RpcId, caller: GatewayCaller, server: ServerInForce): ServerMessage {
  const { result } = said.message;
  if (said.message["id"] !== id || typeof result !== "object" || result === null || Array.isArray(result)) return said;
  if (asksForbidden(result, server.settings.features)) return refusedInteraction(id, said);
  const { task, taskId, resultType } = result;
  if (resultType === "task" && typeof taskId === "string") return withTask(said, ["result", "taskId"], wrapTask(caller, server, taskId));
  const id2025 = isObject(task) ? task["taskId"] : undefined;
  const passed = typeof id2025 === "string" ? withTask(said, ["result", "task", "taskId"], wrapTask(caller, server, id2025)) : said;
  return speaksAsGate(result) ? asOtherGate(passed, server) : passed;
}

/** A server that is a gate itself does not speak for this one. */
function asOtherGate({ text, masked }: ServerMessage, { settings }: ServerInForce): ServerMessage {
  const passed = fromOtherGate(text, "message", settings.name);
  return { text: passed, message: JSON.parse(passed) as JsonObject, masked };
}

/** Only the name is another: the rest stays byte for byte what the server wrote. */
function withTask({ text, masked }: ServerMessage, path: readonly string[], taskId: string): ServerMessage {
  const named = withStringAt(text, path, taskId);
  return { text: named, message: JSON.parse(named) as JsonObject, masked };
}

/** Where an answer about a task names it (2026-07-28 and 2025-11-25), and the result of one (2025-11-25). */
const TASK_NAMES = [
  ["result", "taskId"],
  ["result", "_meta", "io.modelcontextprotocol/related-task", "taskId"],
] as const;

/** The answer about a task of the server's, under the gate's name for it. */
export const namingTask = (text: string, taskId: string): string =>
  TASK_NAMES.reduce((named, path) => withStringAt(named, path, taskId), text);
