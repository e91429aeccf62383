/** A deployment: the script that is uploaded, on the runtime alone, at an address of this machine. */
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { makeTables } from "./uploaded-script.ts";

export interface Deployment {
  /** `http://localhost:40123`. */
  origin: string;
  stop: () => Promise<void>;
}

/** Starts the script (see uploadedScript) with an empty state, and resolves once it answers. */
export async function startDeployment(script: string, port: number, variables: Record<string, string>): Promise<Deployment> {
  const origin = `http://localhost:${port}`;
  const options = convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: "worker.js", contents: script }],
    host: "127.0.0.1",
    port,
    compatibilityDate: "2026-10-15",
    bindings: { PUBLIC_ORIGIN: origin, ...variables },
    d1Databases: { DB: `countersign-${port}` },
    r2Buckets: { ARCHIVE: `countersign-archive-${port}` },
    durableObjects: {
      APPROVAL_REQUEST: { className: "ApprovalRequest", useSQLite: true },
      LOG_SEQUENCER: { className: "LogSequencer", useSQLite: true },
    },
    assets: {
      directory: fileURLToPath(new URL("../../../dist/browser", import.meta.url)),
      binding: "ASSETS",
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
  });
  const runtime = new Miniflare(options);
  await makeTables(runtime);
  await runtime.ready;
  return { origin, stop: async () => await runtime.dispose() };
}
