/** What people find in their inboxes: what waits for them and nothing else, all of it within reach, and none of it dearer for what others have. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Inbox, type InboxListName, TABS } from "#api/inbox-data.ts";
import { type Agent, ask, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted, changeRoles, given } from "#test/workerd/support/invited.ts";
import { call, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { eraseByHand } from "#test/workerd/support/erasure/erasing.ts";

let alex: Someone;
let sam: Someone;
let agent: Agent;
let meter: PlatformMeter;

beforeAll(() => {
  meter = new PlatformMeter(env.DB, {});
});
beforeEach(async () => {
  await emptyStorage();
  ({ person: alex, agent } = await personAndAgent());
  sam = await admitted(alex, "sam", ["approver"]);
});
afterEach(() => {
  vi.useRealTimers();
});

/** `GET /inbox`, as the page's script reads it. */
const inboxOf = async ({ cookie }: Someone, search = ""): Promise<Inbox> => (await call("GET", `/inbox${search}`, { cookie })).json();

/** Ids in a list, in its order. */
async function listed(person: Someone, name: InboxListName, search = `?tab=${TABS[name]}`): Promise<string[]> {
  const { lists } = await inboxOf(person, search);
  return lists.find((one) => one.name === name)?.rows.map(({ id }) => id) ?? [];
}

/** Ids that are links on the page itself, in their order. */
async function linked(person: Someone, address = "/"): Promise<{ ids: string[]; next: string | null }> {
  const html = await (await call("GET", address, { cookie: person.cookie })).text();
  const next =
    /<a href="([^"]*)">(?:More|Older|Look further|All(?: \d+)?, by deadline)<\/a>/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? null;
  return { ids: [...html.matchAll(/href="\/a\/([^"]+)"/g)].map((match) => match[1] ?? ""), next };
}

/** Every id from this page of a list to its last. */
async function walked(person: Someone, first: string): Promise<string[]> {
  const ids: string[] = [];
  for (let address: string | null = first; address !== null;) {
    const page = await linked(person, address);
    ids.push(...page.ids);
    address = page.next;
  }
  return ids;
}

/** Lists requests as an earlier version did, straight into the table. */
async function list(
  count: number,
  { of = agent, people = [alex], prefix = "apr_x", asked = Date.now(), ended = false }: Partial<Listed> = {},
): Promise<string[]> {
  const time = (ms: number) => new Date(ms).toISOString();
  const rows = Array.from({ length: count }, (_, i) => [`${prefix}${10_000 + i}`, time(asked + i), time(asked + i + 900_000)]);
  await env.DB.prepare(
    `INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at, ended_at)
     SELECT ?1, value ->> 1, value ->> 0, 'Listed', ?2, value ->> 2, ?3 FROM json_each(?4)`,
  )
    .bind(of.id, JSON.stringify(people.map(({ id }) => id).toSorted()), ended ? time(asked) : null, JSON.stringify(rows))
    .run();
  return rows.map(([id = ""]) => id);
}
interface Listed {
  of: Agent;
  people: Someone[];
  prefix: string;
  asked: number;
  ended: boolean;
}

const TWO = { approvers: { required: 2 } };

describe("what waits", () => {
  it("is what one has not signed; what one has signed, and others have not, is a list of its own", async () => {
    const { request_id: id } = await ask(agent, TWO);
    expect([await listed(alex, "waiting"), await listed(sam, "waiting")]).toEqual([[id], [id]]);
    await decided(alex, id, "approved");
    expect([await listed(alex, "waiting"), await listed(alex, "signed")]).toEqual([[], [id]]);
    expect([await listed(sam, "waiting"), await listed(sam, "signed")]).toEqual([[id], []]);
    await decided(sam, id, "approved");
    for (const person of [alex, sam]) {
      expect([await listed(person, "waiting"), await listed(person, "signed"), await listed(person, "recent")]).toEqual([[], [], [id]]);
    }
    expect(await env.DB.prepare("SELECT * FROM signed_by").all()).toMatchObject({ results: [] });
  });

  it("goes with its end, whatever that is", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const asked = async (body = {}) => (await ask(agent, body)).request_id;
    const [denied, cancelled, expired, kept] = [await asked(), await asked(), await asked({ expires_in_seconds: 30 }), await asked()];
    await decided(alex, denied, "denied");
    await call("POST", `/api/v1/approvals/${cancelled}/cancel`, { key: agent.key, origin: null, body: {} });
    vi.setSystemTime(Date.now() + 31_000);
    await call("GET", `/api/v1/approvals/${expired}`, { key: agent.key, origin: null });
    expect(await listed(alex, "waiting")).toEqual([kept]);
    const { lists } = await inboxOf(alex, "?tab=decided");
    expect(
      lists
        .find(({ name }) => name === "recent")
        ?.rows.map(({ id, status }) => [id, status])
        .toSorted(),
    ).toEqual(
      [
        [denied, "denied"],
        [cancelled, "cancelled"],
        [expired, "expired"],
      ].toSorted(),
    );
  });

  it.each([30, 3_600, 3_601, 86_400, 86_401, 604_800])("is found to its last second, however long it may wait: %d s", async (seconds) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { request_id: id } = await ask(agent, { expires_in_seconds: seconds });
    const askedAt = Date.now();
    const later = async (ms: number): Promise<string[]> => {
      vi.setSystemTime(askedAt + ms);
      const session = await env.DB.prepare("UPDATE session SET created_at = ?1, last_seen_at = ?1").bind(new Date().toISOString()).run();
      expect(session.success).toBe(true);
      return listed(alex, "waiting");
    };
    expect(await later(0)).toEqual([id]);
    expect(await later(seconds * 1_000 - 1)).toEqual([id]);
    expect(await later(seconds * 1_000)).toEqual([]);
  });

  it("is one's own: what only others could decide is not there", async () => {
    const { request_id: id } = await ask(agent, { approvers: { users: ["sam"] } });
    expect([await listed(alex, "waiting"), await listed(sam, "waiting")]).toEqual([[], [id]]);
  });

  it("is all within reach, page by page without a script, and hides no other agent's", async () => {
    const quiet = await makeAgent(alex, "quiet-bot");
    const noisy = await list(130, { prefix: "apr_n" });
    const { request_id: own } = await ask(quiet, { expires_in_seconds: 3_600 });
    const first = await linked(alex);
    expect(first.ids).toContain(own);
    expect(first.ids).toHaveLength(21);
    expect(first.next).toBe("/?tab=for-you");
    const all = await walked(alex, "/?list=waiting");
    expect(all).toEqual([...noisy, own]);
  });

  it("pages of it do not shift when some of it goes or comes", async () => {
    const all = await list(120);
    const first = await linked(alex, "/?list=waiting");
    await env.DB.prepare("UPDATE approval SET ended_at = 'then' WHERE id IN (SELECT value FROM json_each(?1))")
      .bind(JSON.stringify(all.slice(0, 40)))
      .run();
    await list(30, { prefix: "apr_a", asked: Date.now() - 60_000 });
    expect([...first.ids, ...(await walked(alex, first.next ?? ""))]).toEqual(all);
  });

  it("of many agents: each has its most urgent on the first page", async () => {
    for (let n = 0; n < 8; n++)
      await list(30, { of: await makeAgent(alex, `busy-${n}`), prefix: `apr_${n}`, asked: Date.now() + n * 10_000 });
    const { lists, waiting: counted } = await inboxOf(alex);
    const [waiting] = lists;
    expect([waiting?.rows.length, waiting?.total, counted]).toEqual([60, { count: 240, more: false }, { count: 240, more: false }]);
    expect(new Set(waiting?.rows.map(({ agent: name }) => name)).size).toBe(8);
  });
});

describe("what has ended", () => {
  it("is all within reach, back to the first, each once", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 55; n++) {
      const { request_id: id } = await ask(agent);
      ids.unshift(id);
      await decided(alex, id, n % 2 === 0 ? "approved" : "denied");
    }
    const first = await linked(alex, "/?tab=decided");
    expect(first.ids).toEqual(ids.slice(0, 50));
    expect([...first.ids, ...(await walked(alex, first.next ?? ""))]).toEqual(ids);
    expect(await walked(sam, "/?list=recent")).toEqual(ids);
  });

  it("does not name what was erased from the log", async () => {
    const { request_id: id } = await ask(agent, { action: "Forget me" });
    await decided(alex, id, "denied");
    const query = env.DB.prepare("SELECT idx FROM log_leaf WHERE idem = ?1").bind(`${id}:final`);
    await eraseByHand((await query.first<number>("idx")) ?? 0);
    expect(await (await call("GET", "/?tab=decided", { cookie: alex.cookie })).text()).not.toContain("Forget me");
  });
});

it("shows what nothing is known of: a signature that an earlier version took is in no list", async () => {
  const { request_id: id } = await ask(agent, TWO);
  await decided(alex, id, "approved");
  await env.DB.prepare("DELETE FROM signed_by").run();
  expect([await listed(alex, "waiting"), await listed(sam, "waiting")]).toEqual([[id], [id]]);
});

describe("what is asked for that is not there", () => {
  it.each([
    "?list=open",
    "?list=ended",
    "?list=nothing",
    "?from=x",
    "?tab=open",
    "?tab=recent",
    "?tab=for-you&risk=grave",
    "?list=waiting&from=x",
    "?list=waiting&from=~",
    `?list=recent&from=${"9".repeat(200)}~1`,
  ])("is not refused: %s", async (search) => {
    const { request_id: id } = await ask(agent);
    expect((await call("GET", `/${search}`, { cookie: alex.cookie })).status).toBe(200);
    expect((await inboxOf(alex, search)).lists.every(({ name }) => name !== "open" && name !== "ended")).toBe(true);
    if (!search.includes("recent")) expect(await listed(alex, "waiting", search)).toEqual([id]);
  });
});

describe("an auditor", () => {
  it("who decides nothing reads everything: what is open, and what has ended, back to the beginning", async () => {
    const robin = await admitted(alex, "robin", ["auditor"]);
    const open = [await ask(agent, { approvers: { users: ["sam"] } }), await ask(agent)].map(({ request_id: id }) => id);
    const ended: string[] = [];
    for (let n = 0; n < 24; n++) {
      const { request_id: id } = await ask(agent, { approvers: { users: ["sam"] } });
      await decided(sam, id, "denied");
      ended.unshift(id);
    }
    const page = await (await call("GET", "/", { cookie: robin.cookie })).text();
    expect(page).not.toContain("that you can give");
    expect(page).toContain("As an auditor you can read every request and its receipt; you decide none.");
    expect(await listed(robin, "open")).toEqual(open);
    expect(await walked(robin, "/?list=ended")).toEqual(ended);
    expect(await listed(robin, "waiting", "?list=waiting")).toEqual([]);
    for (const id of [...open, ...ended.slice(0, 1)]) expect((await call("GET", `/a/${id}`, { cookie: robin.cookie })).status).toBe(200);
  });

  it("who decides too has their own first, and the way to all", async () => {
    const robin = await admitted(alex, "robin", ["auditor", "approver"]);
    const { request_id: notTheirs } = await ask(agent, { approvers: { users: ["sam"] } });
    const page = await (await call("GET", "/", { cookie: robin.cookie })).text();
    expect(page).not.toContain(notTheirs);
    expect(page).toContain('href="/?tab=open"');
    expect(await listed(robin, "open", "?list=open")).toEqual([notTheirs]);
  });

  it("who is one no more reads nothing", async () => {
    const robin = await admitted(alex, "robin", ["auditor"]);
    await ask(agent);
    await given(await changeRoles(alex, robin.id, []));
    expect((await inboxOf(robin, "?list=open")).lists).toEqual([]);
    const page = await (await call("GET", "/", { cookie: robin.cookie })).text();
    expect(page).toContain("You have no role that reads or decides requests.");
  });
});

describe("the page asks again", () => {
  it("and is answered with nothing until something has changed", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const again = (tag: string) => call("GET", `/inbox?seen=${tag}`, { cookie: alex.cookie });
    const html = await (await call("GET", "/", { cookie: alex.cookie })).text();
    const tag = /data-tag="([0-9a-f]+)"/.exec(html)?.[1] ?? "";
    const unchanged = await again(tag);
    expect([unchanged.status, await unchanged.text()]).toEqual([204, ""]);
    const { request_id: id } = await ask(agent);
    const changed = await again(tag);
    expect(changed.status).toBe(200);
    const inbox = await changed.json<Inbox>();
    expect(inbox.lists[0]?.rows.map((row) => row.id)).toEqual([id]);
    vi.setSystemTime(Date.now() + 60_000);
    expect((await again(inbox.tag)).status).toBe(204);
  });

  it("for two trips to D1, and not a row more for what others have, or for what ended long ago", async () => {
    await ask(agent);
    const { request_id: ended } = await ask(agent);
    await decided(alex, ended, "denied");
    const other = await makeAgent(alex, "other-bot");
    const used = async () => {
      await call("GET", "/inbox", { cookie: alex.cookie });
      meter.take();
      await call("GET", "/inbox", { cookie: alex.cookie });
      const { d1Trips, d1RowsRead, d1RowsWritten } = meter.take();
      return { d1Trips, d1RowsRead, d1RowsWritten };
    };
    await list(10, { of: other, people: [sam], prefix: "apr_o" });
    const before = await used();
    expect(before).toEqual({ d1Trips: 2, d1RowsRead: expect.any(Number) as number, d1RowsWritten: 0 });
    expect(before.d1RowsRead).toBeLessThan(80);
    await list(1_000, { of: other, people: [sam], prefix: "apr_p" });
    await list(1_000, { of: agent, people: [sam], prefix: "apr_q" });
    await list(1_000, { of: other, people: [sam], prefix: "apr_r", ended: true });
    expect(await used()).toEqual(before);

    const week = 8 * 86_400_000;
    await list(100, { prefix: "apr_s", ended: true, asked: Date.now() - week });
    const full = await used();
    await list(1_000, { prefix: "apr_t", ended: true, asked: Date.now() - 2 * week });
    expect(await used()).toEqual(full);
  });
});
