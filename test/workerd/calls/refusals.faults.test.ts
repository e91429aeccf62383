/** What keeps an approved call from being sent, before and on its way; and what is never opened. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCall } from "#gate/calls/open-call.ts";
import { later, runAlarm, service } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { decided, type Agent } from "#test/workerd/support/approvals.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import {
  approvalPortsNow,
  approvedCall,
  asking,
  DONE_TEXT,
  heardBy,
  objectOfCall,
  openedCall,
  resetWorld,
  serverAt,
  timesCalled,
  wanted,
  world,
} from "#test/workerd/support/gated-calls.ts";
import { makeAgent } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { stop } from "#test/workerd/support/stops.ts";

const cast = service();
beforeEach(async () => {
  resetWorld();
  await receivers.reset();
});
afterEach(() => receivers.release());

const run = (id: string, agent = cast().agent) => objectOfCall(id).runCall(agent.id, null);

/** Of an agent of its own, which may be stopped. */
async function anotherAgent(): Promise<{ person: ReturnType<typeof cast>["person"]; agent: Agent }> {
  return { person: cast().person, agent: await makeAgent(cast().person, `agent-${crypto.randomUUID().slice(0, 8)}`) };
}

/** Nothing was sent; the log has the end of the request and no claim. */
async function expectNothingSent(id: string): Promise<void> {
  expect(await timesCalled()).toBe(0);
  expect(await leavesOf(id)).toEqual(["final"]);
}

const LEGACY = { era: "legacy", session: "own", protocolVersion: "2025-11-25" } as const;

describe("nobody said yes", () => {
  it("denied, and the record hears of it", async () => {
    const id = await openedCall(cast());
    await decided(cast().person, id, "denied", { comment: "Not today" });
    expect(await run(id)).toEqual({ status: "not-sent" });
    later(2);
    await runAlarm(id);
    expect(world.settled).toMatchObject([{ call: { status: "denied" } }]);
    await expectNothingSent(id);
  });

  it("expired, and the record hears of it", async () => {
    const id = await openedCall(cast());
    later(900);
    expect(await run(id)).toEqual({ status: "not-sent" });
    later(2);
    await runAlarm(id);
    expect(world.settled).toMatchObject([{ call: { status: "expired" } }]);
    await expectNothingSent(id);
  });

  it("approved, and nobody came in time", async () => {
    const id = await approvedCall(cast());
    later(3_601);
    await runAlarm(id);
    expect(await run(id)).toMatchObject({ status: "refused", code: "deadline_passed" });
    expect(world.settled).toMatchObject([{ call: { status: "expired", code: "deadline_passed" } }]);
    await expectNothingSent(id);
  });
});

describe("the server is not as it was", () => {
  it.each([
    { name: "gone", servers: [], code: "unknown_server" },
    { name: "elsewhere", servers: [serverAt("", { url: "https://other.example/" })], code: "unknown_server" },
    {
      name: "the tool is accepted otherwise",
      servers: [{ ...serverAt(), accepted: [{ name: "deploy", pin: "0".repeat(64), definition: {} }] }],
      code: "tool_not_accepted",
    },
    { name: "the tool was seen otherwise", servers: [{ ...serverAt(), drifted: ["deploy"] }], code: "tool_not_accepted" },
    { name: "the tool is listed otherwise now", servers: [serverAt("/changed")], code: "tool_not_accepted" },
  ])("$name", async ({ servers, code }) => {
    const id = await approvedCall(cast());
    world.servers = servers;
    expect(await run(id)).toMatchObject({ status: "refused", code });
    // For good: whatever the server is again.
    world.servers = [serverAt()];
    expect(await run(id)).toMatchObject({ status: "refused", code });
    expect(world.settled).toMatchObject([{ call: { status: "failed", code } }]);
    await expectNothingSent(id);
  });

  it("cannot be reached: nothing was claimed, and it goes on later", async () => {
    const id = await approvedCall(cast());
    await receivers.answer("tools.example", { does: "breaks" });
    const away = await run(id).catch(() => ({ status: "refused", code: "upstream_unavailable" }));
    expect(away).toMatchObject({ status: "refused", code: "upstream_unavailable" });
    expect(await leavesOf(id)).toEqual(["final"]);
    await receivers.reset();
    expect(await run(id)).toMatchObject({ status: "answered" });
    expect(await timesCalled()).toBe(1);
  });

  it("has forgotten the session in which it was asked", async () => {
    world.servers = [serverAt("/forgetful")];
    const id = await approvedCall(cast(), wanted("answers", LEGACY));
    expect(await run(id)).toMatchObject({ status: "refused", code: "session_lost" });
    await expectNothingSent(id);
  });

  it("has forgotten it, and any session serves", async () => {
    world.servers = [serverAt("/forgetful", { features: { sessions: "any" } })];
    const id = await approvedCall(cast(), wanted("answers", LEGACY));
    expect(await run(id)).toMatchObject({ status: "answered", answer: { result: DONE_TEXT } });
    expect((await heardBy("tools/call"))[0]?.headers).toMatchObject({ "mcp-session-id": "fresh", "mcp-protocol-version": "2025-11-25" });
  });
});

describe("a stop", () => {
  it("before it is sent: void for good", async () => {
    const other = await anotherAgent();
    const id = await approvedCall(other);
    await stop(other.person, other.agent.id);
    expect(await run(id, other.agent)).toMatchObject({ status: "refused", code: "agent_stopped" });
    await expectNothingSent(id);
  });

  it("while it is on its way: the server is told, and what comes is not given", async () => {
    const other = await anotherAgent();
    const id = await approvedCall(other, wanted("hangs", LEGACY));
    const running = run(id, other.agent);
    await expect.poll(() => timesCalled()).toBe(1);
    await stop(other.person, other.agent.id);
    expect(await running).toMatchObject({ status: "refused", code: "agent_stopped" });
    expect(await leavesOf(id)).toEqual(["final", "redeemed", "unknown"]);
    expect(world.settled).toMatchObject([{ call: { status: "unknown", code: "agent_stopped" } }]);
    await expect.poll(async () => (await heardBy("notifications/cancelled")).length).toBe(1);
    expect(await timesCalled()).toBe(1);
  });

  it("once it has been answered: recorded, and given to nobody", async () => {
    const other = await anotherAgent();
    const id = await approvedCall(other);
    await run(id, other.agent);
    await stop(other.person, other.agent.id);
    expect(await run(id, other.agent)).toMatchObject({ status: "refused", code: "agent_stopped" });
    expect(await leavesOf(id)).toEqual(["final", "redeemed", "outcome"]);
  });
});

describe("by a policy", () => {
  const deploys = (rule: object) => policyOf([{ name: "deploys", match: { source: "call", server: "tools", tool: "deploy" }, ...rule }]);
  const PEOPLE = { effect: "require_approval" };
  const open = (call = wanted()) => openCall(call, asking(cast().agent, cast().person), approvalPortsNow());

  it("what it lets pass is not opened", async () => {
    await putInForce(deploys({ effect: "allow" }));
    expect(await open()).toEqual({ ok: false, refusal: { reason: "allowed" } });
  });

  it("what it refuses is not opened", async () => {
    await putInForce(deploys({ effect: "deny", message: "Never." }));
    expect(await open()).toMatchObject({
      ok: false,
      refusal: { reason: "denied", code: "policy_denied", rule: "deploys", message: "Never." },
    });
    await putInForce(deploys({ ...PEOPLE, reason: "required" }));
    expect(await open({ ...wanted(), reason: null })).toMatchObject({ ok: false, refusal: { code: "reason_required" } });
  });

  it("is judged again at its use, by its arguments and hints, and may pass again later", async () => {
    await putInForce(
      deploys({ ...PEOPLE, match: { source: "call", server: "tools", hints: { idempotentHint: true }, when: 'args.service == "api"' } }),
    );
    const id = await approvedCall(cast());
    await putInForce(
      policyOf([{ name: "no-api", match: { source: "call", when: 'args.service == "api"' }, effect: "deny", message: "Not now." }]),
    );
    expect(await run(id)).toMatchObject({ status: "refused", code: "policy_denied", rule: "no-api" });
    await expectNothingSent(id);
    await putInForce(
      policyOf([{ name: "hinted", match: { source: "call", server: "tools", hints: { idempotentHint: true } }, effect: "deny" }]),
    );
    expect(await run(id)).toMatchObject({ status: "refused", code: "policy_denied", rule: "hinted" });
    await putInForce(deploys({ effect: "allow" }));
    expect(await run(id)).toMatchObject({ status: "answered" });
    expect(await timesCalled()).toBe(1);
  });

  it("whose people are others by now", async () => {
    await putInForce(deploys(PEOPLE));
    const id = await approvedCall(cast());
    await putInForce(deploys({ ...PEOPLE, approvals: [{ users: ["somebody"], required: 1 }] }));
    expect(await run(id)).toMatchObject({ status: "refused" });
    await expectNothingSent(id);
  });
});
