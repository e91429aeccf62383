/** What the command line writes, on a machine with others: nowhere else than it seems, and for its user's eyes alone. */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { redeemCommand } from "#countersign/cli/approvals/redeem.ts";
import { outcomeCommand } from "#countersign/cli/approvals/report-outcome.ts";
import { request } from "#countersign/cli/approvals/request.ts";
import { wait } from "#countersign/cli/approvals/wait.ts";
import { monitor } from "#countersign/cli/monitor/monitor.ts";
import { verifyCommand } from "#countersign/cli/verify/verify.ts";
import { witness } from "#countersign/cli/witness/witness.ts";
import { apiKeyFrom } from "#countersign/documents/api-key.ts";
import type { LogRecord } from "#countersign/documents/record.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { makeSigner, makeVkey } from "#countersign/tlog/note.ts";
import { type Ended, runCommand, spawnCommandLine } from "#test/support/cli/command-line.ts";
import { loggedReceipt } from "#test/support/documents/logged-receipt.ts";
import { LOG_ORIGIN, makeWorld, ORIGIN } from "#test/support/documents/sealed-receipt.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { approvalAnswer, stubService } from "#test/support/service/stub-service.ts";

const ID = `apr_${"A".repeat(32)}`;
const world = await makeWorld();
const VKEY = world.trust.vkey ?? "";
const { text: receiptText, log: receiptLog } = await loggedReceipt(world, 9);
const key = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(7));
const followed = await followedLog(1);

/** A log with a genesis, as monitors want it; another number, another history. */
async function followedLog(label: number): Promise<ServedLog> {
  const record: LogRecord = {
    type: "countersign/record@v1",
    kind: "log.genesis",
    log: LOG_ORIGIN,
    at: "2026-11-20T09:30:00.000Z",
    origin: ORIGIN,
    vkey: makeVkey(LOG_ORIGIN, key.publicKey),
    previous: null,
  };
  const begun = new ServedLog(LOG_ORIGIN, key);
  begun.keyItems = [await begun.seal({ record, salt: b64u(new Uint8Array(32)) })];
  return begun.growTo(20, label);
}

const everything = mkdtempSync(join(tmpdir(), "countersign-written-"));
afterAll(() => rmSync(everything, { recursive: true }));

let folder: string;
let monitored: ServedLog;
let stub: Awaited<ReturnType<typeof stubService>>;
beforeEach(async () => {
  folder = mkdtempSync(join(everything, "test-"));
  mkdirSync(join(folder, "memory"), { mode: 0o700 });
  writeFileSync(join(folder, "given.json"), receiptText);
  monitored = followed;
  const ended = { request_id: ID, status: "approved", redeemed_at: "2026-11-20T09:20:00.000Z", outcome: "succeeded" };
  stub = await stubService(({ path }) => {
    if (path.startsWith("/followed/")) return monitored.answer({ path: path.replace("/followed", "/log") });
    if (path.endsWith("/receipt")) return { body: receiptText };
    return path.startsWith("/api/") ? { body: approvalAnswer(ended) } : receiptLog.answer({ path });
  });
});
afterEach(() => stub.close());

const inFolder = (name: string): string => join(folder, name);
const environment = () => ({
  COUNTERSIGN_URL: stub.url,
  COUNTERSIGN_API_KEY: apiKeyFrom(new Uint8Array(64).fill(1)),
  COUNTERSIGN_LOG_VKEY: VKEY,
  COUNTERSIGN_STATE: inFolder("memory"),
});

/** No address of any machine: a witness that is not refused before ends there. */
const NOWHERE = ["--host", "192.0.2.1", "--port", "0"];
const COSIGNING = ["--name", "witness.example/w1", "--log", VKEY, ...NOWHERE];
const COMMANDS = { monitor, witness, verify: verifyCommand, request, wait, redeem: redeemCommand, outcome: outcomeCommand };

/** Each command that writes: what it is told, the file, and how it ends when it must not write there. */
const WRITERS: Record<string, { command: keyof typeof COMMANDS; args: () => string[]; file: string; exitCode: number }> = {
  "monitor --state": {
    command: "monitor",
    args: () => [`${stub.url}/followed`, "--once", "--patience", "0", "--state", "state"],
    file: "state",
    exitCode: 2,
  },
  "witness --state": { command: "witness", args: () => [...COSIGNING, "--state", "state"], file: "state", exitCode: 1 },
  "witness --key": { command: "witness", args: () => [...COSIGNING, "--state", "state", "--key", "key"], file: "key", exitCode: 1 },
  "verify --remember": {
    command: "verify",
    args: () => ["given.json", "--vkey", VKEY, "--origin", ORIGIN, "--remember", "--log", `${stub.url}/log`],
    file: "memory/logs.json",
    exitCode: 1,
  },
  "request --receipt": {
    command: "request",
    args: () => ["--action", "Deploy", "--payload-json", "{}", "--receipt", "saved.json"],
    file: "saved.json",
    exitCode: 2,
  },
  "wait --receipt": { command: "wait", args: () => [ID, "--receipt", "saved.json"], file: "saved.json", exitCode: 2 },
  "redeem --receipt": {
    command: "redeem",
    args: () => [ID, "--payload-json", "{}", "--receipt", "saved.json"],
    file: "saved.json",
    exitCode: 2,
  },
  "outcome --receipt": { command: "outcome", args: () => [ID, "succeeded", "--receipt", "saved.json"], file: "saved.json", exitCode: 2 },
};
const NAMES = Object.keys(WRITERS);
/** Those that keep what they believe later. */
const BELIEVING = NAMES.filter((name) => !name.endsWith("--receipt"));

function writer(name: string) {
  const found = WRITERS[name];
  if (found === undefined) throw new Error(`nothing writes as ${name}`);
  const { command, args, file, exitCode } = found;
  return {
    file: inFolder(file),
    exitCode,
    run: (more = {}): Promise<Ended> => runCommand(COMMANDS[command], args(), folder, { ...environment(), ...more }),
  };
}

const said = ({ stdout, stderr }: Ended): string => `${stdout}${stderr}`;

/** Somebody's file, which nothing may change. */
function theirs(): string {
  const path = join(mkdtempSync(join(everything, "theirs-")), "file");
  writeFileSync(path, "theirs", { mode: 0o644 });
  return path;
}
const isAsItWas = (path: string): boolean => readFileSync(path, "utf8") === "theirs" && (lstatSync(path).mode & 0o777) === 0o644;

describe("a link in the place of what is written", () => {
  test.each(NAMES)("%s, the file, which leads to a file: refused, and that is as it was", async (name) => {
    const { file, exitCode, run } = writer(name);
    const target = theirs();
    symlinkSync(target, file);
    const ended = await run();
    expect([ended.exitCode, said(ended)]).toEqual([exitCode, expect.stringContaining(`${file.slice(-4)} is a symbolic link`)]);
    expect([isAsItWas(target), lstatSync(file).isSymbolicLink()]).toEqual([true, true]);
    // Before anything is asked, or used up.
    expect(BELIEVING.includes(name) || stub.requests.length === 0).toBe(true);
  });

  test.each(NAMES)("%s, the file, which leads to nothing: refused, and there is still nothing", async (name) => {
    const { file, exitCode, run } = writer(name);
    const nothing = join(mkdtempSync(join(everything, "theirs-")), "nothing");
    symlinkSync(nothing, file);
    const ended = await run();
    expect([ended.exitCode, said(ended)]).toEqual([exitCode, expect.stringContaining("is a symbolic link")]);
    expect([lstatSync(nothing, { throwIfNoEntry: false }), lstatSync(file).isSymbolicLink()]).toEqual([undefined, true]);
  });

  test.each(NAMES)("%s, the file, where a folder is: refused", async (name) => {
    const { file, exitCode, run } = writer(name);
    mkdirSync(file);
    const ended = await run();
    expect([ended.exitCode, said(ended)]).toEqual([exitCode, expect.stringContaining("is not a plain file")]);
    expect(readdirSync(file)).toEqual([]);
  });

  test.each(NAMES)("%s, the draft under the name that one could know: nothing is written through it", async (name) => {
    const { file, run } = writer(name);
    const target = theirs();
    symlinkSync(target, `${file}.new`);
    await run();
    expect([isAsItWas(target), lstatSync(file).isFile()]).toEqual([true, true]);
  });

  test.each(BELIEVING)("%s, the lock, which leads to a folder: refused, and all that is in it is there", async (name) => {
    const { file, exitCode, run } = writer(name);
    const locked = name === "witness --key" ? inFolder("state") : file;
    const target = theirs();
    symlinkSync(join(target, ".."), `${locked}.lock`);
    const ended = await run();
    expect([ended.exitCode, said(ended)]).toEqual([exitCode, expect.stringContaining(".lock is a symbolic link")]);
    expect(isAsItWas(target)).toBe(true);
  });

  test("the file for evidence of a monitor: the alarm comes all the same, and says what proves it", async () => {
    const { run } = writer("monitor --state");
    expect((await run()).exitCode).toBe(0);
    monitored = await followedLog(2);
    const first = await run();
    const [name = ""] = readdirSync(folder).filter((one) => one.startsWith("state.evidence-"));
    expect([first.exitCode, said(first)]).toEqual([1, expect.stringContaining(name)]);
    rmSync(inFolder(name));
    const target = theirs();
    symlinkSync(target, inFolder(name));
    const ended = await run();
    expect([ended.exitCode, said(ended)]).toEqual([1, expect.stringContaining("could not be kept")]);
    expect(isAsItWas(target)).toBe(true);
  });
});

describe("others who may write where it is kept", () => {
  const openFolder = (): void => chmodSync(folder, 0o777);

  test.each(BELIEVING)("%s, to a folder above: refused before anything is written", async (name) => {
    const { exitCode, run } = writer(name);
    openFolder();
    const before = readdirSync(folder);
    const ended = await run();
    expect([ended.exitCode, said(ended)]).toEqual([exitCode, expect.stringContaining(`others may write to ${folder}`)]);
    expect([readdirSync(folder), readdirSync(inFolder("memory"))]).toEqual([before, []]);
  });

  test.each(BELIEVING)("%s, to the file itself: refused, and not believed", async (name) => {
    const { file, exitCode, run } = writer(name);
    await run();
    const before = readFileSync(file);
    chmodSync(file, 0o666);
    const ended = await run();
    expect([ended.exitCode, said(ended)]).toEqual([exitCode, expect.stringContaining("others may write to")]);
    expect(readFileSync(file)).toEqual(before);
  });

  test.each(NAMES.filter((name) => !BELIEVING.includes(name)))("%s: the receipt is saved, with a warning", async (name) => {
    const { file, run } = writer(name);
    openFolder();
    expect(await run({ COUNTERSIGN_STATE: mkdtempSync(join(everything, "memory-")) })).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`verify the receipt before you rely on it: others may write to ${folder}`) as unknown,
    });
    expect(readFileSync(file, "utf8")).toBe(receiptText);
  });

  test("a folder under /tmp, whose sticky bit keeps what is in it: nobody is told of it", async () => {
    expect(await writer("wait --receipt").run()).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("others who may read", () => {
  const modes = (path: string): [string, number][] =>
    readdirSync(path, { withFileTypes: true, recursive: true })
      .map((entry) => join(entry.parentPath, entry.name))
      .map((one) => [one.slice(path.length + 1), lstatSync(one).mode & 0o777]);

  test.each(NAMES)("%s: whatever the umask, what is new is its user's alone", async (name) => {
    const { command, args } = WRITERS[name] ?? {};
    rmSync(inFolder("memory"), { recursive: true });
    const umask = process.umask(0);
    try {
      await spawnCommandLine([command ?? "", ...(args?.() ?? [])], folder, environment());
    } finally {
      process.umask(umask);
    }
    const made = modes(folder).filter(([path]) => path !== "given.json");
    expect(made.length).toBeGreaterThan(0);
    expect(made.filter(([path, mode]) => mode !== (path === "memory" ? 0o700 : 0o600))).toEqual([]);
  });
});
