/** Times that somebody looks from and to, as `moment` of api/document.ts has them written: a time in UTC, or a day. */

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Milliseconds since the epoch; undefined where none is given, null for one that no calendar has. As an end, a day is over with all of it. */
export function momentIn(text: string | undefined, isEnd: boolean): number | undefined | null {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  // What is no day is not moved to another, as `Date.parse` does with the 31st of June.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text.slice(0, 10)) return null;
  return isEnd && DAY.test(text) ? ms + DAY_MS : ms;
}
