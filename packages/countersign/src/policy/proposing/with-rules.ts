/** Rules put into a policy's text, which is otherwise kept as it is, comments and all. Whether what comes of it is a policy, its reader says. */

const indented = (text: string, by: string): string =>
  text
    .split("\n")
    .map((line) => `${by}${line}`)
    .join("\n");

const HEAD = "type: countersign/policy@v1";
/** Stands where the first rule comes. */
const NONE_YET = "  - ";
const isItem = (line: string): boolean => /^\s*- /.test(line);

/** A text of lines that has no rule yet, with one that begins them. */
function withBlockOfRules(lines: readonly string[]): readonly string[] {
  const empty = lines.findIndex((line) => /^rules:\s*\[\s*\]\s*$/.test(line));
  if (empty >= 0) return [...lines.slice(0, empty), "rules:", NONE_YET, ...lines.slice(empty + 1)];
  const isOfLines = lines.some((line) => /^type:\s/.test(line)) && !lines.some((line) => /^(?:"rules"|'rules'|rules)\s*:/.test(line));
  return isOfLines ? [...lines, "rules:", NONE_YET] : lines;
}

interface RuleLines {
  /** The line of `rules`, the first line of the first rule, and the one after the last rule. */
  begin: number;
  first: number;
  end: number;
  indent: string;
}

/** Null where rules do not stand in lines of their own. */
function ruleLines(lines: readonly string[]): RuleLines | null {
  const begin = lines.findIndex((line) => /^rules:\s*(?:#.*)?$/.test(line));
  const first = begin < 0 ? -1 : lines.findIndex((line, at) => at > begin && isItem(line));
  if (first < 0) return null;
  const next = lines.findIndex((line, at) => at > first && /^[^\s#-]/.test(line));
  let end = next < 0 ? lines.length : next;
  while (end > first && (lines[end - 1]?.trim() === "" || lines[end - 1]?.startsWith("#") === true)) end--;
  return { begin, first, end, indent: /^\s*/.exec(lines[first] ?? "")?.[0] ?? "" };
}

/** The line at which the rule of that name begins, with the comment that stands right above it; -1 if it is not found. */
function lineOfRule(lines: readonly string[], { begin, first, end, indent }: RuleLines, name: string): number {
  const wanted = [name, `"${name}"`, `'${name}'`];
  let item = -1;
  for (let at = first; at < end; at++) {
    const line = lines[at] ?? "";
    if (line.startsWith(`${indent}- `)) item = at;
    const inside = item === at ? line.slice(indent.length + 2) : line.startsWith(`${indent}  `) ? line.slice(indent.length + 2) : "";
    const [, block] = /^name:\s*([^\s#]+)\s*(?:#.*)?$/.exec(inside) ?? [];
    const [, flow] = item === at ? (/^\{\s*name:\s*([^\s,}]+)/.exec(inside) ?? []) : [];
    if (item < 0 || !wanted.includes(block ?? flow ?? "")) continue;
    while (item > begin + 1 && /^\s*#/.test(lines[item - 1] ?? "")) item--;
    return item;
  }
  return -1;
}

/**
 * A policy's text with `rules`, each an item of `rules` in YAML without indentation, right before the rule of that name, so that they decide
 * what it would have; after all others where that is null or not found. A text whose rules do not stand in lines of their own is kept as it
 * is, with the proposal as a comment below it.
 */
export function withRules(source: string, rules: readonly string[], before: string | null = null): string {
  if (source.trim() === "") return `${HEAD}\nrules:\n${rules.map((text) => indented(text, "  ")).join("\n")}\n`;
  const lines = withBlockOfRules(source.replace(/\n+$/, "").split("\n"));
  const found = ruleLines(lines);
  if (found === null) {
    return `${lines.join("\n")}\n\n# Proposed: put these under "rules".\n${rules.map((text) => indented(text, "# ")).join("\n")}\n`;
  }
  const named = before === null ? -1 : lineOfRule(lines, found, before);
  const place = named < 0 ? found.end : named;
  const all = [...lines.slice(0, place), ...rules.map((text) => indented(text, found.indent)), ...lines.slice(place)];
  return `${all.filter((line) => line !== NONE_YET).join("\n")}\n`;
}
