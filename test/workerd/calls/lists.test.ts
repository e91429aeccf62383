/** What admins and auditors read of calls, over the real routes; what proves one of them; and what goes when its time is over. */
import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { app } from "#composition/app.ts";
import { parseCallProof, verifyCallProof } from "#countersign/call-verifier.ts";
import type { CallRecord } from "#countersign/documents/call.ts";
import worker from "#worker.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { admitted, callsOf, ending, handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { admitted as admittedPerson } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";

let alex: Someone;
let agent: Agent;
let other: Agent;
const REQUEST = "apr_0123456789abcdef0123456789abcdef";
beforeAll(async () => {
  alex = await enrolFirst();
  agent = await makeAgent(alex, "release-bot");
  other = await makeAgent(alex, "other-bot");
  const keep = { what: "full", days: null } as const;
  const first = await admitted(agent, {
    keep,
    arguments: '{"path":"/etc/some-thing\\"quoted"}',
    session: "session-1",
    trace: "trace-1",
  });
  await callsOf(agent).settle(
    ending(first, { result: "Grüße aus dem Archiv", masked: [{ place: "$.text", by: "email", times: 2 }], flags: ["masked"] }),
  );
  await admitted(agent, {
    facts: { status: "blocked", code: "policy_denied", tool: "drop_table", rule: "no-drops" },
    session: "session-1",
  });
  await admitted(agent, {
    facts: { status: "pending_approval", tool: "deploy" },
    session: "session-1",
    join: { key: "k", requestId: REQUEST },
  });
  for (let n = 0; n < 120; n++) await admitted(other, { facts: { status: "blocked", tool: `tool_${n}` } });
  for (const one of [agent, other]) await handedOver(one);
  await callsOf(agent).settle(ending(3, { status: "denied", request: REQUEST, ms: null, resultHash: null, resultBytes: 0 }));
  await handedOver(agent);
});
afterEach(() => void vi.useRealTimers());

interface Item extends CallRecord {
  request_id: string | null;
  session: string | null;
  arguments?: { text: string; cut: boolean } | null;
  result?: { text: string; cut: boolean } | null;
}
interface List {
  items: Item[];
  next_cursor?: string;
}
const list = async (query: string): Promise<List> => {
  const answer = await call("GET", `/api/v1/calls${query}`, { cookie: alex.cookie, origin: null });
  expect(answer.status, query).toBe(200);
  return await answer.json<List>();
};
const numbers = async (query: string) => (await list(query)).items.map((one) => [one.agent.name, one.number]);

describe("GET /api/v1/calls", () => {
  it("lists the newest first, a hundred a page, each once", async () => {
    const first = await list("");
    expect(first.items).toHaveLength(100);
    const second = await list(`?cursor=${first.next_cursor}`);
    expect(second.next_cursor).toBeUndefined();
    const all = [...first.items, ...second.items];
    expect(new Set(all.map((one) => `${one.agent.id} ${one.number}`)).size).toBe(123);
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
  });

  it("filters by each member, and by all of them", async () => {
    const [first, second, third] = [1, 2, 3].map((n) => ["release-bot", n]);
    expect(await numbers(`?agent=${agent.id}`)).toEqual([third, second, first]);
    expect(await numbers("?tool=drop_table")).toEqual([second]);
    expect(await numbers("?status=denied")).toEqual([third]);
    expect(await numbers("?status=pending_approval")).toEqual([]);
    expect(await numbers("?rule=no-drops")).toEqual([second]);
    expect(await numbers(`?request=${REQUEST}`)).toEqual([third]);
    expect(await numbers("?session=session-1")).toEqual([third, second, first]);
    expect(await numbers("?trace=trace-1&server=files&status=succeeded")).toEqual([first]);
    expect(await numbers("?server=srv_0123456789abcdef012345&tool=deploy")).toEqual([third]);
    expect(await numbers("?server=no-such-server")).toEqual([]);
    const [newest] = (await list("")).items;
    expect(await numbers(`?from=${newest?.at}&agent=${agent.id}`)).toEqual([]);
    expect(await numbers(`?to=${newest?.at}&agent=${agent.id}`)).toHaveLength(3);
  });

  it("finds words of what is kept, whatever stands in them", async () => {
    const first = ["release-bot", 1];
    expect(await numbers("?q=archiv")).toEqual([first]);
    expect(await numbers(`?q=${encodeURIComponent("grüße some-thing")}`)).toEqual([first]);
    expect(await numbers(`?q=${encodeURIComponent('foo"bar AND (')}`)).toEqual([]);
    expect(await numbers(`?q=${encodeURIComponent('etc" OR "x')}`)).toEqual([]);
    expect(await numbers("?q=drop_table")).toEqual([]);
  });

  it("shows what is kept only where that is asked for", async () => {
    const [plain] = (await list("?trace=trace-1")).items;
    expect(plain).not.toHaveProperty("arguments");
    expect(plain).toMatchObject({ status: "succeeded", flags: ["masked"], masked: [{ place: "$.text", by: "email", times: 2 }] });
    const [full] = (await list("?trace=trace-1&include=content")).items;
    expect(full).toMatchObject({
      arguments: { text: '{"path":"/etc/some-thing\\"quoted"}', cut: false },
      result: { text: "Grüße aus dem Archiv", cut: false },
    });
  });

  it("refuses what is no filter, time or place, and whoever is no admin or auditor", async () => {
    for (const [query, code] of [
      ["?status=fine", "invalid_request"],
      ["?from=yesterday", "invalid_request"],
      ["?from=2026-13-40T00:00Z", "invalid_request"],
      ["?cursor=!!", "invalid_request"],
    ])
      expect(await outcome(await call("GET", `/api/v1/calls${query}`, { cookie: alex.cookie, origin: null })), query).toEqual([400, code]);
    const sam = await admittedPerson(alex, "sam");
    for (const path of ["", "/sessions/session-1", `/${agent.id}/1/proof`]) {
      expect(await outcome(await call("GET", `/api/v1/calls${path}`, { cookie: sam.cookie, origin: null }))).toEqual([403, "forbidden"]);
      expect((await call("GET", `/api/v1/calls${path}`, { key: agent.key, origin: null })).status).toBeGreaterThanOrEqual(401);
    }
  });

  it("says that the gateway is off where there is no record", async () => {
    for (const path of ["", "/sessions/session-1", `/${agent.id}/1/proof`]) {
      const request = new Request(new URL(`/api/v1/calls${path}`, ORIGIN), { headers: { cookie: alex.cookie ?? "" } });
      const { AUDIT: _, ...without } = env;
      expect(await outcome(await app.fetch(request, without, createExecutionContext()))).toEqual([503, "gateway_not_available"]);
    }
  });
});

it("a session is shown step by step, in order", async () => {
  const answer = await call("GET", "/api/v1/calls/sessions/session-1?include=content", { cookie: alex.cookie, origin: null });
  expect(await answer.json()).toMatchObject({
    session: "session-1",
    steps: [
      {
        call: { number: 1, tool: "read_file", trace: "trace-1", arguments: { cut: false } },
        judgement: { rule: "reads", policy: 1, code: null },
        request: null,
        result: { status: "succeeded", ms: 12, result: { text: "Grüße aus dem Archiv" } },
      },
      { call: { number: 2 }, judgement: { rule: "no-drops", code: "policy_denied" }, request: null, result: { status: "blocked" } },
      { call: { number: 3 }, request: { id: REQUEST, url: `${ORIGIN}/a/${REQUEST}` }, result: { status: "denied" } },
    ],
  });
});

describe("the proof of one call", () => {
  it("is verified offline, by the log's key, as the call was logged", async () => {
    const vkey = await (await call("GET", "/log/vkey")).text();
    for (const [of, number, status] of [
      [agent, 3, "pending_approval"],
      [other, 77, "blocked"],
    ] as const) {
      const answer = await call("GET", `/api/v1/calls/${of.id}/${number}/proof`, { cookie: alex.cookie, origin: null });
      const text = await answer.text();
      const proof = parseCallProof(text);
      if (!proof.ok) throw new Error(proof.refusal.message);
      expect(proof.value.call).toMatchObject({ number, status, agent: { id: of.id } });
      expect(await verifyCallProof(proof.value, { vkey: vkey.trim() })).toMatchObject({ ok: true });
      const changed = { ...proof.value, call: { ...proof.value.call, tool: "other" } };
      expect(await verifyCallProof(changed, { vkey: vkey.trim() })).toMatchObject({ ok: false, refusal: { code: "not_included" } });
    }
  });

  it("is not there for a call that is not", async () => {
    for (const path of [`${agent.id}/4`, `${agent.id}/0`, `${agent.id}/x`, "agt_none/1"])
      expect(await outcome(await call("GET", `/api/v1/calls/${path}/proof`, { cookie: alex.cookie, origin: null }))).toEqual([
        404,
        "not_found",
      ]);
  });

  it("is refused for a record that was changed in the database", async () => {
    const { record } = (await env.AUDIT.prepare("SELECT record FROM call WHERE agent = ? AND number = 2")
      .bind(agent.id)
      .first<{ record: string }>()) ?? {
      record: "",
    };
    const change = (text: string) =>
      env.AUDIT.prepare("UPDATE call SET record = ? WHERE agent = ? AND number = 2").bind(text, agent.id).run();
    await change(record.replace("no-drops", "all-drops"));
    expect((await call("GET", `/api/v1/calls/${agent.id}/2/proof`, { cookie: alex.cookie, origin: null })).status).toBeGreaterThanOrEqual(
      500,
    );
    await change(record);
  });
});

describe("what is kept long enough goes", () => {
  const DAY_MS = 86_400_000;
  const rows = async (table: string) => await env.AUDIT.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n");
  const roundIn = async (days: number) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * DAY_MS });
    await worker.scheduled(createScheduledController(), env);
    vi.useRealTimers();
  };

  it("content as its rule says, then records as the deployment says, and never the newest batch", async () => {
    const keeper = await makeAgent(alex, "keeper-bot");
    const short = await admitted(keeper, { keep: { what: "full", days: 3 }, arguments: '"shortlived"' });
    const long = await admitted(keeper, { keep: { what: "full", days: 200 }, arguments: '"longlived"' });
    for (const number of [short, long]) await callsOf(keeper).settle(ending(number));
    await handedOver(keeper);
    await admitted(keeper, { facts: { status: "blocked" } });
    await handedOver(keeper);
    const before = await rows("call");
    await roundIn(1);
    expect(await numbers("?q=shortlived")).toHaveLength(1);
    await roundIn(4);
    expect(await numbers("?q=shortlived")).toEqual([]);
    expect(await rows("call")).toBe(before);
    expect(await numbers(`?agent=${keeper.id}`)).toHaveLength(3);
    await roundIn(91);
    // Only what a rule has kept longer is there still, found by its words and its members.
    expect(await rows("call")).toBe(1);
    expect(await numbers("?q=longlived")).toEqual([["keeper-bot", long]]);
    expect(await numbers(`?agent=${keeper.id}`)).toEqual([["keeper-bot", long]]);
    const proof = await call("GET", `/api/v1/calls/${keeper.id}/${long}/proof`, { cookie: alex.cookie, origin: null });
    expect(proof.status).toBe(200);
    await roundIn(201);
    expect([await rows("call"), await rows("content"), await rows("words")]).toEqual([0, 0, 0]);
    // One of each agent.
    expect(await rows("batch")).toBe(3);
    // By the newest batch an agent's object knows how far it has come.
    expect(await admitted(keeper)).toBe(4);
  });
});
