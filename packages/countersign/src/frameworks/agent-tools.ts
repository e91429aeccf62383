/**
 * Tools of the OpenAI Agents SDK behind the gate: their `execute`, so that arguments are checked before anybody is asked, and what a tool
 * throws is reported as a failure. What was asked and is not over stays in the run's own context, as `countersign`, and so in a run's state
 * that is written down.
 */
import type { JsonValue } from "../json/canonical-json.ts";
import { isObject } from "../json/shape.ts";
import type { AskedState } from "../sdk/approvals/errors.ts";
import { askAhead, throughGate, type ToolGateOptions, type ToolStates } from "./gated-call.ts";

interface AgentRun {
  context: unknown;
}
interface AgentCall {
  toolCall?: { callId?: string } | undefined;
  signal?: AbortSignal | undefined;
}

export interface AgentToolOptions extends ToolGateOptions {
  /** The name that the tool has for the model. */
  tool: string;
}

export interface AgentExecute<Input, Output> {
  (input: Input, run?: AgentRun, call?: AgentCall): Promise<Output | string>;
  /**
   * For `needsApproval`: asks, and stops the run, which can be written down and gone on with in any process. Whoever goes on approves the
   * interruption, which approves nothing by itself: the tool waits for people, and runs by what they have signed.
   */
  needsApproval: (run: AgentRun, input: unknown, callId?: string) => Promise<boolean>;
}

const MEMBER = "countersign";

/** In the context, which the SDK writes down with a run; undefined if there is none that anything can be kept in. */
function statesIn(context: unknown): ToolStates | undefined {
  if (typeof context !== "object" || context === null) return undefined;
  const within = context as Record<string, unknown>;
  const kept = (): Record<string, AskedState> => {
    const there = within[MEMBER] as JsonValue | undefined;
    return (isObject(there ?? null) ? there : {}) as unknown as Record<string, AskedState>;
  };
  const entries = (without: string) => Object.entries(kept()).filter(([call]) => call !== without);
  return {
    get: (call) => (Object.hasOwn(kept(), call) ? kept()[call] : undefined),
    set: (call, state) => {
      within[MEMBER] = Object.fromEntries([...entries(call), [call, state]]);
    },
    delete: (call) => {
      within[MEMBER] = Object.fromEntries(entries(call));
    },
  };
}

/** `execute` behind the gate. */
// The SDK's own types of both are wider than what is needed here: whoever writes the tool says which it takes.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function gateAgentTool<Input, Output, Run extends AgentRun, Call extends AgentCall>(
  { tool, ...given }: AgentToolOptions,
  execute: (input: Input, run?: Run, call?: Call) => Promise<Output> | Output,
): AgentExecute<Input, Awaited<Output>> {
  const optionsIn = (run: AgentRun | undefined): ToolGateOptions => {
    const states = given.states ?? statesIn(run?.context);
    return { ...given, ...(states !== undefined && { states }) };
  };
  const gated = async (input: Input, run?: AgentRun, call?: AgentCall): Promise<Awaited<Output> | string> => {
    const asked = { tool, id: call?.toolCall?.callId ?? null, args: input, signal: call?.signal };
    const gone = await throughGate(optionsIn(run), asked, (approved) => execute(approved as Input, run as Run, call as Call));
    return gone.ran ? gone.value : gone.text;
  };
  const needsApproval = async (run: AgentRun, input: unknown, callId?: string): Promise<boolean> => {
    const options = optionsIn(run);
    if (options.states === undefined || callId === undefined) return false;
    return await askAhead(options, options.states, { tool, id: callId, args: input });
  };
  return Object.assign(gated, { needsApproval });
}
