/** A call that people approved is remembered, as far as they signed for: the next one of its kind passes by the grant, with a leaf of its own. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { askedIn, freely, type GrantCast, REMEMBERED, remembered, scale, scalingCast } from "#test/workerd/support/grants.ts";
import { receiptOf, viewOf } from "#test/workerd/support/approvals.ts";

let cast: GrantCast;
beforeEach(async () => {
  cast = await scalingCast();
});

const leaves = async (kind: string) =>
  (
    await env.DB.prepare("SELECT idem, record FROM log_leaf WHERE record ->> '$.kind' = ?1 ORDER BY idx")
      .bind(kind)
      .all<{ idem: string; record: string }>()
  ).results;

it("passes with another number, and with another service people are asked", async () => {
  const asked = await remembered(cast);
  expect(await scale(cast, { service: "api", replicas: 3 })).toContain("Done.");
  expect(await scale(cast, { service: "api", replicas: 7 })).toContain("Done.");
  const used = await leaves("grant.used");
  expect(used.map(({ record }) => JSON.parse(record))).toMatchObject([{ kind: "grant.used", use: 1 }]);
  const [passed] = (await leaves("approval.auto_approved")).map(
    ({ record }) => JSON.parse(record) as { basis: string; grant: object; request: { id: string } },
  );
  expect(passed).toMatchObject({ basis: "grant", grant: { use: 1 } });
  expect(await viewOf(cast.agent, passed?.request.id ?? "")).toMatchObject({ status: "approved", basis: "grant" });
  expect(await receiptOf(cast.agent, asked)).toContain("grt_");
  const other = await scale(cast, { service: "web", replicas: 7 });
  expect(other).toContain("NOT DONE YET");
  expect(askedIn(other)).not.toBeNull();
});

it("as often as the rule in force lets, however many come at once, and not as was signed for before", async () => {
  await remembered(cast);
  expect(await scale(cast, { service: "api", replicas: 4 })).toContain("Done.");
  await publish(cast.person, policyOf([{ ...REMEMBERED, grants: { for: "7d", uses: 3 } }]));
  const answers = await Promise.all([5, 6, 7, 8, 9, 10].map((replicas) => scale(cast, { service: "api", replicas })));
  expect(answers.filter((answer) => answer.includes("Done."))).toHaveLength(2);
  expect(await leaves("grant.used")).toHaveLength(3);
});

it("as often as was signed for", async () => {
  await remembered(cast, undefined, freely(undefined, 2));
  for (const replicas of [4, 5]) expect(await scale(cast, { service: "api", replicas })).toContain("Done.");
  expect(await scale(cast, { service: "api", replicas: 6 })).toContain("NOT DONE YET");
});
