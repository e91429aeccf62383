/** A person stops an agent, or everything: at once, for good for what was asked for before, and until admins release it. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Agent, ask, askFor, decide, decided, openPage, PAYLOAD, read, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted, recordsOf } from "#test/workerd/support/invited.ts";
import { ERAS, messagesOf, post, requestText, useTool } from "#test/workerd/support/mcp.ts";
import { askForTask, getTask, onTask } from "#test/workerd/support/mcp-tasks.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone, someText } from "#test/workerd/support/people.ts";
import { draftChange, release, sendRelease, signRelease, stop, stops } from "#test/workerd/support/stops.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

const STOPPED = [403, "agent_stopped"];

let alex: Someone;
let agent: Agent;
let other: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
  other = await makeAgent(alex, "other-bot");
});

const redeem = ({ key }: Agent, id: string, idempotency_key?: string) =>
  call("POST", `/api/v1/approvals/${id}/redeem`, {
    key,
    origin: null,
    body: { payload: PAYLOAD, ...(idempotency_key !== undefined && { idempotency_key }) },
  });
const agentPosts = ({ key }: Agent, id: string, what: string, body: object) =>
  call("POST", `/api/v1/approvals/${id}/${what}`, { key, origin: null, body });
const waitersOn = (id: string) =>
  runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, state) => state.getWebSockets().length);
const approved = async (of: Agent): Promise<string> => {
  const { request_id: id } = await ask(of);
  await decided(alex, id, "approved");
  return id;
};
const epoch = () => env.DB.prepare("SELECT epoch FROM gate").first<number>("epoch");

const OF: [string, () => string | null][] = [
  ["one agent", () => agent.id],
  ["everything", () => null],
];

describe.each(OF)("a stop of %s", (what, idOf) => {
  const agentIn = () => (what === "everything" ? null : { id: agent.id, name: agent.name, owner: alex.id });

  test("is in the log with who ordered it, raises the epoch, and is shown", async () => {
    const before = await epoch();
    expect((await stop(alex, idOf())).status).toBe(204);
    expect(await recordsOf("stop.ordered")).toEqual([
      {
        type: "countersign/record@v1",
        kind: "stop.ordered",
        log: "gate.example.com/log",
        at: someText,
        agent: agentIn(),
        number: 1,
        by: { id: alex.id, username: "alex" },
      },
    ]);
    expect(await epoch()).toBeGreaterThan(before ?? Infinity);
    const item = { number: 1, since: someText, by: { id: alex.id, username: "alex" } };
    expect(await stops(alex)).toEqual(
      what === "everything" ? { everything: item, agents: [] } : { everything: null, agents: [{ ...agentIn(), ...item }] },
    );
  });

  test("cancels what is pending, and nobody can decide it", async () => {
    const { request_id: id } = await ask(agent);
    const { request_id: others } = await ask(other);
    await stop(alex, idOf());
    await expect.poll(() => recordsOf("approval.cancelled")).toHaveLength(what === "everything" ? 2 : 1);
    expect((await recordsOf("approval.cancelled")).every(({ ended_by }) => ended_by === "stop")).toBe(true);
    expect((await openPage(alex, id)).state.status).toBe("cancelled");
    expect((await openPage(alex, others)).state.status).toBe(what === "everything" ? "cancelled" : "pending");
    const open = env.DB.prepare("SELECT count(*) AS open FROM approval WHERE ended_at IS NULL");
    expect(await open.first("open")).toBe(what === "everything" ? 0 : 1);
  });

  test("refuses asking, reading and redeeming; what was done may be reported and what was asked taken back", async () => {
    const [pending, ready, used] = [(await ask(agent)).request_id, await approved(agent), await approved(agent)];
    expect((await redeem(agent, used, "run")).status).toBe(200);
    await stop(alex, idOf());
    expect(await outcome(await askFor(agent, { idempotency_key: "new" }))).toEqual(STOPPED);
    for (const id of [pending, ready, used]) {
      expect(await outcome(await read(agent, id))).toEqual(STOPPED);
      expect(await outcome(await read(agent, id, 20))).toEqual(STOPPED);
      expect(await outcome(await redeem(agent, id, "run"))).toEqual(STOPPED);
    }
    expect((await agentPosts(agent, used, "outcome", { outcome: "succeeded" })).status).toBe(200);
    expect(await recordsOf("call.succeeded")).toHaveLength(1);
    expect((await agentPosts(agent, pending, "cancel", {})).status).toBe(200);
  });

  test.each(ERAS)("over MCP of %s: tool errors, and what only lists goes on", async (era) => {
    const id = await approved(agent);
    await stop(alex, idOf());
    const codeOf = async (tool: string, args: object) => {
      const { isError, structuredContent } = await useTool(era, tool, args, agent.key);
      return isError === true ? structuredContent.error?.code : structuredContent.status;
    };
    expect(await codeOf("request_human_approval", { action: "Deploy", payload: PAYLOAD, wait_seconds: 0 })).toBe("agent_stopped");
    expect(await codeOf("wait_for_approval", { request_id: id, wait_seconds: 20 })).toBe("agent_stopped");
    expect(await codeOf("redeem_approval", { request_id: id, payload: PAYLOAD })).toBe("agent_stopped");
    expect(await codeOf("report_outcome", { request_id: id, outcome: "failed" })).toBe("not_redeemed");
    expect(await codeOf("cancel_approval", { request_id: id })).toBe("already_final");
    const [listed] = await messagesOf(await post(era, "tools/list", null, requestText(era, "tools/list"), { key: agent.key }));
    expect(listed?.result?.["tools"]).toHaveLength(7);
  });

  test("a task says so too, and for good", async () => {
    const task = await askForTask(agent);
    await stop(alex, idOf());
    const ended = { status: "completed", result: { isError: true, structuredContent: { error: { code: "agent_stopped" } } } };
    expect((await getTask(agent, task)).result).toMatchObject(ended);
    expect((await onTask(agent, "tasks/cancel", { taskId: task })).error).toBeUndefined();
    await release(alex, idOf());
    expect((await getTask(agent, task)).result).toMatchObject(ended);
  });

  test("is released by an admin's signature; what was asked for before stays void, what comes after does not", async () => {
    const [ready, pending, used] = [
      await approved(agent),
      (await ask(agent, { idempotency_key: "again" })).request_id,
      await approved(agent),
    ];
    await redeem(agent, used, "run");
    await stop(alex, idOf());
    const released = await release(alex, idOf());
    expect([released.status, await released.json()]).toEqual([200, { released: true }]);
    expect(await stops(alex)).toEqual({ everything: null, agents: [] });
    expect(await recordsOf("stop.released")).toMatchObject([
      { agent: agentIn(), number: 1, authorised_by: [{ statement: { operation: "stop.released", parameters: { number: 1 } } }] },
    ]);

    expect(await outcome(await redeem(agent, ready))).toEqual(STOPPED);
    expect(await outcome(await read(agent, ready, 20))).toEqual(STOPPED);
    expect(await outcome(await read(agent, pending))).toEqual(STOPPED);
    expect(await outcome(await askFor(agent, { idempotency_key: "again" }))).toEqual(STOPPED);
    expect(await viewOf(agent, used)).toMatchObject({ status: "approved", redeemed_at: someText });
    expect(await outcome(await redeem(agent, used, "run"))).toEqual(STOPPED);
    expect(await recordsOf("approval.redeemed")).toHaveLength(1);

    const anew = await approved(agent);
    expect((await redeem(agent, anew)).status).toBe(200);
    await stop(alex, idOf());
    expect((await recordsOf("stop.ordered")).map(({ number }) => number)).toEqual([1, 2]);
    expect(await outcome(await read(agent, anew))).toEqual(STOPPED);
  });

  test("another agent goes on, or not", async () => {
    const id = await approved(other);
    await stop(alex, idOf());
    const expected = what === "everything" ? STOPPED : [200, undefined];
    expect(await outcome(await redeem(other, id))).toEqual(expected);
    expect((await askFor(other)).status).toBe(what === "everything" ? 403 : 201);
  });

  test("ends waits within a second of its answer, those that have begun before", async () => {
    const ids = await Promise.all([0, 1, 2].map(async () => (await ask(agent)).request_id));
    const ends: number[] = [];
    const waits = ids.map(async (id, n) => {
      const answer = n === 2 ? await useTool("2026-07-28", "wait_for_approval", { request_id: id, wait_seconds: 50 }, agent.key) : null;
      const told = answer === null ? await outcome(await read(agent, id, 50)) : [403, answer.structuredContent.error?.code];
      ends.push(performance.now());
      return told;
    });
    for (const id of ids) await expect.poll(() => waitersOn(id)).toBe(1);
    await stop(alex, idOf());
    const answeredAt = performance.now();
    expect(await Promise.all(waits)).toEqual([STOPPED, STOPPED, STOPPED]);
    const tookMs = Math.max(...ends) - answeredAt;
    // A second, and what as many answers take here.
    const beganMs = performance.now();
    await Promise.all(ids.map((id) => read(agent, id)));
    expect(tookMs).toBeLessThan(1_000 + performance.now() - beganMs);
  });

  test("ordered twice, and twice at once: one leaf, and both are answered", async () => {
    const answers = await Promise.all([stop(alex, idOf()), stop(alex, idOf())]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    expect((await stop(alex, idOf())).status).toBe(204);
    expect(await recordsOf("stop.ordered")).toHaveLength(1);
  });

  test("released twice at once: one leaf; a signature releases nothing but what it names", async () => {
    await stop(alex, idOf());
    const blair = await admitted(alex, "blair", ["admin"]);
    const [one, two] = [await signRelease(alex, idOf()), await signRelease(blair, idOf())];
    const answers = await Promise.all([sendRelease(alex, idOf(), one), sendRelease(blair, idOf(), two)]);
    expect(answers.map(({ status }) => status)).toContain(200);
    for (const answer of answers) expect([undefined, "not_stopped"]).toContain((await outcome(answer))[1]);
    expect(await recordsOf("stop.released")).toHaveLength(1);
    await stop(alex, idOf());
    expect(await outcome(await sendRelease(alex, idOf(), one))).toEqual([409, "not_stopped"]);
    expect(await outcome(await sendRelease(alex, idOf(), { ...one, number: 2 }))).toEqual([403, "decision_not_accepted"]);
    expect((await stops(alex)).everything !== null || (await stops(alex)).agents.length === 1).toBe(true);
  });

  test("two admins have to release it where two have to sign", async () => {
    const settings = { ADMINS_REQUIRED: "2" };
    const blair = await admitted(alex, "blair", ["admin"]);
    await stop(alex, idOf());
    const first = await release(alex, idOf(), settings);
    expect([first.status, await first.json()]).toEqual([202, { signatures: 1, required: 2 }]);
    expect(await outcome(await askFor(agent))).toEqual(STOPPED);
    const list = await call("GET", "/api/v1/agents", { cookie: blair.cookie, settings });
    expect(await list.json()).toMatchObject({
      releases: [{ agent: agentIn(), number: 1, signed_by: [alex.id], signatures: 1, required: 2 }],
    });
    expect((await release(blair, idOf(), settings)).status).toBe(200);
    expect((await askFor(agent)).status).toBe(201);
    expect((await recordsOf("stop.released"))[0]?.["authorised_by"]).toHaveLength(2);
  });
});

describe("who may", () => {
  test("order a stop: of an agent approvers and admins, of everything admins; nobody with an agent's key", async () => {
    const [blair, casey] = [await admitted(alex, "blair", ["approver"]), await admitted(alex, "casey", ["auditor"])];
    const admin = await admitted(alex, "drew", ["admin"]);
    expect(await outcome(await stop(casey, agent.id))).toEqual([403, "forbidden"]);
    expect(await outcome(await stop(blair, null))).toEqual([403, "forbidden"]);
    expect(await outcome(await call("POST", "/api/v1/stop", { key: agent.key, origin: null }))).toEqual([403, "forbidden"]);
    expect(await outcome(await call("POST", `/api/v1/agents/${other.id}/stop`, { key: agent.key, origin: null }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(await recordsOf("stop.ordered")).toEqual([]);
    expect((await stop(blair, agent.id)).status).toBe(204);
    expect((await stop(admin, other.id)).status).toBe(204);
    expect((await stop(admin, null)).status).toBe(204);
    expect((await recordsOf("stop.ordered")).map(({ by }) => by)).toMatchObject([
      { username: "blair" },
      { username: "drew" },
      { username: "drew" },
    ]);
    for (const one of [blair, casey, admin]) expect((await stops(one)).agents).toHaveLength(2);
    const signed = await signRelease(alex, agent.id);
    expect(await outcome(await sendRelease(blair, agent.id, signed))).toEqual([403, "forbidden"]);
  });

  test("stop and release: what is there and stands, and is stopped", async () => {
    const unknown = "agt_AAAAAAAAAAAAAAAAAAAAAA";
    expect(await outcome(await stop(alex, unknown))).toEqual([404, "not_found"]);
    await call("DELETE", `/api/v1/agents/${other.id}`, { cookie: alex.cookie });
    expect(await outcome(await stop(alex, other.id))).toEqual([404, "not_found"]);
    for (const id of [agent.id, null]) {
      await expect(draftChange(alex, { operation: "stop.released", agent: id })).rejects.toThrow("409");
      expect(await outcome(await sendRelease(alex, id, { number: 1, authorisation: [] }))).toEqual([409, "not_stopped"]);
      expect(await outcome(await sendRelease(alex, id, { number: 0, authorisation: [] }))).toEqual([400, "invalid_request"]);
    }
    expect(await recordsOf("stop.ordered")).toEqual([]);
  });
});

test("both stops are counted apart: released of one, it is stopped by the other", async () => {
  const id = await approved(agent);
  await stop(alex, agent.id);
  await stop(alex, null);
  await release(alex, null);
  expect(await outcome(await askFor(agent))).toEqual(STOPPED);
  expect((await askFor(other)).status).toBe(201);
  await release(alex, agent.id);
  expect((await askFor(agent)).status).toBe(201);
  expect(await outcome(await redeem(agent, id))).toEqual(STOPPED);
});

test("a request that the stop did not reach serves for nothing, and ends when it is next touched", async () => {
  const { request_id: id } = await ask(agent);
  // As a stop that broke off once it was written: no object has heard of it.
  await env.DB.prepare("UPDATE agent SET stop_number = 1 WHERE id = ?").bind(agent.id).run();
  expect(await outcome(await read(agent, id, 20))).toEqual(STOPPED);
  expect((await openPage(alex, id)).state.status).toBe("pending");
  expect(await outcome(await decide(alex, id, "approved"))).toEqual([403, "agent_stopped"]);
  expect((await openPage(alex, id)).state.status).toBe("cancelled");
  expect(await outcome(await redeem(agent, id))).toEqual(STOPPED);
});
