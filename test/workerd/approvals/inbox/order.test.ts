/** What is open stands by deadline, whichever sets and agents it is of, on each page and from page to page. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { nearReads } from "#storage/near/near-reads.ts";
import { openOf } from "#storage/inbox/approver-lists.ts";
import { everyOpen } from "#storage/inbox/auditor-lists.ts";
import { ALL } from "#storage/inbox/list-filter.ts";
import { type Cursor, type ListQuery, readLists } from "#storage/inbox/read-lists.ts";
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
  await env.DB.batch(
    Array.from({ length: ROWS }, (_, n) =>
      listed.bind(agents[n % 3], NOW, `apr_${n}`, JSON.stringify([person.id, `usr_${Math.floor(n / 15)}`]), deadline(n)),
    ),
  );
  const all = Array.from({ length: ROWS }, (_, n) => deadline(n)).toSorted();
  for (const query of [
    (from: Cursor | null) => openOf(person.id, NOW, false, { filter: ALL, from, rows: 25 }),
    (from: Cursor | null): ListQuery => everyOpen(NOW, { filter: ALL, from, rows: 25 }),
  ]) {
    const found: string[] = [];
    let from: Cursor | null = null;
    do {
      const [page] = await readLists(nearReads(env.DB, null).read, [query(from)]);
      found.push(...(page?.rows ?? []).map(({ expiresAt }) => expiresAt));
      from = page?.next ?? null;
    } while (from !== null);
    expect(found).toEqual(all);
  }
});
