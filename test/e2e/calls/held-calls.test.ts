/** Calls that people are asked about, as agents wait for them: in the call itself, in pieces, as a task, with each of the official clients. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Client as Client2026, StreamableHTTPClientTransport as Transport2026 } from "@modelcontextprotocol/client";
import { Client as Client2025 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as Transport2025 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFilesystem } from "#test/support/servers/published-servers.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let service: Service;
let person: Person;
let agent: Agent;
let files: Awaited<ReturnType<typeof startFilesystem>>;

/** One person is everybody here: owner, maker and approver. */
const POLICY = `type: countersign/policy@v1
defaults: { separation: false, match_code: off }
rules:
  - { name: reads, match: { source: call, server: files, hints: { readOnlyHint: true } }, effect: allow }
  - { name: never-move, match: { source: call, tool: move_file }, effect: deny, message: Nothing is moved here. }
`;

beforeAll(async () => {
  [service, files] = await Promise.all([startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }), startFilesystem()]);
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("release-bot");
  await person.addServer({ name: "files", url: files.url });
  await person.acceptTools("files");
  await person.publishPolicy(POLICY);
});
afterAll(async () => {
  await Promise.all([service?.stop(), files?.stop()]);
  if (service) rmSync(service.stateDir, { recursive: true });
});

type Client = Client2025 | Client2026;
type Progress = { message?: string | undefined; progress: number };
interface Result {
  [member: string]: unknown;
  isError?: boolean;
  content: { type: string; text: string }[];
  _meta?: Record<string, unknown>;
}

const INFO = { name: "test", version: "1" };
const headers = (key: string) => ({ requestInit: { headers: { "X-Api-Key": key } } });

async function connect(version: string, key = agent.key): Promise<Client> {
  const url = new URL("/mcp/files", service.origin);
  if (version === "2026-07-28") {
    const client = new Client2026(INFO, { versionNegotiation: { mode: { pin: version } } });
    await client.connect(new Transport2026(url, headers(key)));
    return client;
  }
  const client = new Client2025(INFO);
  await client.connect(new Transport2025(url, headers(key)));
  return client;
}

const PATIENCE = { timeout: 30_000, resetTimeoutOnProgress: true };

async function call(client: Client, name: string, args: object, meta: object = {}, onprogress?: (told: Progress) => void): Promise<Result> {
  const params = { name, arguments: { ...args }, _meta: { ...meta } };
  const options = { ...PATIENCE, ...(onprogress && { onprogress }) };
  const result = client instanceof Client2026 ? await client.callTool(params, options) : await client.callTool(params, undefined, options);
  return result as Result;
}

const writing = (name: string) => ({ path: join(files.folder, name), content: `This is ${name}.\n` });
const pendingOf = ({ _meta }: Result) => _meta?.["dev.countersign/pending"] as { request_id: string; approval_url: string } | undefined;

describe.each(["2025-11-25", "2026-07-28"])("over %s", (version) => {
  let client: Client;
  beforeAll(async () => {
    client = await connect(version);
  });
  afterAll(() => client.close());

  it("says in its list where people may be asked, and takes a reason there", async () => {
    const { tools } = await client.listTools();
    const named = new Map(tools.map((tool) => [tool.name, tool]));
    expect([...named.keys()].slice(-2)).toEqual(["resume_call", "explain_policy"]);
    expect(named.get("read_text_file")?.description).not.toContain("A person may have to approve this here.");
    expect(named.get("read_text_file")?.outputSchema).toBeDefined();
    const writes = named.get("write_file");
    expect(writes?.description).toContain("A person may have to approve this here.");
    expect(writes?.outputSchema).toBeUndefined();
    expect(Object.keys(writes?.inputSchema.properties ?? {})).toContain("_reason");
  });

  it("waits in the call itself, told where people decide, and gets the server's answer", async () => {
    const told: Progress[] = [];
    const decided: Promise<void>[] = [];
    const name = `waited-${version}.txt`;
    const result = await call(client, "write_file", { ...writing(name), _reason: "Ticket 4711" }, {}, (progress) => {
      told.push(progress);
      const url = /http:\S+/.exec(progress.message ?? "")?.[0];
      if (url !== undefined && decided.length === 0) decided.push(person.decide(url, "approved"));
    });
    await Promise.all(decided);
    expect(result.isError).toBeFalsy();
    expect(result.content[0]?.text).toContain("Successfully wrote");
    expect(readFileSync(join(files.folder, name), "utf8")).toBe(writing(name).content);
    expect(told.map(({ progress }) => progress)).toEqual(told.map((_, i) => i + 1));
  });

  it("comes back later with resume_call, also from another connection, and runs it once", async () => {
    const name = `later-${version}.txt`;
    const first = await call(client, "write_file", writing(name), { "dev.countersign/wait_seconds": 0 });
    const pending = pendingOf(first);
    expect(first.isError).toBeFalsy();
    expect(first.content[0]?.text).toMatch(/^NOT DONE YET\./);
    // The same call joins what waits.
    expect(pendingOf(await call(client, "write_file", writing(name), { "dev.countersign/wait_seconds": 0 }))).toEqual(pending);
    const request_id = pending?.request_id ?? "";
    expect(pendingOf(await call(client, "resume_call", { request_id, wait_seconds: 0 }))).toEqual(pending);

    await person.decide(pending?.approval_url ?? "", "approved");
    const other = await connect(version);
    const resumed = await call(other, "resume_call", { request_id });
    await other.close();
    expect(resumed.content[0]?.text).toContain("Successfully wrote");
    const again = await call(client, "resume_call", { request_id });
    expect(again).toMatchObject({ isError: true, structuredContent: { error: { code: "already_redeemed" } } });
  });

  it("hears a denial with its comment, and may ask anew", async () => {
    // Of an agent of its own: after a denial what is grave of the same agent cannot be approved for a while.
    const another = await connect(version, (await person.makeAgent(`denied-${version}`)).key);
    const name = `denied-${version}.txt`;
    const pending = pendingOf(await call(another, "write_file", writing(name), { "dev.countersign/wait_seconds": 0 }));
    await person.decide(pending?.approval_url ?? "", "denied", "Not on a Friday");
    const result = await call(another, "resume_call", { request_id: pending?.request_id });
    expect(result.isError).toBe(true);
    expect(result.content[0]?.text).toContain("Not on a Friday");
    const anew = pendingOf(await call(another, "write_file", writing(name), { "dev.countersign/wait_seconds": 0 }));
    expect(anew?.request_id).not.toBe(pending?.request_id);
    await another.close();
  });

  it("is told what would become of a call, and refused what no rule lets pass", async () => {
    const asked = await call(client, "explain_policy", { tool: "write_file", arguments: writing("x.txt") });
    expect(asked["structuredContent"]).toMatchObject({ effect: "require_approval", rule: "default", approvers: ["alex"] });
    const passing = await call(client, "explain_policy", { tool: "list_directory", arguments: { path: files.folder } });
    expect(passing["structuredContent"]).toMatchObject({ effect: "allow", rule: "reads" });
    const refused = await call(client, "move_file", { source: "/a", destination: "/b" });
    expect(refused).toMatchObject({
      isError: true,
      content: [{ type: "text", text: expect.stringContaining("Nothing is moved here.") as string }],
    });
  });
});

describe("as a task", () => {
  const EXTENSION = "io.modelcontextprotocol/tasks";

  /** One message of a client that takes tasks. */
  async function say(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const name = params["name"] ?? params["taskId"];
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": { extensions: { [EXTENSION]: {} } },
      "io.modelcontextprotocol/clientInfo": INFO,
    };
    const answer = await fetch(new URL("/mcp/files", service.origin), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
        ...(typeof name === "string" && { "mcp-name": name }),
        "x-api-key": agent.key,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } }),
    });
    return (await answer.json()) as Record<string, unknown>;
  }

  it("is worked on until people decide, and completed with the server's answer", async () => {
    const made = (await say("tools/call", { name: "write_file", arguments: writing("task.txt") }))["result"] as Record<string, string>;
    expect(made).toMatchObject({ resultType: "task", status: "working" });
    const taskId = made["taskId"] ?? "";
    expect((await say("tasks/get", { taskId }))["result"]).toMatchObject({ taskId, status: "working" });
    await person.decide(`${service.origin}/a/${taskId}`, "approved");
    await expect
      .poll(async () => (await say("tasks/get", { taskId }))["result"])
      .toMatchObject({ taskId, status: "completed", result: { content: [{ type: "text" }] } });
    expect(readFileSync(join(files.folder, "task.txt"), "utf8")).toBe(writing("task.txt").content);
  });

  it("is withdrawn by its agent, and nobody else's", async () => {
    const made = (await say("tools/call", { name: "write_file", arguments: writing("gone.txt") }))["result"] as Record<string, string>;
    const taskId = made["taskId"] ?? "";
    expect((await say("tasks/cancel", { taskId }))["result"]).toBeDefined();
    expect((await say("tasks/get", { taskId }))["result"]).toMatchObject({ status: "cancelled" });
    expect((await say("tasks/get", { taskId: "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }))["error"]).toMatchObject({ code: -32602 });
    expect((await say("tasks/list", {}))["error"]).toMatchObject({ code: -32601 });
  });
});
