/**
 * The answer to one plain `tools/call`, as the SDK's server and transport would write it, and without them: they take longer than
 * everything else in a call. Plain is what nothing can be told before the answer, and whose parameters the SDK would take as they are;
 * it answers everything else, and a test compares the two.
 */
import { type CallToolResult, type MessageClassification, SERVER_INFO_META_KEY } from "@modelcontextprotocol/server";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { answerOfTool, type Within } from "./tool-call.ts";
import { memberOf } from "./member-of.ts";
import type { OneCall } from "./one-call.ts";
import { SERVER_INFO } from "./server-info.ts";
import { isDeclaredIn } from "./tasks.ts";
import type { Caller, ServedTool } from "./tool.ts";

/** For so long an answer that is to be a stream may take before the stream is begun, which tells now and then that it is still there. */
const MOMENT_MS = 1_000;

const PLAIN_PARAMS: ReadonlySet<string> = new Set(["name", "arguments", "_meta"]);
/** Of `_meta`, besides what makes the message one of its version. */
const READ_BY_THE_SDK = ["progressToken", "io.modelcontextprotocol/related-task"];

const JSON_HEADERS = { "content-type": "application/json" };
const STREAM_HEADERS = { "content-type": "text/event-stream", connection: "keep-alive", "x-accel-buffering": "no" };

/** A call that is answered here. */
export interface PlainCall {
  id: string | number;
  era: MessageClassification["era"];
  tool: ServedTool;
  args: JsonValue | undefined;
  takesTasks: boolean;
}

const isObjectOrNone = (value: unknown): boolean => value === undefined || isObject(value as JsonValue);

/** The call, if it is plain and there is such a tool; null for what the SDK answers. */
export function plainCall({ message, classification: { era } }: OneCall, tools: readonly ServedTool[]): PlainCall | null {
  const { id, params } = message;
  if (params === undefined || !Object.keys(params).every((name) => PLAIN_PARAMS.has(name))) return null;
  const { name, arguments: args, _meta: meta } = params;
  if (!isObjectOrNone(args) || !isObjectOrNone(meta)) return null;
  if (READ_BY_THE_SDK.some((member) => memberOf(meta, member) !== undefined)) return null;
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) return null;
  return { id, era, tool, args: args as JsonValue | undefined, takesTasks: era === "modern" && isDeclaredIn(meta) };
}

/** The message that answers it. */
function written({ id, era }: PlainCall, result: CallToolResult): string {
  const told = era === "legacy" ? result : { resultType: "complete", ...result, _meta: { [SERVER_INFO_META_KEY]: SERVER_INFO } };
  return JSON.stringify({ result: told, jsonrpc: "2.0", id });
}

/** In one document. */
export async function answerInJson(call: PlainCall, request: Request, caller: Caller, within: Within): Promise<Response> {
  const result = await answerOfTool(call.tool, { ...call, waitingFor: null, gone: request.signal }, caller, within);
  return new Response(written(call, result), { headers: JSON_HEADERS });
}

/** In a stream of one event. What takes longer than a moment `goOn` answers, with what it comes to in the end. */
export async function answerInStream(
  call: PlainCall,
  request: Request,
  caller: Caller,
  within: Within,
  goOn: (result: Promise<CallToolResult>, gone: AbortController) => Promise<Response>,
): Promise<Response> {
  const gone = new AbortController();
  request.signal.addEventListener("abort", () => gone.abort(), { once: true });
  const result = answerOfTool(call.tool, { ...call, waitingFor: null, gone: gone.signal }, caller, within);
  let timer: number | null = null;
  const moment = new Promise<null>((resolve) => (timer = setTimeout(resolve, MOMENT_MS, null)));
  const soon = await Promise.race([result, moment]);
  clearTimeout(timer);
  if (soon === null) return goOn(result, gone);
  return new Response(`event: message\ndata: ${written(call, soon)}\n\n`, { headers: STREAM_HEADERS });
}
