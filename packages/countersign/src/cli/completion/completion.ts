/** `countersign completion`: a script by which a shell completes commands and options, made of what their usages tell. */
import { type Command, type Outcome, parseStrictly, unusable } from "../command.ts";
import { asciiJson } from "../visible.ts";
import { bashScript, fishScript, type NamedUsage, zshScript } from "./shell-scripts.ts";
import { wordsOfUsage } from "./words-of-usage.ts";

const USAGE = `Usage: countersign completion bash|zsh|fish [options]

Prints a script by which a shell completes commands and options. To have it in every shell, put one of these
lines where that shell reads it at its start:
  bash                       eval "$(countersign completion bash)", in ~/.bashrc
  zsh                        eval "$(countersign completion zsh)", in ~/.zshrc, after compinit
  fish                       countersign completion fish | source, in ~/.config/fish/config.fish

Options:
  --json                     the words themselves as JSON: of each command its parts and options
  --help                     this text

Exit code: 0 printed, 2 unusable arguments.
`;

const SCRIPTS: Readonly<Record<string, (commands: readonly NamedUsage[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const documentOf = (commands: readonly NamedUsage[]) => ({
  commands: commands.map(([name, { about, parts, options }]) => ({ name, about, parts, options })),
});

/** The command, of a table that it is itself in. */
export function completionCommand(commands: () => Readonly<Record<string, Command>>): Command {
  const run = (args: string[]): Promise<Outcome> => {
    const parsed = parseStrictly(args, { json: { type: "boolean" } });
    if (!parsed.ok) return Promise.resolve(unusable("completion", parsed.refusal, USAGE));
    const [shell = "", ...surplus] = parsed.value.positionals;
    const usages = Object.entries(commands()).map(([name, { usage }]): NamedUsage => [name, wordsOfUsage(usage)]);
    if (parsed.value.values.json === true && shell === "") return Promise.resolve({ exitCode: 0, stdout: asciiJson(documentOf(usages)) });
    const script = Object.hasOwn(SCRIPTS, shell) && surplus.length === 0 ? SCRIPTS[shell] : undefined;
    if (script === undefined) return Promise.resolve(unusable("completion", "name one of bash, zsh, fish", USAGE));
    return Promise.resolve({ exitCode: 0, stdout: script(usages) });
  };
  return { usage: USAGE, run };
}
