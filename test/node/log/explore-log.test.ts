/** The log as its page tells of it: which heads are drawn, who has seen which state of it. */
import { beforeAll, describe, expect, test } from "vitest";
import { sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { exploreLog, type ExplorePorts, type TimedHead } from "#gate/log/reading/explore-log.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { type Cosigner, makeCosigner } from "#countersign/tlog/cosignature.ts";
import { makeSigner, type Signer, signNote } from "#countersign/tlog/note.ts";

const ORIGIN = "gate.example.com/log";
const SEEN_AT = 1_795_000_000;

let log: Signer;
let witness: Cosigner;
let other: Cosigner;
beforeAll(async () => {
  [log, witness, other] = await Promise.all([
    makeSigner(ORIGIN, sha256(utf8("log"))),
    makeCosigner("witness.example", sha256(utf8("witness"))),
    makeCosigner("other.example", sha256(utf8("other"))),
  ]);
});

/** A checkpoint of that many leaves, signed by the log and cosigned. */
async function checkpointOf(size: number, ...cosigners: Cosigner[]): Promise<string> {
  const text = formatCheckpoint({ origin: ORIGIN, size, root: sha256(utf8(`root ${size}`)) });
  const cosignatures = await Promise.all(cosigners.map((cosigner) => cosigner.cosign(text, SEEN_AT)));
  return [await signNote(text, [log]), ...cosignatures].join("");
}

/** Ports of a log with a head for each of `sizes`, whose leaves all have been erased. */
async function portsOf(sizes: readonly number[], overrides: Partial<ExplorePorts["log"]> = {}): Promise<ExplorePorts> {
  const newest = await checkpointOf(sizes.at(-1) ?? 0);
  const at = (size: number) => new Date(size * 1_000).toISOString();
  const heads: TimedHead[] = sizes.map((size) => ({ size, at: at(size) }));
  return {
    log: {
      checkpoint: () => Promise.resolve(newest),
      witnessedCheckpoint: () => Promise.reject(new Error("nobody asked for it")),
      vkey: () => Promise.resolve("vkey\n"),
      ...overrides,
    },
    reader: {
      readLeaves: (indices) => Promise.resolve(indices.map((index) => ({ index, entry: new Uint8Array(33), sealed: null }))),
      readTiles: () => Promise.resolve([]),
    },
    heads: { headsFrom: (wanted) => Promise.resolve(wanted.flatMap((size) => heads.find((head) => head.size >= size) ?? [])) },
    witnessKeys: [],
    allowReveal: true,
    revealedPayload: () => Promise.resolve(null),
  };
}
const upTo = (size: number) => Array.from({ length: size }, (_, i) => i + 1);

describe("growth", () => {
  test.each([1, 2, 3, 39, 40, 41, 1_000])(
    "every head of a small log, and never more than 40, from the first to the newest: %d",
    async (size) => {
      const { growth } = await exploreLog(undefined, await portsOf(upTo(size)));
      const sizes = growth.map((head) => head.size);
      expect(sizes).toEqual([...new Set(sizes)].toSorted((one, more) => one - more));
      expect(sizes).toHaveLength(Math.min(40, size));
      expect([sizes[0], sizes.at(-1)]).toEqual([1, size]);
    },
  );

  test("each head once, where the log grew by many leaves at a time", async () => {
    const { growth } = await exploreLog(undefined, await portsOf([1, 500, 501, 9_000]));
    expect(growth.map(({ size }) => size)).toEqual([1, 500, 9_000]);
  });

  test("no head that is newer than the checkpoint", async () => {
    const ports = await portsOf([1, 10, 30]);
    const older = await checkpointOf(20);
    const { growth, size } = await exploreLog(undefined, { ...ports, log: { ...ports.log, checkpoint: () => Promise.resolve(older) } });
    expect([size, growth.map((head) => head.size)]).toEqual([20, [1, 10]]);
  });
});

describe("pages of leaves", () => {
  test.each<[string | undefined, number, number, number | null, number | null]>([
    [undefined, 99, 80, null, 80],
    ["100", 99, 80, null, 80],
    ["101", 99, 80, null, 80],
    ["0", 99, 80, null, 80],
    ["x", 99, 80, null, 80],
    ["80", 79, 60, 100, 60],
    ["95", 94, 75, 100, 75],
    ["20", 19, 0, 40, null],
    ["1", 0, 0, 21, null],
  ])("before %s: from %d down to %d, newer %s, older %s", async (before, newest, oldest, newer, older) => {
    const page = await exploreLog(before, await portsOf(upTo(100)));
    expect([page.leaves[0]?.index, page.leaves.at(-1)?.index, page.newer, page.older]).toEqual([newest, oldest, newer, older]);
  });
});

describe("witnesses", () => {
  const seen = { name: "witness.example", timeSeconds: SEEN_AT };

  test("are nobody where none are asked, whoever has signed", async () => {
    const cosigned = await checkpointOf(7, witness);
    const ports = await portsOf(upTo(7), { checkpoint: () => Promise.resolve(cosigned) });
    expect((await exploreLog(undefined, ports)).witnessed).toBeNull();
  });

  test("have seen the newest state, and those that are not asked do not count", async () => {
    const cosigned = await checkpointOf(7, other, witness);
    const ports = { ...(await portsOf(upTo(7), { checkpoint: () => Promise.resolve(cosigned) })), witnessKeys: [witness] };
    expect((await exploreLog(undefined, ports)).witnessed).toEqual({ size: 7, witnesses: [seen] });
  });

  test("or an older one; or nothing yet", async () => {
    for (const [cosigners, witnesses] of [
      [[witness], [seen]],
      [[], []],
    ] as const) {
      const older = await checkpointOf(5, ...cosigners);
      const ports = { ...(await portsOf(upTo(7), { witnessedCheckpoint: () => Promise.resolve(older) })), witnessKeys: [witness] };
      expect((await exploreLog(undefined, ports)).witnessed).toEqual({ size: 5, witnesses });
    }
  });
});
