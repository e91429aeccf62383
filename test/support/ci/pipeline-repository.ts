/** A repository that is deployed by a pipeline: with a commit, a migration, and a script that leaves a trace when it is run. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { leastEnvironment } from "#test/support/cli/command-line.ts";

/** Git as it is on a runner: nobody's own settings. */
const GIT_ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

export class PipelineRepository {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    this.git("init", "--quiet", "--initial-branch=main", ".");
    this.write("deploy.sh", "echo deployed >> deployed.log\n");
    this.write("migration.sql", "ALTER TABLE orders DROP COLUMN note;\n");
    this.commit("First");
  }

  git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.folder, env: { ...leastEnvironment(), ...GIT_ENVIRONMENT } })
      .toString()
      .trim();
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Commits what is there of tracked files and these; gives the commit. */
  commit(message: string): string {
    this.git("add", "deploy.sh", "migration.sql");
    this.git("commit", "--quiet", "--allow-empty", "-m", message);
    return this.git("rev-parse", "HEAD");
  }

  /** How often it was deployed. */
  get deployments(): number {
    const trace = join(this.folder, "deployed.log");
    return existsSync(trace) ? readFileSync(trace, "utf8").split("\n").filter(Boolean).length : 0;
  }
}
