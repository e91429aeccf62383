/** `explain_policy`: the same judgement as asking, of the same moment, and nothing comes of it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Agent, askFor, PAYLOAD, personAndAgent } from "#test/workerd/support/approvals.ts";
import { everyRow } from "#test/workerd/support/attacks.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { ERAS, post, requestText, useTool } from "#test/workerd/support/mcp.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { publish } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const RULES = `
type: countersign/policy@v1
rules:
  - { name: reads, match: { tool: "get_*" }, effect: allow, risk: low }
  - { name: no-drops, match: { tool: "*sql*" }, effect: deny, message: Ask the DBA team to plan this. }
  - { name: why, match: { tool: "delete_*" }, effect: require_approval, reason: required }
  - { name: nights, match: { tool: "restart_*" }, effect: allow, window: { zone: UTC, except: [2000-01-01/2999-12-31] } }
  - name: deploys
    match: { tool: "deploy_*", when: args.service == "api" }
    effect: require_approval
    risk: critical
    approvals: [{ groups: [release] }]
    separation: false
    expires_in: 10m
    use_within: 5m
    escalate: [{ after: 5m, users: [casey] }]
`;

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  ({ person: alex, agent } = await personAndAgent());
});

const explain = async (args: object) =>
  (await useTool(ERAS[0], "explain_policy", args, agent.key)) as unknown as { isError?: boolean; structuredContent: object };

describe("explain_policy", () => {
  test.each(ERAS)("says before anything is published that one approver is asked (%s)", async (era) => {
    const { structuredContent } = await useTool(era, "explain_policy", { payload: {} }, agent.key);
    expect(structuredContent).toEqual({
      effect: "require_approval",
      rule: "default",
      policy_version: 0,
      risk: { level: "medium", score: 20, reasons: ["The rule says medium risk."] },
      approvers: ["alex"],
      slots: [{ name: "any approver", required: 1, approvers: ["alex"], later: [] }],
      expires_in_seconds: 900,
      use_within_seconds: 3_600,
    });
  });

  test("says who would be asked, who later, for how long; and opens nothing", async () => {
    await admitted(alex, "blair", ["approver"], ["release"]);
    await admitted(alex, "casey");
    await publish(alex, RULES);
    const before = await everyRow();
    const asked = { action: "Deploy api", tool: "deploy_service", payload: { service: "api" } };
    expect((await explain(asked)).structuredContent).toMatchObject({
      effect: "require_approval",
      rule: "deploys",
      policy_version: 1,
      risk: { level: "critical" },
      approvers: ["blair"],
      slots: [{ required: 1, approvers: ["blair"], later: [{ after_seconds: 300, approvers: ["casey"] }] }],
      expires_in_seconds: 600,
      use_within_seconds: 300,
    });
    expect((await explain({ tool: "get_user", payload: {} })).structuredContent).toMatchObject({
      effect: "allow",
      rule: "reads",
      slots: [],
    });
    expect(await everyRow()).toBe(before);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM approval").first("n")).toBe(0);
  });

  test.each([
    [{ tool: "run_sql" }, "policy_denied", "no-drops", "Ask the DBA team to plan this."],
    [{ tool: "delete_user" }, "reason_required", "why", "The rule why wants to know why: ask again with a reason."],
    [{ tool: "restart_api" }, "outside_window", "nights", "The rule nights allows this at other times only: do not do it now."],
  ])("says why asking would be refused, as asking says it: %j", async (named, code, rule, message) => {
    await admitted(alex, "blair", ["approver"], ["release"]);
    await admitted(alex, "casey");
    await publish(alex, RULES);
    expect((await explain({ ...named, payload: PAYLOAD })).structuredContent).toMatchObject({ effect: "deny", code, rule, message });
    expect(await (await askFor(agent, named)).json()).toMatchObject({ code, rule, detail: message });
  });

  test("refuses what an ask could not be", async () => {
    expect(await explain({ action: "x" })).toMatchObject({ isError: true, structuredContent: { error: { code: "invalid_request" } } });
    const approvers = { users: ["alex"] };
    expect(await explain({ payload: {}, approvers })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: "invalid_request" } },
    });
  });

  test("answers no agent that is revoked", async () => {
    await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie });
    const text = `"name":"explain_policy","arguments":{"payload":{}}`;
    expect(
      await outcome(await post(ERAS[0], "tools/call", "explain_policy", requestText(ERAS[0], "tools/call", text), { key: agent.key })),
    ).toEqual([401, "unauthorized"]);
  });
});
