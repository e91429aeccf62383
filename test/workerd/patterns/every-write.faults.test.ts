/** Every write of denying what is alike, and of lifting what is refused for it, fails in every way: what was told is so, and the same again does the rest, once. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { DeniedAlikeAnswer } from "#api/patterns/alike-shapes.ts";
import { type Agent, ask, askFor, viewOf } from "#test/workerd/support/approvals.ts";
import { ANY, deniedAlike, lift, patternsOf, sendAlike, signAlike } from "#test/workerd/support/alike.ts";
import { recordsOf } from "#test/workerd/support/invited.ts";
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
const DENIAL = ["call: decide of the approval", "approval: transaction", ...APPEND, "approval: transaction"];
/** It is read what is alike, the first denial is proved, then what is like it is refused, then the others are denied. */
const WRITES = ["call: page of the approval", ...DENIAL, ...APPEND, ...DENIAL];

const isAnObjects = (name: string): boolean => !name.startsWith("call: ");

let bots = 0;
interface Prepared {
  agent: Agent;
  ids: string[];
  body: Awaited<ReturnType<typeof signAlike>>;
}
async function prepared(): Promise<Prepared> {
  const { person } = cast();
  const agent = await makeAgent(person, `bot-${bots++}`);
  const ids = [(await ask(agent, { tool: "query" })).request_id, (await ask(agent, { tool: "query" })).request_id];
  return { agent, ids, body: await signAlike(person, ids[0] ?? "") };
}
const sent = ({ ids, body }: Prepared): Promise<Response> => sendAlike(cast().person, ids[0] ?? "", body);
const patternsFor = async (agent: Agent) => (await patternsOf(cast().person)).filter((one) => one.agent.id === agent.id);
const recordsFor = async (kind: string, { id }: Agent) =>
  (await recordsOf(kind)).filter((record) => (record["agent"] as { id: string }).id === id);
const askAgain = async (agent: Agent) => (await askFor(agent, { tool: "query", idempotency_key: crypto.randomUUID() })).status;

/** What an answer tells is so, whatever failed meanwhile. */
async function expectTrue({ agent, ids }: Prepared, answer: DeniedAlikeAnswer, what: string): Promise<void> {
  expect(answer.decisions.map(({ request }) => request).toSorted(), what).toEqual(ids.toSorted());
  for (const { request, status } of answer.decisions)
    if (status !== null) await expect.poll(async () => (await viewOf(agent, request)).status).toBe("denied");
  if (answer.pattern !== null) {
    expect(await patternsFor(agent), what).toEqual([answer.pattern]);
    expect(await askAgain(agent), what).toBe(403);
  }
}

describe("denying what is alike", () => {
  it("writes this, in this order", async () => {
    const one = await prepared();
    const { done, seen } = await withFaults([], async (plan) => {
      const answer = await sent(one);
      await expect.poll(() => plan.seen.length).toBeGreaterThanOrEqual(WRITES.length);
      return answer;
    });
    expect(done.status).toBe(200);
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
  });

  it("survives every failure of each: nothing that is told is not so, and the same again does the rest", async () => {
    for (const fault of faultsOf(WRITES, isAnObjects)) {
      const one = await prepared();
      const { done, struck } = await withFaults([fault], async (plan) => {
        const answer = await sent(one);
        await expect.poll(() => plan.struck).toHaveLength(1);
        return answer;
      });
      const what = struck.join();
      for (const id of one.ids) await forget(id, cast());
      if (done.status === 200) await expectTrue(one, await done.json<DeniedAlikeAnswer>(), what);
      else expect(done.status, what).toBe(503);

      const again = await sent(one);
      expect(again.status, what).toBe(200);
      const answer = await again.json<DeniedAlikeAnswer>();
      expect(
        answer.decisions.map(({ problem }) => problem),
        what,
      ).toEqual([null, null]);
      expect(answer.pattern, what).not.toBeNull();
      await expectTrue(one, answer, what);
      for (const id of one.ids) expect(await leavesOf(id), what).toEqual(["final"]);
      expect(await recordsFor("pattern.denied", one.agent), what).toHaveLength(1);
    }
    await checkLog();
  });
});

describe("lifting what is refused", () => {
  it("is done or it is not, whatever fails: the same again completes it, once", async () => {
    for (const fault of faultsOf(APPEND, isAnObjects)) {
      const { person } = cast();
      const { agent, ids } = await prepared();
      const { pattern } = await deniedAlike(person, ids[0] ?? "", { ...ANY, seconds: 86_400 });
      const id = pattern?.id ?? "";
      const { done, struck } = await withFaults([fault], () => lift(person, id));
      const what = struck.join();
      expect(struck, what).toHaveLength(1);
      expect([204, 503], what).toContain(done.status);
      await forget(ids[0] ?? "", cast());
      const isLifted = (await patternsFor(agent)).length === 0;
      if (done.status === 204) expect(isLifted, what).toBe(true);
      await expect.poll(() => askAgain(agent)).toBe(isLifted ? 201 : 403);
      expect((await lift(person, id)).status, what).toBe(204);
      expect(await recordsFor("pattern.lifted", agent), what).toHaveLength(1);
      await expect.poll(() => askAgain(agent)).toBe(201);
      expect(await env.DB.prepare("SELECT count(*) AS n FROM denied_pattern WHERE id = ? AND lifted_at IS NULL").bind(id).first("n")).toBe(
        0,
      );
    }
  });
});
