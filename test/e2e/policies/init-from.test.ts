/** `countersign policy init --from` for servers that others wrote: by their address, and through the gate. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { API_KEY_RANDOM_BYTES, apiKeyFrom } from "#countersign/documents/api-key.ts";
import { policyCommand } from "#countersign/cli/policy/policy.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { gate, type GatedServers } from "#test/support/servers/gated-servers.ts";
import { type PublishedServer, startEverything, startFilesystem } from "#test/support/servers/published-servers.ts";

let everything: PublishedServer;
let files: PublishedServer;
let gated: GatedServers;
beforeAll(async () => {
  [everything, files] = await Promise.all([startEverything(), startFilesystem()]);
  gated = await gate([{ name: "files", url: files.url }]);
});
afterAll(async () => {
  await Promise.all([gated?.stop(), everything?.stop(), files?.stop()]);
});

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "countersign-policy-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const policy = (args: readonly string[], environment: Record<string, string> = {}) => runCommand(policyCommand, args, folder, environment);

/** The rows of the inventory, each as its cells; and a policy that is good, whose cases pass and reach every rule. */
async function begun(args: readonly string[], environment: Record<string, string> = {}): Promise<string[][]> {
  const { exitCode, stdout, stderr } = await policy(["init", "--from", ...args], environment);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(await policy(["check", "policy.yaml"])).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Good: /m) });
  expect(await policy(["test", "policy.yaml", "policy.cases.yaml"])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/ 0 failed\. Rules reached: (\d+) of \1\.\n$/),
  });
  const [table = ""] = stdout.split("\n\n");
  return table
    .split("\n")
    .slice(1)
    .map((row) => row.split(/ {2,}/));
}

const EFFECTS = {
  write_file: ["require_approval", "high"],
  edit_file: ["require_approval", "high"],
  move_file: ["require_approval", "high"],
  create_directory: ["require_approval", "low"],
  read_text_file: ["allow", "low"],
  list_directory: ["allow", "low"],
};

it("lists a server by its address, which keeps sessions", async () => {
  const rows = await begun([everything.url, "--name", "everything"]);
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.find(([tool]) => tool === "echo")?.slice(2, 4)).toEqual(["allow", "low"]);
  expect(readFileSync(join(folder, "policy.yaml"), "utf8")).toContain('server: "everything"');
});

it("lists a server at the gate, of which it says the same as of the server itself", async () => {
  const environment = { COUNTERSIGN_API_KEY: gated.agent.key };
  const through = await begun(["files", "--url", gated.service.origin], environment);
  rmSync(folder, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), "countersign-policy-"));
  const direct = await begun([files.url, "--name", "files"]);
  expect(through).toEqual(direct);
  for (const [tool, terms] of Object.entries(EFFECTS))
    expect([tool, direct.find(([name]) => name === tool)?.slice(2, 4)]).toEqual([tool, terms]);
});

it("says what the gate refuses, and never the key", async () => {
  const key = apiKeyFrom(new Uint8Array(API_KEY_RANDOM_BYTES).fill(7));
  const { exitCode, stderr } = await policy(["init", "--from", "files", "--url", gated.service.origin], { COUNTERSIGN_API_KEY: key });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("initialize was answered with status 401")]);
  expect(stderr).not.toContain(key);
});
