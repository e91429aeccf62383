/** The service in memory, as the client meets it: it answers as the service does, and decides when the test says so. */
import { beforeEach, describe, expect, it } from "vitest";
import { approvalDocument } from "#api/approval-schemas.ts";
import { CountersignClient } from "#countersign/sdk/client.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";

const PAYLOAD = { version: "4.2.0" };
const ASK = { action: "Deploy", payload: PAYLOAD };

let stub: StubCountersign;
let client: CountersignClient;
beforeEach(() => {
  stub = new StubCountersign();
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  client = new CountersignClient({ url: stub.url, apiKey: stub.apiKey, fetch: stub.fetch, clock });
});

async function asked(more: object = {}): Promise<string> {
  const answer = await client.request({ ...ASK, ...more });
  if (!answer.ok) throw new Error(answer.refusal.message);
  return answer.value.request_id;
}
const refused = (code: string, status: number) => ({ ok: false, refusal: { code, status } });

describe("a request", () => {
  it("pends until the test decides, and whoever waits hears of it at once", async () => {
    const id = await asked();
    const [waiting, another] = [client.wait(id, 50), client.wait(id, 50)];
    expect(await client.wait(id, 0)).toMatchObject({ ok: true, value: { status: "pending", approvals: 0 } });
    stub.decide(id, "approved", "Go");
    const decided = { ok: true, value: { status: "approved", approvals: 1, comment: "Go", decided_by: [{ verdict: "approved" }] } };
    expect([await waiting, await another]).toMatchObject([decided, decided]);
    expect(() => stub.decide(id, "denied")).toThrow("no request that pends");
  });

  it("passes without people, as the service tells of that", async () => {
    const id = await asked({ tool: "deploy", server: "ci" });
    expect(await asked({ tool: "deploy" })).not.toBe(id);
    stub.letPass(id);
    const found = await client.wait(id, 0);
    expect(found).toMatchObject({ ok: true, value: { status: "approved", basis: "policy", rule: "test", approvals: 0, decided_by: [] } });
    expect(approvalDocument.safeParse(found.ok && found.value.document).success).toBe(true);
    expect(() => stub.letPass(id)).toThrow("no request that pends");
  });

  it("expires, is denied or is withdrawn, and cannot be used then", async () => {
    const [expired, denied, cancelled] = [await asked(), await asked(), await asked()];
    stub.expire(expired);
    stub.decide(denied, "denied");
    expect(await client.cancel(cancelled, "Later")).toMatchObject({ ok: true, value: { status: "cancelled", cancel_reason: "Later" } });
    expect(await client.cancel(cancelled, "Later")).toMatchObject({ ok: true });
    expect(await client.cancel(denied)).toMatchObject(refused("already_final", 409));
    for (const id of [expired, denied, cancelled]) expect(await client.redeem(id, PAYLOAD)).toMatchObject(refused("not_approved", 409));
  });

  it("is redeemed once, with its payload, and reported after that", async () => {
    const id = await asked({ approvers: { required: 2 }, expiresInSeconds: 60 });
    stub.decide(id, "approved");
    expect(await client.outcome(id, "succeeded")).toMatchObject(refused("not_redeemed", 409));
    expect(await client.redeem(id, { version: "4.2.1" })).toMatchObject(refused("payload_mismatch", 422));
    const redeemed = { ok: true, value: { required: 2, redeemed_at: expect.any(String) as unknown } };
    expect([await client.redeem(id, PAYLOAD, "key"), await client.redeem(id, PAYLOAD, "key")]).toMatchObject([redeemed, redeemed]);
    expect(await client.redeem(id, PAYLOAD, "another")).toMatchObject(refused("already_redeemed", 409));
    expect(await client.outcome(id, "failed")).toMatchObject({ ok: true, value: { outcome: "failed" } });
    expect(await client.outcome(id, "failed")).toMatchObject({ ok: true });
    expect(await client.outcome(id, "succeeded")).toMatchObject(refused("already_reported", 409));
  });

  it("is found again by its key, unless that was for another ask", async () => {
    const id = await asked({ idempotencyKey: "key" });
    expect(await asked({ idempotencyKey: "key" })).toBe(id);
    expect(await client.request({ ...ASK, action: "Delete", idempotencyKey: "key" })).toMatchObject(refused("idempotency_conflict", 409));
    expect(await asked()).not.toBe(id);
  });

  it("without a key is found again while it pends, by a call that asks for the same", async () => {
    const post = async (body: object): Promise<[number, string]> => {
      const headers = { "x-api-key": stub.apiKey, "content-type": "application/json" };
      const answer = await stub.fetch(`${stub.url}/api/v1/approvals`, {
        method: "POST",
        headers,
        body: JSON.stringify({ ...ASK, ...body }),
      });
      return [answer.status, ((await answer.json()) as { request_id: string }).request_id];
    };
    const [status, id] = await post({ reason: "First" });
    expect(status).toBe(201);
    expect(await post({ reason: "Again", expires_in_seconds: 30, wait_seconds: 0 })).toEqual([200, id]);
    const others = [await post({ action: "Delete" }), await post({ payload: {} }), await post({ idempotency_key: "key" })];
    expect(others.map(([one]) => one)).toEqual([201, 201, 201]);
    expect(await post({ idempotency_key: "key" })).toEqual([200, others[2]?.[1]]);
    stub.decide(id, "denied");
    const after = await post({});
    expect([after[0], after[1] === id]).toEqual([201, false]);
  });
});

it("answers with members as the service does", async () => {
  const id = await asked();
  stub.decide(id, "approved");
  await client.redeem(id, PAYLOAD);
  const told = await client.outcome(id, "unknown");
  expect(Object.keys(approvalDocument.shape)).toEqual(expect.arrayContaining(Object.keys((told.ok && told.value.document) as object)));
  expect(approvalDocument.safeParse(told.ok && told.value.document)).toMatchObject({ success: true });
});

it("keeps the calls, and fails when the test wants it", async () => {
  stub.refuseNext(503, "unavailable");
  stub.refuseNext(429, "rate_limited");
  const id = await asked();
  expect(stub.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(3).fill("POST /api/v1/approvals"));
  expect(stub.calls[2]?.body).toMatchObject({ action: "Deploy", payload: PAYLOAD });
  stub.refuseNext(409, "log_ended");
  expect(await client.wait(id, 0)).toMatchObject(refused("log_ended", 409));
});

describe("a receipt", () => {
  const read = async (id: string, allowBasis: readonly "policy"[] = []) => await client.checkedReceipt(id, { allowBasis });

  it.each(["approved", "denied", "expired", "cancelled"] as const)("of what was %s holds, in a log that only grows", async (status) => {
    for (const required of [1, 3]) {
      const id = await asked({ approvers: { required }, reason: "Ticket" });
      expect(await read(id)).toMatchObject(refused("not_final", 409));
      if (status === "expired") stub.expire(id);
      else if (status === "cancelled") await client.cancel(id);
      else stub.decide(id, status, "Because");
      const found = await read(id);
      const people = status === "approved" ? required : status === "denied" ? 1 : 0;
      expect(found).toMatchObject({ ok: true, value: { verdict: { status, basis: "passkeys" }, payload: PAYLOAD } });
      expect(found.ok && found.value.verdict.decisions.map(({ comment }) => comment)).toEqual(
        Array.from({ length: people }, (_, index) => (index === people - 1 ? "Because" : null)),
      );
    }
  });

  it("tells of what was used, and how that went, each once", async () => {
    const id = await asked();
    stub.decide(id, "approved");
    await client.redeem(id, PAYLOAD);
    expect(await read(id)).toMatchObject({ ok: true, value: { verdict: { redeemed: { by: { name: "test-agent" } }, outcome: null } } });
    await client.outcome(id, "failed");
    const [one, other] = await Promise.all([read(id), read(id)]);
    expect(one).toMatchObject({ ok: true, value: { verdict: { outcome: { status: "failed" } } } });
    expect(other).toEqual(one);
  });

  it("of what passed by a policy says so", async () => {
    const id = await asked();
    stub.letPass(id, { rule: "reads" });
    expect(await read(id)).toMatchObject(refused("basis_not_allowed", 200));
    expect(await read(id, ["policy"])).toMatchObject({
      ok: true,
      value: { verdict: { status: "approved", basis: "policy", rule: "reads" } },
    });
  });

  it("is of the log whose key the stub names", async () => {
    const options = { url: stub.url, apiKey: stub.apiKey, fetch: stub.fetch };
    const [pinned, stranger] = [stub.logKey, new StubCountersign({ url: "http://elsewhere.test" }).logKey].map(
      (logVkey) => new CountersignClient({ ...options, logVkey }),
    );
    const id = await asked();
    stub.decide(id, "approved");
    expect(await pinned?.receipt(id)).toMatchObject({ ok: true });
    expect(await stranger?.receipt(id)).toMatchObject({ ok: false, refusal: { code: "log_key_unknown" } });
  });
});

it("lets nobody else in, and knows nothing else", async () => {
  const stranger = new CountersignClient({ url: stub.url, apiKey: "csk_another", fetch: stub.fetch });
  expect(await stranger.request(ASK)).toMatchObject(refused("unauthorized", 401));
  expect(await client.wait("apr_none", 0)).toMatchObject(refused("unknown_request", 404));
  expect((await stub.fetch(`${stub.url}/log/none`)).status).toBe(404);
});
