import { describe, expect, it } from "vitest";
import { metaForServer, reducedCapabilities, clientTakesTasks } from "#mcp/gateway/meta.ts";
import { readClientMessage } from "#mcp/gateway/rpc.ts";
import { asksForbidden, mayAsk, mayTell } from "#mcp/gateway/relay/server-messages.ts";
import { bodyOf, callerHeaders, serverHeaders } from "#mcp/gateway/relay/upstream-message.ts";

describe("what the gate sends to a server", () => {
  it("is canonical JSON of its own", () => {
    expect(bodyOf(1, "tools/call", { name: "b", arguments: { z: 1, a: [2] } })).toBe(
      '{"id":1,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"a":[2],"z":1},"name":"b"}}',
    );
    expect(bodyOf(null, "notifications/initialized", {})).toBe('{"jsonrpc":"2.0","method":"notifications/initialized","params":{}}');
  });

  it("has the protocol's headers, made anew, and none of the agent's own", () => {
    const given = new Headers({
      authorization: "Bearer csk_secret",
      "x-api-key": "csk_secret",
      cookie: "session=1",
      "x-forwarded-for": "1.2.3.4",
      "mcp-method": "tools/list",
      "mcp-name": "other",
      "mcp-session-id": "cst_theirs",
      "mcp-protocol-version": "2025-11-25",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "a=b",
      "last-event-id": "7",
    });
    const from = callerHeaders(given, "the servers own");
    expect(serverHeaders(from, { method: "tools/call", name: "séance", params: { region: "eu" } })).toEqual({
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2025-11-25",
      "mcp-session-id": "the servers own",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "a=b",
      "mcp-method": "tools/call",
      "mcp-name": "=?base64?c8OpYW5jZQ==?=",
      "mcp-param-region": "eu",
    });
  });

  it.each([["not a version"], ["2025-11-25\u00e9"]])("leaves out a version that is none: %s", (version) => {
    const headers = new Headers();
    headers.set("mcp-protocol-version", version);
    expect(callerHeaders(headers, null).protocolVersion).toBeNull();
  });
});

describe("one message of a client", () => {
  it.each<[string, Parameters<typeof readClientMessage>[0], string | null]>([
    ["a request", { jsonrpc: "2.0", id: 1, method: "ping" }, "request"],
    ["a notification", { jsonrpc: "2.0", method: "notifications/initialized" }, "notification"],
    ["a response", { jsonrpc: "2.0", id: "a", result: {} }, "response"],
    ["an error", { jsonrpc: "2.0", id: "a", error: { code: 1, message: "" } }, "response"],
    ["a list", [{ jsonrpc: "2.0", id: 1, method: "ping" }], null],
    ["no version", { id: 1, method: "ping" }, null],
    ["an id of null", { jsonrpc: "2.0", id: null, method: "tools/call" }, null],
    ["params that are a list", { jsonrpc: "2.0", id: 1, method: "tools/call", params: [] }, null],
    ["nothing", null, null],
  ])("%s", (_, value, kind) => {
    expect(readClientMessage(value)?.kind ?? null).toBe(kind);
  });
});

describe("what a server may ask of the client", () => {
  const all = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {}, tasks: {}, extensions: { x: {} }, experimental: {} };

  it("is reduced by its features, and nothing of a gated call's", () => {
    expect(reducedCapabilities(all, {}, false)).toEqual({
      elicitation: { form: {} },
      roots: {},
      tasks: {},
      extensions: { x: {} },
      experimental: {},
    });
    expect(reducedCapabilities(all, { sampling: true, url_elicitation: true }, false)).toEqual(all);
    expect(reducedCapabilities(all, { sampling: true, url_elicitation: true }, true)).toEqual({ experimental: {} });
    expect(reducedCapabilities(all, { elicitation: false, roots: false }, false)).toEqual({
      tasks: {},
      extensions: { x: {} },
      experimental: {},
    });
  });

  it("is told to it in `_meta`, of which only what the protocol knows goes on", () => {
    const meta = {
      "io.modelcontextprotocol/clientCapabilities": all,
      progressToken: 1,
      "com.example/secret": "x",
      "dev.countersign/wait_seconds": 3,
    };
    expect(metaForServer(meta, {}, true)).toEqual({ "io.modelcontextprotocol/clientCapabilities": { experimental: {} }, progressToken: 1 });
    expect(
      clientTakesTasks({ "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } } }),
    ).toBe(true);
    expect(clientTakesTasks(meta)).toBe(false);
  });

  it("is declined otherwise", () => {
    expect([mayAsk("sampling/createMessage", {}, {}), mayAsk("sampling/createMessage", {}, { sampling: true })]).toEqual([false, true]);
    expect([mayAsk("elicitation/create", { mode: "url" }, {}), mayAsk("elicitation/create", { mode: "form" }, {})]).toEqual([false, true]);
    expect([mayAsk("roots/list", {}, {}), mayAsk("roots/list", {}, { roots: false }), mayAsk("tools/call", {}, {})]).toEqual([
      true,
      false,
      false,
    ]);
    expect([mayTell("notifications/progress", {}), mayTell("notifications/resources/updated", {}), mayTell("notifications/x", {})]).toEqual(
      [true, false, false],
    );
    const asking = (method: string) => ({ resultType: "input_required", inputRequests: { a: { method, params: {} } } });
    expect(asksForbidden(asking("sampling/createMessage"), {})).toBe(true);
    expect(asksForbidden(asking("elicitation/create"), {})).toBe(false);
    expect(asksForbidden({ content: [] }, {})).toBe(false);
  });
});
