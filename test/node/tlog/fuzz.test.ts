/**
 * What reads text of strangers: never throws, whatever the text, and has one spelling for what it accepts, so that writing it
 * again gives the same bytes. The texts are noise, and good examples with pieces of them changed, moved, doubled or left out.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { b64, type Bytes, concat, fromHex, hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, parseJson } from "#countersign/json/canonical-json.ts";
import { formatCheckpoint, parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { makeWitnessVkey, parseWitnessVkey, verifyCosignatures } from "#countersign/tlog/cosignature.ts";
import { makeEvidence, parseEvidence, verifyEvidence } from "#countersign/tlog/evidence.ts";
import { makeVkey, parseNote, parseVkey, signatureLine } from "#countersign/tlog/note.ts";
import { parsePolicy, type PolicyWitness, type WitnessGroup, type WitnessPolicy } from "#countersign/tlog/witness-policy.ts";
import { formatProof, parseProof } from "#countersign/tlog/proof.ts";
import { tilePath } from "#countersign/tlog/tile.ts";
import { parseTilePath } from "#countersign/tlog/tile-path.ts";
import { verifyCheckpoint, verifyProof } from "#countersign/tlog/verify-checkpoint.ts";
import { naiveRoot } from "#test/support/log/naive-merkle.ts";
import tlog from "#test/vectors/tlog.json" with { type: "json" };
import vectors from "#test/vectors/witnesses.json" with { type: "json" };

const RUNS = { numRuns: 2_000 };
const { vkey, checkpoint, proof } = tlog.five;
const noteText = checkpoint.slice(0, checkpoint.indexOf("\n\n") + 1);

/** Pieces that formats are made of, and that readers are often wrong about. */
const PIECE = fc.constantFrom(
  ..."\n| |\t|\r|=|+|-|—|— |\n\n|0|00|1|+1|1e3|9007199254740992|18446744073709551616|\u0000|\u007f|\u0085|\u00a0|\u2028|\ufeff|\ud800".split(
    "|",
  ),
  ...'"|\\u0041|{}|[]|null|,|:|AAAA|x000|.p/|/|../|%2f|none|all|any|quorum|group|witness|log|#|__proto__|constructor'.split("|"),
);
const noise = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.array(PIECE, { maxLength: 12 }).map((pieces) => pieces.join("")),
);

interface Edit {
  at: number;
  length: number;
  to: "nothing" | "twice" | "piece" | "elsewhere";
  piece: string;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  length: fc.oneof(fc.nat(4), fc.nat(80)),
  to: fc.constantFrom("nothing", "twice", "piece", "elsewhere"),
  piece: PIECE,
});

function edited(text: string, { at, length, to, piece }: Edit): string {
  const start = at % (text.length + 1);
  const [before, cut, after] = [text.slice(0, start), text.slice(start, start + length), text.slice(start + length)];
  switch (to) {
    case "nothing":
      return before + after;
    case "twice":
      return before + cut + cut + after;
    case "piece":
      return before + piece + after;
    case "elsewhere":
      return cut + before + after;
  }
}

/** Noise, the examples, and the examples after some edits. */
const textsLike = (...examples: string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 1, arbitrary: noise },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...examples), fc.array(edit, { maxLength: 4 }))
        .map(([example, edits]) => edits.reduce(edited, example)),
    },
  );

describe("is read without a throw, and written again the same", () => {
  test("a note", () => {
    fc.assert(
      fc.property(textsLike(checkpoint, vectors.checkpoint, tlog.c2sp.note), (text) => {
        const note = parseNote(text);
        if (!note.ok) return;
        // The type is no part of a line.
        const lines = note.value.signatures.map(({ signature, ...key }) =>
          signatureLine({ ...key, type: 0x01, publicKey: new Uint8Array() }, signature),
        );
        expect(`${note.value.text}\n${lines.join("")}`).toBe(text);
      }),
      RUNS,
    );
  });

  test("a checkpoint, but for the lines after its root, which are not read", () => {
    fc.assert(
      fc.property(textsLike(noteText, `${noteText}extension\n`), (text) => {
        const read = parseCheckpoint(text);
        if (!read.ok) return;
        const written = formatCheckpoint(read.value);
        expect(text.startsWith(written)).toBe(true);
        expect(text.slice(written.length)).toMatch(/^([^\n]+\n)*$/);
      }),
      RUNS,
    );
  });

  test("a proof", () => {
    fc.assert(
      fc.property(textsLike(proof), (text) => {
        const read = parseProof(text);
        if (read.ok) expect(formatProof(read.value)).toBe(text);
      }),
      RUNS,
    );
  });

  test("a path of a tile or a bundle", () => {
    fc.assert(
      fc.property(textsLike("tile/0/x001/x234/067", "tile/5/000.p/1", "tile/entries/x001/000.p/255", "tile/63/999"), (text) => {
        const read = parseTilePath(text);
        if (read === null) return;
        const written = tilePath(read.tile, read.width);
        expect(read.of === "entries" ? written.replace("tile/0/", "tile/entries/") : written).toBe(text);
      }),
      RUNS,
    );
  });

  test("a verifier key of a log or a witness", () => {
    fc.assert(
      fc.property(textsLike(vkey, tlog.c2sp.vkey, ...vectors.witnesses.map((one) => one.vkey)), (text) => {
        const [log, witness] = [parseVkey(text), parseWitnessVkey(text)];
        if (log.ok) expect(makeVkey(log.value.name, log.value.publicKey)).toBe(text);
        if (witness.ok) expect(makeWitnessVkey(witness.value.name, witness.value.publicKey)).toBe(text);
        expect(log.ok && witness.ok).toBe(false);
      }),
      RUNS,
    );
  });

  test("a policy, as far as its quorum reaches, in its plainest spelling", () => {
    fc.assert(
      fc.property(textsLike(vectors.policy, vectors.policy.replace("quorum enough", "group more 1 enough\nquorum more")), (text) => {
        const read = parsePolicy(text);
        if (!read.ok) {
          expect(read.refusal.line).toBeGreaterThan(0);
          expect(read.refusal.line).toBeLessThanOrEqual(text.split("\n").length);
          return;
        }
        const written = printPolicy(read.value);
        const again = parsePolicy(written);
        expect(again).toEqual(read);
        expect(again.ok && printPolicy(again.value)).toBe(written);
      }),
      RUNS,
    );
  });

  test("evidence, as the same document", () => {
    const evidence = makeEvidence({
      smaller: checkpoint,
      larger: vectors.checkpoint,
      root: hex(naiveRoot(3)),
      consistency: [b64(naiveRoot(4))],
    });
    fc.assert(
      fc.property(textsLike(evidence), (text) => {
        const read = parseEvidence(text);
        if (!read.ok) return;
        const { type: _, ...members } = read.value;
        const [written, given] = [parseJson(makeEvidence(members)), parseJson(text)];
        expect(written.ok && given.ok && canonicalize(written.value) === canonicalize(given.value)).toBe(true);
      }),
      RUNS,
    );
  });
});

function printPolicy({ logs, witnesses, quorum }: WitnessPolicy): string {
  const line = (...items: (string | null)[]) => `${items.filter((item) => item !== null).join(" ")}\n`;
  const groups = (one: PolicyWitness | WitnessGroup): string =>
    "members" in one
      ? one.members.map(groups).join("") + line("group", one.name, String(one.required), ...one.members.map(({ name }) => name))
      : "";
  return [
    ...logs.map((log) => line("log", log.vkey, log.url)),
    ...witnesses.map((one) => line("witness", one.name, one.vkey, one.url)),
    quorum === null ? "" : groups(quorum),
    line("quorum", quorum?.name ?? "none"),
  ].join("");
}

describe("is verified without a throw, and holds only as it was signed", () => {
  const policy = parsePolicy(vectors.policy);
  if (!policy.ok) throw new Error(policy.refusal.message);
  const trust = { logKeys: policy.value.logs.map(({ key }) => key), policy: policy.value };
  const witnesses = policy.value.witnesses.map(({ key }) => key);

  test("a checkpoint under a policy", async () => {
    await fc.assert(
      fc.asyncProperty(textsLike(vectors.checkpoint), async (text) => {
        const verified = await verifyCheckpoint(text, trust);
        if (verified.ok) expect(text.startsWith(`${noteText}\n`)).toBe(true);
      }),
      RUNS,
    );
  });

  test("a proof of some leaf", async () => {
    await fc.assert(
      fc.asyncProperty(textsLike(proof), fc.uint8Array({ maxLength: 40 }), async (text, leaf) => {
        expect(await verifyProof(text, Uint8Array.from(leaf), { ...trust, policy: null })).toMatchObject({ ok: false });
      }),
      RUNS,
    );
  });

  test("cosignatures of any bytes", async () => {
    const note = parseNote(vectors.checkpoint);
    if (!note.ok) throw new Error(note.refusal);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...vectors.witnesses),
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        async ({ vkey: by }, bytes) => {
          const key = parseWitnessVkey(by);
          if (!key.ok) throw new Error(key.refusal);
          const { name, keyId } = key.value;
          const signature = concat(bytes);
          expect(await verifyCosignatures({ ...note.value, signatures: [{ name, keyId, signature }] }, witnesses)).toMatchObject({
            ok: false,
          });
          expect(parseNote(`${noteText}\n— ${name} ${b64(concat(fromHex(keyId) as Bytes, bytes))}\n`)).toMatchObject({ ok: true });
        },
      ),
      { numRuns: 500 },
    );
  });

  test("evidence against an honest log", async () => {
    const evidence = makeEvidence({ smaller: checkpoint, larger: vectors.checkpoint, root: null, consistency: [] });
    await fc.assert(
      fc.asyncProperty(textsLike(evidence), async (text) => {
        expect(await verifyEvidence(text, trust.logKeys)).toMatchObject({ ok: false });
      }),
      RUNS,
    );
  });
});
