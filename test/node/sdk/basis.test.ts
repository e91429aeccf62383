/** What no person has approved: the client uses it, and gives its receipt, only if whoever calls allows what it rests on. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Basis, CountersignClient } from "#countersign/sdk/client.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";
import { makePolicyReceipt, type PolicyRecipe } from "#test/support/documents/policy-receipt.ts";
import { LOG_ORIGIN, makeWorld } from "#test/support/documents/sealed-receipt.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { stubService } from "#test/support/service/stub-service.ts";

const PAYLOAD = { version: "4.2.0" };
const NOT_ALLOWED = { ok: false, refusal: { code: "basis_not_allowed", status: null } };
const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };

let service: StubCountersign;
let client: CountersignClient;
/** Another one, which has seen nothing. */
const fresh = () => new CountersignClient({ url: service.url, apiKey: service.apiKey, fetch: service.fetch, clock });
const calls = () => service.calls.map(({ method, path }) => `${method} ${path.replace(/apr_[\w-]{32}/, "ID")}`);
beforeEach(() => {
  service = new StubCountersign();
  client = fresh();
});

async function passed(basis: Basis = "policy"): Promise<string> {
  const asked = await client.request({ action: "Deploy", payload: PAYLOAD, tool: "deploy" });
  if (!asked.ok) throw new Error(asked.refusal.message);
  service.letPass(asked.value.request_id, { basis, rule: "staging" });
  return asked.value.request_id;
}

describe("redeeming what passed without people", () => {
  it.each([undefined, [], ["timeout"]] as const)("is refused before it is used, with %j allowed", async (allowBasis) => {
    const id = await passed();
    for (const one of [fresh(), client])
      expect(await one.redeem(id, PAYLOAD, { ...(allowBasis && { allowBasis }) })).toMatchObject(NOT_ALLOWED);
    expect(calls()).not.toContain("POST /api/v1/approvals/ID/redeem");
    expect(await client.redeem(id, PAYLOAD, { allowBasis: ["policy"] })).toMatchObject({
      ok: true,
      value: { basis: "policy", rule: "staging" },
    });
  });

  it("reads what it rests on once, and not at all where it has been told", async () => {
    const id = await passed("timeout");
    expect(await client.wait(id, 0)).toMatchObject({ ok: true, value: { basis: "timeout" } });
    const before = calls().length;
    await client.redeem(id, PAYLOAD);
    expect(calls()).toHaveLength(before);
    const other = fresh();
    for (const _ of [1, 2]) await other.redeem(id, PAYLOAD);
    expect(calls().slice(before)).toEqual(["GET /api/v1/approvals/ID"]);
  });

  it("is not told to have worked where it passes between the two calls", async () => {
    const asked = await client.request({ action: "Deploy", payload: PAYLOAD });
    if (!asked.ok) throw new Error(asked.refusal.message);
    const id = asked.value.request_id;
    const meanwhile: typeof fetch = async (input, init) => {
      const answer = await service.fetch(input, init);
      if (service.calls.at(-1)?.method === "GET") service.letPass(id);
      return answer;
    };
    const racing = new CountersignClient({ url: service.url, apiKey: service.apiKey, fetch: meanwhile, clock });
    const redeemed = await racing.redeem(id, PAYLOAD);
    expect(redeemed).toMatchObject({ ok: false, refusal: { code: "basis_not_allowed", message: expect.stringContaining("do not act") } });
  });

  it("is refused as the service refuses it where it has ended otherwise, or there is none", async () => {
    const asked = await client.request({ action: "Deploy", payload: PAYLOAD });
    if (!asked.ok) throw new Error(asked.refusal.message);
    expect(await fresh().redeem(asked.value.request_id, PAYLOAD)).toMatchObject({
      ok: false,
      refusal: { code: "not_approved", status: 409 },
    });
    expect(await fresh().redeem("apr_none", PAYLOAD)).toMatchObject({ ok: false, refusal: { code: "unknown_request", status: 404 } });
  });
});

describe("the receipt of what passed without people", () => {
  it.each([
    ["policy", undefined, false],
    ["policy", ["timeout"], false],
    ["policy", ["policy"], true],
    ["timeout", ["timeout"], true],
  ] as const)("by %s comes with %j allowed: %s", async (basis, allowBasis, comes) => {
    const world = await makeWorld();
    const log = new ServedLog(LOG_ORIGIN, world.signer);
    const recipe: PolicyRecipe = {
      status: "approved",
      basis,
      log: (leaves) => log.append(...leaves.map(({ record, salt }) => leafEntry(record, salt))),
    };
    const { receipt, text } = await makePolicyReceipt(world, recipe);
    const { id } = receipt.final.record.request;
    const stub = await stubService(({ path }) => (path.endsWith("/receipt") ? { body: text } : log.answer({ path })));
    const answer = await new CountersignClient({ url: stub.url, apiKey: "csk_not-a-real-key", clock }).receipt(id, {
      ...(allowBasis && { allowBasis }),
    });
    stub.close();
    expect(answer).toMatchObject(comes ? { ok: true, value: text } : { ok: false, refusal: { code: "basis_not_allowed" } });
  });
});
