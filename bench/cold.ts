/**
 * Starting: from an empty process to the first answer, of this Worker and of smaller ones with the same bindings, so that
 * what differs is the script. Most of the time is the runtime's and the simulator's own; the difference to the least Worker is the script's.
 * Option: `--beside`, a commit or the path of an uploaded script of an earlier version.
 */
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { uploadedScript } from "#test/support/deploy/uploaded-script.ts";
import { begin } from "./begin.ts";
import { send, sockets } from "./calls.ts";
import { bundle, gateOptions, startWorker, workerSource } from "./runtime.ts";
import { previousScript } from "./previous-script.ts";
import { median, number, palindrome, printTable, quantile } from "./statistics.ts";

const PASSES = 10;
const KIB = 1_024;

interface Start {
  wallMs: number;
  cpuMs: number;
}

async function startOnce(contents: string): Promise<Start> {
  const pool = sockets();
  const beganMs = performance.now();
  const running = await startWorker([{ name: "worker.js", contents }], gateOptions);
  try {
    // Countersign refuses it for want of a key, after everything that does not need D1.
    await send(pool, "POST", `${running.origin}/mcp`, {}, "{}");
    return { wallMs: performance.now() - beganMs, cpuMs: running.cpuMs() };
  } finally {
    pool.destroy();
    await running.stop();
  }
}

const { values } = parseArgs({ options: { beside: { type: "string" } } });
begin();
const scripts = [
  { name: "hello", contents: await bundle(workerSource("hello.ts")) },
  { name: "SDK's handler alone", contents: await bundle(workerSource("sdk-handler.ts")) },
  ...(values.beside === undefined ? [] : [{ name: "Countersign before", contents: await previousScript(values.beside) }]),
  { name: "Countersign", contents: await uploadedScript() },
].map((script) => ({ ...script, starts: [] as Start[] }));

for (const { contents } of scripts) await startOnce(contents);
for (let pass = 0; pass < PASSES; pass++) {
  for (const { contents, starts } of palindrome(scripts)) starts.push(await startOnce(contents));
}

const of = (starts: readonly Start[], what: keyof Start) => starts.map((start) => start[what]);
const least = scripts[0]?.starts ?? [];
printTable(
  `Start to first answer, milliseconds: n = ${2 * PASSES} each`,
  scripts.map(({ name, contents, starts }) => ({
    "": name,
    "script KiB": number(contents.length / KIB),
    "gzipped KiB": number(gzipSync(contents, { level: 9 }).length / KIB),
    p50: number(median(of(starts, "wallMs"))),
    p99: number(quantile(of(starts, "wallMs"), 0.99)),
    "more than hello": number(median(of(starts, "wallMs")) - median(of(least, "wallMs"))),
    "CPU p50": number(median(of(starts, "cpuMs"))),
    "CPU more than hello": number(median(of(starts, "cpuMs")) - median(of(least, "cpuMs"))),
  })),
);
