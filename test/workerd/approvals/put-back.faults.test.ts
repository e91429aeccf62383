/**
 * An object that is put back to an earlier state, as from a backup: every state of a whole journey, at every later moment.
 * What the log holds stays as it is, nothing is decided or redeemed twice, and in the end the object tells what the log holds.
 */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { ask, decide, openPage, PAYLOAD, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import { outcome } from "#test/workerd/support/people.ts";
import { withFaults } from "#test/workerd/faults/fault-plan.ts";
import { agentCalls, type Cast, later, runAlarm, service, stub, verified } from "#test/workerd/faults/journeys.ts";
import { leavesOf, loggedFacts, type LoggedFact } from "#test/workerd/faults/logged.ts";
import { forgetWhatWasTold } from "#test/workerd/faults/worker.ts";

const cast = service();

interface Storage {
  approval: unknown;
  nonces: unknown;
}
const read = (id: string): Promise<Storage> =>
  runInDurableObject(stub(id), (_, { storage }) => ({ approval: storage.kv.get("approval"), nonces: storage.kv.get("nonces") }));
/** Puts all of it back. The alarm of then would be over by now. */
const putBack = (id: string, { approval, nonces }: Storage): Promise<void> =>
  runInDurableObject(stub(id), async (_, { storage }) => {
    storage.kv.put("approval", approval);
    if (nonces !== undefined) storage.kv.put("nonces", nonces);
    await storage.deleteAlarm();
  });

type Step = (cast: Cast, id: string) => Promise<unknown>;
/** A step whose hand-over is lost on the way, so that what it stored is not in the log yet. */
const unlogged =
  (step: Step): Step =>
  (one, id) =>
    withFaults([{ at: "call: append of the log", how: "absent", end: "goes on" }], () => step(one, id));
const look: Step = ({ agent }, id) => viewOf(agent, id);

const decides =
  (verdict: "approved" | "denied"): Step =>
  ({ person }, id) =>
    decide(person, id, verdict);
const cancels: Step = (one, id) => agentCalls(one, id, "cancel", {});
const redeems: Step = (one, id) => agentCalls(one, id, "redeem", { payload: PAYLOAD, idempotency_key: "first" });
const reports =
  (said: string): Step =>
  (one, id) =>
    agentCalls(one, id, "outcome", { outcome: said });
const expires: Step = async (_, id) => {
  later(900);
  await runAlarm(id);
};

const JOURNEYS: Record<string, Step[]> = {
  used: [
    unlogged(decides("approved")),
    look,
    unlogged(redeems),
    look,
    unlogged(reports("unknown")),
    look,
    unlogged(reports("succeeded")),
    look,
  ],
  denied: [unlogged(decides("denied")), look],
  cancelled: [unlogged(cancels), look],
  expired: [unlogged(expires), look],
};

const leaves = async (id: string): Promise<Map<string, LoggedFact>> => new Map((await loggedFacts(id)).map((fact) => [fact.key, fact]));

/** Everybody tries everything, each otherwise than before. */
async function everybodyTries(one: Cast, id: string, verdict: "approved" | "denied"): Promise<void> {
  const before = await leaves(id);
  const page = await openPage(one.person, id).catch(() => null);
  if (page !== null && page.nonce !== "") await send(one.person, id, await signedDecision(one.person, page, verdict));
  const cancelled = await agentCalls(one, id, "cancel", {});
  if (cancelled.status === 200) expect(await cancelled.json<AgentView>()).toMatchObject({ status: "cancelled" });
  const redeemed = await outcome(await agentCalls(one, id, "redeem", { payload: PAYLOAD, idempotency_key: "second" }));
  const isApproved = (await leaves(id)).get("final")?.kind === "approval.approved";
  if (before.has("redeemed") || !isApproved) expect(redeemed[0], "redeemed twice, or without an approval").not.toBe(200);
  for (const said of ["unknown", "failed"] as const) {
    const answer = await agentCalls(one, id, "outcome", { outcome: said, detail: "After all" });
    if (answer.status === 200) expect(await answer.json<AgentView>(), "the answer is what was said").toMatchObject({ outcome: said });
  }
  later(900);
  await runAlarm(id);
  const after = await leaves(id);
  for (const [key, leaf] of before) expect(after.get(key), key).toEqual(leaf);
}

describe.each(Object.entries(JOURNEYS))("%s", (journey, steps) => {
  it("every earlier state, put back at every later moment", async () => {
    for (let until = 1; until <= steps.length; until++) {
      for (let back = 0; back < until; back++) {
        const { request_id: id } = await ask(cast().agent);
        const states = [await read(id)];
        for (const step of steps.slice(0, until)) {
          await step(cast(), id);
          states.push(await read(id));
        }
        expect(new Set(states.map((state) => JSON.stringify(state.approval))).size, "each step changes the approval").toBe(until + 1);

        await putBack(id, states[back] ?? { approval: undefined, nonces: undefined });
        // It may tell again what it told then.
        forgetWhatWasTold();
        await everybodyTries(cast(), id, journey === "denied" ? "approved" : "denied");

        const log = await leaves(id);
        const view = await viewOf(cast().agent, id);
        expect(`approval.${view.status}`).toBe(log.get("final")?.kind);
        expect(view.redeemed_at).toBe(log.get("redeemed")?.at);
        const outcomes = [log.get("outcome"), log.get("unknown")].find((leaf) => leaf !== undefined);
        expect(view.outcome && `call.${view.outcome}`).toBe(outcomes?.kind);
        const keys = await leavesOf(id);
        expect(new Set(keys).size).toBe(keys.length);
        expect((await verified(cast(), id)).status).toBe(view.status);
      }
    }
  });
});
