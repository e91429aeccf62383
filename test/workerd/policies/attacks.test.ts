/** Ways past a policy that is in force: by what an agent sends, by an isolate that has not heard of it, and by whoever has the database. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "#config/config.ts";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { openApproval } from "#gate/approvals/open-approval.ts";
import { type Agent, ask, askFor, CHECKED_ASK, decide, openPage, personAndAgent, standing } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { outcome, type Someone } from "#test/workerd/support/people.ts";
import { publish } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const RULES = `
type: countersign/policy@v1
defaults: { effect: allow, separation: false }
rules:
  - { name: no-drops, match: { when: 'args.query.matches("(?i)\\\\bdrop\\\\b")' }, effect: deny }
  - { name: production, match: { when: 'args.env == "production" || args.count > 10' }, effect: require_approval, approvals: [{ groups: [release], required: 2 }] }
  - { name: all-safe, match: { when: 'args.ids.all(id, id.startsWith("test-"))' }, effect: allow }
`;

let alex: Someone;
let blair: Someone;
let casey: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  ({ person: alex, agent } = await personAndAgent());
  blair = await admitted(alex, "blair", ["approver"], ["release"]);
  casey = await admitted(alex, "casey", ["approver"], ["release"]);
});

const opened = () => env.DB.prepare("SELECT count(*) AS n FROM approval").first("n");

describe("what an agent sends", () => {
  /** Everything that a rule needs is there, and harmless. */
  const HARMLESS = { query: "SELECT 1", env: "staging", count: 1, ids: ["test-1"] };

  test.each<[string, JsonObject]>([
    ["a list for a text", { ...HARMLESS, query: ["DROP TABLE users"] }],
    ["an object for a text", { ...HARMLESS, query: { sql: "DROP TABLE users" } }],
    ["null for a text", { ...HARMLESS, query: null }],
    ["nothing for a text", { env: "staging", count: 1, ids: [] }],
  ])("gets past no rule by arguments of another form: %s", async (_, payload) => {
    await publish(alex, RULES);
    expect(await outcome(await askFor(agent, { payload: HARMLESS }))).toEqual([201, undefined]);
    const refused = await askFor(agent, { payload });
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: "policy_denied", rule: "no-drops" }]);
  });

  test.each<[string, JsonObject]>([
    ["a text for a number", { env: "staging", count: "11" }],
    ["nothing for a number", { env: "staging" }],
    ["nothing at all", {}],
  ])("asks those whom a rule asks that could not be judged: %s", async (_, odd) => {
    await publish(alex, RULES);
    const { request_id: id, status } = await ask(agent, { payload: { query: "SELECT 1", ids: [], ...odd } });
    const { request } = await openPage(blair, id);
    expect([status, request.quorum[0]]).toMatchObject(["pending", { required: 2, eligible: [blair.id, casey.id].toSorted() }]);
    expect(request.context).toMatchObject({ carried: ["production"] });
  });

  test("does not choose whom a rule asks, nor how few", async () => {
    await publish(alex, RULES);
    const payload = { query: "SELECT 1", env: "production", count: 1, ids: [] };
    expect(await outcome(await askFor(agent, { payload, approvers: { users: ["alex"], required: 1 } }))).toEqual([
      422,
      "no_eligible_approver",
    ]);
    expect(await outcome(await askFor(agent, { payload, approvers: { users: ["blair"], required: 1 } }))).toEqual([
      422,
      "no_eligible_approver",
    ]);
    const { request_id: id } = await ask(agent, { payload, approvers: { users: ["blair", "casey"], required: 1 } });
    expect(await (await decide(blair, id, "approved")).json()).toMatchObject({ status: "pending" });
    expect(await (await decide(casey, id, "approved")).json()).toMatchObject({ status: "approved" });
  });
});

test("an isolate that judges by what is not in force any more opens nothing", async () => {
  await publish(alex, "type: countersign/policy@v1\ndefaults: { effect: deny }\n");
  const allows = { epoch: 0, version: 0, hash: "0".repeat(64), compiled: null };
  const ports = { ...agentApprovalPorts(env, readConfig(env)), policyOf: () => Promise.resolve(allows) };
  await expect(openApproval(CHECKED_ASK, standing(agent.id, agent.name, alex.id), ports)).rejects.toThrow(
    "changes faster than it is judged",
  );
  expect(await opened()).toBe(0);
});

test("no statement changes or takes back what is published, and another document under its hash judges nothing", async () => {
  await publish(alex, "type: countersign/policy@v1\n");
  const { results } = await env.DB.prepare("SELECT * FROM policy").all();
  const again = "SELECT version, hash, '', '{}', signed_by, published_at, leaf_index FROM policy";
  for (const sql of ["UPDATE policy SET document = '{}'", "DELETE FROM policy", `INSERT OR REPLACE INTO policy ${again}`])
    await expect(env.DB.prepare(sql).run()).rejects.toThrow("what is published stays as it is");
  expect((await env.DB.prepare("SELECT * FROM policy").all()).results).toEqual(results);
  // Whoever has the database may drop what refuses that.
  const allows = '{"defaults":{"effect":"allow"},"type":"countersign/policy@v1"}';
  await env.DB.batch([
    env.DB.prepare("DROP TRIGGER policy_update"),
    env.DB.prepare("UPDATE policy SET document = ?").bind(allows),
    env.DB.prepare("UPDATE gate SET epoch = epoch + 1"),
  ]);
  expect(await outcome(await askFor(agent))).toEqual([503, "unavailable"]);
  expect(await opened()).toBe(0);
});
