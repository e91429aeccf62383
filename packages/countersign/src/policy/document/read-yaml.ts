/**
 * The text of a policy as a JSON value, with the place of every part: YAML 1.2 (core schema) or JSON, which is a part of it.
 * Refused is what lets two readers see two documents, or one reader work without end: anchors, aliases, tags, directives, merge
 * keys, duplicate keys, numbers that are none or lose digits, and more than 16 levels.
 */
import { isMap, isScalar, LineCounter, type Node, parseDocument, type ParsedNode, type Scalar, visit, type YAMLMap } from "yaml";
import { utf8 } from "../../encoding/bytes.ts";
import { type JsonValue, parseJson } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { Misplaced } from "./field.ts";
import { type FindingCode, HINTS, type Path, pathText, type PolicyFinding } from "./finding.ts";

export const MAX_POLICY_BYTES = 256 * 1024;
const MAX_DEPTH = 16;
const TOO_DEEP = `a policy has at most ${MAX_DEPTH} levels`;
/** Of one text: who has to mend more of them mends these first. */
export const MOST_FINDINGS = 50;

/** A value and where its parts stand. */
export interface PlacedValue {
  value: JsonValue;
  /** A finding at that place; `offset` is counted within a text that stands there. */
  place: (level: PolicyFinding["level"], told: Misplaced, offset?: number) => PolicyFinding;
}

type Document = ReturnType<typeof parseDocument>;

/** What stands at the start of the document, where there is no better place. */
const atStart = (code: FindingCode, message: string): PolicyFinding => ({
  level: "error",
  code,
  line: 1,
  column: 1,
  path: "",
  message,
  hint: HINTS[code],
});

/** Reads a text of at most 256 KiB. Refuses with everything that is wrong with its form, at most fifty findings. */
export function readYaml(text: string): Result<PlacedValue, PolicyFinding[]> {
  if (text.length > MAX_POLICY_BYTES || utf8(text).length > MAX_POLICY_BYTES) {
    return refuse([atStart("too_large", `a policy has at most ${MAX_POLICY_BYTES} bytes`)]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    // Looked for below, in a time that grows with the text alone.
    uniqueKeys: false,
    merge: false,
    strict: true,
    stringKeys: true,
    prettyErrors: false,
    // Not "silent": the parser then lets a second document pass.
    logLevel: "error",
    lineCounter: lines,
  });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const found = [...formOf(document, at), ...(document.errors.length === 0 ? partsOf(document, at) : [])];
  if (found.length > 0) return refuse(found.slice(0, MOST_FINDINGS));
  const value = document.toJS({ maxAliasCount: 0 }) as JsonValue;
  return accept({ value, place: (level, told, offset) => placed({ text, document, at }, level, told, offset) });
}

type At = (offset: number) => { line: number; column: number };

/** What the parser's codes mean here, where its own words say less. */
const PARSER_WORDS: Readonly<Record<string, readonly [FindingCode, string, string | null]>> = {
  MULTIPLE_DOCS: ["not_plain", "there is a second document here; a policy is one", null],
  TAG_RESOLVE_FAILED: ["not_plain", "tags (!name) are not allowed", null],
  TAB_AS_INDENT: ["not_yaml", "tabs may not indent", "indent with spaces"],
  NON_STRING_KEY: ["not_yaml", "a key is text", null],
};

/** What the parser says against the text. Its warnings count: an unknown tag is one. */
function formOf({ errors, warnings, directives }: Document, at: At): PolicyFinding[] {
  if (errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) return [atStart("too_deep", TOO_DEEP)];
  const said = [...errors, ...warnings].map(({ code, message, pos }): PolicyFinding => {
    const [ours, words, hint] = PARSER_WORDS[code] ?? ["not_yaml", message.split("\n")[0]?.slice(0, 300) ?? "", null];
    return { level: "error", code: ours, ...at(pos[0]), path: "", message: words, hint: hint ?? HINTS[ours] };
  });
  const hasDirective = directives?.yaml.explicit === true || Object.keys(directives?.tags ?? {}).length > 1;
  return hasDirective ? [atStart("not_plain", "directives (%YAML, %TAG) are not allowed"), ...said] : said;
}

/** What the parser lets pass and a policy does not. */
function partsOf(document: Document, at: At): PolicyFinding[] {
  const found: PolicyFinding[] = [];
  const tell = (node: Node, code: FindingCode, message: string, hint: string | null = null) =>
    void found.push({ level: "error", code, ...at(node.range?.[0] ?? 0), path: "", message, hint: hint ?? HINTS[code] });
  visit(document, {
    Alias: (_, node) => tell(node, "not_plain", "aliases (*name) are not allowed"),
    Node: (_, node, ancestors) => {
      const { anchor, tag } = node as ParsedNode;
      if (anchor !== undefined) tell(node, "not_plain", "anchors (&name) are not allowed");
      if (tag !== undefined) tell(node, "not_plain", "tags (!name) are not allowed");
      if (ancestors.filter((one) => "items" in one).length >= MAX_DEPTH) {
        tell(node, "too_deep", TOO_DEEP);
        return visit.BREAK;
      }
      if (isScalar(node)) tellOfScalar(node, tell);
      if (isMap(node)) tellOfTwice(node, tell);
      return undefined;
    },
  });
  return found;
}

type Tell = (node: Node, code: FindingCode, message: string, hint?: string | null) => void;

/** The parser would compare each key of a map with every other one, and would take seconds for the largest. */
function tellOfTwice({ items }: YAMLMap, tell: Tell): void {
  const keys = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    if (keys.has(key.value)) tell(key, "duplicate_key", "this key is there already");
    keys.add(key.value);
  }
}

/** A number is exact and finite, a text is Unicode, and no key is `__proto__`: as in every document that is hashed. */
function tellOfScalar(node: Scalar, tell: Tell): void {
  const { value, source } = node;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return tell(node, "bad_number", "this is not a finite number");
    const written = parseJson(source ?? "");
    const isExact = written.ok ? !Object.is(value, -0) : !/^-?[0-9]/.test(source ?? "") || isSafe(value, written.refusal.reason);
    if (!isExact || (!written.ok && !Number.isSafeInteger(value) && Number.isInteger(value))) {
      tell(node, "bad_number", `${(source ?? "").slice(0, 40)} cannot be kept exactly`);
    }
  }
  if (typeof value === "bigint") tell(node, "bad_number", "this number is too large");
  if (typeof value === "string" && !value.isWellFormed()) tell(node, "bad_text", "this text holds half a character");
  if (value === "__proto__") tell(node, "bad_text", "__proto__ is not allowed");
}

/** What JSON writes otherwise, such as 0o14 or 007, is exact unless it lost digits. */
const isSafe = (value: number, reason: string): boolean =>
  reason !== "number-loses-digits" && reason !== "negative-zero" && !Object.is(value, -0);

interface Source {
  text: string;
  document: Document;
  at: At;
}

function placed(source: Source, level: PolicyFinding["level"], told: Misplaced, offset?: number): PolicyFinding {
  const { code, path, message, hint, atKey = false } = told;
  const spot = source.at(offsetOf(source, path, atKey, offset));
  return { level, code, ...spot, path: pathText(path), message, hint: hint ?? HINTS[code] };
}

/** Where a path stands in the text. What is missing stands where it should be: at the map that lacks it. */
function offsetOf({ text, document }: Source, path: Path, atKey: boolean, within?: number): number {
  const parent: unknown = atKey ? document.getIn(path.slice(0, -1), true) : undefined;
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    const start = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    if (start !== undefined) return start;
  }
  for (let steps = [...path]; ; steps = steps.slice(0, -1)) {
    const node = steps.length === 0 ? document.contents : (document.getIn(steps, true) as Node | undefined);
    const start = node?.range?.[0];
    if (start !== undefined) return start + (within !== undefined && steps.length === path.length ? insideOf(text, node, within) : 0);
    if (steps.length === 0) return 0;
  }
}

/** How far into the text of a scalar its own character `within` stands. Folded and escaped texts are pointed at by their start. */
function insideOf(text: string, node: Node | null | undefined, within: number): number {
  if (!isScalar(node) || typeof node.value !== "string" || !node.range) return 0;
  const [start, end] = node.range;
  const written = text.slice(start, end);
  if (node.type === "PLAIN") return written === node.value ? within : 0;
  if (node.type === "BLOCK_LITERAL") return insideOfBlock(written, node.value, within);
  return written.slice(1, -1) === node.value ? within + 1 : 0;
}

/** The same in a block (`|`): its header is a line of its own, and every line is indented by as much as the first. */
function insideOfBlock(written: string, value: string, within: number): number {
  const [header = "", ...lines] = written.split("\n");
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0;
  const before = value.slice(0, within).split("\n");
  const row = before.length - 1;
  if (indent === 0 || lines[row]?.slice(indent) !== value.split("\n")[row]) return 0;
  const above = lines.slice(0, row).reduce((sum, line) => sum + line.length + 1, header.length + 1);
  return above + indent + (before.at(-1)?.length ?? 0);
}
