/** What a policy changes: by the names of rules, and line by line. */
import type { PolicyDifference } from "#api/policy-data.ts";
import { textView } from "#pages/kit/text-view.ts";
import { policiesScriptTexts as texts } from "#texts/browser/policies.ts";
import { codeViews } from "./code-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { type DifferenceLine, lineDifference } from "./line-difference.ts";

const listed = (names: readonly string[]): View[] =>
  names.flatMap((name, index) => (index === 0 ? [textView(name)] : [", ", textView(name)]));

const sentence = (say: (names: View[]) => View[], names: readonly string[]): ViewElement | null =>
  names.length === 0 ? null : element("li", {}, ...say(listed(names)));

/** By the names of rules; `version` is what it is compared with. */
export function ruleDifferenceView({ added, removed, changed, reordered, other }: PolicyDifference, version: number): ViewElement {
  const rows = [
    sentence(texts.rules.added, added),
    sentence(texts.rules.removed, removed),
    ...changed.map(({ rule, members }) => element("li", {}, ...texts.rules.changed(textView(rule), listed(members)))),
    reordered ? element("li", {}, texts.rules.reordered) : null,
    sentence(texts.rules.other, other),
  ].filter((row) => row !== null);
  if (rows.length === 0) return element("p", {}, texts.rules.same(version));
  return element("div", {}, element("p", {}, texts.rules.against(version)), styled("ul", "rules", ...rows));
}

/** Lines around what differs. */
const CONTEXT = 3;

const SIGNS: Readonly<Record<DifferenceLine["kind"], string>> = { same: " ", removed: "−", added: "+" };

function rowView({ kind, text, before, after }: DifferenceLine): ViewElement {
  const number = (line: number | null) => styled("td", "number", line === null ? "" : String(line));
  const said = texts.lines.names[kind] === "" ? null : styled("span", "unseen", texts.lines.names[kind]);
  const sign = styled("td", "sign", element("span", { "aria-hidden": "true" }, SIGNS[kind]), said);
  return element("tr", { class: kind }, number(before), number(after), sign, element("td", {}, element("code", {}, ...codeViews(text))));
}

const skippedView = (lines: number): ViewElement =>
  element("tr", { class: "skipped" }, element("td", { colspan: "4" }, texts.lines.skipped(lines)));

/** Where two texts differ, with what stands around; a sentence if they do not. */
export function lineDifferenceView(before: string, after: string, caption: string): ViewElement {
  const lines = lineDifference(before, after);
  if (lines.every(({ kind }) => kind === "same")) return element("p", {}, texts.lines.none);
  const isNear = lines.map(() => false);
  lines.forEach(({ kind }, index) => {
    if (kind !== "same") isNear.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  const rows: ViewElement[] = [];
  let skipped = 0;
  lines.forEach((line, index) => {
    if (isNear[index] === true) {
      if (skipped > 0) rows.push(skippedView(skipped));
      skipped = 0;
      rows.push(rowView(line));
    } else skipped += 1;
  });
  if (skipped > 0) rows.push(skippedView(skipped));
  const head = Object.values(texts.lines.columns).map((name) => element("th", { scope: "col" }, name));
  const table = element(
    "table",
    { class: "difference" },
    element("caption", {}, caption),
    element("thead", { class: "unseen" }, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
  return element("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption }, table);
}
