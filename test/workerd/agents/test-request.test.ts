/** A test request is a real one in the agent's name, to the admin who sends it: every word is the gate's, and nothing ever comes of it. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { type Agent, ask, decided, openPage, PAYLOAD, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted, given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const ACTION = "Test request: nothing happens, whatever you decide";
const PAYLOAD_OF_TEST = {
  test: "An admin sent this to see how requests reach people. It was not asked for by the agent, and nobody can use it.",
};

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
});

const send = ({ cookie }: Someone, id = agent.id): Promise<Response> => call("POST", `/api/v1/agents/${id}/test-request`, { cookie });
const sent = async (by = alex): Promise<string> => (await given<{ request_id: string }>(await send(by), 201)).request_id;
const redeem = (id: string, payload: object): Promise<Response> =>
  call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload } });

test("is approved as any request, and never redeemed", async () => {
  const id = await sent();
  await decided(alex, id, "approved");
  expect(await viewOf(agent, id)).toMatchObject({ status: "approved" });
  expect(await outcome(await redeem(id, PAYLOAD_OF_TEST))).toEqual([409, "not_redeemable"]);
  expect(await outcome(await redeem(id, PAYLOAD))).toEqual([409, "not_redeemable"]);
  const said = await call("POST", `/api/v1/approvals/${id}/outcome`, { key: agent.key, origin: null, body: { outcome: "succeeded" } });
  expect(await outcome(said)).toEqual([409, "not_redeemable"]);
});

test("is not redeemed either where a rule lets it pass without people, nor where the agent asks for its payload itself", async () => {
  await publish(alex, "type: countersign/policy@v1\ndefaults: { effect: allow }\n");
  const id = await sent();
  expect(await outcome(await redeem(id, PAYLOAD_OF_TEST))).toEqual([409, "not_redeemable"]);
  const own = await ask(agent, { action: "Delete everything", payload: PAYLOAD_OF_TEST });
  expect(own.status).toBe("approved");
  expect(await outcome(await redeem(own.request_id, PAYLOAD_OF_TEST))).toEqual([409, "not_redeemable"]);
});

test("has no number to pick, since no agent shows one", async () => {
  await publish(alex, policyOf([{ name: "grave", effect: "require_approval", risk: "critical", separation: false }]));
  const id = await sent();
  expect(await openPage(alex, id)).not.toHaveProperty("numbers");
  expect(await viewOf(agent, id)).not.toHaveProperty("match_code");
  expect(await decided(alex, id, "approved")).toMatchObject({ status: "approved" });
});

test("is not the agent's own: no denial of one is its last, no approvals of them propose a rule, and its page does not count them", async () => {
  await decided(alex, await sent(), "denied");
  expect(await env.DB.prepare("SELECT denied_at FROM agent WHERE id = ?").bind(agent.id).first("denied_at")).toBeNull();
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
  for (let times = 0; times < 3; times++) await decided(alex, await sent(), "approved");
  const got = async (path: string) => given(await call("GET", path, { cookie: alex.cookie, origin: null }));
  expect(await got("/api/v1/policies/proposals")).toMatchObject({ items: [] });
  expect(await got(`/api/v1/agents/${agent.id}`)).toMatchObject({ last_asked_at: null, recent_requests: [], requests: { looked_at: 0 } });
});

test("asks only the admin who sends it, once while it is open", async () => {
  const blair = await admitted(alex, "blair", ["admin", "approver"]);
  const id = await sent();
  expect((await call("GET", `/a/${id}/state`, { cookie: blair.cookie })).status).toBe(404);
  const again = await send(alex);
  expect([again.status, await again.json()]).toMatchObject([200, { request_id: id, approval_url: `https://gate.example.com/a/${id}` }]);
  expect(await sent(blair)).not.toBe(id);
});

test("is refused where that admin may decide nothing, and of an agent that is stopped or revoked", async () => {
  const carol = await admitted(alex, "carol", ["admin"]);
  expect((await send(carol)).status).toBe(422);
  expect((await stop(alex, agent.id)).status).toBe(204);
  expect(await outcome(await send(alex))).toEqual([403, "agent_stopped"]);
  expect((await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie })).status).toBe(204);
  expect(await outcome(await send(alex))).toEqual([404, "not_found"]);
  expect(await outcome(await send(alex, "agt_nobody"))).toEqual([404, "not_found"]);
});

test.each([ACTION, ACTION.toUpperCase(), "Теst request – nothing happens whatever you decide!"])(
  "is not what an agent can ask for something under the name of: %s",
  async (action) => {
    const body = { action, payload: PAYLOAD, wait_seconds: 0 };
    const answer = await call("POST", "/api/v1/approvals", { key: agent.key, origin: null, body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field: "action" }] });
  },
);
