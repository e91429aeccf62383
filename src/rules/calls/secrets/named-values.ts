/** Values that are secrets because of what stands before them: `password=`, `Authorization:`, the user's part of an address. */
import type { Detected } from "./detectors.ts";
import { mixture } from "./random-looking.ts";
import type { Runs } from "./runs.ts";

/** Names, whole or at the end, without signs and capitals: `AWS_SECRET_ACCESS_KEY`, `clientSecret`. */
const SECRET_NAME =
  /(?:password|passwd|passphrase|pwd|secret|secretkey|apikey|apisecret|accesskey|privatekey|signingkey|encryptionkey|accesstoken|refreshtoken|authtoken|bearertoken|sessiontoken|idtoken|apitoken|bottoken|accountkey|sharedkey|masterkey|credentials?|authorization)$/;
const TOKEN_NAME = /token$/;
/** Tokens that let nobody do anything. */
const HARMLESS_NAME = /(?:page|cursor|continuation|sync|progress|next|csrf|xsrf|cancel|max|stop|eos|bos|pad|unk)tokens?$/;

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
/** "secret", "token" or null: how much a value of this name is trusted to be one. */
export function kindOfName(name: string): "secret" | "token" | null {
  const plain = plainName(name.slice(-80));
  if (HARMLESS_NAME.test(plain)) return null;
  if (SECRET_NAME.test(plain)) return "secret";
  return TOKEN_NAME.test(plain) ? "token" : null;
}

/** What stands where a secret would: signs, what is put in by a program, words that say so. */
const PLACEHOLDERS: readonly RegExp[] = [
  /^[*x\u2022.?_#-]{3,}$/i,
  /^(?:<.*|\[.*\]|\{.*|\$.*|%[A-Za-z_]+%)$/,
  /^(?:your|change|replace|insert|enter|example|sample|dummy|redacted|hidden|masked)(?:[^a-z0-9].*|me|this|it)?$/i,
  /^your[_-]?[a-z]/i,
  /^(?:none|null|undefined|true|false|todo|tbd|n\/a|string|password|passwd|pass|pwd|secret|token|api[_-]?key|user|required|optional|empty|default|invalid|wrong|missing|unknown|number|boolean|object)[.:!?)]*$/i,
];
const isPlaceholder = (value: string): boolean => PLACEHOLDERS.some((pattern) => pattern.test(value.slice(0, 200)));

const LONGEST_VALUE = 2_048;

/** Whether the value of a member of this name is taken for a secret. */
export function isNamedSecret(name: string, value: string): boolean {
  const kind = kindOfName(name);
  if (kind === null || value.length > LONGEST_VALUE || isPlaceholder(value.trim())) return false;
  return kind === "secret" ? value.trim().length >= 4 : value.length >= 16 && /[0-9]/.test(value) && !/\s/.test(value);
}

/** Names of types and algorithms, which have digits too. */
const TYPE_NAME = /^(?:u?int|float|big|string|char|bytes?|utf|sha|base|md|hmac|aes|rsa|argon|scrypt|pbkdf|ed|es|rs|hs|p)-?[0-9]{1,4}\w*$/i;

/** Letters, digits and signs as passwords and keys mix them, rather than a word, a name of a program or a call of one. */
function isLikelyValue(value: string, after: string): boolean {
  if (value.length < 8 || value.length > LONGEST_VALUE || isPlaceholder(value.split("@")[0] ?? "") || after === "(") return false;
  if (TYPE_NAME.test(value) || /^[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+$/.test(value) || /[(){}<>[\]]/.test(value)) return false;
  const { changes, kinds } = mixture(value);
  const [small, capital, digit, sign] = kinds;
  if (small + capital === 0 || digit === 0) return false;
  const isHex = /^[0-9a-f]+$/i.test(value);
  if (isHex) return value.length >= 24;
  const mixed = (small > 0 && capital > 0 ? 1 : 0) + (sign > 0 && !/^[\w-]+$/.test(value) ? 1 : 0);
  return mixed === 2 || (mixed === 1 && changes >= 0.2) || (value.length >= 12 && changes >= 0.3);
}

const NAME_CHARACTER = /[A-Za-z0-9_.-]/;
const LONGEST_NAME = 80;
const VALUE = /(["'`]?)([^\s"'`,;&<>\\]{4,400})/y;
const BEFORE_NAME = /[ \t"'`]*$/;

/** Of `name = value`, `"name": "value"`, `name=value&`: where the name ends that `at` (a `=` or `:`) follows. */
function nameBefore(text: string, at: number): string {
  const head = text
    .slice(Math.max(0, at - LONGEST_NAME), at)
    .replace(/\?$/, "")
    .replace(BEFORE_NAME, "");
  let start = head.length;
  while (start > 0 && NAME_CHARACTER.test(head[start - 1] ?? "")) start--;
  return head.slice(start);
}

const SCHEME = /^(?:bearer|basic|token|bot|apikey)[ \t]+/i;

function assigned(runs: Runs): Detected[] {
  const { text, work } = runs;
  const found: Detected[] = [];
  for (let at = 0; at < text.length; at++) {
    work.steps++;
    const sign = text[at];
    if (sign !== "=" && sign !== ":") continue;
    work.steps += LONGEST_NAME;
    if (kindOfName(nameBefore(text, at)) === null) continue;
    let start = at + 1;
    while (/[ \t=>:]/.test(text[start] ?? "") && start - at < 8) start++;
    const quote = /["'`]/.test(text[start] ?? "") ? 1 : 0;
    start += quote;
    start += SCHEME.exec(text.slice(start, start + 12))?.[0].length ?? 0;
    VALUE.lastIndex = start;
    const value = VALUE.exec(text)?.[2] ?? "";
    work.steps += value.length;
    if (!isLikelyValue(value, text[start + value.length] ?? "")) continue;
    found.push({ start, end: start + value.length, by: "token", what: "named_secret" });
    at = start + value.length - 1;
  }
  return found;
}

const BEARER = /\b(?:Bearer|Basic) +/g;

/** What follows a scheme of HTTP authentication, as in a header that was copied. */
function bearers(runs: Runs): Detected[] {
  const found: Detected[] = [];
  runs.work.steps += runs.text.length;
  for (const { index, 0: scheme } of runs.text.matchAll(BEARER)) {
    const start = index + scheme.length;
    VALUE.lastIndex = start;
    const value = VALUE.exec(runs.text)?.[2] ?? "";
    runs.work.steps += value.length;
    const { changes, kinds } = mixture(value);
    if (value.length < 16 || kinds[2] === 0 || changes < 0.2 || isPlaceholder(value) || /[(){}<>[\]]/.test(value)) continue;
    found.push({ start, end: start + value.length, by: "token", what: "authorization" });
  }
  return found;
}

const LONGEST_USER = 256;
const USER_INFO = /^[^\s/?#"'`<>@:]*:([^\s/?#"'`<>@]{3,})@[A-Za-z0-9[]/;

/** The password of `scheme://user:password@host`. */
function ofAddresses({ text, work }: Runs): Detected[] {
  const found: Detected[] = [];
  work.steps += text.length;
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", at + 3)) {
    work.steps += LONGEST_USER;
    const match = USER_INFO.exec(text.slice(at + 3, at + 3 + LONGEST_USER));
    const password = match?.[1];
    if (match === null || password === undefined || isPlaceholder(password)) continue;
    const start = at + 3 + match[0].length - password.length - 2;
    found.push({ start, end: start + password.length, by: "token", what: "password_in_address" });
  }
  return found;
}

/** Secrets by what stands before them. */
export const namedValues = (runs: Runs): Detected[] => [...assigned(runs), ...bearers(runs), ...ofAddresses(runs)];
