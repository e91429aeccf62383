/** An agent's key is replaced by admins' signatures; the old one serves for as long as they signed for, and not a moment longer. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rotateKey } from "#gate/agents/keys/rotate-key.ts";
import { endKey, rotated, sendRotation, signRotation } from "#test/workerd/support/agents/keys.ts";
import { below } from "#test/workerd/support/agents/below.ts";
import { type Agent, ask, decided, openPage, PAYLOAD } from "#test/workerd/support/approvals.ts";
import { admitted, given, meanwhile, recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, rowsOf, type Someone, someText } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { draftChange, release, stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const HOUR_MS = 3_600_000;
const REFUSED = [401, "unauthorized"];

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
});
afterEach(() => void vi.useRealTimers());

/** Whether a key opens the gate: the status of a list that is each agent's own. */
const asks = async ({ key }: Pick<Agent, "key">): Promise<[number, string | undefined]> =>
  outcome(await call("GET", "/api/v1/agents/self/delegations", { key, origin: null }));
const OPEN = [200, undefined];

test("another key opens at once, the one before until its time is over, and the log says so without either", async () => {
  const at = Date.now();
  const answer = await sendRotation(alex, agent.id, await signRotation(alex, agent.id, 2));
  const { key, number, old_key_ends_at } = await given<{ key: string; number: number; old_key_ends_at: string }>(answer, 201);
  expect([number, old_key_ends_at]).toEqual([2, new Date(at + 2 * HOUR_MS).toISOString()]);
  expect(key).not.toBe(agent.key);
  expect([await asks({ key }), await asks(agent)]).toEqual([OPEN, OPEN]);

  vi.setSystemTime(at + 2 * HOUR_MS - 1);
  expect(await asks(agent)).toEqual(OPEN);
  vi.setSystemTime(at + 2 * HOUR_MS);
  expect([await asks(agent), await asks({ key })]).toEqual([REFUSED, OPEN]);
  expect(await recordsOf("agent.key_rotated")).toEqual([
    {
      type: "countersign/record@v1",
      kind: "agent.key_rotated",
      log: "gate.example.com/log",
      at: new Date(at).toISOString(),
      agent: { id: agent.id, name: agent.name, owner: alex.id },
      number: 1,
      overlap_hours: 2,
      authorised_by: [
        {
          statement: {
            type: "countersign/admin@v1",
            origin: "https://gate.example.com",
            operation: "agent.key_rotated",
            parameters: { agent: { id: agent.id, name: agent.name, owner: alex.id }, number: 1, overlap_hours: 2 },
            admin: alex.id,
            nonce: someText,
          },
          credential_id: alex.passkey.credentialId,
          assertion: { client_data_json: someText, authenticator_data: someText, signature: someText },
        },
      ],
    },
  ]);
});

test("without an overlap no call with the old key is answered after the new one was given", async () => {
  const fresh = await rotated(alex, agent, 0);
  expect([await asks(agent), await asks(fresh)]).toEqual([REFUSED, OPEN]);
});

test("what was asked with the old key is the agent's still, and read with the new one", async () => {
  const { request_id: id } = await ask(agent);
  const fresh = await rotated(alex, agent, 0);
  const seen = await call("GET", `/api/v1/approvals/${id}`, { key: fresh.key, origin: null });
  expect(await seen.json()).toMatchObject({ status: "pending" });
});

test("a wait with the old key ends once that has ended", async () => {
  const { request_id: id } = await ask(agent);
  await rotated(alex, agent, 24);
  const waiting = call("GET", `/api/v1/approvals/${id}?wait=2`, { key: agent.key, origin: null });
  expect((await endKey(alex, agent.id, 1)).status).toBe(204);
  expect(await outcome(await waiting)).toEqual(REFUSED);
});

test("a key that was replaced ends before its time, named by its number or how it begins, once in the log, and the newest never so", async () => {
  const fresh = await rotated(alex, agent, 168);
  expect(await outcome(await endKey(alex, agent.id, 2))).toEqual([404, "not_found"]);
  expect(await outcome(await endKey(alex, agent.id, fresh.key.slice(0, 8)))).toEqual([404, "not_found"]);
  const ends = await Promise.all([endKey(alex, agent.id, 1), endKey(alex, agent.id, agent.key.slice(0, 8))]);
  expect(ends.map(({ status }) => status)).toEqual([204, 204]);
  expect([await asks(agent), await asks(fresh)]).toEqual([REFUSED, OPEN]);
  expect(await recordsOf("agent.key_ended")).toMatchObject([
    { agent: { id: agent.id, name: agent.name, owner: alex.id }, number: 1, by: { id: alex.id, username: "alex" } },
  ]);
  expect((await endKey(alex, agent.id, 1)).status).toBe(204);
  expect(await recordsOf("agent.key_ended")).toHaveLength(1);
});

test("a key whose time is over needs no end of its own", async () => {
  await rotated(alex, agent, 1);
  vi.setSystemTime(Date.now() + HOUR_MS);
  expect((await endKey(alex, agent.id, 1)).status).toBe(204);
  expect(await recordsOf("agent.key_ended")).toEqual([]);
});

test("all that begin as it was named are ended", async () => {
  const second = await rotated(alex, agent, 168);
  await rotated(alex, second, 168);
  await env.DB.prepare("UPDATE agent_old_key SET prefix = 'csk_same'").run();
  expect((await endKey(alex, agent.id, "csk_same")).status).toBe(204);
  expect([await asks(agent), await asks(second)]).toEqual([REFUSED, REFUSED]);
});

test("whoever was shown a key has no say in what it asks for that is critical, for as long as that key, or one made with it, serves", async () => {
  const [blair, cleo] = [await admitted(alex, "blair", ["admin", "approver"]), await admitted(alex, "cleo", ["admin", "approver"])];
  const dora = await admitted(alex, "dora", ["approver"]);
  await putInForce(policyOf([{ name: "grave", effect: "require_approval", risk: "critical" }]));
  const kept = async (by: Pick<Agent, "key">): Promise<unknown[]> => {
    const { request } = await openPage(dora, (await ask({ ...agent, key: by.key })).request_id);
    return [request.context["separation"], request.quorum.map(({ eligible }) => eligible)];
  };
  const without = (...people: Someone[]): unknown[] => {
    const [out, eligible] = [people.map(({ id }) => id), [alex, blair, cleo, dora].map(({ id }) => id)];
    return [{ people: out.toSorted() }, [eligible.filter((id) => !out.includes(id)).toSorted()]];
  };
  expect(await kept(agent)).toEqual(without(alex));
  const { request_id: approved } = await ask(agent);
  await decided(blair, approved, "approved");

  const second = await rotated(blair, agent, 0);
  expect(await kept(second)).toEqual(without(alex, blair));
  const use = call("POST", `/api/v1/approvals/${approved}/redeem`, { key: second.key, origin: null, body: { payload: PAYLOAD } });
  expect(await outcome(await use)).toEqual([409, "policy_changed"]);

  const at = Date.now();
  const third = await rotated(cleo, second, 2);
  const scout = await below(second, { name: "scout", expires_in: 86_400 });
  expect([await kept(second), await kept(third)]).toEqual([without(alex, blair, cleo), without(alex, blair, cleo)]);
  vi.setSystemTime(at + 2 * HOUR_MS);
  expect([await kept(third), await kept(scout)]).toEqual([without(alex, cleo), without(alex, blair, cleo)]);
});

test("nothing makes the end of a replaced key later, and no such key goes away", async () => {
  await rotated(alex, agent, 1);
  const change = (sql: string) => env.DB.prepare(sql).run();
  await expect(change("UPDATE agent_old_key SET ends_at = '2099-01-01T00:00:00.000Z'")).rejects.toThrow("may only end earlier");
  await expect(change("UPDATE agent_old_key SET maker = NULL")).rejects.toThrow("may only end earlier");
  await expect(change("DELETE FROM agent_old_key")).rejects.toThrow("rows stay");
});

test("of two replacements at once one is made, and its key is in one answer alone", async () => {
  const [one, two] = [await signRotation(alex, agent.id, 24), await signRotation(alex, agent.id, 24)];
  const same = await Promise.all([sendRotation(alex, agent.id, one), sendRotation(alex, agent.id, two)]);
  expect(same.map(({ status }) => status).toSorted()).toEqual([201, 202]);
  expect(await rowsOf("agent_old_key")).toBe(1);

  const [three, four] = [await signRotation(alex, agent.id, 1), await signRotation(alex, agent.id, 0)];
  const others = await Promise.all([sendRotation(alex, agent.id, three), sendRotation(alex, agent.id, four)]);
  expect((await Promise.all(others.map((answer) => outcome(answer)))).toSorted()).toEqual([
    [201, undefined],
    [409, "key_changed"],
  ]);
  expect(await recordsOf("agent.key_rotated")).toHaveLength(2);
});

test("signatures are for just this key and these hours, and serve once", async () => {
  const signed = await signRotation(alex, agent.id, 24);
  expect(await outcome(await sendRotation(alex, agent.id, { ...signed, overlap_hours: 168 }))).toEqual([403, "decision_not_accepted"]);
  const other = await makeAgent(alex, "other-bot");
  expect(await outcome(await sendRotation(alex, other.id, signed))).toEqual([403, "decision_not_accepted"]);
  expect((await sendRotation(alex, agent.id, signed)).status).toBe(201);
  expect(await outcome(await sendRotation(alex, agent.id, signed))).toEqual([409, "key_changed"]);
  expect(await outcome(await sendRotation(alex, agent.id, { ...signed, number: 2 }))).toEqual([403, "decision_not_accepted"]);
});

test.each([
  ["number", { number: 0, overlap_hours: 1 }],
  ["overlap_hours", { number: 1, overlap_hours: 169 }],
  ["overlap_hours", { number: 1, overlap_hours: -1 }],
  ["authorisation", { number: 1, authorisation: null }],
])("must fit: %s", async (field, body) => {
  const answer = await sendRotation(alex, agent.id, { authorisation: [], ...body });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field }] });
});

test("of an agent that is revoked there is no other key, also if that happens meanwhile", async () => {
  const signed = await signRotation(alex, agent.id, 24);
  const ports = await meanwhile(() =>
    env.DB.prepare("UPDATE agent SET revoked_at = '2026-11-29T00:00:00.000Z' WHERE id = ?").bind(agent.id).run(),
  );
  const { authorisation } = signed as { authorisation: never[] };
  expect(await rotateKey({ agentId: agent.id, number: 1, overlapHours: 24 }, alex.id, authorisation, ports)).toEqual({
    ok: false,
    refusal: { reason: "unknown-agent" },
  });
  expect(await outcome(await sendRotation(alex, agent.id, signed))).toEqual([404, "not_found"]);
  expect(await rowsOf("agent_old_key")).toBe(0);
});

test("revoking ends both keys", async () => {
  const fresh = await rotated(alex, agent, 24);
  expect((await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie })).status).toBe(204);
  expect([await asks(agent), await asks(fresh)]).toEqual([REFUSED, REFUSED]);
});

test("a stopped agent gets another key, which is stopped as the old one is", async () => {
  expect((await stop(alex, agent.id)).status).toBe(204);
  const fresh = await rotated(alex, agent, 24);
  const body = { action: "Deploy", payload: { to: "production" } };
  const asked = async ({ key }: Agent) => outcome(await call("POST", "/api/v1/approvals", { key, origin: null, body }));
  expect([await asked(agent), await asked(fresh)]).toEqual([
    [403, "agent_stopped"],
    [403, "agent_stopped"],
  ]);
  await given(await release(alex, agent.id));
  expect(await ask(fresh)).toMatchObject({ status: "pending" });
});

test("an agent below another has no key that admins replace", async () => {
  const { id } = await below(agent, { name: "scout" });
  await expect(draftChange(alex, { operation: "agent.key_rotated", agent: id, overlap_hours: 1 })).rejects.toThrow("404");
});

test("needs two admins where two have to sign; the key is shown to the second, who sees what they sign", async () => {
  const settings = { ADMINS_REQUIRED: "2" };
  const blair = await admitted(alex, "blair", ["admin"]);
  const first = await sendRotation(alex, agent.id, await signRotation(alex, agent.id, 3), settings);
  expect([first.status, await first.json()]).toEqual([202, { signatures: 1, required: 2 }]);
  const list = await call("GET", "/api/v1/agents", { cookie: blair.cookie, settings });
  expect(await list.json()).toMatchObject({ rotations: [{ id: agent.id, number: 1, overlap_hours: 3, signed_by: [alex.id] }] });
  const second = await sendRotation(blair, agent.id, await signRotation(blair, agent.id, 3), settings);
  const { key } = await given<{ key: string }>(second, 201);
  expect([await asks({ key }), await asks(agent)]).toEqual([OPEN, OPEN]);
});
