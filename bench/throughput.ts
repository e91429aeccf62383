/**
 * `tools/call` a second, and the processor time of each call, side by side: bare hono, the SDK's handler alone, McpAgent of the `agents`
 * package, and Countersign: with everything local, with D1 apart, whose objects are real, and with the whole platform in memory
 * (workers/remembering-gate.ts). All give the same answer: a decided approval as Countersign tells of it. Each is in a process of its own
 * and has the machine to itself in its turns, which go there and back again.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { uploadedScript } from "#test/support/deploy/uploaded-script.ts";
import { begin } from "./begin.ts";
import { type Era, send, sockets, toolCall, toolResult } from "./calls.ts";
import { Gate } from "./gate.ts";
import { bundle, type Running, startWorker, workerSource } from "./runtime.ts";
import { median, number, palindrome, printTable } from "./statistics.ts";

const CONNECTIONS = 8;
const TURN_MS = 1_000;
/** Before each turn, and not counted: what has called for so long is served as what calls all the time. */
const LEAD_MS = 400;
const PASSES = 8;

const SDK = "SDK's handler alone";
const MCP_AGENT = "McpAgent, a session each";
const LOCAL = "Countersign, everything local";
const WITHOUT_D1 = "Countersign, D1 apart";
const FROM_MEMORY = "Countersign, platform in memory";

interface Contender {
  name: string;
  running: Running;
  era: Era;
  tool: string;
  args: object;
  /** Of each connection in turn. */
  headers: Record<string, string>[];
}

interface Turn {
  callsPerSecond: number;
  cpuMs: number;
}

/** Calls over `CONNECTIONS` sockets, each one call after the other. */
async function takeTurn({ running, era, tool, args, headers }: Contender, turnMs: number): Promise<Turn> {
  const pool = sockets();
  const call = toolCall(era, tool, args);
  const startedMs = performance.now();
  const cpuBefore = running.cpuMs();
  let calls = 0;
  const one = async (_: unknown, i: number): Promise<void> => {
    const own = { ...call.headers, ...headers[i % headers.length] };
    while (performance.now() - startedMs < turnMs) {
      const answer = await send(pool, "POST", `${running.origin}/mcp`, own, call.body);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text.slice(0, 300)}`);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }).map(one));
  pool.destroy();
  return { callsPerSecond: (1_000 * calls) / (performance.now() - startedMs), cpuMs: (running.cpuMs() - cpuBefore) / calls };
}

/** Installs what McpAgent needs into a folder of its own and bundles it there; null, and why, if that cannot be done. */
async function mcpAgentScript(): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-mcp-agent-"));
  try {
    cpSync(fileURLToPath(new URL("mcp-agent", import.meta.url)), folder, { recursive: true });
    execFileSync("npm", ["install", "--no-package-lock", "--ignore-scripts", "--legacy-peer-deps", "--silent"], { cwd: folder });
    return await uploadedScript(folder);
  } catch (error) {
    console.log(`McpAgent is missing below, because it could not be installed: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A session, as clients of the older protocol begin one. */
async function beginSession({ origin }: Running): Promise<Record<string, string>> {
  const pool = sockets();
  const headers = { accept: "application/json, text/event-stream" };
  const initialize = {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } },
  };
  const answer = await send(pool, "POST", `${origin}/mcp`, headers, JSON.stringify(initialize));
  const session = { "mcp-session-id": String(answer.headers["mcp-session-id"]) };
  await send(
    pool,
    "POST",
    `${origin}/mcp`,
    { ...headers, ...session },
    JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }),
  );
  pool.destroy();
  return session;
}

begin();
const gate = await Gate.start({ around: "remembering" });
const started: { stop: () => Promise<void> }[] = [gate];
const start = async (contents: string, options: Parameters<typeof startWorker>[1]): Promise<Running> => {
  const running = await startWorker([{ name: "worker.js", contents }], options);
  started.push(running);
  return running;
};

try {
  const decided = await gate.askAndSign();
  await gate.decide(decided);
  const { view } = await gate.wait(decided.id, 0);
  const bindings = { ANSWER: { ...view } };

  const honoScript = await bundle(workerSource("hono.ts"));
  const hono = await start(honoScript, () => ({ bindings }));
  const durableObjects = { OBJECTS: { className: "Asked", useSQLite: true } };
  const askingObject = await start(honoScript, () => ({ bindings, durableObjects }));
  const asking = await start(honoScript, () => ({ bindings, durableObjects, d1Databases: { DB: "bench" } }));
  const sdk = await start(await bundle(workerSource("sdk-handler.ts")), () => ({ bindings }));
  const mcpAgent = await mcpAgentScript();
  const answering = { tool: "answer", args: {}, headers: [{}] };
  const asked = { tool: "wait_for_approval", args: { request_id: decided.id, wait_seconds: 0 }, headers: { "x-api-key": gate.key } };
  const waiting = { running: gate.running, ...asked, headers: [asked.headers] };
  const remembering = (what: string) => ({ ...waiting, headers: [{ ...asked.headers, "x-from-memory": what }] });
  const contenders: Contender[] = [
    { name: "bare hono", running: hono, era: "2026-07-28", ...answering },
    { name: "hono, asking an object", running: askingObject, era: "2026-07-28", ...answering },
    { name: "hono, asking D1 and an object", running: asking, era: "2026-07-28", ...answering },
    { name: SDK, running: sdk, era: "2026-07-28", ...answering },
    { name: FROM_MEMORY, era: "2026-07-28", ...remembering("platform") },
    { name: WITHOUT_D1, era: "2026-07-28", ...remembering("database") },
    { name: LOCAL, era: "2026-07-28", ...waiting },
    { name: SDK, running: sdk, era: "2025-11-25", ...answering },
    { name: FROM_MEMORY, era: "2025-11-25", ...remembering("platform") },
    { name: WITHOUT_D1, era: "2025-11-25", ...remembering("database") },
    { name: LOCAL, era: "2025-11-25", ...waiting },
  ];
  if (mcpAgent !== null) {
    const running = await start(mcpAgent, () => ({
      bindings,
      compatibilityFlags: ["nodejs_compat"],
      durableObjects: { SESSIONS: { className: "Sessions", useSQLite: true } },
    }));
    const sessions = await Promise.all(Array.from({ length: CONNECTIONS }, () => beginSession(running)));
    contenders.push({ name: MCP_AGENT, running, era: "2025-11-25", ...answering, headers: sessions });
  }

  for (const { running, era, tool, args, headers } of contenders) {
    const call = toolCall(era, tool, args);
    const pool = sockets();
    const answer = await send(pool, "POST", `${running.origin}/mcp`, { ...call.headers, ...headers[0] }, call.body);
    pool.destroy();
    if (toolResult(answer).request_id !== decided.id) throw new Error(`another answer: ${answer.text}`);
  }
  const turns = new Map<Contender, Turn[]>(contenders.map((contender) => [contender, []]));
  for (const contender of contenders) await takeTurn(contender, TURN_MS);
  for (let pass = 0; pass < PASSES; pass++) {
    for (const contender of palindrome(contenders)) {
      await takeTurn(contender, LEAD_MS);
      turns.get(contender)?.push(await takeTurn(contender, TURN_MS));
    }
  }

  const rows = [...turns].map(([{ name, era }, taken]) => ({
    name,
    era,
    rates: taken.map(({ callsPerSecond }) => callsPerSecond),
    cpusMs: taken.map(({ cpuMs }) => cpuMs),
  }));
  const first = rows[0];
  printTable(
    `tools/call over ${CONNECTIONS} sockets: medians of ${2 * PASSES} turns of ${TURN_MS / 1_000} s`,
    rows.map(({ name, era, rates, cpusMs }) => ({
      "": name,
      protocol: name.includes("hono") ? "none" : era,
      "calls a second": number(median(rates)),
      "least to most": `${number(Math.min(...rates))} to ${number(Math.max(...rates))}`,
      "to hono": number(median(rates) / median(first?.rates ?? [])),
      "CPU ms a call": median(cpusMs).toFixed(3),
      "CPU to hono": number(median(cpusMs) / median(first?.cpusMs ?? [])),
    })),
  );
  /** Each turn to the other's of the same pass: what else the machine did then, it did to both. */
  const times = (ours: readonly number[], theirs: readonly number[]): string =>
    number(median(ours.map((value, turn) => value / (theirs[turn] ?? Number.NaN))));
  const other = (name: string, era: Era) => rows.find((row) => row.name === name && (row.era === era || name === MCP_AGENT));
  printTable(
    "As ratios, each turn to the other's of the same pass: calls a second, and processor time a call",
    rows
      .filter(({ name }) => name.startsWith("Countersign"))
      .map(({ name, era, rates, cpusMs }) => {
        const [alone, agents] = [other(SDK, era), other(MCP_AGENT, era)];
        return {
          "": name,
          protocol: era,
          "calls to the SDK's": times(rates, alone?.rates ?? []),
          "CPU to the SDK's": times(cpusMs, alone?.cpusMs ?? []),
          "calls to McpAgent's": agents === undefined ? "" : times(rates, agents.rates),
          "CPU to McpAgent's": agents === undefined ? "" : times(cpusMs, agents.cpusMs),
        };
      }),
  );
} finally {
  for (const one of started) await one.stop();
}
