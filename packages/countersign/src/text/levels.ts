/**
 * How much of an alarm is in what display-text.ts marks. Whatever is marked stays marked; most of it is what languages, units and
 * emoji are made of, and an alarm for that would teach readers to overlook the others.
 * By ranges and not by Unicode's properties: what a browser knows of those must not change what it shows.
 */
import type { CharacterClass } from "./character-table.ts";
import { classOf, displaySegments, type Segment } from "./display-text.ts";
import { EAST_ASIAN } from "./signs.ts";

/**
 * `usual`: ordinary text has it at such a place. `note`: unusual, and nothing that deceives by itself. `warning`: it hides
 * something, or passes for something else.
 */
export type Level = "usual" | "note" | "warning";

/** What stands before and behind a piece of text. */
interface Around {
  before: string;
  after: string;
}

/** What the whole text says about its marks. */
interface Whole {
  hasRightToLeft: boolean;
  hasEastAsian: boolean;
  /** What was judged of its words already. */
  words: Map<string, Level>;
}

/** What becomes an emoji with U+FE0F, or is one. Digits and signs only as keycaps. */
const EMOJI =
  "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\u{1f000}-\u{1faff}]";
const EMOJI_BEFORE = new RegExp(`${EMOJI}$`, "u");
const EMOJI_SEQUENCE_BEFORE = new RegExp(`${EMOJI}\\ufe0f?$`, "u");
const EMOJI_AFTER = new RegExp(`^${EMOJI}`, "u");
/** The flags of England, Scotland and Wales: the only tags that Unicode recommends. */
const TAGGED_FLAG =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/gu;

/** Scripts whose letters are written together or apart by U+200C and U+200D. */
const JOINING: ReadonlySet<CharacterClass> = new Set<CharacterClass>([
  "Arabic",
  "Bengali",
  "Devanagari",
  "Gujarati",
  "Gurmukhi",
  "Kannada",
  "Khmer",
  "Malayalam",
  "Myanmar",
  "Oriya",
  "Sinhala",
  "Tamil",
  "Telugu",
  "Thaana",
]);
/** Scripts without spaces, in which U+200B lets a line break. */
const SPACELESS: ReadonlySet<CharacterClass> = new Set<CharacterClass>([...EAST_ASIAN, "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"]);

const ZERO_WIDTH = /[\u200b-\u200f\u061c\u2060\ufeff\u00ad]/;
const SPECIAL_BLANK = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/;
const BLANK = /\s/;
/** Beside these, a blank that is no space may be meant to deceive a program. */
const OF_CODE = /[-/\\=<>|&$#@_{}[\]`~^*+'"]/;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]/;
const LETTER = /[A-Za-zÀ-ÖØ-öø-ɏͰ-ӿ]|[\u0300-\u036f]/;

const last = (text: string): string => /.$/su.exec(text)?.[0] ?? "";
const first = (text: string): string => /^./su.exec(text)?.[0] ?? "";

/** The script of the letter that a text ends or begins with, past its marks. */
function scriptAtEnd(text: string): CharacterClass | undefined {
  const characters = Array.from(text.slice(-8)).toReversed();
  const letter = characters.find((one) => classOf(one) !== "mark");
  return letter === undefined ? undefined : classOf(letter);
}
const scriptAtStart = (text: string): CharacterClass | undefined => (text === "" ? undefined : classOf(first(text)));

/** Between letters of one script that needs it, alone. A mark may follow at once, as a virama does. */
function joins({ before, after }: Around, scripts: ReadonlySet<CharacterClass>): boolean {
  const [left, right] = [scriptAtEnd(before), scriptAtStart(after)];
  return left !== undefined && scripts.has(left) && (right === left || right === "mark");
}

function levelOfJoiner(source: string, around: Around): Level {
  const { before, after } = around;
  if (source === "\u200d" && EMOJI_SEQUENCE_BEFORE.test(before) && EMOJI_AFTER.test(after)) return "usual";
  if (ZERO_WIDTH.test(last(before)) || ZERO_WIDTH.test(first(after))) return "warning";
  if (joins(around, source === "\u200b" ? SPACELESS : JOINING)) return "usual";
  // Written so that the letter before it takes the form that it has within a word.
  const ends = after === "" || BLANK.test(first(after)) || classOf(first(after)) === "common";
  return source !== "\u200b" && ends && JOINING.has(scriptAtEnd(before) ?? "common") ? "note" : "warning";
}

function levelOfBlank(source: string, { before, after }: Around): Level {
  const run = `${/\s*$/.exec(before)?.[0] ?? ""}${source}${/^\s*/.exec(after)?.[0] ?? ""}`;
  const special = Array.from(run).filter((one) => SPECIAL_BLANK.test(one)).length;
  if (run.length > 2 || special > 1) return "warning";
  if (run.length > 1 || before === "" || after === "" || OF_CODE.test(last(before)) || OF_CODE.test(first(after))) return "note";
  if (source === "\u3000") return SPACELESS.has(scriptAtEnd(before) ?? "common") ? "usual" : "note";
  return "\u00a0\u202f\u2007\u2009".includes(source) ? "usual" : "note";
}

/** A soft hyphen in a word of letters alone, which is written as one. */
function levelOfHyphen({ before, after }: Around): Level {
  const left = /\S*$/.exec(before)?.[0] ?? "";
  const right = /^\S*/.exec(after)?.[0] ?? "";
  const word = `${left}\u00ad${right}`.replace(/^["'“„«(]+/, "").replace(/[.,;:!?)"'”“»]+$/, "");
  const pieces = word.split("\u00ad");
  return pieces.every((piece) => piece.length > 1 && Array.from(piece).every((one) => LETTER.test(one))) ? "note" : "warning";
}

function levelOfEscape(source: string, around: Around, whole: Whole): Level {
  const { before, after } = around;
  if (source === "\r") return after.startsWith("\n") ? "usual" : "warning";
  if (source === "\ufe0f" || source === "\ufe0e") {
    return EMOJI_BEFORE.test(before) || (/[0-9#*]$/.test(before) && after.startsWith("\u20e3")) ? "usual" : "warning";
  }
  if (source === "\u20e3") return /[0-9#*]\ufe0f?$/.test(before) ? "usual" : "warning";
  if (/[\u200b-\u200d]/.test(source)) return levelOfJoiner(source, around);
  if (source === "\u00ad") return levelOfHyphen(around);
  if (source === "\ufeff") return before === "" ? "note" : "warning";
  if (/[\u200e\u200f\u061c]/.test(source)) {
    return whole.hasRightToLeft && !ZERO_WIDTH.test(last(before)) && !ZERO_WIDTH.test(first(after)) ? "usual" : "warning";
  }
  if (SPECIAL_BLANK.test(source)) return levelOfBlank(source, around);
  const is = classOf(source);
  if (is === "mark" && /[\u200c\u200d]$/.test(before) && JOINING.has(scriptAtEnd(before.slice(0, -1)) ?? "common")) return "usual";
  return is === "rare" || is === "other" || is === "posing" || is === "framed" ? "note" : "warning";
}

/** An everyday sign where text has it: between two parts, at the head of a line, within a word of Catalan, in East Asian text. */
function levelOfFramed(source: string, { before, after }: Around): Level {
  if (/[・ㆍ]/.test(source)) return "usual";
  const [left, right] = [last(before), first(after)];
  if (source === "·" && /^[lL]$/.test(left) && /^[lL]$/.test(right)) return "usual";
  return (left === "" || BLANK.test(left)) && (right === "" || BLANK.test(right)) ? "usual" : "note";
}

/** What stands in a word as every text has it, and what it could be taken for instead. */
const USUAL_SIGNS: readonly (readonly [RegExp, string])[] = [
  // Ranges, from a number to another, and from a name to another.
  [/(?<=[0-9])–(?=[0-9])|(?<=[a-zà-ɏ])–(?=[A-ZÀ-Þ])/g, "-"],
  [/(?<![0-9A-Za-z])−(?=[0-9])/g, "-"],
  [/(?<=[0-9])[′″]/g, "'"],
  [/(?<=[A-Za-z)])[₀-₉]+/g, ""],
  [/(?<=[0-9A-Za-z)])⁻?[⁰¹²³⁴-⁹]+(?![0-9A-Za-z])/g, ""],
  [/(?<=[0-9A-Za-z)])⁻(?=[¹²³⁰⁴-⁹]|$)/g, ""],
  [/[①-⑳]/g, ""],
  // Units and the letters of formulas, which nobody takes for Latin ones there.
  [/(?<![A-Za-zͰ-Ͽ])[µμ](?=(?:s|m|g|l|L|A|V|W|F|H|N|C|T|M|Ω|Pa|Hz|Sv|Gy|Bq|mol|rad|bar)(?![A-Za-zͰ-Ͽ]))/g, "u"],
  [/(?<![A-Za-zͰ-Ͽ])([kMGTmnuµμ]?)[\u03a9\u2126](?![A-Za-zͰ-Ͽ])/g, "$1"],
  [/(?<![A-Za-zͰ-Ͽ])Δ(?=[A-Za-z])/g, ""],
  [/(?<![A-Za-zͰ-Ͽ])[ΓΘΛΞΠΣΦΨδθλπφψ](?=[A-Za-z]{1,3}(?![A-Za-zͰ-Ͽ]))/g, ""],
  [/(?<![A-Za-zͰ-Ͽ])[ΓΔΘΛΞΠΣΦΨΩβδεζηθλμµξπτφχψω](?![A-Za-zͰ-Ͽ])/g, ""],
  [/^[αγσ](?![A-Za-zͰ-Ͽ])/g, ""],
  [/(?<![A-Za-z])\u212b(?![A-Za-z])/g, "A"],
];
/** What is typed and pasted without a thought, and what a name could hide behind. */
const NOTABLE_SIGNS: readonly (readonly [RegExp, string])[] = [
  [/(?<=[A-Za-zÀ-ɏ])[‐‑–—](?=[A-Za-zÀ-ɏ])/g, "-"],
  [/(?<![A-Za-zͰ-Ͽ])[αγσ](?![A-Za-zͰ-Ͽ])/g, ""],
  [/(?<=[0-9])[–—](?=[0-9])/g, "-"],
  [/×/g, "x"],
  [/(?<=[0-9])’(?=[0-9]{3})/g, ""],
  [/…/g, "..."],
  [/[“”„‟]/g, '"'],
  [/[‘’‚]/g, "'"],
  [/[\ufb00-\ufb06]/g, "f"],
  [/(?<![A-Za-z])\u212a(?![A-Za-z])/g, "K"],
  [/^[\u{1d400}-\u{1d7ff}]$/gu, "x"],
];
/** Full width, which is everyday where letters of East Asia are. */
const FULL_WIDTH = /[！-～]/g;

const isMarked = (word: string): boolean => displaySegments(word).some(({ kind }) => kind === "suspect");
const replacing = (word: string, signs: typeof USUAL_SIGNS): string =>
  signs.reduce((changed, [sign, ascii]) => changed.replaceAll(sign, ascii), word);

function levelOfWord(word: string, { after }: Around, whole: Whole): Level {
  // Not a letter or sign, but the emoji that follows from the selector behind it.
  const emoji = after.startsWith("\ufe0f") ? EMOJI_BEFORE.exec(word)?.[0] : undefined;
  const letters = emoji === undefined ? word : word.slice(0, -emoji.length);
  const level = whole.words.get(letters) ?? levelOfLetters(letters, whole);
  whole.words.set(letters, level);
  return level;
}

function levelOfLetters(letters: string, whole: Whole): Level {
  const usual = replacing(letters, USUAL_SIGNS);
  if (!isMarked(usual)) return "usual";
  const narrow = whole.hasEastAsian ? usual.replaceAll(FULL_WIDTH, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0)) : usual;
  return isMarked(replacing(narrow, NOTABLE_SIGNS)) ? "warning" : "note";
}

function levelOf(segment: Segment, around: Around, whole: Whole): Level {
  switch (segment.kind) {
    case "escape":
      return levelOfEscape(segment.source, around, whole);
    case "framed":
      return levelOfFramed(segment.source, around);
    case "suspect":
      return levelOfWord(segment.source, around, whole);
    default:
      return "usual";
  }
}

/** How far before and behind itself a mark is judged by. */
const NEIGHBOURHOOD = 80;

/** The level of each segment of `text`, in order. */
export function segmentLevels(text: string, segments: readonly Segment[]): Level[] {
  const flags = Array.from(text.matchAll(TAGGED_FLAG), ({ 0: { length }, index }) => ({ from: index, to: index + length }));
  const isOrdinary = segments.every(({ kind }) => kind === "plain" || kind === "rtl" || kind === "newline" || kind === "tab");
  if (isOrdinary) return segments.map(() => "usual");
  const whole = {
    hasRightToLeft: RIGHT_TO_LEFT.test(text),
    hasEastAsian: Array.from(text).some((one) => EAST_ASIAN.has(classOf(one))),
    words: new Map<string, Level>(),
  };
  let end = 0;
  return segments.map((segment) => {
    const start = end;
    end += segment.source.length;
    if (flags.some(({ from, to }) => from <= start && end <= to)) return "usual";
    const around = { before: text.slice(Math.max(0, start - NEIGHBOURHOOD), start), after: text.slice(end, end + NEIGHBOURHOOD) };
    return levelOf(segment, around, whole);
  });
}
