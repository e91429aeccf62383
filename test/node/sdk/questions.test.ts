/** A person's question, as the client hears of it and answers: against the service in memory that agents test with. */
import { expect, test } from "vitest";
import { CountersignClient } from "#countersign/sdk/client.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";

const ASK = { action: "Deploy api", payload: { replicas: 3 } };

async function asked() {
  const stub = new StubCountersign();
  const slept: number[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
  const client = new CountersignClient({ url: stub.url, apiKey: stub.apiKey, fetch: stub.fetch, clock });
  const request = await client.request(ASK);
  if (!request.ok) throw new Error(request.refusal.message);
  return { stub, client, id: request.value.request_id, slept };
}

test("ends a wait, once; the answer goes to whoever asked, and the wait goes on to the decision", async () => {
  const { stub, client, id, slept } = await asked();
  stub.ask(id, "Which hosts?");
  expect(await client.wait(id, 60)).toMatchObject({ ok: true, value: { status: "pending", question: { id: "1", text: "Which hosts?" } } });
  expect(slept).toEqual([]);
  // Whoever waits on without answering waits, and looks rarely.
  expect(await client.wait(id, 20)).toMatchObject({ ok: true, value: { status: "pending" } });
  expect(slept).toEqual([5_000, 5_000, 5_000, 5_000]);
  const answered = await client.answer(id, "1", "All of them.");
  expect(answered).toMatchObject({ ok: true, value: { question: { answer: "All of them." } } });
  expect(await client.answer(id, "1", "All of them.")).toMatchObject({ ok: true });
  expect(await client.answer(id, "1", "None.")).toMatchObject({ ok: false, refusal: { code: "no_question", status: 409 } });
  stub.ask(id, "Really?");
  expect(await client.wait(id, 60)).toMatchObject({ ok: true, value: { question: { id: "2", text: "Really?" } } });
  // The first answer again, whose own answer was lost: it is none to what was asked since.
  const again = await client.answer(id, "1", "All of them.");
  expect(again).toMatchObject({ ok: true, value: { question: { id: "2" } } });
  expect(again).not.toHaveProperty("value.question.answer");
  expect(stub.calls.at(-1)?.body).toEqual({ question_id: "1", answer: "All of them." });
  stub.decide(id, "denied", "Too many", { replicas: 1 });
  expect(await client.wait(id, 60)).toMatchObject({
    ok: true,
    value: { status: "denied", comment: "Too many", proposal: { payload: { replicas: 1 } } },
  });
});

test("an answer that may have been lost is read again, and known where the request says it", async () => {
  const { stub, client, id } = await asked();
  stub.ask(id, "Which hosts?");
  const before = stub.calls.length;
  for (let times = 0; times < 30; times++) stub.refuseNext(503, "unavailable");
  const answer = await client.answer(id, "1", "All of them.");
  expect(answer).toMatchObject({ ok: false, refusal: { notKnown: true } });
  expect(stub.calls.slice(before).every(({ path }) => path.includes(id))).toBe(true);
});
