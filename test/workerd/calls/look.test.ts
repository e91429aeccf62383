/** What passed with a notice, until somebody has looked at it: as a page, over REST, and where there is no record of calls. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { app } from "#composition/app.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { admitted as admittedPerson } from "#test/workerd/support/invited.ts";
import { admitted, callsOf, ending, handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";

let alex: Someone;
let robin: Someone;
let auditor: Someone;
let nobody: Someone;
let agent: Agent;
let busy: Agent;

const REASON = "The agent has not used this tool before.";
const noticed = (tool: string, isHeld = false) => ({
  facts: { tool, ...(isHeld && { status: "pending_approval" as const }) },
  notice: { score: 35, reasons: [REASON], isHeld },
});

const passed = async (one: Agent, wanted: Parameters<typeof admitted>[1]) => await callsOf(one).settle(ending(await admitted(one, wanted)));

beforeAll(async () => {
  alex = await enrolFirst();
  robin = await admittedPerson(alex, "robin", ["approver"]);
  auditor = await admittedPerson(alex, "auditor", ["auditor"]);
  nobody = await admittedPerson(alex, "nobody", []);
  agent = await makeAgent(alex, "careful <bot>");
  busy = await makeAgent(alex, "busy-bot");
  await passed(agent, noticed("read_file"));
  await passed(agent, { notice: null });
  await admitted(agent, noticed("held_tool", true));
  for (let n = 0; n < 60; n++) await passed(busy, noticed(`tool_${n}`));
  for (const one of [agent, busy]) await handedOver(one);
});

interface Item {
  agent: { id: string; name: string };
  number: number;
  at: string;
  tool: string;
}
interface List {
  items: Item[];
  next_cursor?: string;
}
const list = async (query = "", { cookie } = alex): Promise<List> => {
  const answer = await call("GET", `/api/v1/notices${query}`, { cookie, origin: null });
  expect(answer.status, query).toBe(200);
  return await answer.json<List>();
};
const page = async ({ cookie }: Someone, path = "/look"): Promise<string> =>
  await (await call("GET", path, { cookie, origin: null })).text();
const fine = ({ cookie }: Someone, path: string) => call("POST", `/api/v1/notices/${path}/fine`, { cookie, body: {} });

it("lists what passed with a notice, the newest first, each once; nothing that people were asked about", async () => {
  const first = await list();
  expect(first.items).toHaveLength(50);
  const second = await list(`?cursor=${first.next_cursor}`);
  expect(second.next_cursor).toBeUndefined();
  const all = [...first.items, ...second.items];
  expect(new Set(all.map((one) => `${one.agent.id} ${one.number}`)).size).toBe(61);
  expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
  expect(all.map(({ tool }) => tool)).not.toContain("held_tool");
  expect(all.find((one) => one.agent.id === agent.id)).toEqual({
    agent: { id: agent.id, name: "careful <bot>" },
    number: 1,
    at: expect.any(String) as string,
    server: "files",
    tool: "read_file",
    rule: "reads",
    score: 35,
    reasons: [REASON],
  });
  expect(await outcome(await call("GET", "/api/v1/notices?cursor=elsewhere", { cookie: alex.cookie, origin: null }))).toEqual([
    400,
    "invalid_request",
  ]);
});

it("shows approvers and admins what they may do, auditors what there is, and others nothing", async () => {
  for (const one of [alex, robin]) {
    const shown = await page(one);
    expect(shown).toContain("files.tool_59");
    expect(shown).toContain(REASON);
    expect(shown).toContain(`href="/stop?agent=${busy.id}"`);
    expect(shown).toContain("data-fine=");
    expect(shown).toContain("To look at (61)");
  }
  const older = /href="(\/look\?from=[^"]*)"/.exec(await page(alex))?.[1] ?? "";
  expect(await page(alex, older)).toContain("&lt;bot&gt;</span>");
  const read = await page(auditor);
  expect(read).toContain("files.tool_59");
  expect(read).not.toContain("data-fine=");
  expect((await call("GET", "/look", { cookie: nobody.cookie, origin: null })).status).toBe(403);
  expect(await page(robin, "/")).toContain('<a href="/look">To look at (61)</a>');
  expect(await page(nobody, "/")).not.toContain("/look");
});

it("keeps who has looked first, and lists it no more", async () => {
  const path = `${agent.id}/1`;
  const answer = await fine(robin, path);
  expect(answer.status).toBe(200);
  const first = await answer.json<{ looked_at: string }>();
  expect(first).toEqual({ agent: agent.id, number: 1, looked_at: first.looked_at, looked_by: { id: robin.id, username: "robin" } });
  expect(Math.abs(Date.parse(first.looked_at) - Date.now())).toBeLessThan(600_000);
  expect(await (await fine(alex, path)).json()).toEqual(first);
  expect((await list()).items.some((one) => one.agent.id === agent.id)).toBe(false);
  expect(await page(alex)).toContain("To look at (60)");
});

it("marks nothing for whom it is not, and nothing that is not there", async () => {
  expect(await outcome(await fine(auditor, `${busy.id}/1`))).toEqual([403, "forbidden"]);
  const foreign = { cookie: robin.cookie, body: {}, origin: "https://elsewhere.example" };
  expect(await outcome(await call("POST", `/api/v1/notices/${busy.id}/1/fine`, foreign))).toEqual([403, "forbidden"]);
  for (const path of [`${agent.id}/2`, `${agent.id}/3`, `${agent.id}/0`, `${busy.id}/1e1`, `${busy.id}/900`, "agt_none/1"])
    expect(await outcome(await fine(robin, path)), path).toEqual([404, "not_found"]);
  const { results } = await env.AUDIT.prepare("SELECT agent, number FROM notice WHERE looked_at IS NOT NULL").all();
  expect(results).toEqual([{ agent: agent.id, number: 1 }]);
});

it("says that it is off where no calls are recorded", async () => {
  const withoutAudit = { ...env, AUDIT: undefined };
  const get = (path: string, method = "GET") =>
    app.fetch(
      new Request(`${ORIGIN}${path}`, {
        method,
        headers: { cookie: alex.cookie, ...(method === "POST" && { origin: ORIGIN, "content-type": "application/json" }) },
        ...(method === "POST" && { body: "{}" }),
      }),
      withoutAudit,
      createExecutionContext(),
    );
  const shown = await (await get("/look")).text();
  expect(shown).toContain("no database AUDIT");
  expect(shown).not.toContain("files.tool_");
  expect(await outcome(await get("/api/v1/notices"))).toEqual([503, "gateway_not_available"]);
  expect(await outcome(await get(`/api/v1/notices/${busy.id}/1/fine`, "POST"))).toEqual([503, "gateway_not_available"]);
  expect(await (await get("/")).text()).not.toContain('href="/look"');
});

it("reads what waits without reading what was looked at, or what people were asked about", async () => {
  const plan = await env.AUDIT.prepare(
    "EXPLAIN QUERY PLAN SELECT agent FROM notice WHERE looked_at IS NULL AND held = 0 AND at <= 9 ORDER BY at DESC, agent, number LIMIT 50",
  ).all<{ detail: string }>();
  expect(plan.results.map(({ detail }) => detail).join("\n")).toMatch(
    /^SEARCH notice USING COVERING INDEX notice_to_look_at|USING INDEX notice_to_look_at/,
  );
});
