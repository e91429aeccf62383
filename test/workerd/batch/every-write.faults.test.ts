/** Every write of deciding several requests at once fails in every way: what was told is so, and the same again does the rest, once. */
import { beforeAll, describe, expect, it } from "vitest";
import type { BroughtItem } from "#api/batch/signing-shapes.ts";
import { type Agent, ask, viewOf } from "#test/workerd/support/approvals.ts";
import { sendBatch, signBatch } from "#test/workerd/support/deciding/batch.ts";
import { checkLog } from "#test/workerd/support/log.ts";
import { makeAgent } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { forget, service } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";

const cast = service();
beforeAll(() => putInForce(policyOf([{ name: "asks", effect: "require_approval", risk: "low" }])));

const APPEND = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];
const DECISION = ["call: decide of the approval", "approval: transaction", ...APPEND, "approval: transaction"];
/** The first is proved before the second is asked. */
const WRITES = [...DECISION, ...DECISION];

const isAnObjects = (name: string): boolean => !name.startsWith("call: ");

let bots = 0;
interface Prepared {
  agents: Agent[];
  ids: string[];
  body: Awaited<ReturnType<typeof signBatch>>;
}
/** Two requests of two agents. */
async function prepared(): Promise<Prepared> {
  const { person } = cast();
  const agents = [await makeAgent(person, `bot-${bots++}`), await makeAgent(person, `bot-${bots++}`)];
  const ids: string[] = [];
  for (const agent of agents) ids.push((await ask(agent, { tool: "query" })).request_id);
  return { agents, ids, body: await signBatch(person, ids) };
}
const sent = ({ body }: Prepared): Promise<Response> => sendBatch(cast().person, body);

/** What an answer tells is so, whatever failed meanwhile. */
async function expectTrue({ agents, ids }: Prepared, decisions: readonly BroughtItem[], what: string): Promise<void> {
  expect(decisions.map(({ request }) => request).toSorted(), what).toEqual(ids.toSorted());
  for (const { request, status } of decisions) {
    const agent = agents[ids.indexOf(request)];
    if (status !== null && agent !== undefined) await expect.poll(async () => (await viewOf(agent, request)).status).toBe("approved");
  }
}

describe("deciding several requests", () => {
  it("writes this, in this order", async () => {
    const both = await prepared();
    const { done, seen } = await withFaults([], async (plan) => {
      const answer = await sent(both);
      await expect.poll(() => plan.seen.length).toBeGreaterThanOrEqual(WRITES.length);
      return answer;
    });
    expect(done.status).toBe(200);
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
  });

  it("survives every failure of each: nothing that is told is not so, and the same again does the rest", async () => {
    for (const fault of faultsOf(WRITES, isAnObjects)) {
      const both = await prepared();
      const { done, struck } = await withFaults([fault], async (plan) => {
        const answer = await sent(both);
        await expect.poll(() => plan.struck).toHaveLength(1);
        return answer;
      });
      const what = struck.join();
      for (const id of both.ids) await forget(id, cast());
      if (done.status === 200) await expectTrue(both, (await done.json<{ decisions: BroughtItem[] }>()).decisions, what);
      else expect(done.status, what).toBe(503);

      const again = await sent(both);
      expect(again.status, what).toBe(200);
      const { decisions } = await again.json<{ decisions: BroughtItem[] }>();
      expect(
        decisions.map(({ problem }) => problem),
        what,
      ).toEqual([null, null]);
      await expectTrue(both, decisions, what);
      for (const id of both.ids) expect(await leavesOf(id), what).toEqual(["final"]);
    }
    await checkLog();
  });
});
