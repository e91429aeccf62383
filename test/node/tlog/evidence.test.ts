import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evidence as evidenceCommand } from "#countersign/cli/verify/evidence.ts";
import { b64, type Bytes, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { type Evidence, makeEvidence, parseEvidence, verifyEvidence } from "#countersign/tlog/evidence.ts";
import { makeSigner, makeVkey, signNote, type Signer } from "#countersign/tlog/note.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { naiveConsistency, naiveRoot } from "#test/support/log/naive-merkle.ts";

const ORIGIN = "gate.example.com/log";
const seed = (name: string) => sha256(utf8(name));
const log = await makeSigner(ORIGIN, seed("log"));
const next = await makeSigner(ORIGIN, seed("the log's next key"));
const other = await makeSigner("other.example/log", seed("other"));

/** A root that no tree of these entries has. */
const forged = seed("a root of something else");
const note = (size: number, root: Bytes, signers: Signer[] = [log], origin = ORIGIN) =>
  signNote(formatCheckpoint({ origin, size, root }), signers);

/** Against a log that has signed `root` at `size`, although the tree of `larger` leaves has another root there. */
const against = async (size: number, root: Bytes, larger: number, signers: Signer[] = [log]): Promise<Omit<Evidence, "type">> => ({
  smaller: await note(size, root, signers),
  larger: await note(larger, naiveRoot(larger), signers),
  root: size === larger ? null : hex(naiveRoot(size)),
  consistency: size === larger ? [] : naiveConsistency(size, larger).map(b64),
});

const judge = async (evidence: Omit<Evidence, "type">, keys = [log]) => {
  const verified = await verifyEvidence(makeEvidence(evidence), keys);
  return verified.ok ? "proven" : verified.refusal.code;
};

describe("evidence is proven", () => {
  test("by two roots of one size", async () => {
    const verified = await verifyEvidence(makeEvidence(await against(5, forged, 5)), [log]);
    expect(verified).toMatchObject({
      ok: true,
      value: { key: { name: ORIGIN }, smaller: { size: 5, root: forged }, larger: { size: 5, root: naiveRoot(5) }, root: naiveRoot(5) },
    });
  });

  test("by a larger tree that has another root at the size of the smaller one, at every pair of sizes", async () => {
    for (let larger = 1; larger <= 20; larger++)
      for (let size = 0; size <= larger; size++)
        expect(await judge(await against(size, forged, larger)), `${size} ${larger}`).toBe("proven");
  });

  test("if one of the trusted keys has signed both, whoever else has signed", async () => {
    const evidence = await against(3, forged, 7, [next, log]);
    for (const keys of [[log], [next], [other, next], [log, next]]) expect(await judge(evidence, keys)).toBe("proven");
  });
});

describe("evidence is not proven", () => {
  test("by checkpoints of an honest log", async () => {
    for (let larger = 0; larger <= 20; larger++)
      for (let size = 0; size <= larger; size++)
        expect(await judge(await against(size, naiveRoot(size), larger)), `${size} ${larger}`).toBe("not_proven");
  });

  test("if what stands in between does not follow from the larger root", async () => {
    const sound = await against(3, forged, 7);
    const [first = "", ...rest] = sound.consistency;
    for (const changed of [
      { root: hex(seed("not the root")) },
      { root: hex(forged) },
      { root: null },
      { consistency: [] },
      { consistency: rest },
      { consistency: [first, first, ...rest] },
      { consistency: [b64(forged), ...rest] },
    ])
      expect(await judge({ ...sound, ...changed })).toBe("not_proven");
    const equalSizes = await against(5, forged, 5);
    expect(await judge({ ...equalSizes, root: hex(naiveRoot(5)) })).toBe("not_proven");
    expect(await judge({ ...equalSizes, consistency: [b64(forged)] })).toBe("not_proven");
  });

  test("without signatures of one trusted key under both", async () => {
    const sound = await against(3, forged, 7);
    expect(await judge(sound, [])).toBe("not_signed");
    expect(await judge(sound, [other, next])).toBe("not_signed");
    expect(await judge({ ...sound, smaller: await note(3, forged, [next]) }, [log, next])).toBe("not_signed");
    expect(await judge({ ...sound, smaller: sound.smaller.replace("\n3\n", "\n2\n") })).toBe("not_signed");
    expect(await judge({ ...sound, smaller: `${sound.smaller}\n` })).toBe("not_signed");
  });

  test("by checkpoints of two logs, or of a log that the key is not named as", async () => {
    const sound = await against(3, forged, 7);
    expect(await judge({ ...sound, smaller: await note(3, forged, [other], other.name) }, [log, other])).toBe("not_signed");
    expect(await judge({ ...sound, smaller: await note(3, forged, [log], other.name) }, [log, other])).toBe("not_signed");
    const elsewhere = { ...log, name: "elsewhere.example/log" };
    expect(await judge(await against(3, forged, 7, [elsewhere]), [elsewhere])).toBe("not_signed");
  });
});

describe("evidence cannot be read", () => {
  test("with the larger checkpoint as the smaller one", async () => {
    const { smaller, larger, ...rest } = await against(3, forged, 7);
    expect(await judge({ ...rest, smaller: larger, larger: smaller })).toBe("malformed");
  });

  test("with other members or other types", async () => {
    const sound = JSON.parse(makeEvidence(await against(3, forged, 7))) as Record<string, unknown>;
    for (const change of [
      { type: "countersign/evidence@v2" },
      { note: "" },
      { smaller: null },
      { larger: "" },
      { root: forged.length },
      { root: b64(forged) },
      { root: hex(forged).toUpperCase() },
      { consistency: null },
      { consistency: [hex(forged)] },
      { consistency: [b64(forged).slice(0, -1)] },
      { smaller: undefined },
      { consistency: undefined },
    ])
      expect(parseEvidence(JSON.stringify({ ...sound, ...change }))).toMatchObject({ ok: false, refusal: { code: "malformed" } });
    for (const content of ["", "evidence", "[]", "null", `${JSON.stringify(sound).slice(0, -1)},"root":null}`])
      expect(parseEvidence(content)).toMatchObject({ ok: false, refusal: { code: "malformed" } });
    expect(parseEvidence(JSON.stringify(sound))).toMatchObject({ ok: true });
  });

  test("and what can be read is written again as the same document", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Uint8Array.from(bytes));
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((one) => one.isWellFormed());
    const evidence = fc.record({
      smaller: text,
      larger: text,
      root: fc.option(hash.map(hex)),
      consistency: fc.array(hash.map(b64), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(evidence, (one) => {
        expect(parseEvidence(makeEvidence(one))).toEqual({ ok: true, value: { type: "countersign/evidence@v1", ...one } });
      }),
    );
  });
});

describe("countersign evidence", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "countersign-evidence-"));
    writeFileSync(join(folder, "fork.json"), makeEvidence(await against(3, forged, 7)));
    writeFileSync(join(folder, "honest.json"), makeEvidence(await against(3, naiveRoot(3), 7)));
    writeFileSync(join(folder, "bytes.json"), Uint8Array.of(0xff));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const vkey = makeVkey(log.name, log.publicKey);
  const countersign = (...args: string[]) => runCommand(evidenceCommand, args, folder);

  test("exits 0 if it is proven, and shows the two roots", async () => {
    const proven = await countersign("fork.json", "--vkey", makeVkey(other.name, other.publicKey), "--vkey", vkey);
    expect(proven).toMatchObject({ exitCode: 0, stderr: "" });
    expect(proven.stdout).toMatch(/^Proven: the log gate\.example\.com\/log has signed/);
    for (const root of [forged, naiveRoot(3), naiveRoot(7)]) expect(proven.stdout).toContain(hex(root));
    expect(JSON.parse((await countersign("fork.json", "--vkey", vkey, "--json")).stdout)).toEqual({
      proven: true,
      log: ORIGIN,
      key_id: log.keyId,
      smaller: { size: 3, root: hex(forged) },
      larger: { size: 7, root: hex(naiveRoot(7)) },
      root_in_larger: hex(naiveRoot(3)),
    });
  });

  test("exits 1 if it is not", async () => {
    expect(await countersign("honest.json", "--vkey", vkey)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^Not proven: not_proven\n.+\.\n$/),
    });
    expect((await countersign("fork.json", "--vkey", makeVkey(other.name, other.publicKey))).stdout).toMatch(/^Not proven: not_signed\n/);
    const unreadable = await countersign("bytes.json", "--vkey", vkey, "--json");
    expect(unreadable.exitCode).toBe(1);
    expect(JSON.parse(unreadable.stdout)).toMatchObject({ proven: false, code: "malformed" });
  });

  test.each<[string, string[]]>([
    ["no file", ["--vkey", vkey]],
    ["two files", ["fork.json", "honest.json", "--vkey", vkey]],
    ["a file that is not there", ["nowhere.json", "--vkey", vkey]],
    ["no key", ["fork.json"]],
    ["a key that is none", ["fork.json", "--vkey", vkey, "--vkey", "key"]],
    ["an unknown flag", ["fork.json", "--vkey", vkey, "--force"]],
  ])("exits 2 and shows the usage with %s", async (_, args) => {
    const { exitCode, stdout, stderr } = await countersign(...args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: countersign evidence FILE --vkey KEY");
  });
});
