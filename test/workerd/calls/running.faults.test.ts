/** A gated call, from how it is opened to how its answer is collected. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { canonicalize, hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { openCall } from "#gate/calls/open-call.ts";
import type { Behaviour } from "#test/support/calls/tool-server.ts";
import { later, runAlarm, service, stored } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { decided, openPage, receiptOf, viewOf } from "#test/workerd/support/approvals.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import {
  approvalPortsNow,
  approvedCall,
  asking,
  DONE_TEXT,
  heardBy,
  objectOfCall,
  openedCall,
  PIN,
  resetWorld,
  serverAt,
  timesCalled,
  wanted,
  world,
} from "#test/workerd/support/gated-calls.ts";
import { call, ORIGIN, outcome } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";

const cast = service();

beforeEach(async () => {
  resetWorld();
  await receivers.reset();
});
afterEach(() => receivers.release());

const run = (id: string) => objectOfCall(id).runCall(cast().agent.id, null);

describe("a call that people are asked about", () => {
  it("is a request of version 2, by version 0 of the policy too, whose payload is what will be sent", async () => {
    const id = await openedCall(cast());
    const page = await openPage(cast().person, id);
    expect(page.request).toMatchObject({
      type: "countersign/request@v2",
      action: "tools.deploy",
      reason: "The release is due.",
      context: { source: "call", server: { id: "srv_tools", name: "tools" }, tool: "deploy" },
      policy: { version: 0, rule: "default" },
      denials: 1,
    });
    const payload = {
      server: "tools",
      url_origin: "https://tools.example",
      tool: "deploy",
      schema_hash: PIN,
      arguments: { service: "api", server: "answers" },
    };
    expect(page.request.payload_hash).toBe(hex(hashJson(payload)));
    expect((await stored(id))?.payload).toBe(canonicalize(payload));
  });

  it("is opened once, whoever comes with the same id", async () => {
    const wantedCall = wanted();
    const [one, other] = await Promise.all([1, 2].map(() => openCall(wantedCall, asking(cast().agent, cast().person), approvalPortsNow())));
    expect([one?.ok, other?.ok]).toEqual([true, true]);
    const third = await openCall({ ...wantedCall, args: { service: "other" } }, asking(cast().agent, cast().person), approvalPortsNow());
    expect(third).toMatchObject({ ok: true, value: { isNew: false, snapshot: { request: { id: wantedCall.requestId } } } });
    expect((await stored(wantedCall.requestId))?.payload).toContain('"service":"api"');
  });

  it("is sent once it is approved, and not before", async () => {
    const id = await openedCall(cast());
    expect(await run(id)).toEqual({ status: "not-sent" });
    expect(await timesCalled()).toBe(0);
    await decided(cast().person, id, "approved");
    expect(await run(id)).toEqual({ status: "answered", answer: { result: DONE_TEXT }, succeeded: true, replayed: false });
    const [sent] = await heardBy("tools/call");
    expect(sent?.body).toEqual({
      jsonrpc: "2.0",
      id: `countersign:${id}`,
      method: "tools/call",
      params: {
        name: "deploy",
        arguments: { service: "api", server: "answers" },
        _meta: {
          "io.modelcontextprotocol/clientInfo": { name: "a client", version: "1" },
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
          progressToken: `countersign:${id}`,
        },
      },
    });
    expect(sent?.headers).toMatchObject({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "deploy",
      "mcp-param-service": "api",
    });
    expect(await leavesOf(id)).toEqual(["final", "redeemed", "outcome"]);
    expect(world.settled).toMatchObject([
      { agentId: cast().agent.id, call: { number: 1, status: "succeeded", request: id, result: DONE_TEXT } },
    ]);
  });

  it("has a receipt that says that the gate ran it, and opens what came of it", async () => {
    const id = await approvedCall(cast());
    await run(id);
    const receipt = parseReceipt(await receiptOf(cast().agent, id));
    if (!receipt.ok) throw new Error(receipt.refusal.code);
    const { vkey } = cast();
    const verdict = await verifyReceipt(receipt.value, { vkey, origin: ORIGIN });
    const detail = canonicalize({ result_hash: hex(sha256(utf8(DONE_TEXT))), bytes: utf8(DONE_TEXT).length });
    expect(verdict).toMatchObject({ ok: true, value: { runByTheGate: true, outcome: { status: "succeeded", detail } } });
  });

  it("gives everybody who collects it the same answer, all but the first as one that was given before", async () => {
    const id = await approvedCall(cast());
    const [one, two] = await Promise.all([run(id), run(id)]);
    const replayed = [one, two].map((each) => each.status === "answered" && each.replayed);
    expect(replayed.toSorted()).toEqual([false, true]);
    expect(await run(id)).toMatchObject({ answer: { result: DONE_TEXT }, replayed: true });
    await objectOfCall(id).collected(cast().agent.id);
    expect(await run(id)).toEqual({ status: "collected" });
    expect(await timesCalled()).toBe(1);
  });

  it("keeps its answer for an hour", async () => {
    const id = await approvedCall(cast());
    await run(id);
    later(3_599);
    await runAlarm(id);
    expect(await run(id)).toMatchObject({ status: "answered" });
    later(1);
    await runAlarm(id);
    expect(await run(id)).toEqual({ status: "collected" });
    expect(await timesCalled()).toBe(1);
  });

  it("tells how it stands without running it", async () => {
    const id = await approvedCall(cast());
    const { agent } = cast();
    expect(await objectOfCall(id).callState(agent.id)).toMatchObject({ run: { status: "not-sent" }, serverId: "srv_tools" });
    await run(id);
    expect(await objectOfCall(id).callState(agent.id)).toMatchObject({ snapshot: { outcome: "succeeded" }, run: { status: "answered" } });
    expect(await objectOfCall(id).callState("agt_other")).toBeNull();
  });

  it("is nobody else's", async () => {
    const id = await approvedCall(cast());
    expect(await objectOfCall(id).runCall("agt_other", null)).toMatchObject({ status: "refused", code: "unknown_request" });
    await objectOfCall(id).collected("agt_other");
    expect(await timesCalled()).toBe(0);
  });
});

describe("what the server answers", () => {
  interface Case {
    how: Behaviour;
    told: object;
    leaves: string[];
    settled: object;
  }
  const REDEEMED = ["final", "redeemed"];
  const unknown = (code: string) => ({
    told: { status: "unknown" },
    leaves: [...REDEEMED, "unknown"],
    settled: { status: "unknown", code, resultHash: null },
  });
  const refused = (code: string) => ({
    told: { status: "refused", code },
    leaves: [...REDEEMED, "outcome"],
    settled: { status: "failed", code },
  });
  const CASES: Case[] = [
    {
      how: "says error",
      told: { status: "answered", succeeded: false },
      leaves: [...REDEEMED, "outcome"],
      settled: { status: "failed", code: null },
    },
    {
      how: "fails",
      told: { status: "answered", succeeded: false, answer: { error: '{"code":-32603,"message":"Out of order."}' } },
      leaves: [...REDEEMED, "outcome"],
      settled: { status: "failed" },
    },
    {
      how: "answers in a stream",
      told: { answer: { result: DONE_TEXT } },
      leaves: [...REDEEMED, "outcome"],
      settled: { status: "succeeded" },
    },
    { how: "asks meanwhile", told: { answer: { result: DONE_TEXT } }, leaves: [...REDEEMED, "outcome"], settled: { status: "succeeded" } },
    {
      how: "big integer",
      told: { answer: { result: '{"n":12345678901234567890}' } },
      leaves: [...REDEEMED, "outcome"],
      settled: { status: "succeeded" },
    },
    {
      how: "says a secret",
      told: { answer: { result: '{"content":[{"type":"text","text":"The key is [masked]."}]}' } },
      leaves: [...REDEEMED, "outcome"],
      settled: { status: "succeeded", flags: ["masked"], masked: [{ place: "$", by: "credential", times: 1 }] },
    },
    { how: "needs input", ...refused("interaction_refused") },
    { how: "401", ...refused("needs_authentication") },
    { how: "404", ...refused("upstream_unavailable") },
    { how: "begins a task", ...unknown("outcome_unknown") },
    { how: "500", ...unknown("outcome_unknown") },
    { how: "breaks", ...unknown("outcome_unknown") },
    { how: "breaks off", ...unknown("outcome_unknown") },
    { how: "garbage", ...unknown("outcome_unknown") },
  ];
  it.each(CASES)("$how", async ({ how, told, leaves, settled }) => {
    const id = await approvedCall(cast(), wanted(how));
    expect(await run(id)).toMatchObject(told);
    expect(await leavesOf(id)).toEqual(leaves);
    expect(world.settled).toMatchObject([{ call: settled }]);
    await run(id);
    await runAlarm(id);
    expect(await timesCalled()).toBe(1);
    expect(await leavesOf(id)).toEqual(leaves);
  });

  it("takes too long, and is never sent again", async () => {
    await publish(cast().person, policyOf([], { defaults: { keep: "hash", limits: { seconds: 1 } } }));
    const id = await approvedCall(cast(), wanted("hangs", { era: "legacy", session: "own", protocolVersion: "2025-11-25" }));
    await publish(cast().person, policyOf([]));
    expect(await run(id)).toEqual({ status: "unknown" });
    await expect
      .poll(async () => (await heardBy("notifications/cancelled"))[0]?.body)
      .toEqual({
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId: `countersign:${id}`, reason: "timed_out" },
      });
    expect(world.settled).toMatchObject([{ call: { status: "unknown", code: "timed_out", result: null } }]);
    expect(await run(id)).toEqual({ status: "unknown" });
    expect(await timesCalled()).toBe(1);
  });

  it("is larger than is kept: whoever waits gets it, and nobody later", async () => {
    const id = await approvedCall(cast(), wanted("large"));
    const [one, two] = await Promise.all([run(id), run(id)]);
    for (const each of [one, two]) expect(each.status === "answered" && "result" in each.answer && each.answer.result.length).toBe(600_039);
    expect(await run(id)).toEqual({ status: "collected" });
    expect(await leavesOf(id)).toEqual(["final", "redeemed", "outcome"]);
    expect(await timesCalled()).toBe(1);
  });

  it.each(["large", "drips"] as const)("never ends, or is more than passes: %s", async (how) => {
    world.servers = [serverAt("/mcp", { limits: { result_bytes: 1_000, seconds: 1 } })];
    const id = await approvedCall(cast(), wanted(how));
    expect(await run(id)).toEqual({ status: "unknown" });
    expect(await timesCalled()).toBe(1);
  });

  it("tells of its progress, and is none the worse for a listener that fails", async () => {
    const id = await approvedCall(cast(), wanted("answers in a stream"));
    const heard: JsonObject[] = [];
    const listening = objectOfCall(id).runCall(cast().agent.id, (params) => void heard.push(params));
    const failing = objectOfCall(id).runCall(cast().agent.id, () => {
      throw new Error("gone");
    });
    expect([(await listening).status, (await failing).status]).toEqual(["answered", "answered"]);
    await expect.poll(() => heard).toEqual([{ progress: 1, message: "Half." }]);
  });

  it("has what it asks meanwhile declined", async () => {
    const id = await approvedCall(cast(), wanted("asks meanwhile", { era: "legacy", session: "own", protocolVersion: "2025-11-25" }));
    await run(id);
    const replies = async () =>
      (await receivers.requests()).flatMap(({ body }) => (body.includes('"id":7') ? [JSON.parse(body) as unknown] : []));
    await expect.poll(replies).toEqual([{ jsonrpc: "2.0", id: 7, result: { action: "decline" } }]);
  });
});

describe("the agent", () => {
  it("neither redeems nor reports on it", async () => {
    const { agent } = cast();
    const id = await approvedCall(cast());
    const payload = JSON.parse((await stored(id))?.payload ?? "") as JsonObject;
    const post = async (what: string, body: object) =>
      outcome(await call("POST", `/api/v1/approvals/${id}/${what}`, { key: agent.key, origin: null, body }));
    expect(await post("redeem", { payload })).toEqual([409, "not_redeemable"]);
    expect(await post("outcome", { outcome: "succeeded" })).toEqual([409, "not_redeemable"]);
    await run(id);
    expect(await post("redeem", { payload, idempotency_key: "countersign/gated-call" })).toEqual([409, "not_redeemable"]);
    expect(await post("outcome", { outcome: "failed" })).toEqual([409, "not_redeemable"]);
    expect(await leavesOf(id)).toEqual(["final", "redeemed", "outcome"]);
  });

  it("is told to resume it, whatever it waits with, and never to redeem", async () => {
    const { agent, person } = cast();
    const id = await openedCall(cast());
    const nexts = [(await viewOf(agent, id)).next];
    await decided(person, id, "approved");
    nexts.push((await viewOf(agent, id)).next);
    await run(id);
    nexts.push((await viewOf(agent, id)).next);
    for (const next of nexts) expect(next).toContain("resume_call at /mcp/tools");
    for (const next of nexts) expect(next).not.toMatch(/redeem|report/);
  });

  it("may withdraw it, and the record hears of it", async () => {
    const { agent } = cast();
    const id = await openedCall(cast());
    await call("POST", `/api/v1/approvals/${id}/cancel`, { key: agent.key, origin: null, body: { reason: "Not needed" } });
    expect(await run(id)).toEqual({ status: "not-sent" });
    later(2);
    await runAlarm(id);
    expect(world.settled).toMatchObject([{ call: { status: "cancelled", request: id } }]);
    expect(await timesCalled()).toBe(0);
  });
});
