/**
 * A payload as a reader decides on it: in parts that are seen one by one, and what says how something was together with what says how
 * it will be, with what differs marked. A pure function of the payload, as value-view.ts is.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { exactTextViews, type TextPiece, textPieces } from "../text-view.ts";
import { type Block, contentOf, entriesOf, type Entry, keyView, type ValueLayout, membersBlock, objectView } from "../value-view.ts";
import { element, styled, type View, type ViewElement } from "../view.ts";
import { type Difference, differenceOf, changesBetween, counterpartOf, isChanged } from "./change.ts";
import { fitsInPart, groupsOf, isLongName, PartPlace, textInParts } from "./parts.ts";

/** What of a value differs from its counterpart, and the element that marks it. */
interface Marks {
  tag: "del" | "ins";
  change: Difference;
}

/** Pieces of a text, those that differ marked. */
function pieceViews(pieces: readonly TextPiece[], marks: Marks | null): View[] {
  if (marks === null || marks.change === "none") return pieces.flatMap(({ views }) => views);
  const views: View[] = [];
  let stretch: View[] = [];
  const end = (): void => {
    if (stretch.length > 0) views.push(element(marks.tag, {}, ...stretch));
    stretch = [];
  };
  for (const piece of pieces) {
    if (isChanged(marks.change, piece.start, piece.end)) stretch.push(...piece.views);
    else {
      end();
      views.push(...piece.views);
    }
  }
  end();
  return views;
}

/** A text: in parts if it has a `place`, and with marks. */
function longTextViews(text: string, place: PartPlace | null, marks: Marks | null): readonly View[] {
  if (place !== null) return textInParts(textPieces(text), text, place, (pieces) => pieceViews(pieces, marks));
  return marks === null ? exactTextViews(text) : pieceViews(textPieces(text), marks);
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

  constructor(place: PartPlace | null, marks: Marks | null) {
    this.#place = place;
    this.#marks = marks;
  }

  below(name: string): Arranged {
    const marks = this.#marks === null ? null : { ...this.#marks, change: differenceOf(this.#marks.change, name) };
    return new Arranged(this.#place?.below(name) ?? null, marks);
  }

  text(text: string): readonly View[] {
    return longTextViews(text, this.#place, this.#marks);
  }

  name(text: string): readonly View[] {
    const isAlone = this.#marks?.change === "alone";
    return longTextViews(text, isLongName(text) ? this.#place : null, isAlone ? this.#marks : null);
  }

  marked(...children: readonly View[]): readonly View[] {
    const isMarked = this.#marks?.change === "all" || this.#marks?.change === "alone";
    return isMarked ? [element(this.#marks?.tag ?? "ins", {}, ...children)] : children;
  }

  /** What is one side of a pair is laid out like the other side. */
  rowsOf(members: JsonObject): Entry[] {
    return this.#marks === null ? pairedRowsOf(members) : entriesOf(members);
  }

  blocksOf(entries: readonly Entry[], block: Block): ViewElement[] {
    const place = this.#place;
    if (place === null) return block(entries, this);
    const inPart = new Arranged(null, this.#marks);
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
      const { name, children } = contentOf(value, new Arranged(place, marks));
      const title = keyView(key, new Arranged(place, null));
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

/** An object in parts, and the id of the part in which each of its members begins. */
export function objectInParts(members: JsonObject): { views: View[]; ids: ReadonlyMap<string, string> } {
  const place = new PartPlace();
  const ids = new Map<string, string>();
  const layout = new Arranged(place, null);
  const rows = layout.rowsOf(members);
  if (rows.length === 0) return { views: [place.part("{}", "{}", [objectView(members)])], ids };
  const block: Block = (some, inside) => {
    for (const { name, later } of some) for (const one of [name, later?.name ?? name]) ids.set(one, place.nextId);
    return membersBlock(some, inside);
  };
  return { views: layout.blocksOf(rows, block), ids };
}
