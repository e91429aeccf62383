/** Tools that answer no approval: one of this service with a document of its own, and one of another server. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { readConfig } from "#config/config.ts";
import { accept, refuse } from "#countersign/result.ts";
import { serveMcp } from "#mcp/server.ts";
import { type Call, served, type ServedTool, type WaitedFor } from "#mcp/tool.ts";
import { standing } from "#test/workerd/support/approvals.ts";
import { mcpRequest, type Message, messagesOf, requestText, TASKS } from "#test/workerd/support/mcp.ts";
import { ERA } from "#test/workerd/support/mcp-tasks.ts";

const AGENT = standing("agt_bot", "release-bot", "usr_alex");
const hints = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const listMyRequests = served({
  name: "list_my_requests",
  title: "List my requests",
  description: "The requests that you made, the newest first.",
  hints,
  input: z.strictObject({ limit: z.int().check(z.minimum(1)) }),
  output: z.looseObject({ items: z.array(z.looseObject({ request_id: z.string() })) }),
  run: ({ limit }, { agent }) =>
    Promise.resolve(
      limit > 50
        ? refuse({ code: "invalid_request", message: "At most 50." })
        : accept({ items: Array.from({ length: limit }, (_, index) => ({ request_id: `${agent.id}/${index}` })) }),
    ),
  log: ({ items }) => ({ size: items.length }),
});

/** What the other server's tool has begun, by the id of its task. */
const calls = new Map<string, WaitedFor>();
const WORKING: WaitedFor = {
  taskId: "call_1",
  statusMessage: "Being deployed",
  createdAt: "2026-11-20T09:30:00.000Z",
  lastUpdatedAt: "2026-11-20T09:30:00.000Z",
  ttlMs: 60_000,
  waitedMs: 0,
  end: null,
  log: { code: "pending" },
};
const DEPLOYED = { content: [{ type: "text" as const, text: "Deployed." }] };

const deploy: ServedTool = {
  name: "deploy",
  listed: () => ({
    name: "deploy",
    description: "A tool of another server.",
    inputSchema: { type: "object", properties: { service: { type: "string", pattern: "^[a-z]+$" } } },
  }),
  taskSource: {
    read: (taskId) => Promise.resolve(calls.get(taskId) ?? null),
    cancel: (taskId) => Promise.resolve(void calls.delete(taskId)),
  },
  call(_, { asTask, waitingFor }: Call) {
    waitingFor?.("Being deployed");
    if (!asTask) return Promise.resolve(accept({ result: DEPLOYED, taskId: null, log: {} }));
    calls.set(WORKING.taskId, WORKING);
    return Promise.resolve(accept({ result: DEPLOYED, taskId: WORKING.taskId, log: {} }));
  },
};

beforeEach(() => calls.clear());

/** Every message of the answer to a request of a client that takes tasks. */
async function ask(
  method: string,
  name: string,
  params: string,
  token: string | null = null,
  capabilities: object = TASKS,
): Promise<Message[]> {
  const text = requestText(ERA, method, params, token, capabilities);
  const caller = { agent: AGENT, ports: { approvals: agentApprovalPorts(env, readConfig(env)) } };
  return messagesOf(await serveMcp(mcpRequest(method, name), text, caller, [listMyRequests, deploy]));
}
const resultOf = async (...of: Parameters<typeof ask>) => (await ask(...of)).at(-1)?.result;
const use = (name: string, args: object, capabilities: object = TASKS) =>
  resultOf("tools/call", name, `"name":"${name}","arguments":${JSON.stringify(args)}`, null, capabilities);
const onTask = (method: string, taskId: string) => ask(method, taskId, `"taskId":"${taskId}","inputResponses":{}`);

it("each is listed as it describes itself: ours with room for a refusal, the other's as it came", async () => {
  const listed = (await resultOf("tools/list", "", ""))?.["tools"];
  expect(listed).toEqual([
    {
      name: "list_my_requests",
      title: "List my requests",
      description: "The requests that you made, the newest first.",
      inputSchema: expect.objectContaining({ required: ["limit"], additionalProperties: false }),
      outputSchema: expect.objectContaining({
        properties: { items: expect.objectContaining({ type: "array" }), error: expect.objectContaining({ type: "object" }) },
        additionalProperties: true,
      }),
      annotations: { title: "List my requests", ...hints },
    },
    deploy.listed(),
  ]);
});

describe("a document of its own", () => {
  it("is the answer, as text as well, and never a task", async () => {
    const structuredContent = { items: [{ request_id: "agt_bot/0" }, { request_id: "agt_bot/1" }] };
    expect(await use("list_my_requests", { limit: 2 })).toMatchObject({
      structuredContent,
      content: [{ type: "text", text: JSON.stringify(structuredContent) }],
    });
  });

  it("is refused by the tool, or for its arguments before that", async () => {
    expect(await use("list_my_requests", { limit: 51 })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: "invalid_request", message: "At most 50." } },
    });
    expect(await use("list_my_requests", { limit: 0, more: 1 })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: "invalid_request", errors: [{ field: "limit" }, { field: "more" }] } },
    });
  });
});

describe("another server's tool", () => {
  it("answers with its own result, and with progress of its own", async () => {
    expect(await use("deploy", { service: "api" }, {})).toMatchObject(DEPLOYED);
    const told = await ask("tools/call", "deploy", '"name":"deploy","arguments":{}', "p-1", {});
    expect(told).toMatchObject([{ params: { message: "Being deployed", progress: 1 } }, { result: DEPLOYED }]);
  });

  it("goes on as a task of its own: read, withdrawn, and then unknown", async () => {
    expect(await use("deploy", {})).toMatchObject({ resultType: "task", taskId: "call_1", status: "working", pollIntervalMs: 2_000 });
    expect(await onTask("tasks/get", "call_1")).toMatchObject([{ result: { status: "working", statusMessage: "Being deployed" } }]);
    calls.set("call_1", { ...WORKING, statusMessage: "Done", end: { result: DEPLOYED, isCancelledByAgent: false } });
    expect(await onTask("tasks/get", "call_1")).toMatchObject([
      { result: { status: "completed", statusMessage: "Done", result: DEPLOYED } },
    ]);
    expect(await onTask("tasks/cancel", "call_1")).toMatchObject([{ result: {} }]);
    expect(await onTask("tasks/get", "call_1")).toMatchObject([{ error: { code: -32_602 } }]);
  });
});
