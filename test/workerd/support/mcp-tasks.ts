/** `POST /mcp` as a client of 2026-07-28 that takes tasks sends it. */
import { type Agent, PAYLOAD } from "./approvals.ts";
import { type Message, messagesOf, post, requestText, TASKS } from "./mcp.ts";

export const ERA = "2026-07-28";

/** A call that asks, for a service's default time. */
export const asking = { action: "Deploy api to production", payload: PAYLOAD };

/** An answer that carries a task, or the acknowledgement that carries none. */
export interface TaskAnswer {
  status: number;
  result: Record<string, unknown> & { taskId?: string; status?: string; statusMessage?: string };
  error: Message["error"];
}

async function answerOf(response: Response): Promise<TaskAnswer> {
  const { result, error } = (await messagesOf(response)).at(-1) ?? {};
  const { _meta, ...members } = { ...result };
  return { status: response.status, result: members, error };
}

export interface Saying {
  /** What the client declares; tasks by default. */
  capabilities?: object;
  headers?: Record<string, string>;
  progressToken?: string;
}

/** Calls a tool. */
export async function callTool(agent: Agent, name: string, args: object, saying: Saying = {}): Promise<TaskAnswer> {
  const { capabilities = TASKS, headers = {}, progressToken = null } = saying;
  const params = `"name":"${name}","arguments":${JSON.stringify(args)}`;
  const text = requestText(ERA, "tools/call", params, progressToken, capabilities);
  return answerOf(await post(ERA, "tools/call", name, text, { key: agent.key, headers }));
}

/** Asks for something new, whatever else waits, and gives the task's id. */
export async function askForTask(agent: Agent, args: object = {}): Promise<string> {
  const { result, error } = await callTool(agent, "request_human_approval", { ...asking, idempotency_key: crypto.randomUUID(), ...args });
  if (result.taskId === undefined) throw new Error(`no task: ${JSON.stringify(result)} ${JSON.stringify(error)}`);
  return result.taskId;
}

/** Calls one of the methods of tasks. `params` are sent as they are; the header names their `taskId`, as clients must. */
export async function onTask(
  agent: Agent,
  method: string,
  params: Record<string, unknown>,
  { capabilities = TASKS, headers = {} }: Saying = {},
): Promise<TaskAnswer> {
  const text = requestText(ERA, method, JSON.stringify(params).slice(1, -1), null, capabilities);
  const name = typeof params["taskId"] === "string" ? params["taskId"] : null;
  return answerOf(await post(ERA, method, name, text, { key: agent.key, headers }));
}

export const getTask = (agent: Agent, taskId: string): Promise<TaskAnswer> => onTask(agent, "tasks/get", { taskId });
