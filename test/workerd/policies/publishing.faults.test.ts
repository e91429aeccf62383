/**
 * Publishing under every single fault: either nothing is published, or all of it is, with its leaf; nobody is told what is not so, and
 * whoever publishes again gets on.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Agent, askFor } from "#test/workerd/support/approvals.ts";
import { admitted, given, recordsOf } from "#test/workerd/support/invited.ts";
import { call, type Someone } from "#test/workerd/support/people.ts";
import { offerPolicy, sendPolicy, signPolicy, versionInForce } from "#test/workerd/support/policies.ts";
import { beginADayAhead, endDeployments } from "#test/workerd/faults/deployments.ts";
import { deploy, type End, type Fault, type How, withFaults } from "#test/workerd/faults/fault-plan.ts";

const TWO = { ADMINS_REQUIRED: "2" };
const DENY = "type: countersign/policy@v1\ndefaults: { effect: deny }\n";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  ({ person: alex, agent } = await beginADayAhead());
});
afterEach(endDeployments);

/** What publishing writes, in this order. */
const WRITES = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];
const FAULTS: Fault[] = WRITES.flatMap((_, at) =>
  (["absent", "present"] as How[]).flatMap((how) =>
    (at === 0 ? (["goes on"] as End[]) : (["goes on", "dies"] as End[])).map((end) => ({ at, how, end })),
  ),
);

/** What is published, in the table and in the log. */
async function published(): Promise<{ versions: unknown[]; records: unknown[] }> {
  const { results } = await env.DB.prepare("SELECT version, hash FROM policy ORDER BY version").all();
  return { versions: results, records: (await recordsOf("policy.published")).map(({ version, hash }) => ({ version, hash })) };
}

describe("publishing", () => {
  it("writes this, in this order", async () => {
    const signed = await signPolicy(alex, DENY, 0);
    const { done, seen } = await withFaults([], () => sendPolicy(alex, DENY, 0, signed));
    expect(done.status).toBe(201);
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
  });

  it.each(FAULTS)("fails at write $at, $how, and $end", async (fault) => {
    const signed = await signPolicy(alex, DENY, 0);
    const { done, struck } = await withFaults([fault], () => sendPolicy(alex, DENY, 0, signed));
    expect(struck).toHaveLength(1);
    expect([201, 503]).toContain(done.status);
    const { versions, records } = await published();
    expect(records).toEqual(versions);
    if (done.status === 201) expect(versions).toHaveLength(1);
    // Whoever is told nothing looks, and publishes if it is not there.
    if (versions.length === 0) await given(await sendPolicy(alex, DENY, 0, signed), 201);
    expect((await published()).versions).toHaveLength(1);
    expect(await versionInForce(alex)).toBe(1);
    expect((await askFor(agent)).status).toBe(403);
  });
});

describe("the first of two signatures", () => {
  const WAITING = "D1: batch, insert into batch_condition";
  const kept = async () =>
    (await given<{ waiting: { source: string }[] }>(await call("GET", "/api/v1/policies", { cookie: alex.cookie }))).waiting;

  it.each(["absent", "present"] as const)("is kept with its text, or neither is: %s", async (how) => {
    await admitted(alex, "blair", ["admin"]);
    deploy(TWO);
    const signed = await signPolicy(alex, DENY, 0);
    const { done, seen, struck } = await withFaults([{ at: WAITING, how, end: "goes on" }], () => sendPolicy(alex, DENY, 0, signed));
    expect([done.status, struck.length, seen.map(({ name }) => name)]).toEqual([503, 1, [WAITING]]);
    expect((await kept()).map(({ source }) => source)).toEqual(how === "present" ? [DENY] : []);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM policy_draft").first("n")).toBe(how === "present" ? 1 : 0);
    expect((await offerPolicy(alex, DENY)).status).toBe(202);
    expect(await kept()).toMatchObject([{ source: DENY }]);
  });
});
