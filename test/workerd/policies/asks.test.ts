/** What agents ask for is judged by the policy in force: it passes, people are asked, or it is refused. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { RequestV2 } from "#countersign/documents/request.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { type Agent, ask, askFor, decide, decided, openPage, PAYLOAD, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted, recordsOf } from "#test/workerd/support/invited.ts";
import { call, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let person: Someone;
let agent: Agent;

beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(emptyStorage);

const redeem = (id: string, body: JsonObject = {}): Promise<Response> =>
  call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD, ...body } });
const requestOf = async (by: Someone, id: string): Promise<RequestV2> => (await openPage(by, id)).request as RequestV2;
const problem = async (answer: Response) => [answer.status, await answer.json<{ code: string; rule?: string; detail: string }>()] as const;

describe("before anything is published", () => {
  it("one approver is asked for everything, in a request of version 1", async () => {
    const { request_id: id, basis, rule } = await ask(agent);
    expect([basis, rule]).toEqual(["passkeys", undefined]);
    expect(await requestOf(person, id)).toMatchObject({
      type: "countersign/request@v1",
      policy: { version: 0, rule: "default" },
      context: {},
      quorum: [{ name: "any approver", required: 1, eligible: [person.id] }],
    });
  });

  it("and the tool that an ask names is told to people, as the agent's own word", async () => {
    const { request_id: id } = await ask(agent, { tool: "deploy_service", server: "ops" });
    expect((await requestOf(person, id)).context).toEqual({ tool: "deploy_service", server: { id: null, name: "ops" } });
  });

  it.each(["", "x".repeat(129)])("a tool is not called %j", async (tool) => {
    expect(await outcome(await askFor(agent, { tool }))).toEqual([400, "invalid_request"]);
  });
});

describe("a rule that lets it pass", () => {
  beforeEach(() => putInForce(policyOf([{ name: "reads", match: { tool: "get_*" }, effect: "allow", risk: "low" }])));

  it("ends it at once, on the policy, and it is redeemed as any approval", async () => {
    const asked = await ask(agent, { tool: "get_status" });
    expect(asked).toMatchObject({ status: "approved", basis: "policy", rule: "reads", required: 0, approvals: 0, decided_by: [] });
    const redeemed = await redeem(asked.request_id);
    expect([redeemed.status, await redeemed.json<AgentView>()]).toMatchObject([
      200,
      { basis: "policy", redeemed_at: expect.any(String) as string },
    ]);
    expect(await outcome(await redeem(asked.request_id))).toEqual([409, "already_redeemed"]);
    const [record] = await recordsOf("approval.auto_approved");
    expect(record).toMatchObject({
      basis: "policy",
      grant: null,
      request: { id: asked.request_id, quorum: [], context: { source: "ask", tool: "get_status" } },
    });
  });

  it("waits for nobody: people are not asked, and nobody can decide it", async () => {
    const { request_id: id } = await ask(agent, { tool: "get_status" });
    expect((await call("GET", `/a/${id}`, { cookie: person.cookie })).status).toBe(404);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM approval WHERE ended_at IS NULL").first("n")).toBe(0);
  });

  it("does not take an ask that names no tool, nor one that names people", async () => {
    expect(await ask(agent)).toMatchObject({ status: "pending", rule: "default" });
    expect(await ask(agent, { tool: "get_status", approver_username: "alex" })).toMatchObject({
      status: "pending",
      basis: "passkeys",
      required: 1,
    });
  });

  it("finds the same one again by its key, and otherwise makes another", async () => {
    const body = { tool: "get_status", idempotency_key: "once" };
    const [first, again] = [await ask(agent, body), await askFor(agent, body)];
    expect([again.status, (await again.json<AgentView>()).request_id]).toEqual([200, first.request_id]);
    const [one, other] = await Promise.all([askFor(agent, { tool: "get_status" }), askFor(agent, { tool: "get_status" })]);
    expect(new Set([(await one.json<AgentView>()).request_id, (await other.json<AgentView>()).request_id]).size).toBe(2);
  });

  it("is judged again when it is used", async () => {
    const { request_id: id } = await ask(agent, { tool: "get_status" });
    await putInForce(policyOf([{ name: "nothing", effect: "deny", message: "Not today." }]));
    expect(await problem(await redeem(id))).toMatchObject([
      403,
      { code: "policy_denied", rule: "nothing", detail: "Not today. Do not act on this approval." },
    ]);
    await putInForce(policyOf([{ name: "asks", effect: "require_approval" }]));
    expect(await problem(await redeem(id))).toMatchObject([409, { code: "policy_changed", rule: "asks" }]);
    await putInForce(policyOf([{ name: "reads", match: { tool: "get_*" }, effect: "allow" }]));
    expect((await redeem(id)).status).toBe(200);
  });
});

describe("a rule that refuses", () => {
  it("says by which rule and why, and nothing is opened", async () => {
    await putInForce(
      policyOf([{ name: "no-drops", match: { when: 'args.sql.contains("DROP")' }, effect: "deny", message: "Ask the DBA team." }]),
    );
    const refused = await askFor(agent, { payload: { sql: "DROP TABLE users" } });
    expect(await problem(refused)).toMatchObject([403, { code: "policy_denied", rule: "no-drops", detail: "Ask the DBA team." }]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM approval").first("n")).toBe(0);
  });

  it("an agent that sends another type has not got past it", async () => {
    const rules = [
      { name: "no-drops", match: { when: 'args.sql.contains("DROP")' }, effect: "deny" },
      { name: "not-production", match: { when: 'args.env != "production"' }, effect: "allow" },
    ];
    await putInForce(policyOf(rules, { defaults: { risk: "low" } }));
    expect(await ask(agent, { payload: { sql: "", env: ["production"] } })).toMatchObject({ status: "pending", rule: "default" });
    expect(await problem(await askFor(agent, { payload: { sql: ["DROP TABLE users"] } }))).toMatchObject([
      403,
      { code: "policy_denied", rule: "no-drops" },
    ]);
  });

  it("wants a reason", async () => {
    await putInForce(policyOf([{ name: "why", effect: "require_approval", reason: "required", message: "Name the ticket." }]));
    const detail = "The rule why wants to know why: ask again with a reason. Name the ticket.";
    expect(await problem(await askFor(agent))).toMatchObject([422, { code: "reason_required", rule: "why", detail }]);
    expect((await askFor(agent, { reason: "Ticket 4711" })).status).toBe(201);
  });

  it("outside its window, when asked and when used", async () => {
    const shut = { zone: "UTC", except: ["2000-01-01/2099-12-31"] };
    await putInForce(policyOf([{ name: "deploys", effect: "require_approval", window: shut }]));
    expect(await problem(await askFor(agent))).toMatchObject([403, { code: "outside_window", rule: "deploys" }]);
    await putInForce(policyOf([{ name: "deploys", effect: "require_approval", window: { zone: "UTC" } }]));
    const { request_id: id } = await ask(agent);
    await decided(person, id, "approved");
    await putInForce(policyOf([{ name: "deploys", effect: "require_approval", window: shut }]));
    expect(await problem(await redeem(id))).toMatchObject([403, { code: "outside_window", rule: "deploys" }]);
  });

  it("where nobody is left who may approve", async () => {
    await putInForce(policyOf([{ name: "dba", effect: "require_approval", approvals: [{ groups: ["dba"] }] }]));
    expect(await problem(await askFor(agent))).toMatchObject([422, { code: "no_eligible_approver", rule: "dba" }]);
  });
});

describe("a rule that asks people", () => {
  it("each slot of its own people, of whom nobody sits in two", async () => {
    const bo = await admitted(person, "bo", ["approver"], ["dba", "release"]);
    const cleo = await admitted(person, "cleo", ["approver"], ["release"]);
    const approvals = [{ groups: ["release"], required: 1 }, { groups: ["dba"] }];
    await putInForce(policyOf([{ name: "both", effect: "require_approval", risk: "low", approvals }]));
    const { request_id: id } = await ask(agent);
    expect(await requestOf(bo, id)).toMatchObject({
      type: "countersign/request@v2",
      policy: { version: 1, rule: "both" },
      quorum: [
        { name: "release", required: 1, eligible: [bo.id, cleo.id].toSorted(), escalations: [] },
        { name: "dba", required: 1, eligible: [bo.id] },
      ],
      denials: 1,
    });
    expect(await outcome(await decide(person, id, "approved").catch(() => new Response(null, { status: 404 })))).toEqual([404, undefined]);
    await decided(bo, id, "approved");
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending", approvals: 1, required: 2 });
    await decided(cleo, id, "approved");
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved", basis: "passkeys" });
    expect((await redeem(id)).status).toBe(200);
  });

  it("not the agent's owner, where it separates, as is usual for high risk", async () => {
    await putInForce(policyOf([{ name: "grave", effect: "require_approval", risk: "high" }]));
    expect(await problem(await askFor(agent))).toMatchObject([422, { code: "no_eligible_approver", rule: "grave" }]);
    const bo = await admitted(person, "bo");
    const { request_id: id } = await ask(agent);
    expect(await requestOf(bo, id)).toMatchObject({
      context: { separation: { people: [person.id] }, risk: { level: "high", reasons: [expect.any(String) as string] } },
      quorum: [{ eligible: [bo.id] }],
    });
  });

  it("as often as it takes to deny, where it takes more than one", async () => {
    const bo = await admitted(person, "bo");
    const cleo = await admitted(person, "cleo");
    await putInForce(policyOf([{ name: "two", effect: "require_approval", risk: "low", denials: 2, approvals: [{ required: 2 }] }]));
    const { request_id: id } = await ask(agent);
    expect(await decided(person, id, "denied")).toMatchObject({ status: "pending" });
    await decided(bo, id, "approved");
    expect(await decided(cleo, id, "denied")).toMatchObject({ status: "denied" });
    expect((await recordsOf("approval.denied"))[0]).toMatchObject({ decisions: [{ batch: null }, { batch: null }, { batch: null }] });
  });

  it("one denial of two required does not keep the others from approving", async () => {
    const bo = await admitted(person, "bo");
    await putInForce(policyOf([{ name: "two", effect: "require_approval", risk: "low", denials: 2 }]));
    const { request_id: id } = await ask(agent);
    await decided(person, id, "denied");
    expect(await decided(bo, id, "approved")).toMatchObject({ status: "approved" });
  });

  it("for as long as it says, and no longer than it lets", async () => {
    await putInForce(
      policyOf([{ name: "soon", effect: "require_approval", risk: "low", expires_in: "2m", expires_in_max: "5m", use_within: "1m" }]),
    );
    const seconds = ({ requested_at, expires_at, use_by }: AgentView) =>
      [expires_at, use_by].map((at) => (Date.parse(at) - Date.parse(requested_at)) / 1_000);
    expect(seconds(await ask(agent))).toEqual([120, 180]);
    const longer = await ask(agent, { expires_in_seconds: 3_600 });
    expect([seconds(longer), longer.shortened]).toEqual([[300, 360], ["expires_in"]]);
  });

  it("of an agent's groups, and by them", async () => {
    await env.DB.prepare("UPDATE agent SET groups = ?1 WHERE id = ?2").bind('["ci"]', agent.id).run();
    await putInForce(policyOf([{ name: "ci", match: { groups: ["ci"] }, effect: "deny" }]));
    expect(await outcome(await askFor(agent))).toEqual([403, "policy_denied"]);
    const other = await makeAgent(person, "other-bot");
    expect((await askFor(other)).status).toBe(201);
  });

  it("those who approved have to be enough for what is asked for when it is used", async () => {
    const bo = await admitted(person, "bo", ["approver"], ["release"]);
    await putInForce(policyOf([{ name: "one", effect: "require_approval", risk: "low" }]));
    const { request_id: id } = await ask(agent);
    await decided(person, id, "approved");
    await putInForce(policyOf([{ name: "release", effect: "require_approval", risk: "low", approvals: [{ groups: ["release"] }] }]));
    expect(await problem(await redeem(id))).toMatchObject([409, { code: "policy_changed", rule: "release" }]);
    const { request_id: other } = await ask(agent);
    await decided(bo, other, "approved");
    expect((await redeem(other)).status).toBe(200);
  });
});

describe("where everything is only observed", () => {
  it("any approver is asked, and people see what would have been", async () => {
    await putInForce(policyOf([{ name: "nothing", effect: "deny" }], { mode: "observe" }));
    const { request_id: id } = await ask(agent);
    expect(await requestOf(person, id)).toMatchObject({
      context: { observed: [{ rule: "nothing", effect: "deny", risk: "medium", failed: false }] },
      quorum: [{ name: "any approver", required: 1 }],
    });
    await decided(person, id, "approved");
    expect((await redeem(id)).status).toBe(200);
  });
});

describe("a publication in between", () => {
  it("what was asked for before the first one goes on, and is judged by it when it is used", async () => {
    const [kept, stopped] = [await ask(agent), await ask(agent, { payload: { drop: true } })];
    for (const { request_id: id } of [kept, stopped]) await decided(person, id, "approved");
    await putInForce(policyOf([{ name: "no-drops", match: { when: "has(args.drop)" }, effect: "deny" }]));
    expect((await redeem(kept.request_id)).status).toBe(200);
    expect(await problem(await redeem(stopped.request_id, { payload: { drop: true } }))).toMatchObject([403, { code: "policy_denied" }]);
  });

  it("an ask at the same moment is judged by the one or by the other, whole", async () => {
    for (let round = 0; round < 5; round++) {
      const name = `round-${round}`;
      const [answer] = await Promise.all([
        askFor(agent, { idempotency_key: name }),
        putInForce(policyOf([{ name, effect: "require_approval", risk: "low" }])),
      ]);
      const { request_id: id, rule = "default" } = await answer.json<AgentView>();
      const { policy } = await requestOf(person, id);
      expect([
        [round, round === 0 ? "default" : `round-${round - 1}`],
        [round + 1, name],
      ]).toContainEqual([policy.version, rule]);
      expect(policy.rule).toBe(rule);
    }
  });
});
