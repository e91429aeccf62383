/**
 * A call that passes through the gateway, beside the same call made directly and through a proxy that does nothing else: how long it takes,
 * and how many there are a second, at 1, 8 and 32 sessions; and beside a proxy that only has an object of the caller's write one row
 * before, which is what a record that no call can pass by costs on this machine by itself. "In memory": agents' objects, and what stands for them on one machine, left out
 * (workers/remembering-gate.ts); what remains is the Worker's. Then many calls at once that people are asked about, and their memory.
 * Each runtime is a process of its own; they take turns, there and back again. Argument: how many are held (5,000).
 */
import { setTimeout } from "node:timers/promises";
import { begin, tell } from "../begin.ts";
import { send, sockets, toolCall } from "../calls.ts";
import { Gate } from "../gate.ts";
import { bundle, type Running, startWorker, workerSource } from "../runtime.ts";
import { median, number, palindrome, printTable } from "../statistics.ts";

const HELD = Number(process.argv[2] ?? 5_000);
const SESSIONS = [1, 8, 32];
const TURN_MS = 1_000;
const RUN_UP_MS = 300;
const PASSES = 4;
const AT_ONCE = 500;

const POLICY = `type: countersign/policy@v1
rules:
  - { name: plain, match: { source: call, server: plain }, effect: allow, keep: none }
  - name: all-stages
    match: { source: call, server: stages, when: args.text.size() > 0 }
    effect: allow
    limits: { per_minute: 1000000, per_day: 100000000 }
    scan: { secrets: block }
    mask: [{ detector: email }, { key: password }]
    keep: masked
`;

interface Contender {
  name: string;
  url: string;
  /** Of each session. */
  keys: readonly string[];
  /** What besides the key is sent along. */
  headers?: Record<string, string>;
  /** Whose processor time is counted, besides the server's: nobody's where it is called directly. */
  running: Running | null;
}

interface Turn {
  callsPerSecond: number;
  medianMs: number;
  cpuMs: number;
}

const CALL = toolCall("2026-07-28", "echo", { text: "The quick brown fox jumps over the lazy dog, order 4711." });

async function takeTurn({ url, keys, running, headers: more }: Contender, sessions: number): Promise<Turn> {
  const pool = sockets();
  const took: number[] = [];
  let calls = 0;
  const cpuBefore = running?.cpuMs() ?? 0;
  const startedMs = performance.now();
  const countedMs = startedMs + RUN_UP_MS;
  const one = async (_: unknown, i: number): Promise<void> => {
    const headers = { ...CALL.headers, ...more, "x-api-key": keys[i % keys.length] ?? "" };
    while (performance.now() < countedMs + TURN_MS) {
      const sentMs = performance.now();
      const { status, text } = await send(pool, "POST", url, headers, CALL.body);
      if (status !== 200 || !text.includes("structuredContent")) throw new Error(`${url}: ${status} ${text.slice(0, 300)}`);
      calls += 1;
      if (sentMs >= countedMs) took.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: sessions }, one));
  pool.destroy();
  return {
    callsPerSecond: (1_000 * took.length) / (performance.now() - countedMs),
    medianMs: median(took),
    cpuMs: ((running?.cpuMs() ?? 0) - cpuBefore) / calls,
  };
}

async function compare(contenders: readonly Contender[]): Promise<void> {
  for (const sessions of SESSIONS) {
    const turns = new Map<Contender, Turn[]>(contenders.map((contender) => [contender, []]));
    for (const contender of contenders) await takeTurn(contender, sessions);
    for (let pass = 0; pass < PASSES; pass++)
      for (const contender of palindrome(contenders)) turns.get(contender)?.push(await takeTurn(contender, sessions));
    const of = (contender: Contender | undefined, what: keyof Turn) =>
      median((contender && turns.get(contender))?.map((turn) => turn[what]) ?? []);
    const [, proxy, recording] = contenders;
    printTable(
      `${sessions} ${sessions === 1 ? "session" : "sessions"}: medians of ${2 * PASSES} turns of ${TURN_MS / 1_000} s`,
      contenders.map((contender) => ({
        "": contender.name,
        "ms a call": number(of(contender, "medianMs")),
        "over the proxy": number(of(contender, "medianMs") - of(proxy, "medianMs")),
        "calls a second": number(of(contender, "callsPerSecond")),
        "CPU ms a call": of(contender, "cpuMs").toFixed(2),
        "to the proxy": `${number(of(contender, "callsPerSecond") / of(proxy, "callsPerSecond"))} ×`,
        "to one that writes": `${number(of(contender, "callsPerSecond") / of(recording, "callsPerSecond"))} ×`,
      })),
    );
  }
}

/** Calls that wait for people, each of a session and request of its own; their streams stay open. */
async function hold(gate: Gate, keys: readonly string[]): Promise<void> {
  const memory: Record<string, string>[] = [];
  const note = async (when: string): Promise<void> => {
    const heap = await gate.heapMib();
    memory.push({ when, "JavaScript heap": number(heap), "whole process": number(gate.running.memoryMib()) });
    tell(when);
  };
  await note("before");
  const pool = sockets();
  const open: Promise<unknown>[] = [];
  for (let from = 0; from < HELD; from += AT_ONCE) {
    for (let i = from; i < Math.min(from + AT_ONCE, HELD); i++) {
      const call = toolCall("2026-07-28", "echo", { text: `held ${i}` }, "progress");
      const body = call.body.replace('"_meta":{', '"_meta":{"dev.countersign/wait_seconds":300,');
      const headers = { ...call.headers, "x-api-key": keys[i % keys.length] ?? "" };
      open.push(send(pool, "POST", `${gate.running.origin}/mcp/held`, headers, body).catch(() => undefined));
    }
    await setTimeout(5_000);
  }
  await setTimeout(5_000);
  await note(`${HELD} calls held`);
  pool.destroy();
  await Promise.all(open);
  await setTimeout(12_000);
  await note("12 s after their clients have gone");
  printTable("Memory in MiB: JavaScript's in the isolate of Worker and objects, and the process's", memory);
}

/** A gate with three servers behind it, which are one: each is judged by a rule of its own. */
async function gateBefore(url: string, how: Parameters<typeof Gate.start>[0]): Promise<Gate> {
  const gate = await Gate.start({ ...how, more: { bindings: { ALLOW_LOOPBACK_ADDRESSES: "true" } } });
  for (const name of ["plain", "stages", "held"]) await gate.putBehind(name, url);
  await gate.publish(POLICY);
  return gate;
}

/** An agent for each session. */
async function keysOf(gate: Gate): Promise<string[]> {
  const keys: string[] = [];
  for (let i = 0; i < Math.max(...SESSIONS); i++) keys.push(await gate.anotherKey(`session-${i}`));
  return keys;
}

begin(25);
const upstream = await startWorker([{ name: "worker.js", contents: await bundle(workerSource("mcp-upstream.ts")) }]);
const started: { stop: () => Promise<void> }[] = [upstream];
try {
  const url = `${upstream.origin}/mcp`;
  const proxyScript = await bundle(workerSource("bare-proxy.ts"));
  const startProxy = async (more: object = {}): Promise<Running> => {
    const running = await startWorker([{ name: "worker.js", contents: proxyScript }], () => ({ bindings: { UPSTREAM: url }, ...more }));
    started.push(running);
    return running;
  };
  const proxy = await startProxy();
  const recording = await startProxy({ durableObjects: { OBJECTS: { className: "Recorded", useSQLite: true } } });
  const gate = await gateBefore(url, { around: null });
  started.push(gate);
  const keys = await keysOf(gate);
  const remembering = await gateBefore(url, { around: "remembering" });
  started.push(remembering);
  const inMemory = { keys: await keysOf(remembering), headers: { "x-from-memory": "calls" }, running: remembering.running };
  await compare([
    { name: "directly", url, keys, running: null },
    { name: "through a bare proxy", url: `${proxy.origin}/mcp`, keys, running: proxy },
    { name: "through one that writes a row", url: `${recording.origin}/mcp`, keys, running: recording },
    { name: "through the gate", url: `${gate.running.origin}/mcp/plain`, keys, running: gate.running },
    { name: "through the gate, all stages", url: `${gate.running.origin}/mcp/stages`, keys, running: gate.running },
    { name: "in memory", url: `${remembering.running.origin}/mcp/plain`, ...inMemory },
    { name: "in memory, all stages", url: `${remembering.running.origin}/mcp/stages`, ...inMemory },
  ]);
  if (HELD > 0) {
    const holding = await gateBefore(url, { around: "observed", inspected: true });
    started.push(holding);
    await hold(holding, await keysOf(holding));
  }
} finally {
  for (const one of started.toReversed()) await one.stop();
}
