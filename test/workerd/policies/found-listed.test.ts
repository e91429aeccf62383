/** An ask that finds one that is alike and listed, with nothing opened under its id: whoever listed it has broken off. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { readConfig } from "#config/config.ts";
import { openApproval } from "#gate/approvals/open-approval.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import { agentFacts, AGENT_FACTS, type AgentFactsRow } from "#storage/agents.ts";
import { type Agent, CHECKED_ASK, personAndAgent, standing } from "#test/workerd/support/approvals.ts";
import { recordsOf } from "#test/workerd/support/invited.ts";
import type { Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let person: Someone;
let agent: Agent;

beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(emptyStorage);

const factsNow = async (): Promise<AgentFacts> => {
  const row = await env.DB.prepare(`SELECT ${AGENT_FACTS} FROM agent CROSS JOIN gate WHERE agent.id = ?1`)
    .bind(agent.id)
    .first<AgentFactsRow>();
  if (row === null) throw new Error("no agent");
  return agentFacts(row);
};

it("does not open it by a policy that is no more in force", async () => {
  await putInForce(policyOf([{ name: "all", effect: "allow", risk: "low" }]));
  const ports = agentApprovalPorts(env, readConfig(env));
  const before = await factsNow();
  const asking = {
    ...standing(agent.id, agent.name, person.id),
    facts: (again?: "again") => (again === undefined ? Promise.resolve(before) : factsNow()),
  };
  const breaksOff = { ...ports.approvals, open: () => Promise.reject(new Error("broken off")) };
  await expect(openApproval(CHECKED_ASK, asking, { ...ports, approvals: breaksOff })).rejects.toThrow("broken off");

  await putInForce(policyOf([{ name: "nothing", effect: "deny" }]));
  expect(await openApproval(CHECKED_ASK, asking, ports)).toMatchObject({ ok: false, refusal: { reason: "denied", rule: "nothing" } });
  expect(await recordsOf("approval.auto_approved")).toEqual([]);
});
