import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bytes, hex } from "#countersign/encoding/bytes.ts";
import {
  consistencySubtrees,
  EMPTY_ROOT,
  inclusionSubtrees,
  leafHash,
  pathSteps,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from "#countersign/tlog/merkle.ts";
import { readHashFrom, rightEdge, type TileAddress, tilesOf, tileWidth, treeFromEdge } from "#countersign/tlog/tile.ts";
import { entryAt, naiveConsistency, naivePath, naiveRoot } from "#test/support/log/naive-merkle.ts";
import { leafHashes, TiledTree } from "#test/support/log/tiled-tree.ts";
import { manyOr } from "#test/support/every-case.ts";

const inclusion = (tiles: TiledTree, index: number, size: number): Bytes[] =>
  proveInclusion(index, size, readHashFrom(tiles.read(tilesOf(inclusionSubtrees(index, size)))));
const consistency = (tiles: TiledTree, oldSize: number, size: number): Bytes[] =>
  proveConsistency(oldSize, size, readHashFrom(tiles.read(tilesOf(consistencySubtrees(oldSize, size)))));

function grown(...sizes: number[]): TiledTree {
  const tiles = new TiledTree();
  for (const size of sizes) tiles.append(leafHashes(tiles.tree.size, size));
  return tiles;
}

const sampleIndices = (size: number): number[] =>
  size <= 64 ? Array.from({ length: size }, (_, i) => i) : [0, 1, size >> 1, size - 2, size - 1];

/** As one text: to compare hashes byte by byte is most of what these tests would take. */
const hexes = (path: Uint8Array[]): string => path.map((hash) => Buffer.from(hash).toString("hex")).join("\n");

/** Each hash of these tiles is that of the complete subtree that tlog-tiles says, and each is as wide as the tree needs. */
function expectTiles(tiles: TiledTree, size: number, addresses: TileAddress[]): void {
  for (const tile of tiles.read(addresses)) {
    const leaves = 256 ** tile.level;
    const starts = Array.from({ length: tileWidth(tile, size) }, (_, i) => (256 * tile.n + i) * leaves);
    const defined = starts.map((start) => naiveRoot(start + leaves, start));
    expect(Buffer.concat(defined).equals(tile.hashes), `tile ${tile.level}/${tile.n}`).toBe(true);
  }
}

/** Every tile of a tree of `size` leaves, as tlog-tiles counts them. */
const allTiles = (size: number): TileAddress[] =>
  [0, 1, 2].flatMap((level) => Array.from({ length: Math.ceil(Math.floor(size / 256 ** level) / 256) }, (_, n) => ({ level, n })));

test("the roots that RFC 6962 implementations agree on", () => {
  expect(hex(EMPTY_ROOT)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // The test tree of certificate-transparency-go and of transparency-dev/merkle.
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const tiles = new TiledTree();
  const roots = inputs.map((input) => {
    tiles.append([leafHash(Uint8Array.from(Buffer.from(input, "hex")))]);
    return hex(tiles.tree.root);
  });
  expect(roots[0]).toBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  expect(roots[1]).toBe("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  expect(roots[7]).toBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
});

describe("against the definition", () => {
  // Beyond two tiles only where all is tried: the borders of tiles are below.
  const last = manyOr(300, 600);

  test(`every size from 0 to ${last}, grown one by one: the root, every tile, inclusion, and consistency with smaller ones`, () => {
    const tiles = new TiledTree();
    expect(tiles.tree.root).toEqual(naiveRoot(0));
    for (let size = 1; size <= last; size++) {
      tiles.append([leafHash(entryAt(size - 1))]);
      const { root } = tiles.tree;
      expect(hexes([root])).toBe(hexes([naiveRoot(size)]));
      expect(treeFromEdge(size, tiles.read(rightEdge(size)))).toEqual(tiles.tree);
      expectTiles(tiles, size, rightEdge(size));
      for (const index of sampleIndices(size)) {
        const path = inclusion(tiles, index, size);
        expect(hexes(path)).toBe(hexes(naivePath(index, size)));
        const claim = { leafHash: leafHash(entryAt(index)), index, size, path };
        expect(verifyInclusion({ ...claim, root })).toBe(true);
        expect(hexes([pathSteps(claim)?.at(-1)?.hash ?? claim.leafHash])).toBe(hexes([root]));
      }
      for (const oldSize of sampleIndices(size)) {
        const path = consistency(tiles, oldSize, size);
        expect(hexes(path)).toBe(hexes(naiveConsistency(oldSize, size)));
        expect(verifyConsistency({ oldSize, oldRoot: naiveRoot(oldSize), size, root, path })).toBe(true);
      }
    }
    expectTiles(tiles, last, allTiles(last));
  });

  test("consistency between every pair of sizes up to 64", () => {
    const tiles = grown(64);
    for (let size = 0; size <= 64; size++) {
      for (let oldSize = 0; oldSize <= size; oldSize++) {
        const path = consistency(tiles, oldSize, size);
        expect(hexes(path)).toBe(hexes(naiveConsistency(oldSize, size)));
        expect(verifyConsistency({ oldSize, oldRoot: naiveRoot(oldSize), size, root: naiveRoot(size), path })).toBe(true);
      }
    }
  });

  const borders = [255, 256, 257, 65_535, 65_536, 65_537, 70_000];
  const tiles = grown(255, 256, 257, 511, 65_535, 65_536, 65_537, 70_000);

  test.each(borders)("around the border of tiles: size %i", (size) => {
    const root = naiveRoot(size);
    expect(treeFromEdge(size, tiles.read(rightEdge(size))).root).toEqual(root);
    expectTiles(grown(size), size, allTiles(size));
    for (const index of sampleIndices(size)) {
      const path = inclusion(tiles, index, size);
      expect(hexes(path)).toBe(hexes(naivePath(index, size)));
      expect(verifyInclusion({ leafHash: leafHash(entryAt(index)), index, size, root, path })).toBe(true);
    }
    for (const oldSize of [1, 2, 200, size >> 1, size - 1, ...borders].filter((old) => old <= size)) {
      const path = consistency(tiles, oldSize, size);
      expect(hexes(path)).toBe(hexes(naiveConsistency(oldSize, size)));
      expect(verifyConsistency({ oldSize, oldRoot: naiveRoot(oldSize), size, root, path })).toBe(true);
    }
  });

  test("in one go gives the same tree as in pieces", () => {
    expect(grown(70_000).tree).toEqual(tiles.tree);
  });
});

describe("a verifier refuses", () => {
  const sizes = fc.integer({ min: 1, max: 300 });
  const tiles = grown(300);
  const flip = (hash: Uint8Array, bit: number): Uint8Array => hash.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

  test("an inclusion with anything changed", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), fc.nat({ max: 255 }), (size, anyIndex, anyHash, bit) => {
        const index = anyIndex % size;
        const path = inclusion(tiles, index, size);
        const proof = { leafHash: leafHash(entryAt(index)), index, size, root: naiveRoot(size), path };
        const at = path.length === 0 ? 0 : anyHash % path.length;
        expect(verifyInclusion(proof)).toBe(true);
        expect(verifyInclusion({ ...proof, leafHash: leafHash(entryAt(index + 1)) })).toBe(false);
        expect(verifyInclusion({ ...proof, root: flip(proof.root, bit) })).toBe(false);
        expect(verifyInclusion({ ...proof, path: [...path, naiveRoot(1)] })).toBe(false);
        for (const other of [index - 1, index + 1, size]) expect(verifyInclusion({ ...proof, index: other })).toBe(false);
        if (path.length > 0) {
          expect(verifyInclusion({ ...proof, path: path.map((hash, i) => (i === at ? flip(hash, bit) : hash)) })).toBe(false);
          expect(verifyInclusion({ ...proof, path: path.filter((_, i) => i !== at) })).toBe(false);
          expect(verifyInclusion({ ...proof, path: path.map((hash, i) => (i === at ? hash.slice(0, 31) : hash)) })).toBe(false);
        }
      }),
    );
  });

  test("a consistency with anything changed", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), fc.nat({ max: 255 }), (size, anyOld, anyHash, bit) => {
        const oldSize = anyOld % (size + 1);
        const path = consistency(tiles, oldSize, size);
        const proof = { oldSize, oldRoot: naiveRoot(oldSize), size, root: naiveRoot(size), path };
        expect(verifyConsistency(proof)).toBe(true);
        expect(verifyConsistency({ ...proof, oldRoot: flip(proof.oldRoot, bit) })).toBe(false);
        if (oldSize > 0) expect(verifyConsistency({ ...proof, root: flip(proof.root, bit) })).toBe(false);
        expect(verifyConsistency({ ...proof, path: [...path, naiveRoot(1)] })).toBe(false);
        expect(verifyConsistency({ ...proof, oldSize: size + 1 })).toBe(false);
        if (path.length > 0) {
          const at = anyHash % path.length;
          expect(verifyConsistency({ ...proof, path: path.map((hash, i) => (i === at ? flip(hash, bit) : hash)) })).toBe(false);
          expect(verifyConsistency({ ...proof, path: path.filter((_, i) => i !== at) })).toBe(false);
        }
      }),
    );
  });

  test("sizes and indices that are not whole numbers a number can hold", () => {
    const proof = { leafHash: leafHash(entryAt(0)), index: 0, size: 1, root: naiveRoot(1), path: [] };
    expect(verifyInclusion(proof)).toBe(true);
    for (const size of [0, -1, 0.5, Number.NaN, 2 ** 53]) expect(verifyInclusion({ ...proof, size })).toBe(false);
    for (const index of [-1, 0.5, Number.NaN, -0.5]) expect(verifyInclusion({ ...proof, index })).toBe(false);
    const same = { oldSize: 1, oldRoot: proof.root, size: 1, root: proof.root, path: [] };
    expect(verifyConsistency(same)).toBe(true);
    for (const oldSize of [-1, 0.5, Number.NaN]) expect(verifyConsistency({ ...same, oldSize })).toBe(false);
  });
});

test("asking for what the tree does not have is a bug, and throws", () => {
  expect(() => inclusionSubtrees(5, 5)).toThrow(RangeError);
  expect(() => inclusionSubtrees(-1, 5)).toThrow(RangeError);
  expect(() => consistencySubtrees(6, 5)).toThrow(RangeError);
});
