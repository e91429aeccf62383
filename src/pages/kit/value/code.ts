/**
 * Code in a text: which language it is, and what of it is a word of the language, a quotation, a remark, a name. It changes no character.
 * Patterns, each bounded; what is not recognised is plain. Pure.
 */
import { parseJson } from "#countersign/json/canonical-json.ts";

/** Keyword, string, remark, name: the class of the element. */
type Tone = "k" | "s" | "r" | "n";

export interface Tint {
  from: number;
  to: number;
  tone: Tone;
}

export type Language = "sql" | "shell" | "json" | "yaml" | "diff";

export interface Code {
  language: Language;
  /** In order, none over another. */
  tints: readonly Tint[];
}

/** Longer texts are plain. */
const LONGEST_CODE = 40_000;
/** More would take more elements than a reader gains. */
const MOST_TINTS = 700;

const QUOTED = String.raw`'(?:[^'\\\n]|\\.|''){0,400}'|"(?:[^"\\\n]|\\.){0,400}"`;
const SQL_WORDS =
  "SELECT|INSERT|UPDATE|DELETE|DROP|TRUNCATE|ALTER|CREATE|GRANT|REVOKE|MERGE|REPLACE|WITH|EXPLAIN|ANALYZE|BEGIN|COMMIT|ROLLBACK|FROM|WHERE|SET|INTO|VALUES|JOIN|LEFT|RIGHT|INNER|OUTER|ON|USING|GROUP|ORDER|BY|HAVING|LIMIT|OFFSET|UNION|ALL|DISTINCT|AS|AND|OR|NOT|NULL|IS|IN|LIKE|BETWEEN|EXISTS|CASE|WHEN|THEN|ELSE|END|TABLE|INDEX|VIEW|SCHEMA|DATABASE|COLUMN|ADD|IF|CASCADE|RETURNING|PRIMARY|KEY|REFERENCES|DEFAULT|CONFLICT|DO|NOTHING|TO|INTERVAL|ASC|DESC|TRUE|FALSE";
const SHELL_WORDS =
  "if|then|else|elif|fi|for|in|do|done|while|until|case|esac|function|return|exit|export|local|set|sudo|source|eval|exec|cd|echo|trap";

/** What each language is made of; a group each for its tones. */
const GRAMMARS: Readonly<Record<Language, string>> = {
  sql: String.raw`(?<r>--[^\n]{0,400}|/\*(?:[^*]|\*(?!/)){0,400}\*/)|(?<s>'(?:[^'\n]|''){0,400}')|(?<n>"[^"\n]{0,200}")|(?<k>\b(?:${SQL_WORDS})\b)`,
  shell: String.raw`(?<r>(?<=^|\s)#[^\n]{0,400})|(?<s>${QUOTED})|(?<n>\$\{[^}\n]{0,100}\}|\$\w{1,60}|(?<=\s)--?[A-Za-z][\w-]{0,60})|(?<k>(?<=^|[\s;&|(])(?:${SHELL_WORDS})(?=[\s;)]|$))`,
  json: String.raw`(?<n>"(?:[^"\\\n]|\\.){0,400}"(?=\s{0,20}:))|(?<s>"(?:[^"\\\n]|\\.){0,400}")|(?<k>\b(?:true|false|null)\b)`,
  yaml: String.raw`(?<r>(?<=^|\s)#[^\n]{0,400})|(?<n>(?<=^[ \t]{0,80}(?:-[ \t]{1,8}){0,4})[\w./"'-]{1,120}(?=:(?:\s|$)))|(?<s>${QUOTED})|(?<k>(?<=[:-][ \t]{1,8})(?:true|false|null|yes|no|on|off)(?=\s|$)|^---$)`,
  diff: String.raw`(?<n>^(?:diff --git|index|---|\+\+\+|\*\*\*)[^\n]{0,400})|(?<r>^@@[^\n]{0,400})`,
};
const PATTERNS = Object.fromEntries(
  Object.entries(GRAMMARS).map(([language, source]) => [language, new RegExp(source, language === "sql" ? "gim" : "gm")]),
) as Readonly<Record<Language, RegExp>>;

const IS_DIFF = /^(?:diff --git |Index: |\*\*\* Begin Patch|--- \S[^\n]{0,300}\n\+\+\+ |@@ -\d)/m;
/** The first word in capitals, or in none and with signs of SQL. */
const IS_SQL =
  /^\s*(?:--[^\n]*\n\s*)*(?:(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|DROP|TRUNCATE|ALTER|CREATE|GRANT|REVOKE|MERGE|WITH|EXPLAIN|BEGIN)\b|(?:select\b[\s\S]{1,400}\bfrom\b|insert into\b|update \S+ set\b|delete from\b|drop (?:table|database|schema|index)\b|alter table\b|create (?:table|index|view)\b)[\s\S]{0,400}(?:[=*]|;\s*$))/;
const NAMED_SQL = /sql|query|statement|stmt|ddl|migration/i;
const NAMED_SHELL = /^(?:cmd|command|commands|script|shell|bash|run|exec|entrypoint)$/i;
const COMMAND =
  /^[ \t]*(?:\$ |sudo )?(?:rm|curl|wget|git|kubectl|docker|terraform|aws|gcloud|az|helm|psql|mysql|npm|npx|pip|ssh|scp|rsync|tar|find|chmod|chown|systemctl|ansible|python3?|node|bash|sh|dd|mkfs)[ \t](?:-{1,2}\w|[^\n]{0,300}(?:[ \t]-{1,2}\w|[|;]|&&)|[^\n]{0,100}[/.][\w/]|(?:push|pull|reset|delete|apply|destroy|get)\b)/m;
const YAML_LINE = /^[ \t]*(?:- )?(?:[\w./-]{1,60}:(?:[ \t]|$)|-[ \t]|#|---$)/;

function isYaml(text: string): boolean {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const fits = lines.filter((line) => YAML_LINE.test(line)).length;
  return (
    lines.length > 2 &&
    /^[ \t]*(?:---|[\w./-]{1,60}:)/.test(text) &&
    fits >= lines.length * 0.8 &&
    lines.some((line) => /^[ \t]+\S/.test(line))
  );
}

function languageOf(text: string, name: string): Language | null {
  if (/^\s{0,20}[{[]/.test(text) && text.length > 2 && parseJson(text).ok) return "json";
  if (IS_DIFF.test(text)) return "diff";
  if (IS_SQL.test(text) && (NAMED_SQL.test(name) || /[;=*,()]|\bFROM\b/i.test(text))) return "sql";
  if (text.startsWith("#!") || NAMED_SHELL.test(name) || COMMAND.test(text)) return "shell";
  return isYaml(text) ? "yaml" : null;
}

/** Null for what is no code. `name` is that of the member. */
export function readCode(text: string, name: string): Code | null {
  if (text.length > LONGEST_CODE || text.length < 4) return null;
  const language = languageOf(text, name);
  if (language === null) return null;
  const tints: Tint[] = [];
  for (const { 0: found, index, groups = {} } of text.matchAll(PATTERNS[language])) {
    const tone = (["k", "s", "r", "n"] as const).find((one) => groups[one] !== undefined);
    if (tone !== undefined && found !== "") tints.push({ from: index, to: index + found.length, tone });
    if (tints.length > MOST_TINTS) return { language, tints: [] };
  }
  return { language, tints };
}

/** What a line of a patch does. */
export const lineClass = (language: Language, line: string): string => {
  if (language !== "diff" || /^(?:\+\+\+|---) /.test(line)) return "line";
  return line.startsWith("+") ? "line plus" : line.startsWith("-") ? "line minus" : "line";
};
