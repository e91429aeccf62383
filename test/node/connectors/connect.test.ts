/** `countersign connect`: what it takes, and what it says where it cannot begin. What it does then is test/e2e/connectors. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nextWaitMs } from "#countersign/cli/connect/waiting.ts";
import { BoundedLines, MOST_LINE } from "#countersign/cli/connect/bounded-lines.ts";
import { connectCommand } from "#countersign/cli/connect/connect.ts";
import { StdioChild } from "#countersign/cli/connect/stdio-child.ts";
import { apiKeyFrom, connectorKeyFrom } from "#countersign/documents/api-key.ts";
import { runCommand, spawnCommandLine } from "#test/support/cli/command-line.ts";

const KEY = connectorKeyFrom(new Uint8Array(64).fill(1));
const URL = "http://127.0.0.1:9";
const COMMAND = ["--", process.execPath, "-e", "0"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-connect-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const connect = (args: string[], environment: Record<string, string> = {}) =>
  runCommand(connectCommand, args, folder, { COUNTERSIGN_URL: URL, COUNTERSIGN_CONNECTOR_KEY: KEY, ...environment });

describe("refuses, before anything is started,", () => {
  test.each([
    ["no name", [...COMMAND], "give the connector's name"],
    ["a name that is none", ["Laptop!", ...COMMAND], "give the connector's name"],
    ["no command", ["laptop"], "give the server's command after --"],
    ["nothing after --", ["laptop", "--"], "give the server's command after --"],
    ["an option that is none", ["--key", KEY, "laptop", ...COMMAND], "Unknown option '--key'"],
  ])("%s", async (_, args, complaint) => {
    const { exitCode, stderr } = await connect(args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(complaint)]);
  });

  test.each([
    ["no key", { COUNTERSIGN_CONNECTOR_KEY: "" }, "csc_"],
    ["an agent's key", { COUNTERSIGN_CONNECTOR_KEY: apiKeyFrom(new Uint8Array(64).fill(1)) }, "csc_"],
    ["two keys", { COUNTERSIGN_CONNECTOR_KEY_FILE: "key" }, "one of them"],
    ["a gate that the key would go to in the clear", { COUNTERSIGN_URL: "http://gate.example.com" }, "COUNTERSIGN_URL"],
  ])("%s", async (_, environment, complaint) => {
    const { exitCode, stderr } = await connect(["laptop", ...COMMAND], environment);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(complaint)]);
    expect(stderr).not.toContain(KEY.slice(4));
  });
});

/** A gate that lets nobody in, and says so. */
async function closedGate(): Promise<{ url: string; close: () => void }> {
  const server = createServer((_, response) => {
    response.writeHead(401, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ code: "unauthorized", detail: "No such key." }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test("takes the key from a file, says if others can read it, and ends where the gate does not let it in, with its words and without the key", async () => {
  const gate = await closedGate();
  const file = join(folder, "key");
  writeFileSync(file, `${KEY}\n`);
  chmodSync(file, 0o644);
  const environment = { COUNTERSIGN_URL: gate.url, COUNTERSIGN_CONNECTOR_KEY_FILE: file };
  const command = ["connect", "laptop", "--", process.execPath, "-e", "process.stdin.resume()"];
  const { exitCode, stderr } = await spawnCommandLine(command, folder, environment);
  gate.close();
  expect(exitCode).toBe(1);
  expect(stderr).toContain("others on this machine can read");
  expect(stderr).toContain("No such key.");
  expect(stderr).not.toContain(KEY.slice(4));
});

test("ends where there is no such command, whose own --help is its own", async () => {
  const environment = { COUNTERSIGN_URL: URL, COUNTERSIGN_CONNECTOR_KEY: KEY };
  const { exitCode, stderr } = await spawnCommandLine(["connect", "laptop", "--", join(folder, "none"), "--help"], folder, environment);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("there is no such command")]);
  expect((await spawnCommandLine(["connect", "--help"], folder)).stdout).toContain("Usage: countersign connect NAME -- COMMAND");
});

describe("a child", () => {
  /** Runs this program, and gives what it said until it ended. */
  function child(program: string, env: Record<string, string> = {}) {
    const said: string[] = [];
    let end: (why: string) => void = () => {};
    const ended = new Promise<string>((resolve) => (end = resolve));
    const run = new StdioChild([process.execPath, "-e", program], env, { said: (text) => void said.push(text), ended: (why) => end(why) });
    return { run, said, ended };
  }
  const ANSWERS = `require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, result, error } = JSON.parse(line);
    const say = (message) => console.log(JSON.stringify({ jsonrpc: "2.0", ...message }));`;

  test("is greeted as servers with sessions are, and what it asks of a client is declined", async () => {
    const program = `${ANSWERS}
      if (method === "initialize") say({ id, result: { protocolVersion: "2025-11-25", capabilities: {} } });
      if (method === "notifications/initialized") { say({ id: 1, method: "roots/list" }); say({ id: 2, method: "ping" }); }
      if (method === undefined) say({ id: "seen-" + id, result: error ?? result });
    });`;
    const { run, said } = child(program);
    expect(await run.greet()).toMatchObject({ era: "legacy", id: run.id });
    await expect
      .poll(() => said.map((text) => JSON.parse(text) as object))
      .toEqual([
        { jsonrpc: "2.0", id: "seen-1", result: { code: -32601, message: "Not over a connector." } },
        { jsonrpc: "2.0", id: "seen-2", result: {} },
      ]);
    await run.stop();
  });

  test("without sessions is discovered", async () => {
    const program = `${ANSWERS}
      if (method === "initialize") say({ id, error: { code: -32601, message: "no" } });
      if (method === "server/discover") say({ id, result: { supportedVersions: ["2026-07-28"] } });
    });`;
    const { run } = child(program);
    expect(await run.greet()).toMatchObject({ era: "modern" });
    await run.stop();
  });

  test("that ends, or is none, is told with why, and is written to no more", async () => {
    const { run, ended } = child("process.exit(3)");
    expect(await run.greet()).toBeNull();
    expect(await ended).toBe("exit code 3");
    expect(await run.write("{}")).toBe("not-written");
  });

  test("says what is for somebody beyond, and nothing else", async () => {
    const program = `console.log("starting up");
      for (const method of ["notifications/message", "notifications/tools/list_changed"]) console.log(JSON.stringify({ jsonrpc: "2.0", method }));
      console.log(JSON.stringify({ jsonrpc: "2.0", id: "x", result: {} }));`;
    const { said, ended } = child(program);
    await ended;
    expect(said.map((text) => (JSON.parse(text) as { method?: string }).method ?? "an answer")).toEqual([
      "notifications/tools/list_changed",
      "an answer",
    ]);
  });
});

test("lines come whole, whatever pieces they come in; one that is too long ends it", () => {
  const lines: string[] = [];
  let tooLong = 0;
  const bounded = new BoundedLines(
    (text) => void lines.push(text),
    () => void tooLong++,
  );
  for (const byte of new TextEncoder().encode('{"a":"ü"}\r\n\n{"b":1}\n{"c"')) bounded.push(Uint8Array.of(byte));
  expect(lines).toEqual(['{"a":"ü"}', '{"b":1}']);
  const chunk = new Uint8Array(1_048_576).fill(0x20);
  for (let n = 0; n <= MOST_LINE / chunk.length; n++) bounded.push(chunk);
  bounded.push(new TextEncoder().encode('}\n{"d":1}\n'));
  expect([lines.length, tooLong]).toEqual([2, 1]);
});

test("each try waits longer than the one before, up to a limit, and never as long as somebody else's", () => {
  const waits = [1, 2, 3, 4, 20, 1_000].map((failures) => nextWaitMs(failures, 500, 30_000));
  for (const [n, full] of [500, 1_000, 2_000, 4_000, 30_000, 30_000].entries()) {
    expect(waits[n]).toBeGreaterThanOrEqual(full * 0.75);
    expect(waits[n]).toBeLessThanOrEqual(full);
  }
});
