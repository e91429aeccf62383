/** The Tasks extension over the wire: who gets a task, what it says while people decide and after, how it is withdrawn. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Agent, ask, decided, openPage, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { ERAS, post, requestText, responseOf, TASKS, useTool } from "#test/workerd/support/mcp.ts";
import { asking, askForTask, callTool, ERA, getTask, onTask } from "#test/workerd/support/mcp-tasks.ts";
import { makeAgent, ORIGIN, type Someone, textLike, textWith } from "#test/workerd/support/people.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const HOUR_MS = 3_600_000;

let person: Someone;
let agent: Agent;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(() => {
  vi.useRealTimers();
});

/** What `wait_for_approval` says now, as a client without tasks hears it. */
const toldElsewhere = async (id: string) => {
  const { content, structuredContent } = await useTool(ERA, "wait_for_approval", { request_id: id, wait_seconds: 0 }, agent.key);
  return { resultType: "complete", content, structuredContent };
};

describe("who is told of the extension", () => {
  it("clients of 2026-07-28, in server/discover", async () => {
    const { result } = await responseOf(await post(ERA, "server/discover", null, requestText(ERA, "server/discover"), { key: agent.key }));
    const capabilities = result?.["capabilities"];
    expect(capabilities).toMatchObject(TASKS);
    expect(capabilities).not.toHaveProperty("tasks");
  });

  it("not clients of the versions before, for which it is not defined", async () => {
    const params = '"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}';
    const text = requestText("2025-11-25", "initialize", params);
    const { result } = await responseOf(await post("2025-11-25", "initialize", null, text, { key: agent.key }));
    expect(result?.["capabilities"]).toEqual({ tools: { listChanged: false } });
  });
});

describe("a client that takes tasks", () => {
  it("gets one at once for a request that nobody has decided, and it can be got at once", async () => {
    const startedMs = performance.now();
    const { result } = await callTool(agent, "request_human_approval", asking);
    // A call without tasks would wait for 25 seconds.
    expect(performance.now() - startedMs).toBeLessThan(12_000);
    const { taskId = "" } = result;
    const view = await viewOf(agent, taskId);
    const task = {
      taskId: textLike(/^apr_[\w-]{32}$/),
      status: "working",
      statusMessage: `Waiting for a person to decide: ${ORIGIN}/a/${taskId}`,
      createdAt: view.requested_at,
      lastUpdatedAt: view.requested_at,
      ttlMs: 900_000 + HOUR_MS,
      pollIntervalMs: 2_000,
    };
    const content = [{ type: "text", text: task.statusMessage }];
    expect(result).toEqual({ resultType: "task", ...task, content });
    expect((await getTask(agent, taskId)).result).toEqual({ resultType: "complete", ...task });
    expect((await openPage(person, taskId)).request.action).toBe(asking.action);
  });

  it.each(["approved", "denied"] as const)("%s: the task is completed, with the result that the call would have had", async (verdict) => {
    const taskId = await askForTask(agent);
    await decided(person, taskId, verdict, { comment: "Looked at it" });
    const { result } = await getTask(agent, taskId);
    const view = await viewOf(agent, taskId);
    expect(result).toEqual({
      resultType: "complete",
      taskId,
      status: "completed",
      statusMessage: view.next,
      createdAt: view.requested_at,
      lastUpdatedAt: view.decided_at,
      ttlMs: 900_000 + HOUR_MS,
      result: await toldElsewhere(taskId),
    });
    expect(result["result"]).toMatchObject({ structuredContent: { status: verdict, comment: "Looked at it" } });
    expect(result["result"]).not.toHaveProperty("isError");
  });

  it("expired: completed as well", async () => {
    const taskId = await askForTask(agent, { expires_in_seconds: 30 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 30_000 });
    const { result } = await getTask(agent, taskId);
    expect(result).toMatchObject({ status: "completed", ttlMs: 30_000 + HOUR_MS, result: { structuredContent: { status: "expired" } } });
  });

  it("waits first if the call says so, and then gets the task", async () => {
    const startedMs = performance.now();
    const { result } = await callTool(agent, "request_human_approval", { ...asking, wait_seconds: 1 });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
    expect(result).toMatchObject({ resultType: "task", status: "working" });
  });

  it("gets the result itself if the decision comes while the call waits, or came before", async () => {
    const once = { ...asking, idempotency_key: "in-time" };
    const waiting = callTool(agent, "request_human_approval", { ...once, wait_seconds: 25 });
    const taskId = await askForTask(agent, { ...once, wait_seconds: 0 });
    await decided(person, taskId, "approved");
    const direct = await toldElsewhere(taskId);
    expect((await waiting).result).toEqual(direct);
    expect((await callTool(agent, "request_human_approval", once)).result).toEqual(direct);
    expect(direct.structuredContent.status).toBe("approved");
  });

  it("hears of each signature, and that more are needed", async () => {
    await admitted(person, "robin");
    const taskId = await askForTask(agent, { approvers: { required: 2 } });
    const { result: before } = await getTask(agent, taskId);
    expect(before.statusMessage).toBe(`Waiting for people to decide, 0 of 2 have approved: ${ORIGIN}/a/${taskId}`);
    await decided(person, taskId, "approved");
    const { result: after } = await getTask(agent, taskId);
    expect(after).toMatchObject({ status: "working", statusMessage: textWith("1 of 2 have approved") });
    expect(after["lastUpdatedAt"]).toMatch(TIME);
    expect(Date.parse(String(after["lastUpdatedAt"]))).toBeGreaterThan(Date.parse(String(before["lastUpdatedAt"])));
  });

  it("is asked to poll ever more rarely: after a thirtieth of the time waited, at most every minute", async () => {
    const taskId = await askForTask(agent, { expires_in_seconds: 86_400 });
    const createdMs = Date.parse(String((await getTask(agent, taskId)).result["createdAt"]));
    for (const [waitedMs, pollMs] of [
      [60_000, 2_000],
      [90_000, 3_000],
      [900_001, 30_000],
      [1_800_000, 60_000],
      [80_000_000, 60_000],
    ] as const) {
      vi.useFakeTimers({ toFake: ["Date"], now: createdMs + waitedMs });
      expect((await getTask(agent, taskId)).result).toMatchObject({ status: "working", pollIntervalMs: pollMs });
    }
  });

  it("still sees it working while a decision is not in the log, and completed once it is", async () => {
    const taskId = await askForTask(agent);
    await env.DB.exec("ALTER TABLE log_leaf RENAME TO log_leaf_away");
    await decided(person, taskId, "approved");
    expect((await getTask(agent, taskId)).result.status).toBe("working");
    await env.DB.exec("ALTER TABLE log_leaf_away RENAME TO log_leaf");
    expect((await getTask(agent, taskId)).result).toMatchObject({
      status: "completed",
      result: { structuredContent: { status: "approved" } },
    });
  });

  it("can follow any request of its own as a task, however it was made", async () => {
    const { request_id: taskId } = await ask(agent);
    expect((await getTask(agent, taskId)).result).toMatchObject({ taskId, status: "working" });
  });

  it("gets refusals as before, not tasks", async () => {
    for (const [args, code] of [
      [{ ...asking, wait_seconds: -1 }, "invalid_request"],
      [{ ...asking, approver_username: "nobody" }, "unknown_approver"],
    ] as const) {
      const { result } = await callTool(agent, "request_human_approval", args);
      expect(result).toMatchObject({ resultType: "complete", isError: true, structuredContent: { error: { code } } });
    }
  });

  it("gets no task for waiting, since to cancel a wait is not to cancel the request", async () => {
    const { request_id } = await ask(agent);
    const { result } = await callTool(agent, "wait_for_approval", { request_id, wait_seconds: 0 });
    expect(result).toMatchObject({ resultType: "complete", structuredContent: { status: "pending" } });
  });

  it("is told of the wait first if it asked for progress, in the same words", async () => {
    const args = { ...asking, wait_seconds: 1 };
    const params = `"name":"request_human_approval","arguments":${JSON.stringify(args)}`;
    const text = requestText(ERA, "tools/call", params, "p-1", TASKS);
    const stream = await (await post(ERA, "tools/call", "request_human_approval", text, { key: agent.key })).text();
    const messages = [...stream.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? "") as Record<string, unknown>);
    expect(messages).toMatchObject([
      { method: "notifications/progress", params: { message: textWith(`${ORIGIN}/a/apr_`) } },
      { result: { resultType: "task", statusMessage: textWith(`${ORIGIN}/a/apr_`) } },
    ]);
  });
});

describe("a client that does not declare the extension in the request gets no task:", () => {
  it.each<[string, object]>([
    ["nothing declared", {}],
    ["other extensions", { extensions: { "io.modelcontextprotocol/ui": {} } }],
    ["tasks as they were before", { tasks: { requests: { tools: { call: {} } } } }],
    ["the extension in another place", { "io.modelcontextprotocol/tasks": {} }],
  ])("%s", async (_, capabilities) => {
    const { result } = await callTool(agent, "request_human_approval", { ...asking, wait_seconds: 0 }, { capabilities });
    expect(result).toMatchObject({ resultType: "complete", structuredContent: { status: "pending" } });
    expect(result).not.toHaveProperty("taskId");
  });

  it("another request of the same client had declared it", async () => {
    const taskId = await askForTask(agent, { idempotency_key: "declared-once" });
    const args = { ...asking, idempotency_key: "declared-once", wait_seconds: 0 };
    const { result } = await callTool(agent, "request_human_approval", args, { capabilities: {} });
    expect(result).toMatchObject({ resultType: "complete", structuredContent: { request_id: taskId, status: "pending" } });
  });

  it("a client of 2025-11-25, whatever it says and asks for", async () => {
    const meta = `"_meta":{"io.modelcontextprotocol/clientCapabilities":${JSON.stringify(TASKS)}}`;
    const call = `"name":"request_human_approval","arguments":${JSON.stringify({ ...asking, wait_seconds: 0 })},"task":{"ttl":60000}`;
    const text = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{${call},${meta}}}`;
    const { result } = await responseOf(await post("2025-11-25", "tools/call", null, text, { key: agent.key }));
    expect(result).toMatchObject({ structuredContent: { status: "pending" } });
    expect(result).not.toHaveProperty("taskId");
    expect(result).not.toHaveProperty("resultType");
  });
});

it("an old client's wish for a task changes nothing: the server alone decides", async () => {
  const { request_id } = await ask(agent);
  const params = `"name":"wait_for_approval","arguments":{"request_id":"${request_id}","wait_seconds":0},"task":{"ttl":60000}`;
  const text = requestText(ERA, "tools/call", params, null, TASKS);
  const { result } = await responseOf(await post(ERA, "tools/call", "wait_for_approval", text, { key: agent.key }));
  expect(result).toMatchObject({ resultType: "complete", structuredContent: { status: "pending" } });
});

describe("tasks/cancel", () => {
  const cancelTask = (taskId: string) => onTask(agent, "tasks/cancel", { taskId });

  it("withdraws the request: nobody can decide, and the log has it", async () => {
    const taskId = await askForTask(agent);
    expect(await cancelTask(taskId)).toEqual({ status: 200, result: { resultType: "complete" }, error: undefined });
    const view = await viewOf(agent, taskId);
    expect(view).toMatchObject({ status: "cancelled", receipt_url: textWith(taskId) });
    expect((await getTask(agent, taskId)).result).toEqual({
      resultType: "complete",
      taskId,
      status: "cancelled",
      statusMessage: view.next,
      createdAt: view.requested_at,
      lastUpdatedAt: view.decided_at,
      ttlMs: 900_000 + HOUR_MS,
    });
    expect((await openPage(person, taskId)).state).toMatchObject({ status: "cancelled" });
    expect((await cancelTask(taskId)).result).toEqual({ resultType: "complete" });
  });

  it("ends a wait for the same request", async () => {
    const taskId = await askForTask(agent);
    const waiting = useTool(ERA, "wait_for_approval", { request_id: taskId, wait_seconds: 25 }, agent.key);
    await cancelTask(taskId);
    expect((await waiting).structuredContent.status).toBe("cancelled");
  });

  it.each(["approved", "denied"] as const)("is acknowledged for what has been %s, and changes nothing", async (verdict) => {
    const taskId = await askForTask(agent);
    await decided(person, taskId, verdict);
    const before = (await getTask(agent, taskId)).result;
    expect(await cancelTask(taskId)).toEqual({ status: 200, result: { resultType: "complete" }, error: undefined });
    expect((await getTask(agent, taskId)).result).toEqual(before);
    expect(before).toMatchObject({ status: "completed", result: { structuredContent: { status: verdict } } });
  });

  it("does not undo a decision that is stored and not yet in the log", async () => {
    const taskId = await askForTask(agent);
    await env.DB.exec("ALTER TABLE log_leaf RENAME TO log_leaf_away");
    await decided(person, taskId, "denied");
    expect((await cancelTask(taskId)).result).toEqual({ resultType: "complete" });
    await env.DB.exec("ALTER TABLE log_leaf_away RENAME TO log_leaf");
    expect((await getTask(agent, taskId)).result).toMatchObject({
      status: "completed",
      result: { structuredContent: { status: "denied" } },
    });
  });

  it("is what cancel_approval does as well, as the task tells", async () => {
    const taskId = await askForTask(agent);
    await useTool(ERA, "cancel_approval", { request_id: taskId, reason: "Not today" }, agent.key);
    expect((await getTask(agent, taskId)).result).toMatchObject({ status: "cancelled", statusMessage: textLike(/^Cancelled/) });
  });
});

describe("tasks/update", () => {
  it("is acknowledged and decides nothing, whatever it brings", async () => {
    const taskId = await askForTask(agent);
    const before = (await getTask(agent, taskId)).result;
    for (const inputResponses of [
      {},
      { approve: { action: "accept", content: { approved: true } } },
      { decision: { verdict: "approved" } },
    ]) {
      const acknowledged = await onTask(agent, "tasks/update", { taskId, inputResponses });
      expect(acknowledged).toEqual({ status: 200, result: { resultType: "complete" }, error: undefined });
    }
    expect({ ...(await getTask(agent, taskId)).result, pollIntervalMs: 0 }).toEqual({ ...before, pollIntervalMs: 0 });
    expect(await viewOf(agent, taskId)).toMatchObject({ status: "pending", approvals: 0 });
  });
});

describe("two clients of one agent, and two agents", () => {
  it("the agent's own other client sees the same task; another agent's sees none", async () => {
    const taskId = await askForTask(agent);
    const other = await makeAgent(person, "other-bot");
    expect((await getTask(agent, taskId)).result.taskId).toBe(taskId);
    expect((await getTask(other, taskId)).error?.code).toBe(-32_602);
  });
});

it.each(ERAS)("over %s, tasks/list and tasks/result do not exist", async (era) => {
  for (const method of ["tasks/list", "tasks/result"]) {
    const text = requestText(era, method, '"taskId":"apr_x"', null, TASKS);
    const answer = await post(era, method, null, text, { key: agent.key });
    expect([method, answer.status]).toEqual([method, era === ERA ? 404 : 200]);
    expect((await responseOf(answer)).error?.code).toBe(-32_601);
  }
});
