/** Rules proposed from what people approved, over the real routes: what they come from, what keeps them from being proposed, and what they let pass. */
import { beforeEach, expect, test } from "vitest";
import type { ProposalItem } from "#api/policies/proposal-data.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { withRules } from "#countersign/policy/proposing/with-rules.ts";
import { type Agent, ask, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { everyRow } from "#test/workerd/support/attacks.ts";
import { admitted, changeRoles, given } from "#test/workerd/support/invited.ts";
import { call, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { changeGroups } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  ({ person: alex, agent } = await personAndAgent());
});

const PAYMENT = { action: "Pay an invoice", tool: "pay", server: "bank" };
const payment = (payload: JsonObject, by = agent) => ask(by, { ...PAYMENT, payload });
async function approved(payload: JsonObject, { by = agent, person = alex } = {}): Promise<string> {
  const { request_id: id } = await payment(payload, by);
  await decided(person, id, "approved");
  return id;
}
const send = (person = alex, query = "") => call("GET", `/api/v1/policies/proposals${query}`, { cookie: person.cookie, origin: null });
const proposals = async (person = alex, query = "") => (await given<{ items: ProposalItem[] }>(await send(person, query))).items;
const three = async () => [
  await approved({ amount: 10, to: "acme", memo: null }),
  await approved({ amount: 250.5, to: "bolt", memo: null }),
  await approved({ amount: 40, to: "acme", memo: null, note: "urgent" }),
];

test("proposes what was approved three times, with its bounds and what it comes from, and stores nothing", async () => {
  const blair = await admitted(alex, "blair", ["approver"]);
  const ids = await three();
  ids.push(await approved({ amount: 41, to: "acme", memo: null }, { person: blair }));
  const before = await everyRow();
  const [found, ...others] = await proposals();
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    agent: "release-bot",
    group: null,
    source: "ask",
    server: "bank",
    tool: "pay",
    action: "Pay an invoice",
    risk: "medium",
    people: 2,
    before: null,
    members: [
      { member: "amount", bound: "range", values: [10, 250.5], optional: false },
      { member: "memo", bound: "fixed", values: [null], optional: false },
      { member: "note", bound: "fixed", values: ["urgent"], optional: true },
      { member: "to", bound: "one_of", values: ["acme", "bolt"], optional: false },
    ],
  });
  expect(found?.requests.map(({ id }) => id)).toEqual(ids.toReversed());
  expect(found?.rule).toContain(`# Proposed: approved 4 times by 2 people, never denied.\n# ${ids[3]}`);
  expect(await everyRow()).toBe(before);
});

test("lets pass what it says once it is published, and nothing beyond; then it is not proposed any more", async () => {
  await publish(
    alex,
    `type: countersign/policy@v1\nrules:\n  - name: no-evil\n    match: { tool: "evil_*" }\n    effect: deny\n  # Everybody.\n  - { name: payments, effect: require_approval }\n`,
  );
  await three();
  const [found] = await proposals();
  expect(found?.before).toBe("payments");
  const source = (await given<{ source: string }>(await call("GET", "/api/v1/policies/1", { cookie: alex.cookie }))).source;
  const text = withRules(source, [found?.rule ?? ""], found?.before ?? null);
  expect(text.indexOf("no-evil")).toBeLessThan(text.indexOf("# Proposed"));
  expect(text.indexOf("effect: allow")).toBeLessThan(text.indexOf("# Everybody."));
  await publish(alex, text);
  expect((await payment({ amount: 99, to: "bolt", memo: null })).status).toBe("approved");
  const outside: JsonObject[] = [
    { amount: 251, to: "acme", memo: null },
    { amount: "99", to: "acme", memo: null },
    { amount: 99, to: "other", memo: null },
    { amount: 99, to: ["acme"], memo: null },
    { amount: 99, to: "acme" },
    { amount: 99, to: "acme", memo: null, extra: 1 },
    { amount: 99, to: "acme", memo: null, note: "another" },
  ];
  for (const payload of outside) expect((await payment(payload)).status, JSON.stringify(payload)).toBe("pending");
  const named = { ...PAYMENT, payload: { amount: 99, to: "acme", memo: null } };
  for (const other of [{ tool: "pay2" }, { server: "bank2" }, { action: "Pay another invoice" }])
    expect((await ask(agent, { ...named, ...other })).status, JSON.stringify(other)).toBe("pending");
  expect((await ask(await makeAgent(alex, "other-bot"), named)).status).toBe("pending");
  expect(await proposals()).toEqual([]);
});

test("proposes nothing of what was denied once, whoever may see that, nor of fewer approvals, nor of critical risk", async () => {
  await approved({ amount: 1 });
  await approved({ amount: 2 });
  expect(await proposals()).toEqual([]);
  await approved({ amount: 3 });
  expect(await proposals()).toHaveLength(1);
  const blair = await admitted(alex, "blair", ["approver"]);
  const { request_id: id } = await ask(agent, { ...PAYMENT, payload: { amount: 2 }, approvers: { users: ["blair"] } });
  await decided(blair, id, "denied");
  expect(await proposals()).toEqual([]);
  await publish(alex, policyOf([{ name: "grave", effect: "require_approval", risk: "critical", separation: false }]));
  // Another agent: of one that was denied something nothing grave is approved for a while.
  const wiper = await makeAgent(alex, "wiper");
  for (const n of [1, 2, 3]) {
    const { request_id: grave } = await ask(wiper, { action: "Wipe it", payload: { n } });
    await decided(alex, grave, "approved");
    if (n === 3) expect(await outcome(await send(alex, `?request=${grave}`))).toEqual([400, "invalid_request"]);
  }
  expect(await proposals()).toEqual([]);
});

test("proposes for a group where several of its agents asked", async () => {
  const other = await makeAgent(alex, "other-bot");
  for (const one of [agent, other]) await given(await changeGroups(alex, one.id, ["payers"]));
  await approved({ amount: 1 });
  await approved({ amount: 2 }, { by: other });
  await approved({ amount: 3 });
  const [found, ...others] = await proposals();
  expect(found).toMatchObject({ agent: null, group: "payers", members: [{ values: [1, 3] }] });
  expect(others).toEqual([]);
});

test("shows an admin nothing of requests that are not theirs to see, and nobody else anything", async () => {
  const blair = await admitted(alex, "blair", ["approver"]);
  for (const amount of [1, 2, 3]) {
    const { request_id: id } = await ask(agent, { ...PAYMENT, payload: { amount }, approvers: { users: ["blair"] } });
    await decided(blair, id, "approved");
    if (amount === 3) {
      await given(await changeRoles(alex, alex.id, ["admin", "approver"]));
      expect(await outcome(await send(alex, `?request=${id}`))).toEqual([404, "not_found"]);
    }
  }
  expect(await proposals()).toEqual([]);
  expect(await outcome(await send(blair))).toEqual([403, "forbidden"]);
});

test("makes a rule of one approval, with just its arguments; its page leads there", async () => {
  const id = await approved({ amount: 10, list: [1, { a: "x" }], empty: {} });
  const page = await (await call("GET", `/a/${id}`, { cookie: alex.cookie })).text();
  expect(page).toContain(`href="/admin/policy?propose=${id}"`);
  const [found] = await proposals(alex, `?request=${id}`);
  expect(found).toMatchObject({ people: 1, requests: [{ id }] });
  expect(found?.members.map(({ bound }) => bound)).toEqual(["fixed", "fixed", "fixed"]);
  await publish(alex, withRules("", [found?.rule ?? ""]));
  expect((await payment({ amount: 10, list: [1, { a: "x" }], empty: {} })).status).toBe("approved");
  for (const payload of [
    { amount: 10, list: [1, { a: "y" }], empty: {} },
    { amount: 10, list: [1], empty: {} },
    { amount: 10, list: [1, { a: "x" }], empty: [] },
  ] as JsonObject[])
    expect((await payment(payload)).status, JSON.stringify(payload)).toBe("pending");
  const waiting = await payment({ amount: 11 });
  expect(await outcome(await send(alex, `?request=${waiting.request_id}`))).toEqual([404, "not_found"]);
  expect(await (await call("GET", `/a/${waiting.request_id}`, { cookie: alex.cookie })).text()).not.toContain("propose=");
});
