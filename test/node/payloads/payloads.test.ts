/** Ready payloads: what they say of a plan, a difference and a migration, what they never say, and that they fit whatever they are given. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { payloadCommand } from "#countersign/cli/payloads/payload.ts";
import { kubernetesPayload } from "#countersign/cli/payloads/kubernetes-diff.ts";
import { migrationPayload } from "#countersign/cli/payloads/migration-file.ts";
import { dangersOf, statementsOf } from "#countersign/cli/payloads/sql-statements.ts";
import { terraformPayload } from "#countersign/cli/payloads/terraform-plan.ts";
import { utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonObject, readPayload } from "#countersign/json/canonical-json.ts";
import type { Result } from "#countersign/result.ts";
import { runCommand } from "#test/support/cli/command-line.ts";

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));
const fixture = (name: string): string => readFileSync(`${FIXTURES}/${name}`, "utf8");
const made = (result: Result<JsonObject, string>): JsonObject => {
  if (!result.ok) throw new Error(result.refusal);
  return result.value;
};
const sizeOf = (payload: JsonObject): number => utf8(canonicalize(payload)).length;

describe("a Terraform plan", () => {
  it("is said by what each resource comes to, what is lost first, and without what is sensitive", () => {
    const payload = made(terraformPayload(fixture("plan.json")));
    expect(payload).toEqual({
      type: "countersign/terraform-plan@v1",
      terraform_version: "1.9.8",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      counts: { update: 1, replace: 1, destroy: 1 },
      outputs: { endpoint: "update" },
      resources: [
        {
          address: "aws_db_instance.orders",
          action: "replace",
          reason: "replace_because_cannot_update",
          attributes: { name: { from: "orders", to: "orders2" }, password: "(sensitive, not shown)", users: "(sensitive, not shown)" },
        },
        { address: "aws_iam_role.old", action: "destroy", attributes: { name: { from: "old", to: null } } },
        {
          address: "aws_instance.web",
          action: "update",
          attributes: { instance_type: { from: "t3.small", to: "t3.large" }, public_ip: { from: null, to: "(known after apply)" } },
        },
      ],
    });
    expect(JSON.stringify(payload)).not.toMatch(/hunter2|tok-|secret-endpoint/);
  });

  it("shows an action that it does not know, and one that only moves or imports", () => {
    const change = (actions: string[], more: object = {}) => ({
      address: "a.b",
      type: "a",
      change: { actions, before: {}, after: {}, ...more },
    });
    const plan = (entry: object) => JSON.stringify({ format_version: "1.9", resource_changes: [entry] });
    const actionOf = (entry: object) => (made(terraformPayload(plan(entry)))["resources"] as JsonObject[])[0]?.["action"];
    expect(actionOf(change(["explode"]))).toBe("explode");
    expect(actionOf(change(["constructor"]))).toBe("constructor");
    expect(actionOf(change(["no-op"], { importing: { id: "x" } }))).toBe("import");
    expect(actionOf({ ...change(["no-op"]), previous_address: "a.c" })).toBe("move");
  });

  it.each([
    ["no JSON", "terraform", "not acceptable JSON"],
    ["another version", '{"format_version":"2.0"}', "only 1.x is known"],
    ["a plan that was not finished", '{"format_version":"1.2","errored":true}', "errored"],
    ["no list", '{"format_version":"1.2","resource_changes":{}}', "not a list"],
    ["an entry without actions", '{"format_version":"1.2","resource_changes":[{"address":"a"}]}', "not of this format"],
  ])("refuses %s", (_, text, says) => {
    expect(terraformPayload(text)).toEqual({ ok: false, refusal: expect.stringContaining(says) as string });
  });

  it("leaves out step by step what does not fit, and says so", () => {
    const resources = (count: number, length: number) =>
      JSON.stringify({
        format_version: "1.2",
        resource_changes: Array.from({ length: count }, (_, n) => ({
          address: `a.${"n".repeat(length)}${n}`,
          change: { actions: [n === count - 1 ? "delete" : "create"], before: null, after: { text: "x".repeat(2_000) } },
        })),
      });
    const some = made(terraformPayload(resources(100, 10)));
    expect([some["resources"], some["left_out"]]).toMatchObject([{ length: 100 }, expect.stringContaining("attributes")]);
    const many = made(terraformPayload(resources(3_000, 500)));
    expect(many["left_out"]).toContain("40 of 3000");
    expect((many["resources"] as JsonObject[])[0]).toMatchObject({ action: "destroy" });
    expect([sizeOf(some) <= 60_000, sizeOf(many) <= 60_000, readPayload(many).ok]).toEqual([true, true, true]);
  });
});

describe("what kubectl diff prints", () => {
  it("is said by objects, with their lines, and no values of secrets", () => {
    const payload = made(kubernetesPayload(fixture("kubectl.diff")));
    expect(payload).toEqual({
      type: "countersign/kubernetes-diff@v1",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      counts: { update: 2, create: 1 },
      objects: [
        {
          api_version: "apps/v1",
          kind: "Deployment",
          namespace: "shop",
          name: "api.web",
          change: "update",
          lines_added: 2,
          lines_removed: 1,
          diff: "@@ -4,3 +4,4 @@\n spec:\n-  replicas: 2\n+  replicas: 3\n+--- not a header\n   paused: false",
        },
        {
          api_version: "v1",
          kind: "Secret",
          namespace: "shop",
          name: "db",
          change: "update",
          lines_added: 3,
          lines_removed: 1,
          diff: "@@ -1,2 +1,4 @@\n data: (not shown)\n-  password: (not shown)\n+  password: (not shown)\n+  note: (not shown)\n+ (not shown)",
        },
        {
          api_version: "v1",
          kind: "Namespace",
          name: "demo",
          change: "create",
          lines_added: 2,
          lines_removed: 0,
          diff: "@@ -0,0 +1,2 @@\n+apiVersion: v1\n+kind: Namespace",
        },
      ],
    });
  });

  it("is the same whenever it is taken, and another one for another value, also of a secret", () => {
    const text = fixture("kubectl.diff");
    const later = text.replaceAll("LIVE-1234567", "LIVE-999").replaceAll("MERGED-7654321", "MERGED-1").replaceAll("01:00:00", "02:30:00");
    expect(kubernetesPayload(later)).toEqual(kubernetesPayload(text));
    const other = made(kubernetesPayload(text.replace("aHVudGVyMw==", "aHVudGVyNA==")));
    expect(other["sha256"]).not.toBe(made(kubernetesPayload(text))["sha256"]);
  });

  it("refuses what is none, and says that nothing would change where it is empty", () => {
    expect(kubernetesPayload("error: you must be logged in\n").ok).toBe(false);
    expect(kubernetesPayload("--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n").ok).toBe(false);
    expect(kubernetesPayload("--- /v1.Pod.a.b\n").ok).toBe(false);
    expect(made(kubernetesPayload(""))).toMatchObject({ counts: {}, objects: [] });
  });

  it("leaves out step by step what does not fit, and says so", () => {
    const object = (n: number, length: number) =>
      `--- /x/v1.ConfigMap.a.c${n}\n+++ /y/v1.ConfigMap.a.c${n}\n@@ -1 +1 @@\n-${"x".repeat(length)}\n+y\n`;
    const all = (count: number, length: number) =>
      made(kubernetesPayload(Array.from({ length: count }, (_, n) => object(n, length)).join("")));
    expect(all(100, 1_000)).toMatchObject({ objects: { length: 100 }, left_out: expect.stringContaining("lines are left out") as string });
    const many = all(2_000, 10);
    expect([many["left_out"], sizeOf(many) <= 60_000]).toEqual([expect.stringContaining("60 of 2000"), true]);
  });
});

describe("a migration", () => {
  it("is said by its statements and what is dangerous in them", () => {
    const payload = migrationPayload(fixture("migration.sql"), { file: "m.sql", target: "orders" });
    expect(payload).toMatchObject({
      type: "countersign/migration@v1",
      file: "m.sql",
      target: "orders",
      bytes: utf8(fixture("migration.sql")).length,
      statement_count: 8,
      dangers: [
        { statement: 3, dangers: ["drops what holds data"] },
        { statement: 4, dangers: ["deletes rows, and no condition says which"] },
        { statement: 5, dangers: ["deletes rows"] },
        { statement: 6, dangers: ["changes rows, and no condition says which"] },
        { statement: 8, dangers: ["changes who may do what"] },
      ],
    });
    expect((payload["statements"] as string[])[7]).toBe('/* nothing */ ;\nGRANT ALL ON notes TO "drop; table"'.slice(15).trim());
  });

  it.each<[string, string[]]>([
    ["a; b;; -- c;\n", ["a", "b"]],
    ["select 'it''s;'; select $$ ; $$; select `;`", ["select 'it''s;'", "select $$ ; $$", "select `;`"]],
    ["select 'open; to the end", ["select 'open; to the end"]],
    ["/* open; to the end", []],
    ["", []],
  ])("splits %j", (sql, statements) => {
    expect(statementsOf(sql)).toEqual(statements);
  });

  it.each<[string, string | undefined]>([
    ["select 1", undefined],
    ["select 'DROP TABLE a'", undefined],
    ["DR/**/OP TABLE a", undefined],
    ["drop\n table a", "drops what holds data"],
    ["/*!50000 DROP TABLE a */", "drops what holds data"],
    ["TRUNCATE a", "empties a table"],
    ["alter table a alter column b type int", "changes the type of a column"],
    ["alter table a rename to b", "renames"],
  ])("finds in %j: %s", (sql, danger) => {
    expect(dangersOf(sql)[0]).toBe(danger);
  });

  it("leaves out step by step what does not fit, and says so", () => {
    const long = migrationPayload(`${"INSERT INTO a VALUES (1);\n".repeat(5_000)}DROP TABLE a;`, { file: "m.sql" });
    expect(long).toMatchObject({ statement_count: 5_001, statements: ["5001: DROP TABLE a"], dangerous_count: 1 });
    const dangerous = migrationPayload(`DROP TABLE ${"é".repeat(2_000)};\n`.repeat(500), { file: "m".repeat(5_000) }, 12_000);
    expect([dangerous["left_out"], sizeOf(dangerous) <= 12_000]).toEqual([expect.stringContaining("too large"), true]);
  });
});

describe("countersign payload", () => {
  const run = (...args: string[]) => runCommand(payloadCommand, args, FIXTURES);

  it("prints one of each kind, which a request takes", async () => {
    for (const [kind, file] of [
      ["terraform", "plan.json"],
      ["kubernetes", "kubectl.diff"],
      ["migration", "migration.sql"],
    ] as const) {
      const { exitCode, stdout } = await run(kind, file);
      expect([exitCode, readPayload(JSON.parse(stdout) as JsonObject).ok]).toEqual([0, true]);
    }
  });

  it("exits 1 for what is not of that kind, and 2 for what it does not know", async () => {
    expect(await run("terraform", "migration.sql")).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await run("terraform", "nowhere.json")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("no such file") as string,
    });
    for (const args of [
      [],
      ["helm", "plan.json"],
      ["terraform"],
      ["terraform", "plan.json", "more"],
      ["terraform", "plan.json", "--target", "a"],
    ]) {
      expect((await run(...args)).exitCode).toBe(2);
    }
  });
});
