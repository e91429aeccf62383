/** The list of agents in pages, what is found in it, and what a page costs; and all that is told of one agent. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { AgentDetail } from "#api/agents/agent-data.ts";
import type { AgentItem } from "#api/people-data.ts";
import { app } from "#composition/app.ts";
import { endKey, rotated } from "#test/workerd/support/agents/keys.ts";
import { below, chainBelow } from "#test/workerd/support/agents/below.ts";
import { type Agent, ask, decided } from "#test/workerd/support/approvals.ts";
import { admitted, changeRoles, given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let auditor: Someone;
let bot: Agent;
let stopped: Agent;
beforeAll(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  auditor = await admitted(alex, "audrey", ["auditor"]);
  bot = await makeAgent(alex, "release-bot");
  stopped = await makeAgent(alex, "Night-crawler");
  expect((await stop(alex, stopped.id)).status).toBe(204);
  const gone = await makeAgent(alex, "gone");
  expect((await call("DELETE", `/api/v1/agents/${gone.id}`, { cookie: alex.cookie })).status).toBe(204);
  await below(bot, { name: "scout" });
});

/** Agents that were made long before, with these numbers, a millisecond apart. */
const putAgents = (from: number, to: number) =>
  env.DB.prepare(
    `WITH RECURSIVE one(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?2)
     INSERT INTO agent (id, name, owner, key_hash, created_at, leaf_index)
     SELECT 'agt_old' || CAST(n AS INTEGER), 'old ' || n, ?3, 'hash ' || n, strftime('%Y-%m-%dT%H:%M:%fZ', 1700000000 + n * 0.001, 'unixepoch'), 0 FROM one`,
  )
    .bind(from, to, alex.id)
    .run();

interface Page {
  items: AgentItem[];
  next_cursor?: string;
}
const page = async (query: string, by = alex): Promise<Page> => given(await call("GET", `/api/v1/agents${query}`, { cookie: by.cookie }));
const named = ({ items }: Page): string[] => items.map(({ name }) => name);

describe("the list of agents", () => {
  test("is all of it where nothing is asked for, as it always was", async () => {
    const all = await page("");
    expect(named(all)).toEqual(["release-bot", "scout", "Night-crawler", "gone"]);
    expect(all.items[0]).toMatchObject({ id: bot.id, owner: alex.id, groups: [], key_prefix: bot.key.slice(0, 8), stopped: null });
    expect(all).not.toHaveProperty("next_cursor");
  });

  test.each([
    ["?state=any", ["release-bot", "scout", "Night-crawler", "gone"]],
    ["?state=running", ["release-bot", "scout"]],
    ["?state=stopped", ["Night-crawler"]],
    ["?state=revoked", ["gone"]],
    ["?q=CRAWL", ["Night-crawler"]],
    ["?q=alex", ["release-bot", "scout", "Night-crawler", "gone"]],
    ["?q=alex&state=revoked", ["gone"]],
    ["?q=CRAWL%20night%20Alex", ["Night-crawler"]],
    ["?q=%25", []],
    ["?q=nobody", []],
  ])("of %s is %j", async (query, names) => {
    expect(named(await page(query))).toEqual(names);
  });

  test("finds an agent by its id, for auditors too", async () => {
    expect(named(await page(`?q=${stopped.id}`, auditor))).toEqual(["Night-crawler"]);
  });

  test.each(["?state=asleep", "?cursor=nowhere", `?q=${"a".repeat(201)}`])("refuses %s", async (query) => {
    expect(await outcome(await call("GET", `/api/v1/agents${query}`, { cookie: alex.cookie }))).toEqual([400, "invalid_request"]);
  });

  test("goes on by place, each agent once, and a page costs the same at a hundred agents as at a thousand", async () => {
    const meter = new PlatformMeter(env.DB, {});
    const rowsOfPage = async (path: string): Promise<number> => {
      meter.take();
      await (await call("GET", path, { cookie: alex.cookie })).text();
      return meter.take().d1RowsRead;
    };
    await putAgents(0, 100);
    const [list, html, found] = ["/api/v1/agents?state=any", "/admin/agents", "/api/v1/agents?q=old%201"];
    const few = [await rowsOfPage(list), await rowsOfPage(html), await rowsOfPage(found)];
    await putAgents(100, 1_000);
    expect([await rowsOfPage(list), await rowsOfPage(html)]).toEqual(few.slice(0, 2));
    // A search looks at what it passes by, and so at more where there is more; at 2,000 agents at most.
    expect(await rowsOfPage(found)).toBeLessThan(4 * 1_000);

    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const next = await page(cursor === undefined ? "?state=any" : `?state=any&cursor=${encodeURIComponent(cursor)}`);
      seen.push(...next.items.map(({ id }) => id));
      cursor = next.next_cursor;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(1_004);
    expect(new Set(seen).size).toBe(1_004);
    expect(seen.slice(-4)[0]).toBe(bot.id);
  });

  test("finds a name in capitals by small letters, also by such that are not of ASCII", async () => {
    await makeAgent(alex, "ÉCLAIR-bot");
    expect(named(await page("?q=%C3%A9clair"))).toEqual(["ÉCLAIR-bot"]);
  });
});

describe("one agent", () => {
  const detail = async (id: string, by: Someone): Promise<AgentDetail> =>
    given(await call("GET", `/api/v1/agents/${id}`, { cookie: by.cookie }));

  test("is told with its keys, with what it asked for and how that ended, and with those below it", async () => {
    const agent = await makeAgent(alex, "detailed");
    const { request_id: approved } = await ask(agent);
    await decided(alex, approved, "approved");
    const { request_id: denied } = await ask(agent);
    await decided(alex, denied, "denied");
    const { request_id: open } = await ask(agent);
    const fresh = await rotated(alex, agent, 24);
    const under = await below(fresh, { name: "helper" });
    const told = await detail(agent.id, alex);
    expect(told).toMatchObject({
      id: agent.id,
      name: "detailed",
      owner: alex.id,
      owner_name: "alex",
      revoked_at: null,
      stopped: null,
      key: { number: 2, prefix: fresh.key.slice(0, 8) },
      old_keys: [{ number: 1, prefix: agent.key.slice(0, 8) }],
      last_call_at: null,
      requests: { looked_at: 3, more: false, pending: 1, approved: 1, passed: 0, denied: 1, expired: 0, cancelled: 0 },
      recent_calls: [],
      agents_below: [{ id: under.id, name: "helper" }],
    });
    expect(told.recent_requests.map(({ id, status }) => [id, status])).toEqual([
      [open, "pending"],
      [denied, "denied"],
      [approved, "approved"],
    ]);
    expect(told.last_asked_at).toBe(told.recent_requests[0]?.requested_at);
    expect(JSON.stringify(told)).not.toContain(fresh.key);
    expect(JSON.stringify(told)).not.toContain(agent.key);
    expect((await endKey(alex, agent.id, 1)).status).toBe(204);
    const [old] = (await detail(agent.id, alex)).old_keys;
    expect(old?.ends_at).not.toBe(told.old_keys[0]?.ends_at);
  });

  test("is told also of one that ended with one above it, and its page is there", async () => {
    const agent = await makeAgent(alex, "revoked above");
    const [one, two] = await chainBelow(agent, ["first below", "second below"]);
    if (one === undefined || two === undefined) throw new Error("no chain");
    await env.DB.prepare("UPDATE agent SET revoked_at = '2026-11-29T00:00:00.000Z' WHERE id = ?").bind(one.id).run();
    const of = { id: two.id, name: "second below", below: { chain: [{ id: agent.id }, { id: one.id }, { id: two.id }] } };
    expect(await detail(two.id, alex)).toMatchObject(of);
    expect((await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie })).status).toBe(204);
    expect(await detail(two.id, alex)).toMatchObject(of);
    expect((await call("GET", `/admin/agents/${two.id}`, { cookie: alex.cookie })).status).toBe(200);
  });

  test("is told without its calls while the record of them cannot be read, and says so", async () => {
    const broken = new Proxy(env.AUDIT, {
      get: (target, name) => {
        if (name === "withSession") throw new Error("not now");
        return Reflect.get(target, name) as unknown;
      },
    });
    const without = async (path: string): Promise<Response> => {
      const request = new Request(new URL(path, ORIGIN), { headers: { cookie: alex.cookie } });
      return app.fetch(request, { ...env, AUDIT: broken }, createExecutionContext());
    };
    expect(await (await without(`/api/v1/agents/${bot.id}`)).json()).toMatchObject({ id: bot.id, last_call_at: null, recent_calls: null });
    expect(await (await without(`/admin/agents/${bot.id}`)).text()).toContain("The record of calls cannot be read now.");
  });

  test("shows what was asked for to whom may read it: those who could decide it, and auditors", async () => {
    const { request_id: id } = await ask(bot, { approvers: { users: ["alex"] } });
    const blair = await admitted(alex, "blair", ["admin", "approver"]);
    const actionFor = async (by: Someone) => (await detail(bot.id, by)).recent_requests.find((one) => one.id === id)?.action;
    expect([await actionFor(alex), await actionFor(blair), await actionFor(auditor)]).toEqual([
      "Deploy api to production",
      null,
      "Deploy api to production",
    ]);
    await given(await changeRoles(alex, blair.id, ["admin"]));
    expect(await actionFor(blair)).toBeNull();
  });

  test("is not there under any other id, and not for whoever is neither admin nor auditor", async () => {
    expect(await outcome(await call("GET", "/api/v1/agents/agt_nobody", { cookie: alex.cookie }))).toEqual([404, "not_found"]);
    expect((await call("GET", "/admin/agents/agt_nobody", { cookie: alex.cookie, headers: { accept: "text/html" } })).status).toBe(404);
    const carol = await admitted(alex, "carol", ["approver"]);
    expect(await outcome(await call("GET", `/api/v1/agents/${bot.id}`, { cookie: carol.cookie }))).toEqual([403, "forbidden"]);
  });

  test("has a page with the configuration of each client, and no key in it", async () => {
    const html = await (await call("GET", `/admin/agents/${bot.id}`, { cookie: alex.cookie })).text();
    for (const client of ["Claude Code", "Claude Desktop", "VS Code", "Cursor", "Codex", "Gemini CLI", "opencode", "ChatGPT"])
      expect(html).toContain(`<summary>${client}</summary>`);
    expect(html).not.toMatch(/csk_[0-9A-Za-z]{36}/);
  });
});
