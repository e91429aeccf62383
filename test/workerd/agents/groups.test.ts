/** An agent's groups change by admins' signatures over exactly those, each change once, in the order in which they are written. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { type Agent } from "#test/workerd/support/approvals.ts";
import { admitted, meanwhile, recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone, someText } from "#test/workerd/support/people.ts";
import { changeGroups, draftChange, sendGroups, signGroups } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { changeAgent } from "#gate/agents/change-agent.ts";

const REFUSED = [403, "decision_not_accepted"];

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
});

const groupsOf = async ({ id }: Agent): Promise<unknown> => {
  const { items } = await (
    await call("GET", "/api/v1/agents", { cookie: alex.cookie })
  ).json<{ items: { id: string; groups: string[] }[] }>();
  return items.find((one) => one.id === id)?.groups;
};
const keys = async () =>
  (
    await env.DB.prepare("SELECT idem FROM log_leaf WHERE record ->> '$.kind' = 'agent.changed' ORDER BY idx").all<{ idem: string }>()
  ).results.map(({ idem }) => idem.slice(agent.id.length));
const epoch = () => env.DB.prepare("SELECT epoch FROM gate").first<number>("epoch");

test("are none at first; what admins sign for is in the log, each once and in order, and everything is judged anew", async () => {
  expect(await groupsOf(agent)).toEqual([]);
  const before = await epoch();
  const changed = await changeGroups(alex, agent.id, [" payments", "deploy", "payments"]);
  expect([changed.status, await changed.json()]).toEqual([200, { groups: ["deploy", "payments"] }]);
  expect(await groupsOf(agent)).toEqual(["deploy", "payments"]);
  expect(await epoch()).toBeGreaterThan(before ?? Infinity);
  expect(await recordsOf("agent.changed")).toEqual([
    {
      type: "countersign/record@v1",
      kind: "agent.changed",
      log: "gate.example.com/log",
      at: someText,
      agent: { id: agent.id, name: agent.name, owner: alex.id },
      groups: ["deploy", "payments"],
      authorised_by: [
        {
          statement: {
            type: "countersign/admin@v1",
            origin: "https://gate.example.com",
            operation: "agent.changed",
            parameters: { agent: { id: agent.id, name: agent.name, owner: alex.id }, groups: ["deploy", "payments"] },
            admin: alex.id,
            nonce: someText,
          },
          credential_id: alex.passkey.credentialId,
          assertion: { client_data_json: someText, authenticator_data: someText, signature: someText },
        },
      ],
    },
  ]);
  expect((await changeGroups(alex, agent.id, [])).status).toBe(200);
  expect((await changeGroups(alex, agent.id, ["deploy", "payments"])).status).toBe(200);
  expect(await keys()).toEqual([":changed:1", ":changed:2", ":changed:3"]);
});

test("are exactly what was signed, and a signature serves once", async () => {
  const other = await makeAgent(alex, "other-bot");
  const signed = await signGroups(alex, agent.id, ["deploy"]);
  expect(await outcome(await sendGroups(alex, agent.id, ["deploy", "payments"], signed))).toEqual(REFUSED);
  expect(await outcome(await sendGroups(alex, other.id, ["deploy"], signed))).toEqual(REFUSED);
  expect(await outcome(await sendGroups(alex, agent.id, ["deploy"], []))).toEqual(REFUSED);
  expect(await recordsOf("agent.changed")).toEqual([]);
  expect((await sendGroups(alex, agent.id, ["deploy"], signed)).status).toBe(200);
  expect((await changeGroups(alex, agent.id, [])).status).toBe(200);
  expect(await outcome(await sendGroups(alex, agent.id, ["deploy"], signed))).toEqual(REFUSED);
  expect(await groupsOf(agent)).toEqual([]);
});

test("of two changes at once both are written, one after the other", async () => {
  const [one, two] = [await signGroups(alex, agent.id, ["deploy"]), await signGroups(alex, agent.id, ["payments"])];
  const answers = await Promise.all([sendGroups(alex, agent.id, ["deploy"], one), sendGroups(alex, agent.id, ["payments"], two)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(await keys()).toEqual([":changed:1", ":changed:2"]);
  expect(await groupsOf(agent)).toEqual((await recordsOf("agent.changed"))[1]?.["groups"]);
});

test("of an agent that is revoked meanwhile do not change", async () => {
  const signed = await signGroups(alex, agent.id, ["deploy"]);
  const ports = await meanwhile(() =>
    env.DB.prepare("UPDATE agent SET revoked_at = '2026-11-29T00:00:00.000Z' WHERE id = ?").bind(agent.id).run(),
  );
  expect(await changeAgent({ agentId: agent.id, groups: ["deploy"] }, alex.id, signed, ports)).toEqual({
    ok: false,
    refusal: { reason: "unknown-agent" },
  });
  expect(await outcome(await sendGroups(alex, agent.id, ["deploy"], signed))).toEqual([404, "not_found"]);
  await expect(draftChange(alex, { operation: "agent.changed", agent: agent.id, groups: [] })).rejects.toThrow("404");
  expect(await recordsOf("agent.changed")).toEqual([]);
});

test("need two admins where two have to sign, who see what they sign", async () => {
  const settings = { ADMINS_REQUIRED: "2" };
  const blair = await admitted(alex, "blair", ["admin"]);
  const first = await changeGroups(alex, agent.id, ["deploy"], settings);
  expect([first.status, await first.json()]).toEqual([202, { signatures: 1, required: 2 }]);
  expect(await groupsOf(agent)).toEqual([]);
  const list = await call("GET", "/api/v1/agents", { cookie: blair.cookie, settings });
  expect(await list.json()).toMatchObject({
    changes: [{ id: agent.id, groups: ["deploy"], signed_by: [alex.id] }],
    waiting: [],
    releases: [],
  });
  expect((await changeGroups(blair, agent.id, ["deploy"], settings)).status).toBe(200);
  expect(await groupsOf(agent)).toEqual(["deploy"]);
});

test.each([
  ["groups[0]", { groups: ["a\u0007"] }],
  ["groups", {}],
  ["authorisation", { groups: [], authorisation: null }],
])("must fit: %s", async (field, body) => {
  const answer = await call("PUT", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie, body: { authorisation: [], ...body } });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field }] });
});
