/** An agent is renamed by admins' signatures; from its very next call on it is judged by its new name. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { type Agent, ask, askFor, decide, PAYLOAD, standing, viewOf } from "#test/workerd/support/approvals.ts";
import { below, endBelow, sendBelow } from "#test/workerd/support/agents/below.ts";
import { admitted, meanwhile, recordsOf } from "#test/workerd/support/invited.ts";
import { authorise, call, type Call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { publish } from "#test/workerd/support/policies.ts";
import { changeGroups, draftChange } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { changeAgent } from "#gate/agents/change-agent.ts";
import { makeBelow } from "#gate/agents/below/make-below.ts";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
});

const sign = async (admin: Someone, id: string, name: string, groups: string[] = []) =>
  authorise(admin.passkey, await draftChange(admin, { operation: "agent.changed", agent: id, name, groups }));
const send = ({ cookie }: Someone, id: string, body: object, settings?: Call["settings"]): Promise<Response> =>
  call("PUT", `/api/v1/agents/${id}`, { cookie, body, ...(settings !== undefined && { settings }) });
const rename = async (admin: Someone, id: string, name: string, groups: string[] = [], settings?: Call["settings"]): Promise<Response> =>
  send(admin, id, { name, groups, authorisation: await sign(admin, id, name, groups) }, settings);
const named = async (id: string): Promise<unknown> => {
  const { items } = await (await call("GET", "/api/v1/agents", { cookie: alex.cookie })).json<{ items: { id: string; name: string }[] }>();
  return items.find((one) => one.id === id)?.name;
};

const ONE_NAME_PASSES = `type: countersign/policy@v1
defaults: { separation: false }
rules:
  - { name: trusted, match: { agent: night-bot }, effect: allow }
  - { name: others, effect: require_approval }
`;

test("is in the log under its new name, with its groups, and judged by that from its next call on, in every isolate that knew it", async () => {
  await publish(alex, ONE_NAME_PASSES);
  const before = await ask(agent);
  expect(before.status).toBe("pending");
  expect((await changeGroups(alex, agent.id, ["prod"])).status).toBe(200);
  const renamed = await rename(alex, agent.id, " night-bot", ["prod"]);
  expect([renamed.status, await renamed.json()]).toEqual([200, { name: "night-bot", groups: ["prod"] }]);
  expect(await recordsOf("agent.changed")).toMatchObject([
    { agent: { id: agent.id, name: agent.name, owner: alex.id }, groups: ["prod"] },
    { agent: { id: agent.id, name: "night-bot", owner: alex.id }, groups: ["prod"] },
  ]);
  expect(await named(agent.id)).toBe("night-bot");
  // Another action: what is like the one before is that one still.
  const after = await ask(agent, { action: "Restart api" });
  expect(after).toMatchObject({ status: "approved", basis: "policy", rule: "trusted" });
  const [passed] = await recordsOf("approval.auto_approved");
  expect(passed).toMatchObject({ request: { requested_by: { id: agent.id, name: "night-bot" } } });
  // It was asked for under the old name, and says so.
  expect((await decide(alex, before.request_id, "approved")).status).toBe(200);
  expect((await recordsOf("approval.approved"))[0]).toMatchObject({ request: { requested_by: { name: agent.name } } });

  expect((await rename(alex, agent.id, "day-bot", ["prod"])).status).toBe(200);
  expect((await ask(agent, { action: "Restart web" })).status).toBe("pending");
});

test("what a rule let pass by the name that it had then is used by no other name", async () => {
  await publish(alex, ONE_NAME_PASSES);
  await rename(alex, agent.id, "night-bot");
  const passed = await ask(agent);
  expect(passed.basis).toBe("policy");
  await rename(alex, agent.id, "day-bot");
  const used = await call("POST", `/api/v1/approvals/${passed.request_id}/redeem`, {
    key: agent.key,
    origin: null,
    body: { payload: PAYLOAD },
  });
  expect(used.status).toBe(409);
  expect((await viewOf(agent, passed.request_id)).redeemed_at).toBeUndefined();
});

test("takes no name that another has, nor one that looks like it", async () => {
  await makeAgent(alex, "deploy-bot");
  for (const name of ["deploy-bot", "DEPLOY-BOT", "d\u0435ploy-bot"]) {
    const answer = await call("POST", "/admin/agents/changes/statement", {
      cookie: alex.cookie,
      body: { operation: "agent.changed", agent: agent.id, name, groups: [] },
    });
    expect([answer.status, await answer.json()], name).toMatchObject([400, { errors: [{ field: "name" }] }]);
  }
  expect(await recordsOf("agent.changed")).toEqual([]);
  // Its own, in another case, is its own.
  expect((await rename(alex, agent.id, agent.name.toUpperCase())).status).toBe(200);
});

test("of two that want one name at once one has it", async () => {
  const other = await makeAgent(alex, "other-bot");
  const [one, two] = [await sign(alex, agent.id, "night-bot"), await sign(alex, other.id, "night-bot")];
  const answers = await Promise.all([
    send(alex, agent.id, { name: "night-bot", groups: [], authorisation: one }),
    send(alex, other.id, { name: "night-bot", groups: [], authorisation: two }),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  expect(await recordsOf("agent.changed")).toHaveLength(1);
});

test("waits until nobody below it is judged by its name, also where a key is made at the same moment", async () => {
  const made = await below(agent, { name: "helper" });
  expect(await outcome(await rename(alex, agent.id, "night-bot"))).toEqual([409, "agents_below"]);
  expect((await changeGroups(alex, agent.id, ["prod"])).status).toBe(200);
  await endBelow(agent, made.id);
  expect((await rename(alex, agent.id, "night-bot", ["prod"])).status).toBe(200);
  expect((await sendBelow({ ...agent }, { name: "helper-2" })).status).toBe(201);

  const signed = await sign(alex, (await makeAgent(alex, "planner")).id, "planner-2");
  const planner = signed[0]?.statement.parameters["agent"] as { id: string };
  const ports = await meanwhile(() => env.DB.prepare("UPDATE agent SET name = 'planner-3' WHERE id = ?").bind(planner.id).run());
  const agentCalling = standing(planner.id, "planner", alex.id);
  const wish = { seconds: null, servers: null, tools: null };
  expect(await makeBelow("scout", wish, { agent: agentCalling, facts: await agentCalling.facts() }, ports)).toEqual({
    ok: false,
    refusal: { reason: "parent-renamed" },
  });
});

test("a signature is for one name", async () => {
  const signed = await sign(alex, agent.id, "night-bot");
  const refused = [403, "decision_not_accepted"];
  expect(await outcome(await send(alex, agent.id, { name: "day-bot", groups: [], authorisation: signed }))).toEqual(refused);
  // Without a name it would keep the one that it has, for which nobody signed here.
  expect(await outcome(await send(alex, agent.id, { groups: [], authorisation: signed }))).toEqual(refused);
  expect(await named(agent.id)).toBe(agent.name);
  const ports = await meanwhile(() => makeAgent(alex, "night-bot"));
  expect(await changeAgent({ agentId: agent.id, name: "night-bot", groups: [] }, alex.id, signed, ports)).toEqual({
    ok: false,
    refusal: { reason: "name-of-another-agent" },
  });
});

test("needs two admins where two have to sign; the second sees both names", async () => {
  const settings = { ADMINS_REQUIRED: "2" };
  const blair = await admitted(alex, "blair", ["admin"]);
  expect((await rename(alex, agent.id, "night-bot", [], settings)).status).toBe(202);
  const list = await call("GET", "/api/v1/agents", { cookie: blair.cookie, settings });
  expect(await list.json()).toMatchObject({ changes: [{ id: agent.id, name: "night-bot", now_called: agent.name, signed_by: [alex.id] }] });
  expect((await rename(blair, agent.id, "night-bot", [], settings)).status).toBe(200);
  expect(await named(agent.id)).toBe("night-bot");
});

test.each([[""], ["  "], ["..."], ["a\u0007b"], [7], ["x".repeat(200)]])("must fit: %j", async (name) => {
  const body = { operation: "agent.changed", agent: agent.id, name, groups: [] };
  const answer = await call("POST", "/admin/agents/changes/statement", { cookie: alex.cookie, body });
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: "invalid_request", errors: [{ field: "name" }] }]);
  expect((await askFor(agent)).status).toBe(201);
});
