/**
 * A database as SQL that makes it again, in the form of `wrangler d1 export`, which refuses databases with FTS5: first tables with their
 * rows, then indexes, views and triggers, so that no trigger sees a row come back. Virtual tables are made empty; what belongs in them
 * comes from `rowsOf`.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { literal, shortLines, ShortStatements } from "./short-statements.mjs";

/** Rows at a time: one answer of wrangler. */
const PAGE = 500;

/** After tables, in this order: a trigger may be on a view. */
const LATER = ["index", "view", "trigger"];

const named = (name) => `"${name.replaceAll('"', '""')}"`;

/** Writes it to `file`, which only its owner reads. `rowsOf`: by the name of a virtual table, what gives statements that fill it. `withoutRows`: tables that the service fills by itself. */
export async function writeSqlFile(file, reader, { rowsOf = {}, withoutRows = [] } = {}) {
  const made = await reader.rows("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid");
  const tables = made.filter(({ type }) => type === "table");
  const virtual = tables.filter(({ sql }) => /^CREATE VIRTUAL TABLE/i.test(sql));
  const isPlain = ({ name }) =>
    !/^(?:sqlite_|_cf_)/.test(name) && !virtual.some((one) => name === one.name || name.startsWith(`${one.name}_`));
  const out = openSync(file, "wx", 0o600);
  try {
    const write = (statement) => writeSync(out, `${statement};\n`);
    const short = new ShortStatements();
    const insert = (statement) => short.of(statement).forEach(write);
    write("PRAGMA defer_foreign_keys=TRUE");
    for (const { name, sql } of tables.filter(isPlain)) {
      write(sql);
      if (withoutRows.includes(name)) continue;
      for await (const statement of insertsInto(name, reader)) insert(statement);
    }
    for (const { name, sql } of virtual) {
      write(sql);
      for await (const statement of rowsOf[name]?.(reader) ?? []) insert(statement);
    }
    short.end().forEach(write);
    for (const kind of LATER) for (const { sql } of made.filter(({ type }) => type === kind)) write(sql);
  } finally {
    closeSync(out);
  }
}

/** Writes what `wrangler d1 export` has written to `exported` once more, so that D1 takes it. */
export async function writeShortened(file, exported) {
  const out = openSync(file, "wx", 0o600);
  try {
    for await (const line of shortLines(exported)) writeSync(out, `${line}\n`);
  } finally {
    closeSync(out);
  }
}

/** Each row as a statement, in the order of the primary key. What is generated is not in it. */
async function* insertsInto(table, reader) {
  const columns = await reader.rows(`SELECT name, pk, hidden FROM pragma_table_xinfo(${literal(table)})`);
  const stored = columns.filter(({ hidden }) => hidden === 0).map(({ name }) => named(name));
  const key = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  const order = key.length === 0 ? ["rowid"] : key.map(({ name }) => named(name));
  const values = stored.map((name) => `quote(${name})`).join(" || ',' || ");
  const places = order.map((name, i) => `quote(${name}) AS k${i}`).join(", ");
  let after = "";
  for (;;) {
    const rows = await reader.rows(
      `SELECT ${values} AS text, ${places} FROM ${named(table)}${after} ORDER BY ${order.join(", ")} LIMIT ${PAGE}`,
    );
    for (const { text } of rows) yield `INSERT INTO ${named(table)} (${stored.join(",")}) VALUES(${text})`;
    if (rows.length < PAGE) return;
    const last = rows.at(-1);
    after = ` WHERE (${order.join(", ")}) > (${order.map((_, i) => last[`k${i}`]).join(", ")})`;
  }
}
