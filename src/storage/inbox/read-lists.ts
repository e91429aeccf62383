/** Lists of requests as queries, of which several are read in one trip, near: they decide nothing, and what has ended says so when it is opened. */
import type { Reads } from "../near/near-reads.ts";

/** A request in a list, as people see it. */
export interface ListedApproval {
  id: string;
  action: string;
  agentName: string;
  requestedAt: string;
  expiresAt: string;
  /** `pending`, or how it ended. */
  status: string;
}

/** As a list says how a request ended, of the kind of its final record: what passed without people is approved. */
export const endedStatus = (kind: string): string => `replace(substr(${kind}, length('approval.') + 1), 'auto_', '')`;

/** Where a list goes on: after the row with these values. */
export type Cursor = readonly [string, string];

/** Its rows are those of `ListedApproval`, with `after` and `then` of their cursor, and in a list that is not whole `total`. */
export interface ListQuery {
  sql: string;
  values: readonly unknown[];
  /** Rows to show. The query asks for one more, to know whether there is one. */
  rows: number;
}

export interface ListPage {
  rows: ListedApproval[];
  /** How many there are in all, where some stand back. */
  total: number | null;
  /** Null if nothing follows. */
  next: Cursor | null;
}

/** `status` is null of what was erased from the log: it says nothing any more. */
type Row = Omit<ListedApproval, "status"> & { status: string | null; after: string | number; then: string | number; total?: number };

function pageOf(found: readonly Row[], { rows }: ListQuery): ListPage {
  const shown = found.slice(0, rows);
  const last = found.length > rows ? shown.at(-1) : undefined;
  const listed = shown.flatMap(({ after: _, then: __, total: ___, status, ...row }) => (status === null ? [] : [{ ...row, status }]));
  const next = last === undefined ? null : ([String(last.after), String(last.then)] as const);
  return { rows: listed, total: found[0]?.total ?? null, next };
}

/** The pages of these lists, in their order. */
export async function readLists(reads: Reads, queries: readonly ListQuery[]): Promise<ListPage[]> {
  if (queries.length === 0) return [];
  const found = await reads((session) => session.batch<Row>(queries.map(({ sql, values }) => session.prepare(sql).bind(...values))));
  return queries.map((query, i) => pageOf(found[i]?.results ?? [], query));
}
