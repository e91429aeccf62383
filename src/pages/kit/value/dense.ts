/**
 * What would take too many elements to lay out, as it is written: JSON, with a code in the place of each character that could hide or turn
 * the text, so that a value of any kind takes as many characters as it has bytes, a few times over, and hardly an element. Nothing is left
 * out. Which values that are is said by the payload alone. Pure.
 */
import { classOf, displaySegments, isRarelyShown } from "#countersign/text/display-text.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { markedSpaces } from "../text-view.ts";

/** Nodes that a payload takes at most, but for what is written densely. */
const MOST_NODES = 3_600;
/** What takes fewer gains nothing. */
const WORTH_IT = 60;

/** Of a value, which of what it holds is dense; or it is itself. */
export type DensePlan = "dense" | ReadonlyMap<string, DensePlan>;

const NOTHING: DensePlan = new Map();

/** Nodes of a text as text-view.ts shows it, roughly. */
function nodesOfText(text: string): number {
  let nodes = markedSpaces(text).reduce((sum, { from, to }) => sum + 2 + Math.ceil((to - from) / 80), 2);
  for (const { kind, source } of displaySegments(text)) {
    if (kind === "plain") nodes += 1;
    else if (kind === "suspect") nodes += 3 + (Array.from(source).some(isRarelyShown) ? 2 * source.length : 0);
    else nodes += 4;
  }
  return nodes;
}

interface Planned {
  nodes: number;
  plan: DensePlan;
}

/** Array.isArray makes anything of what is read of it. */
const isItems = (value: JsonValue): value is JsonValue[] => Array.isArray(value);

function planOf(value: JsonValue, most: number): Planned {
  if (typeof value === "string") {
    const nodes = nodesOfText(value);
    return nodes > most ? { nodes: 2, plan: "dense" } : { nodes, plan: NOTHING };
  }
  if (typeof value !== "object" || value === null) return { nodes: 2, plan: NOTHING };
  const entries: [string, JsonValue][] = isItems(value) ? value.map((item, i) => [String(i + 1), item]) : Object.entries(value);
  const plans = new Map<string, DensePlan>();
  const costs: { name: string; nodes: number }[] = [];
  let total = 4;
  for (const [name, member] of entries) {
    const { nodes, plan } = planOf(member, most);
    const own = isItems(value) ? 2 : 4 + nodesOfText(name);
    total += nodes + own;
    costs.push({ name, nodes });
    if (plan !== NOTHING) plans.set(name, plan);
  }
  for (const { name, nodes } of costs.toSorted((a, b) => b.nodes - a.nodes)) {
    if (total <= most || nodes < WORTH_IT) break;
    total -= nodes - 4;
    plans.set(name, "dense");
  }
  if (total > most) return { nodes: 4, plan: "dense" };
  return { nodes: total, plan: plans.size === 0 ? NOTHING : plans };
}

/** What of a value is to be written densely, so that all of it takes at most `most` nodes. */
export const densePlan = (value: JsonValue, most = MOST_NODES): DensePlan => planOf(value, most).plan;

export const planBelow = (plan: DensePlan, name: string): DensePlan => (plan === "dense" ? plan : (plan.get(name) ?? NOTHING));

const codeOf = (unit: string): string => {
  const code = unit.charCodeAt(0);
  return code < 0x80 && code > 0x1f ? `\\x${code.toString(16)}` : `\\u${code.toString(16).padStart(4, "0")}`;
};
const codesOf = (text: string): string => Array.from({ length: text.length }, (_, i) => codeOf(text.charAt(i))).join("");

/** The mark for a space that could be overlooked; where it stands in a text itself it is a code. */
const SPACE = "·";

/** A text in quotation marks, everything that could hide or turn it as its code, so that no two are written alike. */
function writtenText(text: string): string {
  const marked = new Set(markedSpaces(text).flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)));
  let at = 0;
  const written = displaySegments(text).map(({ kind, source }) => {
    const start = at;
    at += source.length;
    if (kind === "newline") return "\\n";
    if (kind === "tab") return "\\t";
    if (kind !== "plain") return codesOf(source);
    let shown = "";
    for (let i = 0; i < source.length; i++) {
      const one = source.charAt(i);
      shown += one === " " && marked.has(start + i) ? SPACE : one === "\\" || one === '"' ? `\\${one}` : one;
    }
    return shown;
  });
  return `"${written.join("")}"`;
}

/** What no line ends in: a code, a character. */
const UNIT = /\\(?:u[0-9a-f]{4}|x[0-9a-f]{2}|[^])|[^]/gu;

/** Characters after which a line may end, and after which it ends wherever it is. */
const FULL_LINE = 36;
const LONGEST_LINE = 232;
/** Deeper levels stand no further in. */
const MOST_LEVELS = 6;

/** A value in lines, the ends of which mean nothing. */
export function denseLines(value: JsonValue): string[] {
  const lines: string[] = [];
  let line = "";
  const end = (): void => {
    if (line !== "") lines.push(line);
    line = "";
  };
  const put = (text: string, level: number): void => {
    if (line === "") line = " ".repeat(Math.min(level, MOST_LEVELS));
    line += text;
  };
  const putWritten = (text: string, level: number): void => {
    if (line.length + text.length <= LONGEST_LINE) return put(text, level);
    for (const [unit] of text.matchAll(UNIT)) {
      const isFull = line.length >= LONGEST_LINE;
      // No space stands at a line’s end unseen, and no mark without what it stands on.
      if (isFull && !line.endsWith(" ") && unit !== " " && classOf(unit) !== "mark") end();
      put(isFull && unit === " " ? SPACE : unit, level);
    }
  };
  const write = (one: JsonValue, level: number, after: string): void => {
    if (typeof one === "string") {
      for (const piece of piecesOf(writtenText(one))) {
        putWritten(piece, level);
        if (line.length >= FULL_LINE && piece.endsWith("\\n")) end();
      }
      put(after, level);
    } else if (typeof one !== "object" || one === null) put(`${String(one)}${after}`, level);
    else writeMembers(one, level, after);
    if (line.length >= FULL_LINE) end();
  };
  const writeMembers = (one: JsonValue[] | JsonObject, level: number, after: string): void => {
    const [open, close] = isItems(one) ? ["[", "]"] : ["{", "}"];
    put(open, level);
    const entries: (readonly [string | null, JsonValue])[] = isItems(one)
      ? one.map((item) => [null, item] as const)
      : Object.keys(one)
          .toSorted()
          .map((name) => [name, one[name] as JsonValue] as const);
    entries.forEach(([name, member], i) => {
      if (name !== null) {
        putWritten(writtenText(name), level + 1);
        put(": ", level + 1);
      }
      write(member, level + 1, i < entries.length - 1 ? ", " : "");
    });
    put(`${close}${after}`, level);
  };
  write(value, 0, "");
  end();
  return lines;
}

/** A written text, cut behind each end of a line in it. */
const piecesOf = (written: string): string[] => written.split(/(?<=(?<!\\)(?:\\\\)*\\n)/);

/** The texts of a value, names of members among them. */
export function textsIn(value: JsonValue): string[] {
  if (typeof value === "string") return [value];
  if (isItems(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.entries(value).flatMap(([name, member]) => [name, ...textsIn(member)]) : [];
}
