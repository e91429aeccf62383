/**
 * The tools that agents may call, and no others: nothing here decides, enrols or changes a rule. What they do is
 * gate/approvals/agent-approvals.ts; the protocol around them is server.ts.
 */
import type { Tool as ListedTool } from "@modelcontextprotocol/server";
import * as z from "zod/mini";
import { approval, askTool, cancelTool, outcomeTool, redeemTool, waitTool } from "#api/approval-schemas.ts";
import { checkInput } from "#api/check-input.ts";
import { answerOrError } from "#api/document.ts";
import { DEFAULT_WAIT_SECONDS, readAsk, readRedeemCall } from "#api/read-ask.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import {
  type Agent,
  type AgentApprovalPorts,
  type AgentRefusal,
  ask,
  cancel,
  type Patience,
  redeem,
  reportOn,
  waitFor,
} from "#gate/approvals/agent-approvals.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import type { Failure } from "#rules/failure.ts";

/** Clients that cannot be told of progress give up at about a minute. */
const MAX_SILENT_WAIT_SECONDS = 50;

/** One call: who makes it, and whether the caller can hear of progress. */
export interface Call {
  agent: Agent;
  ports: AgentApprovalPorts;
  /** Tells the caller that the wait for this request has begun; null if it did not ask to be told. */
  progress: ((view: AgentView) => void) | null;
  /** Aborted when the caller no longer listens, as far as that can be known. */
  gone: AbortSignal;
  /** The caller gets a task if the request is pending, so that nothing has to wait here unless it says so. */
  asTask: boolean;
}

export interface Tool {
  name: string;
  title: string;
  description: string;
  input: z.ZodMiniType;
  /** Whether a pending request is answered with a task, to clients that take tasks. Cancelling a task withdraws the request. */
  endsAsTask: boolean;
  annotations: { title: string; readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: boolean };
  run(input: unknown, call: Call): Promise<Result<AgentView, Failure>>;
}

const patience = (seconds: number, { progress, gone }: Call): Patience =>
  progress === null ? { seconds: Math.min(seconds, MAX_SILENT_WAIT_SECONDS), gone } : { seconds, begun: progress, gone };

/** What the caller is told of how its call went. */
const told = (done: Result<AgentView, AgentRefusal>): Result<AgentView, Failure> => (done.ok ? done : refuse(agentFailure(done.refusal)));

function tool<Input extends z.ZodMiniType>(
  described: Omit<Tool, "input" | "run" | "annotations"> & { input: Input; hints: Omit<Tool["annotations"], "title"> },
  run: (input: z.output<Input>, call: Call) => Promise<Result<AgentView, Failure>>,
): Tool {
  const { hints, ...rest } = described;
  return {
    ...rest,
    annotations: { title: described.title, ...hints },
    async run(input, call) {
      const checked = checkInput(described.input, input);
      return checked.ok ? run(checked.value, call) : checked;
    },
  };
}

export const TOOLS: readonly Tool[] = [
  tool(
    {
      name: "request_human_approval",
      title: "Request human approval",
      description:
        "Asks a person to approve one exact action before you do it. Call it before anything that deploys, deletes, pays, publishes or cannot be undone. " +
        "Put everything the action will use into `payload`: the person reads every field, and signs exactly that with a passkey. " +
        "If `status` is 'pending' after the wait, show `approval_url` to the person and call wait_for_approval. " +
        "Act only on 'approved', only with this payload, and only once. Set `idempotency_key` so that a retry does not ask twice.",
      input: askTool,
      endsAsTask: true,
      hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    async (input, call) => {
      const wanted = readAsk(input);
      if (!wanted.ok) return wanted;
      const seconds = input.wait_seconds ?? (call.asTask ? 0 : DEFAULT_WAIT_SECONDS);
      const asked = await ask(wanted.value, call.agent, patience(seconds, call), call.ports);
      return told(asked.ok ? accept(asked.value.view) : asked);
    },
  ),
  tool(
    {
      name: "wait_for_approval",
      title: "Wait for approval",
      description:
        "Waits for the decision on a request you made, and returns at once if there is one. Call it again while `status` is 'pending'. Calling it changes nothing.",
      input: waitTool,
      endsAsTask: false,
      hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    async (input, call) =>
      told(await waitFor(input.request_id, call.agent, patience(input.wait_seconds ?? DEFAULT_WAIT_SECONDS, call), call.ports)),
  ),
  tool(
    {
      name: "cancel_approval",
      title: "Cancel an approval request",
      description:
        "Withdraws a pending request of yours that is no longer needed, so that nobody decides on it. A decided request cannot be cancelled.",
      input: cancelTool,
      endsAsTask: false,
      hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    async (input, call) => told(await cancel(input.request_id, call.agent, input.reason || null, call.ports)),
  ),
  tool(
    {
      name: "redeem_approval",
      title: "Redeem an approval",
      description:
        "Uses an approved request up, once, right before you act: pass the exact payload that you are about to use. Act only if this succeeds. " +
        "It refuses a payload that differs in anything, a second redemption, and one later than `use_by`. Set `idempotency_key` so that a retry gets the same answer.",
      input: redeemTool,
      endsAsTask: false,
      hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    },
    async (input, call) => {
      const wanted = readRedeemCall(input);
      return wanted.ok ? told(await redeem(input.request_id, call.agent, wanted.value, call.ports)) : wanted;
    },
  ),
  tool(
    {
      name: "report_outcome",
      title: "Report the outcome",
      description:
        "Says how a redeemed action went, for the record: succeeded, failed, or unknown if you cannot tell (an outcome may follow later). Call it once, after acting.",
      input: outcomeTool,
      endsAsTask: false,
      hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    async (input, call) =>
      told(await reportOn(input.request_id, call.agent, { outcome: input.outcome, detail: input.detail || null }, call.ports)),
  ),
];

/** A schema as clients read it; ours are all of objects. What zod writes as `{}`, anything, is `true` for clients that know little. */
const jsonSchema = (schema: z.ZodMiniType, io: "input" | "output") =>
  z.toJSONSchema(schema, {
    io,
    override({ jsonSchema: made }) {
      if (JSON.stringify(made.additionalProperties) === "{}") made.additionalProperties = true;
    },
  }) as ListedTool["inputSchema"];

let listed: ListedTool[] | undefined;

/** The tools as `tools/list` tells of them. Made on first use, because starting up is timed. */
export const listTools = (): ListedTool[] =>
  (listed ??= TOOLS.map(({ name, title, description, input, annotations }) => ({
    name,
    title,
    description,
    inputSchema: jsonSchema(input, "input"),
    outputSchema: jsonSchema(answerOrError(approval), "output"),
    annotations,
  })));
