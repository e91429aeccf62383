/**
 * Servers that others wrote, over `countersign connect` and directly: the same questions get the same answers, from both official clients.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client as Client2026, StreamableHTTPClientTransport as Transport2026 } from "@modelcontextprotocol/client";
import { Client as Client2025 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as Transport2025 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Connecting } from "#test/support/connectors/connecting.ts";
import { callStep, fileSteps, MEMORY_STEPS, transcript } from "#test/support/servers/published-steps.ts";
import { published } from "#test/support/servers/published-servers.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let service: Service;
let agent: Agent;
const connected: Connecting[] = [];
const folder = mkdtempSync(join(tmpdir(), "countersign-files-"));
const COMMANDS: Record<string, string[]> = {
  files: [process.execPath, published("server-filesystem"), folder],
  memory: [process.execPath, published("server-memory")],
};

const EVERYTHING_PASSES = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n";

beforeAll(async () => {
  writeFileSync(join(folder, "hello.txt"), "Hello, whoever reads this.\n");
  // Its text comes twice in an answer, each character as two.
  writeFileSync(join(folder, "large.txt"), '"'.repeat(2_200_000));
  service = await startService();
  const person = await Person.enrolFirst(service);
  agent = await person.makeAgent("release-bot");
  for (const [name, command] of Object.entries(COMMANDS)) {
    const { id, key } = await person.makeConnector(`way-to-${name}`, name);
    connected.push(await Connecting.start({ name: `way-to-${name}`, origin: service.origin, key, command, admin: person }));
    await person.addServer({ name, url: `connector:${id}` });
    await person.acceptTools(name);
  }
  await person.publishPolicy(EVERYTHING_PASSES);
});
afterAll(async () => {
  await Promise.all(connected.map((one) => one.stop()));
  await service?.stop();
  rmSync(folder, { recursive: true, force: true });
  if (service) rmSync(service.stateDir, { recursive: true });
});

const INFO = { name: "test", version: "1" };
const requestInit = () => ({ headers: { "X-Api-Key": agent.key } });

const CLIENTS = {
  "the client of 2025-11-25": async (url: URL) => {
    const client = new Client2025(INFO);
    await client.connect(new Transport2025(url, { requestInit: requestInit() }));
    return client;
  },
  "the client of 2026-07-28": async (url: URL) => {
    const client = new Client2026(INFO);
    await client.connect(new Transport2026(url, { requestInit: requestInit() }));
    return client;
  },
};

describe.each([
  { server: "files", steps: [...fileSteps(() => folder), callStep("read_text_file", { path: join(folder, "large.txt") })] },
  { server: "memory", steps: MEMORY_STEPS },
])("$server", ({ server, steps }) => {
  it.each(Object.entries(CLIENTS))("answers %s over a connector as it does directly", async (_, connect) => {
    const [command = "", ...args] = COMMANDS[server] ?? [];
    const direct = new Client2025(INFO);
    await direct.connect(new StdioClientTransport({ command, args, stderr: "ignore" }));
    const through = await connect(new URL(`/mcp/${server}`, service.origin));
    try {
      const expected = await transcript(direct, steps);
      expect(expected.filter(([, answer]) => typeof answer === "string")).toEqual([]);
      expect(await transcript(through, steps)).toEqual(expected);
    } finally {
      await Promise.all([direct.close(), through.close()]);
    }
  });
});
