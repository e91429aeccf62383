/** What looking for a grant costs, exactly: as much with ten thousand of one agent as with ten. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { findGrants, hasRoom } from "#storage/grants/find-grants.ts";
import { keptKeys, lookUp } from "#rules/grants/grant-keys.ts";
import { type Agent, ask } from "#test/workerd/support/approvals.ts";
import { REMEMBERED } from "#test/workerd/support/grants/grants.ts";
import { enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { putGrants, scalingGrant } from "#test/workerd/support/grants/put-grants.ts";

let alex: Someone;
let few: Agent;
let many: Agent;
const [FEW, MANY] = [10, 10_000];

beforeAll(async () => {
  alex = await enrolFirst();
  [few, many] = [await makeAgent(alex, "few"), await makeAgent(alex, "many")];
  await publish(alex, policyOf([REMEMBERED]));
  const grants = (agent: Agent, count: number) =>
    Array.from({ length: count }, (_, n) => scalingGrant(`grt_${agent.name}${n}`, agent.id, `service-${n}`));
  await putGrants(alex, grants(few, FEW));
  await putGrants(alex, grants(many, MANY));
});

/** Rows that D1 reads while something is done. */
let read: number;
beforeEach(() => (read = 0));
const counted = (statement: D1PreparedStatement): D1PreparedStatement =>
  new Proxy(statement, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== "function") return own;
      return async (...given: unknown[]) => {
        const answer: unknown = (own as (...all: unknown[]) => unknown).apply(target, given);
        if (name === "bind") return answer;
        const done = (await answer) as D1Result;
        read += done.meta.rows_read;
        return done;
      };
    },
  });
const meter = (d1: D1Database): D1Database =>
  ({
    withSession: (start: string) => {
      const session = d1.withSession(start);
      return {
        prepare: (sql: string) => {
          const statement = session.prepare(sql);
          return { bind: (...values: unknown[]) => counted(statement.bind(...values)) };
        },
        batch: async (statements: D1PreparedStatement[]) => {
          const results = await Promise.all(statements.map((statement) => statement.all()));
          return results;
        },
      };
    },
  }) as unknown as D1Database;

const NOW = "2026-11-30T00:00:00.000Z";
const actionOf = (agent: Agent, service: string) => ({
  agent: agent.id,
  server: null,
  tool: "scale_replicas",
  schemaHash: null,
  args: { service, replicas: 7 },
});
async function rowsToFind(agent: Agent, service: string): Promise<{ found: number; rows: number }> {
  read = 0;
  const { place, exactIn } = lookUp(actionOf(agent, service));
  const found = await findGrants(meter(env.DB), place, exactIn, NOW);
  return { found: found.length, rows: read };
}

/** The index is read up to the row behind, if there is one: which of two agents is the last in it is chance. */
const expectSame = <Kind extends { rows: number }>(one: Kind, other: Kind) => {
  expect({ ...one, rows: 0 }).toEqual({ ...other, rows: 0 });
  expect(Math.abs(one.rows - other.rows)).toBeLessThanOrEqual(1);
};

it("one that covers it is found in as many rows, and so is that there is none", async () => {
  const hit = await rowsToFind(few, "service-7");
  expect(hit.found).toBe(1);
  expect(hit.rows).toBeLessThan(20);
  expectSame(await rowsToFind(many, "service-7"), hit);
  expectSame(await rowsToFind(many, `service-${MANY - 1}`), hit);
  const miss = await rowsToFind(few, "another");
  expect(miss.found).toBe(0);
  expectSame(await rowsToFind(many, "another"), miss);
});

it("and whether one more may be given", async () => {
  const rows = async (agent: Agent) => {
    read = 0;
    const room = await hasRoom(meter(env.DB), keptKeys(scalingGrant("grt_new", agent.id, "service-7")), NOW);
    return { room, rows: read };
  };
  const little = await rows(few);
  expect(little.room).toBe(true);
  expectSame(await rows(many), little);
});

it("an ask passes by one of ten thousand", async () => {
  const body = { action: "Scale", payload: { service: "service-9999", replicas: 8 }, tool: "scale_replicas" };
  expect(await ask(many, body)).toMatchObject({ status: "approved", basis: "grant" });
});

it("no more than sixteen of one exact key, and none of a seventeenth pattern", async () => {
  const agent = await makeAgent(alex, "bounded");
  const alike = Array.from({ length: 16 }, (_, n) => scalingGrant(`grt_alike${n}`, agent.id, "api"));
  await putGrants(alex, alike.slice(1));
  const room = (grant = scalingGrant("grt_new", agent.id, "api")) => hasRoom(env.DB, keptKeys(grant), NOW);
  expect(await room()).toBe(true);
  await putGrants(alex, alike.slice(0, 1));
  expect(await room()).toBe(false);
  expect(await room(scalingGrant("grt_new", agent.id, "web"))).toBe(true);
  const pattern = (n: number) => ({
    ...scalingGrant(`grt_pattern${n}`, agent.id, "api"),
    fixed: [{ pointer: `/member-${n}`, value: n }],
  });
  await putGrants(
    alex,
    Array.from({ length: 15 }, (_, n) => pattern(n)),
  );
  expect(await room(pattern(99))).toBe(false);
  expect(await room(pattern(3))).toBe(true);
});
