/** What could make of a request that is over one that is not, or of an archive what it never held. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import type { ApprovalState } from "#rules/approval.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { ask, askFor, BY_NOBODY, decide, openPage, PAYLOAD, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, makeAgent, outcome } from "#test/workerd/support/people.ts";
import { archived, asked, bucket, daysPass, ENDINGS, everythingOf, overIds, signInAgain } from "#test/workerd/faults/archiving.ts";
import { agentCalls, later, runAlarm, service, stored, stub, verified } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { forgetWhatWasTold } from "#test/workerd/faults/worker.ts";

const cast = service();
beforeEach(() => signInAgain(cast()));
const redeem = (id: string, key?: string) =>
  agentCalls(cast(), id, "redeem", { payload: PAYLOAD, ...(key !== undefined && { idempotency_key: key }) });
const report = (id: string, said: string, detail?: string) =>
  agentCalls(cast(), id, "outcome", { outcome: said, ...(detail !== undefined && { detail }) });
const listedOpen = async (id: string): Promise<number> =>
  (await env.DB.prepare("SELECT 1 FROM approval WHERE id = ? AND ended_at IS NULL").bind(id).all()).results.length;

async function archivedAs(ending: string, key: string): Promise<string> {
  const id = await asked(cast(), key);
  await ENDINGS[ending]?.(cast(), id);
  await archived(cast(), id);
  return id;
}

describe("an idempotency key of what is over", () => {
  it("by two calls at once answers as before, and opens nothing", async () => {
    const id = await archivedAs("denied", "twice");
    const answers = await Promise.all(Array.from({ length: 6 }, () => askFor(cast().agent, { idempotency_key: "twice" })));
    for (const answer of answers)
      expect([answer.status, await answer.json<AgentView>()]).toMatchObject([200, { request_id: id, status: "denied" }]);
    expect([await stored(id), await listedOpen(id)]).toEqual([null, 0]);
  });

  it("for something else is refused as before", async () => {
    await archivedAs("approved", "for one thing");
    expect(await outcome(await askFor(cast().agent, { idempotency_key: "for one thing", action: "Something else" }))).toEqual([
      409,
      "idempotency_conflict",
    ]);
  });

  it("answers as before also where the same could not be asked anew", async () => {
    const { person } = cast();
    const sam = await admitted(person, "sam");
    const body = { approvers: { users: ["alex", "sam"], required: 2 } };
    const id = await asked(cast(), "two of us", body);
    await agentCalls(cast(), id, "cancel", {});
    await archived(cast(), id);
    await env.DB.prepare("UPDATE passkey SET revoked_at = '2026-01-01T00:00:00.000Z' WHERE credential_id = ?")
      .bind(sam.passkey.credentialId)
      .run();
    const again = await askFor(cast().agent, { idempotency_key: "two of us", ...body });
    expect([again.status, await again.json<AgentView>()]).toMatchObject([200, { request_id: id, status: "cancelled" }]);
    expect(await outcome(await askFor(cast().agent, { idempotency_key: "two of us, anew", ...body }))).toEqual([
      422,
      "no_eligible_approver",
    ]);
  });

  it("opens nothing where the archive has lost it, also of a version that knows no archive", async () => {
    const id = await archivedAs("approved", "lost");
    await bucket().delete(`requests/${id}`);
    expect(await outcome(await askFor(cast().agent, { idempotency_key: "lost" }))).toEqual([503, "unavailable"]);
    expect([await stored(id), await listedOpen(id)]).toEqual([null, 0]);
    // As every version lists what it opens.
    await env.DB.prepare(
      "INSERT INTO approval (agent_id, id, requested_at, action, eligible, expires_at) SELECT ?1, ?2, 'x', 'x', '[]', 'x' ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at",
    )
      .bind(cast().agent.id, id)
      .run();
    expect(await listedOpen(id)).toBe(0);
  });
});

describe("without an idempotency key", () => {
  it("what is alike is asked for anew, under another id", async () => {
    const first = await (await askFor(cast().agent, { action: "Alike" })).json<AgentView>();
    await ENDINGS["denied"]?.(cast(), first.request_id);
    await archived(cast(), first.request_id);
    const again = await askFor(cast().agent, { action: "Alike" });
    const view = await again.json<AgentView>();
    expect([again.status, view.status, view.request_id === first.request_id]).toEqual([201, "pending", false]);
    expect(await stored(first.request_id)).toBeNull();
  });

  it("a row that a call left listed does not lead to an emptied object", async () => {
    const first = await (await askFor(cast().agent, { action: "Left" })).json<AgentView>();
    await env.DB.prepare(
      "INSERT INTO approval (agent_id, id, requested_at, action, eligible, expires_at) VALUES (?1, ?2, '2026-01-01T00:00:00.000Z', 'Left', '[]', '2999-01-01T00:00:00.000Z')",
    )
      .bind(cast().agent.id, first.request_id)
      .run();
    await ENDINGS["denied"]?.(cast(), first.request_id);
    expect(await listedOpen(first.request_id)).toBe(1);
    later(31 * 86_400);
    await runAlarm(first.request_id);
    expect([await stored(first.request_id), await listedOpen(first.request_id)]).toEqual([null, 0]);
    const again = await askFor(cast().agent, { action: "Left" });
    expect([again.status, (await again.json<AgentView>()).request_id === first.request_id]).toEqual([201, false]);
  });
});

describe("what is done to an archived request", () => {
  it("is refused as to one that has ended, and answers the same calls the same", async () => {
    const used = await archivedAs("used", "used");
    expect(await outcome(await redeem(used, "run"))).toEqual([200, undefined]);
    expect(await outcome(await redeem(used, "another"))).toEqual([409, "already_redeemed"]);
    expect(await outcome(await redeem(used))).toEqual([409, "already_redeemed"]);
    expect(await outcome(await report(used, "failed", "Two of three hosts"))).toEqual([200, undefined]);
    expect(await outcome(await report(used, "succeeded"))).toEqual([409, "already_reported"]);
    expect(await outcome(await agentCalls(cast(), used, "cancel", {}))).toEqual([409, "already_final"]);

    const unused = await archivedAs("approved", "unused");
    expect(await outcome(await redeem(unused))).toEqual([409, "deadline_passed"]);
    expect(await outcome(await report(unused, "succeeded"))).toEqual([409, "not_redeemed"]);
    const unreported = await archivedAs("redeemed", "unreported");
    expect(await outcome(await report(unreported, "succeeded"))).toEqual([409, "already_final"]);
    const denied = await archivedAs("denied", "denied");
    expect(await outcome(await redeem(denied))).toEqual([409, "not_approved"]);
    const cancelled = await archivedAs("cancelled", "cancelled");
    expect(await outcome(await agentCalls(cast(), cancelled, "cancel", {}))).toEqual([200, undefined]);
    for (const id of [used, unused, unreported, denied, cancelled]) expect(await stored(id)).toBeNull();
  });

  it("is refused while its time has come and its alarm has not", async () => {
    const id = await asked(cast(), "late");
    await ENDINGS["redeemed"]?.(cast(), id);
    later(31 * 86_400);
    const held = await stored(id);
    expect(await outcome(await report(id, "succeeded"))).toEqual([409, "already_final"]);
    expect(await stored(id)).toEqual(held);
    expect(await leavesOf(id)).toEqual(["final", "redeemed"]);
  });

  it("a clock that steps back makes no approval of it that can be used", async () => {
    const id = await archivedAs("approved", "stepped back");
    later(-31 * 86_400);
    expect(await outcome(await redeem(id))).toEqual([409, "already_final"]);
    expect(await leavesOf(id)).toEqual(["final"]);
    later(31 * 86_400);
  });

  it("a decision that was signed before is refused", async () => {
    const { person, agent } = cast();
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(person, await openPage(person, id), "denied");
    await ENDINGS["approved"]?.(cast(), id);
    await archived(cast(), id);
    expect(await outcome(await send(person, id, body))).toEqual([409, "already_final"]);
  });

  it("another agent reads nothing of it", async () => {
    const id = await archivedAs("denied", "mine");
    const other = { ...cast(), agent: await makeAgent(cast().person, "other-bot") };
    expect(await outcome(await agentCalls(other, id, "cancel", {}))).toEqual([404, "unknown_request"]);
    expect(await outcome(await agentCalls(other, id, "redeem", { payload: PAYLOAD }))).toEqual([404, "unknown_request"]);
    expect(await outcome(await call("GET", `/api/v1/approvals/${id}`, { key: other.agent.key, origin: null }))).toEqual([
      404,
      "unknown_request",
    ]);
    const receipt = `/api/v1/approvals/${id}/receipt`;
    expect(await outcome(await call("GET", receipt, { key: other.agent.key, origin: null }))).toEqual([404, "unknown_request"]);
  });
});

describe("whoever may write to the archive and no more", () => {
  const forge = async (id: string, change: (json: string) => string): Promise<void> => {
    const text = (await (await bucket().get(`requests/${id}`))?.text()) ?? "";
    const [type = "", code = "", json = ""] = text.split("\n");
    expect(change(json)).not.toBe(json);
    await bucket().put(`requests/${id}`, `${type}\n${code}\n${change(json)}\n`);
  };

  it("makes no denied request one that is approved and redeemed", async () => {
    const id = await archivedAs("denied", "forged");
    await forge(id, (json) => json.replaceAll("denied", "approved"));
    expect(await outcome(await redeem(id, "run"))).toEqual([503, "unavailable"]);
    expect(await outcome(await askFor(cast().agent, { idempotency_key: "forged" }))).toEqual([503, "unavailable"]);
  });

  it("passes no other request off as this one", async () => {
    const used = await archivedAs("used", "good");
    const id = await archivedAs("denied", "bad");
    await bucket().put(`requests/${id}`, (await (await bucket().get(`requests/${used}`))?.text()) ?? "");
    expect(await outcome(await redeem(id, "run"))).toEqual([503, "unavailable"]);
  });

  it("makes nothing under an id that was never asked for, with a code of its own making", async () => {
    const id = await archivedAs("used", "model");
    const text = (await (await bucket().get(`requests/${id}`))?.text()) ?? "";
    await bucket().put(`requests/${id}`, text.replace(/\n.+\n/, `\n${b64u(new Uint8Array(32))}\n`));
    expect(await outcome(await redeem(id, "run"))).toEqual([503, "unavailable"]);
  });
});

describe("the table of what is over", () => {
  it("takes nothing whose end no log has, and keeps what it has", async () => {
    const id = await archivedAs("denied", "kept");
    const { request_id: open } = await ask(cast().agent);
    const run = (sql: string) => env.DB.prepare(sql).run();
    await expect(run(`INSERT INTO request_over VALUES ('${open}', 'now')`)).rejects.toThrow("no log has the end of this request");
    await expect(run(`UPDATE request_over SET at = 'now' WHERE id = '${id}'`)).rejects.toThrow("what is over stays so");
    await expect(run(`DELETE FROM request_over WHERE id = '${id}'`)).rejects.toThrow("what is over stays so");
    const before = await env.DB.prepare("SELECT * FROM request_over").all();
    await run(`INSERT OR REPLACE INTO request_over VALUES ('${id}', 'now')`);
    await run(`INSERT INTO request_over VALUES ('${id}', 'now')`);
    expect((await env.DB.prepare("SELECT * FROM request_over").all()).results).toEqual(before.results);
  });
});

describe("a database that forgot which ids are over", () => {
  /** As one put back in time whose log has not gone on since. */
  const forgetOver = async (id: string): Promise<void> => {
    const { sql } = (await env.DB.prepare("SELECT sql FROM sqlite_master WHERE name = 'request_over_delete'").first<{ sql: string }>()) ?? {
      sql: "",
    };
    const run = (statement: string) => env.DB.prepare(statement);
    await env.DB.batch([run("DROP TRIGGER request_over_delete"), run(`DELETE FROM request_over WHERE id = '${id}'`), run(sql)]);
    expect(await overIds()).not.toContain(id);
  };

  it("opens nothing whose end the log has, and answers as before", async () => {
    const id = await archivedAs("approved", "forgotten");
    await forgetOver(id);
    expect(await outcome(await askFor(cast().agent, { idempotency_key: "forgotten", payload: { other: 1 } }))).toEqual([
      409,
      "idempotency_conflict",
    ]);
    const again = await askFor(cast().agent, { idempotency_key: "forgotten" });
    expect([again.status, await again.json<AgentView>()]).toMatchObject([200, { request_id: id, status: "approved" }]);
    expect([await stored(id), await listedOpen(id)]).toEqual([null, 0]);
  });

  it("and one that is opened all the same: the old end is the old request's, and serves for no other payload", async () => {
    const id = await archivedAs("approved", "opened twice");
    const before = await viewOf(cast().agent, id);
    const other = { other: 1 };
    const { request, log } = await opened(id);
    const now = (ms: number) => new Date(Date.now() + ms).toISOString();
    const fresh = { ...request, payload_hash: payloadHash(other), requested_at: now(0), expires_at: now(900_000), use_by: now(4_500_000) };
    await evictDurableObject(stub(id));
    const opening = { request: fresh, payload: canonicalize(other), fingerprint: "f".repeat(64), log, judged: BY_NOBODY, basis: null };
    await env.APPROVAL_REQUEST.getByName(id).open(opening);
    expect((await stored(id))?.ending).toBeNull();
    // The log has an end already, which is the one that counts.
    expect(await outcome(await agentCalls(cast(), id, "cancel", {}))).toEqual([409, "already_final"]);
    forgetWhatWasTold();
    expect(await viewOf(cast().agent, id)).toMatchObject({ status: "approved", payload_hash: before.payload_hash, use_by: before.use_by });
    expect(await outcome(await agentCalls(cast(), id, "redeem", { payload: other }))).toEqual([422, "payload_mismatch"]);
    expect(await outcome(await redeem(id))).toEqual([409, "deadline_passed"]);
    expect(await leavesOf(id)).toEqual(["final"]);
    expect((await verified(cast(), id)).payloadIsKept).toBe(false);
  });

  /** The request as the archive has it, and its log. */
  async function opened(id: string) {
    const [, , json = ""] = ((await (await bucket().get(`requests/${id}`))?.text()) ?? "").split("\n");
    return JSON.parse(json) as ApprovalState;
  }
});

describe("an emptied object that is put back", () => {
  const read = (id: string) => runInDurableObject(stub(id), (_, { storage }) => [...storage.kv.list()]);
  const putBack = async (id: string, held: [string, unknown][]): Promise<void> => {
    await runInDurableObject(stub(id), (_, { storage }) => {
      for (const [name, value] of held) storage.kv.put(name, value);
    });
    forgetWhatWasTold();
  };

  it.each(Object.keys(ENDINGS))(
    "%s: to any of its states: nothing is decided or redeemed again, and it is emptied again",
    async (ending) => {
      const id = await asked(cast(), `back ${ending}`);
      const page = await openPage(cast().person, id);
      const open = await read(id);
      await ENDINGS[ending]?.(cast(), id);
      const ended = await read(id);
      await archived(cast(), id);
      const before = await everythingOf(cast(), id, `back ${ending}`);
      const leaves = await leavesOf(id);
      for (const held of [ended, open]) {
        await putBack(id, held);
        await signInAgain(cast());
        expect(await outcome(await redeem(id, "another"))).not.toEqual([200, undefined]);
        const decision = await signedDecision(cast().person, { ...page, nonce: page.nonce }, "approved");
        expect(await outcome(await send(cast().person, id, decision))).not.toEqual([200, undefined]);
        const again = await askFor(cast().agent, { idempotency_key: `back ${ending}` });
        expect([again.status, (await again.json<AgentView>()).status]).toEqual([200, before.view.status]);
        expect((await report(id, "succeeded")).status).not.toBe(200);
        expect(await leavesOf(id)).toEqual(leaves);
        await daysPass(id, 1);
        expect(await read(id), "it is emptied again").toEqual([]);
        expect((await overIds()).filter((one) => one === id)).toEqual([id]);
      }
      await signInAgain(cast());
      expect(await everythingOf(cast(), id, `back ${ending}`), "with all words").toEqual(before);
    },
  );

  it("as it ended: it is emptied again, and what is archived stays as it was", async () => {
    const id = await asked(cast(), "back once");
    await ENDINGS["used"]?.(cast(), id);
    const ended = await read(id);
    await archived(cast(), id);
    const before = await everythingOf(cast(), id, "back once");
    await putBack(id, ended);
    expect(await everythingOf(cast(), id, "back once")).toEqual(before);
    await daysPass(id, 1);
    await signInAgain(cast());
    expect(await read(id)).toEqual([]);
    expect(await everythingOf(cast(), id, "back once")).toEqual(before);
  });
});

it("two objects of one request at a moment archive it once", async () => {
  const id = await asked(cast(), "two objects");
  await decide(cast().person, id, "denied");
  later(31 * 86_400);
  await Promise.all([runAlarm(id), runAlarm(id), askFor(cast().agent, { idempotency_key: "two objects" })]);
  await runAlarm(id);
  expect([await stored(id), (await overIds()).filter((one) => one === id)]).toEqual([null, [id]]);
});
