/** Numbers that carry a check of themselves: payment cards (ISO/IEC 7812, Luhn) and IBANs (ISO 13616, modulo 97). */
import type { Detected } from "./detectors.ts";
import { belongs, type Runs } from "./runs.ts";

/** Issuers by how their numbers begin, and how long those are. 13 digits are left out: so long are the numbers on all goods. */
const CARDS: readonly { begins: RegExp; lengths: readonly number[] }[] = [
  { begins: /^4/, lengths: [16] },
  { begins: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { begins: /^3[47]/, lengths: [15] },
  { begins: /^(?:6011|64[4-9]|65)/, lengths: [16] },
  { begins: /^(?:36|38|39|30[0-5])/, lengths: [14] },
  { begins: /^35(?:2[89]|[3-8])/, lengths: [16] },
  { begins: /^62/, lengths: [16, 17, 18, 19] },
  { begins: /^(?:50(?:18|20|38)|5893|6304|6759|676[1-3])/, lengths: [16] },
];
/** How cards are printed, and how people type them. */
const GROUPED = /^(?:[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{2,7}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5})(?![0-9])/;
const MOST_DIGITS = 19;
const MOST_GROUPED = 23;

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
  }
  return sum % 10 === 0;
}

const isCard = (digits: string): boolean =>
  CARDS.some(({ begins, lengths }) => lengths.includes(digits.length) && begins.test(digits)) &&
  !/^(.)\1*$/.test(digits) &&
  passesLuhn(digits);

/** What makes digits a part of something else: a name, a longer number, a part of a UUID. */
const goesOn = (code: number): boolean => belongs(code, "word");
const joins = (text: string, sign: number, beyond: number): boolean => /[-.,/:]/.test(text[sign] ?? "") && goesOn(text.charCodeAt(beyond));

export function cardNumbers(runs: Runs): Detected[] {
  const { text } = runs;
  const found: Detected[] = [];
  for (let at = nextDigit(runs, 0); at < text.length; at = nextDigit(runs, at)) {
    const end = cardEnd(runs, at);
    if (end > at) found.push({ start: at, end, by: "card_number", what: "card_number" });
    at = Math.max(end, runs.endOf("digits", at));
  }
  return found;
}

function nextDigit({ text, work }: Runs, from: number): number {
  let at = from;
  while (at < text.length && !belongs(text.charCodeAt(at), "digits")) at++;
  work.steps += at - from + 1;
  return at;
}

/** Where the card number that begins here ends; -1 if none does. */
function cardEnd(runs: Runs, at: number): number {
  const { text } = runs;
  if (goesOn(text.charCodeAt(at - 1)) || joins(text, at - 1, at - 2)) return -1;
  const plainEnd = runs.endOf("digits", at);
  const grouped = plainEnd - at === 4 ? GROUPED.exec(text.slice(at, at + MOST_GROUPED + 1))?.[0] : undefined;
  runs.work.steps += MOST_GROUPED;
  const end = grouped === undefined ? plainEnd : at + grouped.length;
  if (end - at > MOST_GROUPED || goesOn(text.charCodeAt(end)) || joins(text, end, end + 1)) return -1;
  const digits = text.slice(at, end).replaceAll(/[ -]/g, "");
  return digits.length <= MOST_DIGITS && isCard(digits) ? end : -1;
}

/** Length by country (the registry of ISO 13616). */
const IBAN_LENGTHS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29, BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24 },
    ...{ DE: 22, DJ: 27, DK: 18, DO: 28, EE: 20, EG: 29, ES: 24, FI: 18, FK: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27 },
    ...{ GT: 28, HN: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LC: 32, LI: 21, LT: 20 },
    ...{ LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19, MN: 20, MR: 27, MT: 31, MU: 30, NI: 28, NL: 18, NO: 15, OM: 23, PK: 24 },
    ...{ PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24, SC: 31, SD: 18, SE: 24, SI: 19, SK: 24, SM: 27, SO: 23, ST: 25 },
    ...{ SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20, YE: 30 },
  }),
);
const MOST_IBAN = 34 + 8;

function passesModulo97(iban: string): boolean {
  let rest = 0;
  for (const one of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(one, 36);
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97;
  }
  return rest === 1;
}

export function ibans(runs: Runs): Detected[] {
  const { text } = runs;
  const found: Detected[] = [];
  for (let at = nextDigit(runs, 0); at < text.length; at = nextDigit(runs, at)) {
    const start = at - 2;
    const end = start < 0 ? -1 : ibanEnd(runs, start);
    if (end > at) found.push({ start, end, by: "iban", what: "iban" });
    at = Math.max(end, runs.endOf("digits", at));
  }
  return found;
}

/** Where the IBAN ends whose country stands here. */
function ibanEnd(runs: Runs, start: number): number {
  const { text } = runs;
  const country = text.slice(start, start + 2);
  const length = IBAN_LENGTHS.get(country.toUpperCase());
  const isOneCase = country === country.toUpperCase() || country === country.toLowerCase();
  if (length === undefined || !isOneCase || goesOn(text.charCodeAt(start - 1))) return -1;
  runs.work.steps += MOST_IBAN;
  let characters = "";
  let end = start;
  for (; characters.length < length && end - start <= MOST_IBAN; end++) {
    const one = text[end] ?? "";
    // Printed in groups of four.
    if ((one === " " || one === "-") && characters.length % 4 === 0 && characters !== "") continue;
    if (!belongs(one.charCodeAt(0), "alphanumeric")) return -1;
    characters += one;
  }
  const upper = characters.toUpperCase();
  if (upper.length !== length || goesOn(text.charCodeAt(end)) || !/^[A-Z]{2}[0-9]{2}/.test(upper)) return -1;
  return (characters === upper || characters === characters.toLowerCase()) && passesModulo97(upper) ? end : -1;
}
