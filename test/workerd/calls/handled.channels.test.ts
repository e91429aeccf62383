/** What rules say of calls beside letting them pass, at the gate's own address: limits, what is kept, what a policy may say of a tool. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { handedOver, recorded } from "#test/workerd/support/calls/agent-calls.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { callTool } from "#test/workerd/support/servers/gateway-call.ts";
import { acceptedTools, signServer } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const AT = { url: "https://modern.mcp.example.com/mcp", authentication: { kind: "none" } };

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  await given((await signServer(alex, { draft: "add", name: "stock", ...AT })).answer, 201);
  await given(await acceptedTools(alex, null, "stock"));
  agent = await makeAgent(alex);
});

const called = (args: object = {}) => callTool(agent.key, "stock", "get_stock", args);

it("limits are counted and named for the rule that sets them, where another one decides", async () => {
  const asks = { name: "bolts", match: { tool: "get_*", when: 'args.item == "bolts"' }, effect: "require_approval" };
  const limits = { name: "all", match: { source: "call" }, effect: "allow", limits: { per_minute: 1 } };
  await publish(alex, policyOf([asks, limits]));
  expect(await called({ item: "nuts" })).toContain('"12"');
  // Whether it is about bolts cannot be told: what both rules say holds.
  const answer = await called();
  expect(answer).toContain("rate_limited");
  expect(answer).toContain("The rule all allows no more");
});

it("a call that nobody can be asked about is refused, and its record waits for nobody", async () => {
  await publish(alex, policyOf([{ name: "asks", match: { source: "call" }, effect: "require_approval", separation: true }]));
  expect(await called()).toContain("no_eligible_approver");
  let found: Awaited<ReturnType<typeof recorded>>[number] | undefined;
  for (let look = 0; look < 50 && found?.status !== "blocked"; look++) {
    await handedOver(agent);
    [found] = await recorded(agent);
  }
  expect({ ...found?.record, ...found?.ended }).toMatchObject({ status: "blocked", code: "no_eligible_approver", rule: "asks" });
});

describe("of a call", () => {
  const recordedBy = async (keep: string) => {
    await publish(alex, policyOf([{ name: "all", match: { source: "call" }, effect: "allow", keep }]));
    expect(await called()).toContain('"12"');
    let found: Awaited<ReturnType<typeof recorded>>[number] | undefined;
    for (let look = 0; look < 50 && found?.status !== "succeeded"; look++) {
      // Its end waits a moment for a next call, which does not come.
      await new Promise((resolve) => setTimeout(resolve, 20));
      await handedOver(agent);
      [found] = await recorded(agent);
    }
    return { ...found?.record, ...found?.ended };
  };

  it("hashes are kept where nothing else is", async () => {
    const hash: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(await recordedBy("hash")).toMatchObject({ arguments_hash: hash, result_hash: hash, status: "succeeded" });
  });

  it("not even they are where nothing is to be; its sizes are", async () => {
    const record = await recordedBy("none");
    expect(record).toMatchObject({ arguments_hash: null, arguments_bytes: 2, result_hash: null, status: "succeeded" });
    expect(record.result_bytes).toBeGreaterThan(20);
  });
});

it("a policy that names a member that an accepted tool does not have is not published, and one of a tool that nobody accepted is", async () => {
  const draft = (tool: string) => {
    const rule = { name: "stock", match: { server: "stock", tool, when: "args.itm == 1" }, effect: "allow" };
    return call("POST", "/admin/policy/statement", { cookie: alex.cookie, body: { source: policyOf([rule]), based_on: 0 } });
  };
  const answer = await draft("get_stock");
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(await answer.text()).toContain("the tool get_stock has no args.itm");
  expect((await draft("count_stock")).status).toBe(200);
});
