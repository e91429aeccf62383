/**
 * What "Waiting on others" and "Decided" read: as much with a hundred of each kind that stand in neither, or stand behind, as with a
 * thousand and ten thousand; and their further pages what the first one reads.
 */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import type { Inbox } from "#api/inbox-data.ts";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

const SIZES = [100, 1_000, 10_000];
/** There from the beginning, so that each list is more than two pages at every size. */
const OWN = 130;
const ROWS_OF_A_PAGE = 50;
/** Of what was signed: its signature, its row, its set and its agent. */
const ROWS_OF_ONE_SIGNED = 4;
/** How much waits, which each answer counts: up to a hundred and one of each of two agents, each with its signature. */
const MOST_ROWS_TO_COUNT = 2 * 101 * 3;
/** The session, who reads, and what stands beside every list. */
const MOST_ROWS_BESIDE = 60;
const HOUR_MS = 3_600_000;

let agent: Agent;
let alex: Someone;

interface Kind {
  name: string;
  people: readonly string[];
  /** Hours since it was asked, and until it is over; null for one that has ended. */
  asked: number;
  until: number;
  ended: boolean;
  signedBy?: string;
}

const time = (ms: number): string => new Date(ms).toISOString();

/** So many requests of a kind with these numbers, a millisecond apart, with their signatures and ends. */
async function grow({ name, people, asked, until, ended, signedBy }: Kind, by: Agent, from: number, to: number): Promise<void> {
  const now = Date.now();
  const rows = Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    return [`apr_${name}${n}`, time(now - asked * HOUR_MS + n), time(now + until * HOUR_MS + n)];
  });
  await env.DB.prepare(
    `INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at)
     SELECT ?1, value ->> 1, value ->> 0, 'Listed', ?2, value ->> 2 FROM json_each(?3)`,
  )
    .bind(by.id, JSON.stringify(people), JSON.stringify(rows))
    .run();
  const ids = JSON.stringify(rows.map(([id]) => id));
  if (signedBy !== undefined) {
    await env.DB.prepare(
      `INSERT INTO signed_by SELECT id, ?1, requested_at, expires_at, agent_id, requested_at FROM approval
       WHERE agent_id = ?2 AND id IN (SELECT value FROM json_each(?3))`,
    )
      .bind(signedBy, by.id, ids)
      .run();
  }
  if (!ended) return;
  await env.DB.batch([
    env.DB.prepare("UPDATE approval SET ended_at = ?1 WHERE agent_id = ?2 AND id IN (SELECT value FROM json_each(?3))").bind(
      time(now),
      by.id,
      ids,
    ),
    env.DB.prepare(
      `INSERT INTO log_leaf (log_id, idx, idem, entry, record, salt)
       SELECT 2, (SELECT count(*) FROM log_leaf WHERE log_id = 2) + key, value || ':final', zeroblob(33),
         '{"kind":"approval.denied"}', '' FROM json_each(?1)`,
    ).bind(ids),
  ]);
}

const LISTS = ["signed", "recent"] as const;
type List = (typeof LISTS)[number];

let meter: PlatformMeter;
/** Rows read at each size, of the first page and of the one after it. */
const costs: Record<List, number[][]> = { signed: [], recent: [] };
/** The ids of those pages. */
const shown: Record<List, string[][]> = { signed: [], recent: [] };

async function read(address: string): Promise<{ rows: number; ids: string[]; next: string }> {
  // Once a minute a session is noted as used, which is no cost of a list.
  await (await call("GET", "/api/v1/me", { cookie: alex.cookie })).body?.cancel();
  meter.take();
  const answer = await call("GET", address, { cookie: alex.cookie });
  const { d1RowsRead: rows } = meter.take();
  expect(answer.status).toBe(200);
  const [list] = (await answer.json<Inbox>()).lists;
  return { rows, ids: (list?.rows ?? []).map(({ id }) => id), next: (list?.next ?? "").replace(/^\//, "/inbox") };
}

beforeAll(async () => {
  ({ person: alex, agent } = await personAndAgent());
  const other = await makeAgent(alex, "other-bot");
  const sam = await admitted(alex, "sam");
  meter = new PlatformMeter(env.DB, {});
  await env.DB.prepare("INSERT INTO log (id, origin, state, created_at) VALUES (2, 'one that has ended', 'frozen', '')").run();
  const both = [alex.id, sam.id].toSorted();
  await grow({ name: "s", people: both, asked: 2, until: 10, ended: false, signedBy: alex.id }, agent, 0, OWN);
  await grow({ name: "e", people: both, asked: 20, until: -1, ended: true }, agent, 0, OWN);
  /** All that could be in the way: one's own that waits, more and less urgent, asked later; what others signed; what both had signed and has ended; others' own. */
  const kinds: Kind[] = [
    { name: "w", people: both, asked: 1, until: 5, ended: false },
    { name: "l", people: both, asked: 1, until: 50, ended: false },
    { name: "o", people: both, asked: 1, until: 6, ended: false, signedBy: sam.id },
    { name: "t", people: both, asked: 30, until: 7, ended: true, signedBy: alex.id },
    { name: "x", people: [sam.id], asked: 1, until: 5, ended: false },
    { name: "y", people: [sam.id], asked: 1, until: 5, ended: true },
  ];
  let from = 0;
  for (const size of SIZES) {
    for (const kind of kinds) for (const by of [agent, other]) await grow({ ...kind, name: `${kind.name}${by.id}` }, by, from, size);
    from = size;
    for (const list of LISTS) {
      const first = await read(`/inbox?list=${list}`);
      const further = await read(first.next);
      costs[list].push([first.rows, further.rows]);
      shown[list].push([...first.ids, ...further.ids]);
    }
  }
});

it.each(LISTS)("%s reads the same at a hundred, a thousand and ten thousand, and so does its next page", (list) => {
  const [small] = costs[list];
  expect(small?.[0]).toBeGreaterThan(ROWS_OF_A_PAGE);
  expect(costs[list]).toEqual(SIZES.map(() => small));
  // The row that the first page ended with is looked at again.
  expect(small?.[1]).toBe((small?.[0] ?? 0) + 1);
});

it("lists what it did, in its order", () => {
  const numbers = Array.from({ length: 2 * ROWS_OF_A_PAGE }, (_, n) => n);
  expect(shown.signed).toEqual(SIZES.map(() => numbers.map((n) => `apr_s${n}`)));
  expect(shown.recent).toEqual(SIZES.map(() => numbers.map((n) => `apr_e${OWN - 1 - n}`)));
});

it("what was signed costs so many rows each, besides those that any list costs", () => {
  const beside = (costs.signed[0]?.[0] ?? 0) - ROWS_OF_ONE_SIGNED * ROWS_OF_A_PAGE;
  expect(beside).toBeLessThanOrEqual(MOST_ROWS_TO_COUNT + MOST_ROWS_BESIDE);
});
