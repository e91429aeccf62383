/** What an erased person decided: withheld once its request is in the archive, together with what that has, whatever breaks off meanwhile. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { withholdNaming } from "#composition/erasure/withhold-ports.ts";
import { asked, bucket, DAY_S, daysPass, overIds, signInAgain } from "#test/workerd/faults/archiving.ts";
import { withFaults } from "#test/workerd/faults/fault-plan.ts";
import { later, runAlarm, service, stored } from "#test/workerd/faults/journeys.ts";
import { askFor, decided } from "#test/workerd/support/approvals.ts";
import { erase, retire } from "#test/workerd/support/erasure/erasing.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";

const cast = service();
beforeEach(() => signInAgain(cast()));

/** A request that this person, who is erased by now, has decided, in the archive. */
async function decidedByErased(username: string, key: string): Promise<{ id: string; person: Someone }> {
  const person = await admitted(cast().person, username);
  const id = await asked(cast(), key);
  await decided(person, id, "denied", { comment: `So says ${username}` });
  await daysPass(id);
  expect(await stored(id)).toBeNull();
  await signInAgain(cast());
  await retire(cast().person, person);
  expect((await erase(cast().person, person.id)).status).toBe(200);
  return { id, person };
}

const recordOf = (id: string) => env.DB.prepare("SELECT record FROM log_leaf WHERE idem = ?1").bind(`${id}:final`).first<string>("record");
const archivedOf = async (id: string) => (await bucket().list()).objects.map(({ key }) => key).filter((key) => key.endsWith(id));
const isGone = async (id: string) => [await recordOf(id), await archivedOf(id)];

it("goes from the log and from the archive, is told so, and nothing is opened in its place", async () => {
  const { id } = await decidedByErased("sam", "of sam");
  expect(await archivedOf(id)).toHaveLength(2);
  await withholdNaming(env);
  expect(await isGone(id)).toEqual([null, []]);
  const { agent } = cast();
  const path = `/api/v1/approvals/${id}`;
  expect(await outcome(await call("GET", `${path}/receipt`, { key: agent.key, origin: null }))).toEqual([410, "withheld"]);
  expect(await outcome(await call("GET", path, { key: agent.key, origin: null }))).toEqual([404, "unknown_request"]);
  expect((await askFor(agent, { idempotency_key: "of sam" })).status).toBe(503);
  // Again changes nothing.
  const noted = await env.DB.prepare("SELECT * FROM withheld_leaf").all();
  await withholdNaming(env);
  expect(await env.DB.prepare("SELECT * FROM withheld_leaf").all()).toMatchObject({ results: noted.results });
});

it("of which the object died before it was emptied does not come back to the archive", async () => {
  const person = await admitted(cast().person, "rio");
  const id = await asked(cast(), "of rio");
  await decided(person, id, "denied", { comment: "So says Rio" });
  later(31 * DAY_S);
  const { struck } = await withFaults([{ at: "approval: deleteAll", how: "absent", end: "goes on" }], () => runAlarm(id));
  expect([struck.length, (await stored(id))?.request.id, await overIds()]).toEqual([1, id, expect.arrayContaining([id])]);
  await signInAgain(cast());
  await retire(cast().person, person);
  expect((await erase(cast().person, person.id)).status).toBe(200);
  await withholdNaming(env);
  expect(await isGone(id)).toEqual([null, []]);
  later(3_600);
  await runAlarm(id);
  expect([await stored(id), ...(await isGone(id))]).toEqual([null, null, []]);
});

/** Fails the n-th call of `name`, before or after it did its work. */
function failing<Of extends object>(of: Of, name: string, { after, at }: { after: boolean; at: number }): Of {
  let calls = 0;
  return new Proxy(of, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      const work = value.bind(target) as (...args: unknown[]) => unknown;
      if (property !== name) return work;
      return async (...args: unknown[]) => {
        calls += 1;
        if (calls !== at) return work(...args);
        if (after) await work(...args);
        throw new Error("broke off");
      };
    },
  });
}

describe("a round that breaks off", () => {
  it.each([
    ["before the archive lets go", "archive", { after: false, at: 1 }, "kept"],
    ["after the archive let go", "archive", { after: true, at: 1 }, "half"],
    ["before it is noted how far it looked", "database", { after: false, at: 1 }, "kept"],
    ["after it is noted how far it looked", "database", { after: true, at: 1 }, "kept"],
  ] as const)("%s is made up for by the next", async (name, part, fault, left) => {
    const { id } = await decidedByErased(`kim-${name.length}-${part}`.slice(0, 32), name);
    const { DB, ARCHIVE } = env;
    if (ARCHIVE === undefined) throw new Error("no archive");
    await withholdNaming({
      ...env,
      ...(part === "archive" ? { ARCHIVE: failing(ARCHIVE, "delete", fault) } : { DB: failing(DB, "batch", fault) }),
    });
    expect(await recordOf(id)).not.toBeNull();
    expect(await archivedOf(id)).toHaveLength(left === "half" ? 0 : 2);
    await withholdNaming(env);
    expect(await isGone(id)).toEqual([null, []]);
  });

  it("has no archive bound, and takes nothing that would stay there", async () => {
    const { id } = await decidedByErased("lou", "of lou");
    await withholdNaming({ ...env, ARCHIVE: undefined });
    expect(await recordOf(id)).not.toBeNull();
    await withholdNaming(env);
    expect(await isGone(id)).toEqual([null, []]);
  });
});
