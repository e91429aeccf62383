/** Where the policy in force cannot be learned, nothing is judged: no ask is opened, no approval is used, and nothing passes. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Agent, ask, askFor, decided, PAYLOAD } from "#test/workerd/support/approvals.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { ERAS, useTool } from "#test/workerd/support/mcp.ts";
import { publish } from "#test/workerd/support/policies.ts";
import { beginADayAhead, endDeployments } from "#test/workerd/faults/deployments.ts";
import { outage } from "#test/workerd/faults/fault-plan.ts";

const ALLOW = "type: countersign/policy@v1\nrules:\n  - { name: passes, match: { tool: read }, effect: allow }\n";

let person: Someone;
let agent: Agent;
beforeEach(async () => {
  ({ person, agent } = await beginADayAhead());
});
afterEach(endDeployments);

/** Another version, by whoever: this isolate has not read it. */
const elsewhere = () => env.DB.prepare("UPDATE gate SET epoch = epoch + 1").run();
const redeem = (id: string) =>
  call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD, idempotency_key: "run" } });

describe.each(["fails", "hangs"] as const)("the read of the policy %s", (how) => {
  it("and asks, uses and explanations are answered 503; later they go on", async () => {
    await publish(person, ALLOW);
    const { request_id: id } = await ask(agent);
    await decided(person, id, "approved");
    const open = () => env.DB.prepare("SELECT count(*) AS n FROM approval").first("n");
    const before = await open();
    await elsewhere();
    outage.policy = how;
    const [asked, passing, used] = await Promise.all([askFor(agent), askFor(agent, { tool: "read" }), redeem(id)]);
    expect(await Promise.all([asked, passing, used].map(outcome))).toEqual(Array.from({ length: 3 }, () => [503, "unavailable"]));
    const explained = await useTool(ERAS[0], "explain_policy", { payload: {}, tool: "read" }, agent.key);
    expect(explained).toMatchObject({ isError: true, structuredContent: { error: { code: "unavailable" } } });
    expect(await open()).toBe(before);
    outage.policy = null;
    expect((await askFor(agent, { tool: "read" })).status).toBe(201);
    expect(await (await redeem(id)).json()).toMatchObject({ status: "approved" });
  });
});
