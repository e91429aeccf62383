/** Asks under one idempotency key at the same moment: what passed counts, whatever became of the other. */
import { beforeEach, expect, it } from "vitest";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { keptPast } from "#test/workerd/support/calls/past.ts";
import { call } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  ({ agent } = await personAndAgent());
});

it("an ask that passed counts, though another under its key did not", async () => {
  const lets = {
    name: "lets",
    match: { tool: "pay", when: 'double(args.amount) <= 5.0 && history.sum("pay", "amount", "1h") <= 20.0' },
    effect: "allow",
  };
  await putInForce(
    policyOf([lets, { name: "asks", match: { tool: "pay" }, effect: "require_approval" }], { defaults: { separation: false } }),
  );
  const passed: string[] = [];
  for (let n = 0; n < 12; n++) {
    const answers = await Promise.all(
      [5, 500].map((amount) =>
        call("POST", "/api/v1/approvals", {
          key: agent.key,
          origin: null,
          body: { action: "Pay", tool: "pay", payload: { amount }, wait_seconds: 0, idempotency_key: `key-${n}` },
        }),
      ),
    );
    for (const answer of answers) {
      const view = (await answer.json()) as { status?: unknown; request_id?: string };
      if (answer.ok && view.status === "approved") passed.push(view.request_id ?? "");
    }
  }
  expect((await keptPast(agent)).map(({ key }) => key)).toEqual(expect.arrayContaining(passed));
  expect(passed.length).toBeLessThanOrEqual(5);
});
