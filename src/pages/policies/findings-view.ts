/** Everything that is said of a policy's text, each with its line. */
import type { FindingItem } from "#api/policy-data.ts";
import { textView } from "#pages/kit/text-view.ts";
import { codeViews } from "./code-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

const counted = (count: number, name: string): string => `${count === 0 ? "no" : count} ${name}${count === 1 ? "" : "s"}`;

/** How much is said, in one sentence. */
export function findingsText(findings: readonly FindingItem[]): string {
  const errors = findings.filter(({ level }) => level === "error").length;
  const warnings = findings.length - errors;
  if (findings.length === 0) return "Nothing is wrong with this policy.";
  if (errors === 0) return `This policy may be published, with ${counted(warnings, "warning")}.`;
  return `This policy cannot be published: ${counted(errors, "error")}, ${counted(warnings, "warning")}.`;
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
    const words = `Line ${line}, column ${column}`;
    if (!leads) return styled("span", "place", words);
    return element("button", { type: "button", class: "link", "data-place": `${line}:${column}` }, words);
  };
  const rows = findings.map((finding) => {
    const level = styled("strong", "level", finding.level === "error" ? "Error" : "Warning");
    const said = element("p", {}, textView(finding.message), ". ", styled("span", "quiet", "To do: ", textView(finding.hint), "."));
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
