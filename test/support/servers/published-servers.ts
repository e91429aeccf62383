/** MCP servers that others wrote and publish, started on loopback: one over HTTP itself, two that speak stdio behind a bridge. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, plainEnvironment } from "#test/support/service/service.ts";

const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
/** The file that such a server is run by. */
export const published = (name: string): string => join(MODULES, "@modelcontextprotocol", name, "dist/index.js");
const BRIDGE = join(MODULES, "mcp-proxy/dist/bin/mcp-proxy.mjs");

/** A server that is there. */
export interface PublishedServer {
  url: string;
  stop(): Promise<void>;
}

const PATIENCE_MS = 60_000;

/** Resolves once something answers there, whatever it says. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS;
  while (Date.now() < untilMs) {
    if (child.exitCode !== null) throw new Error(`a server ended with ${child.exitCode}`);
    const answered = await fetch(url, { method: "POST", body: "{}", headers: { "content-type": "application/json" } }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(100);
  }
  throw new Error(`nothing answers at ${url}`);
}

async function start(
  args: (port: number) => readonly string[],
  env: (port: number) => Record<string, string> = () => ({}),
): Promise<PublishedServer> {
  const port = await freePort();
  const child = spawn(process.execPath, [...args(port)], { env: { ...plainEnvironment(), ...env(port) }, stdio: "ignore", detached: true });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  process.once("exit", kill);
  const url = `http://127.0.0.1:${port}/mcp`;
  try {
    await answers(url, child);
  } catch (error) {
    kill();
    throw error;
  }
  return {
    url,
    async stop() {
      process.off("exit", kill);
      kill();
      await ended;
    },
  };
}

/** `@modelcontextprotocol/server-everything` over streamable HTTP: sessions, streams, progress, sampling, elicitation. */
export const startEverything = (): Promise<PublishedServer> =>
  start(
    () => [published("server-everything"), "streamableHttp"],
    (port) => ({ PORT: String(port) }),
  );

const behindBridge = (command: readonly string[]): Promise<PublishedServer> =>
  start((port) => [BRIDGE, "--host", "127.0.0.1", "--port", String(port), "--server", "stream", "--", process.execPath, ...command]);

/** `@modelcontextprotocol/server-filesystem` on an empty folder of its own, behind `mcp-proxy`, which speaks both versions of the protocol. */
export async function startFilesystem(): Promise<PublishedServer & { folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-files-"));
  const server = await behindBridge([published("server-filesystem"), folder]);
  return {
    ...server,
    folder,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `@modelcontextprotocol/server-memory` behind the same bridge. */
export const startMemory = (): Promise<PublishedServer> => behindBridge([published("server-memory")]);
