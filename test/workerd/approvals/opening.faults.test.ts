/** Opening a request, or finding it, and its page under every single fault. Nobody but the agent knows of a request that was not opened. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { askFor, decide, openPage, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import { call, makeAgent, outcome } from "#test/workerd/support/people.ts";
import { ENDS, HOWS, outage, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { agentCalls, alarmOf, forget, later, service, stored } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";

const cast = service();

const listed = async (agentId = cast().agent.id): Promise<{ id: string; expires_at: string }[]> =>
  (await env.DB.prepare("SELECT id, expires_at FROM approval WHERE agent_id = ?").bind(agentId).all<{ id: string; expires_at: string }>())
    .results;
const WRITES = ["call: readText of the approval", "D1: batch, insert into approval", "call: open of the approval", "approval: transaction"];

const isAnObjects = (name: string): boolean => name === "approval: transaction";

describe("an agent asks", () => {
  const askWith = (key: string) => askFor(cast().agent, { idempotency_key: key });

  it("which writes this, in this order, and the same again nothing", async () => {
    const { done, seen } = await withFaults([], () => askWith("key"));
    expect(done.status).toBe(201);
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
    const again = await withFaults([], () => askWith("key"));
    expect(again.done.status).toBe(200);
    expect(again.seen.map(({ name }) => name)).toEqual(["call: readText of the approval"]);
    expect(await again.done.json()).toEqual(await done.json());
  });

  it("and every write of it fails: the same again opens it, once", async () => {
    const before = (await listed()).length;
    for (const [n, fault] of faultsOf(WRITES, isAnObjects).entries()) {
      const { done, struck } = await withFaults([fault], () => askWith(`key ${n}`));
      const what = struck.join();
      expect(struck).toHaveLength(1);
      expect(await outcome(done), what).toEqual([503, "unavailable"]);
      for (const { id } of await listed()) await forget(id, cast());

      // Asked again later, it would be listed with other times.
      later(1);
      const again = await askWith(`key ${n}`);
      // 200 if the first call had opened it, whatever it heard.
      expect([200, 201], what).toContain(again.status);
      const view = await again.json<AgentView>();
      expect(view.status).toBe("pending");
      const rows = await listed();
      expect(rows, what).toHaveLength(before + n + 1);
      expect(rows.find((row) => row.id === view.request_id)?.expires_at, what).toBe(view.expires_at);
      expect(await alarmOf(view.request_id), what).toBe(Date.parse(view.expires_at));
      expect((await stored(view.request_id))?.request.expires_at).toBe(view.expires_at);
      expect(await (await askWith(`key ${n}`)).json()).toEqual(view);
      expect((await openPage(cast().person, view.request_id)).state.status).toBe("pending");
    }
  });

  it("and hears of a call that broke off that it may be done all the same, of a read only that it could not be", async () => {
    const detailOf = async (answer: Response) => (await answer.json<{ detail: string }>()).detail;
    const asked = await withFaults([{ at: "approval: transaction", how: "present", end: "goes on" }], () => askWith("broke off"));
    expect(await detailOf(asked.done)).toBe("This was interrupted, and may have been done all the same. Check before you try again.");
    const { request_id: id } = await (await askWith("broke off")).json<AgentView>();
    const headers = { "x-api-key": cast().agent.key };
    const read = await withFaults([{ at: "call: readText of the approval", how: "absent", end: "goes on" }], () =>
      call("GET", `/api/v1/approvals/${id}`, { headers }),
    );
    expect(await detailOf(read.done)).toBe("This could not be done now: try again.");
  });

  it("and it was listed but never opened: nobody has its id, nothing can be decided, revoking and its deadline pass by", async () => {
    const { person } = cast();
    const agent = await makeAgent(person, "revoked-bot");
    await withFaults([{ at: "call: open of the approval", how: "absent", end: "goes on" }], () => askFor(agent));
    const id = (await listed(agent.id))[0]?.id ?? "";
    expect(await stored(id)).toBeNull();
    expect((await call("GET", `/a/${id}`, { cookie: person.cookie })).status).toBe(404);
    const body = { nonce: "AAAA", verdict: "approved", comment: "", credential_id: "AAAA" };
    const assertion = { client_data_json: "AAAA", authenticator_data: "AAAA", signature: "AAAA" };
    expect(await outcome(await send(person, id, { ...body, assertion }))).toEqual([404, "unknown_request"]);
    expect(await outcome(await call("GET", `/api/v1/approvals/${id}`, { key: agent.key, origin: null }))).toEqual([404, "unknown_request"]);
    expect((await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: person.cookie })).status).toBe(204);
    expect(await stored(id)).toBeNull();
    expect(await leavesOf(id)).toEqual([]);
  });
});

describe("an agent asks without an idempotency key", () => {
  const FIRST = WRITES.slice(1);
  const askTo = (action: string, reason = "First") => askFor(cast().agent, { action, reason });
  const listedFor = async (action: string) =>
    (
      await env.DB.prepare("SELECT id, requested_at, expires_at FROM approval WHERE action = ?")
        .bind(action)
        .all<{ id: string; requested_at: string; expires_at: string }>()
    ).results;

  it("writes this, in this order, and the same again nothing", async () => {
    const { done, seen } = await withFaults([], () => askTo("Once"));
    expect([done.status, seen.map(({ name }) => name)]).toEqual([201, FIRST]);
    const again = await withFaults([], () => askTo("Once", "Again"));
    // The batch looks; what it finds, it lets be.
    expect([again.done.status, again.seen.map(({ name }) => name)]).toEqual([200, [FIRST[0], "call: readText of the approval"]]);
    expect(await again.done.json()).toEqual(await done.json());
  });

  it("every write of it fails: the same again opens what was listed, once, or finds it", async () => {
    for (const [n, fault] of faultsOf(FIRST, isAnObjects).entries()) {
      const action = `Case ${n}`;
      const { done, struck } = await withFaults([fault], () => askTo(action));
      const what = struck.join();
      expect(struck).toHaveLength(1);
      expect(await outcome(done), what).toEqual([503, "unavailable"]);
      const before = await listedFor(action);
      for (const { id } of before) await forget(id, cast());

      later(1);
      const again = await askTo(action, "Second");
      const wasOpened = again.status === 200;
      const view = await again.json<AgentView>();
      if (before[0] !== undefined) expect(view.request_id, what).toBe(before[0].id);
      expect((await stored(view.request_id))?.request.reason, what).toBe(wasOpened ? "First" : "Second");
      const { request_id: id, requested_at, expires_at } = view;
      expect(await listedFor(action), what).toEqual([{ id, requested_at, expires_at }]);
      expect(await alarmOf(id), what).toBe(Date.parse(expires_at));
      expect(await (await askTo(action, "Third")).json(), what).toEqual(view);
      expect((await openPage(cast().person, id)).state.status).toBe("pending");
    }
  });

  it("what finds it fails: the next call finds it", async () => {
    const first = await (await askTo("Found")).json<AgentView>();
    for (const at of [0, 1]) {
      for (const how of HOWS) {
        const { done } = await withFaults([{ at, how, end: "goes on" }], () => askTo("Found", "Again"));
        expect(await outcome(done)).toEqual([503, "unavailable"]);
        expect(await (await askTo("Found")).json()).toEqual(first);
      }
    }
  });

  describe("while an end is on its way to the log", () => {
    it.each(["approved", "denied"] as const)("what people have %s is found, and they are not asked again", async (verdict) => {
      const action = `To be ${verdict}`;
      const { request_id: id } = await (await askTo(action)).json<AgentView>();
      outage.commits = true;
      await decide(cast().person, id, verdict);
      const again = await askTo(action);
      expect([again.status, await again.json()]).toMatchObject([200, { request_id: id, status: "pending" }]);
      outage.commits = false;
      expect(await viewOf(cast().agent, id)).toMatchObject({ status: verdict });
      expect((await askTo(action)).status).toBe(201);
    });

    it("what the agent has cancelled is not, and those who ask at the same moment make one new request", async () => {
      const { request_id: id } = await (await askTo("Cancelled")).json<AgentView>();
      outage.commits = true;
      await agentCalls(cast(), id, "cancel", {});
      expect(await viewOf(cast().agent, id)).toMatchObject({ status: "pending" });
      const answers = await Promise.all(Array.from({ length: 8 }, () => askTo("Cancelled", "Now it is needed")));
      const ids = new Set(await Promise.all(answers.map(async (answer) => (await answer.json<AgentView>()).request_id)));
      expect([ids.size, ids.has(id)]).toEqual([1, false]);
      outage.commits = false;
      expect(await viewOf(cast().agent, id)).toMatchObject({ status: "cancelled" });
      expect(await (await askTo("Cancelled")).json()).toMatchObject({ request_id: [...ids][0], status: "pending" });
    });
  });
});

describe("a person opens the page", () => {
  const writes = ["call: page of the approval", "approval: put nonces", "approval: put approval"];

  it("which writes this, in this order", async () => {
    const { request_id: id } = await (await askFor(cast().agent)).json<AgentView>();
    const { seen } = await withFaults([], () => openPage(cast().person, id));
    const names = seen.map(({ name }) => name);
    expect(names.slice(0, writes.length)).toEqual(writes);
    // What people approved of its agent before is looked at beside it.
    expect(new Set(names.slice(writes.length))).not.toContain("approval: put approval");
  });

  it("and every write of it fails: the page opened again decides", async () => {
    const { agent, person } = cast();
    for (const at of writes.keys()) {
      for (const how of HOWS) {
        for (const end of at === 0 ? (["goes on"] as const) : ENDS) {
          const { request_id: id } = await (await askFor(agent)).json<AgentView>();
          const { done } = await withFaults([{ at, how, end }], () => call("GET", `/a/${id}`, { cookie: person.cookie }));
          expect(done.status).toBe(503);
          await forget(id, cast());
          expect((await decide(person, id, "approved")).status).toBe(200);
          expect(await viewOf(agent, id)).toMatchObject({ status: "approved" });
        }
      }
    }
  });
});

describe("a nonce", () => {
  it("is spent together with the decision it serves, or not at all", async () => {
    const { agent, person } = cast();
    for (const how of HOWS) {
      for (const end of ENDS) {
        const { request_id: id } = await (await askFor(agent)).json<AgentView>();
        const body = await signedDecision(person, await openPage(person, id), "approved");
        await withFaults([{ at: 1, how, end }], () => send(person, id, body));
        await forget(id, cast());
        expect((await stored(id))?.ending === null).toBe(how === "absent");
        expect(await outcome(await send(person, id, body))).toEqual(how === "absent" ? [200, undefined] : [409, "already_final"]);
        expect(await leavesOf(id)).toEqual(["final"]);
      }
    }
  });
});
