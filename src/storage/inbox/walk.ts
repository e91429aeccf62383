/**
 * A list is walked in its order, and only so far, so that a search costs no more than that, whatever it looks for; and the words that it is
 * looked through for. Nothing is written for it.
 */

/** Rows that are looked at for one page, at most. */
export const MOST_LOOKED_AT = 2_000;

/**
 * The next `rows` that are wanted, and one more, of `every` from where it begins; `isWanted` is said of a row as `listed`. The last one that is
 * looked at is a row, too, wanted or not, so that it is known where to go on.
 */
export const walkThrough = (every: string, isWanted: string, rows: number): string => `
  SELECT * FROM (
    SELECT *, ${isWanted} AS isWanted FROM (
      SELECT *, row_number() OVER () AS looked FROM (${every} LIMIT ${MOST_LOOKED_AT})) AS listed)
  WHERE isWanted OR looked = ${MOST_LOOKED_AT} LIMIT ${rows + 1}`;

/** Of a list that is not walked they are left out: all of its rows are wanted. */
export interface WalkedRow {
  isWanted?: 0 | 1 | null;
  looked?: number;
}

/** What of the rows found is shown; the row that the list goes on after, null at its end; and whether that is because no more is looked at. */
export function pageOfWalk<Row extends WalkedRow>(found: readonly Row[], rows: number): { shown: Row[]; last: Row | null; isCut: boolean } {
  const wanted = found.filter(({ isWanted = 1 }) => isWanted === 1);
  const shown = wanted.slice(0, rows);
  if (wanted.length > rows) return { shown, last: shown.at(-1) ?? null, isCut: false };
  const end = found.at(-1);
  // The last one that was looked at may be wanted, too: what tells is how far it is.
  const isCut = end?.looked === MOST_LOOKED_AT;
  return { shown, last: isCut ? end : null, isCut };
}

const MOST_WORDS = 8;

const upper = (letters: string): string =>
  Array.from(letters, (one) => (one.toUpperCase().length === one.length ? one.toUpperCase() : one)).join("");
const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (one) => one.toLowerCase());

/** As SQLite's `lower` leaves a word, which knows no letters but those of ASCII: in small letters, in capitals, and with a capital first. */
export function spellings(word: string): string[] {
  const small = word.toLowerCase();
  const [first = ""] = small;
  return [...new Set([word, small, upper(small), upper(first) + small.slice(first.length)].map(asciiLower))];
}

/** The words of a search, each as it may be spelled in what `lower` leaves, as JSON; null if nothing is looked for. */
export function wordsLookedFor(q: string | null): string | null {
  const words = (q ?? "").split(/\s+/u).filter((word) => word !== "");
  return words.length === 0 ? null : JSON.stringify(words.slice(0, MOST_WORDS).map(spellings));
}

/** Whether all these words, the parameter `words`, are in the text of a row as `listed`, or are its id. */
export const hasWords = (words: string, text: string): string => `
  (${words} IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(${words}) AS word WHERE NOT EXISTS (
    SELECT 1 FROM json_each(word.value) AS one WHERE instr(lower(${text}), one.value) > 0 OR lower(listed.id) = one.value)))`;
