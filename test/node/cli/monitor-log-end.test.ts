/** `countersign monitor` with a state of a log that has ended, at an address where another one is served now. */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { evidence } from "#countersign/cli/verify/evidence.ts";
import { holdLock } from "#countersign/cli/files/hold-lock.ts";
import { monitor } from "#countersign/cli/monitor/monitor.ts";
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { RecordOf } from "#countersign/documents/record.ts";
import { makeSigner, makeVkey, type Signer } from "#countersign/tlog/note.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { type StubAnswer, stubService } from "#test/support/service/stub-service.ts";

const [OLD, NEW] = ["gate.example.com/log", "gate.example.com/log/2"];
const [oldKey, newKey] = [await makeSigner(OLD, new Uint8Array(32).fill(1)), await makeSigner(NEW, new Uint8Array(32).fill(2))];
const ENDED = `ended/${hex(sha256(utf8(OLD)))}/`;
const folder = mkdtempSync(join(tmpdir(), "countersign-monitor-"));
const file = join(folder, "state");

/** What is served at the address, and what of the log that ended there; null answers 503. */
let log: ServedLog;
let ended: ServedLog | null;
let service: Awaited<ReturnType<typeof stubService>>;

async function begin(signer: Signer, previous: string | null): Promise<ServedLog> {
  const record: RecordOf<"log.genesis"> = {
    type: "countersign/record@v1",
    kind: "log.genesis",
    log: signer.name,
    at: "2026-11-20T09:30:00.000Z",
    origin: "https://gate.example.com",
    vkey: makeVkey(signer.name, signer.publicKey),
    previous,
  };
  const begun = new ServedLog(signer.name, signer);
  begun.keyItems = [await begun.seal({ record, salt: b64u(new Uint8Array(32)) })];
  return begun;
}

function answer({ path }: { path: string }): StubAnswer | Promise<StubAnswer> {
  if (!path.includes(ENDED)) return log.answer({ path });
  return ended?.answer({ path: path.replace(ENDED, "") }) ?? { status: 503, body: "" };
}

beforeEach(async () => {
  log = (await begin(oldKey, null)).growTo(300);
  service = await stubService(answer);
  expect((await look()).exitCode).toBe(0);
});
afterEach(() => {
  service.close();
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** One look, without patience. */
async function look(...args: string[]) {
  const common = [`${service.url}/log`, "--once", "--patience", "0", "--json", "--state", file];
  const { exitCode, stdout, stderr } = await runCommand(monitor, [...common, ...args], folder);
  const events = stdout === "" ? [] : stdout.trimEnd().split("\n");
  return { exitCode, stderr, last: JSON.parse(events.at(-1) ?? "null") as { code?: string; evidence?: string } | null };
}

describe("another log after the one of the state", () => {
  let vkey: string;
  /** The old log grew to 320 leaves, ended so, and the other began. */
  async function replaced(how: ServedLog = log.growTo(320)): Promise<void> {
    ended = how;
    log = (await begin(newKey, await how.checkpoint())).growTo(40);
    vkey = log.vkey;
  }

  it("is told as what it is, and not gone on with", async () => {
    await replaced();
    const before = readFileSync(file, "utf8");
    const { exitCode, last } = await look();
    expect(last).toMatchObject({ event: "alarm", code: "log_replaced", message: expect.stringContaining(`the log ${OLD}, and now`) });
    expect(exitCode).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("with its key is followed from its first entry, once the old one's end is shown to extend what was seen", async () => {
    await replaced();
    expect(await look("--vkey", vkey)).toMatchObject({ exitCode: 0, last: { event: "verified", log: NEW, size: 40, previous_size: 0 } });
    expect(service.requests.map(({ path }) => path)).toContain(`/log/${ENDED}proof/consistency?from=300&to=320`);
    log.growTo(50);
    expect(await look()).toMatchObject({ exitCode: 0, last: { event: "verified", log: NEW, size: 50, previous_size: 40 } });
  });

  it("is not gone on with if that is not shown", async () => {
    await replaced();
    ended = null;
    expect(await look("--vkey", vkey)).toMatchObject({ exitCode: 1, last: { event: "alarm", code: "log_unproven" } });
    log = (await begin(newKey, null)).growTo(40);
    expect(await look("--vkey", vkey)).toMatchObject({ exitCode: 1, last: { event: "alarm", code: "log_unproven" } });
  });

  it("leaves evidence if the old one's end is of another history", async () => {
    const old = log;
    await replaced((await begin(oldKey, null)).growTo(320, 9));
    const { exitCode, last } = await look("--vkey", vkey);
    expect([exitCode, last?.code]).toEqual([1, "log_inconsistent"]);
    expect(await runCommand(evidence, [last?.evidence ?? "", "--vkey", old.vkey], folder)).toMatchObject({ exitCode: 0 });
  });
});

it("a state under two names is one, and not shared; under the name of a link there is none", async () => {
  const [named, link] = [`${folder}-link`, `${file}-link`];
  symlinkSync(folder, named);
  symlinkSync(file, link);
  const before = readFileSync(file, "utf8");
  const release = await holdLock(file);
  expect(await look("--state", join(named, basename(file)))).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("another process uses") as unknown,
  });
  release?.();
  log.growTo(310);
  expect(await look("--state", link)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is a symbolic link") as unknown });
  expect([readFileSync(file, "utf8"), lstatSync(link).isSymbolicLink()]).toEqual([before, true]);
  expect(await look("--state", join(named, basename(file)))).toMatchObject({ exitCode: 0 });
  expect(readFileSync(file, "utf8")).toContain("\\n310\\n");
  rmSync(named);
});
