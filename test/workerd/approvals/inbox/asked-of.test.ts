/** What an agent has open is found under the sets of people that it asks (d1-migrations/0014): all of it, and few sets are looked into. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { approvalIndex, pendingOf } from "#storage/approvals.ts";
import { type Agent, ask, NOT_STOPPED, openPage, personAndAgent } from "#test/workerd/support/approvals.ts";
import { makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const LONG_AGO = "2026-01-01T00:00:00.000Z";
const LATER = "2999-01-01T00:00:00.000Z";
/** With the next one, those go under which nothing is open. */
const MOST_SETS = 32;
const SETS = 100;

let person: Someone;
let agent: Agent;

beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(emptyStorage);

/** An agent asks somebody else each time; of each ten asks one stays open. */
async function askManySets(agentId: string, whom = "usr"): Promise<string[]> {
  const listed = env.DB.prepare(
    "INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at) VALUES (?1, ?2, ?3, 'x', ?4, ?5)",
  );
  const ended = env.DB.prepare("UPDATE approval SET ended_at = ?2 WHERE id = ?1");
  const ids = Array.from({ length: SETS }, (_, n) => `apr_${agentId}${whom}${n}`);
  await env.DB.batch(
    ids.flatMap((id, n) => [
      listed.bind(agentId, LONG_AGO, id, JSON.stringify([`${whom}_${n}`]), LATER),
      ...(n % 10 === 0 ? [] : [ended.bind(id, LONG_AGO)]),
    ]),
  );
  return ids.filter((_, n) => n % 10 === 0);
}

const setsOf = (agentId: string) =>
  env.DB.prepare("SELECT count(*) AS n FROM asked_of WHERE agent_id = ?").bind(agentId).first<number>("n");
const pending = async (agentId: string) => (await pendingOf(env.DB, agentId, LONG_AGO)).toSorted();

it("all that is open is found and counted, however many sets were asked, and those with nothing open are forgotten", async () => {
  const other = await makeAgent(person, "other-bot");
  const [open, others] = [await askManySets(agent.id), await askManySets(other.id)];
  expect(await pending(agent.id)).toEqual(open.toSorted());
  expect(await pending(other.id)).toEqual(others.toSorted());
  expect(await setsOf(agent.id)).toBeLessThanOrEqual(MOST_SETS);
  const { request } = await openPage(person, (await ask(agent)).request_id);
  const list = (cap: number, id: string) =>
    approvalIndex(env.DB).list({ ...request, id }, { MAX_PENDING_PER_AGENT: cap, MAX_REQUESTS_PER_MINUTE: 100 }, NOT_STOPPED.epoch);
  expect(await list(open.length + 1, "apr_over")).toMatchObject({ status: "over-cap", cap: "MAX_PENDING_PER_AGENT" });
  expect(await list(open.length + 2, "apr_within")).toMatchObject({ status: "listed" });
});

it("also what other people may decide since a while, and nothing that has ended meanwhile", async () => {
  const open = await askManySets(agent.id);
  const [moved = "", ended = "", ...rest] = open;
  await env.DB.prepare("UPDATE approval SET eligible = '[\"usr_new\"]' WHERE id = ?").bind(moved).run();
  await env.DB.prepare("UPDATE approval SET ended_at = ?2 WHERE id = ?1").bind(ended, LONG_AGO).run();
  expect(await pending(agent.id)).toEqual([moved, ...rest].toSorted());
  const more = await askManySets(agent.id, "others");
  expect(await pending(agent.id)).toEqual([moved, ...rest, ...more].toSorted());
  expect(await setsOf(agent.id)).toBeLessThanOrEqual(MOST_SETS);
});
