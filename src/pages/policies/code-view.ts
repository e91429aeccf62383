/** A line of a policy's text. */
import { textView } from "#pages/kit/text-view.ts";
import type { View } from "#pages/kit/view.ts";

/** What could hide in the line is marked; what it is indented by, and single spaces between words, are not. */
export function codeViews(line: string): View[] {
  const indent = /^ */.exec(line)?.[0] ?? "";
  const words = line.slice(indent.length).split(/(?<=[^ ]) (?=[^ ])/);
  return [indent, ...words.flatMap((word, index) => (index === 0 ? [textView(word)] : [" ", textView(word)]))];
}
