/** What an MCP server says that it has, and what of that is pinned. The server chooses all of it. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { pinnedMembers, toolPin } from "#countersign/documents/tool-pin.ts";
import type { UnreadableItem } from "./tools/listed-items.ts";
import { type AcceptedTool, INSTRUCTIONS_PIN, JUDGED_METHODS, promptPin } from "./server-settings.ts";
import { RESERVED_TOOLS, TOOL_NAME } from "#countersign/documents/words.ts";

export type ServerEra = "modern" | "legacy";

/** As the gate's own client lists a server, or an agent's client has listed it. */
export interface ServerListing {
  era: ServerEra;
  protocolVersion: string;
  /** Name and version as the server says them; null if it does not. */
  serverInfo: JsonObject | null;
  capabilities: JsonObject;
  /** What it says to models; null if nothing. */
  instructions: string | null;
  tools: JsonObject[];
  prompts: JsonObject[];
  /** What is listed and cannot be read as JSON that is hashed. */
  unreadable: { tools: UnreadableItem[]; prompts: UnreadableItem[] };
}

/** Why something that is listed cannot be accepted. */
export type NotAcceptable = "name_reserved" | "name_not_good" | "not_json" | "listed_twice" | "too_large";

/** One thing of a listing: what would be accepted, or why it cannot be. */
export type SeenItem = { name: string; problem: null; tool: AcceptedTool } | { name: string; problem: NotAcceptable; message: string };

/** Names longer than this break clients that put a server's name in front of them and cut at 64 characters. */
export const SAFE_NAME_LENGTH = 46;
/** Of the canonical definition of one tool. */
export const DEFINITION_BYTES = 65_536;
/** Of everything that a listing holds. */
export const MOST_LISTED = 1_000;

const MOST_PINNED_NAME = 200;

const definitionOf = (item: JsonObject): JsonObject => pinnedMembers(item);
const nameOf = ({ name }: JsonObject): string => (typeof name === "string" ? name : "");

/** What a server says to models, as a definition that is pinned as tools are. */
export const instructionsDefinition = (instructions: string): JsonObject =>
  definitionOf({ name: INSTRUCTIONS_PIN, description: instructions });

/** A prompt as a definition that is pinned as tools are: its arguments stand in the place of a schema. */
export const promptDefinition = (prompt: JsonObject): JsonObject =>
  definitionOf({ ...prompt, name: promptPin(nameOf(prompt)), inputSchema: { arguments: prompt["arguments"] ?? null } });

const textBytes = (definition: JsonObject): number => new TextEncoder().encode(JSON.stringify(definition)).length;

function seen(definition: JsonObject, name: string): SeenItem {
  if (name.length > MOST_PINNED_NAME)
    return { name: name.slice(0, MOST_PINNED_NAME), problem: "name_not_good", message: "its name is too long" };
  if (textBytes(definition) > DEFINITION_BYTES) {
    return { name, problem: "too_large", message: `its description is larger than ${DEFINITION_BYTES} bytes` };
  }
  return { name, problem: null, tool: { name, pin: toolPin(definition), definition } };
}

function seenTool(tool: JsonObject): SeenItem {
  const name = nameOf(tool);
  if (RESERVED_TOOLS.includes(name) || JUDGED_METHODS.includes(name))
    return { name, problem: "name_reserved", message: "the gate itself answers under this name" };
  if (!TOOL_NAME.test(name)) {
    const message = "its name is not 1 to 128 of the characters A-Z a-z 0-9 _ . / -";
    return { name: name.slice(0, MOST_PINNED_NAME), problem: "name_not_good", message };
  }
  return seen(definitionOf(tool), name);
}

const unreadableItem = (name: string, message: string): SeenItem => ({ name, problem: "not_json", message });

/** Of several under one name none is acceptable: which one a call would reach nobody could say. */
function withoutTwice(items: readonly SeenItem[]): SeenItem[] {
  const times = new Map<string, number>();
  for (const { name } of items) times.set(name, (times.get(name) ?? 0) + 1);
  const kept = new Map<string, SeenItem>();
  for (const item of items) {
    const message = "the server lists several of this name";
    kept.set(item.name, times.get(item.name) === 1 ? item : { name: item.name, problem: "listed_twice", message });
  }
  return [...kept.values()];
}

/** Everything that a listing has, by name, as it would be pinned: tools, then instructions, then prompts. */
export function seenItems({
  instructions,
  tools,
  prompts,
  unreadable,
}: Pick<ServerListing, "instructions" | "tools" | "prompts" | "unreadable">): SeenItem[] {
  const ofTools = [...tools.map(seenTool), ...unreadable.tools.map(({ name, message }) => unreadableItem(name, message))];
  const ofInstructions = instructions === null || instructions === "" ? [] : [seen(instructionsDefinition(instructions), INSTRUCTIONS_PIN)];
  const ofPrompts = [
    ...prompts.map((prompt) => seen(promptDefinition(prompt), promptPin(nameOf(prompt)))),
    ...unreadable.prompts.map(({ name, message }) => unreadableItem(promptPin(name), message)),
  ];
  return withoutTwice([...ofTools, ...ofInstructions, ...ofPrompts]);
}

/**
 * Names of accepted tools that are not listed just as they were accepted: otherwise, several times, in a way that cannot be read, or not at
 * all. `looked`: whether a name is among what was looked at; what was not is as it was.
 */
export function driftOf(
  accepted: readonly AcceptedTool[],
  items: readonly SeenItem[],
  looked: (name: string) => boolean = () => true,
): string[] {
  const now = new Map(items.map((item) => [item.name, item]));
  const isSame = ({ name, pin }: AcceptedTool): boolean => {
    const item = now.get(name);
    return item !== undefined && item.problem === null && item.tool.pin === pin;
  };
  return accepted.filter((tool) => looked(tool.name) && !isSame(tool)).map(({ name }) => name);
}

/** Names that are listed, and that nobody has accepted. */
export function unacceptedOf(accepted: readonly AcceptedTool[], items: readonly SeenItem[]): string[] {
  const known = new Set(accepted.map(({ name }) => name));
  return items.map(({ name }) => name).filter((name) => name !== "" && !known.has(name));
}
