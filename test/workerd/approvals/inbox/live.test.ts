/** Open pages hear of what is on their lists, and of nothing else; whoever is not there costs nothing, and whose session is over hears nothing more. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Inbox } from "#api/inbox-data.ts";
import { MOST_LINES } from "#gate/approvals/inbox/remote-inbox.ts";
import { AgentActivity, ApprovalRequest, LogSequencer, PersonInbox } from "#worker.ts";
import { type Agent, ask, askFor, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted, changeRoles, given } from "#test/workerd/support/invited.ts";
import { lineOf, PageLine } from "#test/workerd/support/inbox/page-line.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

let alex: Someone;
let sam: Someone;
let agent: Agent;
let meter: PlatformMeter;

beforeAll(() => {
  meter = new PlatformMeter(env.DB, { AgentActivity, ApprovalRequest, LogSequencer, PersonInbox });
});
beforeEach(async () => {
  await emptyStorage();
  ({ person: alex, agent } = await personAndAgent());
  sam = await admitted(alex, "sam", ["approver"]);
});
afterEach(() => {
  vi.useRealTimers();
});

const inboxObject = ({ id }: Someone): DurableObjectStub => objectOf(env.PERSON_INBOX?.getByName(id) as Pick<Fetcher, "fetch">);
const watching = async (): Promise<string[]> =>
  (await env.DB.prepare("SELECT person_id AS id FROM inbox_open ORDER BY id").all<{ id: string }>()).results.map(({ id }) => id);
/** How many lines a person's object has, once all that was said to it before has arrived. */
const linesOf = (person: Someone): Promise<number> =>
  runInDurableObject(inboxObject(person), (_, ctx) => ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN).length);

const TWO = { approvers: { required: 2 } };

describe("a page hears", () => {
  it("of what opens, of who has signed it, and of its end", async () => {
    const [page, other] = [await PageLine.open(alex), await PageLine.open(sam)];
    const { request_id: id } = await ask(agent, TWO);
    expect(await Promise.all([page.hears(), other.hears()])).toEqual(["changed", "changed"]);
    await decided(alex, id, "approved");
    expect(await Promise.all([page.hears(), other.hears()])).toEqual(["changed", "changed"]);
    await decided(sam, id, "approved");
    expect(await Promise.all([page.hears(), other.hears()])).toEqual(["changed", "changed"]);
  });

  it("of a cancellation, and of an end by time", async () => {
    const { request_id: cancelled } = await ask(agent);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { request_id: expired } = await ask(agent, { expires_in_seconds: 30 });
    const page = await PageLine.open(alex);
    await call("POST", `/api/v1/approvals/${cancelled}/cancel`, { key: agent.key, origin: null, body: {} });
    expect(await page.hears()).toBe("changed");
    vi.setSystemTime(Date.now() + 31_000);
    await call("GET", `/api/v1/approvals/${expired}`, { key: agent.key, origin: null });
    expect(await page.hears()).toBe("changed");
  });

  it("nothing of what only others could decide, unless it is an auditor's", async () => {
    const robin = await admitted(alex, "robin", ["auditor"]);
    const [page, audited] = [await PageLine.open(alex), await PageLine.open(robin)];
    const { request_id: id } = await ask(agent, { approvers: { users: ["sam"] } });
    expect(await audited.hears()).toBe("changed");
    await decided(sam, id, "denied");
    expect(await audited.hears()).toBe("changed");
    expect(await linesOf(alex)).toBe(1);
    expect(page.heard).toEqual([]);
  });

  it("only that there is something: what, it reads itself, at the primary", async () => {
    const page = await PageLine.open(alex);
    const { request_id: id } = await ask(agent);
    await expect.poll(() => page.heard).toEqual(["changed"]);
    const inbox = await (await call("GET", "/inbox?changed=", { cookie: alex.cookie })).json<Inbox>();
    expect(inbox.lists[0]?.rows.map((row) => row.id)).toEqual([id]);
  });

  it("after its object has slept, and answers pings without waking it", async () => {
    const page = await PageLine.open(alex);
    await evictDurableObject(inboxObject(alex), { webSockets: "hibernate" });
    page.say("ping");
    await expect.poll(() => page.heard).toEqual(["pong"]);
    page.heard.length = 0;
    await ask(agent);
    expect(await page.hears()).toBe("changed");
  });

  it("of many changes one after the other, and of the last one", async () => {
    const page = await PageLine.open(alex);
    for (let n = 0; n < 8; n++) await ask(agent, { action: `Change ${n}` });
    expect(await page.hears()).toBe("changed");
    const { request_id: last } = await ask(agent, { action: "One more" });
    expect(await page.hears()).toBe("changed");
    const inbox = await (await call("GET", "/inbox?changed=", { cookie: alex.cookie })).json<Inbox>();
    expect(inbox.lists[0]?.rows.map((row) => row.id)).toContain(last);
  });
});

describe("whoever is not there", () => {
  it("is not known to the database, from the last page on", async () => {
    expect(await watching()).toEqual([]);
    const [one, two] = [await PageLine.open(alex), await PageLine.open(alex)];
    expect(await watching()).toEqual([alex.id]);
    one.leave();
    await expect.poll(() => linesOf(alex)).toBe(1);
    expect(await watching()).toEqual([alex.id]);
    two.leave();
    await expect.poll(watching).toEqual([]);
    expect(await runInDurableObject(inboxObject(alex), (_, ctx) => ctx.storage.getAlarm())).toBeNull();
  });

  it("costs asking and deciding nothing, and who is costs one call", async () => {
    await askFor(agent, { action: "The first" });
    const asking = async (page?: PageLine) => {
      meter.take();
      expect((await askFor(agent, { action: crypto.randomUUID() })).status).toBe(201);
      if (page !== undefined) expect(await page.hears()).toBe("changed");
      const { d1Trips, d1RowsWritten, objectRequests } = meter.take();
      return { d1Trips, d1RowsWritten, objectRequests };
    };
    const nobody = { d1Trips: 3, d1RowsWritten: 2, objectRequests: { "ApprovalRequest.open": 1 } };
    expect(await asking()).toEqual(nobody);
    const page = await PageLine.open(alex);
    const somebody = await asking(page);
    // One of them is the object's look at the sessions, beside the answer.
    expect(somebody).toEqual({ ...nobody, d1Trips: 4, objectRequests: { ...nobody.objectRequests, "PersonInbox.changed": 1 } });
    page.leave();
    await expect.poll(watching).toEqual([]);
    expect(await asking()).toEqual(nobody);
  });

  it("is forgotten by whoever finds nobody there, and by time", async () => {
    await env.DB.prepare("INSERT INTO inbox_open VALUES (?1, 0, '2999-01-01T00:00:00.000Z')").bind(sam.id).run();
    await env.DB.prepare("INSERT INTO inbox_open VALUES (?1, 1, '2026-01-01T00:00:00.000Z')").bind(alex.id).run();
    await ask(agent);
    await expect.poll(watching).toEqual([alex.id]);
  });

  it("is said to be there again while they are", async () => {
    await PageLine.open(alex);
    await env.DB.prepare("DELETE FROM inbox_open").run();
    await runDurableObjectAlarm(inboxObject(alex));
    expect(await watching()).toEqual([alex.id]);
  });
});

describe("a line is refused", () => {
  it("without a session, with a key, from another site's page, and where none is asked for", async () => {
    expect(await outcome(await lineOf())).toEqual([401, "unauthorized"]);
    expect(await outcome(await lineOf({ key: agent.key }))).toEqual([403, "forbidden"]);
    for (const origin of [null, "https://evil.example", "https://sub.gate.example.com"])
      expect(await outcome(await lineOf({ cookie: alex.cookie, origin }))).toEqual([403, "forbidden"]);
    expect(await outcome(await call("GET", "/inbox/live", { cookie: alex.cookie }))).toEqual([400, "invalid_request"]);
    expect(await watching()).toEqual([]);
  });

  it("to one page too many, and then not to another person's", async () => {
    const pages: PageLine[] = [];
    for (let n = 0; n < MOST_LINES; n++) pages.push(await PageLine.open(alex));
    expect(await outcome(await lineOf({ cookie: alex.cookie }))).toEqual([429, "rate_limited"]);
    await PageLine.open(sam);
    pages[0]?.leave();
    await expect.poll(async () => (await lineOf({ cookie: alex.cookie })).status).toBe(101);
  });
});

describe("nothing more is heard", () => {
  const ends: [string, () => Promise<unknown>][] = [
    ["that was signed out", () => call("POST", "/sign-out", { cookie: sam.cookie, body: {} })],
    [
      "that is too old",
      () => env.DB.prepare("UPDATE session SET created_at = '2026-01-01T00:00:00.000Z' WHERE person_id = ?").bind(sam.id).run(),
    ],
  ];
  it.each(ends)("with a session %s", async (_, end) => {
    const [page, other] = [await PageLine.open(sam), await PageLine.open(alex)];
    await end();
    await ask(agent);
    expect(await other.hears()).toBe("changed");
    await expect.poll(() => page.ended).toBe(4401);
    expect(page.heard).toEqual([]);
    await ask(agent, { action: "Another" });
    expect(await other.hears()).toBe("changed");
    expect(page.heard).toEqual([]);
    await expect.poll(watching).toEqual([alex.id]);
  });

  it("with a passkey that was revoked, of which its person's lists have nothing more", async () => {
    const [page, other] = [await PageLine.open(sam), await PageLine.open(alex)];
    await env.DB.prepare("UPDATE passkey SET revoked_at = 'then' WHERE person_id = ?").bind(sam.id).run();
    await ask(agent);
    expect(await other.hears()).toBe("changed");
    expect(page.heard).toEqual([]);
    await runDurableObjectAlarm(inboxObject(sam));
    await expect.poll(() => page.ended).toBe(4401);
  });

  it("as an auditor by who is one no more", async () => {
    const robin = await admitted(alex, "robin", ["auditor"]);
    const page = await PageLine.open(robin);
    await given(await changeRoles(alex, robin.id, []));
    await ask(agent, { approvers: { users: ["sam"] } });
    await expect.poll(() => page.ended).toBe(4409);
    expect(page.heard).toEqual([]);
  });
});

it("a deployment without the object has no lines, and its pages know", async () => {
  const settings = { PERSON_INBOX: undefined } as object;
  const html = await (await call("GET", "/", { cookie: alex.cookie, settings })).text();
  expect(html).not.toContain("data-line");
  expect(await (await call("GET", "/", { cookie: alex.cookie })).text()).toContain('data-line="/inbox/live"');
  expect(await outcome(await lineOf({ cookie: alex.cookie, settings }))).toEqual([404, "not_found"]);
  expect((await askFor(agent)).status).toBe(201);
});
