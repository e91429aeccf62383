/** Asks that pass by a grant: what agents do themselves, by their own word for tool and server. And who gives, sees and revokes grants. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { type Agent, ask, decide, decided, openPage, viewOf } from "#test/workerd/support/approvals.ts";
import { freely, grantsOf, onlyGrant, REMEMBERED, revoke } from "#test/workerd/support/grants/grants.ts";
import { admitted, changeRoles, enter, enrolInvited, invite, confirm, revoke as revokePasskey } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";

const PAYLOAD = { service: "api", replicas: 3 };
const TOOL = "scale_replicas";
const TWO = { ...REMEMBERED, name: "two", match: { tool: "scale_both" }, approvals: [{ required: 2 }] };

let alex: Someone;
let blair: Someone;
let agent: Agent;
beforeAll(async () => {
  alex = await enrolFirst();
  blair = await admitted(alex, "blair");
  await publish(alex, policyOf([REMEMBERED, TWO]));
});
beforeEach(async () => {
  agent = await makeAgent(alex, `bot-${crypto.randomUUID().slice(0, 8)}`);
});

const asking = (payload: JsonObject = PAYLOAD, more: JsonObject = {}): Promise<AgentView> =>
  ask(agent, { action: "Scale the service", payload, tool: TOOL, ...more });
const giving = async (uses = 20, by = alex): Promise<void> => {
  const { request_id: id } = await asking();
  await decided(by, id, "approved", { grant: freely(undefined, uses) });
};
const redeem = (id: string, payload: JsonObject) =>
  call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload } });

it("passes at once, and is redeemed like any approval", async () => {
  await giving();
  const payload = { service: "api", replicas: 8 };
  const passed = await asking(payload);
  expect(passed).toMatchObject({ status: "approved", basis: "grant", approvals: 0, required: 0, decided_by: [] });
  expect((await redeem(passed.request_id, payload)).status).toBe(200);
  expect(await onlyGrant({ person: alex, agent })).toMatchObject({ used: 1, server: null });
});

it.each([
  ["names who is to approve", { approvers: { users: ["alex"] } }],
  ["wants more people than the rule", { approvers: { required: 2 } }],
  ["is about another server, by its own word", { server: "other" }],
  ["is about another tool", { tool: "scale_both" }],
])("people are asked where the ask %s", async (_, more) => {
  await giving();
  expect(await asking({ service: "api", replicas: 8 }, more)).toMatchObject({ status: "pending" });
});

it("a page offers it with the rule's limits, and says of what is nearly covered which member is another", async () => {
  await giving();
  const { request_id: id } = await asking({ service: "web", replicas: 3, force: true });
  expect((await openPage(alex, id)).remember).toEqual({ for: 604_800, uses: 20, same: null });
  const page = await (await call("GET", `/a/${id}`, { cookie: alex.cookie })).text();
  const { id: grant } = await onlyGrant({ person: alex, agent });
  expect(page).toContain(grant);
  expect(page.replace(/<[^>]*>/g, "")).toMatch(/force is there, and was not when it was given.*service is another than was approved/);
  expect(page).not.toContain('id="remember-on" checked');
});

describe("what a grant let pass serves no more", () => {
  const passed = async () => {
    const payload = { service: "api", replicas: 8 };
    return { payload, id: (await asking(payload)).request_id };
  };

  it("once the grant is revoked", async () => {
    await giving();
    const { id, payload } = await passed();
    await revoke(alex, (await onlyGrant({ person: alex, agent })).id);
    expect(await outcome(await redeem(id, payload))).toEqual([409, "not_approved"]);
  });

  it("once its rule lets nobody remember", async () => {
    await giving();
    const { id, payload } = await passed();
    await publish(alex, policyOf([{ ...REMEMBERED, grants: undefined }, TWO]));
    expect(await outcome(await redeem(id, payload))).toEqual([409, "policy_changed"]);
    await publish(alex, policyOf([REMEMBERED, TWO]));
    expect((await redeem(id, payload)).status).toBe(200);
  });
});

describe("it ends with those who gave it", () => {
  let chris: Someone;
  let name: string;
  const passkeysOf = async (id: string) =>
    (await env.DB.prepare("SELECT credential_id AS id FROM passkey WHERE person_id = ?1").bind(id).all<{ id: string }>()).results;
  beforeEach(async () => {
    name = `chris-${crypto.randomUUID().slice(0, 4)}`;
    chris = await admitted(alex, name);
    await giving(20, chris);
  });

  it("with their role, before it passes and before it is used", async () => {
    const payload = { service: "api", replicas: 8 };
    const { request_id: id } = await asking(payload);
    await changeRoles(alex, chris.id, ["auditor"]);
    expect(await asking({ service: "api", replicas: 9 })).toMatchObject({ status: "pending" });
    expect(await outcome(await redeem(id, payload))).toEqual([409, "not_approved"]);
    expect(await onlyGrant({ person: alex, agent })).toMatchObject({ ended_by: "giver" });
  });

  it("with the passkey that they signed with, though they have another", async () => {
    const waiting = await enrolInvited(await invite(alex, { person: chris.id }), name);
    await confirm(alex, waiting);
    await enter(waiting);
    expect(await passkeysOf(chris.id)).toHaveLength(2);
    await revokePasskey(alex, { id: chris.id, passkey: chris.passkey });
    expect(await asking({ service: "api", replicas: 9 })).toMatchObject({ status: "pending" });
  });

  it("with what makes them approvers of that rule", async () => {
    await publish(alex, policyOf([{ ...REMEMBERED, approvals: [{ users: ["alex"] }] }, TWO]));
    expect(await asking({ service: "api", replicas: 9 })).toMatchObject({ status: "pending" });
    await publish(alex, policyOf([REMEMBERED, TWO]));
    expect(await asking({ service: "api", replicas: 10 })).toMatchObject({ status: "approved" });
  });
});

describe("where two approve", () => {
  const both = (payload: JsonObject = PAYLOAD) => asking(payload, { tool: "scale_both" });
  /** The same as the one before has signed. */
  const same = (page: Awaited<ReturnType<typeof openPage>>) => {
    const { id, free, uses, until } = page.remember?.same ?? freely()(page);
    return { id, free, uses, until };
  };

  it("the second is offered just what the first has signed; both together give it", async () => {
    const { request_id: id } = await both();
    await decided(alex, id, "approved", { grant: freely() });
    expect(await grantsOf(alex, `?agent=${agent.id}`)).toEqual([]);
    expect((await openPage(blair, id)).remember?.same).toMatchObject({ uses: 20, rule: "two" });
    await decided(blair, id, "approved", { grant: same });
    expect(await onlyGrant({ person: alex, agent })).toMatchObject({ given_by: [{ id: alex.id }, { id: blair.id }] });
    expect(await both({ service: "api", replicas: 9 })).toMatchObject({ status: "approved", basis: "grant" });
  });

  it("without the second's signature for it the approval stands alone", async () => {
    const { request_id: id } = await both();
    await decided(alex, id, "approved", { grant: freely() });
    await decided(blair, id, "approved");
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved", basis: "passkeys" });
    expect(await grantsOf(alex, `?agent=${agent.id}`)).toEqual([]);
    expect(await both({ service: "api", replicas: 9 })).toMatchObject({ status: "pending" });
  });

  it("nothing is offered to the second where the first has approved without", async () => {
    const { request_id: id } = await both();
    await decided(alex, id, "approved");
    expect((await openPage(blair, id)).remember).toBeUndefined();
    expect((await decide(blair, id, "approved", { grant: freely() })).status).toBe(422);
  });

  it("a second who wants another one is refused", async () => {
    const { request_id: id } = await both();
    await decided(alex, id, "approved", { grant: freely() });
    const other = (page: Awaited<ReturnType<typeof openPage>>) => ({ ...same(page), uses: 19 });
    expect((await decide(blair, id, "approved", { grant: other })).status).toBe(422);
  });
});

describe("the list", () => {
  it("is everybody's for admins and auditors, and for an approver of what they gave", async () => {
    await giving(5, blair);
    const dora = await admitted(alex, `dora-${crypto.randomUUID().slice(0, 4)}`, ["auditor"]);
    for (const reader of [alex, dora, blair]) expect(await grantsOf(reader, `?agent=${agent.id}`)).toHaveLength(1);
    const [own] = await grantsOf(blair, `?agent=${agent.id}`);
    const emil = await admitted(alex, `emil-${crypto.randomUUID().slice(0, 4)}`);
    expect(await grantsOf(emil)).toEqual([]);
    expect(await outcome(await revoke(emil, own?.id ?? ""))).toEqual([404, "not_found"]);
    expect((await revoke(dora, own?.id ?? "")).status).toBe(403);
    expect((await revoke(blair, own?.id ?? "")).status).toBe(204);
    expect(await outcome(await revoke(alex, "grt_nobody"))).toEqual([404, "not_found"]);
    const page = await call("GET", "/admin/grants", { cookie: emil.cookie });
    expect(await page.text()).toContain("No grant yet.");
  });

  it("is searched by names and state, and goes on with its cursor", async () => {
    await giving();
    const search = async (query: string) => (await grantsOf(alex, query)).length;
    expect(await search(`?q=${agent.name.toUpperCase()}`)).toBe(1);
    expect(await search(`?q=${agent.name}&state=over`)).toBe(0);
    expect(await search(`?q=${agent.name}&state=open`)).toBe(1);
    expect(await search("?q=no-such-thing")).toBe(0);
    expect((await call("GET", "/api/v1/grants?cursor=no", { cookie: alex.cookie })).status).toBe(400);
    const row = await env.DB.prepare("SELECT given_at AS at, id FROM grant_given ORDER BY given_at DESC, id DESC LIMIT 1").first<{
      at: string;
      id: string;
    }>();
    const all = await grantsOf(alex);
    expect(await grantsOf(alex, `?cursor=${row?.at}_${row?.id}`)).toEqual(all.slice(1));
  });
});

describe("many at once", () => {
  it("of two who want the last use one passes, and people are asked about the other", async () => {
    await giving(1);
    const answers = await Promise.all([asking({ service: "api", replicas: 8 }), asking({ service: "api", replicas: 9 })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(["approved", "pending"]);
    expect(await onlyGrant({ person: alex, agent })).toMatchObject({ used: 1, ended_by: "used_up" });
  });

  it("of fifty exactly as many pass as it has uses, each by one of its own", async () => {
    await giving(20);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => asking({ service: "api", replicas: 10 + n })));
    expect(answers.filter(({ status }) => status === "approved")).toHaveLength(20);
    const grant = await onlyGrant({ person: alex, agent });
    expect(grant.used_for.map(({ use }) => use).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(new Set(grant.used_for.map(({ request_id: id }) => id)).size).toBe(20);
  });
});
