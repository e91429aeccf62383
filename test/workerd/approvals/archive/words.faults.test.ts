/** How long what requests say is kept, and what is told and proven without it. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import worker from "#worker.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { askFor, openPage, PAYLOAD, receiptOf, viewOf } from "#test/workerd/support/approvals.ts";
import { call, ORIGIN } from "#test/workerd/support/people.ts";
import { archived, asked, bucket, DAY_S, ENDINGS, everythingOf, signInAgain } from "#test/workerd/faults/archiving.ts";
import { deploy } from "#test/workerd/faults/fault-plan.ts";
import { later, service, stored, verified } from "#test/workerd/faults/journeys.ts";

const KEPT_DAYS = 40;
const SETTINGS = { KEEP_PAYLOAD_DAYS: String(KEPT_DAYS), ALLOW_REVEAL: "true" };
const cast = service();
beforeAll(() => deploy(SETTINGS));
afterAll(() => deploy({}));
beforeEach(() => signInAgain(cast()));

const cron = () => worker.scheduled(createScheduledController(), { ...env, ...SETTINGS });
const namesOf = async (prefix: string): Promise<string[]> => (await bucket().list({ prefix })).objects.map(({ key }) => key);
const wordsOf = async (id: string): Promise<string[]> => (await namesOf("words/")).filter((name) => name.endsWith(id));

/** So many days after the end, the request being in the archive since day 31. */
async function daysAfter(id: string, days: number): Promise<void> {
  await archived(cast(), id);
  later((days - 31) * DAY_S);
  await signInAgain(cast());
}

it("are there until the last day on which they are kept", async () => {
  const id = await asked(cast(), "last day");
  await ENDINGS["used"]?.(cast(), id);
  const before = await everythingOf(cast(), id, "last day");
  await daysAfter(id, KEPT_DAYS);
  await cron();
  expect(await wordsOf(id)).toHaveLength(1);
  expect(await everythingOf(cast(), id, "last day")).toEqual(before);
});

describe.each(Object.entries(ENDINGS))("%s", (ending, end) => {
  it("without words is told and proven as before but for them, before the cron has come and after", async () => {
    const id = await asked(cast(), ending);
    await end(cast(), id);
    const before = await everythingOf(cast(), id, ending);
    await daysAfter(id, KEPT_DAYS + 2);
    expect(await wordsOf(id)).toHaveLength(1);
    const { comment: _, cancel_reason: __, ...others } = before.view;
    const told = { ...others, next: before.view.next.replace(/ They say: "[^"]*"\./, "") };
    for (const isDeleted of [false, true]) {
      if (isDeleted) await cron();
      expect(await wordsOf(id)).toHaveLength(isDeleted ? 0 : 1);
      expect(await viewOf(cast().agent, id)).toEqual(told);
      const again = await askFor(cast().agent, { idempotency_key: ending });
      expect([again.status, await again.json<AgentView>()]).toEqual([200, told]);

      const page = await openPage(cast().person, id);
      expect([page.payload, page.nonce, page.state.cancel_reason]).toEqual([null, "", null]);
      expect(page.state.decisions.map(({ comment }) => comment)).toEqual(page.state.decisions.map(() => null));
      expect(page.request).toEqual(before.page["request"]);

      const receipt = JSON.parse(await receiptOf(cast().agent, id)) as Record<string, unknown>;
      const { final, passkeys, redeemed, outcome } = before.receipt;
      expect(receipt).toEqual({
        type: "countersign/receipt-without-payload@v1",
        payload: null,
        comments: [],
        final,
        passkeys,
        redeemed,
        outcome,
      });
      const verdict = await verified(cast(), id);
      expect([verdict.status, verdict.payloadIsKept]).toEqual([before.view.status, false]);
      expect(verdict.request.payload_hash).toBe(before.view.payload_hash);
    }
  });
});

it("the page without them says so, and offers nothing to sign", async () => {
  const id = await asked(cast(), "page");
  await ENDINGS["denied"]?.(cast(), id);
  await daysAfter(id, KEPT_DAYS + 2);
  const page = await (await call("GET", `/a/${id}`, { cookie: cast().person.cookie })).text();
  expect(page).toContain("Not kept any more. What was decided on had this hash.");
  expect(page).not.toContain('id="approve"');
  expect(page).not.toContain(PAYLOAD.service + '"');
});

describe("of a request that was revealed", () => {
  it("are public as long as they are kept, and from then on its record alone", async () => {
    const id = await asked(cast(), "revealed", { reveal: true });
    await ENDINGS["approved"]?.(cast(), id);
    const index = (await verified(cast(), id)).log.index;
    const revealed = async () => (await call("GET", `/log/revealed/${index}`)).json<Record<string, unknown>>();
    const entry = async () => (await call("GET", `/log/entry/${index}`)).text();
    const before = await revealed();
    expect(before["payload"]).toEqual(PAYLOAD);
    await archived(cast(), id);
    expect(await revealed()).toEqual(before);
    later(12 * DAY_S);
    expect(await revealed()).toEqual({ ...before, payload: null });
    expect(await entry()).toContain("Not kept any more. What was decided on had this hash.");
  });
});

describe("the cron", () => {
  it("deletes a bounded number of old words, the oldest first, and nothing else", async () => {
    const old = Array.from({ length: 1_001 }, (_, i) => `words/2020-01-0${1 + (i % 9)}/apr_${String(i).padStart(4, "0")}`);
    for (const name of old) await bucket().put(name, "old");
    await bucket().put("words/2999-01-01/apr_new", "new");
    const kept = await namesOf("requests/");
    await cron();
    expect(await namesOf("words/2020")).toEqual([old.toSorted().at(-1)]);
    await cron();
    expect(await namesOf("words/2020")).toEqual([]);
    expect(await namesOf("words/2999")).toHaveLength(1);
    expect(await namesOf("requests/")).toEqual(kept);
  });

  it("deletes nothing where payloads are kept for ever", async () => {
    await bucket().put("words/2020-01-01/apr_kept", "old");
    await worker.scheduled(createScheduledController(), { ...env, KEEP_PAYLOAD_DAYS: "" });
    expect(await namesOf("words/2020")).toHaveLength(1);
  });
});

it("a receipt without a payload says so by its type, and no receipt says both", async () => {
  const id = await asked(cast(), "types");
  await ENDINGS["approved"]?.(cast(), id);
  const whole = await receiptOf(cast().agent, id);
  expect(await stored(id)).not.toBeNull();
  for (const [type, payload] of [
    ["countersign/receipt@v1", null],
    ["countersign/receipt-without-payload@v1", PAYLOAD],
    ["countersign/receipt@v2", null],
  ]) {
    const receipt = parseReceipt(JSON.stringify({ ...(JSON.parse(whole) as object), type, payload }));
    expect(receipt).toMatchObject({ ok: false, refusal: { code: "malformed" } });
  }
  const bare = parseReceipt(
    JSON.stringify({ ...(JSON.parse(whole) as object), type: "countersign/receipt-without-payload@v1", payload: null }),
  );
  if (!bare.ok) throw new Error(bare.refusal.message);
  expect(await verifyReceipt(bare.value, { vkey: cast().vkey, origin: ORIGIN })).toMatchObject({
    ok: true,
    value: { payloadIsKept: false },
  });
});
