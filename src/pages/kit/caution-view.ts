/**
 * What a reader should know before reading: what in the texts hides something or passes for something else, and what the service says to
 * look at. Few lines, the gravest first, each with a link to its field; what ordinary text is made of is not among them (text/levels.ts). Pure.
 */
import { codePointLabel } from "#countersign/text/display-text.ts";
import type { ReadingAids } from "#api/reading/reading-aids.ts";
import { valuesTexts as texts } from "#texts/browser/kit/values.ts";
import { textView } from "./text-view.ts";
import { element, type View, type ViewElement } from "./view.ts";

/** Lines that are shown at once, and those that are unfolded. */
const MOST_LINES = 3;
const MOST_FOLDED = 60;
/** Characters of a field's name, and of a word. */
const LONGEST_FIELD = 60;

/** Views, by what they are called; `href` leads to them. */
export interface Source {
  name: string;
  href?: string;
  views: readonly View[];
}

/** Something marked, wherever it occurs. */
interface Finding {
  kind: "escape" | "framed" | "suspect";
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
  const kind = (["escape", "framed", "suspect"] as const).find((one) => classes.includes(one));
  return kind === undefined || classes.includes("usual") ? null : { kind, isWarning: classes.includes("warning") };
}

/** Whether the element is the row of one member or item. */
const isRow = (view: ViewElement): boolean => classesOf(view).some((name) => name === "member" || name === "item");

const hasOwnMark = (view: ViewElement): boolean =>
  view.children.some((child) => typeof child !== "string" && !isRow(child) && (markOf(child) !== null || hasOwnMark(child)));

/** The views, with an id for each row that holds something worth a line and has none, `prefix` and a number. */
export function withFieldIds(views: readonly View[], prefix: string): View[] {
  let number = 0;
  const numbered = (view: View): View => {
    if (typeof view === "string") return view;
    const id = view.attributes["id"] === undefined && isRow(view) && hasOwnMark(view) ? `${prefix}-${++number}` : undefined;
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
      return;
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
  const own = word.children.filter((child) => typeof child === "string");
  const foreign = new Set(Array.from(own.join("")).filter((character) => character > "\x7f"));
  return foreign.size === 0 || foreign.size > MAX_CODES ? "" : ` (${Array.from(foreign, codePointLabel).join(", ")})`;
}

const titleOf = ({ attributes }: ViewElement): string => attributes["title"] ?? "";

const REORDERS = /OVERRIDE|EMBEDDING|ISOLATE|DIRECTIONAL|-TO-/;

/** The gravest first, and all that is a note behind all that is a warning. */
const RANK = { reorders: 0, destroys: 1, recipient: 2, amount: 3, letters: 4, hides: 5, secret: 6, place: 7 } as const;
const NOTES = 10;

function rankOf({ kind, isWarning, found }: Finding): number {
  const rank = kind === "suspect" ? RANK.letters : REORDERS.test(titleOf(found)) ? RANK.reorders : RANK.hides;
  return isWarning ? rank : rank + NOTES;
}

/** A line that is about a value, and where that is. */
export interface LookLine extends Pick<ReadonlyLook, "about" | "says" | "shown" | "isWarning"> {
  field: string;
  href: string;
}
type ReadonlyLook = NonNullable<ReadingAids["looks"]>[number];

interface Line {
  rank: number;
  isWarning: boolean;
  view: ViewElement;
}

function meaningOf({ kind, found, isWarning }: Finding): string {
  if (kind === "framed") return texts.caution.framed;
  if (kind === "suspect") return isWarning ? texts.caution.lookAlikes : texts.caution.unusualSigns;
  if (REORDERS.test(titleOf(found))) return texts.caution.reorders;
  return /FEW DEVICES/.test(titleOf(found)) ? texts.caution.shownByCode : texts.caution.hidden;
}

const shortField = (name: string): string => {
  const characters = Array.from(name);
  return characters.length > LONGEST_FIELD ? `${characters.slice(0, LONGEST_FIELD).join("")}…` : name;
};

const fieldView = (field: string, href: string | undefined): View => {
  const name = field === "" && href !== undefined ? texts.caution.emptyName : shortField(field);
  return href === undefined ? name : element("a", { href, dir: "ltr" }, name);
};

const itemView = (isWarning: boolean, ...views: View[]): ViewElement => element("li", isWarning ? { class: "warning" } : {}, ...views);

/** A word as it is shown, of a long one what it begins with. */
function beginningOf(word: ViewElement): ViewElement {
  const children: View[] = [];
  let left = LONGEST_FIELD;
  for (const child of word.children) {
    if (left <= 0) return { ...word, children: [...children, "…"] };
    children.push(typeof child === "string" ? shortField(child) : child);
    left -= textOf(child).length;
  }
  return { ...word, children };
}

function findingLine(finding: Finding): Line {
  const { kind, found, count, field, href, isWarning } = finding;
  const about = kind === "suspect" ? codesOf(found) : ` ${titleOf(found)}`;
  const place = field === "" && href === undefined ? [] : texts.caution.place(count, fieldView(field, href));
  return {
    rank: rankOf(finding),
    isWarning,
    view: itemView(isWarning, ...texts.caution.found(meaningOf(finding), beginningOf(found), about, count), ...place),
  };
}

function lookLine({ about, says, shown, isWarning, field, href }: LookLine): Line {
  const what = shown === "" ? [] : [": ", textView(shown, texts.caution.textShown)];
  const rank = RANK[about] + (isWarning ? 0 : NOTES);
  return { rank, isWarning, view: itemView(isWarning, ...texts.caution.look(says, what, fieldView(field, href))) };
}

function foldedView(folded: readonly Line[]): ViewElement | null {
  if (folded.length === 0) return null;
  const left = folded.length - MOST_FOLDED;
  const others = left > 0 ? element("li", {}, texts.caution.moreMarked(left)) : null;
  const summary = element("summary", {}, texts.caution.more(folded.length));
  return element("details", {}, summary, element("ul", {}, ...folded.slice(0, MOST_FOLDED).map(({ view }) => view), others));
}

/** The lines about `sources`, and `looks`, all but the first few folded; null if there is nothing to say. */
export function cautionView(sources: readonly Source[], looks: readonly LookLine[] = []): ViewElement | null {
  const lines = [...looks.map(lookLine), ...findingsIn(sources).map(findingLine)].toSorted((a, b) => a.rank - b.rank);
  if (lines.length === 0) return null;
  return element(
    "div",
    { class: lines.some(({ isWarning }) => isWarning) ? "caution" : "caution mild", role: "note", "aria-label": texts.caution.title },
    element("ul", {}, ...lines.slice(0, MOST_LINES).map(({ view }) => view)),
    foldedView(lines.slice(MOST_LINES)),
  );
}
