/** What the log's page reads of the database: the same of a log of a hundred thousand leaves as of a small one. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { appendLeaves, treeFromEdge } from "#countersign/tlog/tile.ts";
import { logObject } from "#test/workerd/support/log.ts";
import { call } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const TILE = 256;
/** Full tiles of leaves: 256 leaves, with fewer of which a page has not all that it may show, 1,024 and 100,096. */
const TILES = [1, 4, 391];

const grown = (hashes: Bytes[]) => appendLeaves(treeFromEdge(0, []), hashes);

/**
 * Leaves after genesis that are all alike, so that all full tiles but the first are one, and hashing takes a moment: what is above the
 * tiles of leaves is a tree over theirs. The head is one that the log's writer finds right.
 */
async function growLog(tiles: number): Promise<void> {
  await emptyStorage();
  await logObject().checkpoint();
  const genesis = Uint8Array.from((await env.DB.prepare("SELECT entry FROM log_leaf").first<number[]>("entry")) ?? []);
  const alike = Array.from({ length: TILE }, () => leafHash(new Uint8Array(33)));
  const first = grown([leafHash(genesis), ...alike.slice(1)]);
  const other = grown(alike);
  const above = grown([first.tree.root, ...Array.from({ length: tiles - 1 }, () => other.tree.root)]);
  const hashesOf = ({ changed }: typeof first) => changed.find(({ level }) => level === 0)?.hashes;
  const size = tiles * TILE;
  await env.DB.batch([
    env.DB.prepare(
      `WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?1)
       INSERT INTO log_leaf (log_id, idx, idem, entry) SELECT 1, n, 'leaf ' || n, zeroblob(33) FROM one`,
    ).bind(size),
    env.DB.prepare("UPDATE log_tile SET hashes = ?1 WHERE log_id = 1 AND level = 0 AND n = 0").bind(hashesOf(first)),
    env.DB.prepare(
      `WITH RECURSIVE one(n) AS (SELECT 1 WHERE ?1 > 1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?1)
       INSERT INTO log_tile (log_id, level, n, hashes) SELECT 1, 0, n, ?2 FROM one`,
    ).bind(tiles, hashesOf(other)),
    ...above.changed.map(({ level, n, hashes }) =>
      env.DB.prepare("INSERT INTO log_tile (log_id, level, n, hashes) VALUES (1, ?1, ?2, ?3)").bind(level + 1, n, hashes),
    ),
    env.DB.prepare("INSERT INTO log_head (log_id, size, previous_size, root, at) VALUES (1, ?1, 1, ?2, ?3)").bind(
      size,
      above.tree.root,
      new Date().toISOString(),
    ),
  ]);
  expect(await logObject().checkpoint(size)).toContain(`\n${size}\n`);
}

test("the log's list reads as much of 256 leaves, of 1,024 and of 100,096", async () => {
  const meter = new PlatformMeter(env.DB, {});
  const costs: number[] = [];
  for (const tiles of TILES) {
    await growLog(tiles);
    await (await call("GET", "/log")).body?.cancel();
    meter.take();
    const page = await (await call("GET", "/log")).text();
    costs.push(meter.take().d1RowsRead);
    expect(page.match(/href="\/log\/entry\//g)).toHaveLength(20);
  }
  expect(costs[0]).toBeGreaterThan(0);
  expect(costs).toEqual([costs[0], costs[0], costs[0]]);
});
