/**
 * A payload as a reader decides on it: in parts that are seen one by one, and what says how something was together with what says how
 * it will be, with what differs marked. A pure function of the payload, as value-view.ts is.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { exactTextViews, type TextPiece, textPieces, textView } from "../text-view.ts";
import { type Block, contentOf, entriesOf, type Entry, keyView, type ValueLayout, membersBlock, objectView } from "../value-view.ts";
import { element, styled, type View, type ViewElement } from "../view.ts";
import { type AidsAt, type ReadingMark, UNAIDED } from "./aids.ts";
import { type Difference, differenceOf, changesBetween, counterpartOf, isChanged } from "./change.ts";
import { fitsInPart, groupsOf, isLongName, PartPlace, textInParts } from "./parts.ts";

/** What of a value differs from its counterpart, and the element that marks it. */
interface Marks {
  tag: "del" | "ins";
  change: Difference;
}

/** An element around what is marked. A danger says why, which is also said above the payload (caution-view.ts). */
const markView = ({ kind, says }: ReadingMark, children: readonly View[]): ViewElement =>
  element("mark", { class: kind, ...(says === "" ? {} : { title: says }) }, ...children);

/** Neighbours that are marked alike, in one element. */
function stretches<One>(
  pieces: readonly TextPiece[],
  of: (piece: TextPiece) => One,
  around: (one: One, some: readonly TextPiece[]) => readonly View[],
): View[] {
  const views: View[] = [];
  let start = 0;
  for (let end = 1; end <= pieces.length; end++) {
    const [first, next] = [pieces[start] as TextPiece, pieces[end]];
    if (next !== undefined && of(next) === of(first)) continue;
    views.push(...around(of(first), pieces.slice(start, end)));
    start = end;
  }
  return views;
}

/** Pieces of a text, those that differ and those to look at marked. */
function pieceViews(pieces: readonly TextPiece[], marks: Marks | null, read: readonly ReadingMark[]): View[] {
  const markOf = ({ start, end }: TextPiece): ReadingMark | undefined => read.find(({ from, to }) => from < end && to > start);
  const readViews = (some: readonly TextPiece[]): View[] =>
    stretches(some, markOf, (mark, within) => {
      const views = within.flatMap((piece) => piece.views);
      return mark === undefined ? views : [markView(mark, views)];
    });
  if (marks === null || marks.change === "none") return readViews(pieces);
  const { tag, change } = marks;
  return stretches(
    pieces,
    ({ start, end }) => isChanged(change, start, end),
    (isMarked, some) => (isMarked ? [element(tag, {}, ...readViews(some))] : readViews(some)),
  );
}

/** A text: in parts if it has a `place`, and with marks. */
function longTextViews(text: string, place: PartPlace | null, marks: Marks | null, read: readonly ReadingMark[] = []): readonly View[] {
  if (place !== null) return textInParts(textPieces(text), text, place, (pieces) => pieceViews(pieces, marks, read));
  return marks === null && read.length === 0 ? exactTextViews(text) : pieceViews(textPieces(text), marks, read);
}

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

/** In parts, where it has a `place`; without one it is in one part with others. */
class Arranged implements ValueLayout {
  readonly #place: PartPlace | null;
  readonly #marks: Marks | null;
  readonly #aids: AidsAt;

  constructor(place: PartPlace | null, marks: Marks | null, aids: AidsAt) {
    this.#place = place;
    this.#marks = marks;
    this.#aids = aids;
  }

  below(name: string): Arranged {
    const marks = this.#marks === null ? null : { ...this.#marks, change: differenceOf(this.#marks.change, name) };
    return new Arranged(this.#place?.below(name) ?? null, marks, this.#aids.below(name));
  }

  text(text: string): readonly View[] {
    return longTextViews(text, this.#place, this.#marks, this.#aids.here.marks);
  }

  notes(): View[] {
    return this.#aids.here.notes.map(({ text, isWarning }) => styled("dd", isWarning ? "said-of warning" : "said-of", textView(text)));
  }

  name(text: string): readonly View[] {
    const isAlone = this.#marks?.change === "alone";
    return longTextViews(text, isLongName(text) ? this.#place : null, isAlone ? this.#marks : null);
  }

  marked(...children: readonly View[]): readonly View[] {
    const [read] = this.#aids.here.marks;
    const views = read === undefined ? children : [markView(read, children)];
    const isMarked = this.#marks?.change === "all" || this.#marks?.change === "alone";
    return isMarked ? [element(this.#marks?.tag ?? "ins", {}, ...views)] : views;
  }

  /** What is one side of a pair is laid out like the other side. */
  rowsOf(members: JsonObject): Entry[] {
    return this.#marks === null ? pairedRowsOf(members) : entriesOf(members);
  }

  blocksOf(entries: readonly Entry[], block: Block): ViewElement[] {
    const place = this.#place;
    if (place === null) return block(entries, this);
    const inPart = new Arranged(null, this.#marks, this.#aids);
    return groupsOf(entries).flatMap((group) => {
      const [first, last] = [group[0], group.at(-1)] as [Entry, Entry];
      return fitsInPart(first) ? place.part(first.name, last.later?.name ?? last.name, block(group, inPart)) : block(group, this);
    });
  }

  /** Beside each other where there is room. */
  pair(earlier: Entry, later: Entry): ViewElement {
    const [was, will] = changesBetween(earlier.value, later.value);
    const side = ({ name: key, value }: Entry, marks: Marks): ViewElement => {
      const place = this.#place?.below(key) ?? null;
      const aids = this.#aids.below(key);
      const { name, children } = contentOf(value, new Arranged(place, marks, aids));
      const title = keyView(key, new Arranged(place, null, UNAIDED));
      return styled(
        "dl",
        "object",
        styled("div", "member nested", title, element("dd", name === "nested" ? {} : { class: name }, ...children)),
      );
    };
    const note = was === "none" ? styled("p", "hint", "Both are the same.") : null;
    return styled("div", "pair", side(earlier, { tag: "del", change: was }), side(later, { tag: "ins", change: will }), note);
  }
}

/** How a value was beside how it is, with what differs marked, in no parts. Both are called `name`. */
export const changeView = (name: string, was: JsonValue, is: JsonValue): ViewElement =>
  new Arranged(null, null, UNAIDED).pair({ name, value: was }, { name, value: is });

/** A value that only one of two has, all of it marked; `word` says which. */
export function onlyView(word: string, tag: Marks["tag"], name: string, value: JsonValue): ViewElement {
  const marks: Marks = { tag, change: { members: new Map([[name, "alone"]]) } };
  return styled("div", "only", styled("p", "hint", word), ...membersBlock([{ name, value }], new Arranged(null, marks, UNAIDED)));
}

/** An object in parts, and the id of the part in which each of its members begins. */
export function objectInParts(members: JsonObject, aids: AidsAt = UNAIDED): { views: View[]; ids: ReadonlyMap<string, string> } {
  const place = new PartPlace();
  const ids = new Map<string, string>();
  const layout = new Arranged(place, null, aids);
  const rows = layout.rowsOf(members);
  if (rows.length === 0) return { views: [place.part("{}", "{}", [objectView(members)])], ids };
  const block: Block = (some, inside) => {
    for (const { name, later } of some) for (const one of [name, later?.name ?? name]) ids.set(one, place.nextId);
    return membersBlock(some, inside);
  };
  return { views: layout.blocksOf(rows, block), ids };
}
