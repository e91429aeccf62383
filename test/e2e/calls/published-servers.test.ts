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

/** What both clients can do, by the same names. */
type Client = Client2025 | Client2026;

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

type Step = [string, (client: Client) => Promise<unknown>];

const call = (name: string, args: Record<string, unknown>): Step => [name, (client) => client.callTool({ name, arguments: args })];

const OWN = ["resume_call", "explain_policy"];

/** The tools that a server lists, without the two that the gate adds. */
const tools: Step = [
  "tools/list",
  async (client) =>
    (await client.listTools()).tools.filter(({ name }) => !OWN.includes(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
];

const EVERYTHING: Step[] = [
  tools,
  call("echo", { message: "Grüße, 世界" }),
  call("get-sum", { a: 2.5, b: 1e21 }),
  call("get-structured-content", { location: "New York" }),
  call("get-tiny-image", {}),
  call("get-annotated-message", { messageType: "error", includeImage: true }),
  call("get-resource-links", { count: 2 }),
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

const FILES: Step[] = [
  tools,
  ["list", (client) => client.callTool({ name: "list_directory", arguments: { path: files.folder } })],
  ["read", (client) => client.callTool({ name: "read_text_file", arguments: { path: join(files.folder, "hello.txt") } })],
  ["nothing there", (client) => client.callTool({ name: "read_text_file", arguments: { path: join(files.folder, "none.txt") } })],
  ["outside", (client) => client.callTool({ name: "read_text_file", arguments: { path: "/etc/passwd" } })],
];

const entity = (name: string) => ({ name, entityType: "person", observations: ["writes"] });
const MEMORY: Step[] = [
  tools,
  call("create_entities", { entities: [entity("Ada")] }),
  call("search_nodes", { query: "Ada" }),
  call("delete_entities", { entityNames: ["Ada"] }),
  call("read_graph", {}),
];

/** What came of each step; what the client threw is told as it says it. */
async function transcript(client: Client, steps: readonly Step[]): Promise<[string, unknown][]> {
  const told: [string, unknown][] = [];
  for (const [name, step] of steps) told.push([name, await step(client).catch((error: unknown) => `refused: ${String(error)}`)]);
  return told;
}

describe.each([
  { server: "everything", version: "2025-11-25", steps: EVERYTHING },
  { server: "files", version: "2025-11-25", steps: FILES },
  { server: "files", version: "2026-07-28", steps: FILES },
  { server: "memory", version: "2025-11-25", steps: MEMORY },
  { server: "memory", version: "2026-07-28", steps: MEMORY },
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
