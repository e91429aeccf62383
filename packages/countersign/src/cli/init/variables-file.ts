/** The file of variables that `countersign init --env` writes: other lines stay, and a key goes only where git does not look. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { withoutOwnKeys } from "../own-keys.ts";

export type Variables = Readonly<Record<string, string>>;

/** One line a variable, as a shell and every reader of such files takes it. */
const lineOf = ([name, value]: [string, string]): string => `${name}='${value}'`;

/** The text with each variable set once: in the place where it is set, or else at the end. */
export function withVariables(content: string, variables: Variables): string {
  const left = new Map(Object.entries(variables));
  const lines = content.split("\n").flatMap((line) => {
    const name = /^(?:export +)?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1] ?? "";
    if (!Object.hasOwn(variables, name)) return [line];
    const value = left.get(name);
    left.delete(name);
    return value === undefined ? [] : [lineOf([name, value])];
  });
  while (lines.at(-1) === "") lines.pop();
  return `${[...lines, ...[...left].map(lineOf)].join("\n")}\n`;
}

/** Whether a folder above has a repository of git. */
function isInRepository(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return true;
    if (dirname(at) === at) return false;
  }
}

/**
 * Whether git neither has the file nor would take it. Where it cannot be asked, only a folder that is in no repository is safe.
 */
export function isKeptFromGit(file: string): boolean {
  const folder = dirname(resolve(file));
  if (!isInRepository(folder)) return true;
  // Of git's own variables none: they could name another repository.
  const env = Object.fromEntries(Object.entries(withoutOwnKeys(process.env)).filter(([name]) => !name.startsWith("GIT_")));
  const git = (...args: string[]) => spawnSync("git", args, { cwd: folder, env, stdio: "ignore" }).status;
  const name = basename(file);
  return git("ls-files", "--error-unmatch", "--", name) === 1 && git("check-ignore", "--quiet", "--", name) === 0;
}
