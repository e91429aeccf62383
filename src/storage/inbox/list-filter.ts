/** What of a list of requests is wanted, by words and by what is known of each request; and how it is found (walk.ts). */
import type { Cursor, ListQuery } from "./read-lists.ts";
import { hasWords, spellings, walkThrough, wordsLookedFor } from "./walk.ts";

export const RISKS = ["low", "medium", "high", "critical"] as const;
export type ListedRisk = (typeof RISKS)[number];

export interface ListFilter {
  /** Words that all have to be in the action or the agent's name, or are the id. */
  q: string | null;
  /** Any of them; null for all, also for what is not known. */
  risks: readonly ListedRisk[] | null;
  /** Its id, or its name. */
  agent: string | null;
  /** How it ended; null for any end. */
  ends: readonly string[] | null;
}

/** What of a list is asked for. */
export interface ListPart {
  filter: ListFilter;
  /** Null for the beginning. */
  from: Cursor | null;
  rows: number;
}

export const ALL: ListFilter = { q: null, risks: null, agent: null, ends: null };

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** Of a row of a list, as `listed`; its values are those of `filterValues`, from `?5` on. */
const IS_WANTED = `${hasWords("?5", "listed.action || ' ' || listed.agentName")}
  AND (?6 IS NULL OR listed.risk IN (SELECT value FROM json_each(?6)))
  AND (?7 IS NULL OR listed.agent IN (SELECT value FROM json_each(?7)) OR lower(listed.agentName) IN (SELECT value FROM json_each(?7)))
  AND (?8 IS NULL OR listed.status IN (SELECT value FROM json_each(?8)))`;

const filterValues = ({ q, risks, agent, ends }: ListFilter): (string | null)[] => [
  wordsLookedFor(q),
  jsonOrNull(risks),
  jsonOrNull(agent === null ? null : [agent, ...spellings(agent)]),
  jsonOrNull(ends),
];

interface Walk {
  /** Every request of the list, in its order; `?1` to `?4` are `values`. */
  every: string;
  /** Place, and two more. */
  values: readonly [...Cursor, unknown, unknown] | readonly [number, number, null, null];
  /** Which of them, each as `listed`, are of the list, whatever is looked for. */
  isOfList: string;
}

/** The next `rows` of a list that are wanted, of the next requests that there are. */
export const walked = ({ every, values, isOfList }: Walk, filter: ListFilter, rows: number): ListQuery => ({
  sql: walkThrough(every, `(${isOfList}) AND ${IS_WANTED}`, rows),
  values: [...values, ...filterValues(filter)],
  rows,
});
