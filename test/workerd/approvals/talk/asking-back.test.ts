/** Asking back: the agent hears of a question at once, answers it, and everybody reads both; nothing of it decides anything. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { saltedTextHash } from "#countersign/documents/statement.ts";
import { type Agent, ask, decide, decided, openPage, personAndAgent, read, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted, changeRoles, given, recordsOf, revoke } from "#test/workerd/support/invited.ts";
import { call, makeAgent, outcome, type Someone, textWith } from "#test/workerd/support/people.ts";
import { ERAS, useTool } from "#test/workerd/support/mcp.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { answer, answered, askBack, askedBack } from "#test/workerd/support/talk/asking.ts";
import { runInDurableObject } from "cloudflare:test";
import type { ApprovalState } from "#rules/approval.ts";

const QUESTION = "Which hosts are in it?";
const ANSWER = "All four of <b>eu-1</b>.";

let alex: Someone;
let bot: Agent;
let id: string;

beforeEach(async () => {
  ({ person: alex, agent: bot } = await personAndAgent());
  id = (await ask(bot)).request_id;
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const stored = (): Promise<ApprovalState | undefined> =>
  runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, { storage }) => storage.kv.get<ApprovalState>("approval"));

describe("a question", () => {
  test("ends the wait of the agent, which answers it, and waits on until the decision", async () => {
    const waiting = viewOf(bot, id, 25);
    const state = await askedBack(alex, id, QUESTION);
    expect(state).toMatchObject({ status: "pending", questions: [{ number: 1, text: QUESTION, by: { username: "alex" }, answer: null }] });
    const asked = await waiting;
    expect(asked).toMatchObject({ status: "pending", question: { id: "1", text: QUESTION, by: "alex" } });
    expect(asked.question).not.toHaveProperty("answered_at");
    expect(asked.next).toContain("answer_question");

    const told = await answered(bot, id, ANSWER);
    expect(told.question).toMatchObject({ id: "1", answer: ANSWER });
    expect(told.next).toContain("wait_for_approval");
    const waitsOn = viewOf(bot, id, 25);
    expect((await openPage(alex, id)).state.questions).toMatchObject([{ answer: { text: ANSWER } }]);
    await decided(alex, id, "approved");
    expect(await waitsOn).toMatchObject({ status: "approved", question: { answer: ANSWER } });
  });

  test("reaches every open page with its answer, live, and what the agent wrote is escaped", async () => {
    const page = await openPage(alex, id);
    const state = (seen: string) => call("GET", `/a/${id}/state?wait=25&seen=${encodeURIComponent(seen)}`, { cookie: alex.cookie });
    const follows = state(page.state.tag);
    await askedBack(alex, id, QUESTION);
    const seen = await given<typeof page.state>(await follows);
    expect(seen.questions).toMatchObject([{ text: QUESTION, answer: null }]);
    const hears = state(seen.tag);
    await answered(bot, id, ANSWER);
    expect((await given<typeof page.state>(await hears)).questions).toMatchObject([{ answer: { text: ANSWER } }]);
    const html = await (await call("GET", `/a/${id}`, { cookie: alex.cookie })).text();
    expect(html).toContain("The agent’s own words");
    expect(html).not.toContain("<b>eu-1</b>");
  });

  test("and its answer are in the log by their hashes, before the end, and in no receipt's way", async () => {
    await askedBack(alex, id, QUESTION);
    await answered(bot, id, ANSWER);
    await decided(alex, id, "denied", { comment: "Too many hosts" });
    const [asked, said] = (await stored())?.questions?.map((one) => [one.words, one.answer?.words] as const)[0] ?? [];
    expect(await recordsOf("question.asked")).toMatchObject([
      {
        request: id,
        number: 1,
        by: { username: "alex" },
        text_hash: saltedTextHash("countersign/question/v1", asked?.salt ?? "", QUESTION),
      },
    ]);
    expect(await recordsOf("question.answered")).toMatchObject([
      {
        request: id,
        number: 1,
        by: { id: bot.id, name: bot.name },
        text_hash: saltedTextHash("countersign/answer/v1", said?.salt ?? "", ANSWER),
      },
    ]);
    const keys = await env.DB.prepare("SELECT idem FROM log_leaf WHERE idem GLOB ?1 ORDER BY idx").bind(`${id}:*`).all<{ idem: string }>();
    expect(keys.results.map(({ idem }) => idem.slice(id.length))).toEqual([":question:1", ":answer:1", ":final"]);
  });

  test("comes one at a time, and five times at most", async () => {
    for (let n = 1; n <= 5; n++) {
      await askedBack(alex, id, `${QUESTION} ${n}`);
      expect(await outcome(await askBack(alex, id, "And?"))).toEqual([409, "question_open"]);
      await answered(bot, id, `${n}`);
    }
    expect(await outcome(await askBack(alex, id, "And?"))).toEqual([409, "too_many_questions"]);
    expect((await openPage(alex, id)).state.questions).toHaveLength(5);
    expect(await viewOf(bot, id)).toMatchObject({ status: "pending", question: { id: "5", answer: "5" } });
  });

  test("of two at the same moment one is asked", async () => {
    const blair = await admitted(alex, "blair");
    id = (await ask(bot)).request_id;
    const both = await Promise.all([askBack(alex, id, "One?"), askBack(blair, id, "Other?")]);
    expect((await Promise.all(both.map(outcome))).toSorted()).toEqual([
      [200, undefined],
      [409, "question_open"],
    ]);
    expect((await openPage(alex, id)).state.questions).toHaveLength(1);
  });

  test.each([
    ["empty", "", "invalid_request"],
    ["of nothing that people see", "\u200b ", "invalid_request"],
    ["longer than a thousand characters", "x".repeat(1_001), "invalid_request"],
    ["no text", 5, "invalid_request"],
  ])("that is %s is not asked", async (_, question, code) => {
    expect(await outcome(await askBack(alex, id, question))).toEqual([400, code]);
    expect(await recordsOf("question.asked")).toEqual([]);
  });
});

describe("nobody else asks", () => {
  test("who may not decide, who was never asked, who has decided, and whoever comes after the end", async () => {
    const blair = await admitted(alex, "blair");
    const [auditor, admin] = [await admitted(alex, "casey", ["auditor"]), await admitted(alex, "drew", ["admin"])];
    expect(await outcome(await askBack(blair, id, QUESTION))).toEqual([404, "unknown_request"]);
    for (const other of [auditor, admin]) expect(await outcome(await askBack(other, id, QUESTION))).toEqual([403, "forbidden"]);
    const two = (await ask(bot, { approvers: { required: 2 } })).request_id;
    await decided(alex, two, "approved");
    expect(await outcome(await askBack(alex, two, QUESTION))).toEqual([409, "already_decided"]);
    await decided(blair, two, "approved");
    expect(await outcome(await askBack(blair, two, QUESTION))).toEqual([409, "already_final"]);
    expect(await outcome(await askBack(alex, "apr_unknown", QUESTION))).toEqual([404, "unknown_request"]);
    expect(await recordsOf("question.asked")).toEqual([]);
  });

  test("after the deadline, and after a stop", async () => {
    const due = (await ask(bot, { expires_in_seconds: 30 })).request_id;
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: now + 30_000 });
    expect(["deadline_passed", "already_final"]).toContain((await outcome(await askBack(alex, due, QUESTION)))[1]);
    vi.setSystemTime(now);
    await stop(alex, bot.id);
    expect(["agent_stopped", "already_final"]).toContain((await outcome(await askBack(alex, id, QUESTION)))[1]);
    expect(await recordsOf("question.asked")).toEqual([]);
  });

  test("whose role was taken, or whose passkeys were, while the page was open", async () => {
    const blair = await admitted(alex, "blair");
    const asked = (await ask(bot)).request_id;
    await given(await changeRoles(alex, blair.id, ["auditor"]));
    expect(await outcome(await askBack(blair, asked, QUESTION))).toEqual([403, "forbidden"]);
    await revoke(alex, blair);
    expect((await outcome(await askBack(blair, asked, QUESTION)))[0]).toBe(401);
  });
});

describe("an answer", () => {
  test("that is given twice is one, and another one is none", async () => {
    await askedBack(alex, id, QUESTION);
    await answered(bot, id, ANSWER);
    expect((await answered(bot, id, ANSWER)).question).toMatchObject({ answer: ANSWER });
    expect(await outcome(await answer(bot, id, "Another"))).toEqual([409, "no_question"]);
    expect(await recordsOf("question.answered")).toHaveLength(1);
  });

  test("that comes again once something else was asked is none to that, whether it names its question or not", async () => {
    await askedBack(alex, id, QUESTION);
    await answered(bot, id, ANSWER, "1");
    await askedBack(alex, id, "And nothing else?");
    for (const questionId of ["1", undefined])
      expect((await answered(bot, id, ANSWER, questionId)).question).toEqual(expect.not.objectContaining({ answer: ANSWER }));
    for (const questionId of ["1", "3", "02"]) expect(await outcome(await answer(bot, id, "No", questionId))).toEqual([409, "no_question"]);
    expect(await recordsOf("question.answered")).toMatchObject([{ number: 1 }]);
    // To whoever names it, the same words answer another question, too.
    expect((await answered(bot, id, ANSWER, "2")).question).toMatchObject({ id: "2", answer: ANSWER });
    expect(await recordsOf("question.answered")).toMatchObject([{ number: 1 }, { number: 2 }]);
    await decided(alex, id, "approved");
    expect((await answered(bot, id, ANSWER, "1")).status).toBe("approved");
  });

  test("is the asking agent's alone, to a question that was asked, before the end", async () => {
    const other = await makeAgent(alex, "other-bot");
    expect(await outcome(await answer(bot, id, ANSWER))).toEqual([409, "no_question"]);
    await askedBack(alex, id, QUESTION);
    expect(await outcome(await answer(other, id, ANSWER))).toEqual([404, "unknown_request"]);
    expect(await outcome(await answer(bot, id, ""))).toEqual([400, "invalid_request"]);
    expect(await outcome(await answer(bot, id, "x".repeat(4_001)))).toEqual([400, "invalid_request"]);
    await decided(alex, id, "denied");
    expect(await outcome(await answer(bot, id, ANSWER))).toEqual([409, "already_final"]);
    expect(await viewOf(bot, id)).toMatchObject({ status: "denied", question: { text: QUESTION } });
    expect(await recordsOf("question.answered")).toEqual([]);
  });

  test("is not needed to decide, and a question by itself delays nothing", async () => {
    await askedBack(alex, id, QUESTION);
    expect((await decide(alex, id, "approved")).status).toBe(200);
    const view = await viewOf(bot, id);
    expect(view.status).toBe("approved");
    expect(view.next).not.toContain("answer");
  });

  test("does not bring the number that is to be picked onto the page; what says it in words does", async () => {
    await putInForce(policyOf([{ name: "grave", match: { tool: "grave" }, effect: "require_approval", risk: "high", separation: false }]));
    const { request_id: grave, match_code: number = "" } = await ask(bot, { tool: "grave" });
    await askedBack(alex, grave, QUESTION);
    const [tens, ones] = number;
    for (const text of [`Pick ${number}.`, `${tens} ${ones}`, `It is ${tens}-${ones}`])
      expect(await outcome(await answer(bot, grave, text, "1"))).toEqual([422, "number_in_answer"]);
    expect(await recordsOf("question.answered")).toEqual([]);
    const inWords = `All of 1${number}0; the number is a word for ${tens} tens and one for ${ones}`;
    expect((await answered(bot, grave, inWords, "1")).question).toMatchObject({ answer: inWords });
  });

  test("over MCP is the same", async () => {
    await askedBack(alex, id, QUESTION);
    expect(await useTool(ERAS[0], "wait_for_approval", { request_id: id, wait_seconds: 25 }, bot.key)).toMatchObject({
      structuredContent: {
        status: "pending",
        question: { text: QUESTION },
        next: textWith('answer_question, this request_id and question_id "1"'),
      },
    });
    expect(await useTool(ERAS[0], "answer_question", { request_id: id, question_id: "1", answer: ANSWER }, bot.key)).toMatchObject({
      structuredContent: { status: "pending", question: { answer: ANSWER } },
    });
    expect(await useTool(ERAS[0], "answer_question", { request_id: id, answer: "Another" }, bot.key)).toMatchObject({ isError: true });
  });
});

test("a key of an agent asks nothing back, and a session answers nothing", async () => {
  const asks = await call("POST", `/a/${id}/question`, { key: bot.key, origin: null, body: { question: QUESTION } });
  expect(await outcome(asks)).toEqual([403, "forbidden"]);
  await askedBack(alex, id, QUESTION);
  const answers = await call("POST", `/api/v1/approvals/${id}/answer`, { cookie: alex.cookie, body: { answer: ANSWER } });
  expect((await outcome(answers))[1]).toBe("forbidden");
  expect((await read(bot, id)).status).toBe(200);
});
