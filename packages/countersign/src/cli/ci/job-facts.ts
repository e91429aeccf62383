/**
 * What a job's platform says of it: GitHub Actions and compatible runners by GITHUB_…, GitLab by CI_… and GITLAB_…, any other shell by its
 * user alone. Whoever may change a job may change these too; what they are is shown to people, who decide.
 */
import type { Surroundings } from "../command.ts";

export interface JobFacts {
  platform: "github" | "gitlab" | "shell";
  /** Of the platform; the checkout says it better where there is one. */
  commit?: string;
  /** A branch or tag. */
  ref?: string;
  repository?: string;
  /** Who started this run, or, of a run that is repeated, who repeated it. */
  actor?: string;
  /** The address of the run: the same for all of its jobs. */
  run?: string;
  /** What no other execution of a job has: the same step tried again is the same. Not shown. */
  execution?: string;
}

/** The members that are there. */
function present(facts: { [Name in keyof JobFacts]: JobFacts[Name] | undefined }): JobFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined && value !== "")) as unknown as JobFacts;
}

/** What the environment says of the job. */
export function jobFactsOf(environment: Surroundings["environment"]): JobFacts {
  const at = (name: string): string | undefined => environment[name];
  if (at("GITHUB_ACTIONS") === "true") {
    const [server, repository, run] = [at("GITHUB_SERVER_URL"), at("GITHUB_REPOSITORY"), at("GITHUB_RUN_ID")];
    return present({
      platform: "github",
      commit: at("GITHUB_SHA"),
      ref: at("GITHUB_REF"),
      repository,
      actor: at("GITHUB_TRIGGERING_ACTOR") || at("GITHUB_ACTOR"),
      run: `${server}/${repository}/actions/runs/${run}`,
      execution: [server, repository, run, at("GITHUB_RUN_ATTEMPT"), at("GITHUB_JOB"), at("GITHUB_ACTION")].join(" "),
    });
  }
  if (at("GITLAB_CI") === "true") {
    return present({
      platform: "gitlab",
      commit: at("CI_COMMIT_SHA"),
      ref: at("CI_COMMIT_REF_NAME"),
      repository: at("CI_PROJECT_PATH"),
      actor: at("GITLAB_USER_LOGIN"),
      run: at("CI_PIPELINE_URL"),
      execution: [at("CI_SERVER_URL"), at("CI_PROJECT_ID"), at("CI_JOB_ID")].join(" "),
    });
  }
  return present({
    platform: "shell",
    commit: undefined,
    ref: undefined,
    repository: undefined,
    actor: at("USER") || at("LOGNAME") || at("USERNAME"),
    run: undefined,
    execution: undefined,
  });
}
