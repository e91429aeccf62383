/** Taking the log's leaves in: two at once, a death between two writes, and places that are taken. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { type IndexedEntries, takeIn, type TakeInPorts } from "#gate/audit/take-in.ts";
import { entriesOfLeaf } from "#rules/audit/entry-of-leaf.ts";
import { takeInPorts } from "#storage/audit/copied-leaves.ts";
import { listEntries } from "#storage/audit/entries.ts";
import { growLog } from "#test/workerd/support/grown-log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const SIZE = 450;
const ports = (): TakeInPorts => takeInPorts(env.DB, env.AUDIT);
const found = async (): Promise<number[]> => {
  const { results } = await env.AUDIT.prepare("SELECT leaf FROM entry ORDER BY leaf").all<{ leaf: number }>();
  return results.map(({ leaf }) => leaf);
};
const ALL = Array.from({ length: SIZE }, (_, n) => n);

beforeEach(async () => {
  await emptyStorage();
  await growLog(SIZE);
});

it("takes in as much as it is told to, and says how far that goes", async () => {
  expect(await takeIn(ports(), 0)).toEqual({ reached: 0, of: SIZE });
  expect(await takeIn(ports(), 1)).toEqual({ reached: 200, of: SIZE });
  expect(await found()).toEqual(ALL.slice(0, 200));
  expect(await takeIn(ports(), 10)).toEqual({ reached: SIZE, of: SIZE });
  expect(await found()).toEqual(ALL);
});

it("has each leaf once, however many take it in at once", async () => {
  await Promise.all([1, 2, 3, 4].map(() => takeIn(ports(), 10)));
  expect(await found()).toEqual(ALL);
  expect(await env.AUDIT.prepare("SELECT count(*) AS n FROM entry_words").first("n")).toBe(SIZE);
});

it.each([
  ["was not written", false],
  ["was written", true],
])("goes on after a death with the second write, which %s", async (_, isWritten) => {
  let writes = 0;
  const dying: TakeInPorts = {
    ...ports(),
    async write(taken, leaves) {
      writes += 1;
      if (writes !== 2 || isWritten) await ports().write(taken, leaves);
      if (writes === 2) throw new Error("gone");
    },
  };
  await expect(takeIn(dying, 10)).rejects.toThrow("gone");
  expect(await found()).toEqual(ALL.slice(0, isWritten ? 400 : 200));
  expect(await takeIn(ports(), 10)).toEqual({ reached: SIZE, of: SIZE });
  expect(await found()).toEqual(ALL);
});

it("finds another place where one is taken", async () => {
  const at = "2026-11-20T09:30:00.000Z";
  const leaf = (what: string): IndexedEntries => ({
    index: 5,
    entries: entriesOfLeaf({ index: 5, key: "k", record: { kind: "log.genesis", at, origin: what }, ended: null }, 0),
  });
  const logs = ["one.example/log", "two.example/log", "three.example/log"];
  for (const origin of logs) await ports().write({ origin, reached: 6, atMs: Date.parse(at) }, [leaf(origin)]);
  const entries = await listEntries(
    env.AUDIT,
    { readsActions: true, kind: "log.genesis" },
    { beyond: null, most: 10, order: "oldest-first" },
  );
  expect(entries.map(({ text }) => text).toSorted()).toEqual(logs.toSorted());
  expect(new Set(entries.map(({ place }) => place)).size).toBe(3);
  expect(new Set(entries.map(({ atMs }) => atMs))).toEqual(new Set([Date.parse(at)]));
});
