/** `POST /mcp` as clients of both eras of the protocol send it, down to the text of the body. */
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { call, ORIGIN } from "./people.ts";

/** The current protocol, and the newest that began with `initialize`. */
export const ERAS = ["2026-07-28", "2025-11-25"] as const;
export type Era = (typeof ERAS)[number];

/** A JSON-RPC message from the server. */
export interface Message {
  jsonrpc: "2.0";
  id?: number | string | null;
  method?: string;
  params?: { progressToken: string | number; progress: number; message: string };
  result?: ToolResult & Record<string, unknown>;
  error?: { code: number; message: string; data?: Record<string, unknown> };
}

export interface ToolResult {
  content: { type: string; text: string }[];
  structuredContent: AgentView & { error?: { code: string; message: string; errors?: { field: string; message: string }[] } };
  isError?: boolean;
}

export interface Posting {
  /** Null for none. */
  key: string | null;
  /** Replace headers that a client of the era would send; empty leaves one out. */
  headers?: Record<string, string>;
}

const META = "io.modelcontextprotocol";

/** What a client that takes tasks says with each request. */
export const TASKS = { extensions: { [`${META}/tasks`]: {} } };

/** The `_meta` of a request, as text. */
const metaOf = (era: Era, progressToken: string | null, capabilities: object): string =>
  JSON.stringify({
    ...(era === "2026-07-28" && {
      [`${META}/protocolVersion`]: era,
      [`${META}/clientCapabilities`]: capabilities,
      [`${META}/clientInfo`]: { name: "test", version: "1" },
    }),
    ...(progressToken !== null && { progressToken }),
  });

/** A request whose further parameters are text, as they stand: `"name":"x","arguments":{…}`. */
export function requestText(era: Era, method: string, params = "", progressToken: string | null = null, capabilities: object = {}): string {
  const members = [`"_meta":${metaOf(era, progressToken, capabilities)}`, ...(params === "" ? [] : [params])];
  return `{"jsonrpc":"2.0","id":7,"method":"${method}","params":{${members.join()}}}`;
}

/** What a client of the era says around a message that asks for `method`, of the tool `name` if it is a call. */
function headersOf(era: Era, method: string, name: string | null, headers: Record<string, string>): Record<string, string> {
  const all = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": era,
    ...(era === "2026-07-28" && { "mcp-method": method, ...(name !== null && { "mcp-name": name }) }),
    ...headers,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

/** Sends a body that asks for `method`, of the tool `name` if it is a call. */
export const post = (era: Era, method: string, name: string | null, text: BodyInit, { key, headers = {} }: Posting): Promise<Response> =>
  call("POST", "/mcp", { text, headers: headersOf(era, method, name, headers), origin: null, ...(key !== null && { key }) });

/** A request as the endpoint gets it once the caller is known and its body is read. `name`: of the tool, or the id of the task. */
export const mcpRequest = (method: string, name: string | null, era: Era = ERAS[0], headers: Record<string, string> = {}): Request =>
  new Request(`${ORIGIN}/mcp`, { method: "POST", headers: headersOf(era, method, name, headers) });

/** Calls a tool with arguments as text; the answer as it comes. */
export const callWithText = (
  era: Era,
  tool: string,
  args: string,
  posting: Posting,
  progressToken: string | null = null,
): Promise<Response> =>
  post(era, "tools/call", tool, requestText(era, "tools/call", `"name":"${tool}","arguments":${args}`, progressToken), posting);

/** A message and when it came. */
export interface Arrival {
  message: Message;
  atMs: number;
}

/** The messages of an answer, each as soon as it is there, whether it is JSON or a stream of events. */
export async function* arrivals(response: Response): AsyncGenerator<Arrival, void, undefined> {
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
    yield { message: await response.json<Message>(), atMs: performance.now() };
    return;
  }
  let text = "";
  for await (const chunk of (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = event.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
      if (data.length > 0) yield { message: JSON.parse(data.join("\n")) as Message, atMs: performance.now() };
    }
  }
}

/** Every message of an answer; the last is the response. */
export async function messagesOf(response: Response): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const { message } of arrivals(response)) messages.push(message);
  return messages;
}

/** The response to a request that has no progress to tell of. */
export async function responseOf(response: Response): Promise<Message> {
  const messages = await messagesOf(response);
  const [only] = messages;
  if (only === undefined || messages.length > 1) throw new Error(`${messages.length} messages instead of one`);
  return only;
}

/** What a tool says to these arguments. */
export async function useTool(era: Era, tool: string, args: object, key: string): Promise<ToolResult> {
  const answer = await callWithText(era, tool, JSON.stringify(args), { key });
  const { result, error } = await responseOf(answer);
  if (result === undefined) throw new Error(`no result: ${answer.status} ${JSON.stringify(error)}`);
  return result;
}
