/** `countersign witness` from outside: what it keeps whenever it is killed, and when it refuses to start. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { b64, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { evidence } from "#countersign/cli/verify/evidence.ts";
import { witness } from "#countersign/cli/witness/witness.ts";
import { readState } from "#countersign/cli/witness/witness-files.ts";
import { parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { parseWitnessVkey, verifyCosignatures } from "#countersign/tlog/cosignature.ts";
import { makeSigner, parseNote, verifyNote } from "#countersign/tlog/note.ts";
import { runCommand, spawnCommandLine } from "#test/support/cli/command-line.ts";
import { requestText, WitnessedLog } from "#test/support/witnesses/witnessed-log.ts";
import { type RunningProcess, startWitness } from "#test/support/cli/witness-process.ts";

const ORIGIN = "gate.example.com/log";
const ORIGIN_HASH = hex(sha256(utf8(ORIGIN)));
const logKey = await makeSigner(ORIGIN, new Uint8Array(32).fill(1));
const log = new WitnessedLog([logKey], 80);
const fork = new WitnessedLog([logKey], 80, 3);
const [vkey = ""] = log.vkeys;
const ARGUMENTS = ["--name", "witness.example/w1", "--log", vkey, "--state", "state"];

const folders: string[] = [];
let folder: string;
const inFolder = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-witness-"));
  folders.push(folder);
});
afterAll(() => folders.forEach((one) => rmSync(one, { recursive: true })));

/** A start that is meant to fail: how it ends, and what it says. */
const witnessThatEnds = (...args: string[]) => runCommand(witness, args, folder);
const started = async (...more: string[]): Promise<RunningProcess> => await startWitness(folder, [...ARGUMENTS, ...more]);

/** What `GET …/checkpoint` gives, verified: the size that the log has signed and the witness cosigned. */
async function cosignedSize(running: RunningProcess): Promise<number> {
  const { status, body } = await running.checkpoint(ORIGIN_HASH);
  expect(status).toBe(200);
  const note = parseNote(body);
  const key = parseWitnessVkey(running.vkey);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !key.ok || !checkpoint.ok) throw new Error(`not a cosigned checkpoint: ${body}`);
  expect(await verifyNote(note.value, [logKey])).toMatchObject({ ok: true });
  expect(await verifyCosignatures(note.value, [key.value])).toMatchObject({ ok: true, value: [{ key: key.value }] });
  return checkpoint.value.size;
}

describe("a witness", () => {
  test("begins with a key of its own, says what others need to know, cosigns, and stops when it is told", async () => {
    const before = Math.floor(Date.now() / 1000);
    const running = await started();
    expect(running.greeting).toMatch(
      new RegExp(
        `^The witness is ready at (http://127\\.0\\.0\\.1:\\d+)\nIt watches\n  ${ORIGIN}, at size 0\nIts verifier key:\n` +
          "  (witness\\.example/w1\\+[0-9a-f]{8}\\+B[A-Za-z0-9+/]{43})\nIts line for a witness policy:\n  witness witness\\.example/w1 \\2 \\1\n$",
      ),
    );
    expect([statSync(inFolder("state")).mode & 0o777, statSync(inFolder("state.key")).mode & 0o777]).toEqual([0o600, 0o600]);
    expect(await running.checkpoint(ORIGIN_HASH)).toEqual({ status: 404, body: "never-cosigned\n" });

    const given = await running.post(await log.request(0, 7));
    expect(given).toMatchObject({ status: 200, type: "text/plain; charset=utf-8" });
    expect(given.body).toMatch(/^— witness\.example\/w1 \S{104}\n$/);
    expect(await running.post(await log.request(0, 9))).toEqual({ status: 409, type: "text/x.tlog.size", body: "7\n" });
    expect(await cosignedSize(running)).toBe(7);
    expect((await running.checkpoint(ORIGIN_HASH)).body).toBe((await log.checkpoint(7)) + given.body);
    expect(await running.stop()).toBe(0);
    expect(running.log.map(({ at: _at, ms: _ms, ...line }) => line)).toEqual([
      { event: "refused", status: 404, reason: "never-cosigned" },
      { event: "cosigned", status: 200, origin: ORIGIN, size: 7 },
      { event: "refused", status: 409, reason: "other-size", origin: ORIGIN, size: 9 },
      { event: "read", status: 200, origin: ORIGIN, size: 7 },
      { event: "read", status: 200, origin: ORIGIN, size: 7 },
      { event: "stopped" },
    ]);
    expect(Math.floor(Date.parse(String(running.log[0]?.["at"])) / 1000)).toBeGreaterThanOrEqual(before);
  });

  test("killed between requests is the same witness afterwards", async () => {
    let known = "";
    for (let size = 1; size < 7; size++) {
      const running = await started();
      known ||= running.vkey;
      expect(running.vkey).toBe(known);
      expect(running.greeting).toContain(`${ORIGIN}, at size ${size - 1}\n`);
      if (size > 1) expect(await cosignedSize(running)).toBe(size - 1);
      if (size > 4) expect((await running.post(await fork.request(size - 1, size))).status).toBe(422);
      expect((await running.post(await log.request(size - 1, size))).status).toBe(200);
      await running.kill();
    }
  });

  test("killed in the middle of requests has forgotten nothing that it answered", async () => {
    let answered = 0;
    for (let round = 0; round < 5; round++) {
      const running = await started();
      const from = /at size (\d+)/.exec(running.greeting)?.[1];
      expect(Number(from)).toBeGreaterThanOrEqual(answered);
      let killed: Promise<void> | null = null;
      for (let size = Number(from); size < 80; size++) {
        const given = await running.post(await log.request(size, size + 1)).catch(() => null);
        if (given === null) break;
        expect(given.status).toBe(200);
        answered = size + 1;
        killed ??= new Promise((resolve) => setTimeout(resolve, 7 * round)).then(async () => await running.kill());
      }
      await (killed ?? running.kill());
    }
    expect(answered).toBeGreaterThan(0);
  });

  test("that cannot keep what it would say says nothing, and goes on once it can", async () => {
    const running = await started();
    expect((await running.post(await log.request(0, 7))).status).toBe(200);
    renameSync(inFolder("state"), inFolder("away"));
    mkdirSync(inFolder("state"));
    expect(await running.post(await log.request(7, 9))).toMatchObject({ status: 500, body: "failed\n" });
    expect(await cosignedSize(running)).toBe(7);
    rmdirSync(inFolder("state"));
    renameSync(inFolder("away"), inFolder("state"));
    expect((await running.post(await log.request(7, 9))).status).toBe(200);
    expect(await running.stop("SIGINT")).toBe(0);
    expect(running.log.filter(({ event }) => event === "failed")).toMatchObject([
      { status: 500, error: expect.stringMatching(/state is not a plain file$/) },
    ]);
  });

  test("does not share its state with another process, under whatever name, and frees it when it is killed", async () => {
    const running = await started();
    symlinkSync(folder, `${folder}-link`);
    folders.push(`${folder}-link`);
    for (const state of ["state", "./state", join(`${folder}-link`, "state")]) {
      const second = await witnessThatEnds("--name", "witness.example/w1", "--log", vkey, "--port", "0", "--state", state);
      expect(second).toMatchObject({
        exitCode: 1,
        stdout: "",
        stderr: expect.stringMatching(/^countersign witness: another process uses .*state\n$/),
      });
    }
    const process = await spawnCommandLine(["witness", ...ARGUMENTS, "--port", "0"], folder);
    expect(process).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("another process uses") });
    await running.kill();
    const next = await started();
    expect(await next.stop()).toBe(0);
  });

  test("keeps evidence of a log that has signed two histories, as countersign evidence takes it", async () => {
    const running = await started();
    expect((await running.post(await log.request(0, 7))).status).toBe(200);
    for (let time = 0; time < 2; time++) expect((await running.post(await fork.request(7, 7))).status).toBe(422);
    await running.stop();
    const file = inFolder(`state.evidence-${ORIGIN_HASH.slice(0, 16)}.json`);
    expect(running.log).toContainEqual(expect.objectContaining({ status: 422, reason: "other-root", evidence: file }));
    expect(await runCommand(evidence, [file, "--vkey", vkey], folder)).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("takes the prefix of its address before every path", async () => {
    const running = await started("--url", "https://witness.example/prefix/");
    expect(running.policyLine).toBe(`witness witness.example/w1 ${running.vkey} https://witness.example/prefix`);
    const post = async (path: string) => (await fetch(running.url + path, { method: "POST", body: await log.request(0, 7) })).status;
    expect(await post("/add-checkpoint")).toBe(404);
    expect(await post("/prefix/add-checkpoint")).toBe(200);
    expect((await fetch(`${running.url}/prefix/${ORIGIN_HASH}/checkpoint`)).status).toBe(200);
    expect(await running.stop()).toBe(0);
  });

  test("watches a log under a further key, and keeps what it knows of one that it watches no longer", async () => {
    const other = new WitnessedLog([await makeSigner("other.example/log", new Uint8Array(32).fill(4))], 9);
    const first = await started();
    expect((await first.post(await log.request(0, 7))).status).toBe(200);
    await first.stop();
    const without = await startWitness(folder, ["--name", "witness.example/w1", "--log", other.vkeys[0] ?? "", "--state", "state"]);
    expect((await without.post(await log.request(7, 9))).status).toBe(404);
    expect((await without.post(await other.request(0, 9))).status).toBe(200);
    await without.stop();
    const nextKey = await makeSigner(ORIGIN, new Uint8Array(32).fill(2));
    const rotated = await started("--log", new WitnessedLog([nextKey], 0).vkeys[0] ?? "");
    expect((await rotated.post(await fork.request(0, 9))).body).toBe("7\n");
    const checkpoint = await log.checkpoint(9, [nextKey]);
    expect((await rotated.post(requestText({ old: 7, proof: log.proof(7, 9), checkpoint }))).status).toBe(200);
    await rotated.stop();
  });
});

describe("a witness does not start", () => {
  const ends = (...more: string[]) => witnessThatEnds(...ARGUMENTS, "--port", "0", ...more);
  const refusal = (words: RegExp) => ({ exitCode: 1, stdout: "", stderr: expect.stringMatching(words) });

  /** One that has cosigned, and has stopped. */
  async function makeFiles(): Promise<void> {
    const running = await started();
    expect((await running.post(await log.request(0, 7))).status).toBe(200);
    await running.stop();
  }

  test("on a state that is damaged, wherever it is", async () => {
    await makeFiles();
    const sound = readFileSync(inFolder("state"));
    expect(await readState(inFolder("state"))).toMatchObject({ ok: true });
    for (let at = 0; at < sound.length; at++) {
      const damaged = Buffer.from(sound);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(inFolder("damaged"), damaged);
      expect(await readState(inFolder("damaged")), `byte ${at}`).toMatchObject({ ok: false });
      writeFileSync(inFolder("damaged"), sound.subarray(0, at));
      expect(await readState(inFolder("damaged")), `cut off at ${at}`).toMatchObject({ ok: false });
    }
    for (const content of ["", sound.subarray(0, 100), Buffer.concat([sound, Buffer.from("\n")])]) {
      writeFileSync(inFolder("state"), content);
      expect(await ends()).toEqual(refusal(/^countersign witness: \S+state is damaged: its checksum is wrong\n$/));
    }
  });

  test("without its state, its key or its name", async () => {
    await makeFiles();
    const [state, key] = [readFileSync(inFolder("state")), readFileSync(inFolder("state.key"))];
    expect(await ends("--name", "witness.example/w2")).toEqual(refusal(/the state is that of another name or key, witness\.example\/w1\+/));
    expect(await ends("--new-state")).toEqual(refusal(/there is a state already/));
    rmSync(inFolder("state.key"));
    expect(await ends()).toEqual(refusal(/the key of witness\.example\/w1\+\S+ is missing/));
    expect(readFileSync(inFolder("state"))).toEqual(state);
    writeFileSync(inFolder("state.key"), b64(new Uint8Array(32).fill(8)), { mode: 0o600 });
    expect(await ends()).toEqual(refusal(/the state is that of another name or key/));
    writeFileSync(inFolder("state.key"), key);
    rmSync(inFolder("state"));
    expect(await ends()).toEqual(refusal(/there is a key but no state: .* must not go on with its key/));
    const running = await started("--new-state");
    expect(await running.stop()).toBe(0);
  });

  test("with a key that is none, that others may read, or that is the log's", async () => {
    writeFileSync(inFolder("key"), "not a key\n", { mode: 0o600 });
    expect(await ends("--key", "key", "--new-state")).toEqual(refusal(/key is no key: 32 bytes in base64/));
    writeFileSync(inFolder("key"), `${b64(new Uint8Array(32).fill(1))}\n`);
    expect(await ends("--key", "key", "--new-state")).toEqual(refusal(/a log must not be its own witness/));
    chmodSync(inFolder("key"), 0o640);
    expect(await ends("--key", "key", "--new-state")).toEqual(refusal(/key may be read by others: chmod 600 it/));
  });

  test("where it cannot listen, or has no folder", async () => {
    const running = await started();
    const { port } = new URL(running.url);
    expect(await witnessThatEnds("--name", "w", "--log", vkey, "--state", "other", "--port", port)).toEqual(
      refusal(/^countersign witness: port \d+ is taken by another program; choose another with --port\n$/),
    );
    expect(await witnessThatEnds("--name", "w", "--log", vkey, "--state", "no/where")).toEqual(refusal(/there is no folder no$/m));
    await running.stop();
  });

  test.each<[string, string[]]>([
    ["no name", ["--log", vkey, "--state", "s"]],
    ["a name with a space", ["--name", "a b", "--log", vkey, "--state", "s"]],
    ["no log", ["--name", "w", "--state", "s"]],
    ["a log without a key", ["--name", "w", "--log", ORIGIN, "--state", "s"]],
    ["the same log twice", ["--name", "w", "--log", vkey, "--log", vkey, "--state", "s"]],
    ["no state", ["--name", "w", "--log", vkey]],
    ["a port that is none", ["--name", "w", "--log", vkey, "--state", "s", "--port", "65536"]],
    ["an address that is none", ["--name", "w", "--log", vkey, "--state", "s", "--url", "witness.example"]],
    ["an address with a question", ["--name", "w", "--log", vkey, "--state", "s", "--url", "https://witness.example/?a"]],
    ["something more", ["--name", "w", "--log", vkey, "--state", "s", "more"]],
    ["an unknown option", ["--name", "w", "--log", vkey, "--state", "s", "--force"]],
  ])("with %s: exit code 2 and the usage", async (_, args) => {
    const { exitCode, stdout, stderr } = await witnessThatEnds(...args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^countersign witness: .+\n\nUsage: countersign witness --name NAME --log VKEY --state FILE/);
  });
});
