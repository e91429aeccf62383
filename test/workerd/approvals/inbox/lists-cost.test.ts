/**
 * What lists cost the database: not a row more for what others have open, or for what has ended, one's own or others', however lately,
 * at ten rows of each kind, at a thousand and at a hundred thousand; and no page a row more for what stands before or behind it.
 */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import type { Inbox } from "#api/inbox-data.ts";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

const SIZES = [10, 1_000, 100_000];
/** There from the beginning, so that every list is more than a page at every size. */
const PAGES = 130;
const ROWS_OF_A_PAGE = 50;
/** Of a page that lists what is open, for each row: two to find it, two for the row after it, its own two, its agent's and its signatures'. */
const MOST_ROWS_FOR_ONE = 12;
/** Of each page: how much waits, counted up to a hundred and one of each agent, and whether each of them is signed. */
const MOST_ROWS_TO_COUNT = 101 * 5;
const HOUR_MS = 3_600_000;

interface Kind {
  name: string;
  /** Who could decide it: this one, or of so many sets those that begin so and end in a number. */
  people: string;
  sets?: number;
  /** Hours since it was asked, and hours that it may be open. */
  asked: number;
  open: number;
  ended: boolean;
  /** By another agent than the one whose requests are one's own. */
  byOther?: boolean;
}

let agent: Agent;
let other: Agent;
let alex: Someone;
let robin: Someone;

/** Requests with these numbers, a millisecond apart, as the service lists them. */
async function list({ name, people, sets = 0, asked, open, ended, byOther = false }: Kind, from: number, to: number): Promise<void> {
  const askedAt = (Date.now() - asked * HOUR_MS) / 1_000;
  await env.DB.prepare(
    `WITH RECURSIVE one(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?2)
     INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at, ended_at)
     SELECT ?3, strftime('%Y-%m-%dT%H:%M:%fZ', ?4 + n * 0.001, 'unixepoch'), 'apr_' || ?5 || n, 'Listed',
       json_array(CASE WHEN ?7 = 0 THEN ?6 ELSE ?6 || (n % ?7) END),
       strftime('%Y-%m-%dT%H:%M:%fZ', ?4 + ?8 + n * 0.001, 'unixepoch'), ?9 FROM one`,
  )
    .bind(from, to, (byOther ? other : agent).id, askedAt, name, people, sets, open * 3_600, ended ? new Date().toISOString() : null)
    .run();
}

/** How one's own with these numbers ended, in a log that has ended: from its first leaf on. */
async function logEnds(from: number, to: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE one(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?2)
     INSERT INTO log_leaf (log_id, idx, idem, entry, record, salt)
     SELECT 2, n + ?4, 'apr_e' || n || ':final', zeroblob(33), json_object('kind', 'approval.denied', 'request', json_object('id', 'apr_e' || n,
       'action', 'Listed', 'requested_by', json_object('name', 'bot'), 'requested_at', ?3, 'expires_at', ?3)), '' FROM one`,
  )
    .bind(from, to, new Date().toISOString(), PAGES)
    .run();
}

/** A list by itself, at its beginning or after its first page; null for whole pages. */
const LISTS = {
  "a person's inbox": null,
  "what waits for a person": ["waiting", "first"],
  "what waits, further": ["waiting", "further"],
  "what a person has signed": ["signed", "first"],
  "what a person has signed, further": ["signed", "further"],
  "what a person could decide and has ended": ["recent", "first"],
  "what has ended, further": ["recent", "further"],
  "an auditor's inbox": null,
  "everything open": ["open", "first"],
  "everything open, further": ["open", "further"],
  "everything that has ended": ["ended", "first"],
  "everything that has ended, further": ["ended", "further"],
  "the page of agents": null,
  "the page of people": null,
} as const;
type Name = keyof typeof LISTS;

/** By whom and where each is read. */
async function addressOf(name: Name): Promise<[Someone, string]> {
  if (name === "a person's inbox") return [alex, "/"];
  if (name === "an auditor's inbox") return [robin, "/"];
  const part = LISTS[name];
  if (part === null) return [robin, name === "the page of agents" ? "/admin/agents" : "/admin/people"];
  const [listName, place] = part;
  const reader = listName === "open" || listName === "ended" ? robin : alex;
  const first = `/inbox?list=${listName}`;
  if (place === "first") return [reader, first];
  const { lists } = await (await call("GET", first, { cookie: reader.cookie })).json<Inbox>();
  return [reader, (lists[0]?.next ?? "").replace(/^\//, "/inbox")];
}

let meter: PlatformMeter;
/** Rows read at each size. */
const costs = new Map<Name, number[]>();

async function measure(name: Name): Promise<void> {
  const [{ cookie }, at] = await addressOf(name);
  // Once a minute a session is noted as used, which is no cost of a list.
  await (await call("GET", "/api/v1/me", { cookie })).body?.cancel();
  meter.take();
  const answer = await call("GET", at, { cookie });
  const rows = meter.take().d1RowsRead;
  expect(answer.status).toBe(200);
  if (LISTS[name] === null) await answer.body?.cancel();
  else expect((await answer.json<Inbox>()).lists.map((one) => one.rows.length)).toEqual([ROWS_OF_A_PAGE]);
  costs.set(name, [...(costs.get(name) ?? []), rows]);
}

beforeAll(async () => {
  ({ person: alex, agent } = await personAndAgent());
  other = await makeAgent(alex, "other-bot");
  robin = await admitted(alex, "robin", ["auditor"]);
  meter = new PlatformMeter(env.DB, {});
  await env.DB.prepare("INSERT INTO log (id, origin, state, created_at) VALUES (2, 'one that has ended', 'frozen', '')").run();
  const own = { people: alex.id };
  await list({ ...own, name: "w", asked: 2, open: 4, ended: false }, 0, PAGES);
  await list({ ...own, name: "s", asked: 2, open: 5, ended: false }, 0, PAGES);
  await env.DB.prepare("INSERT INTO signed_so_far SELECT id, '', eligible FROM approval WHERE id LIKE 'apr_s%'").run();
  const kinds: Kind[] = [
    { name: "o", people: "usr_other", sets: 5, asked: 1, open: 100, ended: false, byOther: true },
    { name: "q", people: "usr_other", sets: 5, asked: 1, open: 100, ended: true, byOther: true },
    { ...own, name: "e", asked: 100, open: 168, ended: true },
  ];
  let from = -PAGES;
  for (const size of SIZES) {
    for (const kind of kinds) await list(kind, from, size);
    await logEnds(from, size);
    from = size;
    for (const name of Object.keys(LISTS) as Name[]) await measure(name);
  }
});

it("there are as many rows as are said", async () => {
  const counted = await env.DB.prepare("SELECT count(*) AS rows, count(ended_at) AS ended FROM approval").first();
  expect(counted).toEqual({ rows: 3 * (100_000 + PAGES) + 2 * PAGES, ended: 2 * (100_000 + PAGES) });
});

it.each(Object.keys(LISTS) as Name[])("reads as much at ten, a thousand and a hundred thousand of each kind: %s", (name) => {
  const [first, ...others] = costs.get(name) ?? [];
  expect(first).toBeGreaterThan(0);
  expect(others).toEqual([first, first]);
});

it("a further page of what is open costs what the first one does, a few rows for each that it shows", () => {
  for (const [first, further] of [
    ["what waits for a person", "what waits, further"],
    ["everything open", "everything open, further"],
  ] as const) {
    expect(costs.get(further)).toEqual(costs.get(first));
    expect(costs.get(first)?.[0]).toBeLessThanOrEqual(MOST_ROWS_FOR_ONE * ROWS_OF_A_PAGE + MOST_ROWS_TO_COUNT);
  }
});
