/**
 * Which punctuation is where its own script has it, and which can be taken for that of ASCII: a separator in a number, a hyphen
 * in a name. What each class holds is said by scripts/make-character-table.mjs; words are judged in display-text.ts.
 */
import type { CharacterClass } from "./character-table.ts";

export interface Character {
  source: string;
  is: CharacterClass;
}

/** No script's own. */
export const SHARED: ReadonlySet<CharacterClass> = new Set<CharacterClass>([
  "escape",
  "framed",
  "mark",
  "common",
  "sign",
  "native",
  "wide",
  "odd",
  "digit",
  "unusual",
]);
/** Scripts without punctuation of their own. */
const WESTERN: ReadonlySet<CharacterClass> = new Set(["Latin", "Greek", "Cyrillic", "Cherokee", "other"]);
export const EAST_ASIAN: ReadonlySet<CharacterClass> = new Set(["Han", "Hiragana", "Katakana", "Hangul", "Bopomofo"]);

const isDigit = (one: Character | undefined): boolean => one !== undefined && /[0-9]/.test(one.source);
const isLatin = (one: Character | undefined): boolean => one?.is === "Latin" || one?.is === "unusual";
/** Whether a reader takes what stands beside it for ASCII. */
const isOurs = (one: Character | undefined): boolean => isDigit(one) || isLatin(one);
const isForeign = (one: Character | undefined): boolean =>
  one !== undefined && (one.is === "digit" || !(SHARED.has(one.is) || WESTERN.has(one.is)));
const isEastAsian = (one: Character | undefined): boolean => one !== undefined && EAST_ASIAN.has(one.is);

/** What a sign stands between. */
interface Sides {
  left: Character | undefined;
  right: Character | undefined;
}

/** Marks are looked past; of punctuation that is at home beside its own letters, more of that, too. */
function sidesOf(characters: readonly Character[], at: number): Sides {
  const isPassed = (one: Character | undefined): boolean =>
    one?.is === "mark" || (characters[at]?.is === "native" && (one?.is === "native" || one?.is === "wide"));
  let [left, right] = [at - 1, at + 1];
  while (isPassed(characters[left])) left -= 1;
  while (isPassed(characters[right])) right += 1;
  return { left: characters[left], right: characters[right] };
}

/** Everyday typography, where it stands as no text has it. */
function isMisplaced(source: string, { left, right }: Sides): boolean {
  switch (source) {
    case "–":
      return isOurs(left) || isOurs(right);
    case "—":
      return (isDigit(left) && isDigit(right)) || (isOurs(right) && (left === undefined || left.source === " "));
    case "×":
      return isLatin(left) || isLatin(right);
    case "’":
    case "…":
      return isDigit(left) && isDigit(right);
    case "‚":
    case "„":
      return isOurs(left);
    default:
      return isOurs(left) && isOurs(right);
  }
}

function judge({ source, is }: Character, sides: Sides, isEastAsianText: boolean): CharacterClass {
  const { left, right } = sides;
  switch (is) {
    case "sign":
      return "unusual";
    case "native":
      return (isForeign(left) || isForeign(right)) && !isOurs(left) && !isOurs(right) ? "common" : "unusual";
    case "wide": {
      const joins = source === "。" ? isOurs(left) && isOurs(right) : isDigit(left) && isDigit(right);
      return isEastAsianText && !joins ? "common" : "unusual";
    }
    case "odd":
      return isMisplaced(source, sides) ? "unusual" : "common";
    case "framed":
      return /[・ㆍ]/.test(source) && !isEastAsian(left) && !isEastAsian(right) ? "escape" : "framed";
    default:
      return is;
  }
}

/**
 * The same characters; each sign "unusual" where it can be taken for one of ASCII, and "common" where it cannot. `evident` are the
 * scripts that show themselves in the text.
 */
export function judgeSigns(characters: readonly Character[], evident: ReadonlySet<CharacterClass>): Character[] {
  const isEastAsianText = [...evident].some((script) => EAST_ASIAN.has(script));
  return characters.map((one, at) => ({ ...one, is: judge(one, sidesOf(characters, at), isEastAsianText) }));
}
