/**
 * What each MCP client reads in a project's folder, so that it finds the gate. No key stands in it: each names the variable that the
 * client puts in its place, or asks its user for it, so that the file can be in git.
 */
import { type JsonObject, type JsonValue, parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";

export interface ClientFile {
  /** From the project's folder. */
  file: string;
  /** The member that holds servers by their names. */
  servers: string;
  /** How the client puts a variable in; VS Code asks for it instead. */
  key: string;
  /** Whether each server says what it speaks. */
  isTyped: boolean;
}

const KEY_INPUT = "countersign-key";

export const CLIENT_FILES: Readonly<Record<string, ClientFile>> = {
  "claude-code": { file: ".mcp.json", servers: "mcpServers", key: "${COUNTERSIGN_API_KEY}", isTyped: true },
  cursor: { file: ".cursor/mcp.json", servers: "mcpServers", key: "${env:COUNTERSIGN_API_KEY}", isTyped: false },
  vscode: { file: ".vscode/mcp.json", servers: "servers", key: `\${input:${KEY_INPUT}}`, isTyped: true },
};

const entryFor = (origin: string, { key, isTyped }: ClientFile): JsonObject => ({
  ...(isTyped && { type: "http" }),
  url: `${origin}/mcp`,
  headers: { "X-Api-Key": key },
});

const inputFor = (): JsonObject => ({ type: "promptString", id: KEY_INPUT, description: "Countersign: the agent's key", password: true });

const isSame = (one: JsonValue | undefined, other: JsonValue): boolean => JSON.stringify(one) === JSON.stringify(other);

/**
 * The file with the gate in it under `name`, and everything else as it was; `content` is null where there is none. Refuses, in words,
 * what cannot be read as an object, and another server under that name: nothing of anybody is written over.
 */
export function withGate(content: string | null, origin: string, name: string, client: ClientFile): Result<string, string> {
  const json = content === null || content.trim() === "" ? accept<JsonValue>({}) : parseJson(content);
  if (!json.ok || !isObject(json.value)) return refuse("it is no JSON object (comments are none of JSON): add the gate to it by hand");
  const before = json.value;
  const servers = before[client.servers] ?? {};
  if (!isObject(servers)) return refuse(`its member ${client.servers} is no object`);
  const entry = entryFor(origin, client);
  const there = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (there !== undefined && !isSame(there, entry)) return refuse(`it has another server called ${name}: remove it, or give --name`);
  const after: JsonObject = { ...before, [client.servers]: { ...servers, [name]: entry } };
  if (client.key.includes(KEY_INPUT)) {
    const inputs = before["inputs"] ?? [];
    if (!Array.isArray(inputs)) return refuse("its member inputs is no list");
    const isAsked = inputs.some((input) => isObject(input) && input["id"] === KEY_INPUT);
    after["inputs"] = isAsked ? inputs : [...inputs, inputFor()];
  }
  return accept(content !== null && isSame(before, after) ? content : `${JSON.stringify(after, null, 2)}\n`);
}
