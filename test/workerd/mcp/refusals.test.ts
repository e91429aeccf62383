/** Everything that is refused over MCP: in a tool's arguments by a tool error with its code, in the message around them by the protocol. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type Agent, askFor, decided, PAYLOAD, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { callWithText, type Era, ERAS, post, requestText, responseOf, type ToolResult, useTool } from "#test/workerd/support/mcp.ts";
import { call, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";

let person: Someone;
let agent: Agent;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
});

const approvals = async (): Promise<number> => (await env.DB.prepare("SELECT count(*) AS rows FROM approval").first<number>("rows")) ?? 0;

const withPayload = (payload: string): string => `{"action":"Deploy","wait_seconds":0,"payload":${payload}}`;
const nested = (levels: number): string => '{"a":'.repeat(levels - 1) + "{}" + "}".repeat(levels - 1);
const asking = { action: "Deploy api to production", payload: PAYLOAD, wait_seconds: 0 };

/** Asserts a tool error of that code, and that its text says the same. Gives the error. */
async function expectRefused(answer: Response, code: string): Promise<NonNullable<ToolResult["structuredContent"]["error"]>> {
  expect(answer.status).toBe(200);
  const { result, error } = await responseOf(answer);
  expect(error).toBeUndefined();
  expect(result).toMatchObject({ isError: true, structuredContent: { error: { code } } });
  expect(Object.keys(result?.structuredContent ?? {})).toEqual(["error"]);
  expect(result?.content).toEqual([{ type: "text", text: JSON.stringify(result?.structuredContent) }]);
  const refused = result?.structuredContent.error;
  if (refused === undefined) throw new Error("no error");
  expect(refused.message).toMatch(/^\S.*\.$/s);
  return refused;
}

/** Arguments of `request_human_approval`, and how they are refused: by code and the place that `errors` names. */
const REFUSED: [string, string, string, string][] = [
  ["a payload that is a list", withPayload("[1]"), "invalid_request", "payload"],
  ["a payload that is text", withPayload('"x"'), "invalid_request", "payload"],
  ["a payload that is null", withPayload("null"), "invalid_request", "payload"],
  ["no payload", '{"action":"Deploy"}', "invalid_request", "payload"],
  ["no action", '{"payload":{}}', "invalid_request", "action"],
  ["no arguments", "{}", "invalid_request", "action"],
  ["an empty action", '{"action":"","payload":{}}', "invalid_request", "action"],
  ["an action of 201 characters", JSON.stringify({ action: "x".repeat(201), payload: {} }), "invalid_request", "action"],
  ["a reason of 2,001 characters", JSON.stringify({ action: "x", payload: {}, reason: "x".repeat(2001) }), "invalid_request", "reason"],
  ["a member that does not exist", '{"action":"x","payload":{},"approver":"alex"}', "invalid_request", "approver"],
  [
    "a member of approvers that does not exist",
    '{"action":"x","payload":{},"approvers":{"roles":["admin"]}}',
    "invalid_request",
    "approvers.roles",
  ],
  ["an empty list of approvers", '{"action":"x","payload":{},"approvers":{"users":[]}}', "invalid_request", "approvers.users"],
  ["wait_seconds above 300", '{"action":"x","payload":{},"wait_seconds":301}', "invalid_request", "wait_seconds"],
  ["wait_seconds below 0", '{"action":"x","payload":{},"wait_seconds":-1}', "invalid_request", "wait_seconds"],
  ["wait_seconds that is a fraction", '{"action":"x","payload":{},"wait_seconds":0.5}', "invalid_request", "wait_seconds"],
  ["wait_seconds that is a word", '{"action":"x","payload":{},"wait_seconds":"five"}', "invalid_request", "wait_seconds"],
  ["an expiry of 29 seconds", '{"action":"x","payload":{},"expires_in_seconds":29}', "invalid_request", "expires_in_seconds"],
  ["an expiry of more than a week", '{"action":"x","payload":{},"expires_in_seconds":604801}', "invalid_request", "expires_in_seconds"],
  [
    "an idempotency key of 201 characters",
    `{"action":"x","payload":{},"idempotency_key":"${"k".repeat(201)}"}`,
    "invalid_request",
    "idempotency_key",
  ],
  [
    "both ways to name approvers",
    '{"action":"x","payload":{},"approver_username":"alex","approvers":{}}',
    "invalid_request",
    "approver_username",
  ],
  ["a duplicate member beside the payload", '{"action":"x","action":"y","payload":{}}', "invalid_request", "action"],
  ["a second payload", '{"action":"x","payload":{},"payload":{}}', "payload_not_canonical", "payload"],
  ["__proto__ beside the payload", '{"action":"x","payload":{},"__proto__":{}}', "invalid_request", "__proto__"],
  ["a lone surrogate beside the payload", '{"action":"\\ud800","payload":{}}', "invalid_request", "action"],
  [
    "a number that loses digits beside the payload",
    '{"action":"x","payload":{},"wait_seconds":9007199254740993}',
    "invalid_request",
    "wait_seconds",
  ],
  ["a duplicate member of the payload", withPayload('{"a":1,"a":2}'), "payload_not_canonical", "payload.a"],
  ["a duplicate that is escaped", withPayload('{"a":1,"\\u0061":2}'), "payload_not_canonical", "payload.a"],
  ["__proto__ in the payload", withPayload('{"a":{"__proto__":1}}'), "payload_not_canonical", "payload.a.__proto__"],
  ["a number that loses digits", withPayload('{"n":9007199254740993}'), "payload_not_canonical", "payload.n"],
  ["a number that overflows", withPayload('{"n":[1e400]}'), "payload_not_canonical", "payload.n[0]"],
  ["minus zero", withPayload('{"n":-0}'), "payload_not_canonical", "payload.n"],
  ["a lone surrogate", withPayload('{"s":"\\ud800"}'), "payload_not_canonical", "payload.s"],
  ["a lone surrogate in a key", withPayload('{"\\udc00":1}'), "payload_not_canonical", "payload"],
  ["33 levels", withPayload(nested(33)), "payload_not_canonical", `payload${".a".repeat(32)}`],
  ["100,000 levels", withPayload(nested(100_000)), "payload_not_canonical", `payload${".a".repeat(61)}`],
  ["a payload of 64 KiB and a byte", withPayload(`{"s":"${"x".repeat(65_536 - 7)}"}`), "payload_too_large", "payload"],
  ["an unknown approver", '{"action":"x","payload":{},"approver_username":"nobody"}', "unknown_approver", ""],
  ["a group that nobody is in", '{"action":"x","payload":{},"approvers":{"groups":["ops"]}}', "no_eligible_approver", ""],
  ["more approvers than there are", '{"action":"x","payload":{},"approvers":{"required":2}}', "no_eligible_approver", ""],
];

describe.each(ERAS)("over %s", (era) => {
  const send = (args: string, tool = "request_human_approval") => callWithText(era, tool, args, { key: agent.key });

  describe("request_human_approval refuses, with its code and place, and asks nobody:", () => {
    it.each(REFUSED)("%s", async (_, args, code, field) => {
      const before = await approvals();
      const { errors } = await expectRefused(await send(args), code);
      expect(errors?.map((one) => one.field) ?? [""]).toContain(field);
      expect(await approvals()).toBe(before);
    });

    it("arguments that are no object, which the protocol itself refuses", async () => {
      const before = await approvals();
      for (const args of ["[]", '"x"', "7"]) {
        const { error, result } = await responseOf(await send(args));
        expect(result).toBeUndefined();
        expect(error?.code).toBeLessThan(0);
      }
      expect(await approvals()).toBe(before);
    });

    it("every member that does not fit, not only the first", async () => {
      const { errors } = await expectRefused(await send('{"action":"","payload":7,"wait_seconds":301,"else":1}'), "invalid_request");
      expect(errors?.map(({ field }) => field).toSorted()).toEqual(["action", "else", "payload", "wait_seconds"]);
    });
  });

  it("takes what is just within the limits, and keeps odd keys as they are", async () => {
    const odd = '{"constructor":1,"toString":{"10":2,"2":3,"":4},"é":[],"n":[1.0,1e2,0.1,9007199254740991]}';
    for (const payload of [`{"s":"${"x".repeat(65_536 - 8)}"}`, nested(32), odd]) {
      const overMcp = (await responseOf(await send(withPayload(payload)))).result?.structuredContent;
      const overRest = await call("POST", "/api/v1/approvals", {
        key: agent.key,
        origin: null,
        headers: { "content-type": "application/json" },
        text: withPayload(payload),
      });
      expect(overMcp).toMatchObject({ status: "pending" });
      expect(overMcp?.payload_hash).toBe((await overRest.json<{ payload_hash: string }>()).payload_hash);
    }
  });

  describe("wait_for_approval and cancel_approval refuse", () => {
    it.each(["wait_for_approval", "cancel_approval"])("%s: arguments that do not fit", async (tool) => {
      for (const [args, field] of [
        ["{}", "request_id"],
        ['{"request_id":7}', "request_id"],
        ['{"request_id":"apr_x","payload":{}}', "payload"],
        ['{"request_id":"a","request_id":"b"}', "request_id"],
        ['{"request_id":"\\udfff"}', "request_id"],
        [`{"request_id":"${"a".repeat(201)}"}`, "request_id"],
      ] as const) {
        const { errors } = await expectRefused(await send(args, tool), "invalid_request");
        expect(errors?.[0]?.field).toBe(field);
      }
    });

    it("wait_seconds out of range, a reason that is too long", async () => {
      for (const wait of ["301", "-1", "1.5", '"five"', '"301"']) {
        await expectRefused(await send(`{"request_id":"apr_x","wait_seconds":${wait}}`, "wait_for_approval"), "invalid_request");
      }
      await expectRefused(await send(`{"request_id":"apr_x","reason":"${"x".repeat(2_001)}"}`, "cancel_approval"), "invalid_request");
    });

    it("ids that are unknown, malformed, or another agent's, without telling which", async () => {
      const own = (await useTool(era, "request_human_approval", asking, agent.key)).structuredContent;
      const other = await makeAgent(person, `other-${era}`);
      const ids = [`apr_${"A".repeat(32)}`, "apr_x", "nonsense", "", `${own.request_id.slice(0, -2)}AA`];
      for (const tool of ["wait_for_approval", "cancel_approval"]) {
        const answers = [
          ...(await Promise.all(ids.map((id) => useTool(era, tool, { request_id: id }, agent.key)))),
          await useTool(era, tool, { request_id: own.request_id }, other.key),
        ];
        expect(answers[0]).toMatchObject({ isError: true, structuredContent: { error: { code: "unknown_request" } } });
        for (const one of answers) expect(one).toEqual(answers[0]);
      }
      expect(await viewOf(agent, own.request_id)).toMatchObject({ status: "pending" });
    });

    it("to cancel what has been decided", async () => {
      const { request_id } = (await useTool(era, "request_human_approval", asking, agent.key)).structuredContent;
      await decided(person, request_id, "denied");
      await expectRefused(await send(JSON.stringify({ request_id }), "cancel_approval"), "already_final");
      expect((await useTool(era, "wait_for_approval", { request_id }, agent.key)).structuredContent.status).toBe("denied");
    });
  });

  describe("an idempotency key", () => {
    it("is one for MCP and REST, whichever asks first, and for nothing else", async () => {
      const key = `deploy-${era}`;
      const first = (await useTool(era, "request_human_approval", { ...asking, idempotency_key: key }, agent.key)).structuredContent;
      const again = (await useTool(era, "request_human_approval", { ...asking, idempotency_key: key, wait_seconds: 1 }, agent.key))
        .structuredContent;
      const overRest = await askFor(agent, { idempotency_key: key });
      expect([again.request_id, overRest.status]).toEqual([first.request_id, 200]);
      expect(await overRest.json()).toMatchObject({ request_id: first.request_id });
      const other = JSON.stringify({ ...asking, payload: { ...PAYLOAD, replicas: 4 }, idempotency_key: key });
      await expectRefused(await send(other), "idempotency_conflict");

      const restFirst = await (await askFor(agent, {}, { "idempotency-key": `rest-${era}` })).json<{ request_id: string }>();
      const mcpSecond = await useTool(era, "request_human_approval", { ...asking, idempotency_key: `rest-${era}` }, agent.key);
      expect(mcpSecond.structuredContent.request_id).toBe(restFirst.request_id);
    });
  });

  describe("the message around the arguments", () => {
    const list = requestText(era, "tools/list");
    const sendText = (text: BodyInit, headers: Record<string, string> = {}, method = "tools/list", name: string | null = null) =>
      post(era, method, name, text, { key: agent.key, headers });
    const bad: [string, string][] = [
      ["nothing", ""],
      ["bad JSON", '{"jsonrpc":'],
      ["JSON with something after it", `${list} x`],
      ["a duplicate member", list.replace('"id":7', '"id":7,"id":8')],
      ["__proto__", list.replace('"id":7', '"id":7,"__proto__":{}')],
      ["an id that loses digits", list.replace('"id":7', '"id":9007199254740993')],
      ["half of a surrogate pair", list.replace('"id":7', '"id":"\\ud800"')],
      ["a member whose name begins like that of the arguments", requestText(era, "tools/list", '"argumentsX":{"a":1,"a":2}')],
      [
        "bad JSON after arguments that are refused",
        `${requestText(era, "tools/call", '"name":"x","arguments":{"a":1,"a":2}').slice(0, -1)},`,
      ],
      ["200,000 lists", "[".repeat(200_000)],
    ];
    it.each(bad)("is refused as JSON-RPC's parse error: %s", async (_, text) => {
      const answer = await sendText(text);
      expect(answer.status).toBe(400);
      expect(await responseOf(answer)).toMatchObject({
        jsonrpc: "2.0",
        id: null,
        error: { code: -32_700, data: { code: "invalid_request" } },
      });
    });

    it.each(["null", "7", '"x"', "{}", "[]", '{"jsonrpc":"1.0","id":1,"method":"tools/list"}'])("is no request: %s", async (text) => {
      const answer = await sendText(text);
      expect(answer.status).toBe(400);
      expect((await responseOf(answer)).error?.code).toBeLessThan(0);
    });

    it("another content type, or none: 415; over 1 MiB: 413; not UTF-8: 400", async () => {
      expect(await outcome(await sendText(list, { "content-type": "text/plain" }))).toEqual([415, "unsupported_media_type"]);
      expect(await outcome(await sendText(new TextEncoder().encode(list), { "content-type": "" }))).toEqual([
        415,
        "unsupported_media_type",
      ]);
      expect((await sendText(list, { "content-type": "application/json; charset=utf-8" })).status).toBe(200);
      const large = requestText(
        era,
        "tools/call",
        `"name":"request_human_approval","arguments":${withPayload(`{"s":"${"x".repeat(1024 * 1024)}"}`)}`,
      );
      expect(await outcome(await sendText(large, {}, "tools/call", "request_human_approval"))).toEqual([413, "payload_too_large"]);
      expect(await outcome(await sendText(Uint8Array.of(0x7b, 0xff, 0x7d)))).toEqual([400, "invalid_request"]);
    });
  });

  it("a revoked key is no key", async () => {
    const gone = await makeAgent(person, `gone-${era}`);
    expect((await useTool(era, "request_human_approval", asking, gone.key)).isError).toBeUndefined();
    await call("DELETE", `/api/v1/agents/${gone.id}`, { cookie: person.cookie });
    expect(await outcome(await callWithText(era, "request_human_approval", "{}", { key: gone.key }))).toEqual([401, "unauthorized"]);
  });
});

it("headers of 2026-07-28 that contradict the body are refused", async () => {
  const era: Era = "2026-07-28";
  const before = await approvals();
  const text = requestText(era, "tools/call", `"name":"request_human_approval","arguments":${JSON.stringify(asking)}`);
  for (const headers of [{ "mcp-name": "wait_for_approval" }, { "mcp-method": "tools/list" }, { "mcp-name": "" }]) {
    const answer = await post(era, "tools/call", "request_human_approval", text, { key: agent.key, headers });
    expect(answer.status).toBe(400);
    expect((await responseOf(answer)).error?.code).toBe(-32_020);
  }
  expect(await approvals()).toBe(before);
});

const NOT_KNOWN =
  "It is not known whether this was done: do not act on it. Call again with the same arguments, and the same idempotency_key if there was one.";

it("what fails inside is `unavailable`, and neither the answer nor the log repeats what was being written", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await env.DB.exec("ALTER TABLE approval RENAME TO approval_away");
  const args = { ...asking, action: "Deploy with hunter2" };
  const { isError, structuredContent } = await useTool("2025-11-25", "request_human_approval", args, agent.key);
  await env.DB.exec("ALTER TABLE approval_away RENAME TO approval");
  const lines = log.mock.calls.flat().join("\n");
  log.mockRestore();
  expect([isError, structuredContent.error]).toEqual([true, { code: "unavailable", message: NOT_KNOWN }]);
  expect(lines).toContain("no such table: approval");
  expect(lines).not.toContain("hunter2");
  expect((await useTool("2025-11-25", "request_human_approval", args, agent.key)).structuredContent.status).toBe("pending");
});

it("the log lines repeat neither a key nor what an agent wrote", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const secret = "hunter2-in-the-payload";
  for (const era of ERAS) {
    for (const args of [
      { ...asking, payload: { password: secret }, approver_username: secret },
      { ...asking, payload: { password: secret }, [secret]: 1 },
      { ...asking, action: secret.repeat(20), payload: { password: secret } },
    ]) {
      await responseOf(await callWithText(era, "request_human_approval", JSON.stringify(args), { key: agent.key }));
    }
    await responseOf(
      await callWithText(era, "request_human_approval", `{"action":"${secret}","payload":{"${secret}":1,"${secret}":2}}`, {
        key: agent.key,
      }),
    );
    await responseOf(
      await post(era, "tools/call", secret, requestText(era, "tools/call", `"name":7,"arguments":{"a":"${secret}"}`), { key: agent.key }),
    );
    await responseOf(await post(era, "tools/list", null, `{"jsonrpc":"2.0","${secret}":`, { key: agent.key }));
  }
  await outcome(await post("2025-11-25", "tools/list", null, "{}", { key: `${agent.key}x` }));
  log.mockRestore();
  expect(lines.length).toBeGreaterThan(8);
  for (const line of lines) {
    expect(line).not.toContain(secret);
    expect(line).not.toContain(agent.key);
  }
});
