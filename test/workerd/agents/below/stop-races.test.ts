/** A stop, a revocation or an end from above at the same moment as anything below: nothing below is answered after it was, and nothing slips past it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Agent, ask, askFor, decided, PAYLOAD } from "#test/workerd/support/approvals.ts";
import { below, chainBelow, endBelow, type MadeBelow, sendBelow } from "#test/workerd/support/agents/below.ts";
import { admit } from "#test/workerd/support/calls/agent-calls.ts";
import { recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { release, stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const STOPPED = [403, "agent_stopped"];
const GONE = [401, "unauthorized"];
const DELAYS_MS = [0, 20];

let alex: Someone;
let top: Agent;
let one: MadeBelow;
let two: MadeBelow;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  top = await makeAgent(alex, "planner");
  const [first, second] = await chainBelow(top, ["one", "two"]);
  if (first === undefined || second === undefined) throw new Error("no chain");
  [one, two] = [first, second];
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const redeem = ({ key }: { key: string }, id: string) =>
  call("POST", `/api/v1/approvals/${id}/redeem`, { key, origin: null, body: { payload: PAYLOAD } });
const openRequests = () => env.DB.prepare("SELECT count(*) AS open FROM approval WHERE ended_at IS NULL").first<number>("open");

/** How whoever is above halts those below, and what they are told from then on. */
const HALTS: [string, () => Promise<Response>, unknown[]][] = [
  ["a stop of the one at the top", () => stop(alex, top.id), STOPPED],
  ["a revocation of the one at the top", () => call("DELETE", `/api/v1/agents/${top.id}`, { cookie: alex.cookie }), GONE],
  ["an end of the one between, by the one at the top", () => endBelow(top, one.id), GONE],
];

/** Does both, the halt so much later, and tells what came of the other and when: before or after the halt was answered. */
async function beside(halt: () => Promise<Response>, delayMs: number, act: () => Promise<Response>) {
  let isHalted = false;
  const halting = pause(delayMs).then(async () => {
    expect((await halt()).status).toBe(204);
    isHalted = true;
  });
  const answer = await act();
  const isAfter = isHalted;
  const told = await outcome(answer);
  await halting;
  return { told, isAfter };
}

describe.each(HALTS)("%s", (_, halt, refusal) => {
  test.each(DELAYS_MS)("as a redemption below, %i ms later: it is used before, or never", async (delayMs) => {
    const { request_id: id } = await ask(two);
    await decided(alex, id, "approved");
    const { told, isAfter } = await beside(halt, delayMs, () => redeem(two, id));
    expect([[200, undefined], refusal]).toContainEqual(told);
    if (told[0] === 200) expect(isAfter).toBe(false);
    const used = (await recordsOf("approval.redeemed")).length;
    expect((await redeem(two, id)).ok).toBe(false);
    expect(await recordsOf("approval.redeemed")).toHaveLength(used);
  });

  test.each(DELAYS_MS)("as an ask below, %i ms later: nothing of it is left open, and no answer comes after", async (delayMs) => {
    const { told, isAfter } = await beside(halt, delayMs, () => askFor(two, { idempotency_key: "one" }));
    expect([[201, undefined], refusal]).toContainEqual(told);
    if (told[0] === 201) expect(isAfter).toBe(false);
    await expect.poll(openRequests).toBe(0);
  });

  test.each(DELAYS_MS)("as a key made below, %i ms later: it is made before, and is as halted as who made it", async (delayMs) => {
    let made: MadeBelow | null = null;
    const { told, isAfter } = await beside(halt, delayMs, async () => {
      const answer = await sendBelow(two, { name: "three" });
      if (answer.ok) made = await answer.clone().json<MadeBelow>();
      return answer;
    });
    expect([[201, undefined], refusal]).toContainEqual(told);
    if (told[0] === 201) expect(isAfter).toBe(false);
    if (made !== null) expect(await outcome(await askFor(made))).toEqual(refusal);
    // Whatever was made, none is there that is not in the log, nor the other way round.
    const rows = await env.DB.prepare("SELECT count(*) AS n FROM agent WHERE name = 'three'").first<number>("n");
    expect((await recordsOf("agent.delegated")).filter(({ agent }) => (agent as { name: string }).name === "three")).toHaveLength(
      rows ?? -1,
    );
  });

  test("as calls of many below, which come all the time: none is answered after it", async () => {
    const sibling = await below(one, { name: "sibling" });
    let isHalted = false;
    const late: unknown[] = [];
    const calling = async (agent: MadeBelow) => {
      for (let n = 0; ; n++) {
        const answer = await admit(agent).catch(() => null);
        if (answer === null || answer.status !== "admitted") return answer?.status ?? "does not stand";
        if (isHalted) late.push([agent.name, n]);
        await pause(2);
      }
    };
    const all = Promise.all([two, sibling, two, sibling].map(calling));
    await pause(50);
    expect((await halt()).status).toBe(204);
    isHalted = true;
    for (const end of await all) expect(["stopped", "revoked", "does not stand"]).toContain(end);
    expect(late).toEqual([]);
  });
});

test("a release of the one above lets those below go on, and nothing of before", async () => {
  const { request_id: id } = await ask(two);
  await decided(alex, id, "approved");
  await stop(alex, top.id);
  await release(alex, top.id);
  expect(await outcome(await redeem(two, id))).toEqual(STOPPED);
  expect(await outcome(await askFor(two))).toEqual([201, undefined]);
});

test("two keys of one name at the same moment: one is made", async () => {
  const answers = await Promise.all([sendBelow(top, { name: "same" }), sendBelow(one, { name: "same" }), sendBelow(two, { name: "Same" })]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 400, 400]);
  expect(await recordsOf("agent.delegated")).toHaveLength(3);
});
