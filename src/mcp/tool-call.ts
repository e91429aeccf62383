/** One call of a tool, whichever way it came: its limits, what it is refused with, whether its agent stands when it is answered, its log line. */
import type { CallToolResult } from "@modelcontextprotocol/server";
import { AGENT_STOPPED, type Failure, KEY_REVOKED } from "#rules/failure.ts";
import { errorText, type LogFields, logLine } from "#config/log-line.ts";
import type { AcceptedForms } from "./accepted-forms.ts";
import { answerWithTask } from "./tasks.ts";
import { refusal } from "./tool-answer.ts";
import type { Call, Caller, CallerLimit, ServedTool } from "./tool.ts";

const UNAVAILABLE: Failure = {
  code: "unavailable",
  message:
    "It is not known whether this was done: do not act on it. Call again with the same arguments, and the same idempotency_key if there was one.",
};

/** What is refused of one request before any tool looks at it, and what is counted of it. */
export interface Within {
  limit: CallerLimit | null;
  /** Refuses whichever tool is called, because there were too many calls; null if there were not. */
  over: Failure | null;
  /** The same, because of its arguments. */
  badArguments: Failure | null;
  /** In which forms the caller takes the answer. */
  accepted: AcceptedForms;
  /** What is to be answered: one message, or a list of them. */
  message: unknown;
  /** What is being counted, and has to be before the answer is given. */
  counts: Promise<void>[];
}

/** What one call says of itself. */
export interface Calling extends Pick<Call, "waitingFor" | "gone"> {
  /** As the caller sent them; undefined for none. */
  args: unknown;
  /** Whether the caller takes a task in place of what is unfinished. */
  takesTasks: boolean;
}

/** Calls it for a caller who is within its limits. Never throws: what breaks off is a refusal, since nobody knows whether it was done. */
export async function answerOfTool(
  tool: ServedTool,
  { args, waitingFor, gone, takesTasks }: Calling,
  caller: Caller,
  { limit, badArguments }: Pick<Within, "limit" | "badArguments">,
): Promise<CallToolResult> {
  const { agent } = caller;
  const beganMs = Date.now();
  const log = (fields: LogFields) => logLine("tool", { tool: tool.name, agent: agent.id, ms: Date.now() - beganMs, ...fields });
  const refuseWith = (failure: Failure, error?: string) => {
    log({ code: failure.code, reason: failure.reason, error });
    return refusal(failure);
  };
  const refuseCounted = async (failure: Failure) =>
    refuseWith(failure.code === "unavailable" ? failure : ((await limit?.countRefusal()) ?? failure));
  /** What has begun before it was known whether the agent is admitted is refused for that first, which counts for nothing. */
  const refuseAdmitted = async (failure: Failure) => {
    const notAdmitted = tool.startsAtOnce ? await agent.admitted() : null;
    return notAdmitted === null ? refuseCounted(failure) : refuseWith(notAdmitted);
  };
  const taskSource = takesTasks ? tool.taskSource : null;
  try {
    if (badArguments !== null) return await refuseCounted(badArguments);
    const called = await tool.call(args ?? {}, { ...caller, waitingFor, gone, asTask: taskSource !== null });
    if (!called.ok) return await refuseAdmitted(called.refusal);
    const facts = await agent.stands();
    if (facts === null) return refuseWith(KEY_REVOKED);
    if (facts.isStopped && tool.whileStopped !== true) return refuseWith(AGENT_STOPPED);
    const { result, taskId } = called.value;
    log(called.value.log);
    return taskSource !== null && taskId !== null ? await answerWithTask(taskId, taskSource, caller) : result;
  } catch (error) {
    return refuseWith(UNAVAILABLE, errorText(error));
  }
}
