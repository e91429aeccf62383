/** Evidence of a passkey for agents below others: rules that want it see the agent at the top, and challenges are made for what a key is for. */
import { beforeAll, expect, it } from "vitest";
import { VERIFIED_APPROVAL } from "#countersign/verified/verified-approval.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { below, type MadeBelow } from "#test/workerd/support/agents/below.ts";
import { askChallenge, callWith, challengeFor, ERAS, type Era, evidenceOf, rpc } from "#test/workerd/support/calls/evidence.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { acceptedTools, addedServer, tellServer, tool } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let planner: Agent;
let helper: MadeBelow;
beforeAll(async () => {
  await emptyStorage();
  await receivers.reset();
  await tellServer({ tools: [tool("close_ticket"), tool("list_tickets")] });
  alex = await enrolFirst();
  await addedServer(alex);
  await given(await acceptedTools(alex));
  planner = await makeAgent(alex, "planner");
  helper = await below(planner, { name: "helper" });
  const wants = { match: { source: "call", tool: "close_ticket", agent: "planner" }, verified_approval: "platform" };
  const calls = { match: { source: "call" }, effect: "allow" };
  await publish(
    alex,
    policyOf([
      { name: "closing", effect: "allow", ...wants },
      { name: "others", ...calls },
    ]),
  );
});

const begin = (era: Era, key: string) =>
  era === "modern" ? rpc(era, key, "server/discover") : rpc(era, key, "initialize", { protocolVersion: "2025-11-25", capabilities: {} });

it.each(ERAS)(
  "a rule about the agent at the top marks the tool for those below, and their evidence is taken, in the %s era",
  async (era) => {
    const listed = await rpc(era, helper.key, "tools/list");
    const tools = listed.result?.["tools"] as { name: string; _meta?: Record<string, unknown> }[];
    expect(tools.find(({ name }) => name === "close_ticket")?._meta?.[VERIFIED_APPROVAL]).toMatchObject({ authenticatorClass: "platform" });
    expect((await begin(era, helper.key)).result?.["capabilities"]).toMatchObject({ extensions: { verifiedApproval: {} } });
    const evidence = await evidenceOf(alex, await challengeFor(era, helper.key, "close_ticket", {}));
    expect((await callWith(era, helper.key, "close_ticket", {}, evidence)).result?.content?.[0]?.text).toBe("Done.");
  },
);

it.each(ERAS)("no challenge is made for a tool that a key was not made for, nor any offered, in the %s era", async (era) => {
  const reader = await below(planner, { name: `reader-${era}`, tools: ["tickets.list_tickets"] });
  expect((await askChallenge(era, reader.key, "close_ticket", {})).error?.data).toMatchObject({ code: "not_delegated" });
  expect(JSON.stringify(await begin(era, reader.key))).not.toContain("verifiedApproval");
});
