/** What an operator and a stranger do with the log of a real service: follow it, make it again from its database and from an export. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CountersignClient } from "#countersign/sdk/client.ts";
import { leastEnvironment, MAIN } from "#test/support/cli/command-line.ts";
import { damaged, flip } from "#test/support/log/damaged-database.ts";
import { Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";
import { stubService } from "#test/support/service/stub-service.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PAYLOAD = { service: "api", replicas: 3 };

const folder = mkdtempSync(join(tmpdir(), "countersign-operators-"));
const inFolder = (name: string): string => join(folder, name);
let service: Service;

/** What the commands have in their environment beside the usual. */
let environment: Record<string, string> = {};

async function run(program: string, ...args: string[]) {
  const env = {
    ...leastEnvironment(),
    HOME: folder,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_WRITE_LOGS: "false",
    ...environment,
  };
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}
const countersign = (...args: string[]) => run(MAIN, ...args);

/** The file of the service's database. */
function databaseFile(): string {
  const d1 = join(service.stateDir, "v3/d1/miniflare-D1DatabaseObject");
  const name = readdirSync(d1).find((one) => /^[0-9a-f]{64}\.sqlite$/.test(one));
  return join(d1, name ?? "");
}

beforeAll(async () => {
  service = await startService();
  const person = await Person.enrolFirst(service);
  const agent = await person.makeAgent("release-bot");
  const client = new CountersignClient({ url: service.origin, apiKey: agent.key });
  for (const verdict of ["approved", "denied"] as const) {
    const asked = await client.request({ action: "Deploy api to production", payload: PAYLOAD });
    if (!asked.ok) throw new Error(asked.refusal.message);
    await person.decide(asked.value.approval_url, verdict);
    await client.wait(asked.value.request_id, 20);
    if (verdict === "denied") continue;
    await client.redeem(asked.value.request_id, PAYLOAD);
    await client.outcome(asked.value.request_id, "unknown");
    await client.outcome(asked.value.request_id, "succeeded");
  }
});
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
  rmSync(folder, { recursive: true });
});

it("a stranger follows the log, and goes on from there", async () => {
  const log = `${service.origin}/log`;
  const first = await countersign("monitor", log, "--once", "--patience", "5", "--state", "state");
  expect(first.stdout).toMatch(/ verified localhost:\d+\/log has 8 leaves, 8 of them new, and the root [0-9a-f]{64}\n$/);
  expect(first).toMatchObject({ exitCode: 0, stderr: "" });
  const again = await countersign("monitor", log, "--once", "--patience", "5", "--state", "state", "--json");
  expect(JSON.parse(again.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ event: "verified", size: 8, previous_size: 8 });
});

it("an operator makes it again: as it runs, from the file of its database, and from an export", async () => {
  const running = await countersign("fsck", "--local", "--state-dir", service.stateDir, "--checkpoint", `${service.origin}/log`);
  expect(running).toMatchObject({ exitCode: 0, stderr: "" });
  expect(running.stdout).toContain("8, of which 0 are erased");
  expect(running.stdout).toContain("Every passkey, agent, policy, channel, server, connector, pattern and grant is let in by its leaf.");
  expect((await countersign("fsck", databaseFile())).stdout).toBe(running.stdout);

  mkdirSync(inFolder(".wrangler"));
  symlinkSync(service.stateDir, inFolder(".wrangler/state"));
  const database =
    '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "countersign"\ndatabase_id = "00000000-0000-0000-0000-000000000000"\n';
  writeFileSync(inFolder("wrangler.toml"), `name = "countersign"\ncompatibility_date = "2026-10-15"\n${database}`);
  const exporting = await run(
    join(ROOT, "node_modules/wrangler/bin/wrangler.js"),
    "d1",
    "export",
    "DB",
    "--local",
    "--output",
    "export.sql",
  );
  expect(exporting.exitCode).toBe(0);
  expect((await countersign("fsck", "export.sql")).stdout).toBe(running.stdout);
});

it("and is told the first place that is not as it was", async () => {
  await service.stop();
  const file = databaseFile();
  damaged(file, inFolder("damaged.sqlite"), (sqlite) => flip(sqlite, { table: "log_leaf", column: "entry", where: "idx = 3", byte: 20 }));
  const { exitCode, stdout } = await countersign("fsck", "damaged.sqlite");
  expect(stdout).toMatch(/^Not sound: leaf 3: its entry is not what its record and salt, and the hash in its tile, say\.\n$/);
  expect(exitCode).toBe(1);
});

it("a deployment's is made again through wrangler, which asks Cloudflare", async () => {
  const id = "5c0ffee5-0000-4000-8000-000000000000";
  const database = new DatabaseSync(databaseFile(), { readOnly: true });
  const cloudflare = await stubService(({ path, body }) => {
    if (path !== `/client/v4/accounts/account/d1/database/${id}/query`) return { status: 404, body: "" };
    const statements = (JSON.parse(body) as { sql: string }).sql.split(";\n");
    return {
      body: {
        success: true,
        errors: [],
        messages: [],
        result: statements.map((sql) => ({ success: true, results: database.prepare(sql).all(), meta: {} })),
      },
    };
  });
  const binding = { binding: "DB", database_name: "countersign", database_id: id };
  writeFileSync(
    inFolder("deployed.json"),
    JSON.stringify({ name: "countersign", compatibility_date: "2026-10-15", d1_databases: [binding] }),
  );
  environment = { CLOUDFLARE_API_BASE_URL: `${cloudflare.url}/client/v4`, CLOUDFLARE_API_TOKEN: "token", CLOUDFLARE_ACCOUNT_ID: "account" };
  const remote = await countersign("fsck", "--remote", "--config", "deployed.json");
  expect(remote).toEqual(await countersign("fsck", databaseFile()));
  expect(remote.exitCode).toBe(0);
  cloudflare.close();
  const away = await countersign("fsck", "--remote", "--config", "deployed.json");
  expect(away).toMatchObject({ exitCode: 2, stdout: "" });
  expect(away.stderr).toMatch(/^countersign fsck: cannot read it: wrangler ended with code 1:\n/);
  database.close();
});
