/**
 * One call of a framework's tool, through the gate: asked for, waited for, redeemed, and only then run, once, with a copy of exactly what
 * people approved. What keeps it from that comes back as a text for the model, which says nothing that is not so. Not in scope: what a
 * framework's tools look like.
 */
import type { JsonObject, JsonValue } from "../json/canonical-json.ts";
import type { Countersign } from "../sdk/approvals/countersign.ts";
import {
  ApprovalCancelled,
  ApprovalDenied,
  ApprovalExpired,
  ApprovalPending,
  type AskedState,
  CountersignError,
  OutcomeNotKnown,
} from "../sdk/approvals/errors.ts";
import type { Gated } from "../sdk/approvals/gate-function.ts";
import { type Progress, tellProgress, type WaitOptions } from "../sdk/approvals/waiting.ts";
import type { Ask } from "../sdk/calls/ask.ts";

/** Where is kept what was asked and is not over, by the call's id: a `Map` will do, or a database. */
export interface ToolStates {
  get(call: string): AskedState | undefined | Promise<AskedState | undefined>;
  set(call: string, state: AskedState): unknown;
  delete(call: string): unknown;
}

export interface ToolGateOptions extends Omit<Ask, "action" | "payload" | "tool" | "idempotencyKey">, Omit<WaitOptions, "signal"> {
  gate: Countersign;
  /** What is to be done, for people. By default that the tool is run. */
  action?: string | ((args: JsonValue) => string);
  /** With these a call that comes again, in this process or another, goes on with what it asked for before. */
  states?: ToolStates;
}

/** A call as its framework makes it. */
export interface ToolCall {
  tool: string;
  /** Null: nothing can be kept of it. */
  id: string | null;
  args: unknown;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: Progress) => void;
}

/** `text`: why it was not run, for the model. */
export type CameOf<Value> = { ran: true; value: Value } | { ran: false; text: string };

/** What people are shown: the tool is in it, so that no approval is for another tool that takes the same arguments. */
const payloadOf = ({ tool, args }: ToolCall): JsonObject => ({ tool, arguments: (args ?? {}) as JsonValue });

function actionOf(action: ToolGateOptions["action"], tool: string, { arguments: args = null }: JsonObject): string {
  return typeof action === "function" ? action(args) : (action ?? `Run ${tool}`.slice(0, 200));
}

/** Why a call was not run. Never that a person declined it where none did. */
export function notRunText(error: unknown): string {
  if (!(error instanceof CountersignError)) return "The tool was not run: the approval gate failed.";
  if (error instanceof OutcomeNotKnown) return error.message;
  if (error instanceof ApprovalDenied || error instanceof ApprovalExpired || error instanceof ApprovalCancelled) return error.message;
  const request = error.state === undefined ? "" : `, ${error.state.request_id}`;
  return `The tool was not run: ${error.message} (${error.code}${request})`;
}

/** Of a call that ended so nothing is to be gone on with. */
const isOver = (error: unknown): boolean =>
  [ApprovalDenied, ApprovalExpired, ApprovalCancelled, OutcomeNotKnown].some((kind) => error instanceof kind);

/** What the platform of `states` did not do costs only that a call cannot be gone on with. */
async function attempt(act: () => unknown): Promise<void> {
  try {
    await act();
  } catch {
    // It is asked anew, or told that it was used.
  }
}

/** The gated function of a call, which keeps what was asked as soon as it is known; `kept` resolves when that is done. */
function gatedFor<Value>(options: ToolGateOptions, call: ToolCall, run: (args: JsonValue) => Promise<Value> | Value) {
  const { gate, action, states, ...ask } = options;
  const { id, signal } = call;
  const waits: { kept: Promise<void> } = { kept: Promise.resolve() };
  const onProgress = (progress: Progress): void => {
    const { kind, state } = progress;
    if (kind === "asked" && states !== undefined && id !== null) waits.kept = attempt(() => states.set(id, state));
    tellProgress(ask, progress);
    tellProgress(call.onProgress === undefined ? {} : { onProgress: call.onProgress }, progress);
  };
  const gated: Gated<[JsonObject], Awaited<Value>> = gate.gate(({ arguments: args = null }: JsonObject) => run(args), {
    ...ask,
    action: (payload) => actionOf(action, call.tool, payload),
    tool: call.tool,
    onProgress,
    ...(signal !== undefined && { signal }),
  });
  return { gated, waits };
}

/** Runs it if people approve. Throws only what `run` throws. */
export async function throughGate<Value>(
  options: ToolGateOptions,
  call: ToolCall,
  run: (args: JsonValue) => Promise<Value> | Value,
): Promise<CameOf<Awaited<Value>>> {
  const { states } = options;
  const { id } = call;
  let thrown: { error: unknown } | null = null;
  const runOnce = async (args: JsonValue): Promise<Awaited<Value>> => {
    try {
      return await run(args);
    } catch (error) {
      thrown = { error };
      throw error;
    }
  };
  const forget = async (): Promise<void> => {
    if (states !== undefined && id !== null) await attempt(() => states.delete(id));
  };
  const { gated, waits } = gatedFor(options, call, runOnce);
  try {
    const state = id === null ? undefined : await states?.get(id);
    const value = state === undefined ? await gated(payloadOf(call)) : await gated.resume(state, payloadOf(call));
    await waits.kept;
    await forget();
    return { ran: true, value };
  } catch (error) {
    await waits.kept;
    if (thrown !== null || isOver(error)) await forget();
    // What the tool throws is the tool's, also if it is an error of a gate within it.
    if (thrown !== null) throw error;
    return { ran: false, text: notRunText(error) };
  }
}

/**
 * Asks without waiting, for a framework that stops its run until people have decided. Resolves to whether the run has to stop. What was asked
 * is in `states` then, and `throughGate` goes on with it; whatever else there is `throughGate` tells.
 */
export async function askAhead(options: ToolGateOptions, states: ToolStates, call: ToolCall & { id: string }): Promise<boolean> {
  if ((await states.get(call.id)) !== undefined) return true;
  const { gate, action, states: _, ...ask } = options;
  const payload = payloadOf(call);
  try {
    const { state } = await gate.requestApproval({
      ...ask,
      action: actionOf(action, call.tool, payload),
      payload,
      tool: call.tool,
      waitSeconds: 0,
    });
    await states.set(call.id, state);
    return false;
  } catch (error) {
    if (!(error instanceof CountersignError) || error.state === undefined) return false;
    await states.set(call.id, error.state);
    return error instanceof ApprovalPending;
  }
}
