/** What each shell is told to complete, as a script for it to read. Nothing in it runs a program: the words stand in it. */
import type { OptionWord, UsageWords } from "./words-of-usage.ts";

export type NamedUsage = readonly [name: string, words: UsageWords];

/** Words that stand alone in place of a command. */
const ALONE = ["--help", "--version"];

/** Within single quotes of bash, zsh and every other POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const isFile = ({ value }: OptionWord): boolean => value !== null && /^(?:FILE|DIR|FOLDER|PATH)/.test(value);
const namesOf = (options: readonly OptionWord[]): string => options.map(({ name }) => name).join("|");

/**
 * For bash 3.2 and newer. What is left empty, bash completes by itself: names of files. After an option whose value nobody can know
 * there is nothing, rather than something wrong.
 */
export function bashScript(commands: readonly NamedUsage[]): string {
  const cases = commands.map(([name, { options, parts }]) => {
    const unknowable = options.filter((option) => option.value !== null && !isFile(option));
    const files = options.filter(isFile);
    return [
      `    ${name})`,
      `      words=${quoted(options.map((option) => option.name).join(" "))}`,
      ...(parts.length === 0 ? [] : [`      [ "$COMP_CWORD" -eq 2 ] && first=${quoted(parts.join(" "))}`]),
      ...(files.length === 0 ? [] : [`      case "$before" in ${namesOf(files)}) return ;; esac`]),
      ...(unknowable.length === 0
        ? []
        : [`      case "$before" in ${namesOf(unknowable)}) compopt +o default 2>/dev/null; return ;; esac`]),
      "      ;;",
    ].join("\n");
  });
  return `# countersign in bash: eval "$(countersign completion bash)"
_countersign() {
  local current before words first word
  current="\${COMP_WORDS[COMP_CWORD]}"
  before="\${COMP_WORDS[COMP_CWORD-1]}"
  words= first=
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    # What follows -- is another command's.
    [ "$word" = -- ] && return
  done
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted([...commands.map(([name]) => name), ...ALONE].join(" "))} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$first" -- "$current")) ;;
  esac
}
complete -o default -F _countersign countersign
`;
}

/** A word and what is said of it, for `_describe`: a colon stands between them. */
const described = (word: string, about: string): string => quoted(`${word.replaceAll(":", "\\:")}:${about}`);

export function zshScript(commands: readonly NamedUsage[]): string {
  const cases = commands.map(([name, { options, parts }]) => {
    const unknowable = options.filter((option) => option.value !== null && !isFile(option));
    const files = options.filter(isFile);
    return [
      `    ${name})`,
      `      words_of=(${options.map((option) => described(option.name, option.about)).join(" ")})`,
      ...(parts.length === 0 ? [] : [`      (( CURRENT == 3 )) && first=(${parts.map(quoted).join(" ")})`]),
      ...(files.length === 0 ? [] : [`      case "$before" in ${namesOf(files)}) _files; return ;; esac`]),
      ...(unknowable.length === 0 ? [] : [`      case "$before" in ${namesOf(unknowable)}) return ;; esac`]),
      "      ;;",
    ].join("\n");
  });
  return `#compdef countersign
# countersign in zsh: eval "$(countersign completion zsh)", or a file _countersign in a folder of $fpath
_countersign() {
  local before="\${words[CURRENT-1]}"
  local -a words_of first
  # What follows -- is another command's.
  (( \${words[(I)--]} > 0 && \${words[(I)--]} < CURRENT )) && { _files; return }
  if (( CURRENT == 2 )); then
    words_of=(${commands.map(([name, { about }]) => described(name, about)).join(" ")})
    _describe -t commands command words_of
    return
  fi
  case "\${words[2]}" in
${cases.join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -t options option words_of
  elif (( \${#first} > 0 )); then
    _describe -t parts part first
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _countersign ]]; then _countersign "$@"; else compdef _countersign countersign; fi
`;
}

/** Within single quotes of fish, where a backslash escapes itself and a quote. */
const fishQuoted = (text: string): string => `'${text.replaceAll(/[\\']/g, (one) => `\\${one}`)}'`;

export function fishScript(commands: readonly NamedUsage[]): string {
  const lines = commands.flatMap(([name, { about, parts, options }]) => [
    `complete -c countersign -f -n __fish_use_subcommand -a ${name} -d ${fishQuoted(about)}`,
    ...parts.map(
      (part) => `complete -c countersign -f -n '__fish_seen_subcommand_from ${name}; and test (count (commandline -opc)) -eq 2' -a ${part}`,
    ),
    ...options.map((option) => {
      const kind = option.value === null ? "" : isFile(option) ? " -r -F" : " -x";
      const said = option.about === "" ? "" : ` -d ${fishQuoted(option.about)}`;
      return `complete -c countersign -n '__fish_seen_subcommand_from ${name}' -l ${option.name.slice(2)}${kind}${said}`;
    }),
  ]);
  return `# countersign in fish: countersign completion fish | source\n${lines.join("\n")}\n`;
}
