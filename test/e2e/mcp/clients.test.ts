/** Both official MCP clients run the whole way against the running service: the one of 2026-07-28, and the one of the versions before. */
import { rmSync } from "node:fs";
import { Client as Client2026, StreamableHTTPClientTransport as Transport2026 } from "@modelcontextprotocol/client";
import { Client as Client2025 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as Transport2025 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";

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

interface Result {
  [member: string]: unknown;
  isError?: boolean | undefined;
  content?: unknown;
  structuredContent?: unknown;
}
/** What the tests need of a client, whichever it is. */
interface Connected {
  version: string | undefined;
  listTools(): Promise<{ name: string; title?: string | undefined }[]>;
  callTool(
    name: string,
    args: Record<string, unknown>,
    onprogress?: (told: { progress: number; message?: string | undefined }) => void,
  ): Promise<Result>;
  close(): Promise<void>;
}

const INFO = { name: "test", version: "1" };
const address = (): URL => new URL("/mcp", service.origin);
const withKey = (key: string) => ({ requestInit: { headers: { "X-Api-Key": key } } });
const patiently = { timeout: 20_000, resetTimeoutOnProgress: true };

async function connect2026(key: string): Promise<Connected> {
  const client = new Client2026(INFO, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(new Transport2026(address(), withKey(key)));
  return {
    version: client.getNegotiatedProtocolVersion(),
    listTools: async () => (await client.listTools()).tools,
    callTool: (name, args, onprogress) => client.callTool({ name, arguments: args }, { ...patiently, ...(onprogress && { onprogress }) }),
    close: () => client.close(),
  };
}

async function connect2025(key: string): Promise<Connected> {
  const client = new Client2025(INFO);
  const transport = new Transport2025(address(), withKey(key));
  await client.connect(transport);
  return {
    version: transport.protocolVersion,
    listTools: async () => (await client.listTools()).tools,
    callTool: (name, args, onprogress) =>
      client.callTool({ name, arguments: args }, undefined, { ...patiently, ...(onprogress && { onprogress }) }),
    close: () => client.close(),
  };
}

const viewOf = ({ structuredContent }: Result): AgentView => structuredContent as AgentView;
const asking = { action: "Deploy api to production", payload: { service: "api", version: "4.2.0", replicas: 3 } };

describe.each([
  { name: "@modelcontextprotocol/client", version: "2026-07-28", connect: connect2026 },
  { name: "@modelcontextprotocol/sdk", version: "2025-11-25", connect: connect2025 },
])("$name over $version", ({ version, connect }) => {
  let client: Connected;
  beforeAll(async () => {
    client = await connect(agent.key);
    // The 2025 client compiles the output schemas that it then holds results against when it lists.
    await client.listTools();
  });
  afterAll(() => client.close());

  it("agrees on the version and lists the tools", async () => {
    expect(client.version).toBe(version);
    expect(await client.listTools()).toMatchObject([
      { name: "request_human_approval", title: "Request human approval" },
      { name: "wait_for_approval" },
      { name: "cancel_approval" },
      { name: "redeem_approval" },
      { name: "report_outcome" },
      { name: "explain_policy" },
      { name: "answer_question" },
    ]);
  });

  it("is told what would become of an ask, and asks nobody", async () => {
    const { structuredContent } = await client.callTool("explain_policy", { action: asking.action, payload: asking.payload });
    expect(structuredContent).toMatchObject({ effect: "require_approval", rule: "default", policy_version: 0, approvers: ["alex"] });
    expect((await client.callTool("explain_policy", {})).isError).toBe(true);
  });

  it.each(["approved", "denied"] as const)(
    "asks and waits; the person reads the link in the progress, and the answer is %s",
    async (verdict) => {
      const told: { progress: number; message?: string | undefined }[] = [];
      const decided: Promise<void>[] = [];
      const result = await client.callTool("request_human_approval", { ...asking, wait_seconds: 60 }, (progress) => {
        told.push(progress);
        const url = /http:\S+/.exec(progress.message ?? "")?.[0];
        if (url !== undefined && decided.length === 0) decided.push(person.decide(url, verdict, "As discussed"));
      });
      await Promise.all(decided);
      expect(decided).toHaveLength(1);
      const view = viewOf(result);
      expect(view).toMatchObject({ status: verdict, comment: "As discussed", decided_by: [{ id: person.id, verdict }] });
      expect(result.isError).toBeFalsy();
      expect(result.content).toEqual([{ type: "text", text: JSON.stringify(view) }]);
      expect(told[0]?.message).toContain(view.approval_url);

      const receipt = await fetch(view.receipt_url ?? "", { headers: { "X-Api-Key": agent.key } });
      expect([receipt.status, (await receipt.json()) as unknown]).toMatchObject([
        200,
        { type: "countersign/receipt@v1", payload: asking.payload },
      ]);
    },
  );

  it("finds the same request with the same idempotency key, waits for it, and cancels it", async () => {
    const once = { ...asking, wait_seconds: 0, idempotency_key: `once-${version}` };
    const first = viewOf(await client.callTool("request_human_approval", once));
    const again = viewOf(await client.callTool("request_human_approval", once));
    expect(again.request_id).toBe(first.request_id);
    const other = await client.callTool("request_human_approval", { ...once, payload: {} });
    expect(other).toMatchObject({ isError: true, structuredContent: { error: { code: "idempotency_conflict" } } });

    const { request_id } = first;
    expect(viewOf(await client.callTool("wait_for_approval", { request_id, wait_seconds: 1 }))).toMatchObject({ status: "pending" });
    expect(viewOf(await client.callTool("cancel_approval", { request_id, reason: "Not today" }))).toMatchObject({
      status: "cancelled",
      cancel_reason: "Not today",
    });
  });

  it("understands refusals: they fit the promised shape and carry a code", async () => {
    for (const [tool, args, code] of [
      ["request_human_approval", { ...asking, wait_seconds: 301 }, "invalid_request"],
      ["request_human_approval", { ...asking, approver_username: "nobody" }, "unknown_approver"],
      ["request_human_approval", { ...asking, payload: { text: "\ud800" } }, "payload_not_canonical"],
      ["wait_for_approval", { request_id: "apr_unknown" }, "unknown_request"],
      ["cancel_approval", {}, "invalid_request"],
    ] as const) {
      const result = await client.callTool(tool, args);
      expect(result).toMatchObject({ isError: true, structuredContent: { error: { code } } });
    }
  });

  it("is told that a tool does not exist, and that a key is none", async () => {
    await expect(client.callTool("decide_approval", {})).rejects.toMatchObject({ code: -32_602 });
    await expect(connect("csk_none")).rejects.toThrow(/401|unauthorized/i);
  });
});

describe("a client that knows OAuth, with a wrong key or none", () => {
  const provider = {
    redirectUrl: "http://localhost:1/callback",
    clientMetadata: { redirect_uris: ["http://localhost:1/callback"], client_name: "test" },
    clientInformation: () => undefined,
    saveClientInformation: () => {},
    tokens: () => undefined,
    saveTokens: () => {},
    redirectToAuthorization: () => {},
    saveCodeVerifier: () => {},
    codeVerifier: () => "verifier",
  };
  const TELLS = /This service has no OAuth\. Send the API key of an agent.* in the header X-Api-Key/;
  const KEYS: [string, Record<string, string>][] = [
    ["a wrong one", { "X-Api-Key": `csk_${"k".repeat(43)}` }],
    ["none", {}],
  ];

  it.each(KEYS)("is told which header to send, by the client of 2026-07-28: %s", async (_, headers) => {
    const transport = new Transport2026(address(), { requestInit: { headers }, authProvider: provider });
    await expect(new Client2026(INFO).connect(transport)).rejects.toThrow(TELLS);
  });

  it.each(KEYS)("is told which header to send, by the client of the versions before: %s", async (_, headers) => {
    const transport = new Transport2025(address(), { requestInit: { headers }, authProvider: provider });
    await expect(new Client2025(INFO).connect(transport)).rejects.toThrow(TELLS);
  });
});
