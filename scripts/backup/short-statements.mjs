/**
 * D1 refuses a statement of more than 100,000 bytes, however it came by a longer row: as parameters of a statement they are not counted.
 * So an INSERT with long texts gets them from a table of their own, which they were put into a piece at a time.
 */
import { createReadStream } from "node:fs";

/** What a statement may have, in bytes. */
const MOST_BYTES = 90_000;
/** From so many characters on a text is given in pieces, if its statement is too long. */
const LONG = 1_000;
/** Characters of a piece: in UTF-8, and with every quote doubled, far below what a statement may have. */
const PIECE = 24_000;

/** `countersign fsck` knows this name, too (packages/countersign/src/cli/fsck/sqlite-database.ts). */
const TABLE = "restored_text";

export const literal = (text) => `'${text.replaceAll("'", "''")}'`;

/** The pieces of a text, none of which ends within a character. */
function* piecesOf(text) {
  for (let from = 0; from < text.length;) {
    const isWithin = /[\uD800-\uDBFF]/.test(text[from + PIECE - 1] ?? "");
    const to = from + PIECE - (isWithin ? 1 : 0);
    yield text.slice(from, to);
    from = to;
  }
}

/** The texts of a statement as they are written, each with what stands before it; the last with nothing. */
function* literalsIn(statement) {
  let from = 0;
  for (;;) {
    const start = statement.indexOf("'", from);
    if (start === -1) return yield { before: statement.slice(from), quoted: "" };
    let end = statement.indexOf("'", start + 1);
    while (statement[end + 1] === "'") end = statement.indexOf("'", end + 2);
    yield { before: statement.slice(from, start), quoted: statement.slice(start, end + 1) };
    from = end + 1;
  }
}

/** Makes short statements of long ones; `end` gives what has to follow on the last. */
export class ShortStatements {
  #isMade = false;

  /** The statements that do what this one does. Only an INSERT of literals can be too long. */
  *of(insert) {
    if (Buffer.byteLength(insert) <= MOST_BYTES) return yield insert;
    const texts = [];
    let short = "";
    for (const { before, quoted } of literalsIn(insert)) {
      const isLong = quoted.length > LONG && !/x$/i.test(before);
      if (isLong) texts.push(quoted.slice(1, -1).replaceAll("''", "'"));
      short += before + (isLong ? `(SELECT text FROM ${TABLE} WHERE n = ${texts.length})` : quoted);
    }
    if (!this.#isMade) yield `CREATE TABLE ${TABLE} (n INTEGER PRIMARY KEY, text TEXT NOT NULL)`;
    this.#isMade = true;
    for (const [i, text] of texts.entries()) {
      yield `INSERT INTO ${TABLE} VALUES (${i + 1}, '')`;
      for (const piece of piecesOf(text)) yield `UPDATE ${TABLE} SET text = text || ${literal(piece)} WHERE n = ${i + 1}`;
    }
    yield short;
    yield `DELETE FROM ${TABLE}`;
  }

  *end() {
    if (this.#isMade) yield `DROP TABLE ${TABLE}`;
  }
}

/** Lines by their newlines alone: a text may hold whatever else passes for one. */
async function* linesOf(file) {
  let rest = "";
  for await (const chunk of createReadStream(file, "utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    yield* lines;
  }
  if (rest !== "") yield rest;
}

const quotesIn = (text) => text.split("'").length - 1;

/** The lines of what `wrangler d1 export` has written, with short statements in the place of long ones. */
export async function* shortLines(file) {
  const statements = new ShortStatements();
  let [insert, quotes] = [[], 0];
  for await (const line of linesOf(file)) {
    // A text goes on over lines; of anything but an INSERT it does not matter.
    if (insert.length === 0 && !line.startsWith("INSERT INTO ")) {
      yield line;
      continue;
    }
    insert.push(line);
    quotes += quotesIn(line);
    if (quotes % 2 !== 0 || !line.endsWith(";")) continue;
    for (const one of statements.of(insert.join("\n").slice(0, -1))) yield `${one};`;
    [insert, quotes] = [[], 0];
  }
  if (insert.length > 0) throw new Error(`${file} ends within a statement`);
  for (const one of statements.end()) yield `${one};`;
}
