/**
 * What a tool is: to its own file, which describes it and does the work (`Tool`), and to the server, which lists and calls it
 * without knowing what it takes and gives (`ServedTool`). The protocol around them is server.ts, server-for.ts and tasks.ts.
 */
import type { CallToolResult, Tool as ListedTool } from "@modelcontextprotocol/server";
import * as z from "zod/mini";
import { checkInput } from "#api/check-input.ts";
import { answerOrError, type DocumentOf } from "#api/document.ts";
import type { LogFields } from "#config/log-line.ts";
import { accept, type Result } from "#countersign/result.ts";
import type { Agent, AgentApprovalPorts } from "#gate/approvals/agent-approvals.ts";
import type { Failure } from "#rules/failure.ts";
import { answer } from "./tool-answer.ts";

/** What tools may reach of the world, by the room of the gate that declares it. */
export interface ToolPorts {
  approvals: AgentApprovalPorts;
}

/** On whose behalf. */
export interface Caller {
  agent: Agent;
  ports: ToolPorts;
}

/** How much the caller may call. */
export interface CallerLimit {
  /** The answer to what is no call of a tool. */
  refuse(over: Failure): Response;
  /** Null if one call more of the same request is served; otherwise what it is refused with. */
  admit(): Promise<Failure | null>;
  /** Counts a call that is refused. Null, or what it is refused with instead, because it is one too many. */
  countRefusal(): Promise<Failure | null>;
}

/** One call: who makes it, and how long it may take. */
export interface Call extends Caller {
  /** Tells the caller what is waited for, now and from time to time until the answer; null if it did not ask to be told. */
  waitingFor: ((message: string) => void) | null;
  /** Aborted when the caller no longer listens, as far as that can be known. */
  gone: AbortSignal;
  /** The caller gets a task for what is unfinished, so that nothing has to wait here unless it says so. Only where the tool has tasks. */
  asTask: boolean;
}

/** Something that an agent waits for, as a task shows it. Times are to the millisecond, UTC. */
export interface WaitedFor {
  taskId: string;
  /** What is still to be done and where; or what to do now. */
  statusMessage: string;
  createdAt: string;
  lastUpdatedAt: string;
  /** From `createdAt`; until then at least the result can be had. */
  ttlMs: number;
  /** How long it has been waited for. */
  waitedMs: number;
  /** Null while it is unfinished. The result is the one that the call would have had. */
  end: { result: CallToolResult; isCancelledByAgent: boolean } | null;
  /** What a log line says of it. */
  log: LogFields;
}

/** Where unfinished calls of a tool go on. */
export interface TaskSource {
  /** The caller's own. Null for another agent's, a malformed id and an unknown one, without a difference. */
  read(taskId: string, caller: Caller): Promise<WaitedFor | null>;
  /** Withdraws what `read` has found. Resolves as well for what has ended before, and changes nothing then. */
  cancel(taskId: string, caller: Caller): Promise<void>;
}

/** What clients may take a tool for before they call it. */
export interface Hints {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
}

/** A tool of this service. */
export interface Tool<Input extends z.ZodMiniType, Output extends z.ZodMiniObject> {
  name: string;
  title: string;
  description: string;
  hints: Hints;
  /** Of an object. What does not fit is refused, with its members named. */
  input: Input;
  /** What it answers if it does not refuse. Clients are told that everything in it is optional, because a refusal fits it too. */
  output: Output;
  run(input: z.output<Input>, call: Call): Promise<Result<DocumentOf<Output>, Failure>>;
  /** What a log line says of an answer. */
  log(output: DocumentOf<Output>): LogFields;
  /** Whether it may begin before it is known that the agent is admitted, because it waits for `agent.admitted` itself. */
  startsAtOnce?: true;
  /** Whether an agent that is stopped may call it still. */
  whileStopped?: true;
  /** Of a tool whose answer may be unfinished. Clients that take tasks are given one then; cancelling it withdraws what was asked for. */
  tasks?: {
    source: TaskSource;
    /** The task in which the answer goes on; null if it is finished. */
    taskIdOf(output: DocumentOf<Output>): string | null;
  };
}

/** What a call came to. */
export interface Called {
  result: CallToolResult;
  /** The task that stands for the result, for clients that take tasks; null if it is finished. */
  taskId: string | null;
  log: LogFields;
}

/** A tool as the server has it. One of `Tool` is made by `served`; one of another server brings its own JSON Schema and result. */
export interface ServedTool {
  name: string;
  /** As `tools/list` tells of it. */
  listed(): ListedTool;
  /** Whether it waits itself for `agent.admitted` before anything takes effect; all others are called after. */
  startsAtOnce?: boolean;
  /** Whether an agent that is stopped gets its answer. Any other is refused also where its agent was stopped while it was answered. */
  whileStopped?: boolean;
  /** Null if no call of it ever goes on as a task. */
  taskSource: TaskSource | null;
  /** `args`: as the caller sent them, strict JSON. */
  call(args: unknown, call: Call): Promise<Result<Called, Failure>>;
}

/** A schema as clients read it; ours are all of objects. What zod writes as `{}`, anything, is `true` for clients that know little. */
const jsonSchema = (schema: z.ZodMiniType, io: "input" | "output") =>
  z.toJSONSchema(schema, {
    io,
    override({ jsonSchema: made }) {
      if (JSON.stringify(made.additionalProperties) === "{}") made.additionalProperties = true;
    },
  }) as ListedTool["inputSchema"];

/** The tool, ready to be listed and called. Its JSON Schemas are made when it is first listed, because starting up is timed. */
export function served<Input extends z.ZodMiniType, Output extends z.ZodMiniObject>(tool: Tool<Input, Output>): ServedTool {
  const { name, title, description, hints, tasks } = tool;
  let listed: ListedTool | undefined;
  return {
    name,
    listed: () =>
      (listed ??= {
        name,
        title,
        description,
        inputSchema: jsonSchema(tool.input, "input"),
        outputSchema: jsonSchema(answerOrError(tool.output), "output"),
        annotations: { title, ...hints },
      }),
    ...(tool.startsAtOnce && { startsAtOnce: true }),
    ...(tool.whileStopped && { whileStopped: true }),
    taskSource: tasks?.source ?? null,
    async call(args, call) {
      const input = checkInput(tool.input, args);
      if (!input.ok) return input;
      const output = await tool.run(input.value, call);
      if (!output.ok) return output;
      return accept({ result: answer(output.value), taskId: tasks?.taskIdOf(output.value) ?? null, log: tool.log(output.value) });
    },
  };
}

/** Where unfinished calls of these tools go on, each once. */
export const taskSourcesOf = (tools: readonly ServedTool[]): TaskSource[] => [
  ...new Set(tools.flatMap(({ taskSource }) => taskSource ?? [])),
];
