/**
 * What a reader should know before reading: what in the texts hides something or passes for something else, and what is marked as dangerous. Few lines, the gravest
 * first, each with a link to its field; what ordinary text is made of is not among them (text/levels.ts). Pure.
 */
import { codePointLabel } from "#countersign/text/display-text.ts";
import { element, type View, type ViewElement } from "./view.ts";

/** Lines that are shown at once. */
const MOST_LINES = 3;

/** Views, by what they are called; `href` leads to them. */
export interface Source {
  name: string;
  href?: string;
  views: readonly View[];
}

/** Something marked, wherever it occurs. */
interface Finding {
  kind: "escape" | "framed" | "suspect" | "danger";
  isWarning: boolean;
  found: ViewElement;
  count: number;
  /** The first field that it is in. */
  field: string;
  href: string | undefined;
}

const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));

const classesOf = ({ attributes }: ViewElement): string[] => (attributes["class"] ?? "").split(" ");

/** What is marked by itself or is a part of what is, as far as it is worth a line. */
function markOf(view: ViewElement): Pick<Finding, "kind" | "isWarning"> | null {
  const classes = classesOf(view);
  if (view.tag === "mark") return classes.includes("danger") ? { kind: "danger", isWarning: true } : null;
  const kind = (["escape", "framed", "suspect"] as const).find((one) => classes.includes(one));
  return kind === undefined || classes.includes("usual") ? null : { kind, isWarning: classes.includes("warning") };
}

/** Whether the element is the row of one member or item. */
const isRow = (view: ViewElement): boolean => classesOf(view).some((name) => name === "member" || name === "item");

const hasOwnMark = (view: ViewElement): boolean =>
  view.children.some((child) => typeof child !== "string" && !isRow(child) && (markOf(child) !== null || hasOwnMark(child)));

/** The views, with an id for each row that holds something worth a line, `prefix` and a number. */
export function withFieldIds(views: readonly View[], prefix: string): View[] {
  let number = 0;
  const numbered = (view: View): View => {
    if (typeof view === "string") return view;
    const id = isRow(view) && hasOwnMark(view) ? `${prefix}-${++number}` : undefined;
    const attributes = id === undefined ? view.attributes : { ...view.attributes, id };
    return { ...view, attributes, children: view.children.map(numbered) };
  };
  return views.map(numbered);
}

/** The name of a row, as it is shown. */
function nameOf(row: ViewElement): string | undefined {
  const title = row.children.find((child) => typeof child !== "string" && child.tag === "dt");
  return title === undefined ? undefined : textOf(title);
}

/** Each distinct mark that is worth a line, in order of first occurrence. */
function findingsIn(sources: readonly Source[]): Finding[] {
  const findings = new Map<string, Finding>();
  const look = (view: View, field: string, href: string | undefined): void => {
    if (typeof view === "string") return;
    const mark = markOf(view);
    if (mark !== null) {
      const key = `${mark.kind} ${titleOf(view)} ${textOf(view)}`;
      const known = findings.get(key);
      if (known === undefined) findings.set(key, { ...mark, found: view, count: 1, field, href });
      else findings.set(key, { ...known, isWarning: known.isWarning || mark.isWarning, count: known.count + 1 });
      // What is dangerous may hide something besides.
      if (mark.kind !== "danger") return;
    }
    const id = isRow(view) ? view.attributes["id"] : undefined;
    const name = (isRow(view) ? nameOf(view) : undefined) ?? field;
    for (const child of view.children) look(child, name, id === undefined ? href : `#${id}`);
  };
  for (const { name, href, views } of sources) for (const view of views) look(view, name, href);
  return [...findings.values()];
}

/** More of them would tell no reader which one is meant. */
const MAX_CODES = 3;

/** The codes of the few characters of a word that are not in ASCII and not shown as codes, or nothing. */
function codesOf(word: ViewElement): string {
  const texts = word.children.filter((child) => typeof child === "string");
  const foreign = new Set(Array.from(texts.join("")).filter((character) => character > "\x7f"));
  return foreign.size === 0 || foreign.size > MAX_CODES ? "" : ` (${Array.from(foreign, codePointLabel).join(", ")})`;
}

const titleOf = ({ attributes }: ViewElement): string => attributes["title"] ?? "";

const REORDERS = /OVERRIDE|EMBEDDING|ISOLATE|DIRECTIONAL|-TO-/;

/** The gravest first. */
function rankOf({ kind, isWarning, found }: Finding): number {
  if (!isWarning) return 3;
  if (kind === "danger") return 0;
  if (kind === "suspect") return 1;
  return REORDERS.test(titleOf(found)) ? 0 : 2;
}

function meaningOf({ kind, found, isWarning }: Finding): string {
  if (kind === "danger") return `${titleOf(found)}: `;
  if (kind === "framed") return "May look like the marks for spaces and tabs: ";
  if (kind === "suspect") return isWarning ? "Has look-alike characters: " : "Has unusual signs: ";
  if (REORDERS.test(titleOf(found))) return "Reorders text: ";
  return /FEW DEVICES/.test(titleOf(found)) ? "Shown by its code: " : "Hidden or unclear: ";
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

function lineView(finding: Finding): ViewElement {
  const { kind, found, count, field, href, isWarning } = finding;
  const about = kind === "suspect" ? codesOf(found) : kind === "danger" ? "" : ` ${titleOf(found)}`;
  const place: View[] = href === undefined ? [field] : [element("a", { href }, field === "" ? "empty name" : field)];
  const where = field === "" && href === undefined ? [] : [count === 1 ? " in " : ", first in ", ...place];
  return element("li", isWarning ? { class: "warning" } : {}, meaningOf(finding), found, `${about}, ${times(count)}`, ...where);
}

/** The lines about `sources`, all but the first few folded; null if there is nothing to say. */
export function cautionView(sources: readonly Source[]): ViewElement | null {
  const findings = findingsIn(sources).toSorted((a, b) => rankOf(a) - rankOf(b));
  if (findings.length === 0) return null;
  const lines = findings.map(lineView);
  const [shown, folded] = [lines.slice(0, MOST_LINES), lines.slice(MOST_LINES)];
  return element(
    "div",
    { class: findings.some(({ isWarning }) => isWarning) ? "caution" : "caution mild", role: "note", "aria-label": "Look at this first" },
    element("ul", {}, ...shown),
    folded.length === 0 ? null : element("details", {}, element("summary", {}, `${folded.length} more`), element("ul", {}, ...folded)),
  );
}
