/** Workers on the real runtime: workerd, each in a process of its own, listened to directly and on loopback only. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { childrenOf, memoryMibOf } from "#test/support/service/processes.ts";
import { freePort } from "#test/support/service/service.ts";
import { makeTables, uploadedScript } from "#test/support/deploy/uploaded-script.ts";

type WorkerOptions = Parameters<typeof convertV4MiniflareOptions>[0];

const KIB = 1_024;

/** Lets a Worker of these benches collect garbage when it is told to; miniflare hands this on to the runtime. */
process.env["MINIFLARE_WORKERD_V8_FLAGS"] = "--expose-gc";

/** As wrangler.toml has it. */
const COMPATIBILITY_DATE = "2026-10-15";
const GATE_OBJECTS = {
  APPROVAL_REQUEST: { className: "ApprovalRequest", useSQLite: true },
  LOG_SEQUENCER: { className: "LogSequencer", useSQLite: true },
  AGENT_ACTIVITY: { className: "AgentActivity", useSQLite: true },
};

/** Those of the objects whose classes a script exports: an earlier one may lack some. */
const objectsOf = (script: string) =>
  Object.fromEntries(Object.entries(GATE_OBJECTS).filter(([, { className }]) => new RegExp(`\\bas ${className}\\b`).test(script)));

/** A script by the name that others import it by. */
export interface Script {
  name: string;
  contents: string;
}

/** Bundles and minifies a Worker as wrangler would. `external` are modules that come beside it. */
export async function bundle(entry: URL, { external = [] as string[] } = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*", ...external],
    tsconfigRaw: {},
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

export const workerSource = (name: string): URL => new URL(`workers/${name}`, import.meta.url);

/** A Worker that answers, and the process it runs in. */
export interface Running {
  /** Such as `http://localhost:40123`. */
  origin: string;
  runtime: Miniflare;
  /** Processor time that the process has used, in milliseconds. */
  cpuMs: () => number;
  /** Resident memory of the process in MiB. */
  memoryMib: () => number;
  /** The heap of JavaScript in the Worker's isolate, its objects' and garbage included, in MiB. Needs `inspectorPort`. */
  heapMib: () => Promise<number>;
  stop: () => Promise<void>;
}

/** Starts `scripts`, of which the first is the Worker. `bindings` may need to know where it will listen. */
export async function startWorker(
  scripts: readonly [Script, ...Script[]],
  options: (origin: string) => Partial<WorkerOptions> = () => ({}),
): Promise<Running> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const before = new Set(childrenOf(process.pid));
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      modules: scripts.map(({ name, contents }) => ({ type: "ESModule", path: name, contents })),
      compatibilityDate: COMPATIBILITY_DATE,
      host: "127.0.0.1",
      port: 0,
      unsafeDirectSockets: [{ host: "127.0.0.1", port }],
      handleStructuredLogs: () => {},
      ...options(origin),
    } as WorkerOptions),
  );
  await runtime.ready;
  const pid = childrenOf(process.pid).find((child) => !before.has(child));
  if (pid === undefined) throw new Error("the runtime has no process");
  return {
    origin,
    runtime,
    cpuMs: () => cpuMsOf(pid),
    memoryMib: () => memoryMibOf(pid),
    heapMib: async () => heapMibOf(await runtime.getInspectorURL()),
    stop: () => runtime.dispose(),
  };
}

export const SETUP_TOKEN = "a-setup-token-that-is-long-enough";

/** The caps are out of the way: what is measured is what they guard. */
const gateBindings = (origin: string): Record<string, string> => ({
  PUBLIC_ORIGIN: origin,
  LOG_SIGNING_KEY: Buffer.alloc(32, 1).toString("base64"),
  SERVER_SECRET: Buffer.alloc(32, 2).toString("base64"),
  VAULT_SECRET: Buffer.alloc(32, 3).toString("base64"),
  DOH_RESOLVER: "off",
  SETUP_TOKEN,
  MAX_PENDING_PER_AGENT: "1000000",
  MAX_REQUESTS_PER_MINUTE: "1000000",
  MAX_WAITERS_PER_REQUEST: "1000000",
  MAX_REFUSALS_PER_MINUTE: "1000000",
});
/** D1, archive, objects and assets, as wrangler.toml binds them. */
export const gateOptions = (origin: string): Partial<WorkerOptions> => ({
  bindings: gateBindings(origin),
  d1Databases: { DB: "countersign", AUDIT: "countersign-audit" },
  r2Buckets: { ARCHIVE: "countersign-archive" },
  durableObjects: GATE_OBJECTS,
  serviceBindings: { ASSETS: () => new Response(null, { status: 404 }) as never },
});

export interface Starting {
  /** What stands around the uploaded script: workers/observed-gate.ts, workers/remembering-gate.ts, workers/delayed-gate.ts, or nothing. */
  around: "observed" | "remembering" | "delayed" | null;
  /** Whether its heap can be looked at. */
  inspected: boolean;
  /** Where its storage is kept; null for nowhere. */
  folder: string | null;
  /** What the runtime is given besides, such as a queue. */
  more: Partial<WorkerOptions>;
  /** Another uploaded script, such as an earlier version's; null for that of this checkout. */
  script: string | null;
}

/** The gate as it is uploaded, with that around it. Its storage is empty, unless it is in a folder where a gate has run before. */
export async function startGate({ around, inspected, folder, script: given, more }: Starting): Promise<Running> {
  const script = { name: "worker.js", contents: given ?? (await uploadedScript()) };
  const outer = async (name: string): Promise<Script> => ({
    name: `${name}.js`,
    contents: await bundle(workerSource(`${name}-gate.ts`), { external: ["./worker.js"] }),
  });
  const scripts: [Script, ...Script[]] = around === null ? [script] : [await outer(around), script];
  const isNew = folder === null || readdirSync(folder).length === 0;
  const gate = await startWorker(scripts, (origin) => ({
    ...gateOptions(origin),
    durableObjects: objectsOf(script.contents),
    ...(inspected && { inspectorPort: 0 }),
    ...(folder !== null && { resourcePersistencePath: folder }),
    ...more,
    bindings: { ...gateBindings(origin), ...(more.bindings as Record<string, string> | undefined) },
  }));
  if (isNew) await makeTables(gate.runtime, "audit");
  return gate;
}

/** Nanoseconds on a processor are the first number of each thread's schedstat. */
const cpuMsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6)
    .reduce((sum, ms) => sum + ms, 0);

/** Asks the isolate over the inspector's protocol; the name in the address is miniflare's for a Worker without one. */
async function heapMibOf(inspector: URL): Promise<number> {
  const socket = new WebSocket(`ws://${inspector.host}/core:user:`);
  await once(socket, "open");
  const answered = once(socket, "message") as Promise<[MessageEvent<string>]>;
  socket.send(JSON.stringify({ id: 1, method: "Runtime.getHeapUsage" }));
  const [{ data }] = await answered;
  socket.close();
  return (JSON.parse(data) as { result: { usedSize: number } }).result.usedSize / KIB / KIB;
}
