/**
 * A log ends, and another follows it: a database put back in time, or a key in wrong hands. The old log's approvals end closed
 * and say so; people and agents go on; receipts of the new log hold; and every crash while it begins is mended.
 */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import {
  type Agent,
  ask,
  decide,
  decided,
  openPage,
  PAYLOAD,
  receiptOf,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { addPasskey, admitted, confirm, given, revoke } from "#test/workerd/support/invited.ts";
import { LOG_ORIGIN } from "#test/workerd/support/log.ts";
import { call, introduction, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { beginADayAhead, deployAnew, endDeployments, seedOf, text, verifiedUnder } from "#test/workerd/faults/deployments.ts";
import { type deploy, type End, type How, outage, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { expectAtRest, later, runAlarm, stored } from "#test/workerd/faults/journeys.ts";
import { backup } from "#test/workerd/faults/put-back-database.ts";
import { lies } from "#test/workerd/faults/worker.ts";

const SECOND = "gate.example.com/log/2";

let person: Someone;
let agent: Agent;
/** Of this test. */
let asked: string[] = [];

beforeEach(async () => {
  asked = [];
  ({ person, agent } = await beginADayAhead());
});
afterEach(endDeployments);
afterAll(emptyStorage);

const redeploy = (variables?: Parameters<typeof deploy>[0], logs = [LOG_ORIGIN, SECOND]): Promise<void> =>
  deployAnew(variables, { requests: asked, logs });
const verified = (id: string, vkey: string) => verifiedUnder(vkey, agent, id);

async function request(members = {}): Promise<string> {
  const { request_id: id } = await ask(agent, members);
  asked.push(id);
  return id;
}
async function approved(members = {}): Promise<string> {
  const id = await request(members);
  await decided(person, id, "approved");
  return id;
}
const uses = (id: string, what: "redeem" | "outcome", body: object): Promise<Response> =>
  call("POST", `/api/v1/approvals/${id}/${what}`, { key: agent.key, origin: null, body });
const redeem = async (id: string): Promise<[number, string | undefined]> => outcome(await uses(id, "redeem", { payload: PAYLOAD }));
const report = async (id: string): Promise<[number, string | undefined]> => outcome(await uses(id, "outcome", { outcome: "succeeded" }));

const receiptAnswer = (id: string): Promise<Response> => call("GET", `/api/v1/approvals/${id}/receipt`, { key: agent.key, origin: null });

interface Leaf {
  idem: string;
  kind: string;
  record: string;
}
const leavesOf = async (origin: string): Promise<Leaf[]> => {
  const query = env.DB.prepare(
    "SELECT idem, record ->> '$.kind' AS kind, record FROM log_leaf WHERE log_id = (SELECT id FROM log WHERE origin = ?) ORDER BY idx",
  );
  return (await query.bind(origin).all<Leaf>()).results;
};
const genesisOf = async (origin: string): Promise<{ vkey: string; previous: string | null }> =>
  JSON.parse((await leavesOf(origin))[0]?.record ?? "{}") as { vkey: string; previous: string | null };
/** Every passkey that stands is enrolled once in the log, at the index that its row says. */
async function enrolledIn(origin: string): Promise<string[]> {
  const leaves = await leavesOf(origin);
  const query = env.DB.prepare("SELECT credential_id AS id, leaf_index AS idx FROM passkey WHERE revoked_at IS NULL ORDER BY leaf_index");
  const { results } = await query.all<{ id: string; idx: number }>();
  for (const { id, idx } of results) {
    expect(leaves[idx]?.idem).toBe(`passkey:${id}`);
    expect((JSON.parse(leaves[idx]?.record ?? "{}") as { credential: { id: string } }).credential.id).toBe(id);
  }
  expect(leaves.filter(({ kind }) => kind === "passkey.enrolled")).toHaveLength(results.length);
  return results.map(({ id }) => id);
}
const freeze = () => env.DB.prepare("UPDATE log SET state = 'frozen'").run();
const unwell = async (): Promise<unknown> => (await (await call("GET", "/healthz")).json<{ failing?: string }>()).failing;

describe("D1 is put back in time", () => {
  it("the log freezes; with LOG_ORIGIN another follows, and an approval in it has a valid receipt", async () => {
    const before = await approved();
    const oldVkey = await text("/log/vkey");
    const held = await receiptOf(agent, before);
    const restore = await backup();
    const lost = await approved();
    const last = await text("/log/checkpoint");
    await restore();

    await redeploy();
    expect((await call("GET", "/log/checkpoint")).status).toBe(503);
    expect(await unwell()).toBe("log");
    expect(await env.DB.prepare("SELECT state FROM log").first("state")).toBe("frozen");
    await redeploy();
    expect((await call("GET", "/log/checkpoint")).status).toBe(503);

    await redeploy({ LOG_ORIGIN: SECOND });
    expect((await text("/log/checkpoint")).split("\n").slice(0, 2)).toEqual([SECOND, "2"]);
    expect(await unwell()).toBeUndefined();
    const newVkey = await text("/log/vkey");
    expect(await genesisOf(SECOND)).toMatchObject({ vkey: newVkey, previous: `${last}\n` });
    expect(newVkey).not.toBe(oldVkey);

    const after = await approved();
    expect((await verified(after, newVkey)).status).toBe("approved");
    expect(await redeem(after)).toEqual([200, undefined]);
    expect((await verified(after, newVkey)).redeemed).not.toBeNull();

    // What was approved before serves for nothing more, and says so; a receipt that was kept stays valid.
    expect(await redeem(before)).toEqual([409, "log_ended"]);
    expect(await redeem(lost)).toEqual([409, "log_ended"]);
    const refused = await receiptAnswer(before);
    expect(refused.status).toBe(503);
    expect((await refused.json<{ detail: string }>()).detail).toContain(`in the log ${LOG_ORIGIN}, which has ended`);
    const kept = parseReceipt(held);
    if (!kept.ok) throw new Error(kept.refusal.code);
    expect((await verifyReceipt(kept.value, { vkey: oldVkey, origin: ORIGIN })).ok).toBe(true);
    // The harness compares what is told with the log, and the log has lost one end.
    expect(lies.splice(0).every((lie) => lie.startsWith(lost))).toBe(true);
  });

  it("and another is named at once, before anybody has noticed: within a minute it follows", async () => {
    const restore = await backup();
    await approved();
    await restore();
    await redeploy({ LOG_ORIGIN: SECOND });
    expect((await call("GET", "/log/checkpoint")).status).toBe(503);
    later(61);
    expect((await text("/log/checkpoint")).split("\n")[0]).toBe(SECOND);
    expect((await verified(await approved(), await text("/log/vkey"))).status).toBe("approved");
  });

  it("and forward again after all, when the restore is undone: the old log goes on, the new one is over", async () => {
    const restore = await backup();
    const one = await approved();
    const forward = await backup();
    await restore();
    await redeploy();
    expect((await call("GET", "/log/checkpoint")).status).toBe(503);
    await redeploy({ LOG_ORIGIN: SECOND });
    await text("/log/checkpoint");
    await forward();
    await redeploy({ LOG_ORIGIN: SECOND });
    expect((await text("/log/checkpoint")).split("\n")[0]).toBe(LOG_ORIGIN);
    expect(await redeem(one)).toEqual([200, undefined]);
    lies.splice(0);

    // The name of the log that was begun is spent: what it has signed for is not in the database.
    await freeze();
    await redeploy({ LOG_ORIGIN: SECOND });
    expect((await call("GET", "/log/checkpoint")).status).toBe(503);
    expect(await leavesOf(SECOND)).toEqual([]);
  });
});

describe("a key in wrong hands", () => {
  it("the log is frozen by hand, and another follows under a new key: the old one signs its end, and nothing after", async () => {
    const before = await approved();
    const oldVkey = await text("/log/vkey");
    const last = await text("/log/checkpoint");
    await freeze();
    await redeploy({ LOG_ORIGIN: SECOND, LOG_NEXT_SIGNING_KEY: seedOf(3) });
    const newVkey = await text("/log/vkey");
    expect(await genesisOf(SECOND)).toMatchObject({ vkey: newVkey, previous: `${last}\n` });
    expect((await text("/log/checkpoint")).split("\n").slice(4)).toHaveLength(1);
    expect((await leavesOf(SECOND)).map(({ kind }) => kind)).toEqual(["log.genesis", "passkey.enrolled"]);
    const after = await approved();

    await redeploy({ LOG_ORIGIN: SECOND, LOG_SIGNING_KEY: seedOf(3) });
    expect(await text("/log/vkey")).toBe(newVkey);
    expect((await verified(after, newVkey)).status).toBe("approved");
    // Nothing of the old log is lost, so its receipts are still given out, under the checkpoint that it ended with.
    const old = await verified(before, oldVkey);
    expect([old.status, old.log.origin, String(old.log.size)]).toEqual(["approved", LOG_ORIGIN, last.split("\n")[1]]);
  });

  it("without the old key the new log cannot begin, and says what to set", async () => {
    await approved();
    await freeze();
    await redeploy({ LOG_ORIGIN: SECOND, LOG_SIGNING_KEY: seedOf(3) });
    expect((await call("GET", "/log/checkpoint")).status).toBe(503);
    const error = await env.LOG_SEQUENCER.getByName(SECOND)
      .checkpoint()
      .catch((thrown: unknown) => String(thrown));
    expect(error).toContain("set that as LOG_SIGNING_KEY, and a new one as LOG_NEXT_SIGNING_KEY");
    expect(await leavesOf(SECOND)).toEqual([]);
    await redeploy({ LOG_ORIGIN: SECOND });
    await text("/log/checkpoint");
  });

  it("a log whose key was rotated ends with both signatures, or with the newest alone", async () => {
    await redeploy({ LOG_NEXT_SIGNING_KEY: seedOf(3) });
    const both = await text("/log/checkpoint");
    expect(both.split("\n").slice(4)).toHaveLength(2);
    await freeze();
    await redeploy({ LOG_ORIGIN: SECOND, LOG_NEXT_SIGNING_KEY: seedOf(3) });
    await text("/log/checkpoint");
    expect((await genesisOf(SECOND)).previous).toBe(`${both}\n`);
  });
});

describe("LOG_ORIGIN", () => {
  it("does nothing while the log is active, nor once the log of that name is the one that is frozen", async () => {
    await redeploy({ LOG_ORIGIN: SECOND });
    expect((await text("/log/checkpoint")).split("\n")[0]).toBe(LOG_ORIGIN);
    await freeze();
    await redeploy({ LOG_ORIGIN: LOG_ORIGIN });
    expect((await call("GET", "/log/checkpoint")).status).toBe(503);
    await redeploy({ LOG_ORIGIN: SECOND });
    await text("/log/checkpoint");
    await freeze();
    await redeploy({ LOG_ORIGIN: LOG_ORIGIN });
    expect((await call("GET", "/log/checkpoint")).status).toBe(503);
    expect(await env.DB.prepare("SELECT count(*) AS logs FROM log").first("logs")).toBe(2);
  });

  it("again: a third log follows the second", async () => {
    const third = "gate.example.com/log/3";
    for (const name of [SECOND, third]) {
      await freeze();
      await redeploy({ LOG_ORIGIN: name }, [LOG_ORIGIN, SECOND, third]);
      await text("/log/checkpoint");
    }
    expect((await genesisOf(third)).previous?.split("\n")[0]).toBe(SECOND);
    expect((await verified(await approved(), await text("/log/vkey"))).status).toBe("approved");
  });

  it("names the first log of a new database too", async () => {
    await emptyStorage();
    await redeploy({ LOG_ORIGIN: SECOND });
    expect((await text("/log/checkpoint")).split("\n")[0]).toBe(SECOND);
    expect((await genesisOf(SECOND)).previous).toBeNull();
  });
});

describe("people", () => {
  it("whoever stood is enrolled again, as they are now; whoever was revoked is not; the setup link opens nothing", async () => {
    const blair = await admitted(person, "blair");
    const second = await addPasskey(person);
    await given(await confirm(person, second));
    const gone = await admitted(person, "casey");
    expect((await revoke(person, gone)).status).toBe(204);
    const waiting = await addPasskey(person);
    await freeze();
    await redeploy({ LOG_ORIGIN: SECOND });
    await text("/log/checkpoint");

    const ids = await enrolledIn(SECOND);
    expect(new Set(ids)).toEqual(new Set([person, blair, second].map(({ passkey }) => passkey.credentialId)));
    expect((await leavesOf(SECOND)).map(({ idem }) => idem)).not.toContain("setup");
    const own = (await leavesOf(SECOND)).find(({ idem }) => idem === `passkey:${person.passkey.credentialId}`);
    expect(JSON.parse(own?.record ?? "{}")).toMatchObject({
      roles: ["admin", "approver"],
      person: { username: "alex" },
      authorised_by: [],
    });

    expect(await outcome(await call("POST", "/setup/options", { body: introduction }))).toEqual([403, "forbidden"]);
    // Sessions, agents and what waits for a signature went with the database, not with the log.
    await given(await confirm(person, waiting));
    expect((await revoke(person, second)).status).toBe(204);
    const kinds = (await leavesOf(SECOND)).map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(["passkey.enrolled", "passkey.revoked"]);
    expect((await verified(await approved(), await text("/log/vkey"))).decisions).toHaveLength(1);
  });

  it("a passkey revoked at the moment when the log begins is enrolled before, and revoked after", async () => {
    const blair = await admitted(person, "blair");
    const waiting = await addPasskey(person);
    await freeze();
    await redeploy({ LOG_ORIGIN: SECOND });
    const [revoked, confirmed] = await Promise.all([revoke(person, blair), confirm(person, waiting), call("GET", "/log/checkpoint")]);
    expect([revoked.status, confirmed.status]).toEqual([204, 200]);
    const keys = (await leavesOf(SECOND)).map(({ idem }) => idem);
    const id = blair.passkey.credentialId;
    expect(keys.indexOf(`passkey:${id}`)).toBeGreaterThan(0);
    expect(keys.indexOf(`passkey:${id}:revoked`)).toBeGreaterThan(keys.indexOf(`passkey:${id}`));
    expect(new Set(keys).size).toBe(keys.length);
    expect((await verified(await approved(), await text("/log/vkey"))).status).toBe("approved");
  });
});

describe("approvals of a log that has ended", () => {
  /** Stored in its object, and not in the log. */
  async function unlogged(act: () => Promise<unknown>): Promise<void> {
    outage.commits = true;
    await act();
    outage.commits = false;
  }
  const cancelled = { status: "cancelled", cancel_reason: expect.stringContaining("Ask again") as unknown };

  it("end closed, each as far as it had come, and say why; nothing stays behind", async () => {
    const blair = await admitted(person, "blair");
    const pending = await request();
    const half = await request({ approvers: { required: 2 } });
    await decide(person, half, "approved");
    const due = await request({ expires_in_seconds: 30 });
    const [yes, no, withdrawn] = [await request(), await request(), await request()];
    const [unused, unredeemed, unreported, reported] = [await approved(), await approved(), await approved(), await approved()];
    for (const id of [unreported, reported]) expect(await redeem(id)).toEqual([200, undefined]);
    expect(await report(reported)).toEqual([200, undefined]);
    const oldVkey = await text("/log/vkey");
    // Before: a page asks others of its agent for what they were, and whoever asks sees to it that they are logged.
    const page = await openPage(blair, pending);
    await unlogged(async () => {
      await decide(person, yes, "approved");
      await decide(person, no, "denied");
      await call("POST", `/api/v1/approvals/${withdrawn}/cancel`, { key: agent.key, origin: null, body: { reason: "Not needed" } });
      expect(await redeem(unredeemed)).toEqual([503, "unavailable"]);
      expect(await report(unreported)).toEqual([503, "unavailable"]);
    });
    await freeze();
    later(31);
    for (const id of asked) await runAlarm(id);
    expect((await stored(due))?.ending?.status).toBe("expired");

    await redeploy({ LOG_ORIGIN: SECOND });
    const newVkey = await text("/log/vkey");
    // Whose facts were not in the log is finished by their alarms, nobody asking.
    for (const id of [yes, no, withdrawn, due, unredeemed, unreported]) {
      await runAlarm(id);
      await expectAtRest(id);
    }
    const decision = await signedDecision(blair, page, "approved");
    expect(await outcome(await send(blair, pending, decision))).toEqual([409, "log_ended"]);
    for (const id of [pending, half, due, yes, no, withdrawn]) {
      expect(await viewOf(agent, id)).toMatchObject(cancelled);
      expect(await redeem(id)).toEqual([409, "not_approved"]);
      const verdict = await verified(id, newVkey);
      expect([verdict.status, verdict.endedBy, verdict.log.origin]).toEqual(["cancelled", "stop", SECOND]);
      await expectAtRest(id);
    }
    expect((await verified(half, newVkey)).decisions.map(({ person: by }) => by.username)).toEqual(["alex"]);
    expect((await verified(no, newVkey)).decisions).toEqual([]);

    for (const id of [unused, unredeemed]) expect(await redeem(id)).toEqual([409, "log_ended"]);
    expect(await viewOf(agent, unredeemed)).not.toHaveProperty("redeemed_at");
    expect(await report(unreported)).toEqual([409, "log_ended"]);
    // What was in the log before it ended is told as before.
    expect(await report(reported)).toEqual([200, undefined]);
    for (const id of [unused, unredeemed, unreported, reported]) {
      await expectAtRest(id);
      const verdict = await verified(id, oldVkey);
      expect([verdict.status, verdict.log.origin]).toEqual(["approved", LOG_ORIGIN]);
    }
    expect((await verified(reported, oldVkey)).outcome?.status).toBe("succeeded");
    expect((await verified(unreported, oldVkey)).redeemed).not.toBeNull();

    const keys = (await leavesOf(SECOND)).map(({ idem }) => idem);
    expect(new Set(keys).size).toBe(keys.length);
    expect(lies.splice(0)).toEqual([]);
  });

  it("whoever waits is told", async () => {
    const id = await request();
    await freeze();
    await redeploy({ LOG_ORIGIN: SECOND });
    const answer = await call("GET", `/api/v1/approvals/${id}?wait=20`, { key: agent.key, origin: null });
    expect(await answer.json<AgentView>()).toMatchObject(cancelled);
  });

  it("while no log follows, nothing is lost and nothing is told that is not so", async () => {
    const id = await request();
    await freeze();
    await redeploy();
    const said = await decide(person, id, "approved");
    expect(await said.json()).toMatchObject({ status: "settling" });
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
  });
});

describe("every write while the log begins", () => {
  const BEGINNING = [
    "call: finalCheckpoint of the log",
    "D1: batch, insert into log",
    "log: put anchor",
    "D1: batch, insert into log_leaf",
    "log: put anchor",
    "D1: batch, insert into log_leaf",
    "log: put anchor",
  ];
  const name = (n: number) => `gate.example.com/log/${n}`;

  /** More than one batch of passkeys. */
  const crowd = () =>
    env.DB.prepare(
      `INSERT INTO passkey SELECT 'AAA' || (value + 1000), ?1, 'AA', -7, 0, 0, '[]', '2026-11-20T09:30:00.000Z', NULL, 0, '', NULL, NULL FROM json_each(?2)`,
    )
      .bind(person.id, JSON.stringify(Array.from({ length: 25 }, (_, i) => i)))
      .run();

  it("is this, in this order; and the log begins all the same when each of them fails, once and whole", async () => {
    await crowd();
    const logs = [LOG_ORIGIN];
    const next = async (): Promise<string> => {
      const origin = name(logs.length + 1);
      logs.push(origin);
      await freeze();
      await redeploy({ LOG_ORIGIN: origin }, logs);
      return origin;
    };
    await next();
    const { seen } = await withFaults([], () => text("/log/checkpoint"));
    expect(seen.filter(({ mortal }) => mortal).map(({ name: one }) => one)).toEqual(BEGINNING);

    // The Worker's own call of the log comes first.
    const cases = BEGINNING.flatMap((_, at) =>
      (["absent", "present"] as How[]).flatMap((how) => (["goes on", "dies"] as End[]).map((end) => ({ at: at + 1, how, end }))),
    );
    for (const fault of cases) {
      const origin = await next();
      const { struck } = await withFaults([fault], () => call("GET", "/log/checkpoint"));
      expect(struck).toHaveLength(1);
      await redeploy({ LOG_ORIGIN: origin }, logs);
      expect((await text("/log/checkpoint")).split("\n").slice(0, 2), struck.join()).toEqual([origin, "27"]);
      expect(await enrolledIn(origin), struck.join()).toHaveLength(26);
      expect((await genesisOf(origin)).previous?.split("\n")[0]).toBe(logs.at(-2));
    }
    expect((await verified(await approved(), await text("/log/vkey"))).status).toBe("approved");
  });
});
