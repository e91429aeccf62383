/** `countersign stop`: what it sends and to whom, and what it says of each answer. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { afterEach, expect, test } from "vitest";
import { stopCommand } from "#countersign/cli/stop/stop.ts";
import { runCommand } from "#test/support/cli/command-line.ts";

const TOKEN = `cst_${"t".repeat(43)}`;
const AGENT = `agt_${"a".repeat(22)}`;

interface Seen {
  line: string;
  authorization: string | undefined;
  body: string;
}
let close: () => void = () => {};
afterEach(() => close());

/** A service that answers so. */
async function answering(status: number, body: string, headers: Record<string, string> = {}): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const textOf = async (request: IncomingMessage) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    return text;
  };
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      seen.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization, body: text });
      response.writeHead(status, headers).end(body);
    });
  });
  close = () => void server.close();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
const run = (args: string[], environment: Record<string, string>) => runCommand(stopCommand, args, tmpdir(), environment);

test("sends the token and the agent, or everything, and says that it is stopped", async () => {
  const { url, seen } = await answering(204, "");
  const environment = { COUNTERSIGN_URL: url, COUNTERSIGN_STOP_TOKEN: TOKEN };
  expect(await run(["--agent", AGENT], environment)).toEqual({ exitCode: 0, stdout: `${AGENT} is stopped.\n`, stderr: "" });
  expect(await run(["--all"], environment)).toEqual({ exitCode: 0, stdout: "Everything is stopped.\n", stderr: "" });
  const sent = { line: "POST /api/v1/stop-by-token", authorization: `Bearer ${TOKEN}` };
  expect(seen).toEqual([
    { ...sent, body: JSON.stringify({ agent: AGENT }) },
    { ...sent, body: JSON.stringify({ agent: null }) },
  ]);
});

test("says why it was refused, in the service's words, made visible", async () => {
  const { url } = await answering(403, JSON.stringify({ detail: "You may not stop this.\u001b[2J", code: "forbidden" }));
  const { exitCode, stderr } = await run(["--all"], { COUNTERSIGN_URL: url, COUNTERSIGN_STOP_TOKEN: TOKEN });
  expect([exitCode, stderr.includes("\u001b")]).toEqual([1, false]);
  expect(stderr).toContain("You may not stop this.");
  expect(stderr).toContain("(forbidden)");
});

test.each([
  ["another page", 200, "<html>", {}],
  ["elsewhere", 302, "", { location: "http://127.0.0.1:9/" }],
  ["a list", 500, "[]", {}],
])("is not content with %s: it is not known, and no token goes elsewhere", async (_, status, body, headers) => {
  const { url, seen } = await answering(status, body, headers);
  const { exitCode, stderr } = await run(["--all"], { COUNTERSIGN_URL: url, COUNTERSIGN_STOP_TOKEN: TOKEN });
  expect([exitCode, seen.length]).toEqual([1, 1]);
  expect(stderr).toContain("is not the service: it is not known whether it was stopped");
  expect(stderr).not.toContain(TOKEN);
});

test("says that no answer came", async () => {
  const { exitCode, stderr } = await run(["--all"], { COUNTERSIGN_URL: "http://127.0.0.1:9", COUNTERSIGN_STOP_TOKEN: TOKEN });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("no answer came")]);
});

test.each<[string, string[], Record<string, string>]>([
  ["neither an agent nor all", [], {}],
  ["both", ["--all", "--agent", AGENT], {}],
  ["more", ["--all", "now"], {}],
  ["no agent's id", ["--agent", "release-bot"], {}],
  ["a release", ["--release"], {}],
  ["a service that is none", ["--all"], { COUNTERSIGN_URL: "http://gate.example.com" }],
  ["no token", ["--all"], { COUNTERSIGN_STOP_TOKEN: "" }],
  ["an agent's key", ["--all"], { COUNTERSIGN_STOP_TOKEN: `csk_${"k".repeat(36)}` }],
])("refuses %s, and asks nobody", async (_, args, environment) => {
  const { url, seen } = await answering(204, "");
  const { exitCode, stderr } = await run(args, { COUNTERSIGN_URL: url, COUNTERSIGN_STOP_TOKEN: TOKEN, ...environment });
  expect([exitCode, seen]).toEqual([2, []]);
  expect(stderr).toContain("Usage: countersign stop");
});

test("with --json answers with a document, whatever comes of it", async () => {
  const { url } = await answering(204, "");
  const environment = { COUNTERSIGN_URL: url, COUNTERSIGN_STOP_TOKEN: TOKEN };
  const stopped = await run(["--agent", AGENT, "--json"], environment);
  expect([stopped.exitCode, JSON.parse(stopped.stdout)]).toEqual([0, { stopped: true, agent: AGENT }]);
  close();
  const refusing = await answering(403, JSON.stringify({ detail: "You may not stop this.", code: "forbidden" }));
  const refused = await run(["--all", "--json"], { ...environment, COUNTERSIGN_URL: refusing.url });
  expect([refused.exitCode, JSON.parse(refused.stdout)]).toEqual([1, { error: { code: "forbidden", message: "You may not stop this." } }]);
  const silent = await run(["--all", "--json"], { ...environment, COUNTERSIGN_URL: "http://127.0.0.1:9" });
  expect([silent.exitCode, JSON.parse(silent.stdout)]).toMatchObject([1, { error: { code: "not_known" } }]);
});
