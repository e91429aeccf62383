/** `prompts/list` at a server's address: those that were accepted and that the server lists just so, as `tools/list` has tools. */
import { type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { promptDefinition } from "#rules/calls/server-listing.ts";
import { promptPin, type ServerInForce } from "#rules/calls/server-settings.ts";
import { listedItems } from "#rules/calls/tools/listed-items.ts";

/** The server's answer without the prompts that nobody has accepted as they are; null for what cannot be read. */
export function acceptedPrompts(text: string, { accepted, drifted }: ServerInForce): string | null {
  const message = parseJson(text);
  if (message.ok && isObject(message.value) && isObject(message.value["error"])) return text;
  const read = listedItems(text, "prompts");
  if (read === null || !message.ok || !isObject(message.value) || !isObject(message.value["result"])) return null;
  const times = (name: unknown) => read.items.filter((one) => one["name"] === name).length;
  const isAccepted = (prompt: JsonObject): boolean => {
    const { name } = prompt;
    if (typeof name !== "string" || times(name) !== 1) return false;
    const pinned = promptPin(name);
    const one = accepted.find((entry) => entry.name === pinned);
    return one !== undefined && !drifted.includes(pinned) && toolPin(promptDefinition(prompt)) === one.pin;
  };
  const result = { ...message.value["result"], prompts: read.items.filter(isAccepted) };
  return JSON.stringify({ ...message.value, result });
}
