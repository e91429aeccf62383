/**
 * What came into force since a call was admitted counts when it is opened, and what came since it was asked about when it is sent: evidence,
 * handling, and the call that it holds.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuthenticatorClass } from "#countersign/documents/words.ts";
import { type CallToOpen, openCall } from "#gate/calls/open-call.ts";
import { service, stored } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { below } from "#test/workerd/support/agents/below.ts";
import { type Agent, decided } from "#test/workerd/support/approvals.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import {
  approvalPortsNow,
  approvedCall,
  asking,
  objectOfCall,
  openedCall,
  resetWorld,
  timesCalled,
  wanted,
} from "#test/workerd/support/gated-calls.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";

const cast = service();
const DEPLOYS = { name: "deploys", match: { source: "call", tool: "deploy" }, effect: "require_approval" };
const HUB = { name: "hub", match: { source: "call", tool: "deploy" }, effect: "require_approval" };
const inForce = (more: object = {}) => publish(cast().person, policyOf([{ ...DEPLOYS, ...more }]));
const holds = (args: string) => publish(cast().person, policyOf([{ ...HUB, unwrap: { tool: '"plan"', args } }]));

beforeEach(async () => {
  resetWorld();
  await receivers.reset();
  await inForce();
});
afterEach(() => receivers.release());

const opened = (call: CallToOpen = wanted(), agent: Agent = cast().agent) =>
  openCall(call, asking(agent, cast().person), approvalPortsNow());
const refusedAs = (failure: object) => ({ ok: false, refusal: { reason: "not-admitted", failure } });
const proved = (verified: AuthenticatorClass): CallToOpen => ({ ...wanted(), verified });
const run = (id: string) => objectOfCall(id).runCall(cast().agent.id, null);

describe("since it was admitted", () => {
  it.each<[string, AuthenticatorClass, CallToOpen["verified"], boolean]>([
    ["any passkey's, of a call that came without", "platform", undefined, false],
    ["any passkey's, which was there", "platform", "platform", true],
    ["any passkey's, of a call that came with better", "platform", "cross-platform", true],
    ["a better one than was there", "cross-platform", "platform", false],
  ])("evidence: %s", async (_, wants, verified, isOpened) => {
    await inForce({ verified_approval: wants });
    const answer = await opened(verified === undefined ? wanted() : proved(verified));
    if (isOpened) expect(answer.ok).toBe(true);
    else expect(answer).toMatchObject(refusedAs({ code: "evidence_not_accepted", evidence: "missing_evidence", rule: "deploys" }));
  });

  it("a call is handled as that says", async () => {
    await inForce({ mask: [{ key: "password" }], keep: "hash", limits: { seconds: 7 } });
    expect((await stored(await openedCall(cast())))?.call?.handling).toMatchObject({
      mask: [{ path: null, key: "password", pattern: null, detector: null }],
      keep: { what: "hash" },
      seconds: 7,
    });
  });

  it("a secret is not let through", async () => {
    await inForce({ scan: { secrets: "block" } });
    const call = wanted();
    const answer = await opened({ ...call, args: { ...call.args, service: `ghp_${"a1B2".repeat(9)}` } });
    expect(answer).toMatchObject(refusedAs({ code: "secret_found", rule: "deploys" }));
  });

  it("the call that it holds has to fit, and to be one that the agent's key is for", async () => {
    await holds('{"service": 7}');
    expect(await opened()).toMatchObject(refusedAs({ code: "arguments_invalid" }));
    await holds('{"service": args.service}');
    const both = await below(cast().agent, { name: "both", tools: ["tools.deploy", "tools.plan"] });
    expect(await opened(wanted(), both)).toMatchObject({ ok: true });
    const narrow = await below(cast().agent, { name: "narrow", tools: ["tools.deploy"] });
    expect(await opened(wanted(), narrow)).toMatchObject(refusedAs({ code: "not_delegated" }));
  });
});

describe("since it was asked about", () => {
  const expectRefused = async (id: string) => {
    expect(await run(id)).toMatchObject({ status: "refused", code: "policy_changed" });
    expect(await leavesOf(id)).toEqual(["final"]);
    expect(await timesCalled()).toBe(0);
  };

  it("evidence that is wanted now, and was not there, is missed: nothing is sent while it is", async () => {
    const id = await approvedCall(cast());
    await inForce({ verified_approval: "platform" });
    await expectRefused(id);
    await inForce();
    expect(await run(id)).toMatchObject({ status: "answered" });
  });

  it("nor is it where people would not be asked any more", async () => {
    const id = await approvedCall(cast());
    await inForce({ effect: "allow", verified_approval: "platform" });
    await expectRefused(id);
  });

  it("what was there serves for what wants as much, and for nothing that wants more", async () => {
    await inForce({ verified_approval: "platform" });
    const id = await approvedCall(cast(), proved("platform"));
    await inForce({ verified_approval: "cross-platform" });
    await expectRefused(id);
    await inForce({ verified_approval: "platform", risk: "high", separation: false });
    expect(await run(id)).toMatchObject({ status: "answered" });
  });

  it("what is judged as another call now is none that people saw", async () => {
    const id = await openedCall(cast());
    await decided(cast().person, id, "approved");
    await holds('{"service": args.service}');
    await expectRefused(id);
    await inForce();
    expect(await run(id)).toMatchObject({ status: "answered" });
  });
});
