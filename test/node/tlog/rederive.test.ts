import { describe, expect, test } from "vitest";
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { Rederivation } from "#countersign/tlog/rederive.ts";
import { rightEdge, sliceTile, type Tile, tileWidth, treeFromEdge } from "#countersign/tlog/tile.ts";
import { entryAt, naiveRoot } from "#test/support/log/naive-merkle.ts";
import { leafHashes, TiledTree } from "#test/support/log/tiled-tree.ts";

function grow(tree: Rederivation, leaves: Bytes[]): Tile[] {
  return leaves.flatMap((leaf) => tree.append(leaf));
}

test("every root of 0 to 1,100 leaves is the one that RFC 6962 defines", () => {
  const tree = new Rederivation();
  expect(tree.root()).toEqual(naiveRoot(0));
  for (const [index, leaf] of leafHashes(0, 1_100).entries()) {
    tree.append(leaf);
    expect(tree.size).toBe(index + 1);
    expect(tree.root()).toEqual(naiveRoot(index + 1));
  }
});

describe("tiles are those that appending makes", () => {
  // Both grow from each size to the next: a tree that is made anew for each would take as long for every size as for all.
  const appended = new TiledTree();
  const tree = new Rederivation();
  const full: Tile[] = [];

  test.each([255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])("of a tree of %i leaves", (size) => {
    const leaves = leafHashes(tree.size, size);
    appended.append(leaves);
    full.push(...grow(tree, leaves));

    expect(tree.root()).toEqual(appended.tree.root);
    expect(tree.openTiles()).toEqual(appended.tree.edge);
    expect(tree.openTiles().map(({ level, n }) => ({ level, n }))).toEqual(rightEdge(size));
    expect(full).toEqual(appended.read(full.map(({ level, n }) => ({ level, n }))));
    expect(full.every((tile) => tileWidth(tile, size) === 256)).toBe(true);
    expect(full.filter(({ level }) => level === 0).map(({ n }) => n)).toEqual(Array.from({ length: Math.floor(size / 256) }, (_, n) => n));
    expect(full.filter(({ level }) => level === 1)).toHaveLength(Math.floor(size / 65_536));
  });
});

test("it goes on from the right edge of any tree as if it had been there from the start", () => {
  const leaves = leafHashes(0, 1_100);
  const appended = new TiledTree();
  appended.append(leaves);
  for (const size of [0, 1, 2, 255, 256, 257, 700, 768, 1_023, 1_024, 1_099]) {
    const edge = appended.read(rightEdge(size)).map((tile) => sliceTile(tile, size));
    const tree = new Rederivation(treeFromEdge(size, edge));
    expect(tree.root()).toEqual(naiveRoot(size));
    const full = grow(tree, leaves.slice(size));
    expect(tree.root()).toEqual(naiveRoot(1_100));
    expect(tree.openTiles()).toEqual(appended.tree.edge);
    expect(full).toEqual(appended.read(full.map(({ level, n }) => ({ level, n }))));
  }
});

test("a copy goes its own way", () => {
  const tree = new Rederivation();
  grow(tree, leafHashes(0, 300));
  const copy = tree.copy();
  copy.append(leafHash(entryAt(9_999)));
  grow(tree, leafHashes(300, 301));
  expect(tree.root()).toEqual(naiveRoot(301));
  expect(copy.size).toBe(301);
  expect(copy.root()).not.toEqual(tree.root());
});

test("what it holds does not grow with the tree", () => {
  const tree = new Rederivation();
  grow(tree, leafHashes(0, 70_000));
  expect(tree.openTiles().reduce((bytes, tile) => bytes + tile.hashes.length, 0)).toBe((112 + 17 + 1) * 32);
});
