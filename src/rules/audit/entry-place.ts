/**
 * The order of the record: by time, and within a millisecond by a place. Calls have ids of that order already (`call.id` of
 * d1-migrations/audit); here they are even, and entries of the log's leaves odd, so that both are one list.
 */

/** Before the first of all. */
const FIRST_MS = Date.parse("2026-01-01T00:00:00.000Z");
/** Ids of one millisecond: with twice as many, a time stays a safe integer until November 2060. */
const PLACES = 4_096;

/** The first place of a call of that moment. */
export const callPlaceFrom = (atMs: number): number => Math.max(0, atMs - FIRST_MS) * PLACES;

/** The place of a call: that moment's n-th. */
export const callPlace = (atMs: number, n: number): number => callPlaceFrom(atMs) + (n % PLACES);

/** The first place of anything of that moment. */
export const entryPlaceFrom = (atMs: number): number => 2 * callPlaceFrom(atMs);

/** The place of a leaf's entry, behind that of its ask, if both are of one moment; `turn` another one, where that is taken. */
export const leafPlace = (atMs: number, index: number, isAsked: boolean, turn: number): number =>
  2 * callPlace(atMs, 2 * (index + 1_021 * turn) + (isAsked ? 0 : 1)) + 1;

export const placeOfCall = (callId: number): number => 2 * callId;

/** The call that is there; null where a leaf's entry is. */
export const callAtPlace = (place: number): number | null => (place % 2 === 0 ? place / 2 : null);

/** Calls before, or after, a place are those with such an id. */
export const callIdsBefore = (place: number): number => Math.ceil(place / 2);
export const callIdsAfter = (place: number): number => Math.floor(place / 2);

/** Milliseconds since the epoch. */
export const timeOfPlace = (place: number): number => FIRST_MS + Math.floor(place / (2 * PLACES));

/** A place as addresses and cursors have it. */
export const entryPlaceText = (place: number): string => place.toString(36);

/** Null for a text that is no place. */
export function entryPlaceIn(text: string): number | null {
  const place = /^(?:0|[1-9a-z][0-9a-z]{0,10})$/.test(text) ? Number.parseInt(text, 36) : Number.NaN;
  return Number.isSafeInteger(place) ? place : null;
}
