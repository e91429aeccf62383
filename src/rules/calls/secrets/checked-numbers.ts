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
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 " +
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 " +
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 " +
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 " +
    "YE30"
  )
    .split(" ")
    .map((one) => [one.slice(0, 2), Number(one.slice(2))]),
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
