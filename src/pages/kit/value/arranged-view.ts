/**
 * A payload as a reader decides on it: in parts that are seen one by one, and what says how something was together with what says how
 * it will be, with what differs marked. A pure function of the payload, as value-view.ts is.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { valuesTexts as texts } from "#texts/browser/kit/values.ts";
import { textView } from "../text-view.ts";
import {
  type Block,
  type Content,
  contentOf,
  entriesOf,
  type Entry,
  keyView,
  type ValueLayout,
  membersBlock,
  objectView,
} from "../value-view.ts";
import { element, styled, type View, type ViewElement } from "../view.ts";
import { type AidsAt, UNAIDED } from "./aids.ts";
import { type Code, readCode } from "./code.ts";
import { differenceOf, changesBetween, counterpartOf } from "./change.ts";
import { denseLines, type DensePlan, densePlan, planBelow, textsIn } from "./dense.ts";
import { type ChangedSide, codeWords, groupedViews, longTextView, longTextViews, markView } from "./long-text.ts";
import { fitsInPart, groupsOf, isLongName, linesInParts, PartPlace } from "./parts.ts";

/** The members of an object; what says how something will be goes with what says how it was, which comes first. */
function pairedRowsOf(members: JsonObject): Entry[] {
  const pairs = new Map<string, Entry>();
  const isAfter = new Set<string>();
  for (const { name, value } of entriesOf(members)) {
    const later = counterpartOf(name, members);
    if (later === undefined || isAfter.has(name) || isAfter.has(later)) continue;
    isAfter.add(later);
    const pair = { name, value, later: { name: later, value: members[later] ?? null } };
    pairs.set(name, pair);
    pairs.set(later, pair);
  }
  return [...new Set(entriesOf(members).map((entry) => pairs.get(entry.name) ?? entry))];
}

/** What is written densely says what its signs mean. */
const DENSE_HINT = texts.value.dense;

interface Surroundings {
  /** Of its parts; without one it is in one part with others. */
  place: PartPlace | null;
  changed: ChangedSide | null;
  aids: AidsAt;
  plan: DensePlan;
}

class Arranged implements ValueLayout {
  readonly #in: Surroundings;
  readonly #name: string;
  #known: { text: string; code: Code | null } | null = null;

  constructor(surroundings: Surroundings, name = "") {
    this.#in = surroundings;
    this.#name = name;
  }

  below(name: string): Arranged {
    const { place, changed, aids, plan } = this.#in;
    const below = changed === null ? null : { ...changed, change: differenceOf(changed.change, name) };
    const surroundings = { place: place?.below(name) ?? null, changed: below, aids: aids.below(name), plan: planBelow(plan, name) };
    return new Arranged(surroundings, /^\d+$/.test(name) ? this.#name : name);
  }

  rowAttributes(): Readonly<Record<string, string>> {
    const { id } = this.#in.aids.here;
    return id === null ? {} : { id };
  }

  dense(value: JsonValue): Content | null {
    const { plan, place, changed } = this.#in;
    if (plan !== "dense") return null;
    const lines = denseLines(value);
    const views = place === null ? [lines.join("\n")] : linesInParts(lines, place);
    const isMarked = changed !== null && changed.change !== "none";
    const shown = isMarked ? [element(changed.tag, {}, ...views)] : views;
    return { name: "nested", children: [styled("p", "hint", DENSE_HINT), element("div", { class: "dense text", dir: "ltr" }, ...shown)] };
  }

  /** Of the text that was asked for last, since what is said of it and how it is shown both depend on it. */
  #code(text: string): Code | null {
    if (this.#known?.text !== text) this.#known = { text, code: readCode(text, this.#name) };
    return this.#known.code;
  }

  said(text: string): string | null {
    return codeWords(text, this.#code(text));
  }

  text(text: string): ViewElement {
    const { place, changed, aids } = this.#in;
    return longTextView(text, { place, changed, read: aids.here.marks }, this.#code(text));
  }

  notes(): View[] {
    return this.#in.aids.here.notes.map(({ text, isWarning }) => styled("dd", isWarning ? "said-of warning" : "said-of", textView(text)));
  }

  name(text: string): readonly View[] {
    const { place, changed } = this.#in;
    const isAlone = changed?.change === "alone";
    return longTextViews(text, { place: isLongName(text) ? place : null, changed: isAlone ? changed : null, read: [] });
  }

  marked(...children: readonly View[]): readonly View[] {
    const { changed, aids } = this.#in;
    const [read] = aids.here.marks;
    const shown =
      read?.kind === "amount" ? children.flatMap((child) => (typeof child === "string" ? groupedViews(child, "") : [child])) : children;
    const views = read === undefined ? shown : [markView(read, shown)];
    const isMarked = changed?.change === "all" || changed?.change === "alone";
    return isMarked ? [element(changed.tag, {}, ...views)] : views;
  }

  /** What is one side of a pair is laid out like the other side. */
  rowsOf(members: JsonObject): Entry[] {
    return this.#in.changed === null ? pairedRowsOf(members) : entriesOf(members);
  }

  blocksOf(entries: readonly Entry[], block: Block): ViewElement[] {
    const { place, plan } = this.#in;
    if (place === null) return block(entries, this);
    const inPart = new Arranged({ ...this.#in, place: null }, this.#name);
    const isDense = ({ name, later }: Entry): boolean => [name, later?.name ?? name].some((one) => planBelow(plan, one) === "dense");
    return groupsOf(entries).flatMap((group) => {
      const [first, last] = [group[0], group.at(-1)] as [Entry, Entry];
      const isOne = fitsInPart(first) && !group.some(isDense);
      return isOne ? place.part(first.name, last.later?.name ?? last.name, block(group, inPart)) : block(group, this);
    });
  }

  /** Beside each other where there is room. */
  pair(earlier: Entry, later: Entry): ViewElement {
    const [was, will] = changesBetween(earlier.value, later.value);
    const { place, aids, plan } = this.#in;
    const side = ({ name: key, value }: Entry, changed: ChangedSide): ViewElement => {
      const within = { place: place?.below(key) ?? null, changed, aids: aids.below(key), plan: planBelow(plan, key) };
      const layout = new Arranged(within, key);
      const { name, children } = contentOf(value, layout);
      const title = keyView(key, new Arranged({ ...within, changed: null, aids: UNAIDED }));
      const attributes = { class: "member nested", ...layout.rowAttributes() };
      return styled(
        "dl",
        "object",
        element("div", attributes, title, element("dd", name === "nested" ? {} : { class: name }, ...children), ...layout.notes()),
      );
    };
    const note = was === "none" ? styled("p", "hint", texts.value.bothSame) : null;
    return styled("div", "pair", side(earlier, { tag: "del", change: was }), side(later, { tag: "ins", change: will }), note);
  }
}

/** Of nothing else, in no parts, everything laid out. */
const ALONE: Surroundings = { place: null, changed: null, aids: UNAIDED, plan: new Map() };

/** How a value was beside how it is, with what differs marked, in no parts. Both are called `name`. */
export const changeView = (name: string, was: JsonValue, is: JsonValue): ViewElement =>
  new Arranged(ALONE).pair({ name, value: was }, { name, value: is });

/** A value that only one of two has, all of it marked; `word` says which. */
export function onlyView(word: string, tag: ChangedSide["tag"], name: string, value: JsonValue): ViewElement {
  const changed: ChangedSide = { tag, change: { members: new Map([[name, "alone"]]) } };
  return styled("div", "only", styled("p", "hint", word), ...membersBlock([{ name, value }], new Arranged({ ...ALONE, changed })));
}

/** An object in one piece and in canonical order, in at most so many nodes. */
export function boundedView(members: JsonObject, mostNodes: number): View {
  const plan = densePlan(members, mostNodes);
  return plan instanceof Map && plan.size === 0 ? objectView(members) : membersOf(members, { ...ALONE, plan });
}

function membersOf(members: JsonObject, surroundings: Surroundings): ViewElement {
  const { children } = contentOf(members, new Arranged(surroundings));
  return element("div", {}, ...children);
}

/** An object in parts. */
interface InParts {
  views: View[];
  /** The id of the part in which each of its members begins. */
  ids: ReadonlyMap<string, string>;
  /** The texts of what is written densely. */
  dense: string[];
}

/** What of a value is written densely, as its texts. */
function denseTexts(value: JsonValue, plan: DensePlan): string[] {
  if (plan === "dense") return textsIn(value);
  const members = Array.isArray(value) ? Object.fromEntries(value.map((item, i) => [String(i + 1), item])) : value;
  if (typeof members !== "object" || members === null || plan.size === 0) return [];
  return [...plan].flatMap(([name, below]) => denseTexts(members[name] ?? null, below));
}

export function objectInParts(members: JsonObject, aids: AidsAt = UNAIDED): InParts {
  const place = new PartPlace();
  const ids = new Map<string, string>();
  const plan = densePlan(members);
  const dense = denseTexts(members, plan);
  const layout = new Arranged({ place, changed: null, aids, plan });
  const whole = layout.dense(members);
  if (whole !== null) return { views: [...whole.children], ids, dense };
  const rows = layout.rowsOf(members);
  if (rows.length === 0) return { views: [place.part("{}", "{}", [objectView(members)])], ids, dense };
  const block: Block = (some, inside) => {
    for (const { name, later } of some) for (const one of [name, later?.name ?? name]) ids.set(one, place.nextId);
    return membersBlock(some, inside);
  };
  return { views: layout.blocksOf(rows, block), ids, dense };
}
