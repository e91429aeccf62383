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
  /** Null where it is not known. */
  risk: string | null;
}

/** As a list says how a request ended, of the kind of its final record: what passed without people is approved. */
export const endedStatus = (kind: string): string => `replace(substr(${kind}, length('approval.') + 1), 'auto_', '')`;

/** Where a list goes on: after the row with these values. */
export type Cursor = readonly [string, string];

/** Requests that are looked at for one page, at most. */
export const MOST_LOOKED_AT = 2_000;

/** Its rows are those of `Row`. */
export interface ListQuery {
  sql: string;
  values: readonly unknown[];
  /** Rows to show. The query asks for one more, to know whether there is one. */
  rows: number;
}

export interface ListPage {
  rows: ListedApproval[];
  /** How many there are in all, where some stand back; at least so many, if there are `more`. */
  total: { count: number; more: boolean } | null;
  /** Null if nothing follows. */
  next: Cursor | null;
  /** How many were looked at, where that was not all and less was found than there is room for. */
  lookedAt: number | null;
}

/**
 * A row of a query: `after` and `then` are its cursor; `total` and `more` of a list of which some stand back; `looked` of one that was looked
 * through (list-filter.ts); `isWanted` 0 of a row that only tells how far. `status` is null of what was erased from the log: it says nothing any more.
 */
interface Row extends Omit<ListedApproval, "status"> {
  status: string | null;
  after: string | number;
  then: string | number;
  total?: number | null;
  more?: 0 | 1;
  looked?: number;
  isWanted?: 0 | 1 | null;
}

const cursorOf = ({ after, then }: Row): Cursor => [String(after), String(then)];

function pageOf(found: readonly Row[], { rows }: ListQuery): ListPage {
  const wanted = found.filter(({ isWanted = 1 }) => isWanted === 1);
  const shown = wanted.slice(0, rows);
  const listed = shown.flatMap(({ id, action, agentName, requestedAt, expiresAt, status, risk }) =>
    status === null ? [] : [{ id, action, agentName, requestedAt, expiresAt, status, risk }],
  );
  const [first] = found;
  const total = first?.total == null ? null : { count: first.total, more: first.more === 1 };
  const last = shown.at(-1);
  if (wanted.length > rows && last !== undefined) return { rows: listed, total, next: cursorOf(last), lookedAt: null };
  const end = found.at(-1);
  const isCut = end?.looked !== undefined && end.looked >= MOST_LOOKED_AT;
  return { rows: listed, total, next: isCut ? cursorOf(end) : null, lookedAt: isCut ? MOST_LOOKED_AT : null };
}

/** The pages of these lists, in their order. */
export async function readLists(reads: Reads, queries: readonly ListQuery[]): Promise<ListPage[]> {
  if (queries.length === 0) return [];
  const found = await reads((session) => session.batch<Row>(queries.map(({ sql, values }) => session.prepare(sql).bind(...values))));
  return queries.map((query, i) => pageOf(found[i]?.results ?? [], query));
}
