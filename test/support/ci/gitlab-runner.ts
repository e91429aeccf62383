/**
 * A runner of GitLab, as far as the gate needs one: fills the inputs of the component into its text, reads it as YAML, and runs script and
 * after_script of its job with sh. Written from GitLab's reference of CI/CD inputs and of job keywords.
 */
import { readFileSync } from "node:fs";
import { parse, parseAllDocuments } from "yaml";
import { leastEnvironment } from "#test/support/cli/command-line.ts";
import { JobLog, runScript } from "./job-shell.ts";

const TEMPLATE = new URL("../../../ci/gitlab/templates/gate/template.yml", import.meta.url);

interface InputSpec {
  default?: string;
  regex?: string;
}

interface GitlabJob {
  variables: Record<string, string>;
  script: string[];
  after_script: string[];
  artifacts: { when: string; paths: string[] };
}

/** The job that the component makes with these inputs; throws where GitLab would make no pipeline. */
export function componentJob(given: Record<string, string>): GitlabJob {
  const text = readFileSync(TEMPLATE, "utf8");
  const header = parseAllDocuments(text)[0]?.toJS() as { spec: { inputs: Record<string, InputSpec> } };
  const { inputs } = header.spec;
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(inputs, name));
  if (unknown.length > 0) throw new Error(`the component has no inputs ${unknown.join(", ")}`);
  const body = text.slice(text.indexOf("\n---\n") + 5).replaceAll(/\$\[\[ inputs\.(\w+) \]\]/g, (_, name: string) => {
    const value = given[name] ?? inputs[name]?.default;
    if (value === undefined) throw new Error(`the input ${name} is missing`);
    if (!new RegExp(inputs[name]?.regex ?? "", "u").test(value)) throw new Error(`the input ${name} does not match its pattern`);
    return value;
  });
  const [job] = Object.values(parse(body) as Record<string, GitlabJob>);
  if (job === undefined) throw new Error("the component has no job");
  return job;
}

export interface GitlabEnded {
  exitCode: number | null;
  printed: string;
}

/** Runs a job's script and then, however it ended, its after_script, each in a shell of its own. */
export async function runGitlabJob(
  job: GitlabJob,
  { checkout, environment, log = new JobLog() }: { checkout: string; environment: Record<string, string>; log?: JobLog },
): Promise<GitlabEnded> {
  const env = { ...leastEnvironment(), GITLAB_CI: "true", ...job.variables, ...environment };
  const at = { cwd: checkout, log };
  const { exitCode, printed } = await runScript(["sh", "-e", "-c", job.script.join("\n")], { ...at, env });
  const after = { ...env, CI_JOB_STATUS: exitCode === 0 ? "success" : "failed" };
  const ended = await runScript(["sh", "-e", "-c", job.after_script.join("\n")], { ...at, env: after });
  return { exitCode, printed: printed + ended.printed };
}
