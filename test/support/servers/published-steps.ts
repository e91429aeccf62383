/** What both official clients do with the published servers: the same questions, whichever way they go. */
import { join } from "node:path";
import type { Client as Client2026 } from "@modelcontextprotocol/client";
import type { Client as Client2025 } from "@modelcontextprotocol/sdk/client/index.js";

/** What both clients can do, by the same names. */
export type Client = Client2025 | Client2026;
export type Step = [string, (client: Client) => Promise<unknown>];

export const callStep = (name: string, args: Record<string, unknown>): Step => [
  name,
  (client) => client.callTool({ name, arguments: args }),
];

const OWN = ["resume_call", "explain_policy"];

/** The tools that a server lists, without the two that the gate adds. */
export const listStep: Step = [
  "tools/list",
  async (client) =>
    (await client.listTools()).tools.filter(({ name }) => !OWN.includes(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
];

/** `folder`: asked when the steps are taken. */
export const fileSteps = (folder: () => string): Step[] => [
  listStep,
  ["list", (client) => client.callTool({ name: "list_directory", arguments: { path: folder() } })],
  ["read", (client) => client.callTool({ name: "read_text_file", arguments: { path: join(folder(), "hello.txt") } })],
  ["nothing there", (client) => client.callTool({ name: "read_text_file", arguments: { path: join(folder(), "none.txt") } })],
  ["outside", (client) => client.callTool({ name: "read_text_file", arguments: { path: "/etc/passwd" } })],
];

const entity = (name: string) => ({ name, entityType: "person", observations: ["writes"] });
export const MEMORY_STEPS: Step[] = [
  listStep,
  callStep("create_entities", { entities: [entity("Ada")] }),
  callStep("search_nodes", { query: "Ada" }),
  callStep("delete_entities", { entityNames: ["Ada"] }),
  callStep("read_graph", {}),
];

/** What came of each step; what the client threw is told as it says it. */
export async function transcript(client: Client, steps: readonly Step[]): Promise<[string, unknown][]> {
  const told: [string, unknown][] = [];
  for (const [name, step] of steps) told.push([name, await step(client).catch((error: unknown) => `refused: ${String(error)}`)]);
  return told;
}
