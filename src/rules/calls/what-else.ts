/** What besides tools is judged as if it were one (`JUDGED_METHODS`): whether it is on at this server, and names only what was accepted. Pure. */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { promptPin, type ServerFeatures, type ServerInForce } from "./server-settings.ts";

const FEATURE: Readonly<Record<string, keyof ServerFeatures>> = {
  "resources/read": "resources",
  "prompts/get": "prompts",
  "completion/complete": "completion",
};

/** Whether the server's features let it through. */
export function isOn(method: string, { settings }: Pick<ServerInForce, "settings">): boolean {
  const feature = FEATURE[method];
  return feature !== undefined && settings.features[feature] === true;
}

/** The prompt that it is about; null where it is about none. */
function promptOf(method: string, args: JsonObject): JsonValue | undefined | null {
  if (method === "prompts/get") return args["name"];
  const ref = args["ref"];
  return method === "completion/complete" && isObject(ref) && ref["type"] === "ref/prompt" ? ref["name"] : null;
}

/** The name of the prompt that it is about and that nobody has accepted as the server lists it now; null if there is no such. */
export function unacceptedPrompt(method: string, args: JsonObject, { accepted, drifted }: ServerInForce): string | null {
  const name = promptOf(method, args);
  if (name === null) return null;
  const pinned = typeof name === "string" ? promptPin(name) : "";
  if (accepted.some((one) => one.name === pinned) && !drifted.includes(pinned)) return null;
  return typeof name === "string" ? name : "";
}

/** What the parts of its params have to be, so that people can be shown them and headers can say them; null if they are. */
export function misfitOfParams(method: string, args: JsonObject): { field: string; message: string } | null {
  const member = method === "resources/read" ? "uri" : method === "prompts/get" ? "name" : null;
  if (member === null || typeof args[member] === "string") return null;
  return { field: `$.${member}`, message: "a text" };
}
