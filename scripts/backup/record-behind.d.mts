/** Reads a database: the rows of a statement. */
interface Reader {
  rows: (sql: string) => Promise<Record<string, unknown>[]>;
}

export function missingCalls(readers: { DB: Reader; AUDIT: Reader | null }): Promise<string[]>;
