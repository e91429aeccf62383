/**
 * A gated call over a connector, and one of its parts dies: the connector, the child, the network, the gate, or the machine sleeps; before it is
 * asked, while people decide, while the child has it, and when it has answered. What the child read is counted: never one twice. That an
 * outcome is not known is said where nobody can know it.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RawAgent, type Told, until } from "#test/support/calls/raw-agent.ts";
import { Connecting } from "#test/support/connectors/connecting.ts";
import { oneIn } from "#test/support/every-case.ts";
import { Network } from "#test/support/connectors/network.ts";
import { Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const CHILD = fileURLToPath(new URL("../../support/connectors/counting-child.mjs", import.meta.url));
const ASKED = `type: countersign/policy@v1
defaults: { separation: false }
rules:
  - { name: asked, match: { source: call }, effect: require_approval }
`;

const folder = mkdtempSync(join(tmpdir(), "countersign-counted-"));
const counted = join(folder, "calls");
let service: Service;
let network: Network;
let person: Person;
let key: string;
let connector: { id: string; key: string };
let line: Connecting;
let agent: RawAgent;
let session: string;

const connect = () =>
  Connecting.start({
    name: "laptop",
    origin: service.origin,
    key: connector.key,
    command: [process.execPath, CHILD, counted],
    env: network.environment,
    admin: person,
  });

async function begin(): Promise<void> {
  agent = new RawAgent(service.origin, "counted", key);
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const begun = await agent.ask("initialize", params);
  session = begun.headers.get("mcp-session-id") ?? "";
}

beforeAll(async () => {
  [service, network] = await Promise.all([startService(), Network.start()]);
  person = await Person.enrolFirst(service);
  ({ key } = await person.makeAgent("release-bot"));
  connector = await person.makeConnector("laptop", "counted");
  line = await connect();
  // What is asked in a session of a child that has died may be run in another one.
  await person.addServer({ name: "counted", url: `connector:${connector.id}`, features: { sessions: "any" } });
  await person.acceptTools("counted");
  await person.publishPolicy(ASKED);
  await begin();
});
afterAll(async () => {
  await line?.stop();
  await service?.stop();
  network?.stop();
  rmSync(folder, { recursive: true, force: true });
  if (service) rmSync(service.stateDir, { recursive: true });
});

const seen = (n: string): number =>
  (existsSync(counted) ? readFileSync(counted, "utf8").split("\n") : []).filter((one) => one === n).length;
const release = (n: string) => appendFileSync(`${counted}.release`, `${n}\n`);
const ways = () => ({ headers: { "mcp-session-id": session } });
const resume = (id: string): Promise<Told> => agent.resume(id, ways());

/** Asked for, as soon as there is a session in which it can be. */
async function asked(n: string, how = "answer") {
  let told = await agent.call("write", { n, do: how }, ways());
  for (; told.status === 404 || told.code !== null; told = await agent.call("write", { n, do: how }, ways())) await begin();
  return told.pending;
}

async function approved(n: string, how = "answer"): Promise<string> {
  const { request_id: id, approval_url: url } = await asked(n, how);
  await person.decide(url, "approved");
  return id;
}

/** Collected, however long it takes until it can be. */
async function collected(id: string): Promise<Told> {
  let told = await resume(id);
  for (; told.code === "upstream_unavailable"; told = await resume(id));
  return told;
}

const theChild = (): number => {
  const { pid } = line.process;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return Number(children.split(" ")[0]);
};

/** What dies, and what brings it back. */
const DEATHS: Record<string, { die: () => Promise<void> | void; back: () => Promise<void> | void }> = {
  connector: {
    die: () => line.kill(),
    back: async () => void (line = await connect()),
  },
  child: {
    die: () => {
      line.forget();
      process.kill(theChild(), "SIGKILL");
    },
    back: () => line.says(/the server runs/),
  },
  network: {
    die: () => {
      line.forget();
      network.cut();
    },
    back: async () => {
      network.restore();
      await line.says(/connected to/);
    },
  },
  gate: {
    die: async () => {
      line.forget();
      await service.kill();
    },
    back: async () => {
      const { port, stateDir } = service;
      service = await startService({ port, stateDir });
      await line.says(/connected to/);
    },
  },
};

/** Two of them at each moment, each of them at two. */
const deathsAt = (moment: number) => oneIn(2, Object.entries(DEATHS), moment);

it.each(deathsAt(0))("the %s dies while people decide: the call is run once it is back, once", async (what, { die, back }) => {
  const n = `${what}: undecided`;
  const { request_id: id, approval_url: url } = await asked(n);
  await die();
  await back();
  await person.decide(url, "approved");
  expect((await collected(id)).text).toBe(`done ${n}`);
  expect(seen(n)).toBe(1);
});

it.each(deathsAt(1))(
  "the %s dies when it is approved, and stays away for now: nothing is sent, and it is run once it is back, once",
  async (what, { die, back }) => {
    const n = `${what}: approved`;
    const id = await approved(n);
    await die();
    const meanwhile = await resume(id).catch(() => null);
    if (what !== "gate" && meanwhile?.code !== null) expect(meanwhile?.code).toBe("upstream_unavailable");
    await back();
    if (meanwhile?.code !== null) expect((await collected(id)).text).toBe(`done ${n}`);
    expect(seen(n)).toBe(1);
  },
);

it.each(deathsAt(2))("the %s dies while the child has it: it is not known, and never written again", async (what, { die, back }) => {
  const n = `${what}: on its way`;
  const id = await approved(n, "hold");
  const lost = resume(id).catch(() => null);
  await until(() => seen(n) === 1);
  await die();
  const told = await lost;
  if (what !== "gate") expect(told?.code).toBe("outcome_unknown");
  await back();
  release(n);
  await asked(`${n}, and then another`);
  expect((await resume(id)).code).toBe("outcome_unknown");
  expect(seen(n)).toBe(1);
});

it.each(deathsAt(3))(
  "the %s dies when it has been answered: it is told to be over, and nothing is written again",
  async (what, { die, back }) => {
    const n = `${what}: answered`;
    const id = await approved(n);
    expect((await collected(id)).text).toBe(`done ${n}`);
    await die();
    await back();
    expect((await resume(id)).code).toBe("already_redeemed");
    await asked(`${n}, and then another`);
    expect(seen(n)).toBe(1);
  },
);

it("the machine sleeps: nothing is sent, and when it wakes the call is run, once", async () => {
  const n = "asleep";
  const id = await approved(n);
  line.process.kill("SIGSTOP");
  expect((await resume(id)).code).toBe("upstream_unavailable");
  line.process.kill("SIGCONT");
  expect((await collected(id)).text).toBe(`done ${n}`);
  expect(seen(n)).toBe(1);
});

it("ends what its server has started, when it is told to end", async () => {
  const child = theChild();
  expect(await line.stop()).toBe(0);
  expect(existsSync(`/proc/${child}`)).toBe(false);
  line = await connect();
});

it("a second one with the same key replaces the first, which says so and ends", async () => {
  const second = await connect();
  expect(await line.exit).toBe(1);
  expect(line.told).toContain("somebody else has connected with this key");
  line = second;
});

it("revoked, it says so and ends, and is not let in again", async () => {
  await person.revokeConnector(connector.id);
  expect(await line.exit).toBe(1);
  expect(line.told).toContain("this connector is revoked");
  const again = Connecting.begin({
    name: "laptop",
    origin: service.origin,
    key: connector.key,
    command: [process.execPath, CHILD, counted],
  });
  expect(await again.exit).toBe(1);
  expect(again.told).toContain("needs the key of this connector");
});
