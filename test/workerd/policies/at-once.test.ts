/** Asks and uses at the moment of a publication: each is judged by one version, whole; after the answer by the new one only. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Agent, ask, askFor, decided, openPage, PAYLOAD, personAndAgent } from "#test/workerd/support/approvals.ts";
import { call, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { publish, sendPolicy, signPolicy } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const version = (rule: string, risk: string) =>
  `type: countersign/policy@v1\nrules:\n  - { name: ${rule}, effect: require_approval, risk: ${risk}, separation: false }\n`;

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  ({ person: alex, agent } = await personAndAgent());
});

describe("at the moment of a publication", () => {
  test("asks are judged by the version before or by the new one, whole; after its answer by the new one alone", async () => {
    await publish(alex, version("old", "low"));
    const signed = await signPolicy(alex, version("fresh", "high"), 1);
    const agents = [agent, ...(await Promise.all(["b", "c", "d"].map((name) => makeAgent(alex, name))))];
    let isAnswered = false;
    const asking = agents.map(async (one) => {
      const asked: { id: string; after: boolean }[] = [];
      while (asked.filter(({ after }) => after).length < 3) {
        const after = isAnswered;
        // Enough were asked before: the others wait for the answer, however long that takes here.
        if (after || asked.length < 60) asked.push({ id: (await ask(one)).request_id, after });
        else await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return asked;
    });
    const publishing = sendPolicy(alex, version("fresh", "high"), 1, signed).then((answer) => {
      isAnswered = true;
      return answer.status;
    });
    const all = (await Promise.all(asking)).flat();
    expect(await publishing).toBe(201);
    const judged = await Promise.all(
      all.map(async ({ id, after }) => {
        const { request } = await openPage(alex, id);
        const { risk } = request.context as { risk: { level: string } };
        return { after, by: `${request.policy.version} ${request.policy.rule} ${risk.level}` };
      }),
    );
    for (const { by } of judged) expect(["1 old low", "2 fresh high"]).toContain(by);
    expect(judged.filter(({ after }) => after).length).toBeGreaterThan(0);
    expect(new Set(judged.filter(({ after }) => after).map(({ by }) => by))).toEqual(new Set(["2 fresh high"]));
  });

  test("what was approved before is used by what is in force after", async () => {
    const { request_id: id } = await ask(agent);
    await decided(alex, id, "approved");
    const { request_id: other } = await ask(agent);
    await decided(alex, other, "approved");
    const redeem = (one: string) =>
      call("POST", `/api/v1/approvals/${one}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } });
    expect((await redeem(other)).status).toBe(200);
    await publish(alex, "type: countersign/policy@v1\ndefaults: { effect: deny }\n");
    expect(await outcome(await redeem(id))).toEqual([403, "policy_denied"]);
    expect(await outcome(await askFor(agent))).toEqual([403, "policy_denied"]);
  });
});
