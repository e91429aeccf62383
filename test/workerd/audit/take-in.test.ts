/** Taking the log's leaves in: two at once, a death between two writes, and places that are taken. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { type IndexedEntries, takeIn, type TakeInPorts } from "#gate/audit/take-in.ts";
import { entriesOfLeaf, type LoggedLeaf } from "#rules/audit/entry-of-leaf.ts";
import { takeInPorts, withholdEntries } from "#storage/audit/copied-leaves.ts";
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

/** A log of leaves that are made as they are read. */
const made = (size: number, leaf: (index: number) => LoggedLeaf): TakeInPorts => ({
  ...ports(),
  logs: () => Promise.resolve([{ origin: "made.example/log", size }]),
  leaves: (_, from, most) => Promise.resolve(Array.from({ length: most }, (_none, n) => leaf(from + n))),
});

const AT = "2026-11-20T09:30:00.000Z";
/** The end of a request, at the moment of its ask. */
const endOf = (index: number, action = "Export", reason = "Ticket"): LoggedLeaf => {
  const id = `apr_${String(index).padStart(32, "0")}`;
  const request = { id, action, reason, requested_at: AT, requested_by: { id: "agt_1", name: "bot" } };
  return { index, key: `${id}:final`, record: { kind: "approval.auto_approved", at: AT, request }, ended: null };
};

it("takes in leaves that say as much as they may, in writes that the database takes", async () => {
  const long = made(200, (index) => endOf(index, "漢".repeat(300), "字".repeat(2_000)));
  const { reached } = await takeIn(long, 1);
  expect(reached).toBeGreaterThan(20);
  expect(reached).toBeLessThan(100);
  expect(await found()).toEqual(ALL.slice(0, reached).flatMap((index) => [index, index]));
  expect(await takeIn(long, 20)).toEqual({ reached: 200, of: 200 });
  // One that is too much by itself is written alone.
  const longest = made(3, (index) => ({ ...endOf(index), record: { ...endOf(index).record, tools: [{ name: "x".repeat(1_500_000) }] } }));
  expect(await takeIn({ ...longest, logs: () => Promise.resolve([{ origin: "long.example/log", size: 3 }]) }, 2)).toMatchObject({
    reached: 2,
  });
});

it("has places for leaves that do not say when they were, however many come one after the other", async () => {
  const undated = made(4_500, (index) => ({
    index,
    key: "k",
    record: index === 0 ? { kind: "log.genesis", at: AT } : null,
    ended: null,
  }));
  expect(await takeIn(undated, 50)).toEqual({ reached: 4_500, of: 4_500 });
  expect(await env.AUDIT.prepare("SELECT count(DISTINCT id) AS n FROM entry").first("n")).toBe(4_500);
});

it("adds nothing to a leaf that was withheld after it was read, and takes away what was added", async () => {
  const [{ origin } = { origin: "" }] = await ports().logs();
  const write = () => ports().write({ origin, reached: 6, atMs: Date.parse(AT) }, [{ index: 5, entries: entriesOfLeaf(endOf(5), 0) }]);
  const withheld = () => withholdEntries(env.DB, env.AUDIT, [{ logId: 1, index: 5 }]);
  const kinds = async () => (await env.AUDIT.prepare("SELECT kind FROM entry ORDER BY id").all<{ kind: string }>()).results;
  const words = async () => env.AUDIT.prepare("SELECT count(*) AS n FROM entry_words").first("n");
  await write();
  expect(await kinds()).toEqual([{ kind: "request.asked" }, { kind: "approval.auto_approved" }]);
  await withheld();
  await write();
  expect([await kinds(), await words()]).toEqual([[{ kind: "withheld" }], 1]);
  await env.AUDIT.batch([
    env.AUDIT.prepare("INSERT INTO entry (id, log, leaf, kind, people, text) SELECT id + 100, log, leaf, 'x', '[]', 'Ada' FROM entry"),
    env.AUDIT.prepare("INSERT INTO entry_words (rowid, terms, text) SELECT id, '', text FROM entry WHERE kind = 'x'"),
  ]);
  await withheld();
  expect([await kinds(), await words()]).toEqual([[{ kind: "withheld" }], 1]);
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
