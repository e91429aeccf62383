/**
 * The words that a command takes, as its usage tells them: so what a shell completes is what `--help` shows, and there is no second
 * list of it.
 */

/** An option, and what stands for its value in the usage, such as FILE; null for one that is given or not. */
export interface OptionWord {
  name: string;
  value: string | null;
  about: string;
}

export interface UsageWords {
  /** What the command does, in one sentence. */
  about: string;
  /** Words of which one follows the command's name, if it has parts. */
  parts: string[];
  options: OptionWord[];
}

/** At the start of a line: an option, its value, and what is said of it. */
const OPTION_LINE = /^ {2}(--[a-z][a-z-]*)(?: (\[?[A-Z][^ ]*))?(?: {2,}(.*))?$/;
/** Within how the command is called. */
const CALLED_WITH = /(--[a-z][a-z-]*)(?: (?!\|)([A-Z][A-Z_=,|…]*))?/g;
/** A part of a command, and what it is given. */
const PART_LINE = /^ {2}([a-z][a-z-]*)(?: [A-Z[(][^ ]*| --?[a-z][^ ]*)*(?: {2,}|$)/;

/** What a usage says first of its command. */
export function aboutOf(usage: string): string {
  const [, about = ""] = usage.split("\n\n");
  const said = about.split("\n  ")[0]?.replaceAll("\n", " ") ?? "";
  return said.replace(/(?:\. .*|[.:])$/, ".");
}

/** The words of one usage; each option once, as it is told first. */
export function wordsOfUsage(usage: string): UsageWords {
  const options = new Map<string, OptionWord>();
  const parts: string[] = [];
  const add = (name: string, value: string | undefined, about: string) => {
    const known = options.get(name);
    if (known === undefined || known.about === "") options.set(name, { name, value: value ?? known?.value ?? null, about });
  };
  const [called = "", ...paragraphs] = usage.split("\n\n");
  for (const [, name = "", value] of called.matchAll(CALLED_WITH)) add(name, value, "");
  for (const line of paragraphs.join("\n\n").split("\n")) {
    const [, name, value, about = ""] = OPTION_LINE.exec(line) ?? [];
    if (name !== undefined) add(name, value, about.trim());
    const part = PART_LINE.exec(line)?.[1];
    if (part !== undefined && !parts.includes(part)) parts.push(part);
  }
  add("--help", undefined, "this text");
  return { about: aboutOf(usage), parts, options: [...options.values()] };
}
