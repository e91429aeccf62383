/**
 * Tools and prompts in a server's answer, each read by itself under the rules of JSON that is hashed: one that breaks them is told, and the
 * others stay. The server chooses every byte.
 */
import { type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";

export type ListedKind = "tools" | "prompts";

/** What cannot be accepted as it is: no JSON that is hashed, or no object with a name. */
export interface UnreadableItem {
  /** As it seems to be called; empty if that is not known either. */
  name: string;
  /** What is wrong with it, and where. */
  message: string;
}

export interface ListedItems {
  items: JsonObject[];
  unreadable: UnreadableItem[];
  nextCursor: string | null;
}

const MOST_NAME = 200;

interface Span {
  start: number;
  end: number;
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\]|\\[^])*"/y;
const ATOM = /[^,\]}\s]+/y;

/** Where the match of `pattern` at `at` ends. Of text that is JSON, so that there is one. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : text.length;
}

/** Where the value that begins at `at` ends. */
function endOf(text: string, at: number): number {
  if (text[at] === '"') return after(STRING, text, at);
  if (text[at] !== "{" && text[at] !== "[") return after(ATOM, text, at);
  let depth = 0;
  for (let next = at; next < text.length; next++) {
    const character = text[next];
    if (character === '"') next = after(STRING, text, next) - 1;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") {
      depth--;
      if (depth === 0) return next + 1;
    }
  }
  return text.length;
}

/** The members or items of the object or list at `at`; names of members as they are written. */
function* partsOf(text: string, at: number): Generator<Span & { name: string | null }> {
  const isObjectHere = text[at] === "{";
  let next = after(SPACE, text, at + 1);
  while (next < text.length && text[next] !== "}" && text[next] !== "]") {
    let name: string | null = null;
    if (isObjectHere) {
      const end = endOf(text, next);
      name = String(JSON.parse(text.slice(next, end)));
      next = after(SPACE, text, after(SPACE, text, end) + 1);
    }
    const end = endOf(text, next);
    yield { name, start: next, end };
    next = after(SPACE, text, end);
    if (text[next] === ",") next = after(SPACE, text, next + 1);
  }
}

/** The one member of that name of the object at `at`; null if there is none, or more than one: two readers would take two. */
function memberAt(text: string, at: number, wanted: string): Span | null {
  const found = [...partsOf(text, at)].filter(({ name }) => name === wanted);
  return found.length === 1 ? (found[0] ?? null) : null;
}

function nameIn(text: string): string {
  const value: unknown = JSON.parse(text);
  const name = typeof value === "object" && value !== null && "name" in value ? value.name : "";
  return typeof name === "string" ? name.slice(0, MOST_NAME).toWellFormed() : "";
}

/** The list in a JSON-RPC answer's result; null if the answer has none. */
export function listedItems(answer: string, kind: ListedKind): ListedItems | null {
  let loose: unknown;
  try {
    loose = JSON.parse(answer);
  } catch {
    return null;
  }
  const begin = after(SPACE, answer, 0);
  const result = typeof loose === "object" && loose !== null && answer[begin] === "{" ? memberAt(answer, begin, "result") : null;
  const list = result !== null && answer[result.start] === "{" ? memberAt(answer, result.start, kind) : null;
  if (result === null || list === null || answer[list.start] !== "[") return null;
  const read: ListedItems = { items: [], unreadable: [], nextCursor: null };
  for (const { start, end } of partsOf(answer, list.start)) {
    const text = answer.slice(start, end);
    const item = parseJson(text);
    if (!item.ok) read.unreadable.push({ name: nameIn(text), message: `${item.refusal.place}: ${item.refusal.message}` });
    else if (!isObject(item.value) || typeof item.value["name"] !== "string") {
      read.unreadable.push({ name: "", message: "this is no object with a name" });
    } else read.items.push(item.value);
  }
  const { nextCursor } = (loose as { result: { nextCursor?: unknown } }).result;
  if (typeof nextCursor === "string" && nextCursor !== "") read.nextCursor = nextCursor;
  return read;
}
