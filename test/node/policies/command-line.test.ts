/** `countersign policy`: what it says, what it writes, and how it ends. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { policyCommand } from "#countersign/cli/policy/policy.ts";
import { runCommand, spawnCommandLine } from "#test/support/cli/command-line.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "countersign-policy-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const policy = (...args: string[]) => runCommand(policyCommand, args, folder);
const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
const read = (name: string) => readFileSync(join(folder, name), "utf8");

const POLICY = `type: countersign/policy@v1
rules:
  - { name: staging, match: { source: call, tool: deploy, when: args.env == "staging" }, effect: allow, risk: low }
  - { name: drops, match: { tool: drop }, effect: deny, message: Never. }
`;
const CASES = `type: countersign/policy-cases@v1
people: [{ username: ada }, { username: bo }]
cases:
  - name: staging passes
    given: { source: call, tool: deploy, args: { env: staging } }
    expect: { rule: staging, effect: allow, risk: low, approvers: [] }
  - name: production <waits>
    given: { source: call, tool: deploy, args: { env: production } }
    expect: { rule: default, effect: require_approval, approvers: [ada, bo], required: 1 }
`;

describe("countersign policy check", () => {
  it("exits 0 for a policy that may be published, and gives its hash", async () => {
    write("policy.yaml", POLICY);
    expect(await policy("check", "policy.yaml")).toEqual({
      exitCode: 0,
      stdout: "Good: 2 rules.\nHash: 34dbb7f460a06669ce9cdd11b366a1c051fa01eb1c4f038f050d70e8ce28defc\n",
      stderr: "",
    });
  });

  it("exits 1 for one that may not, with line, column, code and hint", async () => {
    write("policy.yaml", POLICY.replace("effect: deny", "efect: deny"));
    expect(await policy("check", "policy.yaml")).toEqual({
      exitCode: 1,
      stdout: `policy.yaml:4:5: error: effect is missing here [missing_key] (rules[1])
    add it
policy.yaml:4:43: error: there is no key "efect" here [unknown_key] (rules[1].efect)
    is effect meant?
Not good: 2 errors.
`,
      stderr: "",
    });
  });

  it("says what is not available in this version, and what is only worth a second look", async () => {
    write("policy.yaml", `${POLICY}  - { name: rest, effect: allow, notify: { deny_from_chat: true } }\n`);
    const { exitCode, stdout } = await policy("check", "policy.yaml");
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      "error: deny_from_chat: true is not available in this version [not_available] (rules[2].notify.deny_from_chat)\n",
    );
    expect(stdout).toContain("warning: this lets a tool pass that may do more than read, without any condition [allow_unconditional]");
    expect(stdout).toMatch(/\nNot good: 1 error, 2 warnings\.\n$/);
    write("policy.yaml", `${POLICY}  - { name: rest, effect: allow }\n`);
    expect(await policy("check", "policy.yaml")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("\nGood: 3 rules, 2 warnings.\n"),
    });
  });

  it("says the same as JSON", async () => {
    write("policy.yaml", POLICY.replace("effect: deny", "effect: dney"));
    const { exitCode, stdout } = await policy("check", "policy.yaml", "--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      valid: false,
      hash: null,
      rules: null,
      findings: [
        {
          level: "error",
          code: "bad_value",
          line: 4,
          column: 51,
          path: "rules[1].effect",
          message: "one of allow, require_approval, deny belongs here",
          hint: "is deny meant?",
        },
      ],
    });
  });

  it("shows nothing of a policy that could pass for something else on a terminal", async () => {
    write("policy.yaml", `type: countersign/policy@v1\n"\\e[2Jrules\u202e": []\n`);
    const { stdout } = await policy("check", "policy.yaml");
    expect(stdout).toContain("unknown_key");
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe("countersign policy test", () => {
  it("exits 0 if all cases pass, and says which rules none has reached", async () => {
    write("policy.yaml", POLICY);
    write("cases.yaml", CASES);
    expect(await policy("test", "policy.yaml", "cases.yaml")).toEqual({
      exitCode: 0,
      stdout: `ok     staging passes      allow, staging, low
ok     production <waits>  require_approval, default, high

2 passed, 0 failed. Rules reached: 2 of 3; not drops.
`,
      stderr: "",
    });
  });

  it("exits 1 if one does not, with what was expected and what came, as a table and as JUnit XML", async () => {
    write("policy.yaml", POLICY);
    write("cases.yaml", CASES.replace("rule: default, effect: require_approval", "rule: staging, effect: allow"));
    const { exitCode, stdout } = await policy("test", "policy.yaml", "cases.yaml", "--junit", "report.xml");
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`FAILED production <waits>  require_approval, default, high
         rule: expected staging, came default
         effect: expected allow, came require_approval
`);
    expect(read("report.xml")).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1">
  <testsuite name="cases.yaml" tests="2" failures="1">
    <testcase classname="cases.yaml" name="staging passes"/>
    <testcase classname="cases.yaml" name="production &lt;waits&gt;">
      <failure message="rule: expected staging, came default">rule: expected staging, came default
effect: expected allow, came require_approval</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it("exits 1 if policy or cases are not good", async () => {
    write("policy.yaml", POLICY.replace("args.env ==", "args.env =="));
    write("cases.yaml", CASES.replace("expect:", "expects:"));
    expect(await policy("test", "policy.yaml", "cases.yaml")).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("[unknown_key] (cases[0].expects)"),
    });
    write("policy.yaml", POLICY.replace("args.env == ", "args.env = "));
    expect(await policy("test", "policy.yaml", "cases.yaml")).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("[bad_condition]"),
    });
  });

  it("tests the rest of a policy that has something in it that is not available yet", async () => {
    write("policy.yaml", `${POLICY}defaults: { notify: { deny_from_chat: true } }\n`);
    write("cases.yaml", CASES);
    expect(await policy("test", "policy.yaml", "cases.yaml")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("deny_from_chat: true is not available in this version"),
    });
  });

  it("says the same as JSON", async () => {
    write("policy.yaml", POLICY);
    write("cases.yaml", CASES);
    const { stdout } = await policy("test", "policy.yaml", "cases.yaml", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      passed: true,
      results: [
        { name: "staging passes", differences: [], judgement: { rule: "staging", effect: "allow" } },
        { name: "production <waits>" },
      ],
      coverage: [
        { rule: "staging", cases: 1 },
        { rule: "drops", cases: 0 },
        { rule: "default", cases: 1 },
      ],
    });
  });
});

describe("countersign policy init", () => {
  it.each(["small-team", "regulated-team", "agent-platform"])("writes a policy that is good, with cases that pass: %s", async (name) => {
    expect(await policy("init", name)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readdirSync(folder).toSorted()).toEqual(["policy.cases.yaml", "policy.schema.json", "policy.yaml"]);
    expect(read("policy.yaml")).toMatch(/^# yaml-language-server: \$schema=\.\/policy\.schema\.json\n/);
    const kept = readFileSync(new URL("../../../schemas/policy.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(read("policy.schema.json"))).toEqual(JSON.parse(kept));
    expect(await policy("check", "policy.yaml")).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Good: \d+ rules\.\n/) });
    const tested = await policy("test", "policy.yaml", "policy.cases.yaml");
    expect(tested).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/Rules reached: (\d+) of \1\.\n$/) });
  });

  it("writes the one for a small team if none is named, and over nothing", async () => {
    expect(await policy("init")).toMatchObject({ exitCode: 0 });
    write("policy.yaml", "mine");
    rmSync(join(folder, "policy.schema.json"));
    expect(await policy("init", "regulated-team")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "countersign policy: policy.yaml, policy.cases.yaml: there already; nothing was written\n",
    });
    expect([read("policy.yaml"), readdirSync(folder).length]).toEqual(["mine", 2]);
  });
});

describe("unusable arguments", () => {
  it.each([
    [[]],
    [["release"]],
    [["check"]],
    [["check", "a", "b"]],
    [["check", "nowhere.yaml"]],
    [["check", "policy.yaml", "--strict"]],
    [["test", "policy.yaml"]],
    [["test", "policy.yaml", "nowhere.yaml"]],
    [["test", "policy.yaml", "cases.yaml", "--junit", "no/such/folder.xml"]],
    [["init", "large-team"]],
    [["init", "small-team", "here"]],
  ])("exit 2: %j", async (args) => {
    write("policy.yaml", POLICY);
    write("cases.yaml", CASES);
    const ended = await policy(...args);
    expect(ended).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^countersign policy: .+\n\nUsage: countersign policy check FILE/);
  });

  it("a file that is not UTF-8 is none", async () => {
    writeFileSync(join(folder, "policy.yaml"), Buffer.from([0xff, 0xfe]));
    expect(await policy("check", "policy.yaml")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("policy.yaml is not UTF-8"),
    });
  });
});

it("is a command of the command line", async () => {
  write("policy.yaml", POLICY);
  const [checked, help] = [
    await spawnCommandLine(["policy", "check", "policy.yaml"], folder),
    await spawnCommandLine(["policy", "--help"], folder),
  ];
  expect(checked).toEqual(await policy("check", "policy.yaml"));
  expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Usage: countersign policy check FILE/) });
});
