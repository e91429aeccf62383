/** Parts of a text that are masked, and the text without them. */

export const MASKED = "[masked]";
/** What stands for something masked already; names that would be alike then are numbered. It is never masked again, nor in part. */
const STANDS_FOR_MASKED = /\[masked(?: [0-9]{1,9})?\]/g;

export interface Span {
  start: number;
  end: number;
  by: string;
}

/** The spans that cover something which is not masked yet, each widened to all of what is masked already and only partly in it. */
function unmasked(text: string, spans: readonly Span[]): Span[] {
  const done = Array.from(text.matchAll(STANDS_FOR_MASKED), ({ index, 0: { length } }) => ({ start: index, end: index + length }));
  if (done.length === 0) return spans.filter(({ start, end }) => start < end);
  const kept: Span[] = [];
  let first = 0;
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    // Those that end before this one begins end before every later one begins.
    while ((done[first]?.end ?? Infinity) <= span.start) first++;
    let { start, end } = span;
    let covered = start;
    for (let i = first; i < done.length; i++) {
      const one = done[i];
      if (one === undefined || one.start >= end) break;
      if (one.start <= covered) covered = Math.max(covered, Math.min(one.end, end));
      start = Math.min(start, one.start);
      end = Math.max(end, one.end);
    }
    if (covered < span.end) kept.push({ start, end, by: span.by });
  }
  return kept;
}

/** The text with `[masked]` in the place of what the spans cover, touching or not; by what, and how often each. */
export function maskSpans(text: string, spans: readonly Span[]): { text: string; by: string[] } {
  // The same thing may be found in several spellings of the text.
  const single = new Map(unmasked(text, spans).map((span) => [`${span.start} ${span.end} ${span.by}`, span]));
  const sorted = [...single.values()].toSorted((a, b) => a.start - b.start);
  const pieces: string[] = [];
  let end = 0;
  for (const span of sorted) {
    if (span.end <= end) continue;
    // What overlaps, or follows at once, is one.
    if (span.start > end || pieces.length === 0) pieces.push(text.slice(end, span.start), MASKED);
    end = span.end;
  }
  pieces.push(text.slice(end));
  return { text: sorted.length === 0 ? text : pieces.join(""), by: sorted.map(({ by }) => by) };
}
