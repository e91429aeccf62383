/** The commands of an agent where a policy lets things pass: which tool is asked about, and that nothing is used that no person approved. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { redeemCommand } from "#countersign/cli/approvals/redeem.ts";
import { request } from "#countersign/cli/approvals/request.ts";
import { wait } from "#countersign/cli/approvals/wait.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { stubService } from "#test/support/service/stub-service.ts";

const COMMANDS = { request, wait, redeem: redeemCommand };
const folder = mkdtempSync(join(tmpdir(), "countersign-basis-"));
afterAll(() => rmSync(folder, { recursive: true }));

let service: StubCountersign;
let served: Awaited<ReturnType<typeof stubService>>;
beforeEach(async () => {
  service = new StubCountersign();
  served = await stubService(async ({ method, path, headers, body }) => {
    const sent = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    const own = await service.fetch(`${service.url}${path}`, { method, headers: sent, ...(method === "POST" && { body }) });
    return { status: own.status, body: await own.text() };
  });
});
afterEach(() => served.close());

const run = (command: keyof typeof COMMANDS, ...args: string[]) =>
  runCommand(COMMANDS[command], args, folder, {
    COUNTERSIGN_URL: served.url,
    COUNTERSIGN_API_KEY: service.apiKey,
    COUNTERSIGN_STATE: folder,
  });

/** What is asked about a tool, and then let pass. */
async function passed(): Promise<string> {
  const tool = ["--tool", "deploy_service", "--server", "ci"];
  const { stdout } = await run("request", "--action", "Deploy", "--payload-json", "{}", "--wait", "0", "--json", ...tool);
  const { request_id: id } = JSON.parse(stdout) as { request_id: string };
  service.letPass(id, { rule: "staging" });
  return id;
}

it("request says which tool of which server it is about", async () => {
  await passed();
  expect(service.calls[0]?.body).toMatchObject({ action: "Deploy", tool: "deploy_service", server: "ci" });
});

it("redeem uses nothing that no person has approved, unless that is allowed by name", async () => {
  const id = await passed();
  const redeem = ["redeem", id, "--payload-json", "{}"] as const;
  for (const allowed of [[], ["--allow-basis", "timeout,grant"]]) {
    const refused = await run(...redeem, ...allowed);
    expect([refused.exitCode, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("No person has approved this: it passed by policy");
    expect(refused.stderr).toContain("(basis_not_allowed)");
  }
  expect(service.calls.filter(({ path }) => path.endsWith("/redeem"))).toEqual([]);
  const redeemed = await run(...redeem, "--allow-basis", "policy");
  expect([redeemed.exitCode, redeemed.stdout.split("\n")[0]]).toEqual([0, "Redeemed: Deploy"]);
  expect(redeemed.stdout).toContain("Basis      policy, no person has approved it\n");
  expect(redeemed.stdout).toContain("Rule       staging\n");
});

it("wait tells what it rests on", async () => {
  const { exitCode, stdout } = await run("wait", await passed(), "--wait", "0");
  expect(exitCode).toBe(0);
  expect(stdout).toContain("Basis      policy, no person has approved it\n");
});

it.each([
  ["request", "--action", "Deploy", "--payload-json", "{}"],
  ["wait", "apr_1"],
  ["redeem", "apr_1", "--payload-json", "{}"],
] as const)("%s refuses a basis that there is not, and asks nothing", async (command, ...args) => {
  const { exitCode, stderr } = await run(command, ...args, "--allow-basis", "policy,habit");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("--allow-basis names policy, grant or timeout, with commas between them");
  expect(service.calls).toEqual([]);
});
