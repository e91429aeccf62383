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

/** An option and its value, where a usage tells how a command is called, or at the start of a line that tells what it is for. */
const OPTION = /(--[a-z][a-z-]*)(?: (?!\|)(\[?[A-Z][^\s,\])]*))?/g;

/** The ways that a command is called, without what they have in brackets. */
function waysOf(called: string): string[] {
  let ways = called.replace(/^Usage: countersign [a-z-]+ ?/, "");
  for (let before = ""; before !== ways;) {
    before = ways;
    ways = ways.replaceAll(/\([^()]*\)|\[[^[\]]*\]/g, "");
  }
  return ways.split(" | ");
}

/** The words that ways begin with; of `bash|zsh|fish` each is one. */
const partsOf = (called: string): string[] =>
  waysOf(called).flatMap((way) => {
    const [word = ""] = way.trim().split(" ");
    return /^[a-z][a-z-]*(?:\|[a-z][a-z-]*)*$/.test(word) ? word.split("|") : [];
  });

/** What a usage says first of its command. */
export function aboutOf(usage: string): string {
  const [, about = ""] = usage.split("\n\n");
  const said = about.split("\n  ")[0]?.replaceAll("\n", " ") ?? "";
  return said.replace(/(?:\. .*|[.:])$/, ".");
}

/** The words of one usage; each option once, with what is said of it where that is told first. */
export function wordsOfUsage(usage: string): UsageWords {
  const options = new Map<string, OptionWord>();
  const add = (text: string, about: string) => {
    for (const [, name = "", value] of text.matchAll(OPTION)) {
      const known = options.get(name);
      if (known === undefined || known.about === "") options.set(name, { name, value: value ?? known?.value ?? null, about });
    }
  };
  const [called = "", ...paragraphs] = usage.split("\n\n");
  add(called, "");
  for (const line of paragraphs
    .join("\n")
    .split("\n")
    .filter((one) => one.startsWith("  --"))) {
    const [words = "", ...about] = line.trim().split(/ {2,}/);
    add(words, about.join(" "));
  }
  add("--help", "this text");
  return { about: aboutOf(usage), parts: [...new Set(partsOf(called))], options: [...options.values()] };
}
