/**
 * The official conformance scenarios that apply to every MCP server, in both eras, against the running service. Those
 * left out want tools, prompts, resources or elicitations of a fixture server, sessions, or belong to extensions.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Person } from "../support/person.ts";
import { type Service, startService } from "../support/service.ts";

const CONFORMANCE = fileURLToPath(new URL("../../node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));

let service: Service;
let door: Server;
let address: string;
beforeAll(async () => {
  service = await startService();
  const agent = await (await Person.enrolFirst(service)).makeAgent("conformance");
  [door, address] = await openDoor(service, agent.key);
});
afterAll(async () => {
  door?.close();
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

/**
 * The scenarios cannot send a key. This passes everything on as it came, with the key; where a header names this door by
 * its right name it names the service by its own, and wrong names stay wrong.
 */
async function openDoor({ origin, port }: Service, key: string): Promise<[Server, string]> {
  const server = createServer((incoming, outgoing) => {
    const { port: doorPort } = server.address() as { port: number };
    const named = (value: string): string =>
      /^(https?:\/\/)?localhost:/.test(value) ? value.replace(`localhost:${doorPort}`, `localhost:${port}`) : value;
    const { host = "", origin: from, ...headers } = incoming.headers;
    const sent = { ...headers, host: named(host), "x-api-key": key, ...(from !== undefined && { origin: named(from) }) };
    const onward = request(new URL(incoming.url ?? "/", origin), { method: incoming.method, headers: sent }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return [server, `http://localhost:${(server.address() as { port: number }).port}/mcp`];
}

interface Check {
  id: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
}

/** Runs one scenario and gives its checks. */
async function conform(scenario: string, version: string): Promise<Check[]> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-conformance-"));
  const args = [CONFORMANCE, "server", "--url", address, "--scenario", scenario, "--spec-version", version, "--output-dir", folder];
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, (_, stdout, stderr) => resolve(stdout + stderr));
  });
  const [results] = readdirSync(folder);
  if (results === undefined) throw new Error(said);
  const checks = JSON.parse(readFileSync(join(folder, results, "checks.json"), "utf8")) as Check[];
  rmSync(folder, { recursive: true });
  return checks;
}

/** These make a tool of the fixture server misbehave; tools that nobody needs are not offered for it. */
const NEEDS_FIXTURE_TOOL = /^Not testable: server does not list the diagnostic tool '/;
/** Only tools are offered. */
const NOT_OFFERED = /^(prompts|resources)\/[a-z/]+ returned JSON-RPC error -32601: Method not found$/;

/** Advice on reading resources; who has none answers with -32601, as the protocol says. */
const NO_RESOURCES = /^(Expected error code -32602 \(Invalid Params\), got -32601|Error data\.uri is undefined)/;

/** Version, scenario, and the only reason for which a check of it may fail, with how many there are. */
const SCENARIOS: [string, string, { reason: RegExp; checks: number }?][] = [
  ["2026-07-28", "server-stateless", { reason: NEEDS_FIXTURE_TOOL, checks: 4 }],
  ["2026-07-28", "http-header-validation"],
  ["2026-07-28", "dns-rebinding-protection"],
  ["2026-07-28", "tools-list"],
  ["2026-07-28", "caching", { reason: NOT_OFFERED, checks: 3 }],
  ["2026-07-28", "server-sse-multiple-streams"],
  ["2026-07-28", "sep-2164-resource-not-found", { reason: NO_RESOURCES, checks: 2 }],
  ["2026-07-28", "input-required-result-unsupported-methods"],
  ["2025-11-25", "server-initialize"],
  ["2025-11-25", "ping"],
  ["2025-11-25", "tools-list"],
  ["2025-11-25", "dns-rebinding-protection"],
  ["2025-06-18", "server-initialize"],
  ["2025-06-18", "ping"],
  ["2025-06-18", "tools-list"],
];

it.each(SCENARIOS)("%s: %s", async (version, scenario, cannotApply) => {
  const checks = await conform(scenario, version);
  const wrong = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const excused = wrong.filter(({ errorMessage = "" }) => cannotApply?.reason.test(errorMessage) === true);
  expect(wrong.filter((check) => !excused.includes(check))).toEqual([]);
  expect(excused).toHaveLength(cannotApply?.checks ?? 0);
  expect(checks.filter(({ status }) => status === "SUCCESS").length).toBeGreaterThan(0);
});
