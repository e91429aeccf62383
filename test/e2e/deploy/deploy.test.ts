/** `npm run deploy` against an account at Cloudflare that is a file: what is made, what is kept, and where secrets go. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { copyOfCheckout } from "#test/support/service/checkout.ts";
import { type Deployed, FakeCloudflare } from "#test/support/deploy/fake-cloudflare.ts";
import type { Fault } from "#test/support/deploy/fake-wrangler.ts";

const ORIGIN = "https://gate.example.com";
const NO_NETWORK = new URL("../../support/service/no-network.mjs", import.meta.url).href;
const KEPT = ".deploy.gate.example.com.vars";
const NAMES = ["LOG_SIGNING_KEY", "SERVER_SECRET", "SETUP_TOKEN", "VAULT_SECRET"];
const GIVEN = {
  LOG_SIGNING_KEY: randomBytes(32).toString("base64"),
  SERVER_SECRET: randomBytes(32).toString("base64"),
  SETUP_TOKEN: randomBytes(24).toString("base64url"),
  VAULT_SECRET: randomBytes(32).toString("base64"),
};

let root: string;
let cloudflare: FakeCloudflare;
beforeEach(async () => {
  root = copyOfCheckout();
  cloudflare = new FakeCloudflare();
  await cloudflare.open();
});
afterEach(async () => {
  await cloudflare.close();
  rmSync(root, { recursive: true });
});

const deploy = (args: string[] = [], env: NodeJS.Dict<string> = {}): Promise<Deployed> =>
  cloudflare.deploy(root, ["--wait", "3", ...args], env);
/** The first deployment, as in a terminal that was asked about the domain. */
const deployFirst = (env: NodeJS.Dict<string> = {}): Promise<Deployed> => deploy(["--replace-dns"], { PUBLIC_ORIGIN: ORIGIN, ...env });

const commands = ({ calls }: Deployed): string[] => calls.map(({ command }) => command);
const kept = () => parseEnv(readFileSync(join(root, KEPT), "utf8"));
const secretsAtCloudflare = () => cloudflare.account.worker?.secrets;
const READY = `Countersign is ready at ${ORIGIN}`;

/** A run that must not say that it succeeded, and why it did not. */
function failed({ code, stdout, stderr }: Deployed): string {
  expect(code).toBe(1);
  expect(stdout).not.toContain("ready at");
  return stderr;
}

describe("the archive", () => {
  const archives = () => cloudflare.account.worker?.versions.map(({ bindings }) => bindings.some(({ name }) => name === "ARCHIVE"));

  it.each([
    ["off", "none: R2 is not enabled in this account"],
    ["no right", "none: whoever deploys has no right to R2"],
  ] as const)("is left out where R2 is %s, which is said; a later deployment brings it", async (r2, said) => {
    cloudflare.change({ r2 });
    const run = await deployFirst();
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(`${said}. Requests that are over stay in their objects`);
    expect(run.stdout).toContain("archive: none, requests that are over stay in their objects");
    cloudflare.change({ r2: "on" });
    expect((await deploy()).code).toBe(0);
    expect(archives()).toEqual([false, true]);
  });

  it("is never taken away from a service that has one", async () => {
    await deployFirst();
    cloudflare.change({ r2: "no right" });
    expect(failed(await deploy())).toContain("has no right to R2, and the service that is deployed has an archive: countersign-archive");
    expect(archives()).toEqual([true]);
  });

  it("is found among more buckets than are listed", async () => {
    const buckets = [...Array.from({ length: 20 }, (_, i) => `a-${i}`), "countersign-archive"];
    cloudflare.change({ buckets });
    const run = await deployFirst();
    expect([run.code, cloudflare.account.buckets]).toEqual([0, buckets]);
    expect(run.stdout).toContain("countersign-archive, found");
  });

  it("fails the deployment where it is not known whether there is one", async () => {
    cloudflare.change({ faults: { "r2 bucket list": "absent" } });
    expect(failed(await deployFirst())).toMatch(/step 4\/11 Find or create the bucket/);
  });
});

describe("the queue and e-mail", () => {
  const bound = () => cloudflare.account.worker?.versions.at(-1)?.bindings.filter(({ type }) => type === "queue" || type === "send_email");
  const QUEUE = { name: "NOTICES", type: "queue" };
  const EMAIL = { name: "EMAIL", type: "send_email" };

  it.each([
    ["no plan", "queue: none, the account's plan has no queues; messages are sent by alarms and by the cron"],
    ["enabling", "queue: none, queues are not enabled in this account"],
    ["no right", "queue: none, whoever deploys has no right to queues"],
  ] as const)("the queue is left out where the account says %s, which is said; a later deployment brings it", async (queues, said) => {
    cloudflare.change({ queues });
    const run = await deployFirst();
    expect([run.code, bound()]).toEqual([0, []]);
    expect(run.stdout.split(said)).toHaveLength(3);
    cloudflare.change({ queues: "on" });
    expect((await deploy()).stdout).toContain("queue: countersign-notices, created");
    expect(bound()).toEqual([QUEUE]);
    expect((await deploy()).stdout).toContain("queue: countersign-notices, found");
    expect([bound(), cloudflare.account.queueNames]).toEqual([[QUEUE], ["countersign-notices"]]);
  });

  it("e-mail is on where a domain sends, and stays as it was where nobody may look", async () => {
    cloudflare.change({ senders: null });
    expect((await deployFirst()).stdout).toContain("e-mail: off, wrangler email sending list failed");
    cloudflare.change({ senders: [] });
    expect((await deploy()).stdout).toContain("e-mail: off, no domain of the account is set up for Email Sending");
    expect(bound()).toEqual([QUEUE]);
    cloudflare.change({ senders: ["mail.example.com"] });
    expect((await deploy()).stdout).toContain("e-mail: from mail.example.com\n");
    expect(bound()).toEqual([QUEUE, EMAIL]);
    cloudflare.change({ senders: null });
    expect((await deploy()).stdout).toContain("e-mail: on as before");
    expect(bound()).toEqual([QUEUE, EMAIL]);
  });
});

describe("the vault's secret", () => {
  it("is made by the next deployment of a service that was there before it, and nothing else is", async () => {
    await deployFirst();
    const { VAULT_SECRET: made, ...before } = secretsAtCloudflare() ?? {};
    expect(Buffer.from(made ?? "", "base64")).toHaveLength(32);
    const { worker } = cloudflare.account;
    cloudflare.change({ worker: worker && { ...worker, secrets: before } });
    rmSync(join(root, KEPT));
    const run = await deploy();
    expect(run.stdout).toContain(`VAULT_SECRET: made, and kept in ${KEPT}`);
    expect(secretsAtCloudflare()).toEqual({ ...before, ...kept() });
    expect(Object.keys(kept())).toEqual(["VAULT_SECRET"]);
  });
});

describe("the vault's secret on a machine that is thrown away", () => {
  it("is not made, which is said; it is set once it is given", async () => {
    const { VAULT_SECRET, ...others } = GIVEN;
    const run = await deployFirst({ ...others, CI: "true" });
    expect(run.stdout).toContain("VAULT_SECRET: not made on a machine that is thrown away; channels that need a credential are off");
    expect(secretsAtCloudflare()).toEqual(others);
    expect((await deploy([], { VAULT_SECRET, CI: "true" })).code).toBe(0);
    expect(secretsAtCloudflare()).toEqual(GIVEN);
  });
});

describe("the first deployment", () => {
  it("makes everything, serving nothing before it is whole; keeps a copy of the secrets; tells how the first person gets in", async () => {
    const run = await deployFirst();
    expect([run.code, run.stderr]).toEqual([0, ""]);
    expect(commands(run)).toEqual([
      "deploy",
      "whoami",
      "secret list",
      "r2 bucket list",
      "r2 bucket create countersign-archive",
      "queues create countersign-notices",
      "email sending list",
      "d1 list",
      "d1 create countersign",
      "d1 list",
      "d1 create countersign-audit",
      "d1 list",
      "d1 migrations apply DB",
      "d1 migrations list DB",
      "d1 migrations apply AUDIT",
      "d1 migrations list AUDIT",
      "secret bulk",
      "secret list",
      "deploy",
    ]);
    const { databases, buckets, worker } = cloudflare.account;
    expect(databases).toMatchObject([
      { name: "countersign", migrated: true },
      { name: "countersign-audit", migrated: true },
    ]);
    expect(buckets).toEqual(["countersign-archive"]);
    expect(worker?.versions).toHaveLength(1);
    expect(worker?.versions[0]?.bindings).toContainEqual({ name: "ARCHIVE", type: "r2_bucket" });
    expect(run.stdout.trimEnd().split("\n").at(-1)).toBe(`First person: ${ORIGIN}/setup#${kept()["SETUP_TOKEN"]}`);
    expect(run.stdout).toContain(`${READY}\n`);
    expect(run.stdout).toContain("limits of calls: AGENT_CALLS 6000 in 60 s");
    expect(run.stdout).toContain("archive: countersign-archive\n");

    expect(statSync(join(root, KEPT)).mode & 0o777).toBe(0o600);
    expect(kept()).toEqual(secretsAtCloudflare());
    for (const name of NAMES.slice(0, 2)) expect(Buffer.from(kept()[name] ?? "", "base64")).toHaveLength(32);
    expect(run.stdout).toContain(`${KEPT} holds the only copy`);
  });

  it("leaves wrangler.toml as it is, and puts address, variables and database beside it", async () => {
    const committed = readFileSync(join(root, "wrangler.toml"), "utf8");
    await deployFirst({ MAX_PENDING_PER_AGENT: "7" });
    expect(readFileSync(join(root, "wrangler.toml"), "utf8")).toBe(committed);
    expect(JSON.parse(readFileSync(join(root, "wrangler.deploy.json"), "utf8"))).toMatchObject({
      name: "countersign",
      main: "src/worker.ts",
      workers_dev: false,
      routes: [{ pattern: "gate.example.com", custom_domain: true }],
      keep_vars: true,
      vars: { PUBLIC_ORIGIN: ORIGIN, MAX_PENDING_PER_AGENT: "7" },
      ratelimits: [{ name: "AGENT_CALLS" }, { name: "SESSION_CALLS" }],
      d1_databases: [
        { binding: "DB", database_id: cloudflare.account.databases[0]?.uuid, migrations_dir: "d1-migrations" },
        { binding: "AUDIT", database_id: cloudflare.account.databases[1]?.uuid, migrations_dir: "d1-migrations/audit" },
      ],
    });
    expect(readdirSync(root).filter((name) => name.startsWith("wrangler."))).toEqual(["wrangler.deploy.json", "wrangler.toml"]);
  });

  it("takes secrets from the environment, and then keeps none", async () => {
    const run = await deployFirst({ ...GIVEN, CI: "true" });
    expect(run.code).toBe(0);
    expect(secretsAtCloudflare()).toEqual(GIVEN);
    expect(readdirSync(root)).not.toContain(KEPT);
  });

  it("sets a next signing key where one is given, makes none, and leaves one that is set", async () => {
    await deployFirst();
    expect(secretsAtCloudflare()).not.toHaveProperty("LOG_NEXT_SIGNING_KEY");
    const next = randomBytes(32).toString("base64");
    expect((await deploy([], { LOG_NEXT_SIGNING_KEY: next })).code).toBe(0);
    expect(secretsAtCloudflare()).toMatchObject({ ...kept(), LOG_NEXT_SIGNING_KEY: next });
    const again = await deploy([], { LOG_NEXT_SIGNING_KEY: randomBytes(32).toString("base64"), LOG_ORIGIN: "gate.example.com/log/2" });
    expect(again.stdout).toContain("LOG_NEXT_SIGNING_KEY was set before, and is left as it was");
    expect(secretsAtCloudflare()).toHaveProperty("LOG_NEXT_SIGNING_KEY", next);
    expect(readFileSync(join(root, "wrangler.deploy.json"), "utf8")).toContain('"LOG_ORIGIN": "gate.example.com/log/2"');
  });

  it("puts what is new where it is told to, keeps that, and does not move into another jurisdiction", async () => {
    const places = { DATABASE_LOCATION: "weur", OBJECT_LOCATION: "weur", WORKER_PLACEMENT: "smart" };
    const run = await deployFirst({ ...places, JURISDICTION: "eu" });
    expect(run.calls.find(({ command }) => command.startsWith("d1 create"))?.args).toEqual([
      "d1",
      "create",
      "countersign",
      "--jurisdiction",
      "eu",
    ]);
    const ofBuckets = run.calls.filter(({ command }) => command.startsWith("r2 bucket")).map(({ args }) => args.slice(-2));
    expect(ofBuckets).toEqual([
      ["--jurisdiction", "eu"],
      ["--jurisdiction", "eu"],
    ]);
    expect(run.stdout).toContain("jurisdiction: eu; a new database and the log's writer: weur; requests: weur; Worker: smart placement;");
    expect((await deploy()).code).toBe(0);
    expect(JSON.parse(readFileSync(join(root, "wrangler.deploy.json"), "utf8"))).toMatchObject({
      placement: { mode: "smart" },
      cache: { enabled: true },
      vars: { ...places, JURISDICTION: "eu" },
      r2_buckets: [{ binding: "ARCHIVE", jurisdiction: "eu" }],
    });
    const versions = cloudflare.account.worker?.versions.length;
    expect(failed(await deploy([], { JURISDICTION: "us" }))).toContain("it is deployed in the jurisdiction eu, not in us");
    expect(cloudflare.account.worker?.versions).toHaveLength(versions ?? 0);
  });

  it("serves below workers.dev only if told to", async () => {
    const origin = "https://countersign.example.workers.dev";
    expect(failed(await deploy([], { PUBLIC_ORIGIN: origin }))).toContain("workers.dev, a public suffix");
    const run = await deploy(["--workers-dev"], { PUBLIC_ORIGIN: origin });
    expect(run.code).toBe(0);
    const written = JSON.parse(readFileSync(join(root, "wrangler.deploy.json"), "utf8")) as object;
    expect(written).toMatchObject({ workers_dev: true });
    expect(written).not.toHaveProperty("routes");
  });
});

describe("another deployment", () => {
  it("changes nothing but the code, and needs no setting", async () => {
    await deployFirst();
    const { databases, worker } = cloudflare.account;
    cloudflare.change({ enrolled: true });
    const keptBefore = readFileSync(join(root, KEPT), "utf8");
    const run = await deploy();
    expect([run.code, run.stderr]).toEqual([0, ""]);
    expect(commands(run)).not.toContain("secret bulk");
    expect(commands(run)).not.toContain("d1 create countersign");
    expect(cloudflare.account.databases).toEqual(databases);
    expect(secretsAtCloudflare()).toEqual(worker?.secrets);
    expect(cloudflare.account.worker?.versions).toMatchObject([
      { id: "version-1" },
      { id: "version-2", bindings: worker?.versions[0]?.bindings },
    ]);
    expect(readFileSync(join(root, KEPT), "utf8")).toBe(keptBefore);
    expect(run.stdout).toContain(READY);
    expect(run.stdout).not.toContain("First person");
  });

  it("on another machine finds all of it, and does not know the setup token", async () => {
    await deployFirst();
    rmSync(join(root, KEPT));
    rmSync(join(root, "wrangler.deploy.json"));
    const run = await deploy();
    expect(run.code).toBe(0);
    expect(commands(run)).not.toContain("secret bulk");
    expect(run.stdout).toContain(`First person: ${ORIGIN}/setup#\n`);
  });

  it("sets what is missing and overwrites nothing, whatever is given", async () => {
    await deployFirst();
    const { SETUP_TOKEN: gone, ...rest } = secretsAtCloudflare() ?? {};
    const { worker } = cloudflare.account;
    cloudflare.change({ worker: worker === null ? null : { ...worker, secrets: rest } });
    const run = await deploy([], GIVEN);
    expect(run.code).toBe(0);
    expect(run.calls.find(({ command }) => command === "secret bulk")?.input).toBe(JSON.stringify({ SETUP_TOKEN: GIVEN.SETUP_TOKEN }));
    expect(secretsAtCloudflare()).toEqual({ ...rest, SETUP_TOKEN: GIVEN.SETUP_TOKEN });
    expect(gone).not.toBe(GIVEN.SETUP_TOKEN);
    expect(run.stdout).toContain(`/setup#${GIVEN.SETUP_TOKEN}`);
  });

  it("keeps its address unless it is told twice", async () => {
    await deployFirst();
    const moved = { PUBLIC_ORIGIN: "https://other.example.com" };
    expect(failed(await deploy(["--replace-dns"], moved))).toContain(`it is deployed at ${ORIGIN}, not https://other.example.com`);
    const run = await deploy(["--replace-dns", "--change-origin"], moved);
    expect(run.stdout).toContain("Countersign is ready at https://other.example.com");
    expect(secretsAtCloudflare()).toEqual(kept());
  });
});

/** One failure after the other, each further on than those before, and where it is found. */
const FAULTS: [command: string, fault: Fault, step: RegExp][] = [
  ["deploy", "absent", /step 1\/11 Check the settings, build and bundle/],
  ["whoami", "absent", /step 2\/11 .*not signed in/],
  ["secret list", "absent", /step 3\/11 Find what is deployed/],
  ["r2 bucket list", "absent", /step 4\/11 Find or create the bucket of the archive/],
  ["r2 bucket create countersign-archive", "absent", /step 4\/11 Find or create the bucket of the archive/],
  ["r2 bucket create countersign-archive", "present", /step 4\/11 Find or create the bucket of the archive/],
  ["queues create countersign-notices", "absent", /step 5\/11 Find or create the queue/],
  ["queues create countersign-notices", "present", /step 5\/11 Find or create the queue/],
  ["d1 list", "absent", /step 6\/11 Find or create the database/],
  ["d1 create countersign", "absent", /step 6\/11 Find or create the database/],
  ["d1 create countersign", "nothing", /step 6\/11 .*made no database/],
  ["d1 create countersign", "present", /step 6\/11 Find or create the database/],
  ["d1 create countersign-audit", "absent", /step 6\/11 Find or create the database/],
  ["d1 create countersign-audit", "nothing", /step 6\/11 .*made no database/],
  ["d1 create countersign-audit", "present", /step 6\/11 Find or create the database/],
  ["d1 migrations apply DB", "absent", /step 7\/11 Apply migrations/],
  ["d1 migrations apply DB", "nothing", /step 7\/11 .*some of DB are left/],
  ["d1 migrations apply DB", "present", /step 7\/11 Apply migrations/],
  ["d1 migrations apply AUDIT", "absent", /step 7\/11 Apply migrations/],
  ["d1 migrations apply AUDIT", "nothing", /step 7\/11 .*some of AUDIT are left/],
  ["d1 migrations apply AUDIT", "present", /step 7\/11 Apply migrations/],
  ["secret bulk", "absent", /step 8\/11 Make and set the secrets/],
  ["secret bulk", "nothing", /step 8\/11 .*not set: LOG_SIGNING_KEY, SERVER_SECRET, SETUP_TOKEN, VAULT_SECRET/],
  ["secret bulk", "present", /step 8\/11 Make and set the secrets/],
];

test("whichever command fails, nothing is reported as done, and the next run goes on", async () => {
  for (const [command, fault, step] of FAULTS) {
    cloudflare.change({ faults: { [command]: fault } });
    const stderr = failed(await deployFirst());
    expect(stderr, `${command} ${fault}`).toMatch(step);
    expect(stderr).toContain("Nothing after it was done. Run it again");
    expect(cloudflare.account.worker?.versions ?? []).toEqual([]);
  }
  const run = await deployFirst();
  expect([run.code, run.stderr]).toEqual([0, ""]);
  expect(commands(run)).not.toContain("d1 create countersign");
  expect(commands(run)).not.toContain("secret bulk");
  expect(cloudflare.account.databases).toMatchObject([
    { name: "countersign", migrated: true },
    { name: "countersign-audit", migrated: true },
  ]);
  expect(secretsAtCloudflare()).toEqual(kept());
  expect(run.stdout).toContain(`First person: ${ORIGIN}/setup#${kept()["SETUP_TOKEN"]}`);
});

test("an upload that fails leaves the version before in place", async () => {
  await deployFirst();
  cloudflare.change({ aborts: true });
  expect(failed(await deploy())).toMatch(/step 9\/11 .*uploaded nothing/);
});

test.each(["configuration", "database", "log"])("an upload whose %s is not well is no success, and can be taken back", async (part) => {
  cloudflare.change({ ailing: part });
  const stderr = failed(await deployFirst());
  expect(stderr).toContain(`${ORIGIN}/healthz: its ${part} is not well`);
  expect(stderr).toContain("npx wrangler rollback --config wrangler.deploy.json");
});

describe("refuses", () => {
  it("a second signing key for a log that has one", async () => {
    const database = { uuid: "5c0ffee5-0000-4000-8000-000000000009", name: "countersign", migrated: true, log: "gate.example.com/log" };
    cloudflare.change({ databases: [database] });
    expect(failed(await deployFirst())).toContain("the database holds the log gate.example.com/log, which no other key can go on with");
    expect(secretsAtCloudflare()).toBeUndefined();
    expect((await deployFirst({ LOG_SIGNING_KEY: GIVEN.LOG_SIGNING_KEY })).code).toBe(0);
    expect(secretsAtCloudflare()?.["LOG_SIGNING_KEY"]).toBe(GIVEN.LOG_SIGNING_KEY);
  });

  it("to make secrets on a machine that is thrown away", async () => {
    expect(failed(await deployFirst({ CI: "true" }))).toContain("made here they would be lost with this machine");
    expect(secretsAtCloudflare()).toBeUndefined();
    expect(readdirSync(root)).not.toContain(KEPT);
  });

  it("to take over a domain unasked, where wrangler could not ask", async () => {
    const run = await deploy([], { PUBLIC_ORIGIN: ORIGIN });
    expect(failed(run)).toContain("replaces whatever gate.example.com points to now, unasked");
    expect(commands(run)).toEqual(["deploy", "whoami", "secret list"]);
  });

  it("a setting that does not fit, before it does anything", async () => {
    const run = await deploy([], { PUBLIC_ORIGIN: ORIGIN, LOG_SIGNING_KEY: "hunter2" });
    expect(failed(run)).toBe("countersign: LOG_SIGNING_KEY is missing or not base64 of 32 bytes; make one with: openssl rand -base64 32\n");
    expect(run.calls).toEqual([]);
  });

  it("a first deployment that has no address", async () => {
    const run = await deploy();
    expect(failed(run)).toContain("PUBLIC_ORIGIN is missing, and nothing is deployed yet");
    expect(commands(run)).toEqual(["deploy", "whoami", "secret list"]);
  });
});

/** All files below the checkout that may have been written. */
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules") return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path) : [path];
  });

test.each<[string, NodeJS.Dict<string>]>([
  ["made", {}],
  ["given", GIVEN],
])("secrets that are %s go to wrangler's input and nowhere else; the setup token also into the link", async (_, given) => {
  cloudflare.change({ faults: { "secret bulk": "present", whoami: "absent" } });
  const runs = [await deployFirst(given), await deployFirst(given), await deployFirst(given), await deploy([], given)];
  expect(runs.map(({ code }) => code)).toEqual([1, 1, 0, 0]);
  const secrets = Object.entries(secretsAtCloudflare() ?? {});
  expect(secrets.map(([name]) => name).toSorted()).toEqual(NAMES);
  for (const [name, secret] of secrets) {
    for (const { calls, stdout, stderr } of runs) {
      const link = name === "SETUP_TOKEN" ? `First person: ${ORIGIN}/setup#${secret}\n` : "";
      expect(`${stdout}${stderr}`.replace(link, "")).not.toContain(secret);
      for (const { command, args, env, input } of calls) {
        expect(JSON.stringify([args, env])).not.toContain(secret);
        if (command !== "secret bulk") expect(input).toBe("");
      }
    }
    const holders = filesOf(root).filter((path) => readFileSync(path, "utf8").includes(secret));
    expect(holders).toEqual(given === GIVEN ? [] : [join(root, KEPT)]);
  }
});

describe("--dry-run", () => {
  /** The real wrangler, as npm runs it, with no account and cut off from the network. */
  function dryRun(env: NodeJS.Dict<string> = {}): { status: number | null; stdout: string; stderr: string } {
    const cutOff = { NODE_OPTIONS: `--import ${NO_NETWORK}`, CLOUDFLARE_API_TOKEN: "", HOME: root, PUBLIC_ORIGIN: "" };
    const options = { cwd: root, encoding: "utf8" as const, env: { ...process.env, ...cutOff, ...env } };
    return spawnSync(process.execPath, ["scripts/run.mjs", "deploy", "--dry-run"], options);
  }

  it("needs no account and no network: builds and bundles, then tells every step it would take, in order", () => {
    const { status, stdout, stderr } = dryRun({ PUBLIC_ORIGIN: ORIGIN });
    expect([status, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.slice(0, 4))).toEqual([
      ...Array.from({ length: 11 }, (_, i) => `${i + 1}/11`.padEnd(5).slice(0, 4)),
      "Dry ",
    ]);
    for (const line of lines.slice(1, -1)) expect(line).toMatch(/: left out, this is a dry run$/);
    expect(lines.at(-1)).toContain("limits of calls: AGENT_CALLS 6000 in 60 s, SESSION_CALLS 1200 in 60 s");
    expect(lines.at(-1)).toContain("; objects: ApprovalRequest, LogSequencer, AgentActivity, UpstreamServer, Connector, PersonInbox; ");
    expect(lines.at(-1)).toContain("; record of calls: countersign-audit; ");
    expect(lines.at(-1)).toContain("; archive: countersign-archive, if the account has R2");
    expect(lines.at(-1)).toContain(
      "; queue: countersign-notices, if the account has queues; e-mail: EMAIL, if a domain of the account sends; ",
    );
    expect(lines.at(-1)).toContain("; secrets: LOG_SIGNING_KEY, SERVER_SECRET, SETUP_TOKEN, VAULT_SECRET, made where they are missing");
    expect(lines.at(-1)).toContain(
      "jurisdiction: none; a new database and the log's writer: where Cloudflare puts them; requests: near who asks;",
    );
    expect(readdirSync(join(root, "dist", "browser", "assets")).length).toBeGreaterThan(5);
    expect(readdirSync(root).filter((name) => /^(wrangler|\.deploy)\./.test(name))).toEqual(["wrangler.toml"]);
  });

  it("fails with what is wrong: a setting, or code that cannot be bundled", () => {
    expect(dryRun()).toMatchObject({ status: 1, stderr: expect.stringContaining("PUBLIC_ORIGIN is missing") as unknown });
    writeFileSync(join(root, "src", "worker.ts"), 'export { default } from "./not-there.ts";\n');
    const broken = dryRun({ PUBLIC_ORIGIN: ORIGIN });
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/step 1\/11 .*not-there\.ts/s);
  });
});
