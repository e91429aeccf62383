/** Everything that is said of a policy's text, each with its line. */
import type { FindingItem } from "#api/policy-data.ts";
import { textView } from "#pages/kit/text-view.ts";
import { policiesScriptTexts as texts } from "#texts/browser/policies.ts";
import { codeViews } from "./code-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

/** How much is said, in one sentence. */
export function findingsText(findings: readonly FindingItem[]): string {
  const errors = findings.filter(({ level }) => level === "error").length;
  const warnings = findings.length - errors;
  if (findings.length === 0) return texts.findings.none;
  if (errors === 0) return texts.findings.onlyWarnings(warnings);
  return texts.findings.some(errors, warnings);
}

const MOST_SHOWN = 160;

/** The line that it is about, as far as it is worth showing. */
function lineView(source: string, line: number): ViewElement | null {
  const written = (source.split("\n")[line - 1] ?? "").trim().slice(0, MOST_SHOWN);
  return written === "" ? null : element("code", { class: "line" }, ...codeViews(written));
}

/** `leads`: whether a script brings the reader to the place. */
export function findingsView(findings: readonly FindingItem[], source: string, leads: boolean): ViewElement {
  const place = ({ line, column }: FindingItem): View => {
    const words = texts.findings.place(line, column);
    if (!leads) return styled("span", "place", words);
    return element("button", { type: "button", class: "link", "data-place": `${line}:${column}` }, words);
  };
  const rows = findings.map((finding) => {
    const level = styled("strong", "level", texts.findings[finding.level]);
    const hint = styled("span", "quiet", ...texts.findings.toDo(textView(finding.hint)));
    const said = element("p", {}, ...texts.findings.message(textView(finding.message), hint));
    return element(
      "li",
      { class: finding.level },
      styled("p", "where", level, " ", place(finding), " ", styled("code", "quiet", finding.code)),
      lineView(source, finding.line),
      said,
    );
  });
  return styled("ol", "findings", ...rows);
}
