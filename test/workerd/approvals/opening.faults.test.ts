/** Opening a request and its page under every single fault. Nobody but the agent knows of a request that was not opened. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { askFor, decide, openPage, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import { call, makeAgent, outcome } from "#test/workerd/support/people.ts";
import { type End, type How, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { alarmOf, forget, later, leavesOf, service, stored } from "#test/workerd/faults/journeys.ts";

const cast = service();
const HOWS: How[] = ["absent", "present"];
const ENDS: End[] = ["goes on", "dies"];

const listed = async (agentId = cast().agent.id): Promise<{ id: string; expires_at: string }[]> =>
  (await env.DB.prepare("SELECT id, expires_at FROM approval WHERE agent_id = ?").bind(agentId).all<{ id: string; expires_at: string }>())
    .results;
const WRITES = ["call: read of the approval", "D1: batch, insert into approval", "call: open of the approval", "approval: transaction"];

describe("an agent asks", () => {
  const askWith = (key: string) => askFor(cast().agent, { idempotency_key: key });

  it("which writes this, in this order, and the same again nothing", async () => {
    const { done, seen } = await withFaults([], () => askWith("key"));
    expect(done.status).toBe(201);
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
    const again = await withFaults([], () => askWith("key"));
    expect(again.done.status).toBe(200);
    expect(again.seen.map(({ name }) => name)).toEqual(["call: read of the approval"]);
    expect(await again.done.json()).toEqual(await done.json());
  });

  it("and every write of it fails: the same again opens it, once", async () => {
    const cases = WRITES.flatMap((name, at) =>
      HOWS.flatMap((how) => (name === "approval: transaction" ? ENDS : (["goes on"] as const)).map((end) => ({ at, how, end }))),
    );
    const before = (await listed()).length;
    for (const [n, fault] of cases.entries()) {
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
    expect(await detailOf(asked.done)).toBe("This broke off, and may have been done all the same: look, then try again.");
    const { request_id: id } = await (await askWith("broke off")).json<AgentView>();
    const headers = { "x-api-key": cast().agent.key };
    const read = await withFaults([{ at: "call: read of the approval", how: "absent", end: "goes on" }], () =>
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

describe("a person opens the page", () => {
  const writes = ["call: page of the approval", "approval: put nonces"];

  it("which writes this, in this order", async () => {
    const { request_id: id } = await (await askFor(cast().agent)).json<AgentView>();
    const { seen } = await withFaults([], () => openPage(cast().person, id));
    expect(seen.map(({ name }) => name)).toEqual(writes);
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
