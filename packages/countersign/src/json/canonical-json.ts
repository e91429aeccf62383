/**
 * One byte string per JSON document (docs/formats.md, "JSON that is hashed"; RFC 8785).
 * The reader refuses whatever would not come back the same, so that two documents that hash alike are alike.
 * Which members a document has is shape.ts.
 */
import { type Bytes, sha256, utf8 } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };
export type JsonObject = { [name: string]: JsonValue };

/** What can be hashed: every JSON value, typed documents and constants included. */
export type Hashable = null | boolean | number | string | readonly Hashable[] | { readonly [name: string]: Hashable };

export const JSON_RULES = {
  malformed: "this is not JSON",
  "duplicate-key": "a key may appear once in an object",
  "proto-key": "the key __proto__ is not accepted",
  "lone-surrogate": "text may not hold half of a surrogate pair",
  "negative-zero": "minus zero does not survive hashing",
  "number-loses-digits": "a number may not have more digits than a 64-bit float keeps",
  "too-deep": "the document is nested too deeply",
} as const;

/** Why a text is not a document, and where: a path such as `$.a[2]`. */
export interface JsonRefusal {
  reason: keyof typeof JSON_RULES;
  place: string;
  /** The rule that is broken, in words. */
  message: string;
}

/** Why a JSON value is not a payload, and where. */
export interface PayloadRefusal {
  reason: "not-an-object" | "too-deep" | "too-large";
  place: string;
  message: string;
}

/** Levels of nesting in a payload, itself the first. */
export const MAX_PAYLOAD_DEPTH = 32;
/** Bytes of a payload's canonical form. */
export const MAX_PAYLOAD_BYTES = 65_536;
/** Levels of nesting in any other document that is read, itself the first. */
export const MAX_DOCUMENT_DEPTH = 64;

/** Names longer than this are cut where a place is told. */
const MAX_NAME_IN_PLACE = 64;

/** The place of a member, by its name, or of an item, by its index. */
export function placeBelow(place: string, step: string | number): string {
  if (typeof step === "number") return `${place}[${step}]`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(step) && step.length <= MAX_NAME_IN_PLACE) return `${place}.${step}`;
  const name = step.length <= MAX_NAME_IN_PLACE ? step : `${step.slice(0, MAX_NAME_IN_PLACE)}…`;
  return `${place}[${JSON.stringify(name)}]`;
}

/** Leaves the scanner from any depth; never leaves this module. */
class Refused extends Error {
  readonly refusal: JsonRefusal;
  constructor(refusal: JsonRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

const SPACE_CODE = 0x20;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const UNESCAPED = /[^"\\\u0000-\u001f]*/y;
const FOUR_DIGITS = /[0-9a-fA-F]{4}/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Reads one JSON text (RFC 8259) in one pass, in time linear in its length. */
class Scanner {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): JsonValue {
    const value = this.#value(1);
    this.#take(SPACE);
    if (this.#at < this.#text.length) this.#refuse("malformed");
    return value;
  }

  #refuse(reason: JsonRefusal["reason"]): never {
    const why = this.#text.startsWith("\ufeff") ? "since a byte order mark (U+FEFF) stands before it" : `near character ${this.#at}`;
    const message = reason === "malformed" ? `${JSON_RULES[reason]}, ${why}` : JSON_RULES[reason];
    throw new Refused({ reason, message, place: this.#path.reduce<string>(placeBelow, "$") });
  }

  /** What `pattern` matches here, consumed; null if nothing. */
  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  /** Whether `character` comes next, after white space; consumed if so. */
  #next(character: string): boolean {
    // Most messages are written without any.
    if (this.#text.charCodeAt(this.#at) <= SPACE_CODE) this.#take(SPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#next(character)) this.#refuse("malformed");
  }

  #value(depth: number): JsonValue {
    if (this.#next("{")) return this.#object(depth);
    if (this.#next("[")) return this.#list(depth);
    if (this.#next('"')) return this.#string();
    const word = this.#take(WORD);
    if (word !== null) return word === "null" ? null : word === "true";
    return this.#number();
  }

  #object(depth: number): JsonObject {
    if (depth > this.#maxDepth) this.#refuse("too-deep");
    const members: JsonObject = {};
    if (this.#next("}")) return members;
    do {
      this.#expect('"');
      const name = this.#string();
      this.#path.push(name);
      if (name === "__proto__") this.#refuse("proto-key");
      if (Object.hasOwn(members, name)) this.#refuse("duplicate-key");
      this.#expect(":");
      members[name] = this.#value(depth + 1);
      this.#path.pop();
    } while (this.#next(","));
    this.#expect("}");
    return members;
  }

  #list(depth: number): JsonValue[] {
    if (depth > this.#maxDepth) this.#refuse("too-deep");
    const items: JsonValue[] = [];
    if (this.#next("]")) return items;
    do {
      this.#path.push(items.length);
      items.push(this.#value(depth + 1));
      this.#path.pop();
    } while (this.#next(","));
    this.#expect("]");
    return items;
  }

  /** The rest of a string whose opening quote has been read. */
  #string(): string {
    const parts: string[] = [];
    for (;;) {
      const run = this.#take(UNESCAPED) ?? "";
      if (!run.isWellFormed()) this.#refuse("lone-surrogate");
      if (parts.length === 0 && this.#text[this.#at] === '"') {
        this.#at++;
        return run;
      }
      parts.push(run);
      const end = this.#text[this.#at++];
      if (end === '"') break;
      if (end !== "\\") this.#refuse("malformed");
      parts.push(this.#escape());
    }
    const whole = parts.join("");
    if (!whole.isWellFormed()) this.#refuse("lone-surrogate");
    return whole;
  }

  /** The character that an escape stands for; its backslash has been read. */
  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    if (letter === "u") {
      const digits = this.#take(FOUR_DIGITS);
      return digits === null ? this.#refuse("malformed") : String.fromCharCode(Number.parseInt(digits, 16));
    }
    return Object.hasOwn(ESCAPES, letter) ? (ESCAPES[letter] as string) : this.#refuse("malformed");
  }

  #number(): number {
    const literal = this.#take(NUMBER);
    if (literal === null) return this.#refuse("malformed");
    const value = Number(literal);
    if (String(value) === literal) return value;
    const written = decimalOf(literal);
    const printed = decimalOf(String(value));
    if (written.digits !== printed.digits || written.exponent !== printed.exponent) this.#refuse("number-loses-digits");
    if (Object.is(value, -0)) this.#refuse("negative-zero");
    return value;
  }
}

/**
 * The decimal value of a number's literal, its sign aside: digits × 10^exponent, no zero at either end of the digits.
 * An exponent too large to be exact belongs to a value that overflows or underflows, and so never compares equal.
 */
function decimalOf(literal: string): { digits: string; exponent: number } {
  const [mantissa = "", power = "0"] = literal.replace(/^-/, "").split(/[eE]/);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const all = whole + fraction;
  let start = 0;
  while (all[start] === "0") start++;
  let end = all.length;
  while (end > start && all[end - 1] === "0") end--;
  if (start === end) return { digits: "", exponent: 0 };
  return { digits: all.slice(start, end), exponent: Number(power) - fraction.length + (all.length - end) };
}

/**
 * Reads a JSON text whose every value survives hashing. Refuses, with the place: what RFC 8259 does not allow, duplicate
 * keys, the key `__proto__`, lone surrogates (escaped ones too), `-0`, numbers whose decimal value differs from that of
 * their ECMAScript printing, and more than `maxDepth` levels of nesting (the document itself is level 1).
 */
export function parseJson(text: string, { maxDepth = MAX_DOCUMENT_DEPTH } = {}): Result<JsonValue, JsonRefusal> {
  try {
    return accept(new Scanner(text, maxDepth).document());
  } catch (error) {
    if (error instanceof Refused) return refuse(error.refusal);
    throw error;
  }
}

const isList = (value: Hashable): value is readonly Hashable[] => Array.isArray(value);

/**
 * The canonical text of a JSON value (RFC 8785): no white space, keys sorted by UTF-16 code units, no normalisation.
 * Throws for what is not JSON (NaN, infinities, lone surrogates, undefined): documents are checked where they come in.
 */
export function canonicalize(value: Hashable): string {
  if (typeof value === "string" && value.isWellFormed()) return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value === "boolean" || value === null) return String(value);
  if (typeof value !== "object") throw new TypeError(`not a JSON value: ${typeof value}`);
  if (isList(value)) return `[${Array.from(value, canonicalize).join(",")}]`;
  const members = Object.keys(value).toSorted();
  return `{${members.map((name) => `${canonicalize(name)}:${canonicalize(value[name] as Hashable)}`).join(",")}}`;
}

/** SHA-256 of the UTF-8 bytes of the canonical text, 32 bytes. */
export const hashJson = (document: Hashable): Bytes => sha256(utf8(canonicalize(document)));

/** The first place more than `levels` levels deep, null if there is none. Descends no further than that. */
function tooDeepAt(value: JsonValue, place: string, levels: number): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (levels === 0) return place;
  for (const [step, member] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    const found = tooDeepAt(member, placeBelow(place, step), levels - 1);
    if (found !== null) return found;
  }
  return null;
}

/**
 * A payload, from JSON that `parseJson` accepted: an object, of at most MAX_PAYLOAD_DEPTH levels and MAX_PAYLOAD_BYTES
 * bytes of canonical form.
 */
export function readPayload(value: JsonValue): Result<JsonObject, PayloadRefusal> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse({ reason: "not-an-object", place: "$", message: "a payload is a JSON object" });
  }
  const deep = tooDeepAt(value, "$", MAX_PAYLOAD_DEPTH);
  if (deep !== null) return refuse({ reason: "too-deep", place: deep, message: `a payload has at most ${MAX_PAYLOAD_DEPTH} levels` });
  if (utf8(canonicalize(value)).length > MAX_PAYLOAD_BYTES) {
    return refuse({ reason: "too-large", place: "$", message: `a payload has at most ${MAX_PAYLOAD_BYTES} bytes in canonical form` });
  }
  return accept(value);
}
