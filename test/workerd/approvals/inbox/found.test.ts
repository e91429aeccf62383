/** Looking for requests: in all of a person's lists and in no others, by words, risk and agent, on the page and over REST; and only so far. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Inbox, TABS } from "#api/inbox-data.ts";
import type { ApprovalList } from "#api/inbox/approval-list.ts";
import { type Agent, ask, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

let alex: Someone;
let sam: Someone;
let robin: Someone;
let agent: Agent;
let other: Agent;
let meter: PlatformMeter;
const ids: Record<"open" | "signed" | "denied" | "others" | "plain", string> = { open: "", signed: "", denied: "", others: "", plain: "" };

const setRisk = (id: string, risk: string | null) => env.DB.prepare("UPDATE approval SET risk = ?2 WHERE id = ?1").bind(id, risk).run();

beforeAll(async () => {
  ({ person: alex, agent } = await personAndAgent());
  sam = await admitted(alex, "sam", ["approver"]);
  robin = await admitted(alex, "robin", ["auditor"]);
  other = await makeAgent(alex, "Züge-bot");
  const asked = async (action: string, body = {}, by = agent) => (await ask(by, { action, ...body })).request_id;
  ids.open = await asked("Drop the table Über");
  ids.signed = await asked("Drop another table", { approvers: { required: 2 } });
  await decided(alex, ids.signed, "approved");
  ids.denied = await asked("Drop the last table");
  await decided(alex, ids.denied, "denied");
  ids.others = await asked("Drop what only Sam may", { approvers: { users: ["sam"] } });
  ids.plain = await asked("Read 100% of it_all", {}, other);
  await setRisk(ids.open, "critical");
  await setRisk(ids.plain, "low");
  meter = new PlatformMeter(env.DB, {});
});

const found = async (person: Someone, search: string): Promise<Record<string, string[]>> => {
  const inbox = await (await call("GET", `/inbox?${search}`, { cookie: person.cookie })).json<Inbox>();
  return Object.fromEntries(inbox.lists.map(({ name, rows }) => [TABS[name], rows.map(({ id }) => id)]));
};
const NONE = { "for-you": [], "waiting-on-others": [], decided: [] };
const drops = () => ({ "for-you": [ids.open], "waiting-on-others": [ids.signed], decided: [ids.denied] });

describe("by words", () => {
  it("in all lists of the person, and in none of others'", async () => {
    expect(await found(alex, "q=drop")).toEqual(drops());
    expect(await found(alex, "q=TABLE+drop")).toEqual(drops());
    expect((await found(sam, "q=only+sam"))["for-you"]).toEqual([ids.others]);
    expect(await found(robin, "q=drop")).toEqual({
      open: expect.arrayContaining([ids.open, ids.signed, ids.others]) as string[],
      ended: [ids.denied],
    });
  });

  it.each(["über", "ÜBER", "Über", "table%20über"])("whatever its letters, also those that are not of ASCII: %s", async (q) => {
    expect(await found(alex, `q=${q}`)).toEqual({ ...NONE, "for-you": [ids.open] });
  });

  it("of the agent's name, and the id; and nothing stands for anything else", async () => {
    expect(await found(alex, "q=züge")).toEqual({ ...NONE, "for-you": [ids.plain] });
    expect(await found(alex, `q=${ids.denied}`)).toEqual({ ...NONE, decided: [ids.denied] });
    expect(await found(alex, "q=100%25")).toEqual({ ...NONE, "for-you": [ids.plain] });
    for (const q of ["%25", "_", "t_ble", "*", "'", '"', "drop'--", "null", "\\"]) {
      const all = Object.values(await found(alex, `q=${encodeURIComponent(q)}`)).flat();
      expect([q, all.includes(ids.open)]).toEqual([q, false]);
    }
  });
});

describe("by risk and agent", () => {
  it("of these levels; what is not known is of none", async () => {
    expect(await found(alex, "risk=high,critical")).toEqual({ ...NONE, "for-you": [ids.open] });
    expect(await found(alex, "risk=low,medium")).toEqual({ ...NONE, "for-you": [ids.plain] });
    expect(await found(alex, "risk=low&q=drop")).toEqual(NONE);
  });

  it("by name, however it is written, and by id", async () => {
    for (const name of ["Züge-bot", "züge-bot", "ZÜGE-BOT", other.id])
      expect(await found(alex, `agent=${encodeURIComponent(name)}`)).toEqual({ ...NONE, "for-you": [ids.plain] });
    expect(await found(alex, "agent=Züge")).toEqual(NONE);
  });

  it("in one tab, and the page says the risk in a word", async () => {
    expect(await found(alex, "tab=decided&q=drop")).toEqual({ decided: [ids.denied] });
    const html = await (await call("GET", "/?q=drop", { cookie: alex.cookie })).text();
    expect(html).toContain('<span class="risk critical">Critical risk</span>');
  });
});

describe("over REST", () => {
  const listed = async (person: Someone, query: string) =>
    (await (await call("GET", `/api/v1/approvals?${query}`, { cookie: person.cookie })).json<ApprovalList>()).items.map(
      (item) => item.request_id,
    );

  it("the same lists, with the same search", async () => {
    expect(await listed(alex, "")).toEqual([ids.open, ids.plain]);
    expect(await listed(alex, "status=pending&for=me&q=drop&risk=critical&agent=deploy-bot")).toEqual(
      (await found(alex, "q=drop&risk=critical&agent=deploy-bot"))["for-you"],
    );
    expect(await listed(alex, "for=others")).toEqual([ids.signed]);
    expect(await listed(alex, "status=ended")).toEqual([ids.denied]);
    expect([await listed(alex, "status=denied"), await listed(alex, "status=approved")]).toEqual([[ids.denied], []]);
    expect(await listed(robin, "")).toEqual(await listed(robin, "for=everyone"));
    expect((await listed(robin, "for=everyone")).toSorted()).toEqual([ids.open, ids.signed, ids.others, ids.plain].toSorted());
    expect(await listed(robin, "for=everyone&status=denied&q=last")).toEqual([ids.denied]);
  });

  it("tells of each what the page shows", async () => {
    const answer = await call("GET", "/api/v1/approvals?risk=critical", { cookie: alex.cookie });
    expect(await answer.json()).toEqual({
      items: [
        {
          request_id: ids.open,
          action: "Drop the table Über",
          agent: expect.any(String) as string,
          status: "pending",
          risk: "critical",
          requested_at: expect.any(String) as string,
          expires_at: expect.any(String) as string,
          approval_url: `${env.PUBLIC_ORIGIN}/a/${ids.open}`,
        },
      ],
    });
  });

  it.each([
    ["status=open", 400],
    ["risk=grave", 400],
    ["for=nobody", 400],
    ["cursor=x", 400],
    ["for=others&status=denied", 400],
    ["for=everyone", 403],
  ])("refuses %s", async (query, status) => {
    expect((await call("GET", `/api/v1/approvals?${query}`, { cookie: alex.cookie })).status).toBe(status);
  });

  it("is not an agent's, nor an admin's alone", async () => {
    expect(await outcome(await call("GET", "/api/v1/approvals", { key: agent.key, origin: null }))).toEqual([403, "forbidden"]);
    const kim = await admitted(alex, "kim", ["admin"]);
    expect((await call("GET", "/api/v1/approvals", { cookie: kim.cookie })).status).toBe(403);
    expect(await outcome(await call("GET", "/api/v1/approvals?for=me", { cookie: robin.cookie }))).toEqual([403, "forbidden"]);
  });
});

describe("only so far", () => {
  const SIZES = [100, 1_000, 20_000];
  /** Of what is open: two rows to find one, two for the one after it, its own two, its agent's, and its signatures'. */
  const MOST_ROWS = 2_000 * 12 + 200;
  /** With a hundred of one kind there is none after the last that is looked at. */
  const AT_THE_EDGE = 40;
  const PLAIN = ["/", "/?tab=for-you", "/?tab=waiting-on-others", "/?tab=decided", "/?tab=open", "/?tab=ended"];
  const SEARCHES = ["/?q=nowhere", "/?risk=medium", "/?agent=nobody", "/?q=nowhere&risk=medium&agent=nobody", "/?tab=open&q=nowhere"];
  const costs = new Map<string, number[]>();
  let grown: Someone;

  /** So many of one's own open, of others' open, of one's own ended and of others' ended. */
  async function grow(from: number, to: number): Promise<void> {
    const insert = env.DB.prepare(
      `WITH RECURSIVE one(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?2)
       INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at, ended_at, risk)
       SELECT ?3, strftime('%Y-%m-%dT%H:%M:%fZ', ?4 - n * 0.001, 'unixepoch'), ?5 || CAST(n AS INTEGER), 'Listed', ?6,
         strftime('%Y-%m-%dT%H:%M:%fZ', ?4 + 3600 + n * 0.001, 'unixepoch'), ?7, 'low' FROM one`,
    );
    const [now, ended] = [Date.now() / 1_000, new Date().toISOString()];
    const [own, others] = [JSON.stringify([grown.id]), JSON.stringify(["usr_other"])];
    await env.DB.batch([
      insert.bind(from, to, agent.id, now, "apr_oo", own, null),
      insert.bind(from, to, other.id, now, "apr_xo", others, null),
      insert.bind(from, to, agent.id, now - 86_400, "apr_oe", own, ended),
      insert.bind(from, to, other.id, now - 86_400, "apr_xe", others, ended),
      env.DB.prepare(
        `WITH RECURSIVE one(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?2)
         INSERT INTO log_leaf (log_id, idx, idem, entry, record, salt) SELECT 2, n, 'apr_oe' || CAST(n AS INTEGER) || ':final', zeroblob(33),
           json_object('kind', 'approval.denied', 'request', json_object('id', 'apr_oe' || CAST(n AS INTEGER), 'action', 'Listed', 'requested_at', ?3,
             'expires_at', ?3, 'requested_by', json_object('id', 'agt_x', 'name', 'bot'))), '' FROM one`,
      ).bind(from, to, ended),
    ]);
  }

  beforeAll(async () => {
    grown = await admitted(alex, "grown", ["approver", "auditor"]);
    await env.DB.prepare("INSERT INTO log (id, origin, state, created_at) VALUES (2, 'one that has ended', 'frozen', '')").run();
    let from = 0;
    for (const size of SIZES) {
      await grow(from, size);
      from = size;
      for (const address of [...PLAIN, ...SEARCHES]) {
        await (await call("GET", "/api/v1/me", { cookie: grown.cookie })).body?.cancel();
        meter.take();
        const answer = await call("GET", address, { cookie: grown.cookie });
        await answer.body?.cancel();
        const { d1RowsRead, d1Trips } = meter.take();
        expect([address, answer.status, d1Trips <= 3]).toEqual([address, 200, true]);
        costs.set(address, [...(costs.get(address) ?? []), d1RowsRead]);
      }
    }
  });

  it.each(PLAIN)("%s reads the same at a hundred, a thousand and twenty thousand, of one's own and of others'", (address) => {
    const [small = 0, ...larger] = costs.get(address) ?? [];
    for (const rows of larger) expect([address, Math.abs(rows - small) <= AT_THE_EDGE]).toEqual([address, true]);
  });

  it.each(SEARCHES)("%s finds nothing, and reads no more than so many rows of each list", (address) => {
    const [small = 0, , large = 0] = costs.get(address) ?? [];
    expect(small).toBeGreaterThan(100);
    expect(large).toBeLessThanOrEqual((address.includes("tab=") ? 1 : 5) * MOST_ROWS);
  });

  it("the page says how far, and goes on from there until there is nothing more", async () => {
    let address: string | null = "/?tab=decided&q=listed&risk=high";
    for (let pages = 0; address !== null; pages++) {
      expect(pages).toBeLessThan(50);
      const inbox: Inbox = await (await call("GET", address.replace("/?", "/inbox?"), { cookie: grown.cookie })).json<Inbox>();
      const [list] = inbox.lists;
      expect(list?.rows).toEqual([]);
      expect(list?.looked_at).toBe(list?.next === null ? null : 2_000);
      address = list?.next ?? null;
    }
    const html = await (await call("GET", "/?q=nowhere", { cookie: grown.cookie })).text();
    expect(html).toContain("Searched the newest 2,000.");
    expect(html).toContain("Searched the 2,000 with the least time left.");
  });
});
