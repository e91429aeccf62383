/** `countersign ci` without a service: the facts of each platform, what of them cannot be had, and what differs between two payloads. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { changedMembers } from "#countersign/cli/ci/changed-members.ts";
import { ciCommand } from "#countersign/cli/ci/ci.ts";
import { readCiInputs } from "#countersign/cli/ci/ci-inputs.ts";
import { jobFactsOf } from "#countersign/cli/ci/job-facts.ts";
import { leastEnvironment, runCommand } from "#test/support/cli/command-line.ts";
import { actionFile } from "#test/support/ci/github-runner.ts";
import { PipelineRepository } from "#test/support/ci/pipeline-repository.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-facts-"));
const bare = mkdtempSync(join(tmpdir(), "countersign-bare-"));
let repository: PipelineRepository;
beforeAll(() => {
  repository = new PipelineRepository(folder);
});
afterAll(() => {
  for (const one of [folder, bare]) rmSync(one, { recursive: true });
});

const ENOUGH = ["--service", "api", "--environment", "production"];
const run = (args: string[], environment: Record<string, string> = {}, cwd = folder) =>
  runCommand(ciCommand, args, cwd, { ...leastEnvironment(), HOME: bare, ...environment });
const payload = async (args: string[] = [], environment: Record<string, string> = {}, cwd = folder): Promise<Record<string, unknown>> => {
  const { exitCode, stdout, stderr } = await run(["payload", ...ENOUGH, ...args], environment, cwd);
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
};

describe("the payload of a deployment", () => {
  it("has the commit that is checked out, whatever the platform says, and what was changed since", async () => {
    const head = repository.git("rev-parse", "HEAD");
    const github = { GITHUB_ACTIONS: "true", GITHUB_SHA: "f".repeat(40) };
    expect(await payload([], github)).toMatchObject({ commit: head });
    expect(await payload([], github)).not.toHaveProperty("uncommitted_sha256");
    repository.write("deploy.sh", "echo other\n");
    const changed = await payload([], github);
    expect(changed).toMatchObject({ commit: head, uncommitted_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    repository.write("deploy.sh", "echo another\n");
    expect((await payload([], github))["uncommitted_sha256"]).not.toBe(changed["uncommitted_sha256"]);
    repository.git("checkout", "--", "deploy.sh");
    expect(await payload([], github, bare)).toMatchObject({ commit: "f".repeat(40) });
  });

  it("is not made of a checkout that git refuses to read", async () => {
    const broken = mkdtempSync(join(tmpdir(), "countersign-broken-"));
    new PipelineRepository(broken).git("update-ref", "-d", "HEAD");
    const { exitCode, stderr } = await run(["payload", ...ENOUGH], { GITHUB_ACTIONS: "true", GITHUB_SHA: "f".repeat(40) }, broken);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("git cannot say which commit this is")]);
    rmSync(broken, { recursive: true });
  });

  it("takes each input as an option or as a variable, the option first", async () => {
    const variables = {
      COUNTERSIGN_CI_SERVICE: "other",
      COUNTERSIGN_CI_FACT: "a=1\n\n b = 2=3 \n",
      COUNTERSIGN_CI_FILE: "deploy.sh\nmigration.sql",
      COUNTERSIGN_CI_ROLLBACK: "",
      USER: "kim",
    };
    expect(await payload([], variables)).toMatchObject({
      service: "api",
      platform: "shell",
      actor: "kim",
      facts: { a: "1", b: "2=3" },
      files: [{ path: "deploy.sh", bytes: 30 }, { path: "migration.sql" }],
    });
    expect(await payload([], variables)).not.toHaveProperty("rollback");
    expect(await payload(["--fact", "c=4"], variables)).toMatchObject({ facts: { c: "4" } });
  });

  it.each<[string, string[], string]>([
    ["no service", ["payload", "--environment", "production"], "--service and --environment"],
    ["a fact without a value", ["payload", ...ENOUGH, "--fact", "a"], "KEY=VALUE"],
    ["a fact twice", ["payload", ...ENOUGH, "--fact", "a=1", "--fact", "a=2"], "given twice"],
    ["a fact that is no member", ["payload", ...ENOUGH, "--fact", "__proto__=1"], "__proto__"],
    ["a file that is not there", ["payload", ...ENOUGH, "--file", "nowhere"], "no such file"],
    ["a plan that is none", ["payload", ...ENOUGH, "--terraform", "deploy.sh"], "not acceptable JSON"],
    ["a word too many", ["payload", ...ENOUGH, "now"], "belong to an option"],
    ["no step", [], "name one of ask, redeem, report, payload"],
    ["no service to ask", ["ask", ...ENOUGH], "COUNTERSIGN_URL"],
    ["too short a time", ["ask", ...ENOUGH, "--expires", "5"], "--expires"],
  ])("refuses %s", async (_, args, says) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect([exitCode, stdout, stderr]).toEqual([2, "", expect.stringContaining(says)]);
  });
});

describe("the facts of a platform", () => {
  it("name who repeats a run, and tell apart what asks", () => {
    const github = {
      GITHUB_ACTIONS: "true",
      GITHUB_ACTOR: "kim",
      GITHUB_TRIGGERING_ACTOR: "sam",
      GITHUB_RUN_ID: "1",
      GITHUB_RUN_ATTEMPT: "1",
    };
    const facts = jobFactsOf(github);
    const again = jobFactsOf({ ...github, GITHUB_RUN_ATTEMPT: "2" });
    expect(facts).toMatchObject({ platform: "github", actor: "sam" });
    expect([again.run === facts.run, again.execution === facts.execution]).toEqual([true, false]);
    expect(jobFactsOf({ GITLAB_CI: "true", GITLAB_USER_LOGIN: "kim" })).toMatchObject({ platform: "gitlab", actor: "kim" });
    expect(jobFactsOf({ GITHUB_ACTIONS: "" })).toEqual({ platform: "shell" });
  });
});

describe("what differs", () => {
  it.each<[unknown, unknown, [string, unknown, unknown][]]>([
    [{ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, []],
    [{ a: 1 }, { a: 2 }, [["$.a", 1, 2]]],
    [
      { a: 1 },
      { b: 1 },
      [
        ["$.a", 1, undefined],
        ["$.b", undefined, 1],
      ],
    ],
    [
      { a: [{ b: "x" }] },
      { a: [{ b: "y" }, 1] },
      [
        ["$.a[0].b", "x", "y"],
        ["$.a[1]", undefined, 1],
      ],
    ],
    [{ a: {} }, { a: [] }, [["$.a", {}, []]]],
    [{ a: null }, { a: {} }, [["$.a", null, {}]]],
    [{ "a b": 1 }, { "a b": "1" }, [['$["a b"]', 1, "1"]]],
  ])("between %j and %j", (was, is, changes) => {
    expect(changedMembers(was as never, is as never).map((one) => [one.place, one.was, one.is])).toEqual(changes);
  });
});

describe("the file that hands a request on", () => {
  const service = { COUNTERSIGN_URL: "https://gate.example.com", COUNTERSIGN_API_KEY: "" };
  const redeem = async (text: string | null, ...more: string[]) => {
    const file = join(bare, "state.json");
    rmSync(file, { force: true });
    if (text !== null) writeFileSync(file, text, { mode: 0o600 });
    return run(["report", ...ENOUGH, "--outcome", "succeeded", "--state", file, ...more], service);
  };

  it("is refused if it is damaged or others may write to it; without it there is nothing to report", async () => {
    for (const text of [
      "",
      "[]",
      '{"request_id":"apr_1"}',
      `{"request_id":"apr_${"a".repeat(32)}","payload_hash":"x"}`,
      '{"request_id":1}',
    ]) {
      expect((await redeem(text)).exitCode).toBe(2);
    }
    expect(await redeem(null)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("nothing to report") as string });
    expect((await redeem(null, "--request-id", "apr_../../x")).stderr).toContain("--request-id");
    const state = join(bare, "open.json");
    writeFileSync(state, "{}");
    chmodSync(state, 0o666);
    expect((await run(["report", "--state", state], service)).stderr).toContain("others may write");
  });
});

describe("what is published", () => {
  it("has every input of the command in the action, and no expression in a script", () => {
    const { inputs, runs } = actionFile();
    const given = runs.steps.flatMap(({ env }) => Object.keys(env));
    const known = readCiInputs([], {});
    expect(known.ok).toBe(true);
    for (const step of runs.steps) expect([step.id, step.run.includes("${{")]).toEqual([step.id, false]);
    const used = runs.steps.flatMap(({ env }) => Object.values(env)).join(" ");
    expect(Object.keys(inputs).filter((name) => !used.includes(`inputs.${name}`) && !["phase"].includes(name))).toEqual([]);
    expect(given.filter((name) => name.startsWith("COUNTERSIGN_CI_")).every((name) => /^COUNTERSIGN_CI_[A-Z_]+$/.test(name))).toBe(true);
  });

  it("names the version of this package where it names one", () => {
    const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
    const { version } = parse(read("packages/countersign/package.json")) as { version: string };
    for (const path of ["ci/gitlab/templates/gate/template.yml", "ci/shell/gate.sh"]) {
      expect([path, [...read(path).matchAll(/countersign@([0-9][\w.-]*)/g)].map(([, named]) => named)]).toEqual([path, [version]]);
    }
  });
});
