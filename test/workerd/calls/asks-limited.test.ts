/** Limits of rules hold for asks as they do for calls, in one count; asks that nothing limits ask no object. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { AgentActivity, ApprovalRequest } from "#worker.ts";
import { type Agent, ask, askFor, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admit, NO_LIMITS } from "#test/workerd/support/calls/agent-calls.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let agent: Agent;
const meter = new PlatformMeter(env.DB, { AgentActivity, ApprovalRequest });

const POLICY = policyOf([
  { name: "mails", match: { tool: "send_mail" }, effect: "require_approval", limits: { per_minute: 2 } },
  { name: "reads", match: { tool: "get_*" }, effect: "require_approval" },
]);

beforeEach(async () => {
  await emptyStorage();
  ({ agent } = await personAndAgent());
  await putInForce(POLICY);
});

const askAnew = (n: number, tool: string) => askFor(agent, { tool, payload: { n } });

it("asks count with calls, by the rule that limits; the answer says which, and when again", async () => {
  expect((await askAnew(1, "send_mail")).status).toBe(201);
  expect(await admit(agent, { limits: { rule: "mails", most: { ...NO_LIMITS, perMinute: 2 } } })).toMatchObject({ status: "admitted" });
  const refused = await askAnew(2, "send_mail");
  expect([refused.status, await refused.json()]).toMatchObject([429, { code: "rate_limited", rule: "mails" }]);
  const wait = Number(refused.headers.get("retry-after"));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
  expect((await askAnew(3, "get_status")).status).toBe(201);
});

it("an ask that was asked before under its key counts once, and asks without limits ask no object", async () => {
  const keyed = () => askFor(agent, { tool: "send_mail", payload: { n: 1 } }, { "idempotency-key": "one" });
  expect((await keyed()).status).toBe(201);
  expect((await keyed()).status).toBe(200);
  expect((await askAnew(2, "send_mail")).status).toBe(201);
  expect((await askAnew(3, "send_mail")).status).toBe(429);
  meter.take();
  await ask(agent, { tool: "get_status", payload: { n: 4 } });
  expect(Object.keys(meter.take().objectRequests).filter((name) => name.startsWith("AgentActivity"))).toEqual([]);
});
