/** A call that people approved is remembered, as far as they signed for: the next one of its kind passes by the grant, with a leaf of its own. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { grantIdOf } from "#countersign/grants/choose-grant.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { call, makeAgent, ORIGIN } from "#test/workerd/support/people.ts";
import { decide, decided, openPage, receiptOf, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import {
  askedIn,
  freely,
  type GrantCast,
  grantsOf,
  onlyGrant,
  recordsOf,
  REMEMBERED,
  remembered,
  revoke,
  SCALE,
  scale,
  scalingCast,
} from "#test/workerd/support/grants/grants.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { given } from "#test/workerd/support/invited.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { acceptedTools, refresh, SERVER, signServer, tellServer, tool } from "#test/workerd/support/servers/signed-servers.ts";
import { release, stop } from "#test/workerd/support/stops.ts";

const API = { service: "api", replicas: 3 };
const WAITS = "NOT DONE YET";

let cast: GrantCast;
let isChanged = false;
beforeAll(async () => {
  cast = await scalingCast();
});
/** Grants are an agent's: each test has one of its own. */
beforeEach(async () => {
  cast = { ...cast, agent: await makeAgent(cast.person, `bot-${crypto.randomUUID().slice(0, 8)}`) };
});
afterEach(async () => {
  if (isChanged) await publish(cast.person, policyOf([REMEMBERED]));
  isChanged = false;
});
const changeRules = async (...rules: object[]) => {
  isChanged = true;
  await publish(cast.person, policyOf(rules));
};
/** Uses of the agent's grants, as the log has them. */
async function usesInLog() {
  const own = new Set((await grantsOf(cast.person, `?agent=${cast.agent.id}`)).map(({ id }) => id));
  return (await recordsOf("grant.used")).filter(({ grant }) => own.has(grant));
}

const passes = async (args: object) => expect(await scale(cast, args)).toContain("Done.");
const waits = async (args: object) => expect(await scale(cast, args)).toContain(WAITS);

it("another number passes, and the receipt proves by which grant", async () => {
  const asked = await remembered(cast);
  await passes(API);
  expect(await usesInLog()).toEqual([]);
  await passes({ service: "api", replicas: 7 });
  const [used] = await usesInLog();
  const passed = (await recordsOf("approval.auto_approved")).find(({ request }) => request.requested_by.id === cast.agent.id);
  const grant = await onlyGrant(cast);
  expect(used).toMatchObject({ grant: grant.id, use: 1 });
  expect(passed).toMatchObject({ basis: "grant", grant: { id: grant.id, use: 1 }, request: { quorum: [] } });
  const id = passed?.request.id ?? "";
  expect(grant).toMatchObject({ used: 1, left: 19, request_id: asked, ended_by: null, used_for: [{ use: 1, request_id: id }] });

  // Its agent is told the basis, and nothing else of it.
  const view = await viewOf(cast.agent, id);
  expect(view).toMatchObject({ status: "approved", basis: "grant" });
  expect(JSON.stringify(view)).not.toContain("grt_");

  const receipt = parseReceipt(await receiptOf(cast.agent, id));
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  const vkey = (await (await call("GET", "/log/vkey", {})).text()).trim();
  expect(await verifyReceipt(receipt.value, { vkey, origin: ORIGIN, allowBasis: ["grant"] })).toMatchObject({ ok: true });
  expect(await verifyReceipt(receipt.value, { vkey, origin: ORIGIN, allowBasis: ["policy"] })).toMatchObject({
    ok: false,
    refusal: { code: "basis_not_allowed" },
  });
});

describe("people are asked", () => {
  it.each([
    ["with another value of what is fixed", { service: "web", replicas: 3 }],
    ["with a member more", { ...API, force: true }],
    ["with a member less", { service: "api" }],
    ["with the value of another type", { service: ["api"], replicas: 3 }],
  ])("%s", async (_, args) => {
    await remembered(cast);
    await waits(args);
    expect(await usesInLog()).toEqual([]);
  });

  it("beyond the shown number, where that is the bound", async () => {
    await remembered(cast, API, freely([{ pointer: "/replicas", bound: { from: 0, to: 3 } }]));
    await passes({ service: "api", replicas: 2 });
    await waits({ service: "api", replicas: 4 });
    await waits({ service: "api", replicas: -1 });
    await waits({ service: "api", replicas: "2" });
    expect(await usesInLog()).toHaveLength(1);
  });

  it("with a text that is not in the list", async () => {
    await remembered(cast, API, freely([{ pointer: "/service", bound: { one_of: ["api", "web"] } }]));
    await passes({ service: "web", replicas: 3 });
    await waits({ service: "db", replicas: 3 });
    expect(await usesInLog()).toHaveLength(1);
  });

  it("once it is used up", async () => {
    await remembered(cast, API, freely(undefined, 2));
    for (const replicas of [4, 5]) await passes({ service: "api", replicas });
    await waits({ service: "api", replicas: 6 });
    expect(await onlyGrant(cast)).toMatchObject({ ended_by: "used_up", left: 0, used: 2 });
  });

  it("once it is revoked", async () => {
    await remembered(cast);
    const { id } = await onlyGrant(cast);
    expect((await revoke(cast.person, id)).status).toBe(204);
    expect((await revoke(cast.person, id)).status).toBe(204);
    await waits({ service: "api", replicas: 4 });
    expect((await recordsOf("grant.revoked")).filter(({ grant }) => grant === id)).toMatchObject([{ by: { id: cast.person.id } }]);
    expect(await onlyGrant(cast)).toMatchObject({ ended_by: "revoked", revoked: { by: { id: cast.person.id } } });
  });

  it("after a stop, also once it is released", async () => {
    await remembered(cast);
    await stop(cast.person, cast.agent.id);
    await release(cast.person, cast.agent.id);
    await waits({ service: "api", replicas: 4 });
    expect(await onlyGrant(cast)).toMatchObject({ ended_by: "stop", left: 0 });
  });

  it.each([
    ["its rule is gone", [{ ...REMEMBERED, name: "another" }]],
    ["its rule lets nobody remember", [{ ...REMEMBERED, grants: undefined }]],
    ["its rule is critical", [{ ...REMEMBERED, risk: "critical", separation: false, grants: undefined }]],
    ["another rule decides before it", [{ name: "first", match: { tool: "scale_*" }, effect: "require_approval" }, REMEMBERED]],
    ["the rule only observes", [{ ...REMEMBERED, mode: "observe" }]],
  ])("once %s", async (_, rules) => {
    await remembered(cast);
    await changeRules(...rules);
    await waits({ service: "api", replicas: 4 });
    expect(await usesInLog()).toEqual([]);
  });

  it("more often, and for longer, than the rule in force lets people remember", async () => {
    await remembered(cast);
    await passes({ service: "api", replicas: 4 });
    await changeRules({ ...REMEMBERED, grants: { for: "7d", uses: 1 } });
    await waits({ service: "api", replicas: 5 });
    expect(await usesInLog()).toHaveLength(1);
  });

  it("once it was used as often as the rule in force lets, however many come at the same moment", async () => {
    await remembered(cast);
    await passes({ service: "api", replicas: 4 });
    await changeRules({ ...REMEMBERED, grants: { for: "7d", uses: 3 } });
    const answers = await Promise.all([5, 6, 7, 8, 9, 10].map((replicas) => scale(cast, { service: "api", replicas })));
    expect(answers.filter((answer) => answer.includes("Done."))).toHaveLength(2);
    expect(await usesInLog()).toHaveLength(3);
  });

  it("once its tool is listed otherwise, and also once that is accepted", async () => {
    await remembered(cast);
    await tellServer({ tools: [tool("scale_replicas", { description: "Does something else." })] });
    await refresh(cast.person);
    // What was read of the server before is relied on for at most a second.
    await expect.poll(() => scale(cast, { service: "api", replicas: 4 }), { timeout: 5_000 }).toContain("tool_not_accepted");
    expect(await onlyGrant(cast)).toMatchObject({ ended_by: "tool" });
    await given(await acceptedTools(cast.person));
    await waits({ service: "api", replicas: 4 });
  });
});

describe("a grant for more than was shown, or than the rule lets people remember, is refused", () => {
  const until = (days: number) => timestamp(Date.now() + days * 86_400_000);
  it.each([
    ["a member that was not there", { free: [{ pointer: "/force", bound: "any" }] }, "/force"],
    ["a member twice", { free: [1, 2].map(() => ({ pointer: "/replicas", bound: "any" })) }, "/replicas"],
    ["a wider span than what was shown", { free: [{ pointer: "/replicas", bound: { from: 0, to: 4 } }] }, "/replicas"],
    ["a list without what was shown", { free: [{ pointer: "/service", bound: { one_of: ["web"] } }] }, "/service"],
    ["more uses", { uses: 21 }, "uses"],
    ["more time", { until: until(8) }, "until"],
    ["a time that has passed", { until: until(-1) }, "until"],
  ])("%s", async (_, other, place) => {
    const id = askedIn(await scale(cast, API)) ?? "";
    const page = await openPage(cast.person, id);
    const grant = { ...freely()(page), ...other } as ReturnType<ReturnType<typeof freely>>;
    const answer = await send(cast.person, id, await signedDecision(cast.person, page, "approved", { grant: () => grant }));
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ code: "grant_not_accepted", errors: [{ field: place }] });
    expect((await viewOf(cast.agent, id)).status).toBe("pending");
    expect(await grantsOf(cast.person, `?agent=${cast.agent.id}`)).toEqual([]);
  });

  it.each([
    ["under an id that the page did not get", "approved", () => grantIdOf("another")],
    ["with a denial", "denied", null],
  ] as const)("%s", async (_, verdict, idOf) => {
    const id = askedIn(await scale(cast, API)) ?? "";
    const page = await openPage(cast.person, id);
    const grant = { ...freely()(page), ...(idOf !== null && { id: idOf() }) };
    const answer = await send(cast.person, id, await signedDecision(cast.person, page, verdict, { grant: () => grant }));
    expect(await answer.json()).toMatchObject({ code: "grant_not_accepted" });
  });

  it("where the rule lets nobody remember", async () => {
    await changeRules({ ...REMEMBERED, grants: undefined });
    const id = askedIn(await scale(cast, API)) ?? "";
    expect((await openPage(cast.person, id)).remember).toBeUndefined();
    expect((await decide(cast.person, id, "approved", { grant: freely() })).status).toBe(422);
  });

  it("what is sent is not what was signed: the passkey has signed another statement", async () => {
    const id = askedIn(await scale(cast, API)) ?? "";
    const page = await openPage(cast.person, id);
    const narrow = await signedDecision(cast.person, page, "approved", { grant: freely([]) });
    const answer = await send(cast.person, id, { ...narrow, grant: freely()(page) });
    expect(answer.status).toBe(403);
    const none = await send(cast.person, id, { ...narrow, grant: null });
    expect(none.status).toBe(403);
    expect((await viewOf(cast.agent, id)).status).toBe("pending");
  });
});

it("an ask is no call: a grant of the one lets nothing of the other pass", async () => {
  await remembered(cast);
  const asked = await call("POST", "/api/v1/approvals", {
    key: cast.agent.key,
    origin: null,
    body: { action: "Scale", payload: API, tool: "scale_replicas", wait_seconds: 0 },
  });
  expect(await asked.json()).toMatchObject({ status: "pending" });
  expect(await usesInLog()).toEqual([]);
});

it("the signed grant stands in the record, whole", async () => {
  const id = askedIn(await scale(cast, API)) ?? "";
  const page = await openPage(cast.person, id);
  await decided(cast.person, id, "approved", { grant: freely() });
  const approved = (await recordsOf("approval.approved")).find(({ request }) => request.id === id);
  const statement = approved?.decisions[0]?.statement.grant;
  expect(statement).toMatchObject({
    rule: "scaling",
    agent: cast.agent.id,
    tool: "scale_replicas",
    fixed: [{ pointer: "/service", value: "api" }],
    free: [{ pointer: "/replicas", bound: "any" }],
    uses: 20,
  });
  expect(statement?.schema_hash).toBe(page.payload?.["schema_hash"]);
  expect(await onlyGrant(cast)).toMatchObject({ id: statement?.id });
});

// Last: it leaves the server where it was not before.
it("the same tool of the same server at another address is another thing", async () => {
  await remembered(cast);
  await passes({ service: "api", replicas: 4 });
  const moveTo = (url: string) =>
    signServer(cast.person, { draft: "change", server: SERVER.name, url, authentication: SERVER.authentication });
  await given((await moveTo(`${SERVER.url}/v2`)).answer);
  await given(await acceptedTools(cast.person));
  await passes({ service: "api", replicas: 5 });
  await receivers.tell("moved.mcp.example.com", { tools: [tool(SCALE)] });
  await given((await moveTo("https://moved.mcp.example.com/mcp")).answer);
  expect(await refresh(cast.person)).toMatchObject({ listed: true });
  await given(await acceptedTools(cast.person));
  await waits({ service: "api", replicas: 6 });
  expect(await onlyGrant(cast)).toMatchObject({ ended_by: "tool", used: 2 });
});
