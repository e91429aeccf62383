/** Text of strangers on a terminal: nothing in it may move the cursor, hide, reorder, or pass for another word. */
import { displaySegments } from "../text/display-text.ts";
import { visibleSegment } from "../text/visible-segment.ts";

/**
 * One line, with what cannot be seen as `[U+202E]`, words of mixed scripts or look-alikes marked, and the first bracket of what
 * would read like such a mark as `[U+005B]`.
 */
export const visible = (text: string): string => displaySegments(text).map(visibleSegment).join("");

/** JSON in ASCII alone, ending in a newline: the same document, and nothing in it for a terminal to act upon. */
export function asciiJson(document: unknown): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(document, null, 2).replaceAll(/[^\n\x20-\x7e]/g, escape)}\n`;
}
