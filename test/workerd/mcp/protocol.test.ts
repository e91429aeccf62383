/** The MCP endpoint before any tool runs: what it says of itself, what it offers, and what no tool can do. */
import { beforeAll, describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { API_KEY_RANDOM_BYTES, apiKeyFrom } from "#countersign/documents/api-key.ts";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { callWithText, ERAS, type Message, post, requestText, responseOf } from "#test/workerd/support/mcp.ts";
import { call, outcome, type Someone, textLike, textWith } from "#test/workerd/support/people.ts";

let person: Someone;
let agent: Agent;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
});

interface Listed {
  name: string;
  title: string;
  description: string;
  inputSchema: { type: string; additionalProperties: boolean; required: string[]; properties: Record<string, { description?: string }> };
  outputSchema: {
    type: string;
    additionalProperties: unknown;
    required?: string[];
    properties: Record<string, unknown>;
  };
  annotations: Record<string, unknown>;
}

/** What clients may take a tool for before they call it: whether it only reads, destroys, may be repeated, reaches others. */
const hints = (readOnlyHint: boolean, destructiveHint: boolean, idempotentHint: boolean, openWorldHint: boolean) => ({
  readOnlyHint,
  destructiveHint,
  idempotentHint,
  openWorldHint,
});

const HINTS: Record<string, ReturnType<typeof hints>> = {
  request_human_approval: hints(false, false, false, true),
  wait_for_approval: hints(true, false, true, true),
  cancel_approval: hints(false, true, true, false),
  redeem_approval: hints(false, true, false, false),
  report_outcome: hints(false, false, true, false),
  explain_policy: hints(true, false, true, false),
  answer_question: hints(false, false, true, false),
};

const ERA_2025 = "2025-11-25";

describe.each(ERAS)("tools/list over %s", (era) => {
  const list = async (): Promise<Message> =>
    responseOf(await post(era, "tools/list", null, requestText(era, "tools/list"), { key: agent.key }));
  const tools = async (): Promise<Listed[]> => ((await list()).result?.["tools"] ?? []) as Listed[];

  it("offers these tools and no others: none decides, enrols, or changes what agents may do", async () => {
    expect((await tools()).map(({ name }) => name)).toEqual(Object.keys(HINTS));
  });

  it("says of each what it is for and what it does, with every hint set", async () => {
    for (const tool of await tools()) {
      expect(tool.title).toMatch(/^[A-Z]/);
      expect(tool.description.length).toBeGreaterThan(80);
      expect(tool.annotations).toEqual({ title: tool.title, ...HINTS[tool.name] });
    }
  });

  it("describes every argument, and takes no other", async () => {
    for (const { inputSchema } of await tools()) {
      expect(inputSchema.type).toBe("object");
      expect(inputSchema.additionalProperties).toBe(false);
      for (const [name, { description = "" }] of Object.entries(inputSchema.properties)) {
        expect([name, description]).toEqual([name, textLike(/\S{3}.*\.$/s)]);
      }
    }
    const [ask, wait, cancel, redeem, report, explain] = await tools();
    expect(explain?.inputSchema.required).toEqual(["payload"]);
    expect(Object.keys(explain?.inputSchema.properties ?? {}).toSorted()).toEqual(["action", "payload", "reason", "server", "tool"]);
    expect(ask?.inputSchema.required.toSorted()).toEqual(["action", "payload"]);
    expect(Object.keys(ask?.inputSchema.properties ?? {}).toSorted()).toEqual([
      "action",
      "approver_username",
      "approvers",
      "expires_in_seconds",
      "idempotency_key",
      "payload",
      "reason",
      "reveal",
      "server",
      "tool",
      "wait_seconds",
    ]);
    expect(ask?.inputSchema.properties["payload"]).toMatchObject({ type: "object", additionalProperties: true });
    const reasons = [ask, cancel].map((tool) => tool?.inputSchema.properties["reason"]?.description);
    expect(reasons).toEqual([textWith("needed, in your own words"), textWith("no longer needed")]);
    expect([wait, cancel, redeem, report].map((tool) => tool?.inputSchema.required)).toEqual([
      ["request_id"],
      ["request_id"],
      ["request_id", "payload"],
      ["request_id", "outcome"],
    ]);
    expect(redeem?.inputSchema.properties["payload"]).toMatchObject({ type: "object", additionalProperties: true });
  });

  it("promises a shape that errors fit as well: nothing required, `error` declared, more allowed", async () => {
    for (const { outputSchema } of await tools()) {
      expect([outputSchema.type, outputSchema.required]).toEqual(["object", undefined]);
      expect(outputSchema.additionalProperties).toBe(true);
      expect(outputSchema.properties["error"]).toMatchObject({
        type: "object",
        properties: { code: { type: "string" }, message: { type: "string" } },
        additionalProperties: true,
      });
    }
  });
});

describe("the protocol", () => {
  it.each(["2025-11-25", "2025-06-18", "2025-03-26"])(
    "initialize settles on %s, and says who serves and how to use it",
    async (version2025) => {
      const params = `"protocolVersion":"${version2025}","capabilities":{},"clientInfo":{"name":"test","version":"1"}`;
      const answer = await post(ERA_2025, "initialize", null, requestText(ERA_2025, "initialize", params), {
        key: agent.key,
        headers: { "mcp-protocol-version": "" },
      });
      expect(answer.headers.get("mcp-session-id")).toBeNull();
      expect((await responseOf(answer)).result).toMatchObject({
        protocolVersion: version2025,
        serverInfo: { name: "countersign", title: "Countersign", version },
        instructions: textLike(/request_human_approval/),
      });
    },
  );

  it("server/discover names the current version and the same server", async () => {
    const era = "2026-07-28";
    const answer = await post(era, "server/discover", null, requestText(era, "server/discover"), { key: agent.key });
    expect((await responseOf(answer)).result).toMatchObject({
      supportedVersions: [era],
      instructions: textLike(/request_human_approval/),
      _meta: { "io.modelcontextprotocol/serverInfo": { name: "countersign", version } },
    });
  });

  it("lists of 2026-07-28 say how long they hold", async () => {
    const answer = await post("2026-07-28", "tools/list", null, requestText("2026-07-28", "tools/list"), { key: agent.key });
    expect((await responseOf(answer)).result).toMatchObject({
      resultType: "complete",
      ttlMs: expect.any(Number),
      cacheScope: textLike(/./),
    });
  });

  it("a version that nobody serves is refused with those that are", async () => {
    const text = requestText("2026-07-28", "tools/list").replace("2026-07-28", "2099-01-01");
    const answer = await post("2026-07-28", "tools/list", null, text, {
      key: agent.key,
      headers: { "mcp-protocol-version": "2099-01-01" },
    });
    expect(answer.status).toBe(400);
    expect((await responseOf(answer)).error).toMatchObject({ code: -32_022, data: { supported: ["2026-07-28"] } });
  });

  it.each(ERAS)("over %s an unknown tool is an error of the protocol", async (era) => {
    const { error, result } = await responseOf(await callWithText(era, "decide_approval", "{}", { key: agent.key }));
    expect(result).toBeUndefined();
    expect(error).toMatchObject({ code: -32_602, message: textLike(/no tool decide_approval/) });
  });

  it.each(ERAS)("over %s what it does not offer is a method not found", async (era) => {
    for (const method of ["resources/list", "prompts/list", "approvals/decide"]) {
      const { error } = await responseOf(await post(era, method, null, requestText(era, method), { key: agent.key }));
      expect([method, error?.code]).toEqual([method, -32_601]);
    }
  });

  it.each(["GET", "DELETE", "PUT"])("%s is not allowed", async (method) => {
    const answer = await call(method, "/mcp", { key: agent.key, origin: null, headers: { accept: "text/event-stream" } });
    expect(answer.status).toBe(405);
    await answer.body?.cancel();
  });

  it.each(ERAS)("answers of %s, streams too, are kept by nobody", async (era) => {
    for (const token of [null, "t"]) {
      const args = '{"action":"Deploy","payload":{},"wait_seconds":1}';
      const answer = await callWithText(era, "request_human_approval", args, { key: agent.key }, token);
      expect(answer.headers.get("cache-control")).toMatch(/^no-store/);
      await answer.body?.cancel();
    }
  });
});

describe("who may call", () => {
  const body = requestText(ERA_2025, "tools/list");
  const list = (key: string | null, headers: Record<string, string> = {}, text = body) =>
    post(ERA_2025, "tools/list", null, text, { key, headers });

  it("no key, a malformed one, an unknown one: 401 before the body or anything else is looked at", async () => {
    const unknown = apiKeyFrom(new Uint8Array(API_KEY_RANDOM_BYTES));
    for (const key of [null, "csk_x", `${agent.key}x`, unknown]) {
      expect(await outcome(await list(key))).toEqual([401, "unauthorized"]);
      expect(await outcome(await list(key, { origin: "https://evil.example", "content-type": "text/plain" }, "{"))).toEqual([
        401,
        "unauthorized",
      ]);
    }
    expect((await list(null)).headers.get("www-authenticate")).toBe("Bearer");
    expect(await outcome(await call("GET", "/mcp", { origin: null }))).toEqual([401, "unauthorized"]);
  });

  it("a key in either header, but not two different ones", async () => {
    expect((await responseOf(await list(null, { authorization: `Bearer ${agent.key}` }))).result).toBeDefined();
    expect(await outcome(await list(agent.key, { authorization: "Bearer csk_other" }))).toEqual([401, "unauthorized"]);
  });

  it("people's sessions open nothing here", async () => {
    const answer = await call("POST", "/mcp", { cookie: person.cookie, text: body, headers: { "content-type": "application/json" } });
    expect(await outcome(answer)).toEqual([403, "forbidden"]);
  });

  it("another site's page and another name of the host are refused, our own page is not", async () => {
    expect(await outcome(await list(agent.key, { origin: "https://evil.example" }))).toEqual([403, "forbidden"]);
    expect(await outcome(await list(agent.key, { origin: "null" }))).toEqual([403, "forbidden"]);
    expect(await outcome(await list(agent.key, { host: "evil.example" }))).toEqual([403, "forbidden"]);
    expect((await responseOf(await list(agent.key, { origin: "https://gate.example.com" }))).result).toBeDefined();
  });
});
