/**
 * The tools that an MCP server lists, over streamable HTTP: it is greeted, asked page by page, and left. Nothing is called, and no answer is
 * believed further than that its form is one.
 */
import { fromUtf8 } from "../../encoding/bytes.ts";
import { type JsonObject, type JsonValue, parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fetchFailure } from "../../sdk/fetch-failure.ts";
import { readAtMost } from "../../sdk/read-at-most.ts";

const PROTOCOL = "2025-06-18";
const ANSWER_MS = 30_000;
const MOST_BYTES = 8_388_608;
const MOST_PAGES = 100;
export const MOST_TOOLS = 2_000;

/** The tools of an answer to `tools/list`, or of its result; null if it is none. */
export function toolsIn(value: JsonValue): JsonObject[] | null {
  const answer = isObject(value) && isObject(value["result"]) ? value["result"] : value;
  const tools = isObject(answer) ? answer["tools"] : answer;
  return Array.isArray(tools) && tools.every((tool) => isObject(tool) && typeof tool["name"] === "string") ? (tools as JsonObject[]) : null;
}

/** The answer of this id among the messages of a stream or of a body; null if it is not there. */
function answerIn(text: string, isStream: boolean, id: number): JsonObject | null {
  const events = text.split(/\r?\n\r?\n/).map((event) =>
    event
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trimStart())
      .join("\n"),
  );
  for (const message of isStream ? events : [text]) {
    const parsed = parseJson(message);
    if (parsed.ok && isObject(parsed.value) && parsed.value["id"] === id) return parsed.value;
  }
  return null;
}

class Conversation {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  #id = 0;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = { ...headers, "content-type": "application/json", accept: "application/json, text/event-stream" };
  }

  #send(message: JsonObject): Promise<Response> {
    return fetch(this.#url, {
      method: "POST",
      headers: this.#headers,
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      // Not to follow redirects keeps a key with the service that it belongs to.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  }

  async ask(method: string, params: JsonObject): Promise<Result<JsonObject, string>> {
    const id = (this.#id += 1);
    const answer = await this.#send({ id, method, params });
    const session = answer.headers.get("mcp-session-id");
    if (session !== null) this.#headers["mcp-session-id"] = session;
    const bytes = await readAtMost(answer, MOST_BYTES);
    const text = bytes === null ? null : fromUtf8(bytes);
    if (!answer.ok) return refuse(`${method} was answered with status ${answer.status}`);
    const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream") === true;
    const found = text === null ? null : answerIn(text, isStream, id);
    if (found === null) return refuse(`${method} was not answered as an MCP server answers`);
    const { result, error } = found;
    if (isObject(error)) return refuse(`${method} was refused: ${JSON.stringify(error["message"] ?? null)}`);
    return isObject(result) ? accept(result) : refuse(`${method} was not answered as an MCP server answers`);
  }

  async greeted(): Promise<Result<null, string>> {
    const greeting = { protocolVersion: PROTOCOL, capabilities: {}, clientInfo: { name: "countersign", version: "1" } };
    const met = await this.ask("initialize", greeting);
    if (!met.ok) return met;
    const version = met.value["protocolVersion"];
    this.#headers["mcp-protocol-version"] = typeof version === "string" ? version : PROTOCOL;
    await (await this.#send({ method: "notifications/initialized" })).body?.cancel();
    return accept(null);
  }

  /** Servers without sessions refuse it, which is as good. */
  async left(): Promise<void> {
    if (this.#headers["mcp-session-id"] === undefined) return;
    const leaving = { method: "DELETE", headers: this.#headers, redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) } as const;
    await fetch(this.#url, leaving).then(
      (answer) => answer.body?.cancel(),
      () => undefined,
    );
  }
}

/** Every tool that is listed there; or what kept it from being known, without the headers that were sent. */
export async function toolsAt(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Result<JsonObject[], string>> {
  const server = new Conversation(url, headers);
  try {
    const met = await server.greeted();
    if (!met.ok) return met;
    const tools = await everyTool(server);
    await server.left();
    return tools;
  } catch (error) {
    return refuse(`it did not answer: ${fetchFailure(error)}`);
  }
}

async function everyTool(server: Conversation): Promise<Result<JsonObject[], string>> {
  const tools: JsonObject[] = [];
  let cursor: JsonValue | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const listed = await server.ask("tools/list", typeof cursor === "string" ? { cursor } : {});
    if (!listed.ok) return listed;
    const found = toolsIn(listed.value);
    if (found === null) return refuse("tools/list was not answered with tools");
    tools.push(...found);
    if (tools.length > MOST_TOOLS) return refuse(`it lists more than ${MOST_TOOLS} tools`);
    cursor = listed.value["nextCursor"];
    if (typeof cursor !== "string") return accept(tools);
  }
  return refuse(`its list of tools has more than ${MOST_PAGES} pages`);
}
