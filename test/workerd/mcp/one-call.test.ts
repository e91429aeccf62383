/** A call by itself goes a shorter way than every other message: its answers are those that the SDK's whole handler gives. */
import { env } from "cloudflare:workers";
import { classifyInboundRequest, createMcpHandler } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { readConfig } from "#config/config.ts";
import { accept, refuse } from "#countersign/result.ts";
import { EVERY_FORM } from "#mcp/accepted-forms.ts";
import { eraAtAGlance, oneCall } from "#mcp/one-call.ts";
import { serveMcp } from "#mcp/server.ts";
import { serverFor } from "#mcp/server-for.ts";
import { served } from "#mcp/tool.ts";
import { standing } from "#test/workerd/support/approvals.ts";
import { type Era, ERAS, mcpRequest, messagesOf, requestText, TASKS } from "#test/workerd/support/mcp.ts";

const CURRENT: Era = "2026-07-28";

/** Answers, tells first, refuses, throws, or answers with what no client may get. */
const echo = served({
  name: "echo",
  title: "Echo",
  description: "Says what it is told.",
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({ said: z.string() }),
  output: z.looseObject({ said: z.string() }),
  run({ said }, { waitingFor }) {
    waitingFor?.(`Saying ${said}`);
    if (said === "throw") throw new Error("thrown");
    return Promise.resolve(said === "no" ? refuse({ code: "invalid_request", message: "No." }) : accept({ said }));
  },
  log: () => ({}),
});

const caller = () => ({
  agent: standing("agt_bot", "release-bot", "usr_alex"),
  ports: { approvals: agentApprovalPorts(env, readConfig(env)) },
});

/** All that a client sees of an answer. */
const seen = async (answer: Response) => ({
  status: answer.status,
  type: answer.headers.get("content-type"),
  messages: answer.status === 202 ? [] : await messagesOf(answer),
});

/** The same by the SDK's handler. */
const bySdk = (request: Request, parsedBody: unknown): Promise<Response> => {
  const within = { limit: null, over: null, badArguments: null, accepted: EVERY_FORM, message: parsedBody, counts: [] };
  return createMcpHandler(({ era }) => serverFor(caller(), [echo], within, era)).fetch(request, { parsedBody });
};

const echoed = (args: string) => `"name":"echo","arguments":${args}`;

/** Parameters of calls, and the progress token that goes with them. */
const CALLS: [string, string, string | null][] = [
  ["an answer", echoed('{"said":"hello"}'), null],
  ["progress, and then the answer", echoed('{"said":"hello"}'), "p-1"],
  ["a refusal of the tool", echoed('{"said":"no"}'), null],
  ["a refusal of its arguments", echoed('{"said":1}'), null],
  ["no arguments", '"name":"echo"', null],
  ["a tool that breaks off", echoed('{"said":"throw"}'), "p-1"],
  ["no such tool", '"name":"none","arguments":{}', null],
  ["no name", '"arguments":{}', null],
  ["a name that is none", '"name":7,"arguments":{}', null],
  ["arguments that are none", '"name":"echo","arguments":[]', null],
  ["a state that nobody gave out", `${echoed('{"said":"hello"}')},"requestState":7`, null],
];

describe.each(ERAS)("a call over %s", (era) => {
  it.each(CALLS)("%s: as the SDK answers it", async (_, params, token) => {
    const text = requestText(era, "tools/call", params, token);
    const name = /"name":"(\w+)","arguments"|"name":"(echo)"$/.exec(params)?.slice(1).find(Boolean) ?? null;
    const request = () => mcpRequest("tools/call", name, era);
    const answer = await serveMcp(request(), text, caller(), [echo]);
    expect(await seen(answer)).toEqual(await seen(await bySdk(request(), JSON.parse(text))));
  });

  it.each([7, "seven", 0, ""])("the id %j comes back", async (id) => {
    const text = requestText(era, "tools/call", echoed('{"said":"hello"}')).replace('"id":7', `"id":${JSON.stringify(id)}`);
    const messages = await messagesOf(await serveMcp(mcpRequest("tools/call", "echo", era), text, caller(), [echo]));
    expect(messages).toMatchObject([{ id, result: { structuredContent: { said: "hello" } } }]);
  });
});

describe("what goes the shorter way", () => {
  const body = (era: Era, method = "tools/call", params = echoed("{}"), capabilities: object = {}): unknown =>
    JSON.parse(requestText(era, method, params, null, capabilities));
  const request = (era: Era, headers: Record<string, string> = {}) => mcpRequest("tools/call", "echo", era, headers);

  it("is a call of either era, with and without tasks", () => {
    expect(oneCall(request(CURRENT), body(CURRENT))?.classification).toEqual({ era: "modern", revision: CURRENT });
    expect(oneCall(request(CURRENT), body(CURRENT, "tools/call", echoed("{}"), TASKS))?.classification.era).toBe("modern");
    expect(oneCall(request("2025-11-25"), body("2025-11-25"))?.classification).toEqual({ era: "legacy" });
    expect(oneCall(request("2025-11-25", { "mcp-protocol-version": "" }), body("2025-11-25"))?.classification).toEqual({ era: "legacy" });
  });

  it.each<[string, Record<string, string>]>([
    ["no version", { "mcp-protocol-version": "" }],
    ["another version", { "mcp-protocol-version": "2025-11-25" }],
    ["no method", { "mcp-method": "" }],
    ["another method", { "mcp-method": "tools/list" }],
    ["no name", { "mcp-name": "" }],
    ["another name", { "mcp-name": "other" }],
    ["an encoded name", { "mcp-name": "=?base64?ZWNobw==?=" }],
  ])("is no call whose headers have %s: the SDK answers it", async (_, headers) => {
    expect(oneCall(request(CURRENT, headers), body(CURRENT))).toBeNull();
    const text = requestText(CURRENT, "tools/call", echoed('{"said":"hello"}'));
    const answer = await serveMcp(request(CURRENT, headers), text, caller(), [echo]);
    expect(await seen(answer)).toEqual(await seen(await bySdk(request(CURRENT, headers), JSON.parse(text))));
  });

  /** What a message may have in the place of what most have. */
  const ODD = [
    undefined,
    null,
    7,
    "",
    "x",
    {},
    { x: {} },
    [],
    "2026-07-28",
    { name: "a", version: "1" },
    { name: "a" },
    { name: 1, version: "1" },
  ];
  const META = "io.modelcontextprotocol/";
  const IN_META = ["protocolVersion", "clientCapabilities", "clientInfo", "logLevel", "related-task", "serverInfo"].map(
    (name) => META + name,
  );

  it("is seen at a glance only where a close look sees the same", () => {
    const known = { legacy: 0, modern: 0 };
    const look = (version: string | null, message: unknown) => {
      const era = eraAtAGlance(message, version);
      if (era === null) return;
      known[era] += 1;
      const route = classifyInboundRequest({
        httpMethod: "POST",
        body: message,
        ...(version !== null && { protocolVersionHeader: version }),
      });
      const one =
        route.kind === "modern" ? [route.kind, route.messageKind, route.classification] : [route.kind, Reflect.get(route, "reason")];
      const expected = era === "modern" ? ["modern", "request", { era, revision: CURRENT }] : ["legacy", "no-claim"];
      expect([JSON.stringify(message), version, ...one]).toEqual([JSON.stringify(message), version, ...expected]);
    };
    for (const version of [CURRENT, "2025-11-25", "2025-03-26", "2024-11-05", "2099-01-01", "", null]) {
      for (const plain of [body(CURRENT), body("2025-11-25"), body(CURRENT, "tools/call", echoed("{}"), TASKS)]) {
        const { params, ...message } = plain as { params: { _meta: object } };
        look(version, plain);
        for (const odd of ODD) {
          for (const member of ["jsonrpc", "id", "params", "result", "error"]) look(version, { ...message, params, [member]: odd });
          for (const member of ["_meta", "requestState", "task"]) look(version, { ...message, params: { ...params, [member]: odd } });
          for (const member of [...IN_META, "progressToken", "traceparent", "example.com/x"]) {
            look(version, { ...message, params: { ...params, _meta: { ...params._meta, [member]: odd } } });
          }
        }
      }
    }
    expect(known.legacy).toBeGreaterThan(100);
    expect(known.modern).toBeGreaterThan(30);
  });

  it("is nothing else", () => {
    const [current, older] = [body(CURRENT), body("2025-11-25")] as [object, object];
    expect(oneCall(request(CURRENT), body(CURRENT, "tools/list", ""))).toBeNull();
    expect(oneCall(request("2025-11-25"), body("2025-11-25", "initialize", ""))).toBeNull();
    expect(oneCall(request("2025-11-25"), [older])).toBeNull();
    expect(oneCall(request("2025-11-25"), { ...older, id: undefined })).toBeNull();
    expect(oneCall(request("2025-11-25"), { ...older, id: null })).toBeNull();
    expect(oneCall(request("2025-11-25"), { ...older, jsonrpc: "1.0" })).toBeNull();
    expect(oneCall(request(CURRENT), older)).toBeNull();
    expect(oneCall(request(CURRENT), { ...current, params: { name: "echo", _meta: {} } })).toBeNull();
    for (const none of [null, "tools/call", 7, undefined]) expect(oneCall(request(CURRENT), none)).toBeNull();
    expect(oneCall(new Request("https://gate.example.com/mcp"), undefined)).toBeNull();
  });
});
