/** Two deployments as they are uploaded, two witnesses that watch both logs, and receipts under a policy that wants both witnesses. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { makeSigner, makeVkey } from "#countersign/tlog/note.ts";
import { CountersignClient } from "#countersign/sdk/client.ts";
import { spawnCommandLine } from "#test/support/cli/command-line.ts";
import { startDeployment, type Deployment } from "#test/support/deploy/deployment.ts";
import { Person } from "#test/support/service/person.ts";
import { freePort } from "#test/support/service/service.ts";
import { uploadedScript } from "#test/support/deploy/uploaded-script.ts";
import { type RunningProcess, startWitness } from "#test/support/cli/witness-process.ts";

const SETUP_TOKEN = "a-setup-token-that-is-long-enough";
const PATIENCE_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), "countersign-witnesses-"));
const witnesses: RunningProcess[] = [];
const gates: Gate[] = [];
let policyFile = "";

/** A deployment with somebody who approves, and an agent that asks. */
interface Gate {
  origin: string;
  vkey: string;
  deployment: Deployment;
  person: Person;
  client: CountersignClient;
}

const seedOf = (index: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(0x21 + index);
const witnessArguments = (index: number, vkeys: readonly string[], port: string): string[] => [
  "--name",
  `witness-${index}.example/w`,
  "--state",
  `witness-${index}`,
  "--port",
  port,
  ...vkeys.flatMap((vkey) => ["--log", vkey]),
];

async function openGate(index: number, port: number, policy: string, vkey: string, script: string): Promise<Gate> {
  const deployment = await startDeployment(script, port, {
    LOG_SIGNING_KEY: Buffer.from(seedOf(index)).toString("base64"),
    SERVER_SECRET: Buffer.alloc(32, 2).toString("base64"),
    SETUP_TOKEN,
    WITNESS_POLICY: policy,
    WITNESS_INTERVAL_SECONDS: "1",
  });
  const { origin } = deployment;
  const person = await Person.enrolFirst({ origin, setupToken: SETUP_TOKEN });
  const agent = await person.makeAgent("ci");
  return { origin, vkey, deployment, person, client: new CountersignClient({ url: origin, apiKey: agent.key }) };
}

beforeAll(async () => {
  const ports = [await freePort(), await freePort()];
  const vkeys = await Promise.all(
    ports.map(async (port, index) => {
      const { name, publicKey } = await makeSigner(`localhost:${port}/log`, seedOf(index));
      return makeVkey(name, publicKey);
    }),
  );
  for (const index of [0, 1]) witnesses.push(await startWitness(folder, witnessArguments(index, vkeys, "0")));
  const names = witnesses.map(({ policyLine }) => policyLine.split(" ")[1]);
  const quorum = `group both 2 ${names.join(" ")}\nquorum both\n`;
  const policy = `${witnesses.map(({ policyLine }) => `${policyLine}\n`).join("")}${quorum}`;
  policyFile = join(folder, "policy");
  writeFileSync(policyFile, policy);
  const script = await uploadedScript();
  for (const [index, port] of ports.entries()) gates.push(await openGate(index, port, policy, vkeys[index] ?? "", script));
});
afterAll(async () => {
  for (const { deployment } of gates) await deployment.stop();
  for (const witness of witnesses) await witness.kill();
  rmSync(folder, { recursive: true });
});

/** The id of a request that was approved. */
async function approved({ client, person }: Gate): Promise<string> {
  const asked = await client.request({
    action: "Deploy api to production",
    payload: { service: "api" },
    idempotencyKey: crypto.randomUUID(),
  });
  if (!asked.ok) throw new Error(asked.refusal.message);
  await person.decide(asked.value.approval_url, "approved");
  return asked.value.request_id;
}

/** What `countersign verify` says of the receipt as it is served now. */
async function verdictOn({ client, vkey, origin }: Gate, requestId: string, ...more: string[]) {
  const receipt = await client.receipt(requestId);
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  writeFileSync(join(folder, "receipt.json"), receipt.value);
  const args = ["verify", join(folder, "receipt.json"), "--vkey", vkey, "--origin", origin, ...more];
  return await spawnCommandLine(args, folder);
}

/** Asks for the receipt again until it verifies under the policy, which takes as long as the witnesses need. */
async function witnessedVerdict(gate: Gate, requestId: string): Promise<Awaited<ReturnType<typeof verdictOn>>> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await wait(500)) {
    const verdict = await verdictOn(gate, requestId, "--policy", policyFile);
    if (verdict.exitCode === 0 || Date.now() > deadline) return verdict;
  }
}

const hashOf = ({ origin }: Gate): string => hex(sha256(utf8(`${new URL(origin).host}/log`)));

it("receipts of both deployments verify under a policy that wants both witnesses", async () => {
  for (const gate of gates) {
    const requestId = await approved(gate);
    expect(await witnessedVerdict(gate, requestId)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await verdictOn(gate, requestId)).toMatchObject({ exitCode: 0 });
  }
  for (const witness of witnesses) {
    for (const gate of gates) {
      const { status, body } = await witness.checkpoint(hashOf(gate));
      expect([status, body.split("\n")[0]]).toEqual([200, `${new URL(gate.origin).host}/log`]);
    }
    expect(witness.log.map(({ event }) => event)).not.toContain("failed");
  }
});

it("with a witness down, decisions go on and their receipts say what they lack; once it is back, they lack nothing", async () => {
  const [gate, other] = [gates[0], witnesses[1]];
  if (gate === undefined || other === undefined) throw new Error("there are two of each");
  const earlier = await approved(gate);
  expect(await witnessedVerdict(gate, earlier)).toMatchObject({ exitCode: 0 });
  await other.kill();

  const requestId = await approved(gate);
  // By then the witness that is up has cosigned it.
  const size = async () => Number((await witnesses[0]?.checkpoint(hashOf(gate)))?.body.split("\n")[1]);
  const logged = Number((await (await fetch(`${gate.origin}/log/checkpoint`)).text()).split("\n")[1]);
  for (const deadline = Date.now() + PATIENCE_MS; (await size()) < logged && Date.now() < deadline;) await wait(200);
  expect(await size()).toBe(logged);
  expect(await verdictOn(gate, requestId)).toMatchObject({ exitCode: 0 });
  const refused = await verdictOn(gate, requestId, "--policy", policyFile);
  expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^Not valid: witnesses_missing\n/) });
  expect(await verdictOn(gate, earlier, "--policy", policyFile)).toMatchObject({ exitCode: 0 });

  const { port } = new URL(other.url);
  witnesses[1] = await startWitness(
    folder,
    witnessArguments(
      1,
      gates.map(({ vkey }) => vkey),
      port,
    ),
  );
  expect(witnesses[1].vkey).toBe(other.vkey);
  expect(await witnessedVerdict(gate, requestId)).toMatchObject({ exitCode: 0 });
});
