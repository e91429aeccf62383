/** A program's act behind the gate of the running service, with a person who decides: through the death of the program, too. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Countersign } from "#countersign/sdk/approvals/countersign.ts";
import type { AskedState } from "#countersign/sdk/approvals/errors.ts";
import { leastEnvironment } from "#test/support/cli/command-line.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const PROGRAM = fileURLToPath(new URL("../../support/sdk/deploying.ts", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "countersign-sdk-"));
const deployed = join(folder, "deployed.txt");
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

interface Said {
  kind?: string;
  state?: AskedState;
  done?: string;
  code?: string;
}

/** The program, on its way: what it says, line by line. */
function start(...args: string[]) {
  const ours = { COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: agent.key, COUNTERSIGN_STATE: join(folder, "state") };
  const env = { ...leastEnvironment(), ...ours };
  const child = spawn(process.execPath, [PROGRAM, deployed, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  const said: Said[] = [];
  const lines = createInterface({ input: child.stdout });
  const asked = new Promise<AskedState>((resolve) =>
    lines.on("line", (line) => {
      const one = JSON.parse(line) as Said;
      said.push(one);
      if (one.kind === "asked" && one.state !== undefined) resolve(one.state);
    }),
  );
  const ended = Promise.all([once(lines, "close"), once(child, "close")]).then(() => said);
  return { asked, ended, kill: () => child.kill("SIGKILL") };
}

const decide = (state: AskedState, verdict: "approved" | "denied", comment?: string) =>
  person.decide(`${service.origin}/a/${state.request_id}`, verdict, comment);

it("is done once, by whoever goes on after the program was killed, and the log's key is remembered from one to the next", async () => {
  const killed = start();
  const state = await killed.asked;
  killed.kill();
  await killed.ended;
  await decide(state, "approved", "Go ahead");
  expect(existsSync(deployed)).toBe(false);

  const all = await Promise.all([0, 1].map(() => start(JSON.stringify(state)).ended));
  const last = all.map((said) => said.at(-1));
  expect(last.map((one) => one?.done ?? one?.code).toSorted()).toEqual(["4.2.0", "already_redeemed"]);
  expect(readFileSync(deployed, "utf8")).toBe("4.2.0\n");
  const winner = all.find((said) => said.at(-1)?.done !== undefined);
  expect(winner?.map(({ kind }) => kind)).toEqual(["seen", "decided", "redeemed", "reported", undefined]);
  expect(readFileSync(join(folder, "state", "logs.json"), "utf8")).toContain(`"${service.origin}/log"`);
  const countersign = new Countersign({ url: service.origin, apiKey: agent.key, logKey: await logKey() });
  expect(await countersign.client.wait(state.request_id, 0)).toMatchObject({ ok: true, value: { outcome: "succeeded" } });
});

const logKey = async (): Promise<string> => (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();

it("is not done when a person denies it, and the program is told in words for its model", async () => {
  let ran = 0;
  const act = new Countersign({ url: service.origin, apiKey: agent.key, logKey: await logKey() }).gate((_: { version: string }) => ++ran, {
    action: "Deploy api to production",
    onProgress: ({ kind, state }) => void (kind === "asked" && decide(state, "denied", "Not on a Friday")),
  });
  const denied = act({ version: "4.3.0" });
  await expect(denied).rejects.toMatchObject({ name: "ApprovalDenied", code: "denied" });
  await expect(denied).rejects.toThrow(/^This was denied by alex: it must not be done\. \(apr_.{32}\)\nThey wrote: "Not on a Friday"\n/);
  expect(ran).toBe(0);
});
