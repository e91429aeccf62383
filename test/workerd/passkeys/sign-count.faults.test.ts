/**
 * The counter of a passkey moves before what was signed is stored. Whatever fails then, the same signature serves: whoever has an
 * authenticator that counts, and got no answer, is not locked out by having signed.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Agent, ask, openPage, send, signedDecision } from "#test/workerd/support/approvals.ts";
import { authorise, call, draftAgent, outcome, signInBody, type Someone } from "#test/workerd/support/people.ts";
import { beginADayAhead, endDeployments } from "#test/workerd/faults/deployments.ts";
import { type Fault, outage, withFaults } from "#test/workerd/faults/fault-plan.ts";

let person: Someone;
let agent: Agent;
beforeEach(async () => {
  ({ person, agent } = await beginADayAhead());
});
afterEach(endDeployments);

const COUNTER = "D1: batch, update passkey set";

/** What is signed, with count 7, and sent as often as one likes; and the write after the counter's. */
const SIGNED: Record<string, { next: string; sign: () => Promise<() => Promise<Response>> }> = {
  "signing in": {
    next: "D1: batch, insert into session",
    async sign() {
      const body = await signInBody(person.passkey, { signCount: 7 });
      return () => call("POST", "/sign-in/finish", { body });
    },
  },
  "a decision": {
    next: "approval: transaction",
    async sign() {
      const { request_id: id } = await ask(agent);
      const body = await signedDecision(person, await openPage(person, id), "approved", { wrong: { signCount: 7 } });
      return () => send(person, id, body);
    },
  },
  "an admin's signature": {
    next: "call: append of the log",
    async sign() {
      const authorisation = await authorise(person.passkey, await draftAgent(person, "bot"), { signCount: 7 });
      return () => call("POST", "/api/v1/agents", { cookie: person.cookie, body: { name: "bot", authorisation } });
    },
  },
};

const passkey = () => env.DB.prepare("SELECT sign_count, counter_back_at FROM passkey").first();

describe.each(Object.entries(SIGNED))("%s", (_, { next, sign }) => {
  const faults: Fault[] = [
    { at: COUNTER, how: "absent", end: "goes on" },
    { at: COUNTER, how: "present", end: "goes on" },
    { at: next, how: "absent", end: "goes on" },
  ];

  it.each(faults)("fails at $at, $how: nothing is told, and the same signature serves", async (fault) => {
    const act = await sign();
    const { done, struck } = await withFaults([fault], act);
    expect(struck).toHaveLength(1);
    expect(await outcome(done)).toEqual([503, "unavailable"]);
    expect((await act()).ok).toBe(true);
    expect(await passkey()).toEqual({ sign_count: 7, counter_back_at: null });
  });

  it("is refused as long as the counter cannot be stored", async () => {
    const act = await sign();
    outage.database = true;
    expect(await outcome(await act())).toEqual([503, "unavailable"]);
    outage.database = false;
    expect((await act()).ok).toBe(true);
  });
});
