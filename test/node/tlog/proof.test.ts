import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leafHash, verifyInclusion } from "#countersign/tlog/merkle.ts";
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { parseNote } from "#countersign/tlog/note.ts";
import { formatProof, parseProof } from "#countersign/tlog/proof.ts";
import { entryAt } from "#test/support/log/naive-merkle.ts";
import vectors from "#test/vectors/tlog.json" with { type: "json" };

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Uint8Array.from(bytes));
const whole = fc.oneof(fc.nat(), fc.maxSafeNat());

test("the golden proof leads from its leaf to the root of its checkpoint", () => {
  const proof = parseProof(vectors.five.proof);
  if (!proof.ok) throw new Error(proof.refusal);
  const note = parseNote(proof.value.checkpoint);
  if (!note.ok) throw new Error(note.refusal);
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) throw new Error(checkpoint.refusal);
  expect(proof.value.checkpoint).toBe(vectors.five.checkpoint);
  expect(checkpoint.value).toMatchObject({ origin: "gate.example.com/log", size: 5 });
  const { size, root } = checkpoint.value;
  const { index, path } = proof.value;
  expect(verifyInclusion({ leafHash: leafHash(entryAt(3)), index, size, root, path })).toBe(true);
  expect(formatProof(proof.value)).toBe(vectors.five.proof);
});

describe("checkpoints", () => {
  const text = vectors.five.checkpoint.slice(0, vectors.five.checkpoint.indexOf("\n\n") + 1);

  test("round-trip", () => {
    const origin = fc.string({ minLength: 1 }).filter((name) => !name.includes("\n"));
    fc.assert(
      fc.property(origin, whole, hash, (name, size, root) => {
        const checkpoint: Checkpoint = { origin: name, size, root };
        expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual({ ok: true, value: checkpoint });
      }),
    );
  });

  test("an extension line is read over", () => {
    expect(parseCheckpoint(`${text}extension\n`)).toMatchObject({ ok: true, value: { size: 5 } });
  });

  const malformed: Record<string, string> = {
    nothing: "",
    "no final newline": text.slice(0, -1),
    "a missing line": text.slice(0, text.indexOf("tMNk")),
    "a blank line at the end": `${text}\n`,
    "a blank extension line": `${text}\nextension\n`,
    "no origin": text.slice(text.indexOf("\n")),
    "CRLF line ends": text.replaceAll("\n", "\r\n"),
    "a leading zero": text.replace("\n5\n", "\n05\n"),
    "a size with a sign": text.replace("\n5\n", "\n+5\n"),
    "a negative size": text.replace("\n5\n", "\n-5\n"),
    "a size with a space": text.replace("\n5\n", "\n5 \n"),
    "a hexadecimal size": text.replace("\n5\n", "\n0x5\n"),
    "a size with an exponent": text.replace("\n5\n", "\n5e0\n"),
    "digits of another script": text.replace("\n5\n", "\n\u0665\n"),
    "a size of 2^53": text.replace("\n5\n", "\n9007199254740992\n"),
    "a size of 2^64": text.replace("\n5\n", "\n18446744073709551616\n"),
    "a root without padding": text.replace("IzM=", "IzM"),
    "a root with spare bits": text.replace("IzM=", "IzN="),
    "a root of 31 bytes": text.replace("IzM=", "Ig=="),
    "a root of 33 bytes": text.replace("IzM=", "IzMz"),
  };
  test.each(Object.entries(malformed))("are refused with %s", (_, changed) => {
    expect(changed).not.toBe(text);
    expect(parseCheckpoint(changed)).toEqual({ ok: false, refusal: "malformed-checkpoint" });
  });

  test("2^53 - 1 leaves are the most", () => {
    const most = text.replace("\n5\n", `\n${Number.MAX_SAFE_INTEGER}\n`);
    expect(parseCheckpoint(most)).toMatchObject({ ok: true, value: { size: Number.MAX_SAFE_INTEGER } });
  });

  test("are not written with what could not be read", () => {
    const root = new Uint8Array(32);
    for (const [origin, size] of [
      ["", 1],
      ["a\nb", 1],
      ["a", -1],
      ["a", 2 ** 53],
    ] as const) {
      expect(() => formatCheckpoint({ origin, size, root })).toThrow("not a checkpoint");
    }
  });
});

describe("proofs", () => {
  const text = vectors.five.proof;

  test("round-trip", () => {
    fc.assert(
      fc.property(whole, fc.array(hash, { maxLength: 53 }), fc.string({ minLength: 1 }), (index, path, checkpoint) => {
        expect(parseProof(formatProof({ index, path, checkpoint }))).toEqual({ ok: true, value: { index, path, checkpoint } });
      }),
    );
  });

  const malformed: Record<string, string> = {
    nothing: "",
    "another version": text.replace("@v1", "@v2"),
    "a byte order mark": `\ufeff${text}`,
    "text before it": `\n${text}`,
    extra: text.replace("\nindex", "\nextra AAAA\nindex"),
    "no index": text.replace("index 3\n", ""),
    "two indices": text.replace("index 3\n", "index 3\nindex 3\n"),
    "a leading zero": text.replace("index 3", "index 03"),
    "a negative index": text.replace("index 3", "index -3"),
    "two spaces": text.replace("index 3", "index  3"),
    "an index of 2^53": text.replace("index 3", "index 9007199254740992"),
    "CRLF line ends": text.replaceAll("\n", "\r\n"),
    "a hash without padding": text.replace("z9U=", "z9U"),
    "a hash with spare bits": text.replace("z9U=", "z9V="),
    "a hash of 31 bytes": text.replace("z9U=", "zw=="),
    "a space after a hash": text.replace("z9U=", "z9U= "),
    "no blank line": text.slice(0, text.indexOf("\n\n") + 1),
    "no checkpoint": text.slice(0, text.indexOf("\n\n") + 2),
    "a path longer than any tree is high": text.replace(
      "index 3\n",
      `index 3\n${"7eLrtW42Yp5dDjYCE4g+Z75lOx7U1X31jCYOdXdEz9U=\n".repeat(51)}`,
    ),
  };
  test.each(Object.entries(malformed))("are refused with %s", (_, changed) => {
    expect(changed).not.toBe(text);
    expect(parseProof(changed)).toEqual({ ok: false, refusal: "malformed-proof" });
  });

  test("what follows the checkpoint is the note's to refuse", () => {
    for (const changed of [`${text}\n`, `${text}x`, text.slice(0, -1)]) {
      const proof = parseProof(changed);
      if (!proof.ok) throw new Error(proof.refusal);
      expect(parseNote(proof.value.checkpoint)).toMatchObject({ ok: false });
    }
  });
});
