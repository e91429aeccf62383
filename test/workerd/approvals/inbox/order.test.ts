/** What is open stands by deadline, and what has ended by when it was asked, whichever sets and agents it is of, on each page and from page to page. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { nearReads } from "#storage/near/near-reads.ts";
import { endedOf, signedOf, waitingOf } from "#storage/inbox/approver-lists.ts";
import { everyOpen } from "#storage/inbox/auditor-lists.ts";
import { ALL, type ListPart } from "#storage/inbox/list-filter.ts";
import { type Cursor, type ListedApproval, type ListQuery, readLists } from "#storage/inbox/read-lists.ts";
import { personAndAgent } from "#test/workerd/support/approvals.ts";
import { makeAgent } from "#test/workerd/support/people.ts";

const NOW = "2026-01-01T00:00:00.000Z";
const ROWS = 60;
/** Has no factor in common with `ROWS`, so that deadlines follow neither agents nor sets. */
const STEP = 17;

it("by deadline, of three agents and four sets", async () => {
  const { person, agent } = await personAndAgent();
  const agents = [agent.id, (await makeAgent(person, "second")).id, (await makeAgent(person, "third")).id];
  const listed = env.DB.prepare(
    "INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at) VALUES (?1, ?2, ?3, 'x', ?4, ?5)",
  );
  const deadline = (n: number) => `2999-01-01T00:00:00.${String((n * STEP) % ROWS).padStart(3, "0")}Z`;
  // Not in the order of deadlines either, and of each part of the index of what has ended.
  const asked = (n: number) =>
    `2${n % 4 === 0 ? "998-12-31T23:59:59" : `00${n % 4}-01-01T00:00:00`}.${String((n * 7) % ROWS).padStart(3, "0")}Z`;
  await env.DB.batch(
    Array.from({ length: ROWS }, (_, n) =>
      listed.bind(agents[n % 3], asked(n), `apr_${n}`, JSON.stringify([person.id, `usr_${Math.floor(n / 15)}`]), deadline(n)),
    ),
  );
  const all = Array.from({ length: ROWS }, (_, n) => deadline(n)).toSorted();
  const found = async (query: (part: ListPart) => ListQuery) => {
    const rows: ListedApproval[] = [];
    let from: Cursor | null = null;
    do {
      const [page] = await readLists(nearReads(env.DB, null).read, [query({ filter: ALL, from, rows: 25 })]);
      rows.push(...(page?.rows ?? []));
      from = page?.next ?? null;
    } while (from !== null);
    return rows;
  };
  const deadlines = async (query: (part: ListPart) => ListQuery) => (await found(query)).map(({ expiresAt }) => expiresAt);
  const [waiting, signed] = [(part: ListPart) => waitingOf(person.id, NOW, part), (part: ListPart) => signedOf(person.id, NOW, part)];
  expect([await deadlines(waiting), await deadlines(signed), await deadlines((part) => everyOpen(NOW, part))]).toEqual([all, [], all]);

  await env.DB.prepare("INSERT INTO signed_by SELECT id, ?1, '', expires_at, agent_id, requested_at FROM approval WHERE agent_id <> ?2")
    .bind(person.id, agent.id)
    .run();
  const others = Array.from({ length: ROWS }, (_, n) => n).filter((n) => n % 3 !== 0);
  expect(await deadlines(signed)).toEqual(others.map(deadline).toSorted());
  expect((await deadlines(waiting)).concat(await deadlines(signed)).toSorted()).toEqual(all);

  await env.DB.prepare("UPDATE approval SET ended_at = ?1").bind(NOW).run();
  expect([await deadlines(waiting), await deadlines(signed)]).toEqual([[], []]);
  await env.DB.batch([
    env.DB.prepare("INSERT INTO log (id, origin, state, created_at) VALUES (9, 'one that has ended', 'frozen', '')"),
    env.DB.prepare(
      `INSERT INTO log_leaf (log_id, idx, idem, entry, record, salt)
       SELECT 9, row_number() OVER () - 1, id || ':final', zeroblob(33), '{"kind":"approval.denied"}', '' FROM approval`,
    ),
  ]);
  const ended = (await found((part) => endedOf(person.id, part))).map(({ requestedAt, status }) => [requestedAt, status]);
  const byAsking = Array.from({ length: ROWS }, (_, n) => asked(n))
    .toSorted()
    .toReversed();
  expect(ended).toEqual(byAsking.map((at) => [at, "denied"]));
});
