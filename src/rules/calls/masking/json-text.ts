/**
 * Reads one JSON text (RFC 8259) without building anything of it: says where each value and each name stands, so that some of them
 * can be replaced and every other byte stays. In one pass and without recursion, whatever the text nests. Whose values are replaced
 * is walk.ts.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";

/** What is counted of the work, by whoever wants to know that it grows with the text alone. */
export interface Work {
  steps: number;
}

/** Hears of a text's parts, in their order. `State` is what a reader keeps of a value's surroundings. */
export interface JsonReader<State> {
  /** A value begins. Its state, or null: nothing inside it is told, only its end. `first` is its first character. */
  begin(parent: State, step: string | number, first: string, start: number): State | null;
  /** A string, number or word has been read whole. */
  scalar(state: State, kind: "string" | "number" | "word", start: number, end: number): void;
  /** A value that was not told ends. */
  untold(start: number, end: number): void;
  /** A member's name; gives it as its value is told of. */
  name(object: State, name: string, start: number, end: number): string;
}

const SPACE = /[ \t\n\r]*/y;
const UNESCAPED = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;

/** What a string's token, quotes included, stands for. */
export const stringOf = (token: string): string => (token.includes("\\") ? (JSON.parse(token) as string) : token.slice(1, -1));

interface Open<State> {
  isList: boolean;
  /** Null inside a value that is not told. */
  state: State | null;
  index: number;
  /** Where the value that is not told begins; -1 below it, and where all is told. */
  untoldFrom: number;
}

/** Tells `reader` of `text`, whose whole value lies at `step` of `root`. Refuses what is not JSON; what was told until then is void. */
export function walkJsonText<State>(
  text: string,
  root: State,
  step: string | number,
  reader: JsonReader<State>,
  work: Work,
): Result<null, "not-json"> {
  const open: Open<State>[] = [];
  let at = 0;

  const take = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : -1;
  };
  /** Where the string that begins here ends. Piece by piece: one pattern for all of it would need a stack as long as the text. */
  const takeString = (): number => {
    if (text[at] !== '"') return -1;
    const start = at;
    at++;
    for (;;) {
      at = Math.max(at, take(UNESCAPED));
      if (text[at] === '"') break;
      at = take(ESCAPE);
      if (at < 0) break;
    }
    const end = at < 0 ? -1 : at + 1;
    at = start;
    return end;
  };
  const space = (): void => {
    if (text.charCodeAt(at) <= 0x20) at = Math.max(at, take(SPACE));
  };
  const readName = (frame: Open<State>): string | null => {
    space();
    const end = takeString();
    if (end < 0) return null;
    const [start, token] = [at, text.slice(at, end)];
    at = end;
    space();
    if (text[at] !== ":") return null;
    at++;
    return frame.state === null ? "" : reader.name(frame.state, stringOf(token), start, end);
  };

  let parent: State | null = root;
  let atStep: string | number = step;
  for (;;) {
    work.steps++;
    space();
    const start = at;
    const first = text[at] ?? "";
    const state: State | null = parent === null ? null : reader.begin(parent, atStep, first, start);
    const untoldFrom = parent !== null && state === null ? start : -1;
    if (first === "{" || first === "[") {
      at++;
      const frame: Open<State> = { isList: first === "[", state, index: 0, untoldFrom };
      space();
      if (text[at] !== (frame.isList ? "]" : "}")) {
        open.push(frame);
        parent = state;
        atStep = 0;
        if (!frame.isList) {
          const name = readName(frame);
          if (name === null) return refuse("not-json");
          atStep = name;
        }
        continue;
      }
      at++;
      if (untoldFrom >= 0) reader.untold(untoldFrom, at);
    } else {
      const kind = first === '"' ? "string" : /[-0-9]/.test(first) ? "number" : "word";
      const end = kind === "string" ? takeString() : take(kind === "number" ? NUMBER : WORD);
      if (end < 0) return refuse("not-json");
      at = end;
      if (state !== null) reader.scalar(state, kind, start, end);
      else if (untoldFrom >= 0) reader.untold(untoldFrom, end);
    }
    // What follows a value: the next one, or the ends of what it stands in.
    for (;;) {
      space();
      const frame = open.at(-1);
      if (frame === undefined) return at === text.length ? accept(null) : refuse("not-json");
      const next = text[at];
      at++;
      if (next === ",") {
        parent = frame.state;
        frame.index++;
        atStep = frame.index;
        if (!frame.isList) {
          const name = readName(frame);
          if (name === null) return refuse("not-json");
          atStep = name;
        }
        break;
      }
      if (next !== (frame.isList ? "]" : "}")) return refuse("not-json");
      open.pop();
      if (frame.untoldFrom >= 0) reader.untold(frame.untoldFrom, at);
    }
  }
}
