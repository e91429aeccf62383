/** `countersign policy init --from`: what it writes for tools in a file, and what it refuses. Servers that others wrote are test/e2e/policies. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { policyCommand } from "#countersign/cli/policy/policy.ts";
import { readPolicyCases } from "#countersign/policy/cases/cases-document.ts";
import { runCases } from "#countersign/policy/cases/run-cases.ts";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import { serverPolicy } from "#countersign/policy/proposing/server-policy.ts";
import { runCommand } from "#test/support/cli/command-line.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "countersign-policy-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const policy = (...args: string[]) => runCommand(policyCommand, args, folder);
const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
const read = (name: string) => readFileSync(join(folder, name), "utf8");

const TOOLS = [
  { name: "get_ticket", annotations: { readOnlyHint: true } },
  { name: "add_comment", annotations: { readOnlyHint: false, idempotentHint: false, openWorldHint: false } },
  { name: "delete_ticket", annotations: { readOnlyHint: true } },
  { name: "frobnicate" },
  { name: "run", inputSchema: { type: "object", properties: { command: { type: "string" } } } },
  { name: "list_rows", annotations: { readOnlyHint: false, openWorldHint: true } },
  { name: "deploy" },
  { name: "get_\u202eworse" },
];

it("writes a rule for each class of tools, with cases that pass, and prints the inventory, the gravest first", async () => {
  write("tickets.json", JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools: TOOLS } }));
  const { exitCode, stdout, stderr } = await policy("init", "--from", "tickets.json");
  expect([exitCode, stderr]).toEqual([0, ""]);
  const rows = stdout
    .split("\n\n")[0]
    ?.split("\n")
    .map((row) => row.split(/ {2,}/));
  expect(rows).toEqual([
    ["Tool", "Hints", "Effect", "Risk", "Why"],
    ["deploy", "none", "require_approval", "critical", 'its name says "deploy"'],
    ["delete_ticket", "read-only", "require_approval", "high", 'its name says "delete"'],
    ["list_rows", "not read-only, open-world", "require_approval", "high", "it says that it changes things, and reaches others"],
    ["run", "none", "require_approval", "high", 'its name says "run"'],
    ["frobnicate", "none", "require_approval", "medium", "its name does not say that it only reads"],
    ["add_comment", "not read-only, not idempotent, not open-world", "require_approval", "low", 'its name says "add"'],
    ["get_ticket", "read-only", "allow", "low", 'its name says "get"'],
    ["get_[U+202E]worse", "none", "deny", "low", "no tool can be called by this name"],
  ]);
  expect(readdirSync(folder).toSorted()).toEqual(["policy.cases.yaml", "policy.schema.json", "policy.yaml", "tickets.json"]);
  expect(await policy("check", "policy.yaml")).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Good: 5 rules\.\n/) });
  expect(await policy("test", "policy.yaml", "policy.cases.yaml")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/9 passed, 0 failed\. Rules reached: 6 of 6\.\n$/),
  });
  expect(read("policy.yaml")).toContain('server: "tickets"');
  expect(read("policy.yaml")).not.toContain("worse");
  expect(await policy("init", "--from", "tickets.json")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("there already") });
});

it("refuses what it cannot read, and writes nothing then", async () => {
  write("other.json", '{"tools":[{"title":"x"}]}');
  write("Überraschung.json", '{"tools":[]}');
  for (const [args, code, said] of [
    [["--from", "other.json"], 1, "holds no answer to tools/list"],
    [["--from", "missing.json"], 2, "is no file and no address"],
    [["--from", "other.json", "--name", "Other"], 2, "--name has to be"],
    [["--from", "tickets", "--url", "http://gate.example.com"], 2, "--url has to be"],
    [["--from", "tickets", "--url", "https://gate.example.com"], 2, "COUNTERSIGN_API_KEY has to be"],
    [["--from", "http://127.0.0.1:59999/mcp", "--name", "tickets"], 1, "it did not answer: ECONNREFUSED"],
    [["small-team", "--from", "other.json"], 2, "give --from, or the name of an example"],
    [["--name", "tickets"], 2, "belong to --from"],
  ] as const) {
    const { exitCode, stdout, stderr } = await policy("init", ...args);
    expect([exitCode, stdout], args.join(" ")).toEqual([code, ""]);
    expect(stderr).toContain(said);
  }
  expect(readdirSync(folder)).toHaveLength(2);
});

it("makes of any tools a policy that may be published, whose cases pass, and lets only what reads pass", () => {
  const name = fc.oneof(
    fc.constantFrom(
      "get_x",
      "delete_x",
      "a",
      "list",
      "deploy-prod",
      "x y",
      "*",
      "",
      "true",
      "null",
      "1",
      "- a",
      "a: b",
      "\u{1f600}",
      "__proto__",
    ),
    fc.string({ maxLength: 140 }),
  );
  const hints = fc.record(
    { readOnlyHint: fc.boolean(), destructiveHint: fc.boolean(), idempotentHint: fc.boolean(), openWorldHint: fc.boolean() },
    { requiredKeys: [] },
  );
  const tools = fc.array(fc.record({ name, annotations: hints }), { maxLength: 12 });
  fc.assert(
    fc.property(tools, (definitions) => {
      const { source, cases, inventory } = serverPolicy("srv", definitions);
      const checked = checkPolicy(source);
      const readCases = readPolicyCases(cases);
      if (!checked.ok || !readCases.ok) throw new Error(`${source}\n${cases}`);
      expect(checked.value.findings.filter(({ level }) => level === "error")).toEqual([]);
      const { results } = runCases(compile(checked.value.document), readCases.value);
      expect(results.flatMap(({ differences }) => differences)).toEqual([]);
      for (const { tool, effect, class: kind } of inventory)
        if (effect === "allow") expect([kind, /^[A-Za-z0-9_./-]+$/.test(tool)]).toEqual(["read-only", true]);
    }),
    { numRuns: 100 },
  );
});
