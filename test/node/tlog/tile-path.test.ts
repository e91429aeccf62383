import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tilePath } from "#countersign/tlog/tile.ts";
import { parseTilePath } from "#countersign/tlog/tile-path.ts";

const level = fc.integer({ min: 0, max: 63 });
const place = fc.oneof(fc.nat(2000), fc.maxSafeNat());
const width = fc.integer({ min: 1, max: 256 });

describe("a tile's path is read as it is written", () => {
  test("whatever the tile", () => {
    fc.assert(
      fc.property(level, place, width, (l, n, w) => {
        const tile = { level: l, n };
        expect(parseTilePath(tilePath(tile, w))).toEqual({ of: "hashes", tile, width: w });
      }),
    );
  });

  test("whatever the bundle", () => {
    fc.assert(
      fc.property(place, width, (n, w) => {
        const path = tilePath({ level: 0, n }, w).replace("tile/0/", "tile/entries/");
        expect(parseTilePath(path)).toEqual({ of: "entries", tile: { level: 0, n }, width: w });
      }),
    );
  });

  test("as tlog-tiles spells them", () => {
    expect(parseTilePath("tile/0/x001/x234/067")).toEqual({ of: "hashes", tile: { level: 0, n: 1_234_067 }, width: 256 });
    expect(parseTilePath("tile/1/001.p/17")).toEqual({ of: "hashes", tile: { level: 1, n: 1 }, width: 17 });
    expect(parseTilePath("tile/entries/273.p/112")).toEqual({ of: "entries", tile: { level: 0, n: 273 }, width: 112 });
    expect(parseTilePath("tile/63/x009/x007/x199/x254/x740/991")?.tile.n).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("anything else is no tile", () => {
  test.each([
    "",
    "tile",
    "tile/0",
    "tile/0/",
    "/tile/0/000",
    "tile/0/000/",
    "tile//000",
    "tile/00/000",
    "tile/01/000",
    "tile/64/000",
    "tile/100/000",
    "tile/-1/000",
    "tile/+1/000",
    "tile/1e0/000",
    "tile/data/000",
    "tile/Entries/000",
    "tile/8/0/000",
    "tile/0/0",
    "tile/0/00",
    "tile/0/0000",
    "tile/0/1000",
    "tile/0/x000",
    "tile/0/x000/001",
    "tile/0/x000/x001/000",
    "tile/0/001/000",
    "tile/0/X001/000",
    "tile/0/x001/x000",
    "tile/0/x01/000",
    "tile/0/x001//000",
    "tile/0/x009/x007/x199/x254/x740/992",
    "tile/0/x999/x999/x999/x999/x999/x999/999",
    "tile/0/000.p",
    "tile/0/000.p/",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/999",
    "tile/0/000.p/1000",
    "tile/0/000.p/-1",
    "tile/0/000.p/1/",
    "tile/0/000.p/1.p/1",
    "tile/0/000.P/1",
    "tile/0/000.q/1",
    "tile/0/000p/1",
    "tile/0/x001.p/1/000",
    "tile/0/000\n",
    "tile/0/000 ",
    " tile/0/000",
    "tile/0/٠٠٠",
    "tile/0/%30%30%30",
    "tile/../tile/0/000",
    "TILE/0/000",
  ])("%j", (path) => {
    expect(parseTilePath(path)).toBeNull();
  });

  test("whatever is accepted after changing a character is another tile, in its one spelling", () => {
    const character = fc.oneof(fc.constantFrom(..."0123456789x./p"), fc.string({ minLength: 0, maxLength: 2 }));
    fc.assert(
      fc.property(level, place, width, fc.nat(60), fc.nat(2), character, (l, n, w, at, cut, put) => {
        const path = tilePath({ level: l, n }, w);
        const changed = path.slice(0, at) + put + path.slice(at + cut);
        const parsed = parseTilePath(changed);
        if (parsed?.of === "hashes") expect(tilePath(parsed.tile, parsed.width)).toBe(changed);
      }),
      { numRuns: 2000 },
    );
  });
});
