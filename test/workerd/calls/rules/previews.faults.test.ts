/** What people see before they approve a call: called before they are asked and again before it is sent; whatever is not as it was ends closed. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { canonicalize, hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import { hex } from "#countersign/encoding/bytes.ts";
import { openCall } from "#gate/calls/open-call.ts";
import type { Behaviour } from "#test/support/calls/tool-server.ts";
import { later, runAlarm, service, stored, verified } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { below } from "#test/workerd/support/agents/below.ts";
import { decided, openPage } from "#test/workerd/support/approvals.ts";
import { handedOver, recorded } from "#test/workerd/support/calls/agent-calls.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import {
  approvalPortsNow,
  asking,
  DONE_TEXT,
  heardBy,
  objectOfCall,
  openedCall,
  resetWorld,
  serverAt,
  timesCalled,
  wanted,
  wantedWithPreview,
  world,
} from "#test/workerd/support/gated-calls.ts";
import { makeAgent } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";

const cast = service();
const ARGS = '{"service": args.service, "plan": has(args.plan) ? args.plan : "answers"}';
const PLANS = { name: "plans", match: { source: "call", tool: "plan" }, effect: "allow", risk: "low" };
const deploys = (pick: string | null = "result.structuredContent", more: object = {}) => ({
  name: "deploys",
  match: { source: "call", tool: "deploy" },
  effect: "require_approval",
  preview: { tool: "plan", args: ARGS, ...(pick !== null && { pick }) },
  ...more,
});
const inForce = (...rules: object[]) => publish(cast().person, policyOf(rules));

beforeAll(() => inForce(PLANS, deploys()));
beforeEach(async () => {
  resetWorld();
  await receivers.reset();
});
afterEach(() => receivers.release());

const run = (id: string) => objectOfCall(id).runCall(cast().agent.id, null);
const opened = (plan: Behaviour, call = wantedWithPreview(cast(), plan)) =>
  openCall(call, asking(cast().agent, cast().person), approvalPortsNow());

describe("a call with a preview", () => {
  it("shows what counts of it, and its hash is signed", async () => {
    const id = await openedCall(cast(), wantedWithPreview(cast()));
    expect(await timesCalled("plan")).toBe(1);
    const { request } = await openPage(cast().person, id);
    const shown = { rows: 12 };
    expect(request).toMatchObject({ context: { preview_hash: hex(hashJson(shown)) } });
    expect((await stored(id))?.call?.preview).toEqual({
      rule: "deploys",
      tool: "plan",
      args: { service: "api", plan: "answers" },
      pick: "result.structuredContent",
      shown: canonicalize(shown),
    });
    const [sent] = await heardBy("tools/call");
    expect(sent?.body["params"]).toMatchObject({ name: "plan", arguments: { service: "api", plan: "answers" } });
    expect(sent?.body["id"]).toMatch(/^countersign:preview:/);
  });

  it("is sent once what it shows is the same, and its receipt names the hash", async () => {
    const id = await openedCall(cast(), wantedWithPreview(cast()));
    await decided(cast().person, id, "approved");
    expect(await run(id)).toMatchObject({ status: "answered", answer: { result: DONE_TEXT } });
    expect([await timesCalled("plan"), await timesCalled()]).toEqual([2, 1]);
    expect((await verified(cast(), id)).request.context["preview_hash"]).toBe(hex(hashJson({ rows: 12 })));
  });

  it("is not sent where that has changed: nothing of it was claimed, and people have to be asked again", async () => {
    const id = await openedCall(cast(), wantedWithPreview(cast(), "changes"));
    await decided(cast().person, id, "approved");
    expect(await run(id)).toMatchObject({ status: "refused", code: "preview_changed", isOver: true });
    expect(await run(id)).toMatchObject({ status: "refused", code: "preview_changed", isOver: true });
    expect([await timesCalled("plan"), await timesCalled()]).toEqual([2, 0]);
    expect(await leavesOf(id)).toEqual(["final"]);
    expect(world.settled).toMatchObject([{ call: { status: "failed", code: "preview_changed" } }]);
  });

  it("is called once, however often the call is judged before it is asked about", async () => {
    const call = wantedWithPreview(cast());
    await Promise.all([opened("answers", call), openedCall(cast(), call)]);
    expect(await timesCalled("plan")).toBeLessThanOrEqual(2);
    await openedCall(cast(), call);
    expect(await timesCalled("plan")).toBeLessThanOrEqual(2);
  });

  it("is in the agent's record as a preview of its own, with what became of it", async () => {
    const agent = await makeAgent(cast().person, "recorded");
    const mine = { person: cast().person, agent };
    await openedCall(mine, wantedWithPreview(mine));
    await handedOver(agent);
    const [found] = await recorded(agent);
    expect({ ...found?.record, ...found?.ended }).toMatchObject({
      method: "preview",
      tool: "plan",
      status: "succeeded",
      rule: "plans",
      request: null,
    });
  });
});

describe("what fails, ends closed: nobody is asked, and nothing is sent", () => {
  const CASES: { plan: Behaviour; says: string }[] = [
    { plan: "says error", says: "it answered that it failed" },
    { plan: "fails", says: "it answered that it failed" },
    { plan: "needs input", says: "wanted to ask something" },
    { plan: "begins a task", says: "did not answer in time" },
    { plan: "breaks", says: "did not answer in time" },
    { plan: "garbage", says: "did not answer in time" },
    { plan: "500", says: "did not answer in time" },
    { plan: "401", says: "could not be asked" },
    { plan: "404", says: "could not be asked" },
    { plan: "large", says: "what counts of its answer is not in it" },
    { plan: "big integer", says: "no JSON that people can sign for" },
  ];
  it.each(CASES)("$plan", async ({ plan, says }) => {
    const answer = await opened(plan);
    expect(answer).toMatchObject({ ok: false, refusal: { reason: "not-admitted", failure: { code: "preview_failed", rule: "deploys" } } });
    expect(JSON.stringify(answer)).toContain(says);
    expect(await timesCalled()).toBe(0);
  });

  it("hangs", async () => {
    await inForce({ ...PLANS, limits: { seconds: 1 } }, deploys());
    expect(JSON.stringify(await opened("hangs"))).toContain("preview_failed");
    await inForce(PLANS, deploys());
    expect(await timesCalled()).toBe(0);
  });

  it.each<[string, object[], string]>([
    ["its rule lets it not pass", [deploys()], "the rule default does not let it pass"],
    ["a rule refuses it", [{ ...PLANS, effect: "deny" }, deploys()], "the rule plans does not let it pass"],
    [
      "its arguments cannot be told",
      [PLANS, { ...deploys(), preview: { tool: "plan", args: "args.none" } }],
      "its arguments could not be told",
    ],
    ["its arguments do not fit", [PLANS, { ...deploys(), preview: { tool: "plan", args: '{"x": 1}' } }], "its arguments do not fit"],
    ["there is no such tool", [PLANS, { ...deploys(), preview: { tool: "other", args: "args" } }], "no admin has accepted that tool"],
    ["its tool may write", [PLANS, { ...deploys(), preview: { tool: "deploy", args: "args" } }], "does not say that it only reads"],
    [
      "it holds a secret",
      [
        { ...PLANS, scan: { secrets: "block" } },
        { ...deploys(), preview: { tool: "plan", args: `{"service": "ghp_${"a1B2".repeat(9)}"}` } },
      ],
      "looks like a secret",
    ],
    ["what counts is too much", [PLANS, deploys("result.content[0].text + result.content[0].text")], "more than the 32768 bytes"],
  ])("%s", async (_, rules, says) => {
    await inForce(...rules);
    const answer = await opened("large");
    await inForce(PLANS, deploys());
    expect(JSON.stringify(answer)).toContain("preview_failed");
    expect(JSON.stringify(answer)).toContain(says);
    expect(await timesCalled()).toBe(0);
  });

  it("was called as often as its rule lets it", async () => {
    const agent = await makeAgent(cast().person, "limited");
    const mine = { person: cast().person, agent };
    await inForce({ ...PLANS, limits: { per_minute: 1 } }, deploys());
    await openedCall(mine, wantedWithPreview(mine));
    const again = await openCall(wantedWithPreview(mine), asking(agent, cast().person), approvalPortsNow());
    await inForce(PLANS, deploys());
    expect(again).toMatchObject({ ok: false, refusal: { failure: { code: "rate_limited" } } });
    expect(await timesCalled("plan")).toBe(1);
  });

  it("is of a tool that the agent's key was not made for", async () => {
    const agent = await below(cast().agent, { name: "deploys-only", tools: ["tools.deploy"] });
    const mine = { person: cast().person, agent };
    const answer = await openCall(wantedWithPreview(mine), asking(agent, cast().person), approvalPortsNow());
    expect(JSON.stringify(answer)).toContain("preview_failed");
    expect(JSON.stringify(answer)).toContain("this agent's key was not made for that tool");
    expect(await timesCalled("plan")).toBe(0);
  });

  it("nothing can be called here", async () => {
    expect(await opened("answers", wanted())).toMatchObject({ ok: false, refusal: { failure: { code: "preview_failed" } } });
  });
});

describe("at the claim", () => {
  it("what cannot be asked now is asked again later, and nothing is claimed meanwhile", async () => {
    const id = await openedCall(cast(), wantedWithPreview(cast()));
    await decided(cast().person, id, "approved");
    await inForce(deploys());
    expect(await run(id)).toMatchObject({ status: "refused", code: "preview_failed" });
    expect(await leavesOf(id)).toEqual(["final"]);
    await inForce(PLANS, deploys());
    expect(await run(id)).toMatchObject({ status: "answered" });
    expect(await timesCalled()).toBe(1);
  });

  it("what is masked is masked alike, and its own server's credential always", async () => {
    await inForce(PLANS, deploys("result.content"));
    const id = await openedCall(cast(), wantedWithPreview(cast(), "says a secret"));
    expect((await stored(id))?.call?.preview?.shown).toBe('[{"text":"The key is [masked].","type":"text"}]');
    await decided(cast().person, id, "approved");
    expect(await run(id)).toMatchObject({ status: "answered" });
    await inForce(PLANS, deploys());
  });

  it("all that it says counts where nothing is picked, but for what the protocol says beside it", async () => {
    await inForce(PLANS, deploys(null));
    const id = await openedCall(cast(), wantedWithPreview(cast()));
    const shown = JSON.parse((await stored(id))?.call?.preview?.shown ?? "") as JsonObject;
    expect(shown).toEqual({ content: [{ type: "text", text: "12 rows would change." }], structuredContent: { rows: 12 } });
    await decided(cast().person, id, "approved");
    expect(await run(id)).toMatchObject({ status: "answered" });
    await inForce(PLANS, deploys());
  });

  it("a call that is sent on approval is compared as well", async () => {
    await inForce(PLANS, deploys("result.structuredContent", { execute: "on_approval" }));
    const [same, other] = [
      await openedCall(cast(), wantedWithPreview(cast())),
      await openedCall(cast(), wantedWithPreview(cast(), "changes")),
    ];
    for (const id of [same, other]) await decided(cast().person, id, "approved");
    const stands = async (id: string) => (await objectOfCall(id).callState(cast().agent.id))?.run.status;
    await expect.poll(() => stands(same)).toBe("answered");
    await expect.poll(() => stands(other)).toBe("refused");
    expect(await timesCalled()).toBe(1);
    later(60);
    await runAlarm(other);
    expect(world.settled.map(({ call }) => call.code)).toContain("preview_changed");
    await inForce(PLANS, deploys());
  });

  it("an agent below another is judged as the one at the top, and recorded with its chain", async () => {
    const agent = await below(cast().agent, { name: "helper" });
    const top = cast().agent.name;
    await inForce({ ...PLANS, match: { ...PLANS.match, agent: top, when: `agent.chain == ["${top}", "helper"]` } }, deploys());
    const mine = { person: cast().person, agent };
    const id = await openedCall(mine, wantedWithPreview(mine));
    await decided(cast().person, id, "approved");
    expect(await objectOfCall(id).runCall(agent.id, null)).toMatchObject({ status: "answered" });
    await inForce(PLANS, deploys());
    await handedOver(agent);
    const records = (await recorded(agent)).map(({ record }) => record);
    const chain = [{ id: cast().agent.id, name: top }, { id: agent.id }];
    expect(records).toMatchObject([
      { method: "preview", chain },
      { method: "preview", chain },
    ]);
  });

  it("a preview whose tool has changed since is not called", async () => {
    const id = await openedCall(cast(), wantedWithPreview(cast()));
    await decided(cast().person, id, "approved");
    world.servers = [{ ...serverAt(), drifted: ["plan"] }];
    expect(await run(id)).toMatchObject({ status: "refused", code: "preview_failed" });
    expect([await timesCalled("plan"), await timesCalled()]).toEqual([1, 0]);
  });
});
