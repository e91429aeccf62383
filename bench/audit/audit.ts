/**
 * The record with a million lines, half of them entries of leaves and half calls: what a page takes in the database, wherever it is and
 * whatever is looked for. Put there and listed by the service's own code, in workerd; the time is what D1 says of its statements.
 * Argument: how many lines (1,000,000).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryPlaceFrom } from "#rules/audit/entry-place.ts";
import type { EntryQuery } from "#storage/audit/entries.ts";
import { makeTables } from "#test/support/deploy/uploaded-script.ts";
import { begin, tell } from "../begin.ts";
import { bundle, startWorker, workerSource } from "../runtime.ts";
import { median, number, printTable, quantile } from "../statistics.ts";

const LINES = Number(process.argv[2] ?? 1_000_000);
/** Of each kind, with one request. */
const AT_ONCE = 5_000;
const PASSES = 50;
const MOST_MINUTES = 120;

const MINUTE_MS = 60_000;
const FIRST_MS = Date.parse("2026-02-01T00:00:00.000Z");
const EACH = Math.ceil(LINES / 2);
const middleMs = FIRST_MS + Math.floor(EACH / 2) * MINUTE_MS;
const [MIDDLE, DAY_MS] = [entryPlaceFrom(middleMs), 1_440 * MINUTE_MS];

const PAGES: Record<string, { query: Partial<EntryQuery>; beyond: number | null }> = {
  "first page": { query: {}, beyond: null },
  "deep page": { query: {}, beyond: MIDDLE },
  "filter: a kind, nine tenths of all leaves": { query: { kind: "approval.approved" }, beyond: null },
  "filter: an agent and a status": { query: { agents: ["agt_0"], status: "denied" }, beyond: null },
  "filter: a person, deep": { query: { person: "usr_3" }, beyond: MIDDLE },
  "filter: a rule within a day": { query: { rule: "moves", fromMs: middleMs, toMs: middleMs + DAY_MS }, beyond: null },
  "search: a word that most have": { query: { q: "item" }, beyond: null },
  "search: a word that one in a hundred has": { query: { q: "whale" }, beyond: null },
  "search: two words, deep": { query: { q: "move whale" }, beyond: MIDDLE },
  "search: one line of all": { query: { q: "whale 100" }, beyond: null },
  "search: nothing": { query: { q: "zebra" }, beyond: null },
};

begin(MOST_MINUTES);
const folder = mkdtempSync(join(tmpdir(), "countersign-bench-"));
const worker = await startWorker([{ name: "worker.js", contents: await bundle(workerSource("audit-record.ts")) }], () => ({
  d1Databases: { DB: "countersign", AUDIT: "countersign-audit" },
  resourcePersistencePath: folder,
}));

async function asked<Answer>(path: string, body?: object): Promise<Answer> {
  const answer = await fetch(`${worker.origin}${path}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Answer;
}

try {
  await makeTables(worker.runtime, "audit");
  for (let first = 0; first < EACH; first += AT_ONCE) {
    await asked(`/put?first=${first}&count=${Math.min(AT_ONCE, EACH - first)}`);
    if ((first / AT_ONCE) % 10 === 0) tell(`${2 * first} lines`);
  }
  const rows = [];
  for (const [name, page] of Object.entries(PAGES)) {
    const all = [];
    for (let pass = 0; pass < PASSES; pass++) all.push(await asked<{ ms: number; rows: number; found: number }>("/page", page));
    const eachMs = all.map(({ ms }) => ms);
    rows.push({
      page: name,
      found: all[0]?.found ?? 0,
      "rows read": all[0]?.rows ?? 0,
      "p50 ms": number(median(eachMs)),
      "p99 ms": number(quantile(eachMs, 0.99)),
    });
  }
  printTable(`${(2 * EACH).toLocaleString("en-GB")} lines, database time of a page of 50`, rows);
} finally {
  await worker.stop();
  rmSync(folder, { recursive: true, force: true });
}
