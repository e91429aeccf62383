/** What agents' tools tell their hooks is read strictly, and settings are added to what is there. */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hookCommand } from "#countersign/cli/hook/hook.ts";
import { mergedSettings } from "#countersign/cli/hook/install.ts";
import { payloadOfCall, readCall } from "#countersign/cli/hook/read-call.ts";
import { hookSettings } from "#countersign/cli/hook/settings.ts";
import { HOOK_TOOLS } from "#countersign/cli/hook/tools.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { type FixtureMoment, HOOK_FIXTURES, inputMember, reasonIn, runHook } from "#test/support/cli/hook-fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-hooks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const toolOf = (name: string) => {
  const tool = HOOK_TOOLS.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  return tool;
};
const NOWHERE = { COUNTERSIGN_URL: "https://gate.example.com", COUNTERSIGN_STATE: join(folder, "state") };

it("has a fixture of every tool, with where its form is documented and when that was read", () => {
  expect(HOOK_FIXTURES.map(({ tool }) => tool).toSorted()).toEqual(HOOK_TOOLS.map(({ name }) => name).toSorted());
  for (const { source, date } of HOOK_FIXTURES) {
    expect(source).toMatch(/^https:/);
    expect(date).toMatch(/^20\d\d-\d\d-\d\d$/);
  }
});

describe.each(HOOK_FIXTURES)("a call of $tool", (fixture) => {
  const tool = toolOf(fixture.tool);
  const read = (moment: FixtureMoment, document: unknown) => readCall(tool, JSON.stringify(document), fixture.events?.[moment]);

  it("is read as it is documented, before and after", () => {
    const before = read("before", fixture.before);
    if (!before.ok) throw new Error(before.refusal);
    expect(payloadOfCall(before.value)).toEqual({
      tool: before.value.tool,
      input: fixture.before[inputMember(fixture)],
      cwd: "/home/kim/shop",
    });
    expect(before.value.moment).toBe("before");
    const after = read("after", fixture.after);
    expect(after).toMatchObject({ ok: true, value: { ...before.value, moment: fixture.tool === "codex" ? "unknown" : "succeeded" } });
    if (fixture.failed !== undefined) {
      expect(read("failed", fixture.failed)).toMatchObject({ ok: true, value: { ...before.value, moment: "failed" } });
    }
  });

  it("is blocked where a member is missing or of another kind, and where the event is unknown", async () => {
    const { members } = tool;
    for (const name of [members.session, members.tool, members.input, ...(members.id === null ? [] : [members.id])]) {
      const { [name]: _, ...rest } = fixture.before;
      expect(read("before", rest)).toMatchObject({ ok: false });
      if (name !== members.input) expect(read("before", { ...fixture.before, [name]: 7 })).toMatchObject({ ok: false });
    }
    const named = fixture.events === undefined ? { ...fixture.before, hook_event_name: "toString" } : fixture.before;
    expect(readCall(tool, JSON.stringify(named), "toString")).toMatchObject({ ok: false });
    expect(readCall(tool, JSON.stringify({ ...fixture.before, hook_event_name: undefined }))).toMatchObject({ ok: false });
    for (const garbage of ["", "null", "[]", "{", "\u0000", `{"a":1,"a":2}`]) {
      const { exitCode, stdout, stderr } = await runHook(fixture, "before", garbage, { environment: NOWHERE });
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("no person has declined it");
    }
  });

  it("is blocked with the true reason where the hook has no key", async () => {
    const { exitCode, stdout } = await runHook(fixture, "before", fixture.before, { environment: NOWHERE });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject(fixture.denied);
    expect(reasonIn(fixture, stdout)).toMatch(/no person has declined it\. COUNTERSIGN_API_KEY has to be/);
  });

  it("passes unasked where its settings say so by name", async () => {
    const called = readCall(tool, JSON.stringify(fixture.before), fixture.events?.before);
    const name = called.ok ? called.value.tool : "";
    for (const passed of [name, `${name.slice(0, -1)}*`]) {
      const ended = await runHook(fixture, "before", fixture.before, { environment: {}, args: ["--pass", `x,${passed}`] });
      expect([ended.exitCode, ended.stdout.includes("deny"), ended.stderr]).toEqual([0, false, ""]);
    }
    const other = await runHook(fixture, "before", fixture.before, { environment: {}, args: ["--pass", name.slice(0, -1)] });
    expect(JSON.parse(other.stdout)).toMatchObject(fixture.denied);
  });

  it("has settings that are added to what is there, once, and take nothing out", async () => {
    const { file, content } = hookSettings(tool);
    const cwd = mkdtempSync(join(folder, "project-"));
    const install = (...more: string[]) => runCommand(hookCommand, ["install", fixture.tool, ...more], cwd);
    expect(await install()).toMatchObject({
      exitCode: 0,
      stdout: typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`,
    });
    expect(await install("--write")).toMatchObject({ exitCode: 0 });
    const written = readFileSync(join(cwd, file), "utf8");
    expect(await install("--write")).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(cwd, file), "utf8")).toBe(written);
    if (typeof content === "string") {
      writeFileSync(join(cwd, file), "export const Other = 1;\n");
      expect(await install("--write")).toMatchObject({ exitCode: 1, stdout: "" });
      expect(readFileSync(join(cwd, file), "utf8")).toBe("export const Other = 1;\n");
      return;
    }
    expect(JSON.parse(written)).toEqual(content);
    const [event = ""] = Object.keys(content.hooks);
    const own = { hooks: { [event]: [{ command: "mine" }], Other: [] }, model: "x" };
    const merged = mergedSettings(JSON.stringify(own), content);
    const after = JSON.parse((merged.ok ? merged.value : null) ?? "{}") as typeof own;
    expect(after).toMatchObject({ model: "x", hooks: { Other: [] } });
    expect(after.hooks[event]).toEqual([{ command: "mine" }, ...(content.hooks[event] ?? [])]);
    for (const unfit of ["// a comment\n{}", "[]", `{"hooks":[]}`, `{"hooks":{"${event}":{}}}`]) {
      mkdirSync(dirname(join(cwd, file)), { recursive: true });
      writeFileSync(join(cwd, file), unfit);
      expect(await install("--write")).toMatchObject({ exitCode: 1, stdout: "" });
      expect(readFileSync(join(cwd, file), "utf8")).toBe(unfit);
    }
  });
});

it("blocks, with 2, what it is called wrongly for", async () => {
  for (const args of [
    [],
    ["other"],
    ["codex", "more"],
    ["codex", "--write"],
    ["codex", "--pass", "*"],
    ["codex", "--wait", "0"],
    ["codex", "--no"],
  ]) {
    expect(await runCommand(hookCommand, args, folder)).toMatchObject({ exitCode: 2, stdout: "" });
  }
});

it("prints what agents are told", async () => {
  expect((await runCommand(hookCommand, ["instructions"], folder)).stdout).toMatch(/^## Calls that need an approval\n/);
});
