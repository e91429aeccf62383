/** Commands that read for a person: what they keep and where, what they send, and what they say of each answer. */
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agentsCommand } from "#countersign/cli/console/agents.ts";
import { auditCommand } from "#countersign/cli/console/audit.ts";
import { whoamiCommand } from "#countersign/cli/console/whoami.ts";
import { loginCommand } from "#countersign/cli/people/login.ts";
import { logoutCommand } from "#countersign/cli/people/logout.ts";
import { commandLineKeyFrom } from "#countersign/documents/api-key.ts";
import { runCommand } from "#test/support/cli/command-line.ts";

const KEY = commandLineKeyFrom(new Uint8Array(64).fill(7));
const OTHER = commandLineKeyFrom(new Uint8Array(64).fill(9));
const LATER = "2999-01-01T00:00:00.000Z";

interface Answer {
  status?: number;
  body: string | object;
  headers?: Record<string, string>;
}

let folder: string;
let url: string;
let seen: { line: string; authorization: string | undefined }[];
let answers: Record<string, Answer[]>;
let close: () => void;

/** A service that answers each route so, one after the other, and then goes on with the last. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "countersign-reading-"));
  [seen, answers] = [[], {}];
  const server = createServer((request: IncomingMessage, response) => {
    const line = `${request.method} ${request.url}`;
    seen.push({ line, authorization: request.headers.authorization });
    const route = answers[line] ?? answers[line.replace(/\?.*/, "")] ?? [];
    const { status = 200, body, headers = {} } = (route.length > 1 ? route.shift() : route[0]) ?? { status: 404, body: "" };
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  });
  close = () => void server.close();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true, force: true });
});

const state = (): string => join(folder, "state");
const environment = () => ({ COUNTERSIGN_URL: url, COUNTERSIGN_STATE: state() });
const run = (command: Parameters<typeof runCommand>[0], ...args: string[]) => runCommand(command, args, folder, environment());
const kept = (): string => join(state(), readdirSync(state()).find((name) => name.startsWith("session-")) ?? "none");

const pairing = (page = `${url}/command-line`): Answer => ({
  body: { device_code: "device-secret", user_code: "BCDF-GHJK", verification_uri: page, expires_in: 600, interval: 1, later: true },
});

/** Logs in without a wait. */
async function logIn(key = KEY, ends_at = LATER) {
  answers["POST /api/v1/command-line/pairings"] = [pairing()];
  answers["POST /api/v1/command-line/token"] = [{ body: { status: "open", key, ends_at } }];
  return run(loginCommand, "--name", "laptop");
}

test("login shows the page and the code, never what it holds, and keeps the key for this user alone", async () => {
  answers["POST /api/v1/command-line/pairings"] = [pairing()];
  answers["POST /api/v1/command-line/token"] = [{ body: { status: "pending" } }, { body: { status: "open", key: KEY, ends_at: LATER } }];
  const { exitCode, stdout, stderr } = await run(loginCommand, "--name", "laptop");
  expect([exitCode, stdout]).toEqual([0, `This command line reads for you at ${url} until ${LATER}.\n`]);
  expect(stderr).toContain(`Open ${url}/command-line\n`);
  expect(stderr).toContain("    BCDF-GHJK\n");
  expect(stdout + stderr).not.toContain("device-secret");
  expect(stdout + stderr).not.toContain(KEY);
  expect(statSync(kept()).mode & 0o777).toBe(0o600);
  expect(seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined, undefined]);
});

test("a page elsewhere, no key, a code that is over, and being turned away end it, and nothing is kept", async () => {
  answers["POST /api/v1/command-line/pairings"] = [pairing("https://evil.example/command-line")];
  expect((await run(loginCommand)).stderr).toContain("names a page that is not its own");
  answers["POST /api/v1/command-line/pairings"] = [pairing()];
  const over = { detail: "Its code is over.", code: "code_invalid" };
  answers["POST /api/v1/command-line/token"] = [{ status: 400, body: over }];
  expect(await run(loginCommand)).toMatchObject({ exitCode: 1 });
  answers["POST /api/v1/command-line/token"] = [{ body: { status: "refused" } }];
  expect((await run(loginCommand)).exitCode).toBe(1);
  expect(existsSync(state())).toBe(false);
});

test("logging in again ends the session of before", async () => {
  await logIn();
  answers["DELETE /api/v1/command-line"] = [{ status: 204, body: "" }];
  await logIn(OTHER);
  expect(seen.at(-1)).toEqual({ line: "DELETE /api/v1/command-line", authorization: `Bearer ${KEY}` });
  expect(readFileSync(kept(), "utf8")).toContain(OTHER);
});

test("a file that others may read, that is a link, or that is damaged is not used", async () => {
  await logIn();
  const file = kept();
  chmodSync(file, 0o644);
  expect((await run(whoamiCommand)).stderr).toContain("chmod 600");
  chmodSync(file, 0o600);
  writeFileSync(file, "{}");
  expect((await run(whoamiCommand)).stderr).toContain("is damaged");
  rmSync(file);
  writeFileSync(join(folder, "elsewhere"), "{}");
  symlinkSync(join(folder, "elsewhere"), file);
  expect((await run(whoamiCommand)).stderr).toContain("symbolic link");
  expect(seen.filter(({ line }) => line.startsWith("GET"))).toEqual([]);
});

test("without a session, and with one that is over here or there, it says to log in, with a code of its own", async () => {
  expect(await run(agentsCommand, "list")).toMatchObject({ exitCode: 3 });
  await logIn(KEY, "2020-01-01T00:00:00.000Z");
  expect((await run(agentsCommand, "list")).stderr).toContain("is over. Run countersign login.");
  await logIn();
  answers["GET /api/v1/agents"] = [{ status: 401, body: { detail: "Run countersign login.", code: "unauthorized" } }];
  expect(await run(agentsCommand, "list")).toMatchObject({ exitCode: 3, stderr: "countersign: Run countersign login. (unauthorized)\n" });
});

test("lists go on page by page as far as is asked for, with the key to this service alone", async () => {
  await logIn();
  const agent = (id: string) => ({ id, name: `bot ${id}`, owner: "alex", revoked_at: null, stopped: null, groups: [], created_at: LATER });
  answers["GET /api/v1/agents"] = [
    { body: { items: [agent("agt_1"), agent("agt_2")], waiting: [], next_cursor: "two" } },
    { body: { items: [agent("agt_3")], waiting: [] } },
  ];
  seen.length = 0;
  const all = await run(agentsCommand, "list", "--all", "--q", "bot", "--json");
  expect(JSON.parse(all.stdout)).toEqual({ items: [agent("agt_1"), agent("agt_2"), agent("agt_3")], waiting: [] });
  expect(seen).toEqual([
    { line: "GET /api/v1/agents?q=bot&state=any", authorization: `Bearer ${KEY}` },
    { line: "GET /api/v1/agents?q=bot&state=any&cursor=two", authorization: `Bearer ${KEY}` },
  ]);
  answers["GET /api/v1/agents"] = [{ body: { items: [agent("agt_1"), agent("agt_2")], next_cursor: "two" } }];
  const one = await run(agentsCommand, "list", "--limit", "1");
  expect([one.exitCode, one.stdout.split("\n").length, one.stderr]).toEqual([0, 3, "There is more: --limit N or --all.\n"]);
});

test("strangers' text cannot act on the terminal, in a table and in what is refused", async () => {
  await logIn();
  const nasty = "bot\u001b[2J\u202e";
  answers["GET /api/v1/agents"] = [{ body: { items: [{ id: "agt_1", name: nasty, owner: nasty, groups: [nasty], created_at: nasty }] } }];
  answers["GET /api/v1/agents/agt_1"] = [{ body: { name: nasty, [nasty]: [{ inside: nasty }, nasty], below: { chain: [nasty] } } }];
  answers["GET /api/v1/agents/agt_2"] = [{ status: 404, body: { detail: nasty, code: "not_found" } }];
  for (const args of [["list"], ["list", "--json"], ["show", "agt_1"], ["show", "agt_1", "--json"], ["show", "agt_2"]]) {
    const { stdout, stderr } = await run(agentsCommand, ...args);
    expect([args, /[\u001b\u202e]/.test(stdout + stderr), stdout + stderr === ""]).toEqual([args, false, false]);
  }
});

test("no redirect is followed, and what is not the service is told apart", async () => {
  await logIn();
  answers["GET /api/v1/command-line"] = [{ status: 302, body: "", headers: { location: `${url}/stolen` } }];
  expect((await run(whoamiCommand)).stderr).toContain("is not the service");
  expect(seen.map(({ line }) => line)).not.toContain("GET /stolen");
});

test("an export that is cut off, by its last line, replaces no file; one that goes on is followed to its end", async () => {
  await logIn();
  const file = join(folder, "record.ndjson");
  writeFileSync(file, "before");
  answers["GET /api/v1/audit/export"] = [{ body: '{"id":"1","cursor":"1"}\n' }];
  const cut = await run(auditCommand, "export", "--format", "ndjson", "-o", "record.ndjson");
  expect([cut.exitCode, readFileSync(file, "utf8"), readdirSync(folder).length]).toEqual([1, "before", 2]);

  answers["GET /api/v1/audit/export"] = [
    { body: '{"id":"1","cursor":"1"}\n{"end":false,"rows":1,"cursor":"1"}\n' },
    { body: '{"id":"2","cursor":"2"}\n{"end":true,"rows":1}\n' },
  ];
  expect((await run(auditCommand, "export", "--format", "ndjson", "-o", "record.ndjson")).exitCode).toBe(0);
  expect(readFileSync(file, "utf8").split("\n").length).toBe(5);
  expect(seen.at(-1)?.line).toBe("GET /api/v1/audit/export?format=ndjson&cursor=1");

  answers["GET /api/v1/audit/export"] = [{ body: 'entry,at\r\n1,2\r\n,,end,,"rows 1",\r\n' }];
  expect((await run(auditCommand, "export", "--format", "csv", "-o", "record.csv")).exitCode).toBe(0);
  expect(await run(auditCommand, "export", "--format", "csv")).toMatchObject({ exitCode: 2 });
});

test("logout forgets it here even where the service does not answer, and says so", async () => {
  await logIn();
  answers["DELETE /api/v1/command-line"] = [{ status: 503, body: { detail: "Not now.", code: "unavailable" } }];
  const { exitCode, stderr } = await run(logoutCommand);
  expect([exitCode, stderr.includes("end it under Account"), readdirSync(state()).length]).toEqual([1, true, 0]);
});
