/** A LangChain tool behind the gate: of any class, since all of them are run by `_call`, after their arguments were checked. */
import type { JsonValue } from "../json/canonical-json.ts";
import { throughGate, type ToolGateOptions } from "./gated-call.ts";

interface CallConfig {
  signal?: AbortSignal;
  toolCall?: { id?: string };
}

/** What is needed of a tool that runs. */
interface Runs {
  name: string;
  responseFormat?: string;
  _call: (args: unknown, manager: unknown, config: unknown) => unknown;
}

/** What it comes to: a generator tells what happens meanwhile, and returns that. */
async function endOf(output: unknown): Promise<unknown> {
  const awaited: unknown = await output;
  if (typeof awaited !== "object" || awaited === null || !(Symbol.asyncIterator in awaited)) return awaited;
  const steps = (awaited as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  for (;;) {
    const step = (await steps.next()) as { done?: boolean; value: unknown };
    if (step.done === true) return step.value;
  }
}

/** The same tool, behind the gate; the one that is given stays as it is. Throws for what does not run here. */
export function gateLangchainTool<Tool extends { name: string; invoke: unknown }>(tool: Tool, options: ToolGateOptions): Tool {
  const runs = tool as unknown as Runs;
  if (typeof runs._call !== "function") throw new TypeError(`${tool.name} has no _call: it cannot be put behind the gate.`);
  const gated = async (args: unknown, manager: unknown, config: CallConfig = {}): Promise<unknown> => {
    const call = { tool: runs.name, id: config.toolCall?.id ?? null, args, signal: config.signal };
    const gone = await throughGate(options, call, (approved: JsonValue) => endOf(runs._call(approved, manager, config)));
    if (gone.ran) return gone.value;
    return runs.responseFormat === "content_and_artifact" ? [gone.text, null] : gone.text;
  };
  const copy = Object.create(Object.getPrototypeOf(tool) as object, Object.getOwnPropertyDescriptors(tool)) as Tool;
  return Object.defineProperty(copy, "_call", { value: gated });
}
