/** What a page of the record reads: as many rows with 20,000 entries and calls as with 1,000, wherever the page is and whatever is looked for. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { entryPlaceFrom } from "#rules/audit/entry-place.ts";
import { type EntryQuery, listEntries } from "#storage/audit/entries.ts";
import { putCalls, putEntries } from "#test/workerd/support/audit/put-entries.ts";

const [FEW, MANY] = [1_000, 20_000];
const PAGE = 51;

/** A database that counts what is read of it. */
let read = 0;
const counted = new Proxy(env.AUDIT, {
  get(target, name) {
    if (name !== "withSession") return Reflect.get(target, name) as unknown;
    return (constraint: string) => {
      const session = target.withSession(constraint);
      return {
        prepare: (sql: string) => session.prepare(sql),
        async batch(statements: D1PreparedStatement[]) {
          const results = await session.batch(statements);
          for (const { meta } of results) read += meta.rows_read;
          return results;
        },
      };
    };
  },
});

async function rowsRead(query: Partial<EntryQuery>, beyond: number | null = null): Promise<{ found: number; rows: number }> {
  read = 0;
  const found = await listEntries(counted, { readsActions: true, ...query }, { beyond, most: PAGE, order: "newest-first" });
  return { found: found.length, rows: read };
}

/** Far from the newest, and as far from the oldest. */
const MIDDLE = entryPlaceFrom(Date.parse("2026-02-01T00:00:00.000Z") + (FEW / 2) * 60_000);

const LOOKED_FOR: Record<string, [Partial<EntryQuery>, number | null]> = {
  "the first page": [{}, null],
  "a deep page": [{}, MIDDLE],
  "a kind": [{ kind: "approval.approved" }, null],
  "calls alone": [{ kind: "call" }, null],
  "all of a first word": [{ kind: "approval" }, null],
  "a status": [{ status: "denied" }, null],
  "an agent": [{ agents: ["agt_3"] }, null],
  "a person": [{ person: "usr_3" }, null],
  "a rule": [{ rule: "reads" }, null],
  "a server": [{ server: "files" }, null],
  "a tool": [{ tool: "tool_3" }, null],
  "several, deep": [{ tool: "tool_3", kind: "approval", person: "usr_3" }, MIDDLE],
  "a word that all have": [{ q: "move item" }, null],
  "a word that all have, deep": [{ q: "item" }, MIDDLE],
  "a word that few have": [{ q: "whale" }, null],
  "a time": [{ fromMs: Date.parse("2026-02-01T02:00:00.000Z"), toMs: Date.parse("2026-02-01T05:00:00.000Z") }, null],
  "a time, with a filter": [
    { rule: "moves", fromMs: Date.parse("2026-02-01T02:00:00.000Z"), toMs: Date.parse("2026-02-01T05:00:00.000Z") },
    null,
  ],
};
/** Of what fills a page as of what does not: pages of both, each row with the log that it is of, and what FTS5 has looked up. */
const MOST_READ = 6 * PAGE;

beforeAll(async () => {
  await putEntries(env.AUDIT, FEW);
  await putCalls(env.AUDIT, FEW);
  for (const [name, [query, beyond]] of Object.entries(LOOKED_FOR))
    expect((await rowsRead(query, beyond)).rows, name).toBeLessThanOrEqual(MOST_READ);
  await putEntries(env.AUDIT, MANY - FEW, FEW);
  await putCalls(env.AUDIT, MANY - FEW, FEW);
});

it.each(Object.entries(LOOKED_FOR))("%s", async (_, [query, beyond]) => {
  const { found, rows } = await rowsRead(query, beyond);
  expect(found).toBeGreaterThan(0);
  expect(rows).toBeLessThanOrEqual(MOST_READ);
});
