/** Looks for secrets and personal data in one text, also as they read once decoded. In time that grows with the text alone. */
import { fromB64, fromB64u } from "#countersign/encoding/bytes.ts";
import { sourceOf, type DecodedView, decodedViews } from "../masking/decoded.ts";
import type { Work } from "../masking/json-text.ts";
import { cardNumbers, ibans } from "./checked-numbers.ts";
import type { Detected, Detector } from "./detectors.ts";
import { knownTokens } from "./known-tokens.ts";
import { namedValues } from "./named-values.ts";
import { emails, numbersOfPlaces } from "./personal.ts";
import { randomLooking } from "./random-looking.ts";
import { belongs, Runs } from "./runs.ts";
import { jwts, privateKeys } from "./signed-texts.ts";

const FINDERS: readonly (readonly [Detector, (runs: Runs) => Detected[]])[] = [
  ["private_key", privateKeys],
  ["jwt", jwts],
  ["token", knownTokens],
  ["token", namedValues],
  ["card_number", cardNumbers],
  ["iban", ibans],
  ["email", emails],
  ["high_entropy", randomLooking],
];

function inView(view: DecodedView, wanted: ReadonlySet<Detector>, work: Work): Detected[] {
  const runs = new Runs(view.text, work);
  const found = FINDERS.flatMap(([by, find]) => (wanted.has(by) ? find(runs) : []));
  if (wanted.has("phone") || wanted.has("ip_address")) found.push(...numbersOfPlaces(runs, wanted));
  if (wanted.has("token") || wanted.has("private_key")) found.push(...inBase64(runs, wanted));
  return view.origin === null ? found : found.map((one) => ({ ...one, ...sourceOf(view, one.start, one.end) }));
}

/** As much base64 as the shortest token needs, and no more than a key with its certificates. */
const SHORTEST_BASE64 = 24;
const LONGEST_BASE64 = 32_768;

/** Runs of base64 whose text holds a known token or a private key. */
function inBase64(runs: Runs, wanted: ReadonlySet<Detector>): Detected[] {
  const { text, work } = runs;
  const found: Detected[] = [];
  for (const alphabet of ["base64", "base64url"] as const) {
    for (let at = 0; at < text.length; at++) {
      if (!belongs(text.charCodeAt(at), alphabet)) continue;
      const end = runs.endOf(alphabet, at);
      const decoded = end - at < SHORTEST_BASE64 || end - at > LONGEST_BASE64 ? null : printable(text.slice(at, end), work);
      if (decoded !== null) {
        const inner = new Runs(decoded, work);
        const [one] = [...(wanted.has("token") ? knownTokens(inner) : []), ...(wanted.has("private_key") ? privateKeys(inner) : [])];
        if (one !== undefined) found.push({ ...one, start: at, end });
      }
      at = end - 1;
    }
  }
  return found;
}

/** What base64 stands for, if that is text of ASCII. */
function printable(run: string, work: Work): string | null {
  // Most base64 is no text, which its first bytes show.
  if (!isAscii(decode(run.slice(0, 16)))) return null;
  work.steps += run.length;
  const whole = decode(run);
  return isAscii(whole) ? String.fromCharCode(...(whole ?? [])) : null;
}

function decode(run: string): Uint8Array | null {
  const even = run.slice(0, run.length - (run.length % 4 === 1 ? 1 : 0));
  const padded = even + "=".repeat((4 - (even.length % 4)) % 4);
  return /[-_]/.test(run) ? fromB64u(even) : fromB64(padded);
}

const isAscii = (bytes: Uint8Array | null): boolean =>
  bytes !== null &&
  bytes.length > 0 &&
  bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09);

/** Everything that is found, in order; of what lies within another that is told alike, only that. */
export function detect(text: string, wanted: ReadonlySet<Detector>, work: Work): Detected[] {
  const found = Array.from(decodedViews(text), (view) => inView(view, wanted, work)).flat();
  if (found.length === 0) return found;
  const sorted = found.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const ends = new Map<string, number>();
  return sorted.filter(({ what, end }) => {
    if (end <= (ends.get(what) ?? -1)) return false;
    ends.set(what, end);
    return true;
  });
}
