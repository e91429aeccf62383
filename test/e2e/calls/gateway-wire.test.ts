/** Messages at a server's address byte for byte: what is refused and sent to nobody, what passes as it is, and what ends with whom. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect2025, connect2026, gate, type GatedServers } from "#test/support/servers/gated-servers.ts";
import { answer, type Heard, type ScriptedServer, startScripted } from "#test/support/servers/scripted-server.ts";

/** Streams that a test has to end, or to see ended. */
const streams: ServerResponse[] = [];
/** Begins a stream, says that it works, and says no more. */
function hang(_: Heard, outgoing: ServerResponse): void {
  outgoing.writeHead(200, { "content-type": "text/event-stream" }).write(": working\n\n");
  streams.push(outgoing);
}

const BIG = '{"content":[],"structuredContent":{"id":12345678901234567890,"price":1.10,"far":1E400,"text":"\\u00e9"}}';
const TEN_MB = 10_000_000;
const task = (call: Heard, outgoing: ServerResponse, status: string) =>
  answer(
    call,
    outgoing,
    JSON.stringify({
      resultType: "task",
      taskId: "the-servers-own-task",
      status,
      createdAt: "2026-11-30T00:00:00Z",
      lastUpdatedAt: "2026-11-30T00:00:00Z",
      ttlMs: 60_000,
      pollIntervalMs: 100,
    }),
  );
/** Asks for what it was not told that anybody could give. */
const greedy = JSON.stringify({
  resultType: "input_required",
  inputRequests: { a: { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } } },
});

let server: ScriptedServer;
let gated: GatedServers;
let url: string;
beforeAll(async () => {
  server = await startScripted({
    ok: (call, outgoing) => answer(call, outgoing, '{"content":[{"type":"text","text":"done"}]}'),
    hang,
    greedy: (call, outgoing) => answer(call, outgoing, greedy),
    big: (call, outgoing) => answer(call, outgoing, BIG),
    long: (call, outgoing) => answer(call, outgoing, `{"content":[{"type":"text","text":"${"x".repeat(TEN_MB)}"}]}`),
    job: (call, outgoing) => task(call, outgoing, "working"),
    "tasks/get": (call, outgoing) =>
      answer(
        call,
        outgoing,
        '{"resultType":"complete","taskId":"the-servers-own-task","status":"completed","result":{"content":[],"structuredContent":{"n":12345678901234567890}}}',
      ),
    "tasks/cancel": (call, outgoing) => answer(call, outgoing, '{"resultType":"complete"}'),
    ping: (call, outgoing) => answer(call, outgoing, "{}"),
  });
  gated = await gate([{ name: "scripted", url: server.url }]);
  url = `${gated.service.origin}/mcp/scripted`;
});
afterAll(async () => {
  await Promise.all([gated?.stop(), server?.stop()]);
});
beforeEach(() => {
  server.heard.length = 0;
  streams.length = 0;
});

const LEGACY = { "mcp-protocol-version": "2025-11-25" };

function post(body: string, headers: Record<string, string> = LEGACY, key = gated.agent.key, signal?: AbortSignal): Promise<Response> {
  const common = { "content-type": "application/json", accept: "application/json, text/event-stream", "x-api-key": key };
  return fetch(url, { method: "POST", headers: { ...common, ...headers }, body, ...(signal && { signal }) });
}

const callText = (name: string, args = "{}") =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;

const ENVELOPE = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
/** A message of the current protocol; `said` in place of what its headers should say. */
function modern(
  method: string,
  params: Record<string, unknown>,
  said: Record<string, string> = {},
  key = gated.agent.key,
): Promise<Response> {
  const name = params["name"] ?? params["taskId"];
  const headers = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(typeof name === "string" && { "mcp-name": name }),
    ...said,
  };
  return post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: ENVELOPE } }), headers, key);
}

interface Message {
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: { code?: string; errors?: { field: string }[] } };
}
const messageOf = async (response: Response) => (await response.json()) as Message;

describe("refused, and sent to nobody", () => {
  it("is a list of messages", async () => {
    const response = await post(`[${callText("ok")},${callText("ok")}]`);
    expect(response.status).toBe(400);
    expect((await messageOf(response)).error).toMatchObject({
      code: -32600,
      message: expect.stringContaining("one message a request") as string,
    });
    expect(server.heard).toEqual([]);
  });

  it.each([
    ["a key twice", '{"a":{"b":1,"b":2}}', "a.b"],
    ["a number that is none any more", '{"n":12345678901234567890}', "n"],
    ["half a character", '{"a":["\\ud800"]}', "a[0]"],
  ])("are arguments with %s, and the place is said", async (_, args, place) => {
    const { error } = await messageOf(await post(callText("ok", args)));
    expect(error).toMatchObject({ code: -32602, data: { code: "arguments_invalid", errors: [{ field: place }] } });
    expect(server.heard).toEqual([]);
  });

  it.each([
    ["another method", { "mcp-method": "tools/list" }],
    ["another name", { "mcp-name": "hang" }],
    ["an encoded name that is none", { "mcp-name": "=?base64?!?=" }],
  ])("is a message whose headers say %s", async (_, said) => {
    const response = await modern("tools/call", { name: "ok", arguments: {} }, said);
    expect(response.status).toBe(400);
    expect((await messageOf(response)).error?.code).toBe(-32020);
    expect(server.heard).toEqual([]);
  });

  it("is a method that the table does not name, in the current protocol by its status too", async () => {
    const response = await modern("tasks/list", {});
    expect(response.status).toBe(404);
    expect((await messageOf(response)).error?.code).toBe(-32601);
    expect((await post('{"jsonrpc":"2.0","id":1,"method":"tasks/list"}')).status).toBe(200);
    expect(server.heard).toEqual([]);
  });

  it("is a result that asks the client for what its server was not told of", async () => {
    const { error } = await messageOf(await modern("tools/call", { name: "greedy", arguments: {} }));
    expect(error).toMatchObject({ code: -32600, data: { code: "interaction_refused" } });
  });
});

describe("passed as it is", () => {
  it("is what a server writes, numbers that no program holds included", async () => {
    expect(await (await post(callText("big"))).text()).toBe(`{"jsonrpc":"2.0","id":1,"result":${BIG}}`);
  });

  it("is a result of ten megabytes", async () => {
    const { result } = await messageOf(await post(callText("long")));
    expect((result as { content: { text: string }[] }).content[0]?.text.length).toBe(TEN_MB);
  });

  it("is what is meant for the server alone, and no key, cookie or session of the gate's", async () => {
    await post(callText("ok", '{"b":1,"a":2}'), {
      ...LEGACY,
      cookie: "a=b",
      "x-forwarded-for": "203.0.113.7",
      authorization: `Bearer ${gated.agent.key}`,
    });
    const [call] = server.heard;
    expect(call?.params?.["arguments"]).toEqual({ a: 2, b: 1 });
    expect(Object.values(call?.headers ?? {}).join(" ")).not.toContain(gated.agent.key);
    expect(call?.headers).not.toHaveProperty("cookie");
    expect(call?.headers).not.toHaveProperty("x-forwarded-for");
  });
});

/** Resolves once the server has been asked, with the stream that it answers by. */
const streamed = async (): Promise<ServerResponse> => {
  await expect.poll(() => streams.length).toBe(1);
  return streams[0] as ServerResponse;
};

describe("ended", () => {
  it("is a call that its client cancels, at the server too", async () => {
    const { client } = await connect2025(url, gated.agent);
    const cancel = new AbortController();
    const calling = client.callTool({ name: "hang", arguments: {} }, undefined, { signal: cancel.signal });
    await streamed();
    cancel.abort();
    await expect(calling).rejects.toThrow(/abort/i);
    const { id } = server.heard.find(({ method }) => method === "tools/call") ?? {};
    const cancelled = () => server.heard.find(({ method }) => method === "notifications/cancelled")?.params?.["requestId"];
    await expect.poll(cancelled).toBe(id);
    await client.close();
  });

  it("is a server's stream whose client goes away", async () => {
    const leave = new AbortController();
    const response = await post(callText("hang"), LEGACY, gated.agent.key, leave.signal);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const closed = once(await streamed(), "close");
    leave.abort();
    await closed;
  });

  it("is a server's stream whose client of the current protocol gives up", async () => {
    const client = await connect2026(url, gated.agent);
    const cancel = new AbortController();
    const calling = client.callTool({ name: "hang", arguments: {} }, { signal: cancel.signal });
    const closed = once(await streamed(), "close");
    cancel.abort();
    await expect(calling).rejects.toThrow(/abort/i);
    await closed;
    await client.close();
  });
});

describe("a task of the server's own", () => {
  it("has a name of the gate's, which is its agent's alone", async () => {
    const { result: begun } = await messageOf(await modern("tools/call", { name: "job", arguments: {} }));
    const taskId = String(begun?.["taskId"]);
    expect(begun).toMatchObject({ resultType: "task", status: "working" });
    expect(taskId).not.toContain("the-servers-own-task");
    const done = await (await modern("tasks/get", { taskId })).text();
    expect(JSON.parse(done)).toMatchObject({ result: { taskId, status: "completed" } });
    expect(done).toContain('"n":12345678901234567890');
    const asked = server.heard.find(({ method }) => method === "tasks/get");
    expect(asked?.params?.["taskId"]).toBe("the-servers-own-task");
    expect(asked?.headers["mcp-name"]).toBe("the-servers-own-task");
    const refused = [
      await modern("tasks/get", { taskId }, {}, gated.stranger.key),
      await modern("tasks/get", { taskId: "the-servers-own-task" }),
      await modern("tasks/cancel", { taskId: `${taskId}A` }),
    ];
    for (const response of refused) expect((await messageOf(response)).error?.code).toBe(-32602);
    expect(server.heard.filter(({ method }) => method.startsWith("tasks/"))).toHaveLength(1);
    expect((await messageOf(await modern("tasks/cancel", { taskId }))).result).toEqual({ resultType: "complete" });
  });
});
