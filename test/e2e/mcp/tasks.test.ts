/** The official client of the Tasks extension runs the whole way against the running service, crashes included. */
import { rmSync } from "node:fs";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import {
  createTaskSessionFromClient,
  type RawClientDispatch,
  type TaskEnabledSession,
  type ToolExecution,
} from "@modelcontextprotocol/ext-tasks/client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";

const VERSION = "2026-07-28";
const INFO = { name: "test", version: "1" };

let service: Service;
let person: Person;
let agent: Agent;
beforeAll(async () => {
  service = await startService();
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("release-bot");
});
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

/** The request as it goes over HTTP: the extension's client leaves that to its host. */
const post = (key: string, message: object, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> =>
  fetch(new URL("/mcp", service.origin), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": VERSION,
      "x-api-key": key,
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    ...(signal && { signal }),
  });

function dispatchAs(key: string): RawClientDispatch {
  let id = 0;
  return async (request, { signal } = {}) => {
    const { method, params } = request as { method: string; params: { name?: string; taskId?: string } };
    const headers = { "mcp-method": method, "mcp-name": params.name ?? params.taskId ?? "" };
    const answer = await post(key, { id: ++id, method, params }, headers, signal);
    const { result, error } = (await answer.json()) as { result: never; error?: never };
    return error === undefined ? { kind: "result", result } : { kind: "error", error };
  };
}

/** A client that takes tasks, of an agent. */
async function connect(key = agent.key): Promise<TaskEnabledSession> {
  const client = new Client(INFO, { versionNegotiation: { mode: { pin: VERSION } } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL("/mcp", service.origin), { requestInit: { headers: { "X-Api-Key": key } } }),
  );
  const session = createTaskSessionFromClient(client, {
    endpointId: "countersign",
    rawDispatch: dispatchAs(key),
    v2RequestFraming: { protocolVersion: VERSION, clientInfo: INFO, clientCapabilities: {} },
  });
  open.push(client, session);
  return session;
}

const asking = { action: "Deploy api to production", payload: { service: "api", version: "4.2.0", replicas: 3 } };

/** What a call is answered with if it has to wait. */
type TaskExecution<Result> = Extract<ToolExecution<Result>, { kind: "task" }>;

/** Asks for something new, whatever else waits, and is given a task. */
async function askForTask(session: TaskEnabledSession, args = {}) {
  const execution = await session.callTool("request_human_approval", { ...asking, idempotency_key: crypto.randomUUID(), ...args });
  if (execution.kind !== "task") throw new Error("answered at once");
  return execution;
}

/** The page where people decide, as the task's message names it. */
async function pageOf(session: TaskEnabledSession, { handle }: Pick<TaskExecution<unknown>, "handle">): Promise<string> {
  const { status, statusMessage = "" } = await session.task(handle.taskId).snapshot();
  expect(status).toBe("working");
  return /http:\S+/.exec(statusMessage)?.[0] ?? "";
}

/** How it ended, as the tool says it. */
async function viewOf(execution: Pick<ToolExecution<unknown>, "settle">): Promise<AgentView & { error?: { code: string } }> {
  const { outcome } = await execution.settle();
  if (outcome.status !== "completed") throw new Error(`the task is ${outcome.status}`);
  return (outcome.result as { structuredContent: AgentView }).structuredContent;
}

describe("@modelcontextprotocol/ext-tasks", () => {
  it("finds the extension in server/discover", async () => {
    const { capabilities } = await connect();
    expect(capabilities).toMatchObject({ execution: true, cancellation: true, inputResponses: true, inventory: "known-handles" });
  });

  it("asks, polls, hears of the approval, redeems and reports", async () => {
    const session = await connect();
    const execution = await askForTask(session);
    await person.decide(await pageOf(session, execution), "approved", "As discussed");
    const view = await viewOf(execution);
    expect(view).toMatchObject({
      request_id: execution.handle.taskId,
      status: "approved",
      comment: "As discussed",
      decided_by: [{ id: person.id, verdict: "approved" }],
    });

    const { request_id } = view;
    const redeemed = await session.callTool("redeem_approval", { request_id, payload: asking.payload });
    expect([redeemed.kind, await viewOf(redeemed)]).toMatchObject(["immediate", { status: "approved", redeemed_at: expect.any(String) }]);
    const reported = await session.callTool("report_outcome", { request_id, outcome: "succeeded" });
    expect(await viewOf(reported)).toMatchObject({ outcome: "succeeded" });
    const receipt = await fetch(view.receipt_url ?? "", { headers: { "X-Api-Key": agent.key } });
    expect([receipt.status, await receipt.json()]).toMatchObject([200, { payload: asking.payload }]);
  });

  it("hears of a denial as of a result: the task is completed, not failed", async () => {
    const session = await connect();
    const execution = await askForTask(session);
    await person.decide(await pageOf(session, execution), "denied", "Not on a Friday");
    expect(await viewOf(execution)).toMatchObject({ status: "denied", comment: "Not on a Friday" });
  });

  it("withdraws what it cancels, and cancelling what has ended changes nothing", async () => {
    const session = await connect();
    const execution = await askForTask(session);
    const { taskId } = execution.handle;
    await execution.cancel();
    expect((await execution.settle()).outcome).toMatchObject({ status: "cancelled" });
    const seen = await session.callTool("wait_for_approval", { request_id: taskId });
    expect([seen.kind, await viewOf(seen)]).toMatchObject(["immediate", { status: "cancelled" }]);

    const decided = await askForTask(session);
    await person.decide(await pageOf(session, decided), "approved");
    await session.task(decided.handle.taskId).cancel();
    expect(await viewOf(decided)).toMatchObject({ status: "approved" });
  });

  it("decides nothing with tasks/update", async () => {
    const session = await connect();
    const execution = await askForTask(session);
    const task = session.task(execution.handle.taskId);
    await task.update({ approve: { action: "accept", content: { approved: true } } });
    expect(await task.snapshot()).toMatchObject({ status: "working" });
  });

  it("is told of refusals at once, and of other agents' tasks nothing", async () => {
    const session = await connect();
    const refused = await session.callTool("request_human_approval", { ...asking, approver_username: "nobody" });
    expect([refused.kind, await viewOf(refused)]).toMatchObject(["immediate", { error: { code: "unknown_approver" } }]);

    const execution = await askForTask(session);
    const stranger = await connect((await person.makeAgent("other-bot")).key);
    for (const taskId of [execution.handle.taskId, `apr_${"A".repeat(32)}`, "nonsense"]) {
      await expect(stranger.task(taskId as typeof execution.handle.taskId).snapshot()).rejects.toMatchObject({
        code: -32_602,
        message: "There is no such task of yours.",
      });
    }
  });

  it("goes on with a task in another process, after the service has crashed", async () => {
    const session = await connect();
    const execution = await askForTask(session);
    const page = await pageOf(session, execution);
    const reference = execution.serializeReference();
    await execution.detach();
    await crashAndRestart();

    const later = await connect();
    const resumed = await later.resumeTask(JSON.parse(JSON.stringify(reference)) as typeof reference);
    await person.decide(page, "approved");
    expect(await viewOf(resumed)).toMatchObject({ request_id: reference.taskId, status: "approved" });
  });
});

async function crashAndRestart(): Promise<void> {
  const { port, stateDir } = service;
  await service.kill();
  service = await startService({ port, stateDir });
}

it("a crash between creation and reply: the same call gets the task of the request that people see", async () => {
  const once = { ...asking, action: "Delete the old index", idempotency_key: "crash-before-reply" };
  const meta = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientInfo": INFO,
    "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } },
    progressToken: "p",
  };
  const params = { name: "request_human_approval", arguments: { ...once, wait_seconds: 60 }, _meta: meta };
  const headers = { "mcp-method": "tools/call", "mcp-name": "request_human_approval" };
  const answer = await post(agent.key, { id: 1, method: "tools/call", params }, headers);
  // The first word of progress: the request is there, its answer is not.
  const first = await answer.body?.pipeThrough(new TextDecoderStream()).getReader().read();
  const page = /http:[^"\s]+/.exec(first?.value ?? "")?.[0] ?? "";
  await crashAndRestart();

  const session = await connect();
  const execution = await askForTask(session, once);
  expect(page).toBe(`${service.origin}/a/${execution.handle.taskId}`);
  expect(await pageOf(session, execution)).toBe(page);
  await person.decide(page, "approved");
  expect(await viewOf(execution)).toMatchObject({ action: once.action, status: "approved" });
});

it("the same service gives no task to a client that does not declare the extension", async () => {
  const client = new Client(INFO, { versionNegotiation: { mode: { pin: VERSION } } });
  open.push(client);
  await client.connect(
    new StreamableHTTPClientTransport(new URL("/mcp", service.origin), { requestInit: { headers: { "X-Api-Key": agent.key } } }),
  );
  const result = await client.callTool({ name: "request_human_approval", arguments: { ...asking, wait_seconds: 0 } });
  expect(result).toMatchObject({ structuredContent: { status: "pending" } });
});
