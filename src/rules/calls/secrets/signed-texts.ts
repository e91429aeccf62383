/** JSON Web Tokens, and private keys as they are written to files. */
import { fromB64u, fromUtf8 } from "#countersign/encoding/bytes.ts";
import type { Detected } from "./detectors.ts";
import { belongs, type Runs } from "./runs.ts";

/** `{"` in base64url. */
const JWT_BEGINS = "eyJ";
/** Longer headers hold certificates; what is read of one is bounded all the same. */
const LONGEST_HEADER = 8_192;
/** Of claims there is at least one. */
const SHORTEST_PAYLOAD = 8;

export function jwts(runs: Runs): Detected[] {
  const { text } = runs;
  const found: Detected[] = [];
  for (let at = text.indexOf(JWT_BEGINS); at >= 0; at = text.indexOf(JWT_BEGINS, at + 1)) {
    runs.work.steps++;
    if (belongs(text.charCodeAt(at - 1), "base64url")) continue;
    const header = runs.endOf("base64url", at);
    const payload = text[header] === "." ? runs.endOf("base64url", header + 1) : header;
    let end = payload;
    // A signature, or the three more parts of what is encrypted.
    for (let part = 0; part < 3 && text[end] === "."; part++) end = runs.endOf("base64url", end + 1);
    if (payload - header > SHORTEST_PAYLOAD && end > payload && isHeader(text.slice(at, Math.min(header, at + LONGEST_HEADER)), runs)) {
      found.push({ start: at, end, by: "jwt", what: "jwt" });
      at = end - 1;
    } else {
      at = header - 1;
    }
  }
  runs.work.steps += text.length;
  return found;
}

function isHeader(segment: string, { work }: Runs): boolean {
  work.steps += segment.length;
  const bytes = fromB64u(segment);
  const text = bytes === null ? null : fromUtf8(bytes);
  return text !== null && text.startsWith("{") && /"alg"\s*:/.test(text);
}

const PEM_BEGINS = "-----BEGIN ";
const PEM_LABEL = /^-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/;
const LONGEST_LABEL = 100;
const PEM_ENDS = "-----END ";
const LABEL_ENDS = "-----";
/** So much of a key has to follow: those who write about keys leave it out. */
const FEWEST_OF_KEY = 24;
const LOOKED_AT = 400;
const PUTTY = /PuTTY-User-Key-File-[23]: /;

export function privateKeys(runs: Runs): Detected[] {
  const { text, work } = runs;
  const found: Detected[] = [];
  work.steps += text.length;
  let lastEnd = 0;
  for (let at = text.indexOf(PEM_BEGINS); at >= 0; at = text.indexOf(PEM_BEGINS, Math.max(lastEnd, at + 1))) {
    work.steps += LONGEST_LABEL;
    const label = PEM_LABEL.exec(text.slice(at, at + LONGEST_LABEL))?.[0];
    if (label === undefined || !hasKey(text.slice(at + label.length, at + label.length + LOOKED_AT), work)) continue;
    const close = text.indexOf(PEM_ENDS, at + label.length);
    const labelEnd = close < 0 ? -1 : text.indexOf(LABEL_ENDS, close + PEM_ENDS.length);
    // One that is cut off goes on to the end, which also ends the search.
    lastEnd = labelEnd < 0 ? text.length : labelEnd + LABEL_ENDS.length;
    work.steps += lastEnd - at;
    found.push({ start: at, end: lastEnd, by: "private_key", what: "private_key" });
  }
  const putty = text.search(PUTTY);
  if (putty >= 0 && text.includes("Private-Lines:", putty))
    found.push({ start: putty, end: text.length, by: "private_key", what: "private_key" });
  return found;
}

/** A line of base64, past headers such as `Proc-Type`. */
function hasKey(text: string, work: Runs["work"]): boolean {
  work.steps += text.length;
  return text.split(/[^A-Za-z0-9+/=]+/).some((piece) => piece.length >= FEWEST_OF_KEY);
}
