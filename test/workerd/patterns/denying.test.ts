/** One signature denies all that is alike, and what is like it is refused until its time is over, or it is lifted. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import worker from "#worker.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, askFor, decided, openPage, PAYLOAD, receiptOf, viewOf } from "#test/workerd/support/approvals.ts";
import { ANY, askDraft, deniedAlike, lift, openAlike, patternsOf, sendAlike, signAlike } from "#test/workerd/support/alike.ts";
import { admitted, given, recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone, someText } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const ASKING = "type: countersign/policy@v1\nrules:\n  - { name: asks, effect: require_approval, risk: medium }\n";
const REFUSED = [403, "denied_pattern"];
const TOOL = { tool: "query", server: "pg" };

let alex: Someone;
let blair: Someone;
let agent: Agent;
let other: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair");
  agent = await makeAgent(alex);
  other = await makeAgent(alex, "other-bot");
  await putInForce(ASKING);
});
afterEach(() => void vi.useRealTimers());

const idOf = async (body: object = {}, of = agent): Promise<string> => (await ask(of, { ...TOOL, ...body })).request_id;
const statusOf = async (id: string, of = agent) => (await viewOf(of, id)).status;
const epoch = () => env.DB.prepare("SELECT epoch FROM gate").first<number>("epoch");

describe("denying what is alike", () => {
  test("is one signature over all of them, and each receipt stands alone", async () => {
    const ids = [await idOf(), await idOf({ action: "Worded otherwise" }), await idOf({ payload: { other: true } })];
    const answer = await deniedAlike(blair, ids[1] ?? "", { ...ANY, comment: "Not on a Friday." });
    expect(answer.decisions.map(({ request, problem }) => [request, problem]).toSorted()).toEqual(ids.map((id) => [id, null]).toSorted());
    const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
    const signatures = new Set<string>();
    for (const id of ids) {
      const view = await viewOf(agent, id);
      expect(view.status).toBe("denied");
      expect(JSON.stringify(view)).toContain("Not on a Friday.");
      const receipt = parseReceipt(await receiptOf(agent, id));
      if (!receipt.ok) throw new Error(receipt.refusal.message);
      expect(await verifyReceipt(receipt.value, { vkey, origin: ORIGIN })).toMatchObject({ ok: true });
      const [decision] = (
        receipt.value.final.record as unknown as { decisions: { batch: { statements: string[] }; assertion: { signature: string } }[] }
      ).decisions;
      expect(decision?.batch.statements).toHaveLength(3);
      signatures.add(decision?.assertion.signature ?? "");
    }
    expect(signatures.size).toBe(1);
  });

  test("leaves alone what is another tool's, another agent's, or has other arguments where these are meant", async () => {
    const [one, alike, args] = [await idOf(), await idOf({ reason: "again" }), await idOf({ payload: { other: true } })];
    const [tool, server, named] = [await idOf({ tool: "drop" }), await idOf({ server: "mysql" }), (await ask(agent, {})).request_id];
    const others = await idOf({}, other);
    const answer = await deniedAlike(blair, one, { ...ANY, scope: "arguments", seconds: 0 });
    expect(answer.decisions.map(({ request }) => request).toSorted()).toEqual([one, alike].toSorted());
    for (const id of [args, tool, server, named]) expect(await statusOf(id)).toBe("pending");
    expect(await statusOf(others, other)).toBe("pending");
    expect(answer.pattern).toBeNull();
    expect((await askFor(agent, { ...TOOL, idempotency_key: "new" })).status).toBe(201);
  });

  test("of a single request is signed as any decision is, of version 1 too", async () => {
    await env.DB.prepare("DROP TRIGGER policy_delete").run();
    await env.DB.prepare("DELETE FROM policy").run();
    await env.DB.prepare("UPDATE gate SET epoch = epoch + 1").run();
    const [first, second] = [await idOf(), await idOf({ action: "Another" })];
    const page = await (await call("GET", `/a/${first}/alike`, { cookie: blair.cookie })).text();
    expect(page).toContain("To be denied each by itself");
    const answer = await deniedAlike(blair, first, ANY);
    expect(answer.decisions).toEqual([{ request: first, status: "denied", problem: null }]);
    expect([await statusOf(first), await statusOf(second)]).toEqual(["denied", "pending"]);
    const records = await recordsOf("approval.denied");
    expect(records).toHaveLength(1);
    expect(JSON.stringify(records)).not.toContain('"batch"');
    expect(await outcome(await askFor(agent, { ...TOOL, idempotency_key: "new" }))).toEqual(REFUSED);
  });

  test("is for fifty at once, the one from which one came among them", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 53; n++) ids.push(await idOf({ action: `Number ${n}` }));
    const last = ids.at(-1) ?? "";
    const data = await openAlike(blair, last);
    expect(data.requests).toHaveLength(50);
    expect(data.requests.map(({ request }) => request.id)).toContain(last);
    const answer = await deniedAlike(blair, last);
    expect(answer.decisions.filter(({ status }) => status === "denied" || status === "settling")).toHaveLength(50);
    expect((await openAlike(blair, last)).requests).toHaveLength(3);
    expect((await askDraft(blair, last, ANY, ids.slice(0, 51))).status).toBe(400);
  });

  test("tells of each what became of it where some have ended meanwhile", async () => {
    const [first, second, third] = [await idOf(), await idOf(), await idOf()];
    const body = await signAlike(blair, first);
    await decided(alex, second, "approved");
    await given(await call("POST", `/api/v1/approvals/${third}/cancel`, { key: agent.key, origin: null, body: {} }));
    const answer = await (await sendAlike(blair, first, body)).json<{ decisions: { request: string }[]; pattern: unknown }>();
    const of = (id: string) => answer.decisions.find(({ request }) => request === id);
    expect(of(first)).toEqual({ request: first, status: "denied", problem: null });
    for (const id of [second, third]) expect(of(id)).toMatchObject({ status: null, problem: { code: "already_final" } });
    expect(answer.pattern).not.toBeNull();
    expect(await statusOf(second)).toBe("approved");
  });

  test("refuses nothing from then on where none of the denials counts", async () => {
    const [first, second] = [await idOf(), await idOf()];
    const body = await signAlike(blair, first);
    for (const id of [first, second]) await decided(alex, id, "approved");
    const answer = await (await sendAlike(blair, first, body)).json<object>();
    expect(answer).toMatchObject({ pattern: null, pattern_problem: { code: "not_final" } });
    expect(await recordsOf("pattern.denied")).toEqual([]);
    expect(await patternsOf(alex)).toEqual([]);
  });

  test("counts as one of two denials where it takes two", async () => {
    await putInForce(policyOf([{ name: "two", effect: "require_approval", risk: "low", denials: 2, approvals: [{ required: 2 }] }]));
    const [first, second] = [await idOf(), await idOf()];
    const answer = await deniedAlike(blair, first);
    expect(answer.decisions.map(({ status }) => status)).toEqual(["pending", "pending"]);
    expect(await statusOf(second)).toBe("pending");
    expect((await deniedAlike(alex, first)).decisions.map(({ status }) => status)).toEqual(["denied", "denied"]);
  });
});

describe("what is like it", () => {
  test("is refused in the log, with the comment, until its time is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const before = await epoch();
    const id = await idOf();
    const { pattern } = await deniedAlike(blair, id, { scope: "tool", seconds: 3_600, comment: "Ask the owner first." });
    expect(await recordsOf("pattern.denied")).toEqual([
      {
        type: "countersign/record@v1",
        kind: "pattern.denied",
        log: "gate.example.com/log",
        at: someText,
        pattern: pattern?.id,
        agent: { id: agent.id, name: agent.name, owner: alex.id },
        server: "pg",
        tool: "query",
        action: null,
        arguments_hash: null,
        until: pattern?.until,
        by: { id: blair.id, username: "blair" },
      },
    ]);
    expect(await epoch()).toBeGreaterThan(before ?? Infinity);
    const refused = await askFor(agent, { ...TOOL, idempotency_key: "new", payload: { any: "thing" }, action: "Worded otherwise" });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: "denied_pattern",
      detail: expect.stringContaining("Ask the owner first.") as unknown,
    });
    expect((await askFor(other, { ...TOOL, idempotency_key: "new" })).status).toBe(201);
    expect((await askFor(agent, { ...TOOL, tool: "read", idempotency_key: "read" })).status).toBe(201);
    vi.setSystemTime(Date.now() + 3_601_000);
    expect((await askFor(agent, { ...TOOL, idempotency_key: "later" })).status).toBe(201);
    expect(await patternsOf(alex)).toEqual([]);
  });

  test("is just these arguments, where these are meant", async () => {
    await deniedAlike(blair, await idOf(), { ...ANY, scope: "arguments" });
    expect(await outcome(await askFor(agent, { ...TOOL, idempotency_key: "same" }))).toEqual(REFUSED);
    expect((await askFor(agent, { ...TOOL, idempotency_key: "more", payload: { ...PAYLOAD, replicas: 4 } })).status).toBe(201);
  });

  test("of an ask that names no tool is what it is called", async () => {
    await deniedAlike(blair, (await ask(agent, {})).request_id);
    expect(await outcome(await askFor(agent, { idempotency_key: "same", payload: { any: 1 } }))).toEqual(REFUSED);
    expect((await askFor(agent, { idempotency_key: "other", action: "Deploy web" })).status).toBe(201);
    expect((await askFor(agent, { ...TOOL, idempotency_key: "tool" })).status).toBe(201);
  });

  test("was asked for before goes on: what people approved is used", async () => {
    const [ready, id] = [await idOf(), await idOf({ action: "Again" })];
    await decided(alex, ready, "approved");
    await deniedAlike(blair, id);
    const redeemed = await call("POST", `/api/v1/approvals/${ready}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } });
    expect(redeemed.status).toBe(200);
  });

  test("is told to whoever asks what would be", async () => {
    await deniedAlike(blair, await idOf());
    expect(await outcome(await askFor(agent, { ...TOOL }))).toEqual(REFUSED);
  });

  test.each([
    ["whoever made it", () => blair],
    ["an admin", () => alex],
  ])("is asked about again once %s lifts it, and once more does nothing", async (_, by) => {
    const { pattern } = await deniedAlike(blair, await idOf());
    const before = await epoch();
    expect((await lift(by(), pattern?.id ?? "")).status).toBe(204);
    expect((await lift(by(), pattern?.id ?? "")).status).toBe(204);
    expect(await epoch()).toBeGreaterThan(before ?? Infinity);
    expect(await recordsOf("pattern.lifted")).toMatchObject([{ pattern: pattern?.id, by: { id: by().id } }]);
    await expect.poll(async () => (await askFor(agent, { ...TOOL, idempotency_key: crypto.randomUUID() })).status).toBe(201);
  });

  test("keeps what was written to its agent as long as it serves, and no longer", async () => {
    const words = () => env.DB.prepare("SELECT comment FROM denied_pattern ORDER BY made_at").all<{ comment: string | null }>();
    const kept = async () => (await words()).results.map(({ comment }) => comment);
    const { pattern } = await deniedAlike(blair, await idOf(), { ...ANY, comment: "Not on a Friday." });
    await worker.scheduled(createScheduledController(), env);
    expect(await kept()).toEqual(["Not on a Friday."]);
    await lift(blair, pattern?.id ?? "");
    expect(await kept()).toEqual([null]);
    await deniedAlike(blair, await idOf({ tool: "drop" }), { ...ANY, comment: "Nor this." });
    expect(await kept()).toEqual([null, "Nor this."]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
    await worker.scheduled(createScheduledController(), env);
    expect(await kept()).toEqual([null, null]);
  });

  test("is shown to admins and to whoever made it, and to nobody else", async () => {
    const casey = await admitted(alex, "casey");
    const { pattern } = await deniedAlike(blair, await idOf());
    expect(await patternsOf(blair)).toEqual([pattern]);
    expect(await patternsOf(alex)).toEqual([pattern]);
    expect(await patternsOf(casey)).toEqual([]);
    expect(await outcome(await lift(casey, pattern?.id ?? ""))).toEqual([404, "not_found"]);
    expect(await outcome(await lift(alex, "ptn_AAAAAAAAAAAAAAAAAAAAAA"))).toEqual([404, "not_found"]);
    const page = await (await call("GET", "/admin/agents", { cookie: alex.cookie })).text();
    expect(page).toContain(`data-pattern="${pattern?.id ?? ""}"`);
    expect((await openPage(blair, (await ask(agent, {})).request_id)).state.status).toBe("pending");
  });
});
