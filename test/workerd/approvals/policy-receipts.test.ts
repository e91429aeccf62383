/** Receipts of requests that a published policy has judged: made by the service, verified with nothing of it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { parseReceipt, type Trust, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, decided, PAYLOAD, personAndAgent, receiptOf } from "#test/workerd/support/approvals.ts";
import { call, ORIGIN, type Someone } from "#test/workerd/support/people.ts";
import { publish } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const POLICY = `
type: countersign/policy@v1
rules:
  - { name: staging, match: { tool: deploy, when: args.replicas == 1 }, effect: allow, risk: low }
  - name: production
    match: { tool: deploy }
    effect: require_approval
    risk: medium
    denials: 1
    escalate: [{ after: 10m, users: [alex] }]
`;

let person: Someone;
let agent: Agent;
beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(emptyStorage);

async function verdictOf(id: string, more: Partial<Trust> = {}) {
  const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
  const receipt = parseReceipt(await receiptOf(agent, id));
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return { receipt: receipt.value, verdict: await verifyReceipt(receipt.value, { vkey, origin: ORIGIN, ...more }) };
}
const use = async (id: string, payload: JsonObject, detail?: string) => {
  const post = (what: string, body: JsonObject) => call("POST", `/api/v1/approvals/${id}/${what}`, { key: agent.key, origin: null, body });
  const answers = [
    await post("redeem", { payload }),
    await post("outcome", { outcome: "failed", ...(detail !== undefined && { detail }) }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
};

describe("a receipt of version 2", () => {
  it("of what people approved holds the policy and the agent's words", async () => {
    await publish(person, POLICY);
    const { request_id: id } = await ask(agent, { tool: "deploy" });
    await decided(person, id, "approved", { comment: "Go" });
    await use(id, PAYLOAD, "Timed out.");
    const { receipt, verdict } = await verdictOf(id);
    expect(receipt).toMatchObject({
      type: "countersign/receipt@v2",
      grant: null,
      steps: [],
      policy: { record: { version: 1, hash: receipt.final.record.request.policy.hash } },
    });
    expect(verdict).toMatchObject({
      ok: true,
      value: {
        basis: "passkeys",
        rule: "production",
        policyVersion: 1,
        runByTheGate: false,
        outcome: { status: "failed", detail: "Timed out." },
      },
    });
  });

  it("of what a rule let pass names no person, and holds only where that is allowed", async () => {
    await publish(person, POLICY);
    const payload = { ...PAYLOAD, replicas: 1 };
    const { request_id: id, status } = await ask(agent, { tool: "deploy", payload });
    expect(status).toBe("approved");
    await use(id, payload);
    const { receipt, verdict } = await verdictOf(id);
    expect(receipt).toMatchObject({ final: { record: { kind: "approval.auto_approved", basis: "policy" } }, passkeys: [], comments: [] });
    expect(verdict).toMatchObject({ ok: false, refusal: { code: "basis_not_allowed" } });
    expect((await verdictOf(id, { allowBasis: ["policy"] })).verdict).toMatchObject({
      ok: true,
      value: { basis: "policy", rule: "staging" },
    });
  });

  it("of a denial is one as well", async () => {
    await publish(person, POLICY);
    const { request_id: id } = await ask(agent, { tool: "deploy" });
    await decided(person, id, "denied");
    expect((await verdictOf(id)).verdict).toMatchObject({ ok: true, value: { status: "denied", policyVersion: 1 } });
  });
});

it("a request from before there was a policy has a receipt of version 1", async () => {
  const { request_id: id } = await ask(agent, { tool: "deploy" });
  await publish(person, POLICY);
  await decided(person, id, "approved");
  const { receipt, verdict } = await verdictOf(id);
  expect(receipt.type).toBe("countersign/receipt@v1");
  expect(verdict).toMatchObject({ ok: true, value: { status: "approved", policyVersion: 0 } });
});
