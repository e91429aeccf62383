/**
 * What looks random: too mixed to be a word, a name made of words or a path, and of no kind that is known to be harmless. Found are
 * texts of base64 and base62; what is all hexadecimal is not, since a key looks like a hash, nor what is shorter than 40 characters,
 * since identifiers look like that. With a name such as `secret` before it, shorter is enough (named-values.ts).
 */
import type { Detected } from "./detectors.ts";
import { type Alphabet, belongs, type Runs } from "./runs.ts";

const SHORTEST = 40;
/** Longer is a file. */
const LONGEST = 200;
/** Of 40 random characters of base64 less than one in a thousand has fewer bits, or changes less often. */
const FEWEST_BITS = 4.2;
const FEWEST_CHANGES = 0.42;

/** Prefixes of what is public: hashes as lockfiles have them, public keys, certificates, pictures, fonts, archives. */
const BEFORE_PUBLIC = /(?:sha(?:1|256|384|512)[-:=]|base64,|h1:|ssh-(?:rsa|ed25519|dss) |ecdsa-sha2-\S{1,20} )$/;
const PUBLIC =
  /^(?:MII|MFkw|MFYw|MHYw|MCow|MCkw|MDYw|AAAAB3Nza|AAAAC3Nza|AAAAE2Vj|AAAAGnNr|iVBORw0KGgo|\/9j\/|R0lGOD|UklGR|PHN2Zy|PD94bW|AAABAA|d09G|T1RUTw|UEsDB|H4sI|JVBERi|AGFzbQ)/;

/** 0 to 3: small, capital, digit, sign. */
function kindOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return 0;
  if (code >= 0x41 && code <= 0x5a) return 1;
  return code >= 0x30 && code <= 0x39 ? 2 : 3;
}

/** How mixed a text is: bits a character by its own letters, and how often, a character, its kind changes. */
export function mixture(text: string): { bits: number; changes: number; kinds: readonly [number, number, number, number] } {
  const counts = new Map<number, number>();
  const kinds: [number, number, number, number] = [0, 0, 0, 0];
  let changes = 0;
  let before = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    counts.set(code, (counts.get(code) ?? 0) + 1);
    const kind = kindOf(code) as 0 | 1 | 2 | 3;
    kinds[kind]++;
    if (kind !== before && before >= 0) changes++;
    before = kind;
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return { bits, changes: changes / text.length, kinds };
}

function looksRandom(text: string): boolean {
  const { bits, changes, kinds } = mixture(text);
  const [small, capital, digit, sign] = kinds;
  if (small < 4 || capital < 4 || digit < 2 || sign > text.length / 8) return false;
  return bits >= FEWEST_BITS && changes >= FEWEST_CHANGES;
}

/** Lines of one length, one below the other, are a file. */
function isLineOfFile(text: string, start: number, end: number): boolean {
  const before = /([A-Za-z0-9+/]{40,})(?:\\r)?(?:\\n|\r?\n)[ \t]*$/.test(text.slice(Math.max(0, start - 90), start));
  const after = /^=?(?:\\r)?(?:\\n|\r?\n)[ \t]*[A-Za-z0-9+/]{20}/.test(text.slice(end, end + 40));
  return before || after;
}

/** Whether what stands here is, or is a part of, something public or a file. */
function isPublic(runs: Runs, at: number): boolean {
  const { text } = runs;
  let begins = at;
  while (begins > 0 && at - begins <= LONGEST && belongs(text.charCodeAt(begins - 1), "base64")) begins--;
  const end = runs.endOf("base64", at);
  const says = (from: number): boolean =>
    PUBLIC.test(text.slice(from, from + 16)) || BEFORE_PUBLIC.test(text.slice(Math.max(0, from - 40), from));
  const isNamed = says(at) || says(begins) || BEFORE_PUBLIC.test(text.slice(at, at + 7));
  return isNamed || end - begins > LONGEST || isLineOfFile(text, begins, end);
}

function runsOf(runs: Runs, alphabet: Alphabet): Detected[] {
  const { text, work } = runs;
  const found: Detected[] = [];
  for (let at = 0; at < text.length; at++) {
    work.steps++;
    if (!belongs(text.charCodeAt(at), alphabet)) continue;
    const end = runs.endOf(alphabet, at);
    const length = end - at;
    if (length >= SHORTEST && length <= LONGEST) {
      work.steps += 2 * length + LONGEST + 130;
      const run = text.slice(at, end);
      if (looksRandom(run) && !isPublic(runs, at)) {
        const padded = /^={0,2}/.exec(text.slice(end, end + 2))?.[0].length ?? 0;
        found.push({ start: at, end: end + padded, by: "high_entropy", what: "high_entropy" });
      }
    }
    at = end - 1;
  }
  return found;
}

/** Every run that looks random, in either alphabet of base64. */
export function randomLooking(runs: Runs): Detected[] {
  const standard = runsOf(runs, "base64");
  const others = runsOf(runs, "base64url").filter((one) => !standard.some(({ start, end }) => start <= one.start && one.end <= end));
  return [...standard, ...others];
}
