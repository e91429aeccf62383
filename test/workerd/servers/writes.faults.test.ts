/** Adding a server and accepting its tools under every single fault: either nothing is so, or all of it is, with its leaf. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given, recordsOf } from "#test/workerd/support/invited.ts";
import { authorise, call, type Someone } from "#test/workerd/support/people.ts";
import {
  acceptedTools,
  addedServer,
  draftOfServer,
  inForce,
  listedPins,
  sendSigned,
  SERVER,
  tellServer,
  tool,
} from "#test/workerd/support/servers/signed-servers.ts";
import { beginADayAhead, endDeployments } from "#test/workerd/faults/deployments.ts";
import { type End, type Fault, type How, withFaults } from "#test/workerd/faults/fault-plan.ts";

let alex: Someone;
beforeEach(async () => {
  ({ person: alex } = await beginADayAhead());
  await receivers.reset();
  await tellServer({ tools: [tool("a"), tool("b")] });
});
afterEach(endDeployments);

/** What a signed change writes, in this order; what is listed after it is told apart. */
const WRITES = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];
const FAULTS: Fault[] = WRITES.flatMap((_, at) =>
  (["absent", "present"] as How[]).flatMap((how) =>
    (at === 0 ? (["goes on"] as End[]) : (["goes on", "dies"] as End[])).map((end) => ({ at, how, end })),
  ),
);

const rows = async (sql: string) => (await env.DB.prepare(sql).all()).results;

describe("adding a server", () => {
  const WANTED = { draft: "add", ...SERVER, authentication: { kind: "bearer" }, credential: { token: "s3cret" } };

  it.each(FAULTS)("fails at write $at, $how, and $end", async (fault) => {
    const statement = await draftOfServer(alex, WANTED);
    const signed = await authorise(alex.passkey, statement);
    const { done, struck } = await withFaults([fault], () => sendSigned(alex, statement, signed));
    expect(struck).toHaveLength(1);
    expect([201, 503]).toContain(done.status);
    const servers = await rows("SELECT settings, credential IS NOT NULL AS sealed FROM server");
    const records = (await recordsOf("server.added")).map(({ server }) => server);
    expect(servers.map(({ settings }) => JSON.parse(String(settings)) as unknown)).toEqual(records);
    if (servers.length === 0) await given(await sendSigned(alex, statement, signed), 201);
    expect(await rows("SELECT credential IS NOT NULL AS sealed FROM server")).toEqual([{ sealed: 1 }]);
    expect(await recordsOf("server.added")).toHaveLength(1);
  });
});

describe("accepting tools", () => {
  it.each(FAULTS)("fails at write $at, $how, and $end", async (fault) => {
    await addedServer(alex);
    const pins = await listedPins(alex);
    const statement = await draftOfServer(alex, { draft: "tools", server: "tickets", tools: pins });
    const signed = await authorise(alex.passkey, statement);
    const { done, struck } = await withFaults([fault], () => sendSigned(alex, statement, signed));
    expect(struck).toHaveLength(1);
    expect([200, 503]).toContain(done.status);
    const accepted = (await inForce()).accepted.map(({ name, pin }) => ({ name, pin }));
    const [record] = await recordsOf("tools.accepted");
    expect(record?.["tools"] ?? []).toEqual(accepted);
    if (accepted.length === 0) await given(await sendSigned(alex, statement, signed));
    expect((await inForce()).accepted).toHaveLength(2);
    expect(await recordsOf("tools.accepted")).toHaveLength(1);
  });
});

describe("removing a server", () => {
  it.each(FAULTS)("fails at write $at, $how, and $end", async (fault) => {
    await addedServer(alex);
    await acceptedTools(alex);
    const remove = () => call("DELETE", "/api/v1/servers/tickets", { cookie: alex.cookie });
    const { done, struck } = await withFaults([fault], remove);
    expect(struck).toHaveLength(1);
    expect([204, 503]).toContain(done.status);
    const stands = await rows("SELECT id FROM server WHERE removed_at IS NULL");
    expect(stands).toHaveLength(1 - (await recordsOf("server.removed")).length);
    if (done.status !== 204) expect((await remove()).status).toBe(204);
    expect(await rows("SELECT id FROM server WHERE removed_at IS NULL")).toEqual([]);
    expect(await rows("SELECT name FROM server_tool")).toEqual([]);
  });
});
