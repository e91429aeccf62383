/**
 * SQL text as statements, and what in one of them loses data or changes who may do what. Reads quotes, comments and dollar quotes, no
 * more: a person reads the statements. Dialects differ in escapes; a statement that is split too early is still shown whole, in parts.
 */

/** What text, quoted names and comments are: nothing in them is a word of SQL, and no semicolon in them ends a statement. */
const QUIET = /--[^\n]*|\/\*[^]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`(?:[^`]|``)*(?:`|$)|(\$[A-Za-z_]*\$)[^]*?(?:\1|$)/g;

const isComment = (piece: string): boolean => piece.startsWith("--") || piece.startsWith("/*");

/** The statements, as they stand, without the semicolon; what is only comment is none. */
export function statementsOf(sql: string): string[] {
  const ends: number[] = [];
  // The same length, so that places stay what they are.
  const bare = sql.replaceAll(QUIET, (piece) => "_".repeat(piece.length));
  for (let at = bare.indexOf(";"); at >= 0; at = bare.indexOf(";", at + 1)) ends.push(at);
  const statements = [...ends, sql.length].map((end, n) => sql.slice(n === 0 ? 0 : (ends[n - 1] ?? 0) + 1, end).trim());
  return statements.filter((one) => wordsOf(one) !== "");
}

/** A statement in upper case, with one space between words, texts and names as `?`, and no comments; but what MySQL runs of them. */
function wordsOf(statement: string): string {
  const run = statement.replaceAll(/\/\*!\d*([^]*?)\*\//g, " $1 ");
  return run
    .replaceAll(QUIET, (piece) => (isComment(piece) ? " " : " ? "))
    .replaceAll(/\s+/g, " ")
    .trim()
    .toUpperCase();
}

const DANGERS: readonly { says: string; isIn: (words: string) => boolean }[] = [
  { says: "drops what holds data", isIn: (words) => /\bDROP\b/.test(words) },
  { says: "empties a table", isIn: (words) => /\bTRUNCATE\b/.test(words) },
  { says: "deletes rows, and no condition says which", isIn: (words) => /\bDELETE FROM\b/.test(words) && !/\bWHERE\b/.test(words) },
  { says: "deletes rows", isIn: (words) => /\bDELETE FROM\b/.test(words) && /\bWHERE\b/.test(words) },
  { says: "changes rows, and no condition says which", isIn: (words) => /\bUPDATE\b.*\bSET\b/.test(words) && !/\bWHERE\b/.test(words) },
  { says: "changes the type of a column", isIn: (words) => /\bALTER\b.*\b(?:TYPE|MODIFY|CHANGE)\b/.test(words) },
  { says: "renames", isIn: (words) => /\bRENAME\b/.test(words) },
  { says: "changes who may do what", isIn: (words) => /\b(?:GRANT|REVOKE|SECURITY DEFINER|OWNER TO)\b/.test(words) },
  { says: "locks a table, or rewrites it", isIn: (words) => /\b(?:LOCK|VACUUM FULL|CLUSTER|REINDEX)\b/.test(words) },
  { says: "runs what it is given, or reads and writes files", isIn: (words) => /\b(?:EXECUTE|DO|COPY|LOAD DATA|OUTFILE)\b/.test(words) },
];

/** What is dangerous in a statement, in plain words. */
export const dangersOf = (statement: string): string[] => {
  const words = wordsOf(statement);
  return DANGERS.filter(({ isIn }) => isIn(words)).map(({ says }) => says);
};
