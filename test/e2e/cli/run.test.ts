/** `countersign run` as processes, against the running service, with a person who decides: killed while it waits, and gone on with. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { leastEnvironment, MAIN } from "#test/support/cli/command-line.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-run-"));
const noted = join(folder, "noted");
let service: Service;
let person: Person;
let agent: Agent;
beforeAll(async () => {
  service = await startService();
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("ci");
});
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
  rmSync(folder, { recursive: true });
});

const NOTE = `require("node:fs").appendFileSync(${JSON.stringify(noted)}, process.argv.slice(1).join() + "\\n"); console.log("ran"); process.exit(5)`;

/** The process, on its way. */
function start(...options: string[]) {
  const env = {
    ...leastEnvironment(),
    COUNTERSIGN_URL: service.origin,
    COUNTERSIGN_API_KEY: agent.key,
    COUNTERSIGN_STATE: join(folder, "kept"),
  };
  const command = [process.execPath, MAIN, "run", ...options, "--", process.execPath, "-e", NOTE, "two words"];
  const child = spawn(command[0] ?? "", command.slice(1), { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const asked = new Promise<string>((resolve) =>
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      const [url] = /http\S+\/a\/apr_[\w-]+/.exec(stderr) ?? [];
      if (url !== undefined) resolve(url);
    }),
  );
  const ended = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number | null, stdout, stderr }));
  return { child, asked, ended };
}

it("runs it once, after a death while it waited, with its output and its exit code; and reports that it failed", async () => {
  const state = join(folder, "state.json");
  const killed = start("--state", state);
  const url = await killed.asked;
  await expect.poll(() => existsSync(state)).toBe(true);
  killed.child.kill("SIGKILL");
  await killed.ended;
  await person.decide(url, "approved");
  expect(existsSync(noted)).toBe(false);

  const receipt = join(folder, "receipt.json");
  expect(await start("--state", state, "--receipt", receipt).ended).toMatchObject({
    exitCode: 5,
    stdout: "ran\n",
    stderr: expect.stringContaining("going on with apr_") as string,
  });
  expect(readFileSync(noted, "utf8")).toBe("two words\n");
  expect(existsSync(state)).toBe(false);
  expect(JSON.parse(readFileSync(receipt, "utf8"))).toMatchObject({ type: "countersign/receipt@v1" });
  const view = await fetch(`${service.origin}/api/v1/approvals/${url.split("/").at(-1)}`, { headers: { "x-api-key": agent.key } });
  expect(await view.json()).toMatchObject({ status: "approved", outcome: "failed" });
});

it("gives up waiting on a signal, and withdraws nothing; what is denied is not run", async () => {
  const state = join(folder, "given-up.json");
  const given = start("--state", state);
  const url = await given.asked;
  given.child.kill("SIGTERM");
  expect(await given.ended).toMatchObject({ exitCode: 125, stderr: expect.stringContaining("not run.") as string });
  const denied = start("--state", state).ended;
  await person.decide(url, "denied", "Not on a Friday");
  expect(await denied).toMatchObject({ exitCode: 123, stderr: expect.stringContaining("Not on a Friday") as string });
  expect(readFileSync(noted, "utf8")).toBe("two words\n");
});
