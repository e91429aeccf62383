/** The record over the real routes: what is in it, what it is found by, who reads what of it, and that it follows the log. */
import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { app } from "#composition/app.ts";
import { checkErased, withholdEntries } from "#storage/audit/copied-leaves.ts";
import worker from "#worker.ts";
import { type Agent, ask, decided } from "#test/workerd/support/approvals.ts";
import { everyEntry, kindsFound, recordPage } from "#test/workerd/support/audit/record.ts";
import { admitted as admittedCall, callsOf, ending, handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { admitted, given } from "#test/workerd/support/invited.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";

let alex: Someone;
let sam: Someone;
let kim: Someone;
let dana: Someone;
let agent: Agent;
let approvedId: string;
let deniedId: string;
const SESSION = "session/1 <b>";

beforeAll(async () => {
  alex = await enrolFirst();
  sam = await admitted(alex, "sam", ["approver"]);
  kim = await admitted(alex, "kim", ["auditor"]);
  dana = await admitted(alex, "dana", ["admin"]);
  agent = await makeAgent(alex, "export-bot");
  approvedId = (await ask(agent, { action: "Export customers to acme", reason: "Ticket zebra", tool: "export_rows" })).request_id;
  deniedId = (await ask(agent, { action: "Export invoices" })).request_id;
  await decided(sam, approvedId, "approved");
  await decided(sam, deniedId, "denied");
  const redeemed = await call("POST", `/api/v1/approvals/${approvedId}/redeem`, {
    key: agent.key,
    origin: null,
    body: { payload: { service: "api", version: "4.2.0", replicas: 3 } },
  });
  expect(redeemed.status).toBe(200);
  const keep = { what: "full", days: null } as const;
  const first = await admittedCall(agent, { keep, arguments: '{"path":"/okapi"}', session: SESSION });
  await callsOf(agent).settle(ending(first, { result: "Grüße" }));
  await admittedCall(agent, {
    facts: { status: "blocked", code: "policy_denied", tool: "drop_table", rule: "no-drops" },
    session: SESSION,
  });
  await handedOver(agent);
});

/** By batches of the record. */
async function rowsWritten(work: (audit: D1Database) => Promise<void>): Promise<number> {
  let rows = 0;
  const counted = new Proxy(env.AUDIT, {
    get: (target, name) =>
      name === "batch"
        ? async (statements: D1PreparedStatement[]) => {
            const results = await target.batch(statements);
            rows += results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
            return results;
          }
        : (Reflect.get(target, name) as unknown),
  });
  await work(counted);
  return rows;
}

const size = async (): Promise<number> => (await env.DB.prepare("SELECT max(size) AS n FROM log_head").first<number>("n")) ?? 0;

describe("GET /api/v1/audit", () => {
  it("has every leaf of the log once, every call, and each ask, the newest first", async () => {
    const all = await everyEntry(kim);
    const leaves = all.flatMap(({ kind, leaf }) => (leaf === null || kind === "request.asked" ? [] : [leaf.index]));
    expect(leaves.toSorted((one, other) => one - other)).toEqual(Array.from({ length: await size() }, (_, n) => n));
    expect(all.filter(({ kind }) => kind === "call")).toHaveLength(2);
    expect(all.filter(({ kind }) => kind === "request.asked").map(({ request_id: id }) => id)).toEqual([deniedId, approvedId]);
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((one, other) => (one < other ? 1 : one > other ? -1 : 0)));
    expect((await recordPage(kim)).taken_in).toEqual({ leaves: await size(), of: await size() });
  });

  it("says who approved what, for which agent, under which rule", async () => {
    const [entry] = (await recordPage(kim, "?kind=approval.approved")).items;
    expect(entry).toMatchObject({
      kind: "approval.approved",
      status: "approved",
      agent: { id: agent.id, name: "export-bot" },
      people: [{ id: sam.id, username: "sam" }],
      rule: "default",
      tool: "export_rows",
      request_id: approvedId,
      text: "Export customers to acme",
      call: null,
    });
  });

  it("filters by each member, and by all of them", async () => {
    const of = [`?request=${approvedId}`, ["approval.redeemed", "approval.approved", "request.asked"]] as const;
    expect(await kindsFound(kim, of[0])).toEqual(of[1]);
    expect(await kindsFound(kim, "?kind=call")).toEqual(["call blocked", "call succeeded"]);
    expect(await kindsFound(kim, "?kind=approval&status=denied")).toEqual(["approval.denied"]);
    expect(await kindsFound(kim, "?status=blocked")).toEqual(["call blocked"]);
    expect(await kindsFound(kim, "?rule=no-drops")).toEqual(["call blocked"]);
    expect(await kindsFound(kim, "?tool=drop_table&agent=export-bot")).toEqual(["call blocked"]);
    expect(await kindsFound(kim, "?tool=export_rows&person=sam")).toEqual(["approval.approved"]);
    expect(await kindsFound(kim, `?person=${sam.id}&kind=approval`)).toEqual(["approval.denied", "approval.approved"]);
    expect(await kindsFound(kim, "?server=files")).toEqual(["call blocked", "call succeeded"]);
    const ofAgent = ["calls.logged", "call blocked", "call succeeded", "approval.redeemed", "approval.denied", "approval.approved"];
    for (const name of [agent.id, "export-bot"])
      expect((await kindsFound(kim, `?agent=${name}`)).filter((kind) => !/^(agent|request)/.test(kind))).toEqual(
        expect.arrayContaining(ofAgent),
      );
    for (const nothing of [
      "?agent=nobody",
      "?person=nobody",
      "?server=nowhere",
      "?kind=grant",
      "?kind=call&person=sam",
      "?from=2099-01-01",
    ])
      expect(await kindsFound(kim, nothing), nothing).toEqual([]);
  });

  it("takes a day with all of it, and a moment as it is", async () => {
    const all = await everyEntry(kim);
    const [newest, oldest] = [all[0]?.at ?? "", all.at(-1)?.at ?? ""];
    const day = (at: string) => at.slice(0, 10);
    expect(await everyEntry(kim, { from: day(oldest), to: day(newest) })).toHaveLength(all.length);
    expect(await everyEntry(kim, { from: newest })).toHaveLength(all.filter(({ at }) => at === newest).length);
    expect(await everyEntry(kim, { to: oldest })).toEqual([]);
  });

  it("finds words of actions, reasons and names, of what is kept of calls, and whole names of tools, whatever stands in them", async () => {
    const found = (q: string) => kindsFound(kim, `?q=${encodeURIComponent(q)}`);
    expect(await found("CUSTOMERS acme")).toEqual(["approval.redeemed", "approval.approved", "request.asked"]);
    expect(await found("zebra")).toEqual(["approval.redeemed", "approval.approved", "request.asked"]);
    expect(await found("okapi")).toEqual(["call succeeded"]);
    expect(await found("grüße")).toEqual(["call succeeded"]);
    expect(await found("drop_table")).toEqual(["call blocked"]);
    for (const q of ['"', "''", "* OR", "NEAR(", "{terms} : x", "-", "(", 'zebra" OR "okapi', "\0", "zebra\0okapi", "!!", "^", ":"])
      expect(await found(q), q).toEqual([]);
    expect(await found("export\0")).not.toEqual([]);
  });

  it("goes on behind each page, each entry once", async () => {
    const first = await recordPage(kim);
    expect(first.next_cursor).toBeUndefined();
    for (let n = 0; n < 70; n++) await admittedCall(agent, { facts: { status: "blocked", tool: `tool_${n}` } });
    await handedOver(agent);
    const all = await everyEntry(kim);
    expect((await recordPage(kim)).items).toHaveLength(50);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.filter(({ kind }) => kind === "call")).toHaveLength(72);
  });

  it("refuses what is no filter, time or place, with a code", async () => {
    for (const query of [
      "?kind=A",
      "?from=yesterday",
      "?from=2026-13-40",
      "?from=2026-02-31",
      "?cursor=!!",
      "?q=",
      `?q=${"a".repeat(201)}`,
    ])
      expect(await outcome(await call("GET", `/api/v1/audit${query}`, { cookie: kim.cookie, origin: null })), query).toEqual([
        400,
        "invalid_request",
      ]);
    for (const id of ["0", "zzzzzzzzzzz", "nothing!", "a b"])
      expect(await outcome(await call("GET", `/api/v1/audit/${id}`, { cookie: kim.cookie, origin: null })), id).toEqual([404, "not_found"]);
  });
});

describe("what a request says", () => {
  it("an auditor reads, and an admin who is none neither reads nor finds", async () => {
    const [entry] = (await recordPage(dana, `?request=${approvedId}&kind=approval.approved`)).items;
    expect(entry).toMatchObject({ text: "", people: [{ username: "sam" }] });
    expect(await kindsFound(dana, "?q=zebra")).toEqual([]);
    expect(await kindsFound(dana, "?q=customers")).toEqual([]);
    expect(await kindsFound(dana, "?q=drop_table")).toEqual(["call blocked"]);
    const exported = await (await call("GET", "/api/v1/audit/export?format=csv", { cookie: dana.cookie, origin: null })).text();
    expect(exported).not.toContain("Export customers");
    const detail = await given<object>(await call("GET", `/api/v1/audit/${entry?.id}`, { cookie: dana.cookie, origin: null }));
    expect(detail).toMatchObject({
      text: "",
      record: null,
      links: { request: null, receipt: null, entry: expect.stringMatching(/^\/log\/entry\//) as string },
    });
    for (const path of ["/audit", `/audit/${entry?.id}`])
      expect(await (await call("GET", path, { cookie: dana.cookie, origin: null })).text()).not.toContain("Export customers");
  });

  it("is told with the record that the log commits to, and where its proof is", async () => {
    const [entry] = (await recordPage(kim, `?request=${approvedId}&kind=approval.approved`)).items;
    const detail = await given<object>(await call("GET", `/api/v1/audit/${entry?.id}`, { cookie: kim.cookie, origin: null }));
    expect(detail).toMatchObject({
      text: "Export customers to acme",
      record: { kind: "approval.approved", request: { id: approvedId } },
      links: { entry: `/log/entry/${entry?.leaf?.index}`, receipt: `/api/v1/approvals/${approvedId}/receipt`, request: `/a/${approvedId}` },
    });
    const [blocked] = (await recordPage(kim, "?tool=drop_table")).items;
    const ofCall = await given<{ links: { proof: string } }>(
      await call("GET", `/api/v1/audit/${blocked?.id}`, { cookie: kim.cookie, origin: null }),
    );
    expect(ofCall).toMatchObject({ record: { tool: "drop_table" }, links: { session: `/audit/sessions/${encodeURIComponent(SESSION)}` } });
    expect((await call("GET", ofCall.links.proof, { cookie: kim.cookie, origin: null })).status).toBe(200);
  });
});

it("a session is told step by step, with what is kept, and texts as texts", async () => {
  const page = await (await call("GET", `/audit/sessions/${encodeURIComponent(SESSION)}`, { cookie: kim.cookie, origin: null })).text();
  expect(page).toContain("okapi");
  expect(page).toContain("no-drops");
  expect(page).not.toContain("1 <b>");
  expect(page.indexOf("files.read_file")).toBeLessThan(page.indexOf("files.drop_table"));
  expect(await (await call("GET", "/audit/sessions/none", { cookie: kim.cookie, origin: null })).text()).toContain("Nothing is kept");
});

describe("the record follows the log", () => {
  it("past an ask that a policy lets pass, which ends at the moment that it is made", async () => {
    await putInForce(policyOf([{ name: "reads", match: { tool: "get_*" }, effect: "allow", risk: "low" }]));
    const { request_id: id } = await ask(agent, { action: "Look", tool: "get_status" });
    expect((await recordPage(kim)).taken_in).toEqual({ leaves: await size(), of: await size() });
    expect(await kindsFound(kim, `?request=${id}`)).toEqual(["approval.auto_approved", "request.asked"]);
    const [end, asked] = (await recordPage(kim, `?request=${id}`)).items;
    expect(end?.at).toBe(asked?.at);
  });

  it("behind, it says so, and catches up by itself", async () => {
    const before = await everyEntry(kim);
    await env.AUDIT.batch([env.AUDIT.prepare("DELETE FROM entry WHERE leaf >= 3"), env.AUDIT.prepare("UPDATE copied_log SET reached = 3")]);
    // A page that could not take anything in.
    const broken = new Proxy(env.AUDIT, {
      get: (target, name) => (name === "batch" ? () => Promise.reject(new Error("not now")) : (Reflect.get(target, name) as unknown)),
    });
    const request = new Request(new URL("/audit", ORIGIN), { headers: { cookie: kim.cookie } });
    const shown = await (await app.fetch(request, { ...env, AUDIT: broken }, createExecutionContext())).text();
    expect(shown).toContain("This is behind: it has the first 3 of the");
    await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
    expect(await everyEntry(kim)).toEqual(before);
  });

  it("lost, it is made again, to the same", async () => {
    const before = await everyEntry(kim, { kind: "approval" });
    await env.AUDIT.batch(["entry", "entry_words", "copied_log"].map((table) => env.AUDIT.prepare(`DELETE FROM ${table}`)));
    // Two at once.
    await Promise.all([recordPage(kim), recordPage(kim), recordPage(alex)]);
    expect(await everyEntry(kim, { kind: "approval" })).toEqual(before);
    const { n } = (await env.AUDIT.prepare("SELECT count(*) AS n FROM entry_words").first<{ n: number }>()) ?? { n: 0 };
    expect(n).toBe(await env.AUDIT.prepare("SELECT count(*) AS n FROM entry").first<number>("n"));
  });

  it("ahead of a log that was put back, it says so", async () => {
    await env.AUDIT.prepare("UPDATE copied_log SET reached = reached + 5").run();
    expect(await (await call("GET", "/audit", { cookie: kim.cookie, origin: null })).text()).toContain("was put back in time");
    await env.AUDIT.prepare("UPDATE copied_log SET reached = reached - 5").run();
  });

  it("what was erased is withheld: found by nothing, and still one of its entries", async () => {
    const [entry] = (await recordPage(kim, `?request=${deniedId}&kind=approval.denied`)).items;
    const index = entry?.leaf?.index ?? -1;
    // As the rounds of erasures do, which may do it to what names somebody erased, and to nothing else.
    await env.DB.batch([
      ...["log_leaf_update", "withheld_leaf_insert"].map((name) => env.DB.prepare(`DROP TRIGGER ${name}`)),
      env.DB.prepare("INSERT INTO erasure (person_id, at, leaf_index, log_id, idx, done_at) VALUES (?, 'now', 0, 1, 0, 'now')").bind(
        sam.id,
      ),
      env.DB.prepare("INSERT INTO withheld_leaf (log_id, idx, person_id, withheld_at) VALUES (1, ?, ?, 'now')").bind(index, sam.id),
      env.DB.prepare("UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = ?").bind(index),
    ]);
    await worker.scheduled(createScheduledController({ cron: "*/15 * * * *" }), env);
    expect(await kindsFound(kim, `?request=${deniedId}`)).toEqual([]);
    expect(await kindsFound(kim, "?q=invoices")).toEqual([]);
    const [withheld, ...others] = (await recordPage(kim, "?kind=withheld")).items;
    expect(others).toEqual([]);
    expect(withheld).toMatchObject({ id: entry?.id, at: entry?.at, agent: null, people: [], text: "", leaf: { index } });
    expect(await rowsWritten((audit) => checkErased(env.DB, audit))).toBe(0);
    // Again, and made anew, it is the same.
    await withholdEntries(env.DB, env.AUDIT, [{ logId: 1, index }]);
    await env.AUDIT.prepare("UPDATE copied_log SET reached = 0").run();
    expect((await recordPage(kim, "?kind=withheld")).items).toEqual([withheld]);
    expect((await recordPage(kim)).taken_in).toEqual({ leaves: await size(), of: await size() });
  });
});

it("says that it is not available where there is no record of calls, and lists nothing", async () => {
  const { AUDIT: _, ...without } = env;
  const get = (path: string) =>
    app.fetch(new Request(new URL(path, ORIGIN), { headers: { cookie: kim.cookie } }), without, createExecutionContext());
  const page = await (await get("/audit")).text();
  expect(page).toContain("no database AUDIT");
  expect(page).not.toContain("/audit/");
  for (const path of ["", "/export?format=csv", "/1"])
    expect(await outcome(await get(`/api/v1/audit${path}`))).toEqual([503, "gateway_not_available"]);
  await worker.scheduled(createScheduledController({ cron: "* * * * *" }), without);
});
