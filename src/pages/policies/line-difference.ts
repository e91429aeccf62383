/** Two texts compared line by line, by Myers' algorithm: as few lines as possible are said to be gone or new. Pure. */

export interface DifferenceLine {
  kind: "same" | "removed" | "added";
  text: string;
  /** Numbers of the line before and after, from 1; null where it is not there. */
  before: number | null;
  after: number | null;
}

/** Texts that differ in more lines than this are not compared between their common beginning and end: it would take too long. */
const MOST_EDITS = 1_000;

const linesOf = (text: string): string[] => {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
};

/** Every line of both, in order; what is gone stands before what is new in its place. */
export function lineDifference(before: string, after: string): DifferenceLine[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < fresh.length - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail++;
  const middle = kept(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail));
  const pairs: Pair[] = [
    ...old.slice(0, head).map((_, index): Pair => [index, index]),
    ...middle.map(([one, other]): Pair => [one + head, other + head]),
    ...old.slice(old.length - tail).map((_, index): Pair => [old.length - tail + index, fresh.length - tail + index]),
  ];
  return written(old, fresh, pairs);
}

/** Indices of a line that both have. */
type Pair = [number, number];

function written(old: readonly string[], fresh: readonly string[], pairs: readonly Pair[]): DifferenceLine[] {
  const lines: DifferenceLine[] = [];
  let [one, other] = [0, 0];
  for (const [nextOld, nextFresh] of [...pairs, [old.length, fresh.length] as Pair]) {
    for (; one < nextOld; one++) lines.push({ kind: "removed", text: old[one] ?? "", before: one + 1, after: null });
    for (; other < nextFresh; other++) lines.push({ kind: "added", text: fresh[other] ?? "", before: null, after: other + 1 });
    if (one < old.length) lines.push({ kind: "same", text: old[one] ?? "", before: ++one, after: ++other });
  }
  return lines;
}

/** Lines that stay, in order: the longest common part; nothing if there are too many edits. */
function kept(old: readonly string[], fresh: readonly string[]): Pair[] {
  const most = Math.min(old.length + fresh.length, MOST_EDITS);
  const reached: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= most; edits++) {
    reached.push(furthest);
    furthest = new Map(furthest);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = stepInto(reached[edits] ?? furthest, diagonal, edits);
      while (x < old.length && x - diagonal < fresh.length && old[x] === fresh[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= old.length && x - diagonal >= fresh.length) return wayBack(reached, old.length, fresh.length);
    }
  }
  return [];
}

/** How far along the old text a path is that enters this diagonal by one edit more. */
function stepInto(before: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  const at = (one: number) => before.get(one) ?? -1;
  return isDown(before, diagonal, edits) ? at(diagonal + 1) : at(diagonal - 1) + 1;
}

/** Whether that edit adds a line; otherwise it takes one away. */
const isDown = (before: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean =>
  diagonal === -edits || (diagonal !== edits && (before.get(diagonal - 1) ?? -1) < (before.get(diagonal + 1) ?? -1));

function wayBack(reached: readonly ReadonlyMap<number, number>[], oldLength: number, freshLength: number): Pair[] {
  const pairs: Pair[] = [];
  let [x, y] = [oldLength, freshLength];
  for (let edits = reached.length - 1; edits >= 0; edits--) {
    const before = reached[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const from = isDown(before, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const fromX = before.get(from) ?? 0;
    const fromY = fromX - from;
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0)) pairs.push([--x, --y]);
    [x, y] = [fromX, fromY];
  }
  return pairs.toReversed();
}
