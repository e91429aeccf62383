/** Who has signed what is still open, as the database is told of it: again, late, by a version before, and until the request is over. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, it } from "vitest";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { listSigned } from "#storage/approvals.ts";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import type { Someone } from "#test/workerd/support/people.ts";

const [ID, ASKED, UNTIL] = ["apr_one", "2026-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"];
const [FIRST, SECOND, THIRD] = ["2026-01-01T00:01:00.000Z", "2026-01-01T00:02:00.000Z", "2026-01-01T00:03:00.000Z"];

let agent: Agent;
let alex: Someone;
let request: RequestDocument;

beforeAll(async () => {
  ({ person: alex, agent } = await personAndAgent());
  request = {
    id: ID,
    requested_at: ASKED,
    requested_by: { id: agent.id, name: "bot" },
    quorum: [{ name: "approvers", required: 2, eligible: [alex.id], escalations: [] }],
  } as unknown as RequestDocument;
});

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare("DELETE FROM approval"),
    env.DB.prepare("DELETE FROM signed_so_far"),
    env.DB.prepare(
      "INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at) VALUES (?1, ?2, ?3, 'Listed', ?4, ?5)",
    ).bind(agent.id, ASKED, ID, JSON.stringify([alex.id, "usr_b", "usr_c"]), UNTIL),
  ]);
});

const tell = (people: string[], at: string) => listSigned(env.DB, request, people, at);
/** As the version before notes it. */
const tellAsBefore = (people: string[], at: string) =>
  env.DB.prepare(
    `INSERT INTO signed_so_far (id, at, people) VALUES (?1, ?2, ?3)
     ON CONFLICT (id) DO UPDATE SET at = excluded.at, people = excluded.people WHERE excluded.at >= at`,
  )
    .bind(ID, at, JSON.stringify(people))
    .run();

async function known(): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT person_id, expires_at FROM signed_by ORDER BY person_id").all<Record<string, string>>();
  return results.map((row) => `${row["person_id"]} ${row["expires_at"]}`);
}
const until = (people: string[], deadline = UNTIL) => people.map((id) => `${id} ${deadline}`);

it.each([
  ["this version", tell],
  ["the version before", tellAsBefore],
])("of %s: those who count now, and what is told late changes nothing", async (_, telling) => {
  await telling(["usr_a"], FIRST);
  await telling(["usr_a", "usr_b"], SECOND);
  expect(await known()).toEqual(until(["usr_a", "usr_b"]));
  await telling(["usr_a"], FIRST);
  await telling(["usr_a", "usr_b"], SECOND);
  expect(await known()).toEqual(until(["usr_a", "usr_b"]));
  // The first signature does not count any more.
  await telling(["usr_b", "usr_c"], THIRD);
  expect(await known()).toEqual(until(["usr_b", "usr_c"]));
  await telling(["usr_a", "usr_b"], SECOND);
  expect(await known()).toEqual(until(["usr_b", "usr_c"]));
});

it("goes on where a version before has been, and the other way round", async () => {
  await tellAsBefore(["usr_a"], FIRST);
  await tell(["usr_a", "usr_b"], SECOND);
  await tellAsBefore(["usr_b", "usr_c"], THIRD);
  await tell(["usr_a", "usr_b"], SECOND);
  expect(await known()).toEqual(until(["usr_b", "usr_c"]));
});

it("follows more time, and goes with the request, however it goes; what has ended is not noted any more", async () => {
  await tell(["usr_a", "usr_b"], SECOND);
  const later = "2999-02-01T00:00:00.000Z";
  await env.DB.prepare("UPDATE approval SET expires_at = ?1").bind(later).run();
  expect(await known()).toEqual(until(["usr_a", "usr_b"], later));
  await env.DB.prepare("UPDATE approval SET ended_at = ?1").bind(THIRD).run();
  expect(await known()).toEqual([]);
  await tell(["usr_a", "usr_b"], THIRD);
  await tellAsBefore(["usr_a", "usr_b"], THIRD);
  expect(await known()).toEqual([]);
});

it("goes with a request that is taken out of the lists", async () => {
  await tell(["usr_a"], FIRST);
  await env.DB.prepare("DELETE FROM approval").run();
  expect(await known()).toEqual([]);
});

it("the migration takes up what a version before has noted of what is open", async () => {
  const triggers = [
    "signed_so_far_insert",
    "signed_so_far_update",
    "approval_ended_signed",
    "approval_gone_signed",
    "approval_later_signed",
  ];
  await env.DB.batch([...triggers.map((name) => `DROP TRIGGER ${name}`), "DROP TABLE signed_by"].map((sql) => env.DB.prepare(sql)));
  await tellAsBefore(["usr_a", "usr_b"], SECOND);
  await env.DB.prepare(`INSERT INTO signed_so_far VALUES ('apr_gone', ?1, '["usr_a"]')`).bind(FIRST).run();
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name === "0026_signed_by.sql");
  for (const sql of migration?.queries ?? []) await env.DB.prepare(sql).run();
  expect(await known()).toEqual(until(["usr_a", "usr_b"]));
  await tell(["usr_a"], FIRST);
  expect(await known()).toEqual(until(["usr_a", "usr_b"]));
  await tell(["usr_b", "usr_c"], THIRD);
  expect(await known()).toEqual(until(["usr_b", "usr_c"]));
});
