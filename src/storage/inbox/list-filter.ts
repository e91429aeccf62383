/**
 * What of a list is wanted, by words and by what is known of each request; and how it is found: the list is walked in its order, and only so
 * far, so that a search costs no more than that, whatever it looks for. Nothing is written for it.
 */
import { type Cursor, type ListQuery, MOST_LOOKED_AT } from "./read-lists.ts";

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

const MOST_WORDS = 8;

const upper = (letters: string): string =>
  Array.from(letters, (one) => (one.toUpperCase().length === one.length ? one.toUpperCase() : one)).join("");
const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (one) => one.toLowerCase());

/** As SQLite's `lower` leaves a word, which knows no letters but those of ASCII: in small letters, in capitals, and with a capital first. */
function spellings(word: string): string[] {
  const small = word.toLowerCase();
  const [first = ""] = small;
  return [...new Set([word, small, upper(small), upper(first) + small.slice(first.length)].map(asciiLower))];
}

/** The words of a search, each as it may be spelled in what `lower` leaves. */
export const wordsLookedFor = (q: string): string[][] => {
  const words = q.split(/\s+/u).filter((word) => word !== "");
  return words.slice(0, MOST_WORDS).map(spellings);
};

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** Of a row of a list, as `listed`; its values are those of `filterValues`, from `?5` on. */
const IS_WANTED = `
  (?5 IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(?5) AS word WHERE NOT EXISTS (
    SELECT 1 FROM json_each(word.value) AS one
    WHERE instr(lower(listed.action || ' ' || listed.agentName), one.value) > 0 OR lower(listed.id) = one.value)))
  AND (?6 IS NULL OR listed.risk IN (SELECT value FROM json_each(?6)))
  AND (?7 IS NULL OR listed.agent IN (SELECT value FROM json_each(?7)) OR lower(listed.agentName) IN (SELECT value FROM json_each(?7)))
  AND (?8 IS NULL OR listed.status IN (SELECT value FROM json_each(?8)))`;

const filterValues = ({ q, risks, agent, ends }: ListFilter): (string | null)[] => [
  jsonOrNull(q === null || wordsLookedFor(q).length === 0 ? null : wordsLookedFor(q)),
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

/**
 * The next `rows` of a list that are wanted, of the next requests that there are. The last one that is looked at is a row, too, wanted or
 * not, so that it is known where to go on.
 */
export const walked = ({ every, values, isOfList }: Walk, filter: ListFilter, rows: number): ListQuery => ({
  sql: `
    SELECT * FROM (
      SELECT *, (${isOfList}) AND ${IS_WANTED} AS isWanted FROM (
        SELECT *, row_number() OVER () AS looked FROM (${every} LIMIT ${MOST_LOOKED_AT})) AS listed)
    WHERE isWanted OR looked = ${MOST_LOOKED_AT} LIMIT ${rows + 1}`,
  values: [...values, ...filterValues(filter)],
  rows,
});
