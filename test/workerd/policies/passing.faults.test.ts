/** What a rule lets pass, under every single fault: it passes once, or the agent hears that it is not known, and asks again. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { askFor, PAYLOAD, viewOf } from "#test/workerd/support/approvals.ts";
import { outcome } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { agentCalls, forget, later, runAlarm, service, stored } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";

const WRITES = [
  "call: readText of the approval",
  "D1: batch, insert into approval",
  "call: open of the approval",
  "approval: transaction",
  "call: append of the log",
  "D1: batch, insert into log_leaf",
  "log: put anchor",
  "approval: transaction",
];

const cast = service();
const askWith = (key: string) => askFor(cast().agent, { tool: "get_status", idempotency_key: key });
const ids = async (): Promise<string[]> =>
  (await env.DB.prepare("SELECT id FROM approval").all<{ id: string }>()).results.map(({ id }) => id);

beforeAll(() => putInForce(policyOf([{ name: "reads", match: { tool: "get_*" }, effect: "allow", risk: "low" }])));

describe("a rule lets an ask pass", () => {
  it("which writes this, in this order, and the same again nothing", async () => {
    const { done, seen } = await withFaults([], () => askWith("key"));
    const view = await done.json<AgentView>();
    expect([done.status, view.status, view.basis]).toEqual([201, "approved", "policy"]);
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
    const again = await withFaults([], () => askWith("key"));
    expect([again.done.status, await again.done.json()]).toEqual([200, view]);
    expect(again.seen.map(({ name }) => name)).toEqual(["call: readText of the approval"]);
  });

  it("and every write of it fails: it is approved by the same call again, with one leaf, and used once", async () => {
    for (const [n, fault] of faultsOf(WRITES, (_, at) => at >= 3).entries()) {
      const { done, struck } = await withFaults([fault], async (plan) => {
        const answer = await askWith(`key ${n}`);
        await expect.poll(() => plan.struck).toHaveLength(1);
        return answer;
      });
      const what = struck.join();
      // Whoever hears of it hears that it waits for the log, or that it is not known; never that it passes, before the log has it.
      if (done.status === 201) {
        const { status, request_id: id } = await done.json<AgentView>();
        if (status === "approved") expect(await leavesOf(id), what).toEqual(["final"]);
        else expect(status, what).toBe("pending");
      } else expect(await outcome(done), what).toEqual([503, "unavailable"]);
      for (const id of await ids()) await forget(id, cast());

      later(1);
      const again = await askWith(`key ${n}`);
      expect([200, 201], what).toContain(again.status);
      const { request_id: id } = await again.json<AgentView>();
      await runAlarm(id);
      expect(await viewOf(cast().agent, id), what).toMatchObject({ status: "approved", basis: "policy" });
      expect([await leavesOf(id), (await stored(id))?.decisions], what).toEqual([["final"], []]);
      const redeem = async () => outcome(await agentCalls(cast(), id, "redeem", { payload: PAYLOAD }));
      expect([await redeem(), await redeem()], what).toEqual([
        [200, undefined],
        [409, "already_redeemed"],
      ]);
    }
  });
});
