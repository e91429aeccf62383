/** A log with more leaves than a test can append one by one. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type Bytes, concat, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { appendLeaves, treeFromEdge } from "#countersign/tlog/tile.ts";
import { logObject } from "./log.ts";

/** Puts leaves after genesis, up to `size`, as another writer would have, in few statements. Gives all leaf hashes. */
export async function growLog(size: number): Promise<Bytes[]> {
  await logObject().checkpoint();
  const genesis = await env.DB.prepare("SELECT entry FROM log_leaf").first<number[]>("entry");
  const entries = Array.from({ length: size - 1 }, (_, i) => concat(Uint8Array.of(1), sha256(utf8(`leaf ${i}`))));
  const all = [Uint8Array.from(genesis ?? []), ...entries].map(leafHash);
  const before = appendLeaves(treeFromEdge(0, []), all.slice(0, 1)).tree;
  const { tree, changed } = appendLeaves(before, all.slice(1));
  const chunks = Array.from({ length: Math.ceil(entries.length / 5000) }, (_, i) => i * 5000);
  await env.DB.batch([
    ...chunks.map((from) =>
      env.DB.prepare(
        `INSERT INTO log_leaf (log_id, idx, idem, entry)
         SELECT 1, key + 1 + ?2, 'leaf ' || (key + ?2), unhex(value) FROM json_each(?1)`,
      ).bind(JSON.stringify(entries.slice(from, from + 5000).map(hex)), from),
    ),
    ...changed.map(({ level, n, hashes: bytes, oldWidth }) =>
      oldWidth === 0
        ? env.DB.prepare("INSERT INTO log_tile (log_id, level, n, hashes) VALUES (1, ?1, ?2, ?3)").bind(level, n, bytes)
        : env.DB.prepare("UPDATE log_tile SET hashes = ?3 WHERE level = ?1 AND n = ?2").bind(level, n, bytes),
    ),
    env.DB.prepare("INSERT INTO log_head (log_id, size, previous_size, root, at) VALUES (1, ?1, 1, ?2, ?3)").bind(
      size,
      tree.root,
      new Date().toISOString(),
    ),
  ]);
  expect(await logObject().checkpoint(size)).toContain(`\n${size}\n`);
  return all;
}
