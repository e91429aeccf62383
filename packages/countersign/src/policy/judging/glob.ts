/** Globs on names: `*` stands for any text, also none, `?` for one character, everything else for itself. */

/**
 * Whether the glob takes all of `name`. Time grows with their product at most. With `covers`, `name` is a glob itself, and the answer
 * is whether everything that it takes is taken; false also where that cannot be told.
 */
export function globTakes(glob: string, name: string, covers = false): boolean {
  const [letters, text] = [Array.from(glob), Array.from(name)];
  let [at, from, star, resume] = [0, 0, -1, 0];
  while (from < text.length) {
    const letter = letters[at];
    const isSame = letter === text[from] && !(covers && letter !== "*" && letter !== "?" && text[from] === "*");
    const isAny = letter === "?" && !(covers && text[from] === "*");
    if (letter === "*") [star, resume, at] = [at, from, at + 1];
    else if (letter !== undefined && (isSame || isAny)) [at, from] = [at + 1, from + 1];
    else if (star >= 0) [at, resume, from] = [star + 1, resume + 1, resume + 1];
    else return false;
  }
  while (letters[at] === "*") at += 1;
  return at === letters.length;
}
