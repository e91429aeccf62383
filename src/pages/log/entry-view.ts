/** What the page of a log and the check of proofs say together: entries in words, and the way from a leaf to the root. */
import { hashView } from "#pages/kit/row-view.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";
import { verifyTexts as texts } from "#texts/browser/log/verify.ts";
import { languageTexts as language } from "#texts/kit/language.ts";

/** `1 entry`, `1,204 entries`. */
export const entriesText = (size: number): string => texts.entry.entries(size, language.number(size));

/** A step of the way: the hash beside the one so far, on which side, and what both give; in hexadecimal. */
export interface ShownStep {
  sibling: string;
  siblingIsLeft: boolean;
  hash: string;
}

function stepView({ sibling, siblingIsLeft, hash }: ShownStep): ViewElement {
  const [beside, both] = [hashView(sibling), hashView(hash)];
  return element("li", {}, ...(siblingIsLeft ? texts.entry.withLeft(beside, both) : texts.entry.withRight(beside, both)));
}

/** How a leaf hash leads to a root, folded. `name`: of what unfolds it. */
export const pathView = (name: string, steps: readonly ShownStep[]): ViewElement =>
  element("details", {}, element("summary", {}, name), styled("ol", "path", ...steps.map(stepView)));
