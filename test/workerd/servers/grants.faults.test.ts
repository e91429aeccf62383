/** Connecting, refreshing and disconnecting under every single fault: a grant is signed for or not, and what the issuer gave is not lost. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeptServerGrant } from "#upstreams/oauth/grant-tokens.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given, recordsOf } from "#test/workerd/support/invited.ts";
import { authorise, type Someone } from "#test/workerd/support/people.ts";
import {
  addedAccounts,
  answerOf,
  askedOfIssuer,
  begin,
  begun,
  broughtBack,
  comeBack,
  disconnected,
  draftShared,
  ownServers,
  sendShared,
  signedShared,
} from "#test/workerd/support/servers/connections.ts";
import { refresh } from "#test/workerd/support/servers/signed-servers.ts";
import { beginADayAhead, endDeployments } from "#test/workerd/faults/deployments.ts";
import { withFaults, type WritePoint } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";

let alex: Someone;
let server: string;
beforeEach(async () => {
  ({ person: alex } = await beginADayAhead());
  await receivers.reset();
  server = await addedAccounts(alex);
});
afterEach(endDeployments);

const names = (seen: readonly WritePoint[]): string[] => seen.map(({ name }) => name.replace(/(?<=grant:|flow:)\S+/, "…"));
const object = () => env.UPSTREAM_SERVER.getByName(server) as unknown as DurableObjectStub;
const kept = (): Promise<KeptServerGrant[]> =>
  runInDurableObject(object(), (_, { storage }) => [...storage.kv.list<KeptServerGrant>({ prefix: "grant:" })].map(([, grant]) => grant));
const expired = (): Promise<void> =>
  runInDurableObject(object(), (_, { storage }) => {
    for (const [name, grant] of storage.kv.list<KeptServerGrant>({ prefix: "grant:" })) storage.kv.put(name, { ...grant, until: 0 });
  });
const rows = async (sql: string) => (await env.DB.prepare(sql).all()).results;
const listed = async () => (await refresh(alex, "accounts")).listed;

describe("going there", () => {
  const WRITES = ["call: beginFlow of the server", "server: setAlarm", "server: put flow:…"];

  it("writes just this", async () => {
    expect(names((await withFaults([], () => begin(alex))).seen)).toEqual(WRITES);
  });

  it.each(faultsOf(WRITES))("fails at $name, $how, and it $end", async (fault) => {
    const { done, struck } = await withFaults([fault], () => begin(alex));
    expect(struck).toHaveLength(1);
    expect(done.status).toBe(503);
    // Whoever is kept as on the way has an alarm that forgets them.
    const [flows, alarm] = await runInDurableObject(object(), async (_, { storage }) => [
      [...storage.kv.list({ prefix: "flow:" })],
      await storage.getAlarm(),
    ]);
    if (flows.length > 0) expect(alarm).not.toBeNull();
    await given(await signedShared(alex, await broughtBack(alex, "ada")), 201);
  });
});

describe("bringing back", () => {
  const WRITES = ["call: finishFlow of the server", "server: delete flow:…", "server: put grant:…", "D1: batch, delete from server_grant"];

  it("writes just this", async () => {
    const answer = answerOf(await begun(alex), "ada");
    expect(names((await withFaults([], () => comeBack(alex, answer))).seen)).toEqual(WRITES);
  });

  it.each(faultsOf(WRITES))("fails at $name, $how, and it $end", async (fault) => {
    const answer = answerOf(await begun(alex), "ada");
    const { done, struck } = await withFaults([fault], () => comeBack(alex, answer));
    expect(struck).toHaveLength(1);
    expect([303, 400, 503]).toContain(done.status);
    // A code is never used twice, and what is listed is what the object has.
    await comeBack(alex, answer);
    expect((await askedOfIssuer("/token")).length).toBeLessThanOrEqual(1);
    const waits = (await ownServers(alex))[0]?.waiting ?? [];
    const ids = (await kept()).map(({ id }) => id);
    for (const { id } of waits) expect(ids).toContain(id);
    // And it can be begun anew.
    const grant = await broughtBack(alex, "ada");
    await given(await signedShared(alex, grant), 201);
    expect(await listed()).toBe(true);
  });
});

describe("signing", () => {
  const WRITES = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];

  it.each(faultsOf(WRITES))("fails at $name, $how, and it $end", async (fault) => {
    const grant = await broughtBack(alex, "ada");
    const signed = await authorise(alex.passkey, await draftShared(alex, grant));
    const { done, struck } = await withFaults([fault], () => sendShared(alex, signed));
    expect(struck).toHaveLength(1);
    expect([201, 503]).toContain(done.status);
    const stands = await rows("SELECT id FROM server_grant WHERE connected_at IS NOT NULL");
    expect(stands).toHaveLength((await recordsOf("server.connected")).length);
    if (stands.length === 0) expect((await sendShared(alex, signed)).status).toBe(201);
    expect(await recordsOf("server.connected")).toHaveLength(1);
    expect(await listed()).toBe(true);
  });
});

describe("refreshing", () => {
  beforeEach(async () => {
    await given(await signedShared(alex, await broughtBack(alex, "ada")), 201);
    await expired();
  });
  const WRITES = ["call: grantedToken of the server", "server: put grant:…"];

  it.each(faultsOf(WRITES))("fails at $name, $how, and it $end", async (fault) => {
    const { struck } = await withFaults([fault], () => refresh(alex, "accounts"));
    expect(struck).toHaveLength(1);
    const isLost = fault.at === 1 && fault.how === "absent" && fault.end === "dies";
    // What the issuer gave and an object that died had not stored yet nobody has: the issuer takes the one before for a thief's.
    expect(await listed()).toBe(!isLost);
    if (isLost) {
      expect((await ownServers(alex))[0]?.connection?.refused_at).not.toBeNull();
      await given(await signedShared(alex, await broughtBack(alex, "ada")), 201);
      expect(await listed()).toBe(true);
    }
  });
});

describe("disconnecting", () => {
  const WRITES = [
    "call: append of the log",
    "D1: batch, insert into log_leaf",
    "log: put anchor",
    "call: tendGrants of the server",
    "server: setAlarm",
    "server: put grant:…",
    "server: delete grant:…",
  ];

  it("writes just this", async () => {
    const grant = await broughtBack(alex, "ada");
    await given(await signedShared(alex, grant), 201);
    expect(names((await withFaults([], () => disconnected(alex, grant))).seen)).toEqual(WRITES);
  });

  it("gives back what could not be stored as well", async () => {
    const grant = await broughtBack(alex, "ada");
    await given(await signedShared(alex, grant), 201);
    await expired();
    const [before] = await kept();
    const fault = { at: `server: put grant:${grant}`, how: "absent", end: "goes on" } as const;
    await withFaults([fault, fault, fault, fault], () => refresh(alex, "accounts"));
    expect(await kept()).toEqual([before]);
    expect((await disconnected(alex, grant)).status).toBe(204);
    expect(await kept()).toEqual([]);
    expect((await askedOfIssuer("/revoke")).map(({ token }) => token)).toEqual([
      expect.stringMatching(/^rt-ada-/),
      expect.stringMatching(/^at-ada-/),
    ]);
    // It is not what was given for the one that is used up.
    const used = (await askedOfIssuer("/token")).map(({ refresh_token: token }) => token);
    expect(used).not.toContain((await askedOfIssuer("/revoke"))[0]?.["token"]);
  });

  it.each(faultsOf(WRITES))("fails at $name, $how, and it $end", async (fault) => {
    const grant = await broughtBack(alex, "ada");
    await given(await signedShared(alex, grant), 201);
    const { done, struck } = await withFaults([fault], () => disconnected(alex, grant));
    expect(struck).toHaveLength(1);
    if (done.status !== 204) expect([204, 409]).toContain((await disconnected(alex, grant)).status);
    expect(await rows("SELECT id FROM server_grant WHERE ended_at IS NULL")).toEqual([]);
    expect(await recordsOf("server.disconnected")).toHaveLength(1);
    expect(await listed()).toBe(false);
    // The object's alarm ends it, if the call did not.
    await env.UPSTREAM_SERVER.getByName(server).tendGrants();
    expect(await kept()).toEqual([]);
    expect((await askedOfIssuer("/revoke")).length).toBeGreaterThanOrEqual(2);
  });
});
