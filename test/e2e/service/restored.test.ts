/** The drill of docs/operations.md, "Backup and restore": both databases are written out, destroyed, made again, and the service goes on. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { matchOf, termsOf, wordsOf } from "#storage/calls/terms.ts";
import { leastEnvironment } from "#test/support/cli/command-line.ts";
import { treeOf } from "#test/support/log-by-hand.ts";
import { RestAgent } from "#test/support/rest-agent.ts";
import { Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "countersign-restored-"));
const [stateDir, first, second] = ["state", "first", "second"].map((name) => join(folder, name)) as [string, string, string];
let service: Service;
let person: Person;
let agent: RestAgent;
let id: string;

const env = () => ({ ...leastEnvironment(), HOME: folder, PATH: `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"] ?? ""}` });
const script = (name: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts/backup", name), ...args], {
    cwd: ROOT,
    env: env(),
    encoding: "utf8",
  });
  return { status, said: `${stdout}${stderr}` };
};
const local = ["--local", "--state-dir", stateDir];
const again = (): Promise<Service> => startService({ port: service.port, stateDir });
const databases = () => globSync("v3/d1/**/*.sqlite", { cwd: stateDir }).map((file) => join(stateDir, file));

async function approve(): Promise<string> {
  const { view } = await agent.ask({ action: `Deploy, ${crypto.randomUUID()}`, payload: {} });
  await person.decide(view.approval_url, "approved");
  expect((await agent.redeem(view.request_id, {}, "key")).status).toBe(200);
  return view.request_id;
}

const checkpoint = async (): Promise<string> => (await fetch(`${service.origin}/log/checkpoint`)).text();

/** The file of the record of calls. */
function withAudit<Done>(work: (sqlite: DatabaseSync) => Done): Done {
  const file = databases().find((one) => {
    const sqlite = new DatabaseSync(one);
    const found = sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'call'").get() !== undefined;
    sqlite.close();
    return found;
  });
  const sqlite = new DatabaseSync(file ?? "");
  const done = work(sqlite);
  sqlite.close();
  return done;
}

const CALL = {
  agent: { id: "agt_1", name: "bot" },
  server: { id: "srv_1", name: "github" },
  tool: "get_me",
  rule: "reads",
  request: null,
};
/** Of what is kept of a call's arguments, and of its result, each longer than half of what one statement may be. */
const LONG = `it's ${"é".repeat(35_000)}`;

const searched = (sqlite: DatabaseSync, match: string | null) =>
  sqlite
    .prepare("SELECT rowid AS id FROM words WHERE words MATCH ?")
    .all(match ?? "")
    .map((row) => row["id"]);

/** A call as an agent's object records it: only what is searched matters here. */
function recordCall(sqlite: DatabaseSync): void {
  const [args, result] = [`{"who":"it's; me"}`, "Ada\n-- Lovelace"];
  sqlite.prepare("INSERT INTO call VALUES (7, 'agt_1', 1, ?, 'salt', 'succeeded', NULL, NULL, NULL, NULL)").run(JSON.stringify(CALL));
  sqlite.prepare("INSERT INTO content VALUES (7, 99, ?, ?, '')").run(args, result);
  const terms = termsOf(CALL, { status: "succeeded", request: null }, { session: null, trace: null });
  sqlite.prepare("INSERT INTO words (rowid, terms, text) VALUES (7, ?, ?)").run(terms, wordsOf(args, result));
  sqlite.prepare("INSERT INTO call VALUES (9, 'agt_1', 2, ?, 'salt', 'succeeded', NULL, NULL, NULL, NULL)").run(JSON.stringify(CALL));
  sqlite.prepare("INSERT INTO content VALUES (9, 99, ?, ?, '')").run(LONG, LONG);
}

beforeAll(async () => {
  service = await startService({ stateDir });
  person = await Person.enrolFirst(service);
  agent = new RestAgent(service.origin, (await person.makeAgent("bot")).key);
  id = await approve();
});
afterAll(async () => {
  await service?.kill();
  rmSync(folder, { recursive: true });
});

it("is written while the service runs, never over another one, and by its owner alone", () => {
  const written = script("backup.mjs", first, ...local);
  expect(written).toMatchObject({ status: 0 });
  expect(readFileSync(join(first, "d1.sql"), "utf8")).toContain(`${id}:final`);
  expect(script("backup.mjs", first, ...local)).toMatchObject({ status: 1 });
  expect(script("restore.mjs", first, ...local).said).toContain("a Countersign runs on");
  const fsck = execFileSync(process.execPath, [join(ROOT, "packages/countersign/src/cli/main.ts"), "fsck", join(first, "d1.sql")], {
    env: env(),
    encoding: "utf8",
  });
  expect(fsck).toContain("Sound: ");
});

it("is restored where nothing is: the log is sound, searches find what they found, signing goes on, keys stand", async () => {
  const source = `type: countersign/policy@v1\ndefaults: { separation: false, match_code: off }\nrules: []\n${`# it's ${"a".repeat(90)}\n`.repeat(1_550)}`;
  expect(source.length).toBeGreaterThan(150_000);
  await person.publishPolicy(source);
  const before = await checkpoint();
  await service.stop();
  withAudit(recordCall);
  expect(script("backup.mjs", second, ...local)).toMatchObject({ status: 0 });
  expect(script("restore.mjs", second, ...local).said).toContain("DB has tables already");
  rmSync(join(stateDir, "v3/d1"), { recursive: true });
  const restored = script("restore.mjs", second, ...local);
  expect(restored.said).toContain("Sound: ");
  expect(restored).toMatchObject({ status: 0 });
  expect(restored.said).toContain("The record of calls has all that the log commits to.");
  withAudit((sqlite) => {
    expect(searched(sqlite, matchOf({ server: "github", status: "succeeded" }, "lovelace"))).toEqual([7]);
    expect(searched(sqlite, matchOf({ server: "other" }, undefined))).toEqual([]);
    expect(sqlite.prepare("SELECT arguments, result FROM content WHERE id = 9").get()).toEqual({ arguments: LONG, result: LONG });
  });
  service = await again();
  expect(await checkpoint()).toBe(before);
  expect((await agent.read(id)).view.status).toBe("approved");
  expect(await (await person.get("/api/v1/policies/1")).text()).toContain("it's aaa");
  await approve();
  expect(treeOf(await checkpoint()).size).toBe(treeOf(before).size + 2);
});

it("that is behind what was signed is found, and signs nothing", async () => {
  const newest = join(folder, "checkpoint");
  writeFileSync(newest, await checkpoint());
  await service.stop();
  rmSync(join(stateDir, "v3/d1"), { recursive: true });
  const restored = script("restore.mjs", first, ...local, "--checkpoint", newest);
  expect(restored.status).toBe(1);
  expect(restored.said).toContain("Not sound: checkpoint");
  await expect(again()).rejects.toThrow("log_rolled_back");
  // As docs/operations.md says where the newer state is truly lost.
  const origin = `localhost:${service.port}/log/2`;
  service = await startService({ port: service.port, stateDir, env: { LOG_ORIGIN: origin } });
  expect(await checkpoint()).toMatch(new RegExp(`^${origin}\n2\n`));
  await approve();
});

it("says what it would do, and does not do it", () => {
  const other = join(folder, "other");
  const dry = script("restore.mjs", other, ...local, "--dry-run");
  expect(dry.said).toContain(`wrangler d1 execute DB --local --persist-to ${stateDir} --yes --file ${join(other, "d1.sql")}`);
  expect(dry.said).toContain("countersign fsck --local");
  const remote = script("backup.mjs", other, "--remote", "--dry-run");
  expect(remote.said).toMatch(
    /wrangler d1 export DB --remote .* --output .*d1\.sql\nwrangler d1 execute AUDIT --remote .* --json, table by table/,
  );
  expect(existsSync(other)).toBe(false);
  expect(script("restore.mjs", other).said).toContain("say --local or --remote");
});
