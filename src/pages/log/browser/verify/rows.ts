/** Rows of evidence, beside those of request-view.ts. */
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";

/** Machines' words: ids, keys, formats. What stands in them is text of strangers all the same. */
export const codeView = (word: string): ViewElement => textView(word, "id");

/** Rows under a heading of their own, or one view in their place. */
export function group(name: string, ...rows: ViewElement[]): ViewElement {
  const [first] = rows;
  const isRow = first?.attributes["class"]?.startsWith("member") ?? false;
  const inside = isRow ? [styled("dl", "object", ...rows)] : rows;
  return styled("div", "member nested", styled("dt", "name", textView(name)), element("dd", {}, ...inside));
}
