/** The official conformance scenarios, run as a program, and the door through which they come to a service. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Service } from "./service.ts";

const CONFORMANCE = fileURLToPath(new URL("../../../node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));

export interface ToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

/** The call that is made in place of one; null to leave it as it is. */
export type StandIn = (call: ToolCall) => Promise<ToolCall | null>;

export interface Door {
  server: Server;
  /** Of the MCP endpoint behind it. */
  address: string;
}

/**
 * The scenarios cannot send a key. This passes everything on as it came, with the key; where a header names this door by
 * its right name it names the service by its own, and wrong names stay wrong. Answers are not touched.
 */
export async function openDoor({ origin, port }: Service, key: string, standIn: StandIn = () => Promise.resolve(null)): Promise<Door> {
  const server = createServer((incoming, outgoing) => {
    const { port: doorPort } = server.address() as { port: number };
    const named = (value: string): string =>
      /^(https?:\/\/)?localhost:/.test(value) ? value.replace(`localhost:${doorPort}`, `localhost:${port}`) : value;
    void passed(incoming, standIn).then(({ body, headers: { host = "", origin: from, "content-length": _, ...headers } }) => {
      const sent = { ...headers, host: named(host), "x-api-key": key, ...(from !== undefined && { origin: named(from) }) };
      const onward = request(new URL(incoming.url ?? "/", origin), { method: incoming.method, headers: sent }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on("error", () => outgoing.destroy());
      outgoing.on("close", () => onward.destroy());
      onward.end(body);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, address: `http://localhost:${(server.address() as { port: number }).port}/mcp` };
}

/** What goes on to the service: as it came, but for a call that another stands in for, and the header that names it. */
async function passed(incoming: IncomingMessage, standIn: StandIn): Promise<Pick<IncomingMessage, "headers"> & { body: string }> {
  const { headers } = incoming;
  const body = await text(incoming);
  const call = toolCallIn(body);
  const other = call === null ? null : await standIn(call.params);
  if (call === null || other === null) return { headers, body };
  const name = headers["mcp-name"] === call.params.name ? other.name : headers["mcp-name"];
  const message = { ...call, params: { ...call.params, ...other } };
  return { headers: { ...headers, ...(name !== undefined && { "mcp-name": name }) }, body: JSON.stringify(message) };
}

function toolCallIn(body: string): { params: ToolCall } | null {
  try {
    const message = JSON.parse(body) as { method?: unknown; params: ToolCall };
    return message.method === "tools/call" ? message : null;
  } catch {
    return null;
  }
}

export interface Check {
  id: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
}

/** Runs the program, and gives what it printed. */
const run = (args: readonly string[], env: Record<string, string> = {}): Promise<string> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, [CONFORMANCE, ...args], options, (_, stdout, stderr) => resolve(stdout + stderr));
  });

const KNOCK = fileURLToPath(new URL("../servers/oauth/knock.mjs", import.meta.url));

/** Runs one scenario of clients, with whoever is told of its server at `knockAt` as the client; gives its checks. */
export async function conformClient(scenario: string, version: string, knockAt: string): Promise<Check[]> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-conformance-"));
  const command = `${process.execPath} ${KNOCK}`;
  const args = ["client", "--command", command, "--scenario", scenario, "--spec-version", version, "--output-dir", folder];
  const said = await run(args, { KNOCK_AT: knockAt });
  const results = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith("checks.json"));
  if (results === undefined) throw new Error(said);
  const checks = JSON.parse(readFileSync(join(folder, results), "utf8")) as Check[];
  rmSync(folder, { recursive: true });
  return checks;
}

/** Runs one scenario and gives its checks. Those of extensions belong to no version: null. */
export async function conform(address: string, scenario: string, version: string | null): Promise<Check[]> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-conformance-"));
  const specVersion = version === null ? [] : ["--spec-version", version];
  const said = await run(["server", "--url", address, "--scenario", scenario, ...specVersion, "--output-dir", folder]);
  const [results] = readdirSync(folder);
  if (results === undefined) throw new Error(said);
  const checks = JSON.parse(readFileSync(join(folder, results, "checks.json"), "utf8")) as Check[];
  rmSync(folder, { recursive: true });
  return checks;
}

/** Runs every scenario of a version, one after another, and gives the checks of each. */
export async function conformAll(address: string, version: string): Promise<Map<string, Check[]>> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-conformance-"));
  const said = await run(["server", "--url", address, "--suite", "all", "--spec-version", version, "--output-dir", folder]);
  const results = readdirSync(folder).map((name): [string, Check[]] => {
    const scenario = /^server-(.*?)-\d{4}-\d\d-\d\dT/.exec(name)?.[1] ?? name;
    return [scenario, JSON.parse(readFileSync(join(folder, name, "checks.json"), "utf8")) as Check[]];
  });
  rmSync(folder, { recursive: true });
  if (results.length === 0) throw new Error(said);
  return new Map(results);
}
