/** A payload from a file of SQL that changes a database: its statements, what is dangerous in them, and its digest. */
import type { JsonObject } from "../../json/canonical-json.ts";
import { cutTo, firstThatFits, ROOMY_BYTES, sha256Of } from "./fit-payload.ts";
import { utf8 } from "../../encoding/bytes.ts";
import { dangersOf, statementsOf } from "./sql-statements.ts";

/** Characters of a statement where it cannot be shown whole. */
const MOST_OF_STATEMENT = 400;
const MOST_DANGEROUS = 30;
const MOST_NAME = 500;

/** The payload of a migration, in `mostBytes` of canonical form. `target` says which database, if it is known. */
export function migrationPayload(
  sql: string,
  { file, target }: { file: string; target?: string | undefined },
  mostBytes = ROOMY_BYTES,
): JsonObject {
  const statements = statementsOf(sql);
  const dangers = statements.flatMap((statement, n) => {
    const found = dangersOf(statement);
    return found.length === 0 ? [] : [{ statement: n + 1, dangers: found }];
  });
  const base = {
    type: "countersign/migration@v1",
    file: cutTo(file, MOST_NAME),
    ...(target !== undefined && { target: cutTo(target, MOST_NAME) }),
    sha256: sha256Of(sql),
    bytes: utf8(sql).length,
    statement_count: statements.length,
  };
  const first = dangers.slice(0, MOST_DANGEROUS);
  return firstThatFits(
    [
      () => ({ ...base, dangers, statements }),
      () => ({
        ...base,
        left_out: `Only the dangerous ones of ${statements.length} statements are shown, the first ${MOST_DANGEROUS} of them, each as far as it fits. Read the file itself; sha256 is its digest.`,
        dangers: first,
        dangerous_count: dangers.length,
        statements: first.map(({ statement }) => `${statement}: ${cutTo(statements[statement - 1] ?? "", MOST_OF_STATEMENT)}`),
      }),
      () => ({
        ...base,
        left_out: "The statements are too large to be shown. Read the file itself; sha256 is its digest.",
        dangerous_count: dangers.length,
      }),
    ],
    mostBytes,
  );
}
