/** Hashes are 32 bytes, and sizes safe integers, wherever trees are made or proofs are verified. */
import { describe, expect, test } from "vitest";
import { sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import {
  consistencySubtrees,
  EMPTY_ROOT,
  inclusionSubtrees,
  leafHash,
  nodeHash,
  pathSteps,
  rootHash,
  rootSubtrees,
  verifyConsistency,
  verifyInclusion,
} from "#countersign/tlog/merkle.ts";
import { makeSigner, signNote } from "#countersign/tlog/note.ts";
import { Rederivation } from "#countersign/tlog/rederive.ts";
import { appendLeaves, rightEdge, tilePath, treeFromEdge } from "#countersign/tlog/tile.ts";
import { verifyProof } from "#countersign/tlog/verify-checkpoint.ts";
import { entryAt, naiveConsistency, naivePath, naiveRoot } from "#test/support/log/naive-merkle.ts";

const ORIGIN = "gate.example.com/log";
const log = await makeSigner(ORIGIN, sha256(utf8("log")));

describe("hashes", () => {
  const LENGTHS = [0, 1, 31, 33, 64];
  const cut = (length: number) => new Uint8Array(length);

  test.each(LENGTHS)("of %d bytes are in no proof of inclusion", async (length) => {
    expect(verifyInclusion({ leafHash: cut(length), index: 0, size: 1, root: cut(length), path: [] })).toBe(false);
    expect(pathSteps({ leafHash: cut(length), index: 0, size: 1, path: [] })).toBeNull();
    const proof = { leafHash: leafHash(entryAt(2)), index: 2, size: 5, root: naiveRoot(5), path: naivePath(2, 5) };
    expect(verifyInclusion(proof)).toBe(true);
    expect(verifyInclusion({ ...proof, leafHash: cut(length) })).toBe(false);
    expect(verifyInclusion({ ...proof, root: cut(length) })).toBe(false);
    for (const at of proof.path.keys()) expect(verifyInclusion({ ...proof, path: proof.path.with(at, cut(length)) })).toBe(false);
    const one = await signNote(formatCheckpoint({ origin: ORIGIN, size: 1, root: naiveRoot(1) }), [log]);
    const claimed = verifyProof(`c2sp.org/tlog-proof@v1\nindex 0\n\n${one}`, cut(length), { logKeys: [log], policy: null });
    expect(await claimed).toEqual({ ok: false, refusal: "not-included" });
  });

  test.each(LENGTHS)("of %d bytes are in no proof of consistency", (length) => {
    for (const [oldSize, size] of [
      [0, 0],
      [0, 5],
      [5, 5],
      [3, 5],
      [4, 7],
    ] as const) {
      const proof = { oldSize, oldRoot: naiveRoot(oldSize), size, root: naiveRoot(size), path: naiveConsistency(oldSize, size) };
      expect(verifyConsistency(proof)).toBe(true);
      expect(verifyConsistency({ ...proof, oldRoot: cut(length) })).toBe(false);
      expect(verifyConsistency({ ...proof, root: cut(length) })).toBe(false);
      for (const at of proof.path.keys()) expect(verifyConsistency({ ...proof, path: proof.path.with(at, cut(length)) })).toBe(false);
    }
    expect(verifyConsistency({ oldSize: 5, oldRoot: cut(length), size: 5, root: cut(length), path: [] })).toBe(false);
  });

  test.each(LENGTHS)("of %d bytes are hashed into no tree", (length) => {
    expect(() => nodeHash(cut(length), EMPTY_ROOT)).toThrow(RangeError);
    expect(() => nodeHash(EMPTY_ROOT, cut(length))).toThrow(RangeError);
    expect(() => appendLeaves(treeFromEdge(0, []), [cut(length)])).toThrow(RangeError);
    expect(() => new Rederivation().append(cut(length))).toThrow(RangeError);
  });

  test("no tree without leaves has another root than that of none", () => {
    const none = { oldSize: 0, oldRoot: EMPTY_ROOT, size: 0, root: EMPTY_ROOT, path: [] };
    expect(verifyConsistency(none)).toBe(true);
    expect(verifyConsistency({ ...none, root: naiveRoot(5) })).toBe(false);
    expect(verifyConsistency({ ...none, oldRoot: naiveRoot(5), root: naiveRoot(5) })).toBe(false);
    expect(verifyConsistency({ ...none, oldRoot: naiveRoot(5), size: 5, root: naiveRoot(5) })).toBe(false);
    expect(verifyConsistency({ ...none, size: 5, root: naiveRoot(5), path: [naiveRoot(5)] })).toBe(false);
    // Every tree begins with no leaves.
    expect(verifyConsistency({ ...none, size: 5, root: naiveRoot(5) })).toBe(true);
  });

  test("a path that is longer than any is not walked", () => {
    let read = 0;
    const path = new Proxy(
      Array.from({ length: 100_000 }, () => EMPTY_ROOT),
      {
        get: (target, name) => {
          if (typeof name === "string" && /^\d+$/.test(name)) read += 1;
          return Reflect.get(target, name) as unknown;
        },
      },
    );
    expect(verifyConsistency({ oldSize: 3, oldRoot: naiveRoot(3), size: 5, root: naiveRoot(5), path })).toBe(false);
    expect(verifyInclusion({ leafHash: leafHash(entryAt(2)), index: 2, size: 5, root: naiveRoot(5), path })).toBe(false);
    expect(read).toBeLessThan(10);
  });
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("no tree has %d leaves", (size) => {
  const read = () => EMPTY_ROOT;
  expect(() => rootHash(size, read)).toThrow(RangeError);
  expect(() => rootSubtrees(size)).toThrow(RangeError);
  expect(() => rightEdge(size)).toThrow(RangeError);
  expect(() => inclusionSubtrees(0, size)).toThrow(RangeError);
  expect(() => inclusionSubtrees(size, 5)).toThrow(RangeError);
  expect(() => consistencySubtrees(1, size)).toThrow(RangeError);
  expect(() => consistencySubtrees(size, 5)).toThrow(RangeError);
  expect(() => tilePath({ level: 0, n: size }, 256)).toThrow(RangeError);
});
