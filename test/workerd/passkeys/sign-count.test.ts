/**
 * Passkeys' counters (WebAuthn L3, 7.2, "signCount"): one rule for signing in, deciding and signing as an admin. A count that does not
 * go on is refused of a passkey that cannot leave its device, and of any other taken, noted and shown.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Me, PersonItem } from "#api/people-data.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, openPage, receiptOf, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import {
  authorise,
  call,
  draftAgent,
  enrolFirst,
  makeAgent,
  ORIGIN,
  outcome,
  signIn,
  signInBody,
  type Someone,
} from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let agent: Agent;
const lines: string[] = [];

/** Somebody whose passkey is of that kind, and an agent; the counter is where it was made. */
async function begin(backupEligible: boolean): Promise<void> {
  await emptyStorage();
  alex = await enrolFirst({ backupEligible });
  agent = await makeAgent(alex);
}

beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const counter = async () =>
  (await env.DB.prepare("SELECT sign_count, counter_back_at FROM passkey").all<{ sign_count: number; counter_back_at: string | null }>())
    .results[0];
const counted = async (): Promise<number | undefined> => (await counter())?.sign_count;
const events = (event: string) =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line["event"] === event);

/** Each ceremony with a passkey, with this count: whether it was taken, and what one is told otherwise. */
const CEREMONIES: Record<string, { refusal: [number, string]; use: (signCount: number) => Promise<Response> }> = {
  "signing in": { refusal: [401, "unauthorized"], use: (signCount) => signIn(alex.passkey, { signCount }) },
  "a decision": {
    refusal: [403, "decision_not_accepted"],
    async use(signCount) {
      const { request_id: id } = await ask(agent);
      return send(alex, id, await signedDecision(alex, await openPage(alex, id), "denied", { wrong: { signCount } }));
    },
  },
  "an admin's signature": {
    refusal: [403, "decision_not_accepted"],
    async use(signCount) {
      const name = `bot-${crypto.randomUUID().slice(0, 8)}`;
      const authorisation = await authorise(alex.passkey, await draftAgent(alex, name), { signCount });
      return call("POST", "/api/v1/agents", { cookie: alex.cookie, body: { name, authorisation } });
    },
  },
};
const ALL = Object.entries(CEREMONIES);
const pairs = ALL.flatMap(([first, one]) => ALL.map(([second, other]) => [first, second, one, other] as const));

describe("a passkey on one device", () => {
  beforeEach(() => begin(false));

  test.each(pairs)("%s moves the counter, and %s that does not go on is refused", async (_, __, one, other) => {
    expect((await one.use(7)).ok).toBe(true);
    expect(await counted()).toBe(7);
    for (const stale of [7, 6, 0]) expect(await outcome(await other.use(stale))).toEqual(other.refusal);
    expect(await counted()).toBe(7);
    expect((await other.use(8)).ok).toBe(true);
    expect(await counted()).toBe(8);
  });

  test.each(ALL)("%s: the log line says why, and the owner and admins are shown since when", async (_, { use }) => {
    await use(7);
    const before = Date.now();
    await use(7);
    const since = Date.parse((await counter())?.counter_back_at ?? "");
    expect(since).toBeGreaterThanOrEqual(before);
    expect(events("request").some(({ reason }) => String(reason).endsWith("counter-went-back"))).toBe(true);
    expect(events("passkey-counter-back")).toMatchObject([{ person: alex.id }]);
  });

  test.each(ALL)("%s: of two at once with the same count one is refused", async (_, { refusal, use }) => {
    const answers = await Promise.all([use(7), use(7)]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await outcome(answers.find(({ ok }) => !ok) as Response)).toEqual(refusal);
  });

  test("what is refused before it is verified moves nothing", async () => {
    expect((await signIn(alex.passkey, { signCount: 9, userVerified: false })).ok).toBe(false);
    expect((await signIn(alex.passkey, { signCount: 9, origin: "https://evil.example" })).ok).toBe(false);
    expect(await counted()).toBe(0);
  });

  test("an authenticator that does not count costs no write, and one that does a row", async () => {
    const meter = new PlatformMeter(env.DB, {});
    const rowsWith = async (signCount: number): Promise<number> => {
      const body = await signInBody(alex.passkey, { signCount });
      meter.take();
      expect((await call("POST", "/sign-in/finish", { body })).ok).toBe(true);
      return meter.take().d1RowsWritten;
    };
    const rows = await rowsWith(0);
    expect(await counter()).toEqual({ sign_count: 0, counter_back_at: null });
    expect(await rowsWith(7)).toBe(rows + 1);
  });
});

describe("a synchronised passkey", () => {
  beforeEach(() => begin(true));

  test.each(pairs)("after %s, %s is taken at the same count, a smaller one and none", async (_, __, one, other) => {
    expect((await one.use(7)).ok).toBe(true);
    for (const stale of [7, 3, 0]) expect((await other.use(stale)).ok).toBe(true);
    expect(await counted()).toBe(7);
    expect(events("passkey-counter-back")).toHaveLength(3);
  });

  test("the first time is what is shown, to its owner and to admins", async () => {
    await signIn(alex.passkey, { signCount: 7 });
    const at = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: at });
    await signIn(alex.passkey, { signCount: 7 });
    vi.setSystemTime(at + 60_000);
    await signIn(alex.passkey, { signCount: 0 });
    const since = new Date(at).toISOString();
    const me = await (await call("GET", "/api/v1/me", { cookie: alex.cookie })).json<Me>();
    expect(me.passkeys).toMatchObject([{ counter_back_at: since }]);
    const { items } = await (await call("GET", "/api/v1/people", { cookie: alex.cookie })).json<{ items: PersonItem[] }>();
    expect(items[0]?.passkeys).toMatchObject([{ counter_back_at: since }]);
    for (const page of ["/account", "/admin/people"]) {
      expect(await (await call("GET", page, { cookie: alex.cookie })).text()).toContain(" its counter went back: it may have been copied.");
    }
  });

  test("nothing is shown or noted while it counts on, or does not count", async () => {
    for (const signCount of [0, 1, 5, 6]) expect((await signIn(alex.passkey, { signCount })).ok).toBe(true);
    expect(await counter()).toEqual({ sign_count: 6, counter_back_at: null });
    expect(await (await call("GET", "/account", { cookie: alex.cookie })).text()).not.toContain("its counter went back");
  });

  test("a receipt says nothing of it, and verifies", async () => {
    await signIn(alex.passkey, { signCount: 7 });
    const { request_id: id } = await ask(agent);
    await send(alex, id, await signedDecision(alex, await openPage(alex, id), "approved", { wrong: { signCount: 3 } }));
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved" });
    const receipt = parseReceipt(await receiptOf(agent, id));
    if (!receipt.ok) throw new Error(receipt.refusal.code);
    const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
    expect((await verifyReceipt(receipt.value, { vkey, origin: ORIGIN })).ok).toBe(true);
  });
});

describe("the same assertion again", () => {
  beforeEach(() => begin(false));

  test("serves as it did: a nonce that is spent is what refuses it, not its counter", async () => {
    const body = await signInBody(alex.passkey, { signCount: 7 });
    const answers = await Promise.all([1, 2, 3].map(() => call("POST", "/sign-in/finish", { body })));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await counter())?.counter_back_at).toBeNull();
  });
});
