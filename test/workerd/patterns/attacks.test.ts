/** One signature over several denials serves for these, once each, by this person, and for nothing else. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Verdict } from "#countersign/documents/statement.ts";
import type { SignedDecision } from "#gate/approvals/object/record-decision.ts";
import type { DeniedAlikeAnswer } from "#api/patterns/alike-shapes.ts";
import { type Agent, ask, askFor, openPage, send } from "#test/workerd/support/approvals.ts";
import { ANY, askDraft, deniedAlike, lift, openAlike, patternsOf, sendAlike, signAlike } from "#test/workerd/support/alike.ts";
import { addPasskey, admitted, changeRoles, confirm, given, recordsOf, revoke } from "#test/workerd/support/invited.ts";
import { authorise, call, draftAgent, enrolFirst, makeAgent, outcome, signIn, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const NOT_ACCEPTED = [403, "decision_not_accepted"];
const TOOL = { tool: "query", server: "pg" };
const ASKING = policyOf([{ name: "asks", effect: "require_approval", risk: "low" }]);

let alex: Someone;
let blair: Someone;
let agent: Agent;
let first: string;
let second: string;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair");
  agent = await makeAgent(alex);
  await putInForce(ASKING);
  [first, second] = [await idOf(), await idOf()];
});
afterEach(() => void vi.useRealTimers());

const idOf = async (body: object = {}): Promise<string> => (await ask(agent, { ...TOOL, ...body })).request_id;
const statusOf = async (id: string) => (await openPage(alex, id)).state.status;
const bodyOf = () => signAlike(blair, first);
type Body = Awaited<ReturnType<typeof bodyOf>>;

/** Nothing is denied, and nothing refused from then on. */
async function nothingHappened(): Promise<void> {
  expect(await recordsOf("approval.denied")).toEqual([]);
  expect(await recordsOf("pattern.denied")).toEqual([]);
  for (const id of [first, second]) expect(await statusOf(id)).toBe("pending");
  expect((await askFor(agent, { ...TOOL, idempotency_key: crypto.randomUUID() })).status).toBe(201);
}

describe("a signature over several denials", () => {
  test("that is sent again does nothing again, nor once what it had refused is lifted", async () => {
    const body = await bodyOf();
    const answer = await given<DeniedAlikeAnswer>(await sendAlike(blair, first, body));
    expect(await given(await sendAlike(blair, first, body))).toEqual({
      ...answer,
      decisions: answer.decisions.map((one) => ({ ...one, status: "denied" })),
    });
    expect((await lift(blair, answer.pattern?.id ?? "")).status).toBe(204);
    await sendAlike(blair, first, body);
    expect(await patternsOf(alex)).toEqual([]);
    expect((await askFor(agent, { ...TOOL, idempotency_key: "new" })).status).toBe(201);
    expect([await recordsOf("approval.denied"), await recordsOf("pattern.denied")].map((records) => records.length)).toEqual([2, 1]);
  });

  test("is nobody else's: another person's session sends it in vain", async () => {
    expect(await outcome(await sendAlike(alex, first, await bodyOf()))).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test.each<[string, (body: Body, other: string) => object]>([
    ["for longer", () => ({ seconds: 86_400 })],
    ["for all arguments instead of these", (body) => ({ scope: body.scope === "tool" ? "arguments" : "tool" })],
    ["with another comment", () => ({ comment: "Something else." })],
    ["with one request less", (body) => ({ decisions: body.decisions.slice(1), statements: [] })],
    [
      "with one in another's place",
      (body, other) => ({ decisions: body.decisions.map((one, at) => (at === 0 ? { ...one, request: other } : one)) }),
    ],
    ["with a nonce of its own", (body) => ({ nonce: body.decisions[0]?.nonce })],
    ["with more hashes than denials", (body) => ({ statements: [...body.statements, "0".repeat(64)] })],
  ])("does not serve %s than was signed for", async (_, change) => {
    const body = await bodyOf();
    const other = await idOf({ tool: "drop" });
    expect(await outcome(await sendAlike(blair, first, { ...body, ...change(body, other) }))).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test("does not serve once its nonce is fifteen minutes old", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const long = (await ask(agent, { ...TOOL, expires_in_seconds: 3_600 })).request_id;
    const body = await signAlike(blair, long);
    vi.setSystemTime(Date.now() + 15 * 60_000);
    expect(await outcome(await sendAlike(blair, long, body))).toEqual(NOT_ACCEPTED);
    expect(await recordsOf("approval.denied")).toEqual([]);
  });

  test.each<[string, { type: "statement" } | { hashes: (hashes: string[]) => string[] }]>([
    ["does not name this one", { hashes: (hashes) => hashes.map((hash, at) => (at === 0 ? "0".repeat(64) : hash)).toSorted() }],
    ["is not in order", { hashes: (hashes) => hashes.toReversed() }],
    ["names one twice", { hashes: ([one = ""]) => [one, one] }],
    ["was changed in one member of a statement", { type: "statement" }],
  ])("counts for no request whose batch %s", async (_, change) => {
    const said = "hashes" in change ? {} : { statement: (same: object) => ({ ...same, verdict: "approved" }) as never };
    const body = await signAlike(blair, first, ANY, said);
    const sent = "hashes" in change ? { ...body, statements: change.hashes(body.statements) } : body;
    const answer = await sendAlike(blair, first, sent);
    if (answer.status === 200) {
      const { decisions, pattern } = await answer.json<DeniedAlikeAnswer>();
      expect(decisions.map(({ problem }) => problem?.code)).toEqual(["decision_not_accepted", "decision_not_accepted"]);
      expect(pattern).toBeNull();
    } else expect(await outcome(answer)).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test("with a statement that another person would have to sign counts for the others alone", async () => {
    let isFirst = true;
    const body = await signAlike(blair, first, ANY, {
      statement: (same) => {
        const changed = isFirst ? { ...same, approver: { id: alex.id, username: "alex" } } : same;
        isFirst = false;
        return changed;
      },
    });
    const { decisions } = await given<DeniedAlikeAnswer>(await sendAlike(blair, first, body));
    expect(decisions.map(({ status, problem }) => status ?? problem?.code).toSorted()).toEqual(["decision_not_accepted", "denied"]);
    expect(await recordsOf("approval.denied")).toHaveLength(1);
  });

  test("of a key that was revoked since counts for nothing", async () => {
    const spare = await addPasskey(blair);
    await given(await confirm(alex, spare));
    const body = await signAlike(blair, first, ANY, { passkey: spare.passkey });
    expect((await revoke(alex, spare)).status).toBe(204);
    expect(await outcome(await sendAlike(blair, first, body))).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test("of somebody who approves no more counts for nothing", async () => {
    const body = await bodyOf();
    await given(await changeRoles(alex, blair.id, ["auditor"]));
    expect((await sendAlike(blair, first, body)).status).toBe(403);
    await nothingHappened();
  });

  test("after a stop denies nothing, and refuses nothing more: what was asked for is cancelled", async () => {
    const body = await bodyOf();
    expect((await stop(alex, agent.id)).status).toBe(204);
    const { decisions, pattern } = await given<DeniedAlikeAnswer>(await sendAlike(blair, first, body));
    expect(decisions.every(({ status }) => status === null)).toBe(true);
    expect(pattern).toBeNull();
    expect(await recordsOf("approval.denied")).toEqual([]);
    expect(await recordsOf("pattern.denied")).toEqual([]);
  });

  test("is not taken for a single decision, nor a single one for one of several", async () => {
    const body = await bodyOf();
    const [one] = body.decisions;
    const { credential_id, assertion } = body;
    const single = { nonce: one?.nonce, verdict: "denied", comment: "", credential_id, assertion };
    expect(await outcome(await send(blair, one?.request ?? "", single))).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test("approves nothing: a batch that says approved of a request is asked of its object in vain, by whoever reaches it", async () => {
    const body = await bodyOf();
    const decide = (id: string, verdict: Verdict, nonce: string) => {
      const signed: SignedDecision = {
        person: { id: blair.id, username: "blair" },
        nonce,
        verdict,
        comment: "",
        credentialId: body.credential_id,
        assertion: body.assertion,
        batch: { nonce: body.nonce, statements: body.statements },
      };
      return env.APPROVAL_REQUEST.getByName(id).decide(signed);
    };
    for (const { request, nonce } of body.decisions)
      expect(await decide(request, "approved", nonce)).toMatchObject({ ok: false, refusal: { reason: "not-in-this-batch" } });
    await nothingHappened();
    // The same denials, as they were signed, are taken.
    for (const { request, nonce } of body.decisions) expect(await decide(request, "denied", nonce)).toMatchObject({ ok: true });
  });

  test("counts once in each request, where two people sign at the same moment", async () => {
    const bodies = [await bodyOf(), await signAlike(alex, first)];
    const answers = await Promise.all([sendAlike(blair, first, bodies[0]), sendAlike(alex, first, bodies[1])]);
    const all = await Promise.all(answers.map(async (answer) => (await given<DeniedAlikeAnswer>(answer)).decisions));
    for (const id of [first, second]) {
      const taken = all.flat().filter(({ request, status }) => request === id && status !== null);
      expect(taken).toHaveLength(1);
    }
    expect(await recordsOf("approval.denied")).toHaveLength(2);
  });

  test("moves its passkey's counter once, and serves for nothing else with the same count", async () => {
    await emptyStorage();
    alex = await enrolFirst({ backupEligible: false });
    agent = await makeAgent(alex);
    await putInForce(ASKING);
    [first, second] = [await idOf(), await idOf()];
    const third = await idOf();
    const answer = await deniedAlike(alex, first, ANY, { wrong: { signCount: 7 } });
    expect(answer.decisions.map(({ problem }) => problem)).toEqual([null, null, null]);
    expect(await env.DB.prepare("SELECT sign_count FROM passkey").first("sign_count")).toBe(7);
    expect(await env.DB.prepare("SELECT counter_back_at FROM passkey").first("counter_back_at")).toBeNull();
    expect(third).not.toBe("");
    const authorisation = await authorise(alex.passkey, await draftAgent(alex, "another-bot"), { signCount: 7 });
    expect(
      await outcome(await call("POST", "/api/v1/agents", { cookie: alex.cookie, body: { name: "another-bot", authorisation } })),
    ).toEqual(NOT_ACCEPTED);
  });
});

describe("whoever cannot decide it", () => {
  test("finds no page of it, is given nothing to sign, and refuses nothing", async () => {
    const casey = await admitted(alex, "casey");
    const own = await idOf();
    await putInForce(policyOf([{ name: "blair", effect: "require_approval", risk: "low", approvals: [{ users: ["blair"] }] }]));
    const theirs = await idOf();
    expect((await call("GET", `/a/${theirs}/alike`, { cookie: casey.cookie })).status).toBe(404);
    expect(await outcome(await askDraft(casey, theirs, ANY, [theirs]))).toEqual([404, "unknown_request"]);
    const body = await signAlike(blair, theirs);
    expect(await outcome(await sendAlike(casey, theirs, body))).toEqual(NOT_ACCEPTED);
    expect(await recordsOf("pattern.denied")).toEqual([]);
    // What casey may decide, and is alike, is there without it.
    expect((await openAlike(casey, own)).requests.map(({ request }) => request.id)).toEqual([own]);
  });

  test("cannot have requests denied that are not like the one they came from", async () => {
    const other = await idOf({ tool: "drop" });
    const draft = await given<{ decisions: { request: string }[]; left_out: object[] }>(
      await askDraft(blair, first, ANY, [first, second, other, `apr_${"A".repeat(32)}`]),
    );
    expect(draft.decisions.map(({ request }) => request)).toEqual([first, second]);
    expect(draft.left_out).toMatchObject([{ code: "unknown_request" }, { code: "unknown_request" }]);
  });

  test("with a session alone refuses nothing, and lifts only what is theirs or an admin's", async () => {
    const { pattern } = await deniedAlike(blair, first);
    const casey = await admitted(alex, "casey");
    expect((await lift(casey, pattern?.id ?? "")).status).toBe(404);
    const body = await signAlike(casey, await idOf({ tool: "drop" }), ANY, { wrong: { challenge: new Uint8Array(32) } });
    expect(await outcome(await sendAlike(casey, body.decisions[0]?.request ?? "", body))).toEqual(NOT_ACCEPTED);
    expect(await recordsOf("pattern.denied")).toHaveLength(1);
    expect((await signIn(casey.passkey)).status).toBe(200);
  });
});

test("what is refused stays as it was written: no statement changes or deletes it, nor lifts it twice", async () => {
  const { pattern } = await deniedAlike(blair, first);
  for (const statement of [
    "UPDATE denied_pattern SET until = '2020-01-01T00:00:00.000Z'",
    "UPDATE denied_pattern SET tool = 'other'",
    "DELETE FROM denied_pattern",
    "INSERT OR REPLACE INTO denied_pattern SELECT * FROM denied_pattern",
  ])
    await expect(env.DB.prepare(statement).run(), statement).rejects.toThrow(/denied_pattern/);
  expect((await lift(alex, pattern?.id ?? "")).status).toBe(204);
  await expect(env.DB.prepare("UPDATE denied_pattern SET lifted_at = NULL").run()).rejects.toThrow(/denied_pattern/);
});

test("an agent whose words differ is asked about as ever: nothing passes by what is refused", async () => {
  await deniedAlike(blair, first);
  const answer = await askFor(agent, { tool: "query2", server: "pg", idempotency_key: "new" });
  expect(await answer.json()).toMatchObject({ status: "pending" });
  expect(await outcome(await askFor(agent, { ...TOOL, idempotency_key: "same" }))).toEqual([403, "denied_pattern"]);
});

test("a hundred kinds of one agent may be refused at once, and no more", async () => {
  const { results } = await env.DB.prepare("SELECT id FROM agent").all();
  expect(results).toHaveLength(1);
  await env.DB.batch(
    Array.from({ length: 100 }, (_, n) =>
      env.DB.prepare(
        `INSERT INTO denied_pattern (id, agent_id, tool, made_by, made_at, until, leaf_index)
         VALUES (?1, ?2, ?3, ?4, '2026-11-30T00:00:00.000Z', '2099-01-01T00:00:00.000Z', 0)`,
      ).bind(`ptn_${n}`, agent.id, `tool-${n}`, alex.id),
    ),
  );
  const answer = await deniedAlike(blair, first);
  expect(answer).toMatchObject({ pattern: null, pattern_problem: { code: "rate_limited" } });
  expect(answer.decisions.map(({ problem }) => problem)).toEqual([null, null]);
  expect(await outcome(await askFor(agent, { tool: "tool-99", idempotency_key: "refused" }))).toEqual([403, "denied_pattern"]);
});

test("lifting is no admin's who is one no more, and no maker's whose keys are revoked", async () => {
  const { pattern } = await deniedAlike(blair, first);
  expect((await revoke(alex, blair)).status).toBe(204);
  expect((await lift(blair, pattern?.id ?? "")).status).toBe(401);
  expect(await recordsOf("pattern.lifted")).toEqual([]);
});
