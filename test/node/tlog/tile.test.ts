import { describe, expect, test } from "vitest";
import { appendLeaves, readHashFrom, rightEdge, sliceTile, tileOf, tilePath, tileWidth, treeFromEdge } from "#countersign/tlog/tile.ts";
import { leafHashes, TiledTree } from "#test/support/log/tiled-tree.ts";

test("the worked example of tlog-tiles: 70,000 leaves", () => {
  const size = 70_000;
  expect(rightEdge(size)).toEqual([
    { level: 0, n: 273 },
    { level: 1, n: 1 },
    { level: 2, n: 0 },
  ]);
  expect(rightEdge(size).map((tile) => tilePath(tile, tileWidth(tile, size)))).toEqual([
    "tile/0/273.p/112",
    "tile/1/001.p/17",
    "tile/2/000.p/1",
  ]);
  expect(tileWidth({ level: 0, n: 272 }, size)).toBe(256);
  expect(tileWidth({ level: 0, n: 274 }, size)).toBe(0);
  expect(tileWidth({ level: 1, n: 0 }, size)).toBe(256);
});

test("256 leaves are one full tile and one hash above it", () => {
  expect(rightEdge(256)).toEqual([{ level: 1, n: 0 }]);
  expect(tileWidth({ level: 0, n: 0 }, 256)).toBe(256);
  expect(tileWidth({ level: 1, n: 0 }, 256)).toBe(1);
});

test("paths have groups of three digits", () => {
  expect(tilePath({ level: 0, n: 0 }, 256)).toBe("tile/0/000");
  expect(tilePath({ level: 3, n: 999 }, 256)).toBe("tile/3/999");
  expect(tilePath({ level: 0, n: 1000 }, 1)).toBe("tile/0/x001/000.p/1");
  expect(tilePath({ level: 0, n: 1_234_067 }, 256)).toBe("tile/0/x001/x234/067");
});

test("a subtree of 256 leaves is one hash of the level above", () => {
  expect(tileOf({ level: 7, index: 1 })).toEqual({ level: 0, n: 0 });
  expect(tileOf({ level: 7, index: 2 })).toEqual({ level: 0, n: 1 });
  expect(tileOf({ level: 8, index: 255 })).toEqual({ level: 1, n: 0 });
  expect(tileOf({ level: 8, index: 256 })).toEqual({ level: 1, n: 1 });
});

describe("appending", () => {
  test("changes one tile a level, and a level above only when a tile is full", () => {
    const tiles = new TiledTree();
    tiles.append(leafHashes(0, 255));
    const widths = (from: number, to: number) => {
      const { changed } = appendLeaves(tiles.tree, leafHashes(from, to));
      return changed.map((tile) => [tile.level, tile.n, tile.oldWidth, tile.hashes.length / 32]);
    };
    expect(widths(255, 256)).toEqual([
      [0, 0, 255, 256],
      [1, 0, 0, 1],
    ]);
    expect(widths(255, 257)).toEqual([
      [0, 0, 255, 256],
      [0, 1, 0, 1],
      [1, 0, 0, 1],
    ]);
    tiles.append(leafHashes(255, 256));
    expect(widths(256, 257)).toEqual([[0, 1, 0, 1]]);
  });

  test("the full tile of level 1 gives its hash to level 2", () => {
    const tiles = new TiledTree();
    tiles.append(leafHashes(0, 65_535));
    const { changed } = appendLeaves(tiles.tree, leafHashes(65_535, 65_536));
    expect(changed.map((tile) => [tile.level, tile.n, tile.oldWidth])).toEqual([
      [0, 255, 255],
      [1, 0, 255],
      [2, 0, 0],
    ]);
  });

  test("in one go or in any pieces gives the same tree", () => {
    const whole = new TiledTree();
    whole.append(leafHashes(0, 1000));
    const pieces = new TiledTree();
    for (let size = 0, step = 1; size < 1000; size += step, step = (step * 3) % 101) {
      pieces.append(leafHashes(size, Math.min(1000, size + step)));
    }
    expect(pieces.tree).toEqual(whole.tree);
  });
});

test("wider tiles serve every smaller tree", () => {
  const now = new TiledTree();
  now.append(leafHashes(0, 700));
  for (const size of [1, 255, 256, 257, 511, 512, 513, 699]) {
    const then = new TiledTree();
    then.append(leafHashes(0, size));
    expect(treeFromEdge(size, now.read(rightEdge(size)))).toEqual(then.tree);
  }
});

test("a tile that is too narrow or missing throws instead of giving another hash", () => {
  const tile = { level: 0, n: 0, hashes: new Uint8Array(5 * 32) };
  expect(() => sliceTile(tile, 6)).toThrow("narrower");
  expect(() => readHashFrom([tile])({ level: 0, index: 5 })).toThrow("too narrow");
  expect(() => readHashFrom([tile])({ level: 0, index: 256 })).toThrow("missing");
  expect(() => treeFromEdge(5, [])).toThrow("missing");
});
