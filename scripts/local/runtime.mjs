/** workerd, and the two sockets that are files: who may open a folder of this user's may reach them, and nobody else. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runScript } from "./processes.mjs";

const KEEP_RUNTIME = fileURLToPath(new URL("keep-runtime.mjs", import.meta.url));

/** Runs what `config` describes. Resolves to its exit code, or null once `signal` is aborted. */
export const runtime = (config, { signal, onLine }) => runScript(KEEP_RUNTIME, [], { signal, onLine, input: config });

/** Calls `use` with the path of a socket in a folder that nobody else may enter, and that is there only meanwhile. */
export async function withSocket(use) {
  // In the system's folder, since a socket's path must be short.
  const folder = mkdtempSync(join(tmpdir(), "countersign-"));
  try {
    return await use(join(folder, "socket"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** POSTs to a socket, once something listens there. Resolves to status and text, or null once `signal` is aborted. */
export async function post(socketPath, body, { signal }) {
  while (!signal.aborted) {
    try {
      return await postOnce(socketPath, body, signal);
    } catch (error) {
      if (error.code !== "ENOENT" && error.code !== "ECONNREFUSED" && !signal.aborted) throw error;
    }
    await wait(20, undefined, { signal }).catch(() => null);
  }
  return null;
}

function postOnce(socketPath, body, signal) {
  return new Promise((settle, fail) => {
    const call = request({ socketPath, method: "POST", path: "/", headers: { Host: "local" }, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      response.on("error", fail).on("end", () => settle({ status: response.statusCode, text }));
    });
    call.on("error", fail).end(body);
  });
}
