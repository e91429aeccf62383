/** Addresses of people and machines: mail, telephone, IP. Found for masking; they are no secrets by themselves. */
import type { Detected, Detector } from "./detectors.ts";
import { belongs, type Runs } from "./runs.ts";

/** RFC 5321: the longest parts of an address. */
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;
const LOCAL = /[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]/u;
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+(?:\p{L}{2,24}|xn--[a-z0-9-]{2,59})/u;
/** Signs that stand around an address rather than in it. */
const AROUND = /^[!#$%&'*+/=?^`{|}~.-]+/;

export function emails(runs: Runs): Detected[] {
  const { text } = runs;
  const found: Detected[] = [];
  runs.work.steps += text.length;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > 0 && at - start < LONGEST_LOCAL && LOCAL.test(text[start - 1] ?? "")) start--;
    start += AROUND.exec(text.slice(start, at))?.[0].length ?? 0;
    const domain = DOMAIN.exec(text.slice(at + 1, at + 1 + LONGEST_DOMAIN))?.[0];
    runs.work.steps += at - start + LONGEST_DOMAIN;
    if (domain === undefined || start === at || isUserOfAddress(text, start)) continue;
    found.push({ start, end: at + 1 + domain.length, by: "email", what: "email" });
  }
  return found;
}

/** What stands before `@` in `https://user@host` or `git@host:path` of an address with a scheme is nobody's mail. */
const isUserOfAddress = (text: string, start: number): boolean => text.slice(Math.max(0, start - 3), start) === "://";

interface Shape {
  by: Detector;
  pattern: RegExp;
  longest: number;
  begins: RegExp;
  is: (match: string) => boolean;
}

const digitsOf = (text: string): number => text.replaceAll(/[^0-9]/g, "").length;
const isOctet = (part: string): boolean => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256;

/** RFC 4291, section 2.2, without the mixed form; short ones only if nothing else reads like that. */
function isIpv6(match: string): boolean {
  const halves = match.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  if (halves.length === 1) return groups.length === 8;
  return groups.length < 8 && (groups.length > 2 || /^(?:::1|(?:2[0-9a-f]{3}|f[cde][0-9a-f]{2}):.*)$/i.test(match));
}

const SHAPES: readonly Shape[] = [
  // International, as E.164 has it, with what people put between the digits.
  {
    by: "phone",
    begins: /\+/,
    pattern: /\+[1-9][0-9]{0,3}(?:[ .\u00a0-]?\(?[0-9]{1,5}\)?){1,7}/y,
    longest: 40,
    is: (match) => digitsOf(match) > 7 && digitsOf(match) < 16,
  },
  { by: "phone", begins: /\(/, pattern: /\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-][0-9]{4}/y, longest: 16, is: () => true },
  { by: "phone", begins: /[2-9]/, pattern: /[2-9][0-9]{2}([.-])[2-9][0-9]{2}\1[0-9]{4}/y, longest: 14, is: () => true },
  { by: "phone", begins: /0/, pattern: /0[0-9]{2,5}[ /-][0-9]{3,4}[ -]?[0-9]{2,4}/y, longest: 16, is: (match) => digitsOf(match) > 8 },
  {
    by: "ip_address",
    begins: /[0-9]/,
    pattern: /[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\.[0-9])/y,
    longest: 15,
    is: (match) => match.split(".").every(isOctet),
  },
  { by: "ip_address", begins: /[0-9a-fA-F:]/, pattern: /(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}/y, longest: 39, is: isIpv6 },
];

/** Telephone numbers and IP addresses, by what they look like; `wanted` of the two. */
export function numbersOfPlaces(runs: Runs, wanted: ReadonlySet<Detector>): Detected[] {
  const { text, work } = runs;
  const shapes = SHAPES.filter(({ by }) => wanted.has(by));
  const found: Detected[] = [];
  for (let at = 0; at < text.length; at++) {
    work.steps++;
    const before = text.charCodeAt(at - 1);
    if (belongs(before, "word") || (/[.:+-]/.test(text[at - 1] ?? "") && belongs(text.charCodeAt(at - 2), "word"))) continue;
    for (const { by, begins, pattern, longest, is } of shapes) {
      if (!begins.test(text[at] ?? "")) continue;
      pattern.lastIndex = at;
      work.steps += longest;
      const match = pattern.exec(text)?.[0];
      if (match === undefined || belongs(text.charCodeAt(at + match.length), "word") || !is(match)) continue;
      found.push({ start: at, end: at + match.length, by, what: by });
      at += match.length - 1;
      break;
    }
  }
  return found;
}
