/** What texts of any kind have that a reader looks for: hosts and recipients, amounts, lines of a patch. Patterns, each bounded. */
import { type Mark, mark, marksOf } from "./mark.ts";

const HOSTS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/(?:[^\s/@"'<>]{1,100}@)?(?<stretch>[^\s/:?#"'<>@]{1,253}(?::\d{1,5})?)/dgi;
const ADDRESSES = /(?<![\w.+/-]|(?<!mailto):)[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}/gi;
const AMOUNTS =
  /(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK)\b)[ \u00a0]?-?\d[\d.,'’ \u00a0]{0,20}\d?\b|(?<![\w.,])-?\d(?:[\d.,'’]{0,20}\d)?[ \u00a0]?(?:[€£¥]|(?:EUR|USD|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK)\b)/g;

/** Where something goes and how much it is, wherever a text says so. */
export const targetMarks = (text: string): Mark[] => [
  ...marksOf(text, HOSTS, "target"),
  ...marksOf(text, ADDRESSES, "target"),
  ...marksOf(text, AMOUNTS, "amount"),
];

/** Names of members whose whole value says where something goes, and how much it is. */
export const IS_TARGET =
  /^(?:to|cc|bcc|host(?:name)?|domain|url|uri|endpoint|webhook(?:_?url)?|email|e_?mail|phone|iban|account(?:_?(?:id|number))?|recipients?(?:_?\w{1,10})?|destination|payee|beneficiary|channel|bucket|database|environment|env)$/i;
export const IS_AMOUNT =
  /(?:^|_|[a-z](?=[A-Z]))(?:amount|price|total|sum|cost|fee|salary|balance|budget|limit_?amount|payment|refund)(?:_?(?:cents|minor|eur|usd|gbp))?$/i;

const IS_PATCH = /^(?:diff --git |Index: |\*\*\* Begin Patch|--- \S[^\n]{0,300}\n\+\+\+ |@@ -\d)/m;

/** Lines that a patch takes away and adds; the names of its files as targets. */
export function patchMarks(text: string): Mark[] {
  if (!IS_PATCH.test(text)) return [];
  const marks: Mark[] = [];
  let from = 0;
  for (const line of text.split("\n")) {
    const to = from + line.length;
    if (/^(?:\+\+\+|---) |^\*\*\* (?:Add|Update|Delete) File/.test(line)) marks.push(mark("target", from, to));
    else if (line.startsWith("+")) marks.push(mark("added", from, to));
    else if (line.startsWith("-")) marks.push(mark("removed", from, to));
    from = to + 1;
  }
  return marks;
}
