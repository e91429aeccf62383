/**
 * A member of a JSON-RPC message as its sender wrote it, byte for byte: numbers that no double holds, and members twice, stay what they
 * are. Pure. Of text that is JSON; whoever read it before has seen to that.
 */
const SPACE = /[ \t\n\r]*/y;
const ATOM = /[^,\]}\s]+/y;

function afterMatch(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : text.length;
}

/** Where the string that begins at `at` ends. */
function afterString(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next++) {
    if (text[next] === "\\") next++;
    else if (text[next] === '"') return next + 1;
  }
  return text.length;
}

/** Where the value that begins at `at` ends. */
function afterValue(text: string, at: number): number {
  if (text[at] === '"') return afterString(text, at);
  if (text[at] !== "{" && text[at] !== "[") return afterMatch(ATOM, text, at);
  let depth = 0;
  for (let next = at; next < text.length; next++) {
    const character = text[next];
    if (character === '"') next = afterString(text, next) - 1;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") {
      depth--;
      if (depth === 0) return next + 1;
    }
  }
  return text.length;
}

/** The text of the object's member of that name; null if there is none, or more than one: two readers would take two. */
export function memberText(message: string, name: string): string | null {
  let next = afterMatch(SPACE, message, 0);
  if (message[next] !== "{") return null;
  const found: string[] = [];
  next = afterMatch(SPACE, message, next + 1);
  while (next < message.length && message[next] === '"') {
    const nameEnd = afterString(message, next);
    const isWanted = JSON.parse(message.slice(next, nameEnd)) === name;
    // Behind the colon.
    const start = afterMatch(SPACE, message, afterMatch(SPACE, message, nameEnd) + 1);
    const end = afterValue(message, start);
    if (isWanted) found.push(message.slice(start, end));
    next = afterMatch(SPACE, message, end);
    if (message[next] === ",") next = afterMatch(SPACE, message, next + 1);
  }
  return found.length === 1 ? (found[0] ?? null) : null;
}
