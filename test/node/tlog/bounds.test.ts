/** What is larger than anything real is refused before it is taken apart, and a key counts once. */
import { describe, expect, test } from "vitest";
import { concatAll, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { formatCheckpoint, parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { makeCosigner, verifyCosignatures } from "#countersign/tlog/cosignature.ts";
import { parseEvidence } from "#countersign/tlog/evidence.ts";
import { claimedSignatures, makeSigner, MAX_NOTE_BYTES, parseNote, signNote, verifyNote } from "#countersign/tlog/note.ts";
import { parseProof } from "#countersign/tlog/proof.ts";
import { addCheckpoint, MAX_REQUEST_BYTES } from "#countersign/tlog/witness.ts";
import { WitnessLedger } from "#countersign/tlog/witness-ledger.ts";
import { parsePolicy } from "#countersign/tlog/witness-policy.ts";
import { naiveRoot } from "#test/support/log/naive-merkle.ts";

const ORIGIN = "gate.example.com/log";
const log = await makeSigner(ORIGIN, sha256(utf8("log")));
const witness = await makeCosigner("witness.example/w1", sha256(utf8("witness")));
const text = formatCheckpoint({ origin: ORIGIN, size: 5, root: naiveRoot(5) });

/** A note of so many bytes, by one extension line. */
async function noteOf(bytes: number): Promise<string> {
  const short = await signNote(`${text}x\n`, [log]);
  return await signNote(`${text}${"x".repeat(1 + bytes - utf8(short).length)}\n`, [log]);
}

describe("a text as long as any, and a byte more:", () => {
  test("a note", async () => {
    expect(await noteOf(MAX_NOTE_BYTES)).toSatisfy((note: string) => parseNote(note).ok);
    expect(parseNote(await noteOf(MAX_NOTE_BYTES + 1))).toEqual({ ok: false, refusal: "malformed-note" });
    const wide = await signNote(`${text}${"ü".repeat(MAX_NOTE_BYTES / 2)}\n`, [log]);
    expect(parseNote(wide)).toEqual({ ok: false, refusal: "malformed-note" });
    expect(parseCheckpoint(`${text}${"x\n".repeat(MAX_NOTE_BYTES)}`)).toEqual({ ok: false, refusal: "malformed-checkpoint" });
  });

  test("a proof", async () => {
    const proofOf = (checkpoint: string, path: readonly string[] = []) =>
      ["c2sp.org/tlog-proof@v1", "index 0", ...path, "", checkpoint].join("\n");
    expect(
      parseProof(
        proofOf(
          await noteOf(MAX_NOTE_BYTES),
          Array.from({ length: 53 }, () => `${"A".repeat(43)}=`),
        ),
      ),
    ).toMatchObject({
      ok: true,
    });
    expect(parseProof(proofOf(await noteOf(MAX_NOTE_BYTES + 4_096)))).toEqual({ ok: false, refusal: "malformed-proof" });
    expect(
      parseProof(
        proofOf(
          await noteOf(1_000),
          Array.from({ length: 54 }, () => `${"A".repeat(43)}=`),
        ),
      ),
    ).toMatchObject({ ok: false });
  });

  test("a request to a witness", async () => {
    const service = { logKeys: [log], cosigner: witness, memory: new WitnessLedger(new Map(), async () => {}), now: () => 1 };
    const answered = await addCheckpoint(utf8(`old 0\n\n${await noteOf(MAX_NOTE_BYTES)}`), service);
    expect(answered).toMatchObject({ status: 200 });
    const longer = await addCheckpoint(new Uint8Array(MAX_REQUEST_BYTES + 1), service);
    expect(longer).toMatchObject({ status: 400, reason: "malformed-request" });
  });

  test("a witness policy", () => {
    const comment = (length: number) => `quorum none\n#${"x".repeat(length - "quorum none\n#".length)}`;
    expect(parsePolicy(comment(262_144))).toMatchObject({ ok: true });
    expect(parsePolicy(comment(262_145))).toMatchObject({ ok: false, refusal: { line: 1 } });
  });

  test("evidence, and the hashes in it", () => {
    const evidence = (hashes: number, smaller = "x") =>
      JSON.stringify({
        type: "countersign/evidence@v1",
        smaller,
        larger: "x",
        root: null,
        consistency: Array.from({ length: hashes }, () => `${"A".repeat(43)}=`),
      });
    expect(parseEvidence(evidence(54))).toMatchObject({ ok: true });
    expect(parseEvidence(evidence(55))).toMatchObject({ ok: false, refusal: { code: "malformed" } });
    const fitting = 2 * 1024 * 1024 - evidence(0, "").length;
    expect(parseEvidence(evidence(0, "x".repeat(fitting)))).toMatchObject({ ok: true });
    expect(parseEvidence(evidence(0, "x".repeat(fitting + 1)))).toMatchObject({ ok: false, refusal: { code: "malformed" } });
  });
});

describe("a key counts once in every list", () => {
  test("a cosignature line that is repeated, and one of another time", async () => {
    const note = await signNote(text, [log]);
    const [earlier, later] = [await witness.cosign(text, 1_000), await witness.cosign(text, 2_000)];
    for (const lines of [later + later + later, earlier + later, later + earlier]) {
      const parsed = parseNote(note + lines);
      if (!parsed.ok) throw new Error(parsed.refusal);
      const cosignatures = await verifyCosignatures(parsed.value, [witness]);
      expect(cosignatures).toMatchObject({ ok: true, value: [{ timeSeconds: 2_000 }] });
      expect(cosignatures.ok && cosignatures.value.length).toBe(1);
    }
    const parsed = parseNote(note + earlier + earlier);
    expect(parsed.ok && claimedSignatures(parsed.value, [witness])).toHaveLength(1);
  });

  test("a repeated signature of the log", async () => {
    const parsed = parseNote((await signNote(text, [log, log])) + (await witness.cosign(text, 1)));
    if (!parsed.ok) throw new Error(parsed.refusal);
    const signers = await verifyNote(parsed.value, [log]);
    expect(signers.ok && signers.value).toEqual([log]);
  });
});

test("bytes that came in more pieces than a call has arguments", () => {
  const pieces = Array.from({ length: 300_000 }, () => Uint8Array.of(7));
  expect(hex(sha256(concatAll(pieces)))).toBe(hex(sha256(new Uint8Array(300_000).fill(7))));
});
