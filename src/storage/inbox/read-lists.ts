/** Lists of requests as queries, of which several are read in one trip, near: they decide nothing, and what has ended says so when it is opened. */
import type { Reads } from "../near/near-reads.ts";
import { MOST_LOOKED_AT, pageOfWalk, type WalkedRow } from "./walk.ts";

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
 * A row of a query: `after` and `then` are its cursor; `total` and `more` of a list of which some stand back. `status` is null of what was erased
 * from the log: it says nothing any more.
 */
interface Row extends Omit<ListedApproval, "status">, WalkedRow {
  status: string | null;
  after: string | number;
  then: string | number;
  total?: number | null;
  more?: 0 | 1;
}

const cursorOf = ({ after, then }: Row): Cursor => [String(after), String(then)];

function pageOf(found: readonly Row[], { rows }: ListQuery): ListPage {
  const { shown, last, isCut } = pageOfWalk(found, rows);
  const listed = shown.flatMap(({ id, action, agentName, requestedAt, expiresAt, status, risk }) =>
    status === null ? [] : [{ id, action, agentName, requestedAt, expiresAt, status, risk }],
  );
  const [first] = found;
  const total = first?.total == null ? null : { count: first.total, more: first.more === 1 };
  return { rows: listed, total, next: last === null ? null : cursorOf(last), lookedAt: isCut ? MOST_LOOKED_AT : null };
}

/** The pages of these lists, in their order. */
export async function readLists(reads: Reads, queries: readonly ListQuery[]): Promise<ListPage[]> {
  if (queries.length === 0) return [];
  const found = await reads((session) => session.batch<Row>(queries.map(({ sql, values }) => session.prepare(sql).bind(...values))));
  return queries.map((query, i) => pageOf(found[i]?.results ?? [], query));
}
