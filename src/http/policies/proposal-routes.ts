/** Rules that are proposed from what people approved. Nothing is stored; what comes of one is published as any other text is. */
import type { Context } from "hono";
import { checkInput } from "#api/check-input.ts";
import { type ProposalItem, proposalsQuery } from "#api/policies/proposal-data.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { mayLook } from "#gate/approvals/visible-request.ts";
import { type Proposal, proposeRuleOf, proposeRules } from "#gate/policies/propose-rules.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import type { Bound } from "#rules/policies/proposals/bounds.ts";
import { policyFailure } from "./policy-failures.ts";

function valuesOf(bound: Bound): ProposalItem["members"][number]["values"] {
  switch (bound.kind) {
    case "fixed":
      return [bound.value];
    case "range":
      return [bound.from, bound.to];
    case "one_of":
      return bound.values;
  }
}

const proposalItem = ({ name, whose, subject, members, risk, condition, text, before, people, approvals }: Proposal): ProposalItem => ({
  name,
  agent: "agent" in whose ? whose.agent : null,
  group: "group" in whose ? whose.group : null,
  ...subject,
  members: members.map(({ member, bound, isOptional }) => ({ member, bound: bound.kind, values: valuesOf(bound), optional: isOptional })),
  risk: risk === "critical" ? "high" : risk,
  condition,
  rule: text,
  before,
  people,
  requests: approvals.map(({ id, approvedAt }) => ({ id, approved_at: approvedAt })),
});

/** `GET /api/v1/policies/proposals`: from like requests; with `?request=` from that one. Only from what this admin may look at. */
export async function listProposals(c: Context<App>): Promise<Response> {
  const query = checkInput(proposalsQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const { person } = c.var;
  const isTheirs = (request: RequestDocument): boolean => mayLook(person, { request });
  const ports = await c.var.ports.policies();
  const { request } = query.value;
  if (request === undefined) return c.json({ items: (await proposeRules(isTheirs, ports)).map(proposalItem) });
  const proposed = await proposeRuleOf(request, isTheirs, ports);
  return proposed.ok ? c.json({ items: [proposalItem(proposed.value)] }) : problem(c, policyFailure(proposed.refusal));
}
