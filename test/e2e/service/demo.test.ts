/** `npm run demo` from outside: alone, and with somebody who does what it says. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Agent, Person } from "#test/support/service/person.ts";
import { freePort, plainEnvironment, type Service, startService } from "#test/support/service/service.ts";

const CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url));

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

/** The demo on its way. */
function demo(args: readonly string[], environment: Record<string, string>) {
  const env = { ...plainEnvironment(), CI: "", ...environment };
  const child = spawn("node", ["scripts/run.mjs", "demo", ...args], { cwd: CHECKOUT, env, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  const waiting: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      for (const look of waiting) look();
    });
  }
  const ended = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number | null, output }));
  /** What stands behind these words, once they are said. */
  const said = (words: string): Promise<string> => {
    const found = new Promise<string>((resolve) => {
      const look = () => {
        const match = new RegExp(`${words} *(\\S*)\\s`).exec(output);
        if (match !== null) resolve(match[1] ?? "");
      };
      waiting.push(look);
      look();
    });
    const missing = ended.then(() => {
      throw new Error(`never said "${words}":\n${output}`);
    });
    return Promise.race([found, missing]);
  };
  return { ended, said, type: (line: string) => child.stdin.end(`${line}\n`) };
}

const isSetUp = async (): Promise<boolean> => (await fetch(`${service.origin}/setup`)).status === 410;

it("plays everything alone, says that no human signed, and enrols nobody in a service that is not its own", async () => {
  const { exitCode, output } = await demo(["--unattended"], { PORT: String(service.port) }).ended;
  expect(exitCode, output).toBe(0);
  const story = [
    "Started for this demo at http://localhost:",
    "a passkey made in software plays the person. It proves nothing about any human.",
    "request_human_approval: Deploy api 4.2.0 to production",
    "wait_for_approval answers: approved by demo-person",
    "redeem_approval answers: redeemed at ",
    "A second redeem_approval is refused: already_redeemed",
    "report_outcome answers: succeeded",
    "Valid: approved.",
    "as enrolled by this operator",
    "instead of 3 is refused: payload_mismatch",
  ];
  const places = story.map((words) => output.indexOf(words));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(output).not.toContain(`:${service.port}/`);
  expect(await isSetUp()).toBe(false);
});

it("plays with a person who does what it says, on a service of its own", async () => {
  const port = await freePort();
  const playing = demo([], { PORT: String(port) });
  const setupUrl = new URL(await playing.said("Open this and make a passkey:"));
  const person = await Person.enrolFirst({ origin: setupUrl.origin, setupToken: setupUrl.hash.slice(1) });
  await playing.said("and paste its key here");
  playing.type((await person.makeAgent("my-agent")).key);
  await person.decide(await playing.said("Open this to decide:"), "approved", "Go ahead");
  const { exitCode, output } = await playing.ended;
  expect(exitCode, output).toBe(0);
  expect(output).toContain("wait_for_approval answers: approved by alex");
  expect(output).toContain("Valid: approved.");
  expect(output).not.toContain("software");
  await expect(fetch(setupUrl)).rejects.toThrow("fetch failed");
});

it("does not act when the person denies, and leaves a service that ran before running", async () => {
  const person = await Person.enrolFirst(service);
  const agent: Agent = await person.makeAgent("my-agent");
  const playing = demo([], { PORT: String(service.port), COUNTERSIGN_API_KEY: agent.key });
  await person.decide(await playing.said("Open this to decide:"), "denied");
  const { exitCode, output } = await playing.ended;
  expect(exitCode, output).toBe(0);
  expect(output).toContain(`Running at ${service.origin}`);
  expect(output).toContain("So the agent does not act.");
  expect(output).toContain("Valid: denied.");
  expect(output).not.toContain("redeem_approval");
  expect(output).not.toContain(agent.key);
  expect(await isSetUp()).toBe(true);
});
