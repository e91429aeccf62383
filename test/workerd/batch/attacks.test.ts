/** One signature over several approvals serves for these, once each, by this person, with this verdict, and for nothing else. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Statement, Verdict } from "#countersign/documents/statement.ts";
import type { BroughtItem, DraftedToSign } from "#api/batch/signing-shapes.ts";
import { type Agent, ask, decided, openPage, send } from "#test/workerd/support/approvals.ts";
import {
  APPROVING,
  askBatch,
  batchToSign,
  decidedBatch,
  openBatch,
  outcomesOf,
  sendBatch,
  signBatch,
} from "#test/workerd/support/deciding/batch.ts";
import { addPasskey, admitted, changeRoles, confirm, given, recordsOf, revoke } from "#test/workerd/support/invited.ts";
import { authorise, call, draftAgent, enrolFirst, makeAgent, ORIGIN, outcome, signIn, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { answered, askedBack } from "#test/workerd/support/talk/asking.ts";

const NOT_ACCEPTED = [403, "decision_not_accepted"];
const ASKING = policyOf([
  { name: "dangerous", effect: "require_approval", risk: "critical", match_code: "off", match: { tool: ["drop"] } },
  { name: "numbered", effect: "require_approval", risk: "low", match_code: "on", match: { tool: ["numbered"] } },
  { name: "blairs", effect: "require_approval", risk: "low", match: { tool: ["blairs"] }, approvals: [{ users: ["blair"] }] },
  { name: "two", effect: "require_approval", risk: "low", match: { tool: ["two"] }, denials: 2, separation: false },
  { name: "asks", effect: "require_approval", risk: "low" },
]);

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
  [first, second] = [await idOf(), await idOf({ action: "Again" })];
});
afterEach(() => void vi.useRealTimers());

const idOf = async (body: object = {}): Promise<string> => (await ask(agent, { tool: "query", ...body })).request_id;
const statusOf = async (id: string) => (await openPage(blair, id)).state.status;
const bodyOf = () => signBatch(blair, [first, second]);
type Body = Awaited<ReturnType<typeof bodyOf>>;
const decisionsOf = async (answer: Response): Promise<BroughtItem[]> => (await given<{ decisions: BroughtItem[] }>(answer)).decisions;

/** Nothing is decided. */
async function nothingHappened(): Promise<void> {
  expect([...(await recordsOf("approval.approved")), ...(await recordsOf("approval.denied"))]).toEqual([]);
  for (const id of [first, second]) expect(await statusOf(id)).toBe("pending");
}

describe("a signature over several approvals", () => {
  test("is nobody else's: another person's session sends it in vain", async () => {
    expect(await outcome(await sendBatch(alex, await bodyOf()))).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test.each<[string, (body: Body, other: string) => object]>([
    ["as denials", () => ({ verdict: "denied" })],
    ["with another comment", () => ({ comment: "Something else." })],
    ["with one request less", (body) => ({ decisions: body.decisions.slice(1), statements: [] })],
    ["with one request less, in the same batch", (body) => ({ decisions: body.decisions.slice(1) })],
    ["with one request more", (body, other) => ({ decisions: [...body.decisions, { request: other, nonce: body.decisions[0]?.nonce }] })],
    [
      "with one in another's place",
      (body, other) => ({ decisions: body.decisions.map((one, at) => (at === 0 ? { ...one, request: other } : one)) }),
    ],
    ["with one twice", ({ decisions: [one] }) => ({ decisions: [one, one] })],
    ["with a nonce of its own", (body) => ({ nonce: body.decisions[0]?.nonce })],
    ["with more hashes than decisions", (body) => ({ statements: [...body.statements, "0".repeat(64)] })],
  ])("does not serve %s", async (_, change) => {
    const body = await bodyOf();
    const other = await idOf({ tool: "other" });
    expect(await outcome(await sendBatch(blair, { ...body, ...change(body, other) }))).toEqual(NOT_ACCEPTED);
    await nothingHappened();
    expect(await statusOf(other)).toBe("pending");
  });

  test("does not serve once its nonce is fifteen minutes old", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const long = [await idOf({ expires_in_seconds: 3_600 }), await idOf({ action: "Again", expires_in_seconds: 3_600 })];
    const body = await signBatch(blair, long);
    vi.setSystemTime(Date.now() + 15 * 60_000);
    expect(await outcome(await sendBatch(blair, body))).toEqual(NOT_ACCEPTED);
    expect(await recordsOf("approval.approved")).toEqual([]);
  });

  test.each<[string, { statement: (same: Statement) => Statement } | { hashes: (hashes: string[]) => string[] }]>([
    ["does not name it", { hashes: () => ["0".repeat(64), "1".repeat(64)] }],
    ["is not in order", { hashes: (hashes) => hashes.toReversed() }],
    ["names one twice", { hashes: ([one = ""]) => [one, one] }],
    ["was shown as a denial", { statement: (same) => ({ ...same, verdict: "denied" }) }],
    ["has other payloads", { statement: (same) => ({ ...same, payload_hash: "0".repeat(64) }) }],
    ["has a comment that was not sent", { statement: (same) => ({ ...same, comment_hash: "0".repeat(64) }) }],
  ])("counts for no request whose batch %s", async (_, change) => {
    const body = await signBatch(blair, [first, second], APPROVING, "statement" in change ? change : {});
    const sent = "hashes" in change ? { ...body, statements: change.hashes(body.statements) } : body;
    const answer = await sendBatch(blair, sent);
    if (answer.status === 200) {
      expect((await decisionsOf(answer)).map(({ problem }) => problem?.code)).toEqual(["decision_not_accepted", "decision_not_accepted"]);
    } else expect(await outcome(answer)).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test("gives no grant: one that was slipped into its statement counts for nothing", async () => {
    const grant = { id: "grt_x" } as unknown as NonNullable<Statement["grant"]>;
    const body = await signBatch(blair, [first, second], APPROVING, { statement: (same) => ({ ...same, grant }) });
    expect((await decisionsOf(await sendBatch(blair, body))).every(({ status }) => status === null)).toBe(true);
    expect((await sendBatch(blair, { ...body, grant })).status).toBe(400);
    await nothingHappened();
  });

  test("of a key that was revoked since counts for nothing", async () => {
    const spare = await addPasskey(blair);
    await given(await confirm(alex, spare));
    const body = await signBatch(blair, [first, second], APPROVING, { passkey: spare.passkey });
    expect((await revoke(alex, spare)).status).toBe(204);
    expect(await outcome(await sendBatch(blair, body))).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test("of somebody who approves no more counts for nothing", async () => {
    const body = await bodyOf();
    await given(await changeRoles(alex, blair.id, ["auditor"]));
    expect((await sendBatch(blair, body)).status).toBe(403);
    expect(await recordsOf("approval.approved")).toEqual([]);
  });

  test("after a stop approves nothing: what was asked for is cancelled", async () => {
    const body = await bodyOf();
    expect((await stop(alex, agent.id)).status).toBe(204);
    expect((await decisionsOf(await sendBatch(blair, body))).every(({ status }) => status === null)).toBe(true);
    expect(await recordsOf("approval.approved")).toEqual([]);
  });

  test("is not taken for a single decision, nor a single one for one of several", async () => {
    const body = await bodyOf();
    const { credential_id, assertion } = body;
    const [one] = body.decisions;
    const single = { nonce: one?.nonce, verdict: "approved", comment: "", credential_id, assertion };
    expect(await outcome(await send(blair, one?.request ?? "", single))).toEqual(NOT_ACCEPTED);
    const alone = await signBatch(blair, [first]);
    expect(await outcome(await sendBatch(blair, { ...body, credential_id, assertion: alone.assertion }))).toEqual(NOT_ACCEPTED);
    await nothingHappened();
  });

  test("counts once in each request, on two devices at once and clicked twice", async () => {
    const bodies = [await bodyOf(), await bodyOf()];
    const answers = await Promise.all([bodies[0], bodies[1], bodies[0]].map((body) => sendBatch(blair, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const records = await recordsOf("approval.approved");
    expect(records).toHaveLength(2);
    for (const record of records) expect(record["decisions"]).toHaveLength(1);
  });

  test("moves its passkey's counter once, and serves for nothing else with the same count", async () => {
    await emptyStorage();
    alex = await enrolFirst({ backupEligible: false });
    agent = await makeAgent(alex);
    await putInForce(ASKING);
    const decisions = await decidedBatch(alex, [await idOf(), await idOf({ action: "Again" })], APPROVING, { wrong: { signCount: 7 } });
    expect(decisions.map(({ problem }) => problem)).toEqual([null, null]);
    expect(await env.DB.prepare("SELECT sign_count FROM passkey").first("sign_count")).toBe(7);
    const authorisation = await authorise(alex.passkey, await draftAgent(alex, "another-bot"), { signCount: 7 });
    expect(
      await outcome(await call("POST", "/api/v1/agents", { cookie: alex.cookie, body: { name: "another-bot", authorisation } })),
    ).toEqual(NOT_ACCEPTED);
  });

  test("sent again by whoever holds the session later decides nothing more", async () => {
    const body = await bodyOf();
    await decisionsOf(await sendBatch(blair, body));
    expect((await signIn(blair.passkey)).status).toBe(200);
    await decisionsOf(await sendBatch(blair, body));
    expect(await recordsOf("approval.approved")).toHaveLength(2);
  });
});

describe("what is not to be approved with others", () => {
  /** What this person would sign for these, had they been given it. */
  async function decideAtObjects(ids: readonly string[], verdict: Verdict) {
    const pages = await Promise.all(ids.map((id) => openPage(blair, id)));
    const items = pages.map(({ request }) => ({ request }) as never);
    const [page] = pages;
    if (page === undefined) throw new Error("nothing to sign");
    const draft: DraftedToSign = {
      nonce: "A".repeat(43),
      decisions: pages.map(({ request, nonce, comment_salt }) => ({ request: request.id, nonce, comment_salt })),
      left_out: [],
      credentials: [],
      rp_id: "",
    };
    const { challenge, body } = batchToSign({ items, person: page.person }, draft, { verdict, comment: "" });
    const assertion = await blair.passkey.sign({ challenge, origin: ORIGIN });
    return Promise.all(
      body.decisions.map(({ request, nonce }) =>
        env.APPROVAL_REQUEST.getByName(request).decide({
          person: page.person,
          nonce,
          verdict,
          comment: "",
          credentialId: blair.passkey.credentialId,
          assertion,
          batch: { nonce: draft.nonce, statements: body.statements },
        }),
      ),
    );
  }

  test("a critical one is left out, and its object refuses it to whoever slips it in; the other counts", async () => {
    const critical = await idOf({ tool: "drop" });
    const draft = await given<DraftedToSign>(await askBatch(blair, APPROVING, [critical, first]));
    expect(draft.left_out).toMatchObject([{ request: critical, code: "decision_not_accepted" }]);
    expect((await openBatch(blair, [critical])).items).toEqual([]);
    const [slipped, other] = await decideAtObjects([critical, first], "approved");
    expect(slipped).toMatchObject({ ok: false, refusal: { reason: "critical-alone" } });
    expect(other).toMatchObject({ ok: true });
    expect(await statusOf(critical)).toBe("pending");
  });

  test("one whose number has to be picked is left out, and its object refuses it; denied with others it is taken", async () => {
    const numbered = await idOf({ tool: "numbered" });
    const draft = await given<DraftedToSign>(await askBatch(blair, APPROVING, [numbered, first]));
    expect(draft.left_out).toMatchObject([{ request: numbered, code: "decision_not_accepted" }]);
    const [slipped] = await decideAtObjects([numbered, first], "approved");
    expect(slipped).toMatchObject({ ok: false });
    expect(await statusOf(numbered)).toBe("pending");
    const [denied] = await decideAtObjects([numbered, second], "denied");
    expect(denied).toMatchObject({ ok: true });
  });

  test("one whose agent is asked something is left out until it answers, and its object refuses it, also what was signed before", async () => {
    const body = await bodyOf();
    await askedBack(blair, first, "Which hosts are in it?");
    const draft = await given<DraftedToSign>(await askBatch(blair, APPROVING, [first, second]));
    expect(draft.left_out).toMatchObject([{ request: first, code: "decision_not_accepted" }]);
    const [asked, other] = await decisionsOf(await sendBatch(blair, body));
    expect([asked?.problem?.code, other?.problem]).toEqual(["decision_not_accepted", null]);
    expect(await statusOf(first)).toBe("pending");
    await answered(agent, first, "All four.");
    expect((await given<DraftedToSign>(await askBatch(blair, APPROVING, [first, await idOf()]))).left_out).toEqual([]);
  });

  test("one that somebody has denied, of two who have to, is left out, and its object refuses it; denied with others it is taken", async () => {
    const two = await idOf({ tool: "two" });
    await decided(alex, two, "denied");
    const draft = await given<DraftedToSign>(await askBatch(blair, APPROVING, [two, first]));
    expect(draft.left_out).toMatchObject([{ request: two, code: "decision_not_accepted" }]);
    const [slipped] = await decideAtObjects([two, first], "approved");
    expect(slipped).toMatchObject({ ok: false, refusal: { reason: "discussed-alone" } });
    const [denied] = await decideAtObjects([two, second], "denied");
    expect(denied).toMatchObject({ ok: true });
  });

  test("a critical one may be denied with what is alike: that only narrows", async () => {
    const critical = await idOf({ tool: "drop" });
    const [denied] = await decideAtObjects([critical, first], "denied");
    expect(denied).toMatchObject({ ok: true, value: { status: expect.stringMatching(/denied|settling/) as unknown } });
  });

  test("somebody else's is not shown, given no nonce, and taken from nobody who is not asked", async () => {
    const casey = await admitted(alex, "casey");
    const [theirs, own] = [await idOf({ tool: "blairs", action: "For blair alone" }), await idOf({ action: "For all" })];
    expect((await openBatch(casey, [theirs, own])).items.map(({ request }) => request.id)).toEqual([own]);
    const draft = await given<DraftedToSign>(await askBatch(casey, APPROVING, [theirs, own, `apr_${"A".repeat(32)}`]));
    expect(draft.decisions.map(({ request }) => request)).toEqual([own]);
    expect(draft.left_out).toMatchObject([{ code: "unknown_request" }, { code: "unknown_request" }]);
    const body = await signBatch(blair, [theirs, own]);
    expect(await outcome(await sendBatch(casey, body))).toEqual(NOT_ACCEPTED);
    expect(await statusOf(theirs)).toBe("pending");
  });

  test("one is there once however often it is asked for, and of fifty-one none is drafted", async () => {
    const draft = await given<DraftedToSign>(await askBatch(blair, APPROVING, [first, first, second]));
    expect(draft.decisions.map(({ request }) => request)).toEqual([first, second]);
    const many = Array.from({ length: 51 }, () => first);
    expect((await askBatch(blair, APPROVING, many)).status).toBe(400);
    const body = await bodyOf();
    const [one] = body.decisions;
    expect((await sendBatch(blair, { ...body, decisions: Array.from({ length: 51 }, () => one) })).status).toBe(400);
    await nothingHappened();
  });

  test("what arrives while one signs is not in it", async () => {
    const body = await bodyOf();
    const later = await idOf({ action: "Slipped in" });
    await decisionsOf(await sendBatch(blair, body));
    expect(await statusOf(later)).toBe("pending");
  });

  test("nothing is decided where the session is over in the middle, and the same is taken once signed in again", async () => {
    const body = await bodyOf();
    expect((await call("POST", "/sign-out", { cookie: blair.cookie, body: {} })).status).toBeLessThan(400);
    expect((await sendBatch(blair, body)).status).toBe(401);
    const again = await signIn(blair.passkey);
    const cookie = again.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(Object.values(outcomesOf(await decisionsOf(await sendBatch({ ...blair, cookie }, body))))).toEqual(["approved", "approved"]);
  });
});
