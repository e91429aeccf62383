/**
 * Servers that others wrote, used by both official clients: directly, and through the gate by a policy that lets everything pass. The gate
 * is transparent: the same questions get the same answers.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client as Client2026, StreamableHTTPClientTransport as Transport2026 } from "@modelcontextprotocol/client";
import { Client as Client2025 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as Transport2025 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PublishedServer, startEverything, startFilesystem, startMemory } from "#test/support/servers/published-servers.ts";
import { callStep, type Client, fileSteps, listStep, MEMORY_STEPS, type Step, transcript } from "#test/support/servers/published-steps.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let service: Service;
let person: Person;
let agent: Agent;
let files: Awaited<ReturnType<typeof startFilesystem>>;
const servers: Record<string, PublishedServer> = {};

const EVERYTHING_PASSES = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n";

beforeAll(async () => {
  [service, servers["everything"], files, servers["memory"]] = await Promise.all([
    startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }),
    startEverything(),
    startFilesystem(),
    startMemory(),
  ]);
  servers["files"] = files;
  writeFileSync(join(files.folder, "hello.txt"), "Hello, whoever reads this.\n");
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("release-bot");
  const features = { resources: true, prompts: true, completion: true };
  for (const [name, { url }] of Object.entries(servers)) {
    await person.addServer({ name, url, features });
    await person.acceptTools(name);
  }
  await person.publishPolicy(EVERYTHING_PASSES);
});
afterAll(async () => {
  await Promise.all([service?.stop(), ...Object.values(servers).map((server) => server.stop())]);
  if (service) rmSync(service.stateDir, { recursive: true });
});

const INFO = { name: "test", version: "1" };

async function connect(version: string, url: string, key: string | null): Promise<Client> {
  const requestInit = { headers: key === null ? {} : { "X-Api-Key": key } };
  if (version === "2026-07-28") {
    const client = new Client2026(INFO, { versionNegotiation: { mode: { pin: version } } });
    await client.connect(new Transport2026(new URL(url), { requestInit }));
    return client;
  }
  const client = new Client2025(INFO);
  await client.connect(new Transport2025(new URL(url), { requestInit }));
  return client;
}

const EVERYTHING: Step[] = [
  listStep,
  callStep("echo", { message: "Grüße, 世界" }),
  callStep("get-sum", { a: 2.5, b: 1e21 }),
  callStep("get-structured-content", { location: "New York" }),
  callStep("get-tiny-image", {}),
  callStep("get-annotated-message", { messageType: "error", includeImage: true }),
  callStep("get-resource-links", { count: 2 }),
  [
    "progress",
    async (client) => {
      const told: unknown[] = [];
      const onprogress = (progress: unknown) => void told.push(progress);
      const params = { name: "trigger-long-running-operation", arguments: { duration: 0.4, steps: 4 } };
      const result =
        client instanceof Client2026
          ? await client.callTool(params, { onprogress })
          : await client.callTool(params, undefined, { onprogress });
      return { told, result };
    },
  ],
  ["resources", async (client) => (await client.listResources()).resources],
  ["templates", async (client) => (await client.listResourceTemplates()).resourceTemplates],
  ["a resource", async (client) => client.readResource({ uri: (await client.listResources()).resources[0]?.uri ?? "" })],
  ["prompts", async (client) => (await client.listPrompts()).prompts],
  ["a prompt", (client) => client.getPrompt({ name: "args-prompt", arguments: { city: "Berlin" } })],
  [
    "completion",
    (client) => client.complete({ ref: { type: "ref/prompt", name: "completable-prompt" }, argument: { name: "department", value: "E" } }),
  ],
  ["ping", (client) => client.ping()],
];

describe.each([
  { server: "everything", version: "2025-11-25", steps: EVERYTHING },
  { server: "files", version: "2025-11-25", steps: fileSteps(() => files.folder) },
  { server: "files", version: "2026-07-28", steps: fileSteps(() => files.folder) },
  { server: "memory", version: "2025-11-25", steps: MEMORY_STEPS },
  { server: "memory", version: "2026-07-28", steps: MEMORY_STEPS },
])("$server over $version", ({ server, version, steps }) => {
  it("answers through the gate as it does without", async () => {
    const direct = await connect(version, servers[server]?.url ?? "", null);
    const through = await connect(version, `${service.origin}/mcp/${server}`, agent.key);
    try {
      const expected = await transcript(direct, steps);
      expect(expected.filter(([, answer]) => typeof answer === "string")).toEqual([]);
      expect(await transcript(through, steps)).toEqual(expected);
    } finally {
      await Promise.all([direct.close(), through.close()]);
    }
  });
});
