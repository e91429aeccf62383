/**
 * Marks on the texts of a payload, for whoever reads it: which stretches to look at. They change no character, nobody signs them and
 * nothing rests on them: a text can always be written so that none is found.
 */

/** What a stretch is: dangerous, to be looked at, where something goes, how much, a line that comes or goes. The earlier first. */
export const MARK_KINDS = ["danger", "care", "target", "amount", "added", "removed"] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** UTF-16 code units from and up to. */
export interface Mark {
  from: number;
  to: number;
  kind: MarkKind;
  /** Why it is dangerous or to be looked at, as the beginning of a line; empty for the other kinds. */
  says: string;
}

export const mark = (kind: MarkKind, from: number, to: number, says = ""): Mark => ({ from, to, kind, says });

/** Of each match of `pattern` (global), the group `stretch` where it has one (with the flag `d`), otherwise all of it. */
export const marksOf = (text: string, pattern: RegExp, kind: MarkKind, says = ""): Mark[] =>
  Array.from(text.matchAll(pattern), (match) => {
    const stretch = match.indices?.groups?.["stretch"];
    const [from, to] = stretch ?? [match.index, match.index + match[0].length];
    return mark(kind, from, to, says);
  });

/** The marks in order, none over another: where two meet, the graver one stands and the other keeps what is left of it before and after. */
export function marksInOrder(marks: readonly Mark[]): Mark[] {
  const byGravity = marks.toSorted((a, b) => MARK_KINDS.indexOf(a.kind) - MARK_KINDS.indexOf(b.kind) || a.from - b.from || b.to - a.to);
  const placed = new Placed();
  for (const one of byGravity) placed.add(one);
  return placed.inOrder;
}

/** Marks that stand, found by place. */
class Placed {
  #taken: Mark[] = [];

  /** How many end at `place` or before it. */
  #before(place: number): number {
    let [low, high] = [0, this.#taken.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#taken[middle]?.to ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(one: Mark): void {
    const first = this.#before(one.from);
    const rest: Mark[] = [];
    let [from, at] = [one.from, first];
    for (let other = this.#taken[at]; other !== undefined && other.from < one.to; other = this.#taken[++at]) {
      if (from < other.from) rest.push({ ...one, from, to: other.from });
      rest.push(other);
      from = other.to;
    }
    if (from < one.to) rest.push({ ...one, from });
    this.#taken.splice(first, at - first, ...rest);
  }

  get inOrder(): Mark[] {
    return this.#taken;
  }
}

/**
 * At most `most` of them, in their order: the gravest, which have the lowest rank, and of those that say the same the first ones. Many of
 * one danger must not keep another one from being said.
 */
export function gravestOf<One extends { says: string }>(all: readonly One[], most: number, rankOf: (one: One) => number): One[] {
  if (all.length <= most) return [...all];
  const counts = new Map<string, number>();
  const ranked = all.map((one) => {
    const rank = rankOf(one);
    const alike = counts.get(`${rank} ${one.says}`) ?? 0;
    counts.set(`${rank} ${one.says}`, alike + 1);
    return { one, rank, alike };
  });
  const sorted = ranked.toSorted((a, b) => a.rank - b.rank || a.alike - b.alike);
  const kept = new Set(sorted.slice(0, most).map(({ one }) => one));
  return all.filter((one) => kept.has(one));
}
