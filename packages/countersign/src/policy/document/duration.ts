/** Spans of time as a policy writes them: `30s`, `15m`, `12h`, `7d`. */
import { textLike } from "./field.ts";

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const SHORTEST_TIME_MS = 30_000;
export const LONGEST_TIME_MS = 7 * UNIT_MS.d;
/** How far back the past is known. */
export const LONGEST_PAST_MS = 30 * UNIT_MS.d;

/** A whole number and one unit: seconds, minutes, hours or days. */
export const durationField = textLike(/^[1-9][0-9]{0,5}[smhd]$/, "a time such as 30s, 15m, 12h or 7d");

/** Milliseconds of what `durationField` has read. */
export const durationMs = (written: string): number => Number(written.slice(0, -1)) * UNIT_MS[written.at(-1) as keyof typeof UNIT_MS];
