/** The risk that a request's document says is that of its lists, open and ended; of what was asked before there was a policy none is known. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Inbox, TABS } from "#api/inbox-data.ts";
import { type Agent, ask, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { PageLine } from "#test/workerd/support/inbox/page-line.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const RULE = { name: "deploys", effect: "require_approval", risk: "high", expires_in: "30m", approvals: [{ users: ["sam"] }] };

let alex: Someone;
/** Not the agent's owner, who may not decide alone what is of high risk. */
let sam: Someone;
let agent: Agent;

beforeEach(async () => {
  ({ person: alex, agent } = await personAndAgent());
  sam = await admitted(alex, "sam");
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const risksIn = async ({ cookie }: Someone, tab: string): Promise<Record<string, string | null>> => {
  const { lists } = await (await call("GET", `/inbox?tab=${tab}`, { cookie })).json<Inbox>();
  return Object.fromEntries(lists.flatMap(({ rows }) => rows.map(({ id, risk }) => [id, risk])));
};

it("is what the rule says, in every list that the request comes to", async () => {
  const robin = await admitted(alex, "robin", ["auditor"]);
  const { request_id: before } = await ask(agent, { action: "Asked before" });
  await putInForce(policyOf([RULE]));
  const { request_id: after } = await ask(agent, { action: "Asked after" });
  expect(await risksIn(sam, TABS.waiting)).toEqual({ [before]: null, [after]: "high" });
  expect(await risksIn(robin, TABS.open)).toEqual({ [before]: null, [after]: "high" });
  await decided(sam, before, "denied");
  await decided(sam, after, "denied");
  expect(await risksIn(sam, TABS.recent)).toEqual({ [before]: null, [after]: "high" });
  expect(await risksIn(robin, TABS.ended)).toEqual({ [before]: null, [after]: "high" });
});

it("is not what no level is: the database takes no other word", async () => {
  const { request_id: id } = await ask(agent);
  const write = env.DB.prepare("UPDATE approval SET risk = 'grave' WHERE id = ?1").bind(id).run();
  await expect(write).rejects.toThrow("CHECK");
});

it("who may decide only after a while hears of it then", async () => {
  const bo = await admitted(alex, "bo");
  await putInForce(policyOf([{ ...RULE, escalate: [{ after: "5m", users: ["bo"] }] }]));
  const { request_id: id, requested_at: asked } = await ask(agent);
  const page = await PageLine.open(bo);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(asked) + 5 * 60_000 + 1 });
  await call("GET", `/api/v1/approvals/${id}`, { key: agent.key, origin: null });
  expect(await page.hears()).toBe("changed");
  expect(await risksIn(bo, TABS.waiting)).toEqual({ [id]: "high" });
});
