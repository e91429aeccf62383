/**
 * The gates of pipelines as they are published: each script of ci/github/action.yml, of the GitLab component and of ci/shell/gate.sh runs
 * here, with the command line against the running service, and a person who decides.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CountersignClient } from "#countersign/sdk/client.ts";
import { leastEnvironment, MAIN } from "#test/support/cli/command-line.ts";
import { GithubJob } from "#test/support/ci/github-runner.ts";
import { fillIn } from "#test/support/ci/expressions.ts";
import { componentJob, runGitlabJob } from "#test/support/ci/gitlab-runner.ts";
import { JobLog, runScript } from "#test/support/ci/job-shell.ts";
import { PipelineRepository } from "#test/support/ci/pipeline-repository.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const COMMAND = `${process.execPath} ${MAIN}`;
const CHANGED = 6;

const folder = mkdtempSync(join(tmpdir(), "countersign-ci-"));
let service: Service;
let person: Person;
let agent: Agent;
let client: CountersignClient;
let vkey: string;
let repository: PipelineRepository;
let runs = 0;
/** A gate that waits for what nobody decides, for as long as the others take. */
let expiring: { repository: PipelineRepository; ended: ReturnType<typeof runScript> };

beforeAll(async () => {
  service = await startService();
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("ci");
  client = new CountersignClient({ url: service.origin, apiKey: agent.key });
  vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
  const unattended = new PipelineRepository(mkdtempSync(join(folder, "unattended-")));
  const args = ["--service", "api", "--environment", "test", "--expires", "30", "--", "sh", "deploy.sh"];
  expiring = { repository: unattended, ended: gate(new JobLog(), unattended.folder, ...args) };
});
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  repository = new PipelineRepository(mkdtempSync(join(folder, "repository-")));
  runs += 1;
});

const requestOf = (url: string): string => new URL(url).pathname.slice("/a/".length);
const found = async (requestId: string) => {
  const answer = await client.wait(requestId, 0);
  if (!answer.ok) throw new Error(answer.refusal.message);
  return answer.value;
};

const GATE = fileURLToPath(new URL("../../../ci/shell/gate.sh", import.meta.url));
/** Runs ci/shell/gate.sh in a checkout. */
const gate = (log: JobLog, cwd: string, ...args: string[]) =>
  runScript(["bash", GATE, ...args], {
    cwd,
    log,
    env: {
      ...leastEnvironment(),
      COUNTERSIGN: COMMAND,
      COUNTERSIGN_URL: service.origin,
      COUNTERSIGN_API_KEY: agent.key,
      COUNTERSIGN_LOG_VKEY: vkey,
      COUNTERSIGN_STATE: join(folder, "state"),
      USER: "kim",
      HOME: folder,
    },
  });

/** What GitHub says of a run. */
const githubFacts = (more: Record<string, string> = {}): Record<string, string> => ({
  GITHUB_SERVER_URL: "https://github.example",
  GITHUB_REPOSITORY: "org/api",
  GITHUB_RUN_ID: String(runs),
  GITHUB_RUN_ATTEMPT: "1",
  GITHUB_JOB: "deploy",
  GITHUB_REF: "refs/heads/main",
  GITHUB_SHA: "0".repeat(40),
  GITHUB_ACTOR: "kim",
  HOME: folder,
  ...more,
});
const githubJob = (more: Record<string, string> = {}): GithubJob =>
  new GithubJob(repository.folder, mkdtempSync(join(folder, "runner-")), githubFacts(more));
const withInputs = (more: Record<string, string> = {}): Record<string, string> => ({
  url: service.origin,
  "api-key": agent.key,
  "log-vkey": vkey,
  command: COMMAND,
  service: "api",
  environment: "production",
  ...more,
});

describe("the action for GitHub", () => {
  it("asks with the facts of the job, deploys once people approved, reports, and leaves a summary and the receipt", async () => {
    const job = githubJob();
    const using = job.use(
      withInputs({
        run: "sh deploy.sh",
        migration: "migration.sql",
        rollback: "None: the column is gone",
        files: "deploy.sh",
        facts: "version=4.2.0\nflag = on",
      }),
    );
    const link = await job.log.link();
    await person.decide(link, "approved", "| **Go** <b>ahead</b>");
    const { succeeded, outcomes, outputs, summary } = await using;
    expect(job.log.text).not.toContain(agent.key);
    expect([succeeded, outcomes]).toEqual([true, { ask: "success", redeem: "success", run: "success", report: "success" }]);
    expect(repository.deployments).toBe(1);
    expect(outputs).toMatchObject({ "request-id": requestOf(link), status: "approved", "approval-url": link });
    expect(await found(requestOf(link))).toMatchObject({ outcome: "succeeded", action: "Deploy api to production" });

    const receipt = JSON.parse(readFileSync(join(repository.folder, outputs["receipt"] ?? ""), "utf8")) as { payload: unknown };
    expect(receipt.payload).toMatchObject({
      type: "countersign/deployment@v1",
      service: "api",
      environment: "production",
      commit: repository.git("rev-parse", "HEAD"),
      ref: "refs/heads/main",
      repository: "org/api",
      actor: "kim",
      run: `https://github.example/org/api/actions/runs/${runs}`,
      rollback: "None: the column is gone",
      facts: { version: "4.2.0", flag: "on" },
      files: [{ path: "deploy.sh" }],
      migrations: [{ dangers: [{ statement: 1, dangers: ["drops what holds data"] }] }],
    });
    expect(summary).toContain("succeeded");
    expect(summary).toContain(`<${link}>`);
    expect(summary).toContain("&#42;&#42;Go&#42;&#42;");
    expect(summary).not.toMatch(/<b>|\| \*\*/);
  });

  it("stops if anything changed after people approved it, and names it; nothing is used up, so that what they approved can still be done", async () => {
    const job = githubJob();
    const given = { migration: "migration.sql" };
    const asked = job.use(withInputs({ phase: "ask", ...given }));
    const link = await job.log.link();
    await person.decide(link, "approved");
    expect((await asked).succeeded).toBe(true);
    const approved = repository.git("rev-parse", "HEAD");
    const redeem = () => job.use(withInputs({ phase: "redeem", ...given, run: "sh deploy.sh" }));

    repository.commit("Second");
    repository.write("migration.sql", "DROP TABLE orders;\n");
    const { succeeded, outcomes, summary } = await redeem();
    expect([succeeded, outcomes["redeem"], outcomes["run"]]).toEqual([false, "failure", "skipped"]);
    for (const place of ["commit", "uncommitted_sha256", "migrations[0].sha256"]) expect(job.log.text).toContain(`$.${place}: was `);
    expect(job.log.text).toContain("::error title=Stopped::");
    expect(summary).toContain("Countersign&#58; stopped");
    expect(repository.deployments).toBe(0);
    expect(await found(requestOf(link))).not.toHaveProperty("redeemed_at");

    repository.git("reset", "--quiet", "--hard", approved);
    expect((await redeem()).succeeded).toBe(true);
    expect(repository.deployments).toBe(1);
  });

  it("hands a request from job to job, where the facts have to be the same; another one’s is not reported", async () => {
    const asking = githubJob();
    const asked = asking.use(withInputs({ phase: "ask" }));
    await person.decide(await asking.log.link(), "approved");
    const { outputs } = await asked;
    const given = { "request-id": outputs["request-id"] ?? "", "payload-hash": outputs["payload-hash"] ?? "" };

    const others = githubJob({ GITHUB_TRIGGERING_ACTOR: "mallory" });
    expect((await others.use(withInputs({ phase: "redeem", ...given }))).succeeded).toBe(false);
    expect(others.log.text).toContain('$.actor: was "kim", is "mallory"');

    const deploying = githubJob({ GITHUB_JOB: "deploy-2" });
    expect((await deploying.use(withInputs({ phase: "redeem", ...given, run: "sh deploy.sh" }))).succeeded).toBe(true);
    const second = githubJob();
    expect((await second.use(withInputs({ phase: "redeem", ...given, run: "sh deploy.sh" }))).succeeded).toBe(false);
    expect(second.log.text).toContain("(already_redeemed)");
    expect((await second.use(withInputs({ phase: "report", ...given, outcome: "failure" }))).succeeded).toBe(true);
    expect(await found(given["request-id"])).not.toHaveProperty("outcome");
    expect((await deploying.use(withInputs({ phase: "report", ...given, outcome: "success" }))).succeeded).toBe(true);
    expect(await found(given["request-id"])).toMatchObject({ outcome: "succeeded" });
    expect(repository.deployments).toBe(1);
  });

  it("stops when people deny it, and says who did and why, as text", async () => {
    const job = githubJob();
    const using = job.use(withInputs({ run: "sh deploy.sh" }));
    await person.decide(await job.log.link(), "denied", "Not on a Friday\n::set-output name=status::approved");
    const { outcomes, outputs, summary } = await using;
    expect(outcomes).toEqual({ ask: "failure", redeem: "skipped", run: "skipped", report: "skipped" });
    expect(outputs["status"]).toBe("denied");
    expect(summary).toContain("Not on a Friday");
    expect(job.log.text).not.toMatch(/^\s*::set-output/m);
    expect(repository.deployments).toBe(0);
  });

  it("says that it failed if it did", async () => {
    const job = githubJob();
    const using = job.use(withInputs({ run: "sh deploy.sh; exit 9" }));
    const link = await job.log.link();
    await person.decide(link, "approved");
    expect((await using).outcomes).toEqual({ ask: "success", redeem: "success", run: "failure", report: "success" });
    expect(await found(requestOf(link))).toMatchObject({ outcome: "failed" });
  });

  it("takes nothing of its inputs for a command, and stops without the log’s key", async () => {
    const job = githubJob();
    const hostile = '"; touch taken; echo "$(touch taken)`touch taken`';
    const using = job.use(withInputs({ service: hostile, facts: `a=${hostile}`, run: "test ! -e taken" }));
    await person.decide(await job.log.link(), "approved");
    expect((await using).succeeded).toBe(true);
    expect((await githubJob().use(withInputs({ "log-vkey": "" }))).outcomes["ask"]).toBe("failure");
  });
});

describe("the component for GitLab", () => {
  const inputs = (): Record<string, string> => ({
    url: service.origin,
    log_vkey: vkey,
    service: "api",
    environment: "production",
    run: "sh deploy.sh",
    command: COMMAND,
  });
  const environment = (): Record<string, string> => ({
    COUNTERSIGN_API_KEY: agent.key,
    CI_COMMIT_SHA: "0".repeat(40),
    CI_COMMIT_REF_NAME: "main",
    CI_PROJECT_PATH: "group/api",
    CI_PROJECT_ID: "7",
    CI_JOB_ID: String(runs),
    CI_PIPELINE_URL: "https://gitlab.example/group/api/-/pipelines/1",
    GITLAB_USER_LOGIN: "kim",
    HOME: folder,
  });

  it("asks, deploys, reports, and leaves what its artifacts name", async () => {
    const job = componentJob(inputs());
    const log = new JobLog();
    const more = { COUNTERSIGN_CI_FACT: "version=4.2.0\nregion=eu" };
    const running = runGitlabJob(job, { checkout: repository.folder, environment: { ...environment(), ...more }, log });
    const link = await log.link();
    await person.decide(link, "approved");
    expect(await running).toMatchObject({ exitCode: 0 });
    expect(repository.deployments).toBe(1);
    expect(await found(requestOf(link))).toMatchObject({ outcome: "succeeded" });
    const kept = job.artifacts.paths.map((path) => readFileSync(join(repository.folder, path), "utf8"));
    expect(JSON.parse(kept[0] ?? "")).toMatchObject({
      payload: { repository: "group/api", actor: "kim", facts: { version: "4.2.0", region: "eu" } },
    });
    expect(kept[1]).toContain(`<${link}>`);
  });

  it("stops if what it prepares is not the same the second time", async () => {
    const log = new JobLog();
    const more = { COUNTERSIGN_PREPARE: "date +%N > made; echo more >> made", COUNTERSIGN_CI_FILE: "made" };
    const running = runGitlabJob(componentJob(inputs()), { checkout: repository.folder, environment: { ...environment(), ...more }, log });
    await person.decide(await log.link(), "approved");
    const { exitCode, printed } = await running;
    expect([exitCode, repository.deployments]).toEqual([CHANGED, 0]);
    expect(printed).toContain("$.files[0].sha256: was ");
    expect(printed).toContain("This job has not redeemed it");
  });

  it("lets nothing into its text that could be more than a word", () => {
    expect(() => componentJob({ ...inputs(), service: 'api"\n  script: [evil]' })).toThrow("does not match its pattern");
    expect(() => componentJob({ ...inputs(), run: "sh $(evil)" })).toThrow("does not match its pattern");
  });
});

describe("the recipe for a shell", () => {
  it("runs the command once people approved, ends as it does, and reports", async () => {
    const log = new JobLog();
    const running = gate(
      log,
      repository.folder,
      "--service",
      "api",
      "--environment",
      "production",
      "--fact",
      "a=b c",
      "--",
      "sh",
      "-c",
      "sh deploy.sh; exit 7",
    );
    const link = await log.link();
    await person.decide(link, "approved");
    expect(await running).toMatchObject({ exitCode: 7 });
    expect(repository.deployments).toBe(1);
    expect(await found(requestOf(link))).toMatchObject({ outcome: "failed" });
    expect(log.text).toContain("Countersign: failed");
  });

  it("ends with 3 if it is denied, and with 2 without a command", async () => {
    const log = new JobLog();
    const denied = gate(log, repository.folder, "--service", "api", "--environment", "production", "--", "sh", "deploy.sh");
    await person.decide(await log.link(), "denied");
    expect((await denied).exitCode).toBe(3);
    expect((await gate(new JobLog(), repository.folder, "--service", "api")).exitCode).toBe(2);
    expect(repository.deployments).toBe(0);
  });
});

it("the README’s sample runs as it is written", async () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const section = readme.slice(readme.indexOf("## In continuous integration"));
  const [, yaml = ""] = /^```yaml\n([^]*?)^```$/m.exec(section) ?? [];
  interface Sample {
    jobs: Record<string, { steps: { uses: string; with?: Record<string, string> }[] }>;
  }
  const { steps } = (parse(yaml) as Sample).jobs["deploy"] ?? { steps: [] };
  expect(steps.map(({ uses }) => uses)).toEqual(["actions/checkout@v5", "your-organisation/countersign/ci/github@v1"]);
  const names = { "secrets.COUNTERSIGN_API_KEY": agent.key, "vars.COUNTERSIGN_LOG_VKEY": vkey };
  const given = Object.entries(steps[1]?.with ?? {}).map(([name, value]) => [name, fillIn(value, names)] as const);
  repository.write("deploy.sh", "#!/bin/sh\necho deployed >> deployed.log\n");
  chmodSync(join(repository.folder, "deploy.sh"), 0o755);
  repository.commit("Executable");
  const job = githubJob();
  // All of it but where the service is: there, it stands for anybody's. The command line is the one that comes with the action.
  const using = job.use({ ...Object.fromEntries(given), url: service.origin });
  await person.decide(await job.log.link(), "approved");
  expect((await using).succeeded).toBe(true);
  expect(repository.deployments).toBe(1);
});

it("the recipe for a shell ends with 4 when nobody decides in time", async () => {
  expect((await expiring.ended).exitCode).toBe(4);
  expect(expiring.repository.deployments).toBe(0);
});
