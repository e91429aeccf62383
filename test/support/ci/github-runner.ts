/**
 * A runner of GitHub Actions, as far as the gate needs one: runs the steps of ci/github/action.yml with bash, each with its environment
 * and nothing else of this process, and with the files that a runner gives them. Written from GitHub's reference of metadata and of
 * workflow commands.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { leastEnvironment } from "#test/support/cli/command-line.ts";
import { fillIn, isToRun, type Names } from "./expressions.ts";
import { JobLog, runScript } from "./job-shell.ts";

const ACTION_FOLDER = fileURLToPath(new URL("../../../ci/github", import.meta.url));

interface ActionStep {
  id: string;
  if?: string;
  shell: string;
  env: Record<string, string>;
  run: string;
}

interface ActionFile {
  inputs: Record<string, { default?: string; required?: boolean }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: ActionStep[] };
}

export const actionFile = (): ActionFile => parse(readFileSync(join(ACTION_FOLDER, "action.yml"), "utf8")) as ActionFile;

export interface ActionEnded {
  succeeded: boolean;
  /** How each step ended: success, failure or skipped. */
  outcomes: Record<string, string>;
  outputs: Record<string, string>;
  summary: string;
}

const prefixed = (prefix: string, values: Record<string, string>): Names =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));

/** One job of a run: a checkout, and a folder that is empty when it begins. */
export class GithubJob {
  readonly log = new JobLog();
  readonly #checkout: string;
  readonly #temporary: string;
  readonly #environment: Record<string, string>;
  #steps = 0;

  constructor(checkout: string, folder: string, environment: Record<string, string>) {
    this.#checkout = checkout;
    this.#temporary = folder;
    mkdirSync(folder, { recursive: true });
    this.#environment = environment;
  }

  /** Runs the action with these inputs. */
  async use(given: Record<string, string>): Promise<ActionEnded> {
    const { inputs, outputs, runs } = actionFile();
    const unknown = Object.keys(given).filter((name) => !Object.hasOwn(inputs, name));
    if (unknown.length > 0) throw new Error(`the action has no inputs ${unknown.join(", ")}`);
    const names: Record<string, string> = {};
    for (const [name, { default: preset = "" }] of Object.entries(inputs)) names[`inputs.${name}`] = given[name] ?? preset;
    const outcomes: Record<string, string> = {};
    let [hasFailed, summary] = [false, ""];
    for (const step of runs.steps) {
      const ended = isToRun(step.if, names, hasFailed) ? await this.#run(step, names) : { outcome: "skipped", summary: "", outputs: {} };
      hasFailed ||= ended.outcome === "failure";
      outcomes[step.id] = ended.outcome;
      summary += ended.summary;
      Object.assign(names, prefixed(`steps.${step.id}.outputs.`, ended.outputs), { [`steps.${step.id}.outcome`]: ended.outcome });
    }
    const told = Object.entries(outputs).map(([name, { value }]) => [name, fillIn(value, names)] as const);
    return { succeeded: !hasFailed, outcomes, outputs: Object.fromEntries(told), summary };
  }

  async #run(step: ActionStep, names: Names): Promise<{ outcome: string; summary: string; outputs: Record<string, string> }> {
    if (step.shell !== "bash") throw new Error(`no shell ${step.shell} here`);
    const place = (name: string): string => join(this.#temporary, `${name}-${this.#steps}`);
    this.#steps += 1;
    const [script, output, summary] = [place("script.sh"), place("output"), place("summary")];
    // Expressions in a script are filled in before bash reads it, as a runner does.
    writeFileSync(script, fillIn(step.run, names));
    for (const file of [output, summary]) writeFileSync(file, "");
    const own = Object.entries(step.env).map(([name, value]) => [name, fillIn(value, names)] as const);
    const env = {
      ...leastEnvironment(),
      ...this.#environment,
      GITHUB_ACTIONS: "true",
      GITHUB_ACTION: step.id,
      GITHUB_ACTION_PATH: ACTION_FOLDER,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      RUNNER_TEMP: this.#temporary,
      ...Object.fromEntries(own),
    };
    const { exitCode } = await runScript(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script], {
      cwd: this.#checkout,
      env,
      log: this.log,
    });
    const lines = readFileSync(output, "utf8").split("\n").filter(Boolean);
    return {
      outcome: exitCode === 0 ? "success" : "failure",
      summary: readFileSync(summary, "utf8"),
      outputs: Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])),
    };
  }
}
