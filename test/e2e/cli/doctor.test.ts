/** `countersign doctor` and `countersign init` against a running service: before anybody is enrolled, afterwards, and what stands in its place. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkAsPerson, judgeChannels, judgeServers, judgeSettings } from "#countersign/cli/doctor/person-checks.ts";
import { doctorCommand } from "#countersign/cli/doctor/doctor.ts";
import { initProjectCommand } from "#countersign/cli/init/init.ts";
import { apiKeyFrom } from "#countersign/documents/api-key.ts";
import { type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { accept } from "#countersign/result.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { EMPTY_ROOT } from "#countersign/tlog/merkle.ts";
import { makeSigner, makeVkey, signNote } from "#countersign/tlog/note.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

interface Checked {
  check: string;
  state: string;
  message: string;
  todo: string | null;
}

const folder = mkdtempSync(join(tmpdir(), "countersign-doctor-"));
const STATE = { COUNTERSIGN_STATE: join(folder, "state") };
let service: Service;
let person: Person;
let agent: Agent;
let before: Awaited<ReturnType<typeof examine>>;

/** What the doctor finds, by what was looked at. */
async function examine(args: string[], environment: Record<string, string> = {}) {
  const { exitCode, stdout } = await runCommand(doctorCommand, [...args, "--json"], folder, { ...STATE, ...environment });
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Checked[] };
  expect(ok).toBe(exitCode === 0);
  return { exitCode, checks, state: (name: string) => checks.filter(({ check }) => check === name).map(({ state }) => state) };
}

beforeAll(async () => {
  service = await startService();
  before = await examine([service.origin]);
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("builder");
});
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
  rmSync(folder, { recursive: true });
});

describe("doctor", () => {
  it("finds a service well before anybody is enrolled", () => {
    expect([before.exitCode, before.state("address"), before.state("health"), before.state("log")]).toEqual([0, ["ok"], ["ok"], ["ok"]]);
  });

  it("finds a sound one well, its key unknown until it is given, and what needs a person not known", async () => {
    const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
    const found = await examine([], { COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: agent.key });
    const well = ["address", "health", "passkeys", "interface", "log", "agent"];
    expect(well.map((name) => [name, found.state(name)])).toEqual(well.map((name) => [name, ["ok"]]));
    expect([found.exitCode, found.state("log-key"), found.state("settings"), found.state("servers")]).toEqual([
      0,
      ["warning"],
      ["not_known"],
      ["not_known"],
    ]);
    const told = await examine([service.origin], { COUNTERSIGN_LOG_VKEY: vkey });
    expect([told.exitCode, told.state("log-key"), told.state("agent")]).toEqual([0, ["ok"], ["not_known"]]);
  });

  it("finds a log under another key than the one that is known to be a problem, and says what to do", async () => {
    const name = `${new URL(service.origin).host}/log`;
    const found = await examine([service.origin, "--vkey", makeVkey(name, new Uint8Array(32).fill(7))]);
    expect([found.exitCode, found.state("log")]).toEqual([1, ["problem"]]);
    expect(found.checks.find(({ check }) => check === "log")).toMatchObject({
      message: expect.stringContaining("key"),
      todo: expect.stringContaining("operator"),
    });
  });

  it("finds a key that opens nothing, and prints no key", async () => {
    const key = apiKeyFrom(crypto.getRandomValues(new Uint8Array(64)));
    const environment = { ...STATE, COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: key };
    const { exitCode, stdout, stderr } = await runCommand(doctorCommand, [], folder, environment);
    expect([exitCode, `${stdout}${stderr}`.includes(key)]).toEqual([1, false]);
    expect(stdout).toMatch(/^PROBLEM {4}agent {6}The agent's key is not let in\..*\n {22}Look at the agent's page/m);
  });

  it("asks settings, channels and servers as somebody who may see them", async () => {
    const asPerson = async (path: string) => {
      const json = parseJson(await (await person.get(path)).text());
      if (!json.ok || !isObject(json.value)) throw new Error(path);
      return accept<JsonObject>(json.value);
    };
    const checks = await checkAsPerson(asPerson, Date.now);
    expect(checks.filter(({ state }) => state === "problem")).toEqual([]);
    expect(checks.filter(({ check, state }) => state === "not_known" && check !== "settings")).toEqual([]);
    expect(checks.map(({ check }) => check)).toEqual(expect.arrayContaining(["settings", "channels", "servers"]));

    const settings = (await asPerson("/api/v1/settings")).value;
    const late = {
      ...settings,
      rounds: { counted_at: "2026-11-20T09:00:00.000Z" },
      alerts: [{ name: "log_frozen", since: "2026-11-20T09:00:00.000Z" }],
    };
    const said = judgeSettings(late, Date.parse("2026-11-20T09:20:00.000Z")) ?? [];
    const problems = said.filter(({ state }) => state === "problem").map(({ message }) => message);
    expect(problems).toEqual([
      "The cron has not run since 2026-11-20T09:00:00.000Z.",
      "There is an alert since 2026-11-20T09:00:00.000Z: log_frozen.",
    ]);
    expect([judgeSettings({}, 0), judgeChannels({}), judgeServers({ items: [{}] })]).toEqual([null, null, null]);
  });

  it("tells channels and servers that fail apart from those that do not", () => {
    const at = "2026-11-20T09:00:00.000Z";
    const channel = { name: "mail", state: "active", failing_since: null, last_answer: null };
    const channels = [
      channel,
      { ...channel, failing_since: at, last_answer: "status_503" },
      { ...channel, state: "disabled" },
      { ...channel, state: "removed" },
    ];
    expect(judgeChannels({ items: channels })?.map(({ state }) => state)).toEqual(["ok", "problem", "warning"]);
    const health = { last_success_at: at, last_error: null, last_error_at: null };
    const server = { name: "files", has_credential: true, drifted: [], unaccepted: [], health };
    const servers = [
      server,
      { ...server, has_credential: false },
      { ...server, health: { ...health, last_error: "unreachable", last_error_at: "2026-11-20T10:00:00.000Z" } },
      { ...server, drifted: ["read"] },
      { ...server, health: null },
    ];
    expect(judgeServers({ items: servers })?.map(({ state }) => state)).toEqual(["ok", "problem", "problem", "warning", "not_known"]);
  });
});

describe("what stands in a service's place", () => {
  async function standing<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it.each<[string, RequestListener, string]>([
    [
      "a redirect",
      (_, response) => void response.writeHead(302, { location: "https://elsewhere.example/" }).end(),
      "sends on to https://elsewhere.example/",
    ],
    ["a page", (_, response) => void response.end("<html>"), "is no Countersign"],
    ["a list", (_, response) => void response.end("[]"), "is no Countersign"],
    [
      "a cut answer",
      (_, response) => void response.writeHead(200, { "content-length": "90" }).write("{", () => response.destroy()),
      "Nothing answers",
    ],
  ])("%s is a problem, and nothing more is asked", async (_, listener, said) => {
    let asked = 0;
    const found = await standing(
      (request, response) => {
        asked += 1;
        listener(request, response);
      },
      async (url) => await examine([url], { COUNTERSIGN_API_KEY: agent.key }),
    );
    expect([found.exitCode, found.checks.length, asked]).toEqual([1, 1, 1]);
    expect(found.checks[0]?.message).toContain(said);
  });

  it("a service that is unwell, whose clock is off, and whose passkeys are another name's, is named in each", async () => {
    const answers: Record<string, unknown> = {
      "/healthz": { status: "unavailable", failing: "database", vault: "off" },
      "/sign-in/options": { options: { rpId: "other.example" } },
      "/api/v1/openapi.json": { info: { version: "9.0.0" } },
    };
    const found = await standing(
      (request, response) => {
        const answer = answers[request.url ?? ""];
        response.setHeader("date", new Date(Date.now() - 900_000).toUTCString());
        response.writeHead(answer === undefined ? 503 : 200).end(JSON.stringify(answer ?? {}));
      },
      async (url) => await examine([url]),
    );
    const states = ["health", "parts", "clock", "passkeys", "interface", "log"].map((name) => found.state(name)[0]);
    expect([found.exitCode, ...states]).toEqual([1, "problem", "warning", "problem", "problem", "problem", "not_known"]);
    expect(found.checks.every(({ state, todo }) => state === "ok" || (todo ?? "") !== "")).toBe(true);
  });

  it("a log whose key has a name that means something to a shell gets into no file, and no line to paste", async () => {
    const signer = await makeSigner("x'$(touch${IFS}owned)'/log", new Uint8Array(32).fill(9));
    const note = await signNote(formatCheckpoint({ origin: signer.name, size: 0, root: EMPTY_ROOT }), [signer]);
    const answers: Record<string, string> = {
      "/healthz": '{"status":"ok"}',
      "/log/checkpoint": note,
      "/log/vkey": `${makeVkey(signer.name, signer.publicKey)}\n`,
    };
    const listener: RequestListener = (request, response) =>
      void response.writeHead(answers[request.url ?? ""] ? 200 : 404).end(answers[request.url ?? ""]);
    await standing(listener, async (url) => {
      const found = await examine([url]);
      expect([found.state("log"), found.state("log-key")]).toEqual([["ok"], ["warning"]]);
      expect(found.checks.find(({ check }) => check === "log-key")?.todo).not.toContain("touch");
      const at = join(folder, "hostile");
      mkdirSync(at);
      const environment = { ...STATE, COUNTERSIGN_URL: url };
      const { exitCode, stderr } = await runCommand(initProjectCommand, ["--write", "--env", ".env"], at, environment);
      expect([exitCode, existsSync(join(at, ".env"))]).toEqual([1, false]);
      expect(stderr).toContain("must not go into a shell");
    });
  });

  it("nothing is told apart from something else, and bad arguments ask nobody", async () => {
    expect((await examine(["http://127.0.0.1:9"])).checks).toEqual([expect.objectContaining({ check: "address", state: "problem" })]);
    for (const args of [["http://gate.example.com"], [service.origin, service.origin], [service.origin, "--vkey", "no"], []]) {
      expect([args, (await runCommand(doctorCommand, args, folder, STATE)).exitCode]).toEqual([args, 2]);
    }
  });
});

describe("init", () => {
  const project = (name: string): string => {
    const made = join(folder, name);
    mkdirSync(made);
    return made;
  };
  const environment = () => ({ ...STATE, COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: agent.key });
  const init = (at: string, args: string[]) => runCommand(initProjectCommand, args, at, environment());

  it("prints variables, a client's configuration and what agents are told, and writes nothing", async () => {
    const at = project("printed");
    const { exitCode, stdout } = await init(at, []);
    expect([exitCode, existsSync(join(at, ".mcp.json")), stdout.includes(agent.key)]).toEqual([0, false, false]);
    for (const part of [
      `export COUNTERSIGN_URL='${service.origin}'`,
      `"url": "${service.origin}/mcp"`,
      "request_human_approval",
      "Compare that",
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it("adds to what is there, once, and lets no key into a file of git's", async () => {
    const at = project("written");
    execFileSync("git", ["init", "-q"], { cwd: at });
    writeFileSync(join(at, ".mcp.json"), '{ "mcpServers": { "other": { "command": "x" } }, "more": [1] }');
    writeFileSync(join(at, "AGENTS.md"), "# Agents\n\nBe kind.\n");
    writeFileSync(join(at, ".env"), "KEPT=1\nCOUNTERSIGN_URL=old\n");
    const args = ["--write", "--env", ".env", "--client", "claude-code", "--client", "vscode", "--json"];
    const first = await init(at, args);
    expect([first.exitCode, JSON.parse(first.stdout)]).toMatchObject([0, { key_written: false }]);
    const files = [".mcp.json", ".vscode/mcp.json", "AGENTS.md", ".env"].map((file) => readFileSync(join(at, file), "utf8"));
    expect(files.some((content) => content.includes(agent.key))).toBe(false);
    const header = { "X-Api-Key": "${COUNTERSIGN_API_KEY}" };
    const gate = { type: "http", url: `${service.origin}/mcp`, headers: header };
    expect(JSON.parse(files[0] ?? "")).toEqual({ mcpServers: { other: { command: "x" }, countersign: gate }, more: [1] });
    expect(files[2]).toMatch(/^# Agents\n\nBe kind\.\n\n<!-- countersign:begin -->\n/);
    expect(files[3]).toMatch(/^KEPT=1\nCOUNTERSIGN_URL='http:\/\/localhost:\d+'\nCOUNTERSIGN_LOG_VKEY='localhost:/);

    const again = await init(at, args);
    expect((JSON.parse(again.stdout) as { files: { changed: boolean }[] }).files.map(({ changed }) => changed)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    writeFileSync(join(at, ".gitignore"), ".env\n");
    expect(JSON.parse((await init(at, args)).stdout)).toMatchObject({ key_written: true });
    expect([readFileSync(join(at, ".env"), "utf8").includes(agent.key), statSync(join(at, ".env")).mode & 0o777]).toEqual([true, 0o600]);
    execFileSync("git", ["add", "-f", ".env"], { cwd: at });
    rmSync(join(at, ".env"));
    expect(JSON.parse((await init(at, args)).stdout)).toMatchObject({ key_written: false });
  });

  it.each<[string, (at: string) => void]>([
    [
      "another server of that name",
      (at) => writeFileSync(join(at, ".mcp.json"), '{ "mcpServers": { "countersign": { "command": "x" } } }'),
    ],
    ["a file with comments", (at) => writeFileSync(join(at, ".mcp.json"), "{ // mine\n}")],
    ["a link", (at) => symlinkSync(join(folder, "elsewhere"), join(at, ".mcp.json"))],
    ["half of its own marks", (at) => writeFileSync(join(at, "AGENTS.md"), "<!-- countersign:end -->\n")],
  ])("leaves %s as it is, and says so", async (name, make) => {
    const at = project(name.replaceAll(" ", "-"));
    make(at);
    const { exitCode, stderr } = await init(at, ["--write"]);
    expect([exitCode, existsSync(join(folder, "elsewhere"))]).toEqual([1, false]);
    expect(stderr).toMatch(/^countersign init: (\.mcp\.json|AGENTS\.md): /);
  });

  it("writes nothing where no gate answers, or its log is another", async () => {
    const at = project("nothing");
    const silent = await runCommand(initProjectCommand, ["--write"], at, { ...STATE, COUNTERSIGN_URL: "http://127.0.0.1:9" });
    const vkey = makeVkey(`${new URL(service.origin).host}/log`, new Uint8Array(32).fill(7));
    const other = await runCommand(initProjectCommand, ["--write"], at, { ...environment(), COUNTERSIGN_LOG_VKEY: vkey });
    expect([silent.exitCode, other.exitCode, existsSync(join(at, ".mcp.json"))]).toEqual([1, 1, false]);
    expect(other.stderr).toContain("(log_key_unknown)");
    for (const args of [
      ["--client", "emacs"],
      ["--name", "a b"],
      ["--instructions", "X.md"],
      ["now"],
      ["--url", "http://gate.example.com"],
    ]) {
      expect([args, (await init(at, args)).exitCode]).toEqual([args, 2]);
    }
  });
});
