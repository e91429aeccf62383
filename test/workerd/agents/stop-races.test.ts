/** A stop at the same moment as anything else: in every order nothing of before is used after it was answered, and all waits end. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { keyPorts } from "#composition/key-ports.ts";
import { readConfig } from "#config/config.ts";
import { apiKeyHash } from "#countersign/documents/api-key.ts";
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { KeyStanding } from "#gate/agents/key-standing.ts";
import { ask as askVerb, redeem as redeemVerb } from "#gate/approvals/agent-approvals.ts";
import type { Opening } from "#gate/approvals/opening.ts";
import { orderStop } from "#gate/agents/order-stop.ts";
import { releaseStop } from "#gate/agents/release-stop.ts";
import {
  type Agent,
  ask,
  askFor,
  CHECKED_ASK,
  decided,
  openPage,
  PAYLOAD,
  read,
  send,
  signedDecision,
} from "#test/workerd/support/approvals.ts";
import { admitted, changeRoles, given, meanwhile, recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { release, signRelease, stop, stops } from "#test/workerd/support/stops.ts";
import { oneIn } from "#test/support/every-case.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

const STOPPED = [403, "agent_stopped"];
const DELAYS_MS = [0, 5, 20, 60];

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
});

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const redeem = (id: string) => call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } });
const approved = async (): Promise<string> => {
  const { request_id: id } = await ask(agent);
  await decided(alex, id, "approved");
  return id;
};
/** A few at a time: a call that waits longer than a lease for its turn is refused. */
const AT_ONCE = 25;
async function askMany(one: Agent, many: number): Promise<{ one: Agent; id: string }[]> {
  const asked: { one: Agent; id: string }[] = [];
  while (asked.length < many)
    asked.push(...(await Promise.all(Array.from({ length: AT_ONCE }, async () => ({ one, id: (await ask(one)).request_id })))));
  return asked;
}
const waitersOn = (id: string) =>
  runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, state) => state.getWebSockets().length);
const openRequests = () => env.DB.prepare("SELECT count(*) AS open FROM approval WHERE ended_at IS NULL").first<number>("open");

/** Does both, the stop so much later, and tells what came of the other and when: before or after the stop was answered. */
async function beside(idOf: string | null, delayMs: number, act: () => Promise<Response>): Promise<{ told: unknown[]; isAfter: boolean }> {
  let isStopped = false;
  const stopping = pause(delayMs).then(async () => {
    expect((await stop(alex, idOf)).status).toBe(204);
    isStopped = true;
  });
  const answer = await act();
  const isAfter = isStopped;
  const told = await outcome(answer);
  await stopping;
  return { told, isAfter };
}

describe.each([
  ["one agent", true, 0],
  ["everything", false, 1],
])("a stop of %s at the same moment", (_, isOne, turn) => {
  const idOf = () => (isOne ? agent.id : null);

  test.each(oneIn(2, DELAYS_MS, turn))("as a decision, %i ms later: what it decided cannot be used", async (delayMs) => {
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(alex, await openPage(alex, id), "approved");
    const { told } = await beside(idOf(), delayMs, () => send(alex, id, body));
    expect([200, 403, 409]).toContain(told[0]);
    expect(await outcome(await redeem(id))).toEqual(STOPPED);
    await release(alex, idOf());
    expect(await outcome(await redeem(id))).toEqual(STOPPED);
    expect(await recordsOf("approval.redeemed")).toEqual([]);
  });

  test.each(oneIn(2, DELAYS_MS, turn + 1))("as a redemption, %i ms later: it is used before, or never", async (delayMs) => {
    const id = await approved();
    const { told, isAfter } = await beside(idOf(), delayMs, () => redeem(id));
    expect([[200, undefined], STOPPED]).toContainEqual(told);
    if (told[0] === 200) expect(isAfter).toBe(false);
    const used = (await recordsOf("approval.redeemed")).length;
    await release(alex, idOf());
    expect((await redeem(id)).ok).toBe(false);
    expect(await recordsOf("approval.redeemed")).toHaveLength(used);
  });

  test.each(oneIn(2, DELAYS_MS, turn))(
    "as an ask, %i ms later: nothing of it is left open, and no answer comes after the stop's",
    async (delayMs) => {
      const { told, isAfter } = await beside(idOf(), delayMs, () => askFor(agent, { idempotency_key: "one" }));
      expect([[201, undefined], STOPPED]).toContainEqual(told);
      if (told[0] === 201) expect(isAfter).toBe(false);
      await expect.poll(openRequests).toBe(0);
      await release(alex, idOf());
      // What was opened is void for good; what was not is opened now.
      const again = await outcome(await askFor(agent, { idempotency_key: "one" }));
      expect(again).toEqual(told[0] === 201 || again[0] === 403 ? STOPPED : [201, undefined]);
    },
  );
});

test("five hundred waits when everything is stopped: all are told within a second of its answer, and nothing of before passes after", async () => {
  const agents = [agent, ...(await Promise.all([1, 2, 3, 4].map((n) => makeAgent(alex, `bot-${n}`))))];
  const ready = await approved();
  const asked: Awaited<ReturnType<typeof askMany>> = [];
  // One after the other: who asks is told only of what can be learned in time, which a slow machine has to be left for.
  for (const one of agents) asked.push(...(await askMany(one, 100)));
  const endedAtMs: number[] = [];
  let isStopped = false;
  // As agents do: a wait that ends with nothing new is begun again, so that a slow machine has as long as it takes.
  const wait = async ({ one, id }: (typeof asked)[number]) => {
    let told: unknown[];
    do told = await outcome(await read(one, id, 50));
    while (told[0] === 200 || (told[0] === 503 && !isStopped));
    endedAtMs.push(performance.now());
    return told;
  };
  const waits: Promise<unknown[]>[] = [];
  while (waits.length < asked.length) {
    const next = asked.slice(waits.length, waits.length + AT_ONCE);
    waits.push(...next.map(wait));
    for (const { id } of next) await expect.poll(() => waitersOn(id)).toBe(1);
  }
  await stop(alex, null);
  isStopped = true;
  const stoppedAtMs = performance.now();
  expect(new Set((await Promise.all(waits)).map(String))).toEqual(new Set([String(STOPPED)]));
  const tookMs = Math.max(...endedAtMs) - stoppedAtMs;
  // What as many answers take here, and a second.
  const answeringMs = await timed(() => Promise.all(asked.map(async ({ one, id }) => (await read(one, id)).status)));
  expect(tookMs).toBeLessThan(1_000 + answeringMs);
  await expect.poll(openRequests).toBe(0);
  await release(alex, null);
  expect(await outcome(await redeem(ready))).toEqual(STOPPED);
  for (const { one, id } of asked.slice(0, 5)) expect(await outcome(await read(one, id))).toEqual(STOPPED);
});

describe("in every order, step by step", () => {
  /** The agent as its call has it, and what its calls need; `between` happens once its object has answered. */
  async function calling(between: () => Promise<unknown>) {
    const config = readConfig(env);
    const standing = new KeyStanding(
      apiKeyHash(agent.key),
      keyPorts(env, () => {}),
    );
    const reading = await standing.ask();
    if (reading === null) throw new Error("the agent does not stand");
    const ports = agentApprovalPorts(env, config);
    const stands = { stands: () => standing.stands(), standsNow: () => standing.standsNow() };
    const facts = async (again?: "again") => (again === undefined ? reading : ((await standing.askNow()) ?? reading)).facts;
    const caller = { ...reading.agent, ...stands, facts, admitted: () => Promise.resolve(null) };
    const after =
      <Args extends unknown[], Done>(work: (...args: Args) => Promise<Done>) =>
      async (...args: Args): Promise<Done> => {
        const done = await work(...args);
        await between();
        return done;
      };
    const approvals = { ...ports.approvals, open: after((opening: Opening) => ports.approvals.open(opening)) };
    return {
      caller,
      ports: { ...ports, approvals, redeem: after((...args: Parameters<typeof ports.redeem>) => ports.redeem(...args)) },
      list: after((...args: Parameters<typeof ports.index.list>) => ports.index.list(...args)),
    };
  }
  const refused = { ok: false, refusal: { reason: "agent-stopped" } };
  const wanted = { ...CHECKED_ASK, idempotencyKey: "step" };
  const payloadHash = hex(hashJson(PAYLOAD));

  test("redeemed, then stopped, then answered: the agent is not told that it may act", async () => {
    const id = await approved();
    const { caller, ports } = await calling(() => stop(alex, agent.id));
    expect(await redeemVerb(id, caller, { payloadHash, idempotencyKey: null }, ports)).toEqual(refused);
    expect(await recordsOf("approval.redeemed")).toHaveLength(1);
  });

  test("opened, then stopped, then answered: refused, and cancelled", async () => {
    const { caller, ports } = await calling(() => stop(alex, null));
    expect(await askVerb(wanted, caller, { seconds: 0 }, ports)).toEqual(refused);
    await expect.poll(openRequests).toBe(0);
  });

  test("judged, then stopped, then listed: judged anew, and refused", async () => {
    const { caller, ports } = await calling(() => Promise.resolve());
    const list: typeof ports.index.list = async (...args) => {
      await stop(alex, agent.id);
      return ports.index.list(...args);
    };
    expect(await askVerb(wanted, caller, { seconds: 0 }, { ...ports, index: { ...ports.index, list } })).toEqual(refused);
    expect(await openRequests()).toBe(0);
  });

  test("listed, then stopped, then opened: void from the first, and ended by the second round", async () => {
    const { caller, ports, list } = await calling(() => stop(alex, agent.id));
    expect(
      await askVerb(
        wanted,
        caller,
        { seconds: 0 },
        { ...ports, index: { ...ports.index, list }, approvals: agentApprovalPorts(env, readConfig(env)).approvals },
      ),
    ).toEqual(refused);
    // Its object was empty when the stop came by: the cron ends it, and until then it serves for nothing.
    const gate = await meanwhile(() => Promise.resolve());
    await gate.cancelStopped(null);
    await expect.poll(openRequests).toBe(0);
  });
});

describe("an object that the stop does not reach", () => {
  test("holds nothing that can be used; the next stop, or the cron, ends it", async () => {
    const { request_id: id } = await ask(agent);
    const ports = await meanwhile(() => Promise.resolve());
    const deaf = { ...ports, cancelStopped: () => Promise.resolve(), standingChanged: () => new Promise<void>(() => {}) };
    expect(await orderStop(agent.id, { id: alex.id, username: "alex" }, deaf)).toEqual({ ok: true, value: null });
    expect(await openRequests()).toBe(1);
    expect(await outcome(await read(agent, id, 20))).toEqual(STOPPED);
    expect(await outcome(await redeem(id))).toEqual(STOPPED);
    await ports.cancelStopped(null);
    await expect.poll(openRequests).toBe(0);
    expect((await openPage(alex, id)).state.status).toBe("cancelled");
  });
});

describe("in the moment in which it is written", () => {
  const by = () => ({ id: alex.id, username: "alex" });

  test("whoever orders it has to have the role, and a passkey that stands", async () => {
    const blair = await admitted(alex, "blair", ["approver"]);
    const orderer = { id: blair.id, username: "blair" };
    const demoted = await meanwhile(async () => given(await changeRoles(alex, blair.id, ["auditor"])));
    expect(await orderStop(agent.id, orderer, demoted)).toEqual({ ok: false, refusal: { reason: "may-not-stop" } });
    await given(await changeRoles(alex, blair.id, ["approver"]));
    const ports = await meanwhile(() => Promise.resolve());
    expect(await orderStop(null, orderer, ports)).toEqual({ ok: false, refusal: { reason: "may-not-stop" } });
    const keyless = await meanwhile(() =>
      call("DELETE", `/api/v1/people/${blair.id}/passkeys/${blair.passkey.credentialId}`, { cookie: alex.cookie }),
    );
    expect(await orderStop(agent.id, orderer, keyless)).toEqual({ ok: false, refusal: { reason: "may-not-stop" } });
    expect(await recordsOf("stop.ordered")).toEqual([]);
  });

  test("the agent has to stand", async () => {
    const ports = await meanwhile(() => call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie }));
    expect(await orderStop(agent.id, by(), ports)).toEqual({ ok: false, refusal: { reason: "unknown-agent" } });
    expect(await recordsOf("stop.ordered")).toEqual([]);
  });

  test("another may have stopped and released it: then it is stopped again, under the next number", async () => {
    let isFirst = true;
    const ports = await meanwhile(async () => {
      if (!isFirst) return;
      isFirst = false;
      await stop(alex, agent.id);
      await release(alex, agent.id);
    });
    expect(await orderStop(agent.id, by(), ports)).toEqual({ ok: true, value: null });
    expect((await recordsOf("stop.ordered")).map(({ number }) => number)).toEqual([1, 2]);
    expect((await stops(alex)).agents).toMatchObject([{ id: agent.id, number: 2 }]);
  });

  test("another may have released it: then the signature releases nothing", async () => {
    await stop(alex, agent.id);
    const { number, authorisation } = await signRelease(alex, agent.id);
    let isFirst = true;
    const ports = await meanwhile(async () => {
      if (!isFirst) return;
      isFirst = false;
      await release(alex, agent.id);
      await stop(alex, agent.id);
    });
    const released = await releaseStop({ agentId: agent.id, number }, alex.id, authorisation, ports);
    // The stop that it names is released, by another; the one after is in force.
    expect(released).toMatchObject({ ok: true, value: { done: true } });
    expect((await stops(alex)).agents).toMatchObject([{ number: 2 }]);
  });
});

test("while the epoch is raised by others: the stop holds, and so does each of their changes", async () => {
  const raise = () => env.DB.prepare("UPDATE agent SET groups = json_array(hex(randomblob(4))) WHERE id = ?").bind(agent.id).run();
  const raising = (async () => {
    for (let n = 0; n < 20; n++) await raise();
  })();
  const asks = Array.from({ length: 10 }, (_, n) => askFor(agent, { idempotency_key: `key ${n}` }));
  expect((await stop(alex, null)).status).toBe(204);
  await raising;
  for (const answer of await Promise.all(asks)) expect([201, 403, 503]).toContain((await outcome(answer))[0]);
  await expect.poll(openRequests).toBe(0);
  expect(await outcome(await askFor(agent))).toEqual(STOPPED);
});
