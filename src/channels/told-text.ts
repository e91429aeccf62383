/** Text of agents and people within a message: one line in which nothing hides, reorders, or becomes an address to tap on. */
import { displaySegments } from "#countersign/text/display-text.ts";
import { visibleSegment } from "#countersign/text/visible-segment.ts";

/** Right-to-left isolate and its end: what they enclose does not reorder what stands beside it. */
const [ISOLATE, END_OF_ISOLATE] = ["\u2067", "\u2069"];

/** The first `most` characters, and whether there are more. */
function beginning(text: string, most: number): { start: string; isAll: boolean } {
  let start = "";
  let count = 0;
  for (const character of text) {
    if (count === most) return { start, isAll: false };
    start += character;
    count += 1;
  }
  return { start, isAll: true };
}

/**
 * At most `most` characters of `text`, an ellipsis behind them if there are more, with what cannot be seen by its code. What mail and
 * chat programs would turn into a link by its beginning (`https://…`, `www.…`) is broken visibly: `https[:]//…`, `www[.]…`.
 */
export function toldText(text: string, most: number): string {
  const { start, isAll } = beginning(text, most);
  const pieces = displaySegments(start).map((segment) =>
    segment.kind === "rtl" ? `${ISOLATE}${segment.source}${END_OF_ISOLATE}` : visibleSegment(segment),
  );
  const whole = pieces
    .join("")
    .replaceAll("://", "[:]//")
    .replaceAll(/\bwww\./gi, (found) => `${found.slice(0, -1)}[.]`);
  return isAll ? whole : `${whole}…`;
}
