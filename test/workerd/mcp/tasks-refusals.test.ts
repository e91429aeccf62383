/** What the methods of tasks refuse, to whom, and what survives a failure. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { readConfig } from "#config/config.ts";
import type { AgentApprovalPorts } from "#gate/approvals/agent-approvals.ts";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { toolsFor } from "#mcp/registry.ts";
import { serveMcp } from "#mcp/server.ts";
import { type Agent, personAndAgent, standing } from "#test/workerd/support/approvals.ts";
import { mcpRequest, messagesOf, post, requestText, TASKS } from "#test/workerd/support/mcp.ts";
import { asking, askForTask, callTool, ERA, getTask, onTask } from "#test/workerd/support/mcp-tasks.ts";
import { call, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";

const METHODS = ["tasks/get", "tasks/update", "tasks/cancel"];
const NO_SUCH_TASK = { code: -32_602, message: "There is no such task of yours." };

let person: Someone;
let agent: Agent;
let other: Agent;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
  other = await makeAgent(person, "other-bot");
});

/** The ids of every request that people could see. */
async function approvals(): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT id FROM approval").all<{ id: string }>();
  return results.map(({ id }) => id);
}

describe.each(METHODS)("%s", (method) => {
  const send = (params: Record<string, unknown>, saying: Parameters<typeof onTask>[3] = {}, caller = agent) =>
    onTask(caller, method, { ...(method === "tasks/update" && { inputResponses: {} }), ...params }, saying);

  it("refuses tasks that are unknown, malformed, or another agent's, without telling which", async () => {
    const taskId = await askForTask(agent);
    const ids = [
      `apr_${"A".repeat(32)}`,
      "apr_x",
      "nonsense",
      `${taskId.slice(0, -2)}AA`,

      "786512e2-9e0d-44bd-8f29-789f320fe840",
    ];
    for (const id of ids) expect(await send({ taskId: id })).toEqual({ status: 200, result: {}, error: NO_SUCH_TASK });
    expect(await send({ taskId }, {}, other)).toEqual({ status: 200, result: {}, error: NO_SUCH_TASK });
    expect((await getTask(agent, taskId)).result).toMatchObject({ status: "working" });
  });

  it("refuses what is no id at all", async () => {
    for (const params of [{}, { taskId: 7 }, { taskId: null }, { taskId: ["apr_x"] }, { taskId: {} }]) {
      expect(await send(params)).toMatchObject({ result: {}, error: { code: -32_602 } });
    }
  });

  it("refuses clients that do not declare the extension, before it looks at anything else", async () => {
    const taskId = await askForTask(agent);
    for (const params of [{ taskId }, { taskId: "apr_unknown" }, {}]) {
      for (const capabilities of [{}, { extensions: {} }, { tasks: {} }]) {
        const { status, result, error } = await send(params, { capabilities });
        expect([status, result]).toEqual([400, {}]);
        expect(error).toMatchObject({ code: -32_021, data: { requiredCapabilities: TASKS } });
      }
    }
    expect((await getTask(agent, taskId)).result.status).toBe("working");
  });

  it("refuses a routing header that is missing or names another task", async () => {
    const [taskId, another] = [await askForTask(agent), await askForTask(agent)];
    for (const headers of [{ "mcp-name": "" }, { "mcp-name": another }, { "mcp-method": "tools/call" }]) {
      const { status, error } = await send({ taskId }, { headers });
      expect([status, error?.code]).toEqual([400, -32_020]);
    }
    expect((await getTask(agent, taskId)).result.status).toBe("working");
  });

  it("does not exist for clients of 2025-11-25", async () => {
    const taskId = await askForTask(agent);
    const text = `{"jsonrpc":"2.0","id":7,"method":"${method}","params":{"taskId":"${taskId}","inputResponses":{}}}`;
    const [message] = await messagesOf(await post("2025-11-25", method, null, text, { key: agent.key }));
    expect(message?.error?.code).toBe(-32_601);
  });

  it("wants a key, and takes no revoked one", async () => {
    const gone = await makeAgent(person, `gone-${method.slice(6)}`);
    const taskId = await askForTask(gone);
    expect((await call("DELETE", `/api/v1/agents/${gone.id}`, { cookie: person.cookie })).status).toBe(204);
    const text = requestText(ERA, method, `"taskId":"${taskId}","inputResponses":{}`, null, TASKS);
    for (const key of [null, "csk_x", gone.key]) {
      expect(await outcome(await post(ERA, method, taskId, text, { key }))).toEqual([401, "unauthorized"]);
    }
    const byPerson = await call("POST", "/mcp", { cookie: person.cookie, text, headers: { "content-type": "application/json" } });
    expect(await outcome(byPerson)).toEqual([403, "forbidden"]);
  });
});

it("tasks/update without responses is refused", async () => {
  const taskId = await askForTask(agent);
  expect((await onTask(agent, "tasks/update", { taskId })).error?.code).toBe(-32_602);
});

describe("subscriptions/listen", () => {
  const listen = async (notifications: object, capabilities: object) => {
    const params = `"notifications":${JSON.stringify(notifications)}`;
    const text = requestText(ERA, "subscriptions/listen", params, null, capabilities);
    const response = await post(ERA, "subscriptions/listen", null, text, { key: agent.key });
    return { status: response.status, messages: await messagesOf(response) };
  };

  it("is refused to who wants news of tasks without declaring them", async () => {
    for (const taskIds of [[await askForTask(agent)], [], null]) {
      const { status, messages } = await listen({ taskIds }, {});
      expect(status).toBe(400);
      expect(messages).toMatchObject([{ id: 7, error: { code: -32_021, data: { requiredCapabilities: TASKS } } }]);
    }
  });

  it("otherwise acknowledges none, since tasks are polled here, and ends", async () => {
    for (const [notifications, capabilities] of [
      [{ taskIds: [await askForTask(agent)] }, TASKS],
      [{ toolsListChanged: true }, {}],
    ] as const) {
      const { messages } = await listen(notifications, capabilities);
      expect(messages).toMatchObject([
        { method: "notifications/subscriptions/acknowledged", params: { notifications: {} } },
        { id: 7, result: { resultType: "complete" } },
      ]);
    }
  });
});

describe("when something fails", () => {
  /** The MCP endpoint over ports of which some break. */
  async function served(method: string, name: string, params: string, broken: Partial<AgentApprovalPorts["approvals"]>) {
    const real = agentApprovalPorts(env, readConfig(env));
    const text = requestText(ERA, method, params, null, TASKS);
    const who = standing(agent.id, agent.name, person.id);
    const ports = { approvals: { ...real, approvals: { ...real.approvals, ...broken } } };
    const response = await serveMcp(mcpRequest(method, name), text, { agent: who, ports }, toolsFor(who));
    return (await messagesOf(response))[0];
  }
  const away = () => Promise.reject(new Error("hunter2: the object is away"));
  const askWith = (key: string, broken: Partial<AgentApprovalPorts["approvals"]>) => {
    const args = JSON.stringify({ ...asking, idempotency_key: key });
    return served("tools/call", "request_human_approval", `"name":"request_human_approval","arguments":${args}`, broken);
  };
  const UNAVAILABLE = { isError: true, structuredContent: { error: { code: "unavailable" } } };

  it("between creation and reply: the same call gets the same task, and people were asked once", async () => {
    const before = await approvals();
    let reads = 0;
    const readOnce = () => (reads++ === 0 ? Promise.resolve(null) : away());
    expect((await askWith("reply-lost", { read: readOnce }))?.result).toMatchObject(UNAVAILABLE);
    const made = (await approvals()).filter((id) => !before.includes(id));
    const again = await callTool(agent, "request_human_approval", { ...asking, idempotency_key: "reply-lost" });
    expect([again.result.taskId]).toEqual(made);
    expect(again.result).toMatchObject({ resultType: "task", status: "working" });
    expect(await approvals()).toHaveLength(before.length + 1);
  });

  it("before creation: no task is given out, and the same call makes it", async () => {
    const before = await approvals();
    expect((await askWith("not-opened", { open: away }))?.result).toMatchObject(UNAVAILABLE);
    const again = await callTool(agent, "request_human_approval", { ...asking, idempotency_key: "not-opened" });
    expect(again.result).toMatchObject({ resultType: "task", status: "working" });
    expect(await approvals()).toHaveLength(before.length + 1);
    expect((await getTask(agent, again.result.taskId ?? "")).result.status).toBe("working");
  });

  it("the methods answer with an internal error that tells no details; the log line tells why", async () => {
    const taskId = await askForTask(agent);
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    for (const method of METHODS) {
      const message = await served(method, taskId, `"taskId":"${taskId}","inputResponses":{}`, { read: away });
      const what = method === "tasks/cancel" ? "It is not known whether this was withdrawn." : "This could not be done now.";
      expect(message?.error).toEqual({ code: -32_603, message: `${what} Call again.` });
    }
    const lines = log.mock.calls.flat().map((line) => JSON.parse(String(line)) as Record<string, unknown>);
    log.mockRestore();
    expect(lines.filter(({ event }) => event === "task")).toMatchObject(
      METHODS.map((method) => ({ method, agent: agent.id, code: "unavailable", error: "hunter2: the object is away" })),
    );
    expect((await getTask(agent, taskId)).result.status).toBe("working");
  });
});
