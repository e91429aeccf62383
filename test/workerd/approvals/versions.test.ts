/** During a deployment an approval's object may be of the version before or after: what this one does not know of its refusals is not known. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it } from "vitest";
import { makePorts } from "#composition/app.ts";
import { agentFailure, personFailure } from "#gate/approvals/approval-failures.ts";
import type { DecisionRefusal } from "#gate/approvals/object/record-decision.ts";
import type { UseRefusal } from "#gate/approvals/object/use-approval.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import { makeApp } from "#http/app.ts";
import type { Result } from "#countersign/result.ts";
import { ask, decide, PAYLOAD, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { ORIGIN, outcome } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

afterEach(emptyStorage);

/** As it crosses from the object: a bare word, as it was once, and a reason that is yet to come. */
const OF_OTHER_VERSIONS = ['{"ok":false,"refusal":"not-approved"}', '{"ok":false,"refusal":{"reason":"paused"}}'];
const parsed = (text: string) => JSON.parse(text) as Extract<Result<Snapshot, UseRefusal>, { ok: false }>;

it.each(OF_OTHER_VERSIONS)("a redemption refused with %s is unavailable, and nothing happened", async (text) => {
  const { person, agent } = await personAndAgent();
  const { request_id: id } = await ask(agent);
  await decide(person, id, "approved");
  const app = makeApp((bindings, config, near) => {
    const ports = makePorts(bindings, config, near);
    return { ...ports, agentApprovals: () => ({ ...ports.agentApprovals(), redeem: () => Promise.resolve(parsed(text)) }) };
  });
  const headers = { "content-type": "application/json", "x-api-key": agent.key };
  const init = { method: "POST", headers, body: JSON.stringify({ payload: PAYLOAD }) };
  const answer = await app.fetch(new Request(`${ORIGIN}/api/v1/approvals/${id}/redeem`, init), env, createExecutionContext());
  expect(await outcome(answer)).toEqual([503, "unavailable"]);
  expect(await viewOf(agent, id)).toMatchObject({ status: "approved", next: expect.stringContaining("redeem_approval") as unknown });
});

it.each(OF_OTHER_VERSIONS)("neither agents nor people are told something wrong of %s", (text) => {
  expect(() => agentFailure(parsed(text).refusal)).toThrow("another version");
  expect(() => personFailure((JSON.parse(text) as { refusal: DecisionRefusal }).refusal)).toThrow("another version");
});
