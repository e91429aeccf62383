/** Which of some words somebody meant who wrote another. */

/** Longer words are not compared: the work grows with the square of their length. */
const LONGEST = 64;

/** The number of letters to put in, take out or change, or to swap with their neighbour, between two words. */
function distance(from: string, to: string): number {
  let [before, row] = [[] as number[], Array.from({ length: to.length + 1 }, (_, index) => index)];
  for (let at = 1; at <= from.length; at++) {
    const next = [at];
    for (let other = 1; other <= to.length; other++) {
      const isSame = from[at - 1] === to[other - 1];
      const swapped = at > 1 && other > 1 && from[at - 1] === to[other - 2] && from[at - 2] === to[other - 1];
      const least = Math.min((row[other] ?? 0) + 1, (next[other - 1] ?? 0) + 1, (row[other - 1] ?? 0) + (isSame ? 0 : 1));
      next.push(swapped ? Math.min(least, (before[other - 2] ?? 0) + 1) : least);
    }
    [before, row] = [row, next];
  }
  return row[to.length] ?? 0;
}

/** The word that is nearest to `word`, at most two letters off and less than half of it; null if none is. */
export function closest(word: string, words: readonly string[]): string | null {
  if (word.length > LONGEST) return null;
  const most = Math.min(2, Math.floor((word.length - 1) / 2));
  let found: { word: string; off: number } | null = null;
  for (const other of words) {
    if (other.length > LONGEST || Math.abs(other.length - word.length) > most) continue;
    const off = distance(word.toLowerCase(), other.toLowerCase());
    if (off <= most && (found === null || off < found.off)) found = { word: other, off };
  }
  return found?.word ?? null;
}
