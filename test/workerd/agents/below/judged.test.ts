/** Who is below another is judged as the agent at the top is; request, record and receipt say who called whom; caps count them together. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, askFor, decided, openPage, PAYLOAD, receiptOf, send, signedDecision } from "#test/workerd/support/approvals.ts";
import { deniedAlike } from "#test/workerd/support/alike.ts";
import { below, chainBelow, type MadeBelow } from "#test/workerd/support/agents/below.ts";
import { admitted as person, given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { changeGroups } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let top: Agent;
let one: MadeBelow;
let two: MadeBelow;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  top = await makeAgent(alex, "planner");
  const [first, second] = await chainBelow(top, ["ci-helper", "two"]);
  if (first === undefined || second === undefined) throw new Error("no chain");
  [one, two] = [first, second];
});

const told = async (agent: Agent, body: object = {}) => outcome(await askFor(agent, { idempotency_key: crypto.randomUUID(), ...body }));
const CHAIN = () => [
  { id: top.id, name: "planner" },
  { id: one.id, name: "ci-helper" },
  { id: two.id, name: "two" },
];

describe.each([
  ["version 0 of the policy", null],
  ["a published policy", policyOf([])],
])("by %s", (_, policy) => {
  it("the request names everybody from the top down, and so does its receipt, which is verified", async () => {
    if (policy !== null) await publish(alex, policy);
    const { request_id: id } = await ask(two);
    const page = await openPage(alex, id);
    expect(page.request.context).toMatchObject({ chain: CHAIN() });
    expect(page.request.requested_by).toEqual({ id: two.id, name: "two", owner: alex.id });
    expect((await send(alex, id, await signedDecision(alex, page, "approved"))).status).toBe(200);
    await given(await call("POST", `/api/v1/approvals/${id}/redeem`, { key: two.key, origin: null, body: { payload: PAYLOAD } }));
    const receipt = parseReceipt(await receiptOf(two, id));
    if (!receipt.ok) throw new Error("no receipt");
    const vkey = await (await call("GET", "/log/vkey")).text();
    const verdict = await verifyReceipt(receipt.value, { vkey: vkey.trim(), origin: ORIGIN });
    expect(verdict).toMatchObject({ ok: true, value: { chain: CHAIN() } });
  });
});

it("an agent that nobody is above has no chain", async () => {
  const { request_id: id } = await ask(top);
  expect((await openPage(alex, id)).request.context).not.toHaveProperty("chain");
});

describe("rules", () => {
  it("see the agent at the top: a name below takes nobody into a rule, nor out of one", async () => {
    await publish(
      alex,
      policyOf([
        { name: "ci", match: { agent: "ci-*" }, effect: "allow" },
        { name: "planner", match: { agent: "planner" }, effect: "deny" },
      ]),
    );
    expect([await told(one), await told(two)]).toEqual([
      [403, "policy_denied"],
      [403, "policy_denied"],
    ]);
  });

  it("see the chain, by names from the top down; of one that nobody is above it is empty", async () => {
    await publish(
      alex,
      policyOf([
        { name: "deep", match: { when: "size(agent.chain) > 2" }, effect: "deny" },
        { name: "helpers", match: { when: 'agent.chain.exists(name, name == "ci-helper")' }, effect: "allow" },
        { name: "alone", match: { when: "size(agent.chain) == 0" }, effect: "require_approval" },
      ]),
    );
    expect(await told(two)).toEqual([403, "policy_denied"]);
    expect(await ask(one)).toMatchObject({ status: "approved", rule: "helpers" });
    expect(await ask(top)).toMatchObject({ status: "pending", rule: "alone" });
  });

  it("of groups are about those of the agent at the top, as they are now", async () => {
    await publish(alex, policyOf([{ name: "prod", match: { groups: "prod" }, effect: "deny" }]));
    expect(await told(two)).toEqual([201, undefined]);
    await given(await changeGroups(alex, top.id, ["prod"]));
    expect(await told(two)).toEqual([403, "policy_denied"]);
  });

  it("hold when it is used, too: the chain of then is judged", async () => {
    const { request_id: id } = await ask(two);
    await decided(alex, id, "approved");
    await publish(alex, policyOf([{ name: "deep", match: { when: "size(agent.chain) > 2" }, effect: "deny" }]));
    const used = await call("POST", `/api/v1/approvals/${id}/redeem`, { key: two.key, origin: null, body: { payload: PAYLOAD } });
    expect(await outcome(used)).toEqual([403, "policy_denied"]);
  });

  it("that count are counted at the top: a new key below opens no new limit", async () => {
    await publish(alex, policyOf([{ name: "few", match: { source: "ask" }, effect: "allow", limits: { per_day: 2 } }]));
    expect([await told(top), await told(one), await told(two)]).toEqual([
      [201, undefined],
      [201, undefined],
      [429, "rate_limited"],
    ]);
    expect(await told(await below(top, { name: "fresh" }))).toEqual([429, "rate_limited"]);
  });
});

it("what is refused without asking of one below is refused of everybody in its chain and beside it", async () => {
  const blair = await person(alex, "blair");
  const { request_id: id } = await ask(two);
  await deniedAlike(blair, id);
  for (const agent of [two, one, top, await below(top, { name: "fresh" })]) expect(await told(agent)).toEqual([403, "denied_pattern"]);
  expect(await told(await makeAgent(alex, "other"))).toEqual([201, undefined]);
});

it("what waits is counted for the agent at the top and everybody below it together", async () => {
  const most = Number(env.MAX_PENDING_PER_AGENT ?? 100);
  const others = await makeAgent(alex, "other");
  const agents = [top, one, two];
  for (let n = 0; n < most; n++) {
    const agent = agents[n % 3] ?? top;
    // Each by itself: those of a minute are counted together as well.
    expect(await told(agent, { action: `Do ${n}` })).toEqual([201, undefined]);
  }
  for (const agent of agents) expect(await told(agent)).toEqual([429, "rate_limited"]);
  expect(await told(others)).toEqual([201, undefined]);
});

describe("an ask", () => {
  it.each([
    ["of its server and tool", { server: "files", tool: "read" }, [201, undefined]],
    ["of nothing that a key is for", {}, [201, undefined]],
    ["of another tool", { server: "files", tool: "write" }, [403, "not_delegated"]],
    ["of another server", { server: "mail" }, [403, "not_delegated"]],
  ])("%s", async (_, named, expected) => {
    const narrow = await below(top, { name: "narrow", servers: ["files"], tools: ["files.read"] });
    expect(await told(narrow, named)).toEqual(expected);
  });
});
