/**
 * Where a text holds a credential of the server itself: as it is, escaped for JSON or an address, or within base64, wherever in it
 * it begins. Which credentials those are, says the caller; they are masked whatever the rules say.
 */
import { b64, fromB64, fromUtf8, utf8 } from "#countersign/encoding/bytes.ts";
import { sourceOf, decodedViews } from "./decoded.ts";
import type { Span } from "./spans.ts";

export interface Credentials {
  /** How each is looked for. `isBase64`: beside it, a character more belongs to it in part. */
  forms: readonly { text: string; isBase64: boolean }[];
}

/** What JSON escapes whether or not it has to. */
const ALWAYS_ESCAPED = /["\\\u0000-\u001f]/;
/** What could hide a character that is none of these: escapes that nobody has to write. `\n` and the like cannot. */
const MAY_HIDE = /\\[u/]|%[0-9a-fA-F]{2}/;

/** Fewer bytes say too little in base64: what begins or ends within a character of it is left out. */
const FEWEST_BYTES_OF_BASE64 = 6;
const SCHEME = /^(?:Bearer|Basic|Token|ApiKey|Digest|DPoP|Bot)[ \t]+/i;

/** What stays the same in base64 of whatever holds `text`, for each of the three places in a group at which it can begin. */
function base64Forms(text: string): string[] {
  const bytes = utf8(text);
  if (bytes.length < FEWEST_BYTES_OF_BASE64) return [];
  return [0, 1, 2].flatMap((before) => {
    const whole = b64(Uint8Array.of(...new Uint8Array(before), ...bytes)).replace(/=+$/, "");
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    const form = whole.slice(Math.ceil((before * 8) / 6), end);
    return [form, form.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** The parts of a header's value that are worth a credential by themselves. */
function partsOf(secret: string): string[] {
  const scheme = SCHEME.exec(secret)?.[0];
  if (scheme === undefined) return [secret];
  const rest = secret.slice(scheme.length).trim();
  const bytes = /^basic/i.test(scheme) ? fromB64(rest) : null;
  const pair = bytes === null ? null : fromUtf8(bytes);
  const password = pair === null || !pair.includes(":") ? [] : [pair, pair.slice(pair.indexOf(":") + 1)];
  return [secret, rest, ...password];
}

/** What to look for. `secrets` are the texts as they are sent: of a header's value, what follows `Bearer` is one by itself. */
export function credentialsOf(secrets: readonly string[]): Credentials {
  const forms = new Map<string, boolean>();
  for (const part of secrets.flatMap(partsOf)) {
    const escaped = JSON.stringify(part).slice(1, -1);
    const read = [...decodedViews(part)].map(({ text }) => text);
    const spelled = part.includes(" ") ? [part.replaceAll(" ", "+")] : [];
    for (const text of [part, escaped, ...read, ...spelled]) if (text !== "") forms.set(text, false);
    for (const text of [part, escaped].flatMap(base64Forms)) forms.set(text, forms.get(text) ?? true);
  }
  return { forms: Array.from(forms, ([text, isBase64]) => ({ text, isBase64 })) };
}

const OF_BASE64 = /[A-Za-z0-9+/_-]/;

/** Whether the text holds any, in whatever spelling; `text` may as well be the JSON around it. */
export function holdsCredential(text: string, { forms }: Credentials): boolean {
  if (forms.length === 0) return false;
  // Most texts are read once, by what the runtime has for it.
  const isPlain = !forms.some((form) => ALWAYS_ESCAPED.test(form.text)) && !MAY_HIDE.test(text);
  if (isPlain) return forms.some((form) => text.includes(form.text));
  for (const view of decodedViews(text)) if (forms.some((form) => view.text.includes(form.text))) return true;
  return false;
}

/** Where it holds them. */
export function credentialSpans(text: string, { forms }: Credentials): Span[] {
  if (forms.length === 0) return [];
  const spans: Span[] = [];
  for (const view of decodedViews(text)) {
    for (const form of forms) {
      for (let at = view.text.indexOf(form.text); at >= 0; at = view.text.indexOf(form.text, at + form.text.length)) {
        const end = at + form.text.length;
        const isWider = (place: number): boolean => form.isBase64 && OF_BASE64.test(view.text[place] ?? "");
        spans.push({ ...sourceOf(view, isWider(at - 1) ? at - 1 : at, isWider(end) ? end + 1 : end), by: "credential" });
      }
    }
  }
  return spans;
}
