/** After a restore: what the log commits to, and the record of calls has lost. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { makeSigner } from "#countersign/tlog/note.ts";
import { missingCalls } from "../../../scripts/backup/record-behind.mjs";
import { leavesOf, LogDatabase } from "#test/support/log/log-database.ts";
import { LOG_ORIGIN, makeWorld } from "#test/support/documents/sealed-receipt.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-behind-"));
afterAll(() => rmSync(folder, { recursive: true }));

const readerOf = (sqlite: DatabaseSync) => ({ rows: (sql: string) => Promise.resolve(sqlite.prepare(sql).all()) });

test("each agent whose calls are in the log is told of, as far as the record does not reach", async () => {
  const file = join(folder, "d1.sqlite");
  const database = new LogDatabase(file);
  const nextKey = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(9));
  for (const leaf of await leavesOf(await makeWorld(), 60, nextKey)) database.append(leaf);
  database.close();
  const [DB, AUDIT] = [new DatabaseSync(file), new DatabaseSync(":memory:")];
  AUDIT.exec(readFileSync(fileURLToPath(new URL("../../../d1-migrations/audit/0001_calls.sql", import.meta.url)), "utf8"));
  const missing = () => missingCalls({ DB: readerOf(DB), AUDIT: readerOf(AUDIT) });
  const keep = (first: number, last: number) =>
    AUDIT.prepare("INSERT INTO batch VALUES ('agt_release-bot', ?, ?, '', '', '', '', 0)").run(first, last);
  const all = ["calls 1 to 13 of agt_release-bot are in the log, and not in the record"];
  expect(await missingCalls({ DB: readerOf(DB), AUDIT: null })).toEqual(all);
  expect(await missingCalls({ DB: readerOf(DB), AUDIT: readerOf(new DatabaseSync(":memory:")) })).toEqual(all);
  expect(await missing()).toEqual(all);
  keep(1, 12);
  expect(await missing()).toEqual(["calls 13 to 13 of agt_release-bot are in the log, and not in the record"]);
  keep(13, 13);
  expect(await missing()).toEqual([]);
});
