/** `countersign completion`: what a shell completes is what each command's usage tells, and every command answers in JSON. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { bashScript, fishScript, zshScript } from "#countersign/cli/completion/shell-scripts.ts";
import { withJsonAnswer } from "#countersign/cli/json-answer.ts";
import { wordsOfUsage } from "#countersign/cli/completion/words-of-usage.ts";
import { spawnCommandLine } from "#test/support/cli/command-line.ts";

interface Described {
  name: string;
  about: string;
  parts: string[];
  options: { name: string; value: string | null; about: string }[];
}

/** Commands that take no --json, and why. */
const WITHOUT_JSON: Readonly<Record<string, string>> = {
  connect: "it goes on until it is ended, and says on standard error what happens",
  witness: "it goes on until it is ended; each of its lines is JSON already",
  ci: "its steps answer as their runner takes it: outputs, a state file, a summary",
  hook: "it answers in the form of the tool that starts it",
  payload: "it prints JSON and nothing else",
  run: "standard output is the command's that it runs",
  login: "somebody reads its code and types it elsewhere",
  logout: "it says nothing but that it is done",
};

const folder = mkdtempSync(join(tmpdir(), "countersign-completion-"));
let commands: Described[];
let overview: string;
beforeAll(async () => {
  const [words, help, script] = await Promise.all([
    spawnCommandLine(["completion", "--json"], folder),
    spawnCommandLine(["--help"], folder),
    spawnCommandLine(["completion", "bash"], folder),
  ]);
  ({ commands } = JSON.parse(words.stdout) as { commands: Described[] });
  overview = help.stdout;
  writeFileSync(join(folder, "completion.bash"), script.stdout);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the table of commands", () => {
  it("is told whole in the overview, each with what it does", () => {
    const named = [...overview.matchAll(/^countersign ([a-z-]+)(?: |$)/gm)].map(([, name]) => name);
    expect(named).toEqual(expect.arrayContaining(commands.map(({ name }) => name)));
    expect(commands.filter(({ about }) => !/^[A-Z].*[.;]$/.test(about))).toEqual([]);
  });

  it("has --help and --json everywhere, but for what cannot have it", () => {
    const without = (option: string) =>
      commands.filter(({ options }) => !options.some(({ name }) => name === option)).map(({ name }) => name);
    expect(without("--help")).toEqual([]);
    expect(without("--json").filter((name) => WITHOUT_JSON[name] === undefined)).toEqual([]);
  });
});

test("words of a usage: parts, options in the call and below it, several in a line, and nothing of what is only said", () => {
  const usage = [
    "Usage: countersign things list [options] | show ID [--deep] | ask|redeem (--file FILE | --all) | --none",
    "",
    "Lists things. With --never it would not.",
    "",
    "Options:",
    "  --agent ID, --person ID    or the agent's name",
    "  --tool NAME",
    "  --file FILE                a file, as with --never",
    "                             --never, again",
  ].join("\n");
  const { about, parts, options } = wordsOfUsage(usage);
  expect([about, parts]).toEqual(["Lists things.", ["list", "show", "ask", "redeem"]]);
  expect(options.map(({ name, value, about: said }) => [name, value, said])).toEqual([
    ["--deep", null, ""],
    ["--file", "FILE", "a file, as with --never"],
    ["--all", null, ""],
    ["--none", null, ""],
    ["--agent", "ID", "or the agent's name"],
    ["--person", "ID", "or the agent's name"],
    ["--tool", "NAME", ""],
    ["--help", null, "this text"],
  ]);
});

/** What bash offers at the end of each line. */
function offered(lines: readonly (readonly string[])[]): string[][] {
  const asked = lines.map((words) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _countersign 2>/dev/null; echo "\${COMPREPLY[*]}"`;
  });
  const script = ["set -u", `source ${join(folder, "completion.bash")}`, ...asked].join("\n");
  const said = execFileSync("bash", ["--norc", "--noprofile", "-c", script], { cwd: folder, encoding: "utf8" });
  return said
    .slice(0, -1)
    .split("\n")
    .map((line) => (line === "" ? [] : line.split(" ")));
}

describe("bash, with the script read", () => {
  it("offers every command, and those that begin so", () => {
    const [all = [], some] = offered([
      ["countersign", ""],
      ["countersign", "verify-"],
    ]);
    expect(all.toSorted()).toEqual([...commands.map(({ name }) => name), "--help", "--version"].toSorted());
    expect(some?.toSorted()).toEqual(["verify-bundle", "verify-call", "verify-challenge"]);
  });

  it("offers of each command exactly the options that its usage tells", () => {
    const came = offered(commands.map(({ name }) => ["countersign", name, "--"]));
    expect(came.map((words) => words.toSorted())).toEqual(commands.map(({ options }) => options.map(({ name }) => name).toSorted()));
  });

  it("offers parts first, nothing for a value that it cannot know, and leaves files and what follows -- to others", () => {
    expect(
      offered([
        ["countersign", "completion", ""],
        ["countersign", "policy", "check", ""],
        ["countersign", "request", "--payload", ""],
        ["countersign", "request", "--action", "--"],
        ["countersign", "connect", "files", "--", "--"],
        ["countersign", "nothing", "--"],
      ]),
    ).toEqual([["bash", "zsh", "fish"], [], [], [], [], []]);
  });
});

test("the scripts of all shells hold hostile words of a usage as words", () => {
  const words = wordsOfUsage(
    "Usage: countersign odd [options]\n\nSays 'what' $(touch x) `is`: odd.\n\nOptions:\n  --odd FILE   it's \\ $HOME `x`\n",
  );
  const scripts = [bashScript, zshScript, fishScript].map((make) => make([["odd", words]]));
  writeFileSync(join(folder, "odd.bash"), scripts[0] ?? "");
  execFileSync("bash", ["--norc", "-u", join(folder, "odd.bash")], { cwd: folder });
  execFileSync("bash", ["-n", join(folder, "odd.bash")]);
  expect(scripts[1]).toContain(`'--odd:it'\\''s \\ $HOME \`x\`'`);
  expect(scripts[2]).toContain(`-d 'it\\'s \\\\ $HOME \`x\`'`);
});

describe("--json", () => {
  it.each([
    ["what cannot be asked for", ["verify", "--json"], 2, "unusable_arguments"],
    ["an unknown option", ["stop", "--json", "--release"], 2, "unusable_arguments"],
    ["a shell that there is none for", ["completion", "tcsh", "--json"], 2, "unusable_arguments"],
  ])("answers with an error for %s", async (_, args, exitCode, code) => {
    const ended = await spawnCommandLine(args, folder);
    expect([ended.exitCode, JSON.parse(ended.stdout)]).toEqual([exitCode, { error: { code, message: expect.any(String) } }]);
    expect(ended.stderr).toContain("Usage: countersign");
  });

  it("has the service's code, where one is told", () => {
    const told = { exitCode: 1, stderr: "countersign: You may not see this. (forbidden)\n" };
    expect(JSON.parse(withJsonAnswer(told, false).stdout ?? "")).toEqual({
      error: { code: "forbidden", message: "You may not see this." },
    });
    expect(withJsonAnswer(told, true)).toBe(told);
    expect(withJsonAnswer({ exitCode: 1, stdout: "{}" }, false)).toEqual({ exitCode: 1, stdout: "{}" });
    expect(JSON.parse(withJsonAnswer({ exitCode: 3, stderr: "countersign monitor: it is (not) there\n" }, false).stdout ?? "")).toEqual({
      error: { code: "failed", message: "it is (not) there" },
    });
  });

  it("is another command's behind --", async () => {
    expect(await spawnCommandLine(["connect", "--", "server", "--json"], folder)).toMatchObject({ exitCode: 2, stdout: "" });
  });

  it("of policy init names what was written, and what was there already", async () => {
    const [first, again] = [
      await spawnCommandLine(["policy", "init", "--json"], folder),
      await spawnCommandLine(["policy", "init", "--json"], folder),
    ];
    const written = ["policy.yaml", "policy.cases.yaml", "policy.schema.json"];
    expect([first.exitCode, JSON.parse(first.stdout)]).toEqual([0, { written, tools: null }]);
    expect([again.exitCode, JSON.parse(again.stdout)]).toEqual([
      1,
      { error: { code: "failed", message: expect.stringContaining("there already") } },
    ]);
  });
});

test("--version says which one this is", async () => {
  const { default: manifest } = await import("../../../../packages/countersign/package.json", { with: { type: "json" } });
  expect(await spawnCommandLine(["--version"], folder)).toEqual({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: "" });
});
