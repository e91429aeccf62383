/** `npm start` from outside: what it prints, what it keeps, and that nothing of it stays behind. */
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copyOfCheckout, secretsOf } from "#test/support/service/checkout.ts";
import { childrenOf, groupHasEnded, processesOf } from "#test/support/service/processes.ts";
import { type Launched, launch, type Service, type StartOptions, startService } from "#test/support/service/service.ts";

let root: string;
const started: Service[] = [];

beforeEach(() => {
  root = copyOfCheckout();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.kill()));
  rmSync(root, { recursive: true });
});

async function start(options: StartOptions = {}): Promise<Service> {
  const service = await startService({ root, stateDir: mkdtempSync(join(root, "state-")), ...options });
  started.push(service);
  return service;
}

/** Starts, and waits for the end that comes instead of being ready. */
async function failToStart(options: StartOptions = {}): Promise<Launched & { exitCode: number | null }> {
  const launched = await launch({ root, stateDir: mkdtempSync(join(root, "state-")), ...options });
  return { ...launched, exitCode: await launched.ended };
}

const vkeyOf = async (service: Service): Promise<string> => (await fetch(`${service.origin}/log/vkey`)).text();

describe("ready", () => {
  test("says where it is and how the first person gets in, and nothing else", async () => {
    const service = await start();
    const token = secretsOf(root)["SETUP_TOKEN"];
    expect(service.stdout).toEqual([`Countersign is ready at ${service.origin}`, `First person: ${service.origin}/setup#${token}`]);
    expect((await fetch(`${service.origin}/setup`)).status).toBe(200);
  });

  test("with the limits of calls, the vault and the queue that a deployment has", async () => {
    const service = await start();
    const health = (await (await fetch(`${service.origin}/healthz`)).json()) as object;
    expect(health).toMatchObject({ status: "ok" });
    for (const part of ["call_limits", "vault", "queue"]) expect(health).not.toHaveProperty(part);
  });

  test("makes its secrets once, for its owner's eyes only, and keeps them for every state", async () => {
    const one = await start();
    const secrets = secretsOf(root);
    expect(Buffer.from(secrets["LOG_SIGNING_KEY"] ?? "", "base64")).toHaveLength(32);
    expect(Buffer.from(secrets["SERVER_SECRET"] ?? "", "base64")).toHaveLength(32);
    expect(secrets["SETUP_TOKEN"]).toMatch(/^[\w-]{32,}$/);
    expect(statSync(join(root, ".dev.vars")).mode & 0o777).toBe(0o600);

    const other = await start();
    expect(secretsOf(root)).toEqual(secrets);
    expect(other.stateDir).not.toBe(one.stateDir);
    expect(other.setupToken).toBe(one.setupToken);
  });

  test("with another key and another log, as the environment says: a rotation, and what follows a database put back in time", async () => {
    const first = await start();
    const { stateDir, port, origin } = first;
    const oldVkey = await vkeyOf(first);
    await first.stop();
    const database = join(stateDir, "v3/d1");
    cpSync(database, join(root, "backup"), { recursive: true });

    const next = Buffer.alloc(32, 3).toString("base64");
    const signaturesOf = async () =>
      (await (await fetch(`${origin}/log/checkpoint`)).text()).split("\n").filter((line) => line.startsWith("—"));
    const both = await start({ stateDir, port, env: { LOG_NEXT_SIGNING_KEY: next } });
    const newVkey = await vkeyOf(both);
    expect(newVkey).not.toBe(oldVkey);
    expect(await signaturesOf()).toHaveLength(2);
    await both.stop();

    const secrets = { ...secretsOf(root), LOG_SIGNING_KEY: next };
    writeFileSync(
      join(root, ".dev.vars"),
      Object.entries(secrets)
        .map(([name, value]) => `${name}=${value ?? ""}\n`)
        .join(""),
    );
    const after = await start({ stateDir, port });
    expect(await vkeyOf(after)).toBe(newVkey);
    expect(await signaturesOf()).toHaveLength(1);
    await after.stop();

    rmSync(database, { recursive: true });
    cpSync(join(root, "backup"), database, { recursive: true });
    expect((await failToStart({ stateDir, port })).stderr.join("\n")).toContain("log_rolled_back");
    const second = await start({ stateDir, port, env: { LOG_ORIGIN: `localhost:${port}/log/2` } });
    expect((await vkeyOf(second)).startsWith(`localhost:${port}/log/2+`)).toBe(true);
    expect(await signaturesOf()).toHaveLength(1);
  });

  test("bundles anew what has changed, or what was kept and cannot be read, and keeps that alone", async () => {
    const bundles = join(root, ".wrangler", "bundle");
    const [kept = ""] = readdirSync(bundles);
    writeFileSync(join(bundles, kept), "half");
    const first = await start();
    expect(readdirSync(bundles)).toEqual([kept]);
    expect(statSync(join(bundles, kept)).size).toBeGreaterThan(100_000);
    expect(statSync(join(bundles, kept)).mode & 0o777).toBe(0o600);
    await first.stop();

    const page = join(root, "src/pages/people/joining/setup-page.tsx");
    writeFileSync(page, readFileSync(page, "utf8").replace("<h1>", "<h1>Changed: "));
    const changed = await start();
    expect(await (await fetch(`${changed.origin}/setup`)).text()).toContain("<h1>Changed: ");
    expect(readdirSync(bundles)).toEqual([expect.not.stringContaining(kept) as string]);
  });

  test("listens for this machine only", async () => {
    const { port } = await start();
    const server = createServer().listen(port, "127.0.0.2");
    await expect(once(server, "listening")).resolves.toEqual([]);
    server.close();
  });
});

describe("the end", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s stops every process and is no failure", async (signal) => {
    const service = await start();
    expect(processesOf(service.group).length).toBeGreaterThan(3);
    expect(await service.stop(signal)).toBe(0);
    expect(processesOf(service.group)).toEqual([]);
  });

  test("nothing outlives npm, or what npm runs, for long", async () => {
    for (const generation of [0, 2, 4]) {
      const service = await start({ command: ["npm", "start"] });
      let victim = service.group;
      for (let i = 0; i < generation; i++) victim = childrenOf(victim)[0] ?? victim;
      process.kill(victim, "SIGKILL");
      await expect(groupHasEnded(service.group, 15_000)).resolves.toBeUndefined();
    }
  });

  test("after a crash of everything the same port and state start again with the same log", async () => {
    const before = await start();
    const vkey = await vkeyOf(before);
    await before.kill();
    const after = await start({ port: before.port, stateDir: before.stateDir });
    expect(after.stdout).toEqual(before.stdout);
    expect(await vkeyOf(after)).toBe(vkey);
  });
});

test("on another port the state is the same, and so is the log", async () => {
  const before = await start();
  const vkey = await vkeyOf(before);
  await before.stop();
  const after = await start({ stateDir: before.stateDir });
  expect(after.port).not.toBe(before.port);
  expect(await vkeyOf(after)).toBe(vkey);
});

describe("refuses to start", () => {
  test("on a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const { exitCode, stdout, stderr, group } = await failToStart({ port });
    server.close();
    expect(exitCode).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr.join("\n")).toContain(`port ${port} is taken by another program`);
    expect(processesOf(group)).toEqual([]);
  });

  test.each(["http", "0", "65536", "80.5"])("on PORT=%s", async (text) => {
    const { exitCode, stderr } = await failToStart({ env: { PORT: text } });
    expect(exitCode).toBe(1);
    expect(stderr.join("\n")).toContain(`PORT is a number from 1 to 65535, not "${text}"`);
  });

  const SECRETS = {
    LOG_SIGNING_KEY: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    SERVER_SECRET: "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
    SETUP_TOKEN: "a-setup-token-that-is-long-enough",
  };
  const write = (secrets: Partial<typeof SECRETS>) =>
    writeFileSync(
      join(root, ".dev.vars"),
      Object.entries(secrets)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    );

  test.each([
    ["a missing LOG_SIGNING_KEY", "LOG_SIGNING_KEY", { SERVER_SECRET: SECRETS.SERVER_SECRET, SETUP_TOKEN: SECRETS.SETUP_TOKEN }],
    ["a LOG_SIGNING_KEY of 31 bytes", "LOG_SIGNING_KEY", { ...SECRETS, LOG_SIGNING_KEY: Buffer.alloc(31, 1).toString("base64") }],
    ["a SERVER_SECRET that is not base64", "SERVER_SECRET", { ...SECRETS, SERVER_SECRET: "correct horse battery staple" }],
    ["a short SETUP_TOKEN", "SETUP_TOKEN", { ...SECRETS, SETUP_TOKEN: "guess" }],
  ])("with %s, and names it", async (_, name, secrets) => {
    write(secrets);
    const { exitCode, stdout, stderr, group } = await failToStart();
    expect(exitCode).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr.join("\n")).toContain(`countersign: ${name} is missing`);
    expect(processesOf(group)).toEqual([]);
  });

  test("with a cap that is no number", async () => {
    const { exitCode, stderr } = await failToStart({ env: { MAX_PENDING_PER_AGENT: "many" } });
    expect(exitCode).toBe(1);
    expect(stderr.join("\n")).toContain("countersign: MAX_PENDING_PER_AGENT must be a whole number above zero");
  });

  test("on a state that another one runs on, which goes on undisturbed", async () => {
    const { stateDir, origin } = await start();
    const { exitCode, stdout, stderr } = await failToStart({ stateDir });
    expect([exitCode, stdout]).toEqual([1, []]);
    expect(stderr.join("\n")).toContain(`countersign: another Countersign runs on ${stateDir}; stop it, or choose another folder`);
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  });

  test("with a signing key that is not its log's", async () => {
    write(SECRETS);
    const { stateDir, port, stop } = await start();
    await stop();
    write({ ...SECRETS, LOG_SIGNING_KEY: Buffer.alloc(32, 7).toString("base64") });
    const { exitCode, stdout, stderr } = await failToStart({ stateDir, port });
    expect(exitCode).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr.join("\n")).toContain("LOG_SIGNING_KEY");
  });
});
