import { lineOf, type Segment } from "./display-text.ts";

/**
 * A segment within one line of text alone: what cannot be seen as `[U+202E]`, a line break as ` ⏎ `, a tab as ` ⇥ ` (both of which are
 * themselves shown by their code where a text has them), and behind a word of mixed scripts or look-alikes `[look-alikes]`.
 */
export function visibleSegment(segment: Segment): string {
  switch (segment.kind) {
    case "newline":
      return " ⏎ ";
    case "tab":
      return " ⇥ ";
    case "suspect":
      return `${lineOf(segment)}[look-alikes]`;
    default:
      return lineOf(segment);
  }
}
