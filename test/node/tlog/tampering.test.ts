/**
 * One wrong bit anywhere in what a log gives out is found, in every byte of a small example of each: the conclusion goes from
 * the signed root down to the leaf. What nobody has hashed up to a root proves nothing, and the last tests show that.
 */
import { describe, expect, test } from "vitest";
import { b64, type Bytes, concat, equal, fromUtf8, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { parseWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { makeEvidence, verifyEvidence } from "#countersign/tlog/evidence.ts";
import { leafHash, proveInclusion, rootHash, verifyInclusion } from "#countersign/tlog/merkle.ts";
import { makeSigner, parseVkey, signNote } from "#countersign/tlog/note.ts";
import { parsePolicy } from "#countersign/tlog/witness-policy.ts";
import { Rederivation } from "#countersign/tlog/rederive.ts";
import { readHashFrom, type Tile } from "#countersign/tlog/tile.ts";
import { type LogTrust, verifyCheckpoint, verifyProof } from "#countersign/tlog/verify-checkpoint.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { entryAt, naiveConsistency, naiveRoot } from "#test/support/log/naive-merkle.ts";
import { makeReceipt, makeWorld } from "#test/support/documents/sealed-receipt.ts";
import { bitFlips } from "#test/support/log/tampering.ts";
import { leafHashes, TiledTree } from "#test/support/log/tiled-tree.ts";
import tlog from "#test/vectors/tlog.json" with { type: "json" };
import vectors from "#test/vectors/witnesses.json" with { type: "json" };

/** Every bit of `whole` by which `isFound` is not true. */
async function unnoticed(whole: Uint8Array, isFound: (flipped: Bytes) => boolean | Promise<boolean>): Promise<string[]> {
  const places: string[] = [];
  for (const { place, flipped } of bitFlips(whole)) if (!(await isFound(flipped))) places.push(place);
  return places;
}

const key = parseVkey(tlog.five.vkey);
if (!key.ok) throw new Error(key.refusal);
const logOnly: LogTrust = { logKeys: [key.value], policy: null };

describe("one wrong bit is found", () => {
  test("in a checkpoint, all of whose witnesses are asked for", async () => {
    const policy = parsePolicy(vectors.policy.replace("group enough 2", "group enough all"));
    if (!policy.ok) throw new Error(policy.refusal.message);
    const trust: LogTrust = { logKeys: policy.value.logs.map((log) => log.key), policy: policy.value };
    const isRefused = async (text: string | null) => text === null || !(await verifyCheckpoint(text, trust)).ok;
    expect(await isRefused(vectors.checkpoint)).toBe(false);
    expect(await unnoticed(utf8(vectors.checkpoint), (flipped) => isRefused(fromUtf8(flipped)))).toEqual([]);
  });

  test("in a proof, and in the leaf that it is for", async () => {
    const isRefused = async (text: string | null, leaf: Uint8Array) => text === null || !(await verifyProof(text, leaf, logOnly)).ok;
    const leaf = leafHash(entryAt(3));
    expect(await isRefused(tlog.five.proof, leaf)).toBe(false);
    expect(await unnoticed(utf8(tlog.five.proof), (flipped) => isRefused(fromUtf8(flipped), leaf))).toEqual([]);
    expect(await unnoticed(entryAt(3), (flipped) => isRefused(tlog.five.proof, leafHash(flipped)))).toEqual([]);
  });

  test("in a verifier key of a log, and of a witness", async () => {
    const isOther = (vkey: string | null, parse: typeof parseVkey) => vkey === null || !parse(vkey).ok;
    expect(await unnoticed(utf8(tlog.five.vkey), (flipped) => isOther(fromUtf8(flipped), parseVkey))).toEqual([]);
    for (const { vkey } of vectors.witnesses)
      expect(await unnoticed(utf8(vkey), (flipped) => isOther(fromUtf8(flipped), parseWitnessVkey))).toEqual([]);
  });

  test("in a receipt", async () => {
    const world = await makeWorld();
    const { text } = await makeReceipt(world, { status: "cancelled" });
    const isRefused = async (content: string | null) => {
      const receipt = content === null ? null : parseReceipt(content);
      return receipt === null || !receipt.ok || !(await verifyReceipt(receipt.value, world.trust)).ok;
    };
    expect(await isRefused(text)).toBe(false);
    expect(await unnoticed(utf8(text), (flipped) => isRefused(fromUtf8(flipped)))).toEqual([]);
  });

  test("in evidence against a log", async () => {
    const log = await makeSigner("log.example", sha256(utf8("log")));
    const note = (size: number, root: Bytes) => signNote(`log.example\n${size}\n${b64(root)}\n`, [log]);
    const evidence = makeEvidence({
      smaller: await note(3, sha256(utf8("something else"))),
      larger: await note(7, naiveRoot(7)),
      root: hex(naiveRoot(3)),
      consistency: naiveConsistency(3, 7).map(b64),
    });
    const isRefused = async (text: string | null) => text === null || !(await verifyEvidence(text, [log])).ok;
    expect(await isRefused(evidence)).toBe(false);
    expect(await unnoticed(utf8(evidence), (flipped) => isRefused(fromUtf8(flipped)))).toEqual([]);
  });
});

/** A log of so many leaves, kept as tiles. */
function logOf(size: number) {
  const tiles = new TiledTree();
  tiles.append(leafHashes(0, size));
  return { size, root: naiveRoot(size), tile: (level: number, n: number) => tiles.read([{ level, n }])[0] as Tile };
}

/** The leaves of a bundle: each entry after its length of two bytes; null if it is not made so. */
function readBundle(bundle: Uint8Array): Uint8Array[] | null {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length;) {
    const length = ((bundle[at] as number) << 8) | (bundle[at + 1] ?? 0);
    if (at + 2 + length > bundle.length) return null;
    entries.push(bundle.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

describe("one wrong bit is found up to the root", () => {
  const five = logOf(5);

  test("in a tile", async () => {
    const tile = five.tile(0, 0);
    const leadsToRoot = (hashes: Bytes) => equal(rootHash(five.size, readHashFrom([{ ...tile, hashes }])), five.root);
    expect(leadsToRoot(tile.hashes)).toBe(true);
    expect(await unnoticed(tile.hashes, (flipped) => !leadsToRoot(flipped))).toEqual([]);
  });

  test("in a bundle, whose leaves the tree is made of again", async () => {
    const bundle = concat(...Array.from({ length: 5 }, (_, index) => concat(Uint8Array.of(0, 33), entryAt(index))));
    const leadsToRoot = (bytes: Bytes) => {
      const tree = new Rederivation();
      for (const entry of readBundle(bytes) ?? []) tree.append(leafHash(entry));
      return tree.size === five.size && equal(tree.root(), five.root);
    };
    expect(leadsToRoot(bundle)).toBe(true);
    expect(await unnoticed(bundle, (flipped) => !leadsToRoot(flipped))).toEqual([]);
  });
});

describe("a tile below another tile", () => {
  const log = logOf(260);
  const [full, open, above] = [log.tile(0, 0), log.tile(0, 1), log.tile(1, 0)];
  /** With another leaf hash in the full tile; the tile above it is as it was. */
  const forgedAt = (index: number): Tile => ({ ...full, hashes: concat(full.hashes).fill(0xff, index * 32, index * 32 + 32) });

  test("is not vouched for by a root that does not lie above it", () => {
    const root = rootHash(log.size, readHashFrom([forgedAt(77), open, above]));
    expect(equal(root, log.root)).toBe(true);
  });

  test("proves no forged leaf, nor any leaf by a forged neighbour", () => {
    const { size, root } = log;
    for (const forged of [0, 1, 77, 254, 255]) {
      const read = readHashFrom([forgedAt(forged), open, above]);
      const forgedHash = new Uint8Array(32).fill(0xff);
      const proves = (index: number, leaf: Uint8Array) =>
        verifyInclusion({ leafHash: leaf, index, size, root, path: proveInclusion(index, size, read) });
      for (let index = 0; index < size; index++) {
        expect(proves(index, forgedHash)).toBe(false);
        // The forged leaf's own path and those beyond the tile do not pass through its hash.
        const passesThrough = index < 256 && index !== forged;
        expect(proves(index, leafHash(entryAt(index)))).toBe(!passesThrough);
      }
    }
  });

  test("is not the one that the leaves make", () => {
    const tree = new Rederivation();
    const made = Array.from({ length: log.size }, (_, index) => tree.append(leafHash(entryAt(index)))).flat();
    expect(equal(tree.root(), log.root)).toBe(true);
    expect(made.find(({ level, n }) => level === 0 && n === 0)?.hashes).toEqual(full.hashes);
    expect(made.find(({ level, n }) => level === 0 && n === 0)?.hashes).not.toEqual(forgedAt(77).hashes);
  });
});
