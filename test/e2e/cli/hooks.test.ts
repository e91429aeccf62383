/**
 * Hooks of agents' tools against the running service: each is fed what its tool's documentation has, and answers in its form. The tools
 * themselves are not run. What goes wrong on the way blocks, and says what it was.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hookSettings } from "#countersign/cli/hook/settings.ts";
import { CountersignClient } from "#countersign/sdk/client.ts";
import { leastEnvironment, MAIN } from "#test/support/cli/command-line.ts";
import { type FixtureMoment, HOOK_FIXTURES, type HookFixture, reasonIn, runHook, told } from "#test/support/cli/hook-fixtures.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";
import { approvalAnswer, stubService } from "#test/support/service/stub-service.ts";

const POLICY = `type: countersign/policy@v1
defaults: { effect: require_approval, risk: low }
rules:
  - name: status
    match: { when: args.input.command == "git status" }
    effect: allow
    risk: low
  - name: never
    match: { when: args.input.command == "rm -rf /" }
    effect: deny
    message: The root is never deleted.
  - name: numbered
    match: { when: args.input.command == "terraform apply" }
    effect: require_approval
    match_code: on
`;

const folder = mkdtempSync(join(tmpdir(), "countersign-hooks-"));
let service: Service;
let person: Person;
let agent: Agent;
let client: CountersignClient;
let environment: Record<string, string>;
let sessions = 0;

beforeAll(async () => {
  service = await startService();
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("coder");
  client = new CountersignClient({ url: service.origin, apiKey: agent.key });
  await person.publishPolicy(POLICY);
  environment = { COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: agent.key, COUNTERSIGN_STATE: join(folder, "state") };
});
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
  rmSync(folder, { recursive: true });
});

const newSession = () => `session-${++sessions}`;
const requestIn = (text: string): string => /apr_[A-Za-z0-9_-]+/.exec(text)?.[0] ?? "";
const standing = async (id: string) => {
  const found = await client.wait(id, 0);
  if (!found.ok) throw new Error(found.refusal.message);
  return found.value;
};

/** A call that is under way, with the link where people decide. */
function start(fixture: HookFixture, command: string, session: string, args: string[] = []) {
  let hear = (_url: string): void => {};
  const link = new Promise<string>((resolve) => (hear = resolve));
  const tell = (text: string) => {
    const url = /Decide at (\S+)\n/.exec(text)?.[1];
    if (url !== undefined) hear(url);
  };
  return { link, ended: runHook(fixture, "before", told(fixture, "before", { command, session }), { environment, args, tell }) };
}

const ask = (fixture: HookFixture, command: string, session: string, ...args: string[]) => start(fixture, command, session, args).ended;

function expectAllowed({ allowed }: HookFixture, { exitCode, stdout }: { exitCode: number | null; stdout: string }): void {
  expect(exitCode).toBe(0);
  if (allowed === null) expect(stdout).toBe("");
  else expect(JSON.parse(stdout)).toMatchObject(allowed);
}

function expectDenied(
  fixture: HookFixture,
  { exitCode, stdout }: { exitCode: number | null; stdout: string },
  reason: RegExp | string,
): void {
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject(fixture.denied);
  expect(reasonIn(fixture, stdout)).toMatch(reason);
}

// At once, since most of it is waiting.
describe.concurrent.each(HOOK_FIXTURES)("the hook of $tool", (fixture) => {
  it("waits, lets the call go once it is approved, and reports how it went; the same call again asks anew", async () => {
    const [session, command] = [newSession(), "git push origin main"];
    const asking = start(fixture, command, session);
    const url = await asking.link;
    await person.decide(url, "approved");
    expectAllowed(fixture, await asking.ended);
    const id = requestIn(url);
    expect(await standing(id)).toMatchObject({ status: "approved", redeemed_at: expect.any(String) as string });

    const moment: FixtureMoment = fixture.failed === undefined ? "after" : "failed";
    const report = () => runHook(fixture, moment, told(fixture, moment, { command, session }), { environment });
    expect(await report()).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    const outcome = moment === "failed" ? "failed" : fixture.tool === "codex" ? "unknown" : "succeeded";
    expect(await standing(id)).toMatchObject({ outcome });

    const again = start(fixture, command, session, ["--wait", "1"]);
    expect(requestIn(await again.link)).not.toBe(id);
    expectDenied(fixture, await again.ended, "nobody has declined it");
  });

  it("says who denied it and what they wrote", async () => {
    const asking = start(fixture, "git push --force", newSession());
    await person.decide(await asking.link, "denied", "Not over others' work");
    expectDenied(fixture, await asking.ended, /^This was denied by alex: it must not be done\.[^]*"Not over others' work"/);
  });

  it("lets pass at once what the policy allows, unless people alone may allow it, and says what the policy refuses", async () => {
    expectAllowed(fixture, await ask(fixture, "git status", newSession()));
    expectDenied(fixture, await ask(fixture, "git status", newSession(), "--allow-basis", "none"), /basis_not_allowed/);
    expectDenied(fixture, await ask(fixture, "rm -rf /", newSession()), /no person has declined it\. The root is never deleted\./);
  });

  it("blocks when nobody decides in time, and goes on with the same request when the same call comes again", async () => {
    const session = newSession();
    const first = start(fixture, "make release", session, ["--wait", "1"]);
    const url = await first.link;
    expectDenied(fixture, await first.ended, new RegExp(`nobody has decided yet, and nobody has declined it\\. Decide at ${url} `));
    await person.decide(url, "approved");
    // The same words in another session are another call.
    expectDenied(fixture, await ask(fixture, "make release", newSession(), "--wait", "1"), "nobody has decided yet");
    expectAllowed(fixture, await ask(fixture, "make release", session));
    expect(await standing(requestIn(url))).toMatchObject({ redeemed_at: expect.any(String) as string });
  });

  it("blocks, without a word of people, when the gate is down, says nothing, or answers garbage", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as { port: number };
    closed.close();
    const silent = await stubService(() => new Promise(() => {}));
    const garbage = await stubService(() => ({ body: "<html>It works!</html>" }));
    const lying = await stubService(() => ({ body: approvalAnswer({ status: "approved", redeemed_at: "2026-11-20T09:00:00.000Z" }) }));
    try {
      const ended = [`http://127.0.0.1:${port}`, silent.url, garbage.url, lying.url].map(
        async (url) =>
          await runHook(fixture, "before", told(fixture, "before", { session: newSession() }), {
            environment: { ...environment, COUNTERSIGN_URL: url },
            args: ["--answer", "1", "--wait", "1"],
          }),
      );
      for (const one of await Promise.all(ended)) expectDenied(fixture, one, /no person has declined it\. /);
    } finally {
      for (const stub of [silent, garbage, lying]) stub.close();
    }
  });
});

describe("a call that needs a number", () => {
  it("is answered at once with link and number, and waited for when it comes again", async () => {
    const [fixture] = HOOK_FIXTURES;
    if (fixture === undefined) throw new Error("there are fixtures");
    const session = newSession();
    const first = start(fixture, "terraform apply", session);
    const { match_code } = await standing(requestIn(await first.link));
    expectDenied(fixture, await first.ended, new RegExp(`which whoever approves has to pick: ${match_code}\n`));
    const second = start(fixture, "terraform apply", session);
    await person.decide(await second.link, "denied", "Not now");
    expectDenied(fixture, await second.ended, "This was denied by alex");
  });
});

describe("the hook as a process", () => {
  /** As the settings call it, in a shell that finds `countersign` at `main`. */
  async function inShell(tool: string, main: string, input: string, kill = false) {
    const bin = mkdtempSync(join(folder, "bin-"));
    writeFileSync(join(bin, "countersign"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
    chmodSync(join(bin, "countersign"), 0o755);
    const { content } = hookSettings({ name: tool });
    const command = /"command":"(countersign hook (?:[^"\\]|\\.)*)"/.exec(JSON.stringify(content))?.[1] ?? "";
    const { PATH = "", ...rest } = leastEnvironment();
    const child = spawn("sh", ["-c", JSON.parse(`"${command}"`) as string], {
      env: { ...rest, ...environment, PATH: `${bin}:${PATH}` },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (part: Buffer) => (stdout += part.toString()));
    child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    if (kill) while (!stderr.includes("Decide at")) await new Promise((wake) => setTimeout(wake, 20));
    if (kill) process.kill(Number(/PID (\d+)/.exec(stderr)?.[1]), "SIGKILL");
    const [exitCode] = (await once(child, "close")) as [number | null];
    return { exitCode, stdout, stderr };
  }

  it("answers, and ends at once, whatever is still under way", async () => {
    for (const fixture of HOOK_FIXTURES.filter(({ tool }) => tool === "claude-code" || tool === "cursor")) {
      expectAllowed(
        fixture,
        await inShell(fixture.tool, MAIN, JSON.stringify(told(fixture, "before", { command: "git status", session: newSession() }))),
      );
    }
  });

  it("is a no with a reason where it crashes, is killed, or is not there, by its settings", async () => {
    const crash = join(folder, "crash.mjs");
    writeFileSync(crash, "throw new Error('a bug');\n");
    const dies = join(folder, "dies.mjs");
    writeFileSync(dies, `process.stderr.write("PID " + process.pid + "\\nDecide at\\n"); setInterval(() => {}, 1000);\n`);
    for (const tool of ["claude-code", "codex", "gemini-cli", "cursor"]) {
      for (const [main, kill] of [
        [crash, false],
        [join(folder, "missing.mjs"), false],
        [dies, true],
      ] as const) {
        const ended = await inShell(tool, main, "{}", kill);
        expect(ended).toMatchObject({ exitCode: 2, stdout: "" });
        expect(ended.stderr).toContain("no person has declined it");
      }
    }
  });

  it("of opencode lets its plugin go on, or throw", async () => {
    const { file, content } = hookSettings({ name: "opencode" });
    const plugin = join(folder, file.replace(/\.js$/, ".mjs"));
    mkdirSync(join(plugin, ".."), { recursive: true });
    writeFileSync(plugin, content as string);
    const bin = mkdtempSync(join(folder, "bin-"));
    writeFileSync(join(bin, "countersign"), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(join(bin, "countersign"), 0o755);
    const script = `
      const { CountersignPlugin } = await import(${JSON.stringify(pathToFileURL(plugin).href)});
      const hooks = await CountersignPlugin({ directory: "/home/kim/shop" });
      for (const command of ["git status", "rm -rf /"]) {
        const input = { tool: "bash", sessionID: "ses_plugin", callID: command };
        try {
          await hooks["tool.execute.before"](input, { args: { command } });
          await hooks["tool.execute.after"]({ ...input, args: { command } }, {});
          console.log("done");
        } catch (error) {
          console.log(error.message);
        }
      }`;
    const run = async (path: string) => {
      const { PATH: _, ...rest } = leastEnvironment();
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { env: { ...rest, ...environment, PATH: path } });
      let stdout = "";
      child.stdout.on("data", (part: Buffer) => (stdout += part.toString()));
      await once(child, "close");
      return stdout.trim().split("\n");
    };
    expect(await run(`${bin}:/bin:/usr/bin`)).toEqual(["done", expect.stringContaining("The root is never deleted.")]);
    expect(await run(folder)).toEqual([
      expect.stringContaining("no person has declined it"),
      expect.stringContaining("no person has declined it"),
    ]);
  });
});

describe("what hooks keep", () => {
  it("lets nobody go on with another call's approval", async () => {
    const [fixture] = HOOK_FIXTURES;
    if (fixture === undefined) throw new Error("there are fixtures");
    const kept = join(folder, "state", "hooks");
    /** A call that waits, and the file that keeps its key. */
    const waiting = async (command: string) => {
      const before = new Set(readdirSync(kept));
      const { link, ended } = start(fixture, command, "session-of-both", ["--wait", "1"]);
      await ended;
      return { url: await link, file: join(kept, readdirSync(kept).find((name) => !before.has(name)) ?? "") };
    };
    const harmless = await waiting("git push origin docs");
    const other = await waiting("dropdb shop");
    await person.decide(harmless.url, "approved");
    // An agent that may write there gives a destructive call the key of an approved one.
    writeFileSync(other.file, readFileSync(harmless.file));
    expectDenied(fixture, await ask(fixture, "dropdb shop", "session-of-both", "--wait", "1"), "no person has declined it");
    expect(await standing(requestIn(harmless.url))).not.toHaveProperty("redeemed_at");
    expectAllowed(fixture, await ask(fixture, "git push origin docs", "session-of-both"));
  });

  it("is refused where others could have written it", async () => {
    const [fixture] = HOOK_FIXTURES;
    if (fixture === undefined) throw new Error("there are fixtures");
    const open = join(folder, "open-state");
    mkdirSync(join(open, "hooks"), { recursive: true });
    chmodSync(join(open, "hooks"), 0o777);
    const ended = await runHook(fixture, "before", told(fixture, "before", { command: "git status", session: newSession() }), {
      environment: { ...environment, COUNTERSIGN_STATE: open },
    });
    expectDenied(fixture, ended, /others may write to/);
  });
});
