/** Tools of the Vercel AI SDK behind the gate: what the model is told is the tool's result, as text. */
import type { JsonValue } from "../json/canonical-json.ts";
import { throughGate, type ToolGateOptions } from "./gated-call.ts";

/** What is needed of a tool of that SDK. */
interface AiTool {
  // oxlint-disable-next-line typescript/no-explicit-any -- each tool has types of its own
  execute?: ((input: any, options: any) => any) | undefined;
  // oxlint-disable-next-line typescript/no-explicit-any -- each tool has types of its own
  toModelOutput?: ((options: any) => any) | undefined;
}

interface CallOptions {
  toolCallId?: string;
  abortSignal?: AbortSignal;
}

/** The output of a call that was not run, of a tool that says itself how a model is shown its output. */
const NOT_RUN = "countersign/not-run@v1";

/** The last that it gives, if it gives several: until then nothing has come of it. */
async function lastOf(output: unknown): Promise<unknown> {
  const awaited: unknown = await output;
  if (typeof awaited !== "object" || awaited === null || !(Symbol.asyncIterator in awaited)) return awaited;
  let last: unknown;
  for await (const one of awaited as AsyncIterable<unknown>) last = one;
  return last;
}

function gatedTool(name: string, tool: AiTool, options: ToolGateOptions): AiTool {
  const { execute, toModelOutput } = tool;
  if (execute === undefined) {
    throw new TypeError(`${name} has no execute: what is run elsewhere cannot be put behind the gate here.`);
  }
  const gated = async (input: unknown, given: CallOptions): Promise<unknown> => {
    const call = { tool: name, id: given.toolCallId ?? null, args: input, signal: given.abortSignal };
    const gone = await throughGate(options, call, (approved: JsonValue) => lastOf(execute.call(tool, approved, given)));
    if (gone.ran) return gone.value;
    return toModelOutput === undefined ? gone.text : { type: NOT_RUN, text: gone.text };
  };
  if (toModelOutput === undefined) return { ...tool, execute: gated };
  const shown = (given: { output: unknown }): unknown => {
    const { type, text } = (given.output ?? {}) as { type?: unknown; text?: unknown };
    return type === NOT_RUN ? { type: "error-text", value: text } : (toModelOutput.call(tool, given) as unknown);
  };
  return { ...tool, execute: gated, toModelOutput: shown };
}

/** The same tools, by the same names, each behind the gate. Throws for one that has no `execute`. */
export function gateAiTools<Tools extends Record<string, AiTool>>(tools: Tools, options: ToolGateOptions): Tools {
  return Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, gatedTool(name, tool, options)])) as Tools;
}
