/** Where in a policy's text something is typed: which keys lead there. YAML is read only as far as that takes, and only what stands before. */

export interface TypedPlace {
  /** Keys from the top of the document down. */
  path: string[];
  /** The key whose value is typed, on the same line; null where a key may stand. */
  valueOf: string | null;
}

const KEY = /^(?:[ -]*- +)?\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z_][\w-]*))\s*:(?:\s|$)/;

interface Line {
  /** Where its first word stands, behind what marks an item. */
  column: number;
  /** Where its item is marked; null for a line that begins none. */
  dash: number | null;
  key: string | null;
}

function readLine(line: string): Line | null {
  if (/^\s*(?:#|$)/.test(line)) return null;
  const marks = /^ *(?:- +|-$)*/.exec(line)?.[0] ?? "";
  const key = KEY.exec(line);
  const dash = marks.indexOf("-");
  return { column: marks.length, dash: dash < 0 ? null : dash, key: key?.[1] ?? key?.[2] ?? key?.[3] ?? null };
}

/** The keys of the lines that a line lies in. */
function keysAbove(lines: readonly string[], line: string): string[] {
  const marks = /^ *(?:- +|-$)*/.exec(line)?.[0] ?? "";
  const own = marks.indexOf("-");
  let limit = own < 0 ? marks.length : own + 1;
  const keys: string[] = [];
  for (const above of lines.toReversed()) {
    const read = readLine(above);
    if (read === null) continue;
    if (read.key !== null && read.column < limit) {
      keys.unshift(read.key);
      limit = read.column;
    }
    if (read.dash !== null && read.dash < limit) limit = Math.min(limit, read.dash + 1);
    if (limit === 0) break;
  }
  return keys;
}

const TOKEN = /"(?:[^"\\]|\\.)*"?|'[^']*'?|[{}[\],]|([A-Za-z_][\w-]*)\s*:(?=\s|$)|[^\s{}[\],"']+/g;

/** The keys that a line itself opens, and the one whose value it stops in. */
function keysWithin(line: string): TypedPlace {
  const open: (string | null)[] = [];
  let pending: string | null = null;
  for (const [token, key] of line.matchAll(TOKEN)) {
    if (key !== undefined) pending = key;
    else if (token === "{" || token === "[") {
      open.push(isInList(open, pending) ? null : pending);
      pending = token === "[" ? pending : null;
    } else if (token === "}" || token === "]") {
      open.pop();
      pending = null;
    } else if (token === "," && !isInList(open, pending)) pending = null;
  }
  const path = open.filter((one): one is string => one !== null);
  if (pending !== null && path.at(-1) === pending) path.pop();
  return { path, valueOf: pending };
}

/** Whether a comma parts values of one key. */
const isInList = (open: readonly (string | null)[], pending: string | null): boolean => pending !== null && open.at(-1) === pending;

/** `before`: the text up to where something is typed. */
export function typedPlace(before: string): TypedPlace {
  const lines = before.split("\n");
  const line = lines.pop() ?? "";
  const above = keysAbove(lines, line);
  const within = keysWithin(line.replace(/^ *(?:- +)*/, ""));
  return { path: [...above, ...within.path], valueOf: within.valueOf };
}
