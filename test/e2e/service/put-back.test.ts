/** What docs/operations.md, "On your own machine", says of a state that is put back, and of a runtime that takes too much. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { leastEnvironment } from "#test/support/cli/command-line.ts";
import { treeOf } from "#test/support/log-by-hand.ts";
import { RestAgent } from "#test/support/rest-agent.ts";
import { Person } from "#test/support/service/person.ts";
import { processesOf, programOf } from "#test/support/service/processes.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

const folder = mkdtempSync(join(tmpdir(), "countersign-put-back-"));
const [stateDir, copy] = [join(folder, "state"), join(folder, "copy")];
let service: Service;
let person: Person;
let agent: RestAgent;

const again = (env: Record<string, string> = {}): Promise<Service> => startService({ port: service.port, stateDir, env });

async function approve(): Promise<number> {
  const { view } = await agent.ask({ action: `Deploy, ${crypto.randomUUID()}`, payload: {} });
  await person.decide(view.approval_url, "approved");
  return (await agent.redeem(view.request_id, {}, "key")).status;
}

async function log(): Promise<{ origin: string; size: number }> {
  const checkpoint = await (await fetch(`${service.origin}/log/checkpoint`)).text();
  return { origin: checkpoint.split("\n")[0] ?? "", size: treeOf(checkpoint).size };
}

beforeAll(async () => {
  service = await startService({ stateDir });
  person = await Person.enrolFirst(service);
  agent = new RestAgent(service.origin, (await person.makeAgent("bot")).key);
  await approve();
  await service.stop();
  cpSync(stateDir, copy, { recursive: true });
});
afterAll(async () => {
  await service?.kill();
  rmSync(folder, { recursive: true });
});

function putBack(): void {
  rmSync(stateDir, { recursive: true });
  cpSync(copy, stateDir, { recursive: true });
}

it("put back whole, it cannot tell: the log goes on from there under the name that it had", async () => {
  service = await again();
  const before = await log();
  expect([await approve(), await log()]).toEqual([200, { origin: before.origin, size: before.size + 2 }]);
  await service.stop();
  putBack();
  service = await again();
  expect(await log()).toEqual(before);
  await service.stop();
});

it("frozen before it is started, it goes on in another log", async () => {
  putBack();
  const freeze = ["d1", "execute", "DB", "--local", "--persist-to", stateDir, "--command", "UPDATE log SET state = 'frozen'"];
  const env = { ...leastEnvironment(), HOME: folder, WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false" };
  execFileSync(process.execPath, [WRANGLER, ...freeze], { cwd: ROOT, env, stdio: "pipe" });
  const origin = `localhost:${service.port}/log/2`;
  service = await again({ LOG_ORIGIN: origin });
  // Its genesis, and the passkey that stands.
  expect(await log()).toEqual({ origin, size: 2 });
  expect(await approve()).toBe(200);
});

it("a runtime that is killed, as by a limit of its memory, ends the service with 1, for whatever starts it again", async () => {
  const { group } = service;
  const runtime = processesOf(group).find((pid) => programOf(pid) === "workerd");
  expect(runtime).toBeDefined();
  process.kill(runtime ?? Number.NaN, "SIGKILL");
  expect(await service.ended).toBe(1);
  expect(service.stderr.join("\n")).toContain("countersign: the runtime ended with code 1");
  expect(processesOf(group)).toEqual([]);
  service = await again();
  expect(await approve()).toBe(200);
});
