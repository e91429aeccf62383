/** People found, page by page and one by one: who is on which page, what is told of whom, and what that costs the database. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PeopleList, PersonDetail } from "#api/people/person-data.ts";
import { ask, decided } from "#test/workerd/support/approvals.ts";
import { putAway, putContact, putMail } from "#test/workerd/support/channels/channels-in-force.ts";
import { admitted, changeRoles, enrolInvited, given, invite, recordsOf, signRoles, sendRoles } from "#test/workerd/support/invited.ts";
import { call, type Call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const PAGE = 50;
const meter = new PlatformMeter(env.DB, {});
let alex: Someone;

const read = async (query = "", settings?: Call["settings"]): Promise<PeopleList> =>
  given(await call("GET", `/api/v1/people${query}`, { cookie: alex.cookie, ...(settings === undefined ? {} : { settings }) }));
const usernames = ({ items }: Pick<PeopleList, "items">): string[] => items.map(({ username }) => username);
const detail = async (id: string, by = alex): Promise<PersonDetail> =>
  given(await call("GET", `/api/v1/people/${id}`, { cookie: by.cookie }));
const page = async (path: string, by = alex): Promise<string> =>
  (await call("GET", path, { cookie: by.cookie, headers: { accept: "text/html" } })).text();

/** People with a passkey and a session each, as the service writes them: `p0001`, every tenth an auditor, every hundredth in a group. */
const crowd = async (from: number, to: number): Promise<void> => {
  const numbers = "WITH RECURSIVE one(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?2)";
  const each = [
    `INSERT INTO person (id, username, display_name, roles, groups, created_at)
     SELECT printf('usr_p%d', n), printf('p%04d', n), printf('Person %d', n), CASE WHEN n % 10 = 0 THEN '["auditor"]' ELSE '["approver"]' END,
       CASE WHEN n % 100 = 0 THEN '["night-shift"]' ELSE '[]' END, '2026-11-20T09:30:00.000Z' FROM one`,
    `INSERT INTO passkey (credential_id, person_id, public_key, alg, sign_count, backup_eligible, transports, created_at, leaf_index)
     SELECT printf('cred%d', n), printf('usr_p%d', n), printf('key%d', n), -7, 0, 0, '[]', '2026-11-20T09:30:00.000Z', 0 FROM one`,
    `INSERT INTO session (token_hash, person_id, credential_id, created_at, last_seen_at)
     SELECT printf('%064d', n), printf('usr_p%d', n), printf('cred%d', n), '2099-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z' FROM one`,
  ];
  await env.DB.batch(each.map((insert) => env.DB.prepare(`${numbers} ${insert}`).bind(from, to)));
};

describe("among many", () => {
  beforeAll(async () => {
    await emptyStorage();
    alex = await enrolFirst();
    await crowd(1, 121);
    await enrolInvited(await invite(alex, { username: "zoe", roles: ["approver"] }), "zoe");
  });

  test("a list goes on by username, has everybody once, and those who wait at its end", async () => {
    const found: string[] = [];
    let cursor: string | undefined;
    const sizes: number[] = [];
    do {
      const list = await read(cursor === undefined ? "?role=any" : `?cursor=${cursor}`);
      expect(list.waiting.map(({ username }) => username)).toEqual(["zoe"]);
      found.push(...usernames(list));
      sizes.push(list.items.length);
      cursor = list.next_cursor;
    } while (cursor !== undefined);
    expect(sizes).toEqual([PAGE, PAGE, 22]);
    expect(found).toEqual(["alex", ...Array.from({ length: 120 }, (_, i) => `p${String(i + 1).padStart(4, "0")}`), "zoe"]);
  });

  test("is everybody where nothing is asked for, as it always was", async () => {
    const all = await read();
    expect(usernames(all)).toEqual(["alex", ...Array.from({ length: 120 }, (_, i) => `p${String(i + 1).padStart(4, "0")}`), "zoe"]);
    expect(all).not.toHaveProperty("next_cursor");
    expect(all.items.at(-1)).toMatchObject({ confirmed: false, passkeys: [], waiting: [{}] });
  });

  test.each([
    ["?q=p0042", ["p0042"]],
    ["?q=PERSON%2042", ["p0042"]],
    ["?q=usr_p42", ["p0042"]],
    ["?q=night-shift", ["p0100"]],
    ["?q=zoe", ["zoe"]],
    ["?q=zoe&role=any", ["zoe"]],
    ["?role=admin", ["alex"]],
    ["?role=auditor&q=p010", ["p0100"]],
    ["?q=%25", []],
    ["?q=nobody&role=admin", []],
  ])("%s finds %j", async (query, names) => {
    expect(usernames(await read(query))).toEqual(names);
  });

  test.each(["?role=owner", "?cursor=%25", "?cursor=No%20Name", `?q=${"x".repeat(201)}`, "?q="])("%s is refused", async (query) => {
    expect(await outcome(await call("GET", `/api/v1/people${query}`, { cookie: alex.cookie }))).toEqual([400, "invalid_request"]);
  });

  test("the page has the same, finds, and leads on with what was looked for", async () => {
    const first = await page("/admin/people");
    expect(first).toContain('href="/admin/people?cursor=p0049"');
    expect(first).toContain('data-list="/api/v1/people?role=any"');
    expect(first).toContain('href="/admin/people/usr_p1"');
    expect(first).toContain("Confirm passkey of zoe");
    const found = await page("/admin/people?q=p00&role=approver");
    expect(found).toContain('data-list="/api/v1/people?q=p00&amp;role=approver"');
    expect(found).toContain('href="/admin/people?q=p00&amp;role=approver&amp;cursor=p0055"');
    expect(found).not.toContain('href="/admin/people/usr_p10"');
    expect(await page("/admin/people?q=nobody")).toContain("Nobody is like this.");
    expect((await call("GET", "/admin/people?role=owner", { cookie: alex.cookie })).status).toBe(400);
  });

  test("costs as much among a thousand as among a hundred: a page, the next one, one person, their sessions", async () => {
    const costs = async (): Promise<Record<string, number>> => {
      const found: Record<string, number> = {};
      for (const path of [
        "/api/v1/people?role=any",
        "/api/v1/people?cursor=p0020",
        "/api/v1/people/usr_p7",
        "/api/v1/people/usr_p7/sessions",
        "/admin/people",
      ]) {
        meter.take();
        expect((await call("GET", path, { cookie: alex.cookie })).status).toBe(200);
        found[path] = meter.take().d1RowsRead;
      }
      return found;
    };
    const among = await costs();
    await crowd(121, 1_001);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM person").first("n")).toBe(1_001);
    expect(await costs()).toEqual(among);
    expect(among["/api/v1/people/usr_p7"]).toBeLessThan(60);
  });

  test("a search looks at two thousand for a page at most, and says that it goes on", async () => {
    await crowd(1_001, 2_501);
    const first = await read("?q=p2400");
    expect([usernames(first), first.next_cursor]).toEqual([[], "p1999"]);
    expect(usernames(await read("?q=p2400&cursor=p1999"))).toEqual(["p2400"]);
    // Also where the last one that is looked at is found: `alex` is the first one.
    const last = await read("?q=1999");
    expect([usernames(last), last.next_cursor]).toEqual([["p1999"], "p1999"]);
  });
});

describe("one person", () => {
  beforeEach(async () => {
    await emptyStorage();
    alex = await enrolFirst();
  });

  test("has passkeys, sessions, contacts as kinds and never their addresses, and who stands in", async () => {
    const [blair, casey] = [await admitted(alex, "blair"), await admitted(alex, "casey")];
    await putContact(blair.id, await putMail(), "blair@secret.example");
    await putAway(blair.id, casey.id);
    const told = await detail(blair.id);
    expect(told.person).toMatchObject({ id: blair.id, username: "blair", confirmed: true });
    expect(told.contacts).toEqual([{ kind: "email", confirmed_at: expect.any(String) as unknown, failing_since: null }]);
    expect(told.out_of_office).toMatchObject([{ until: "2099-01-01T00:00:00.000Z", to: { id: casey.id, username: "casey" } }]);
    expect(told.sessions).toMatchObject([{ credential_id: blair.passkey.credentialId, current: false }]);
    const shown = await page(`/admin/people/${blair.id}`);
    for (const text of [shown, JSON.stringify(told)]) expect(text).not.toMatch(/secret\.example|of a test/);
    expect(shown).toContain("Sign out everywhere");
  });

  test("is told again what is theirs, once an admin has ended their time out of office; it is in the log by whom", async () => {
    const [blair, casey] = [await admitted(alex, "blair"), await admitted(alex, "casey")];
    await putAway(blair.id, casey.id);
    const [away] = (await detail(blair.id)).out_of_office;
    const path = (who: Someone) => `/api/v1/people/${who.id}/delegations/${away?.id ?? ""}`;
    expect(await outcome(await call("DELETE", path(blair), { cookie: casey.cookie }))).toEqual([403, "forbidden"]);
    expect(await outcome(await call("DELETE", path(casey), { cookie: alex.cookie }))).toEqual([404, "not_found"]);
    expect((await detail(blair.id)).out_of_office).toHaveLength(1);
    expect(await outcome(await call("DELETE", path(blair), { cookie: alex.cookie }))).toEqual([204, undefined]);
    expect((await detail(blair.id)).out_of_office).toEqual([]);
    expect(await recordsOf("delegation.ended")).toMatchObject([
      { delegation: { id: away?.id }, person: { id: blair.id, username: "blair" }, by: { id: alex.id, username: "alex" } },
    ]);
    expect(await outcome(await call("DELETE", path(blair), { cookie: alex.cookie }))).toEqual([404, "not_found"]);
  });

  test("has what they decided lately, for auditors, and for whoever could decide it as well", async () => {
    const agent = await makeAgent(alex);
    const [blair, robin] = [await admitted(alex, "blair"), await admitted(alex, "robin", ["auditor"])];
    const { request_id: both } = await ask(agent, { approvers: { users: ["blair", "alex"] } });
    const { request_id: own } = await ask(agent, { action: "Only blair's", approvers: { users: ["blair"] } });
    const { request_id: others } = await ask(agent, { approvers: { users: ["blair", "alex"] } });
    await decided(blair, both, "approved");
    await decided(blair, own, "denied");
    await decided(alex, others, "approved");
    const seenBy = async (by: Someone) => (await detail(blair.id, by)).decided.map(({ id, verdict }) => [id, verdict]);
    expect(await seenBy(robin)).toEqual([
      [own, "denied"],
      [both, "approved"],
    ]);
    expect(await seenBy(alex)).toEqual([[both, "approved"]]);
    const shown = await page(`/admin/people/${blair.id}`, robin);
    expect(shown).toContain(`href="/a/${own}"`);
    expect(shown).not.toMatch(/data-sign-out|Change roles|type="application\/json"/);
    await given(await changeRoles(alex, alex.id, ["admin"]));
    expect(await seenBy(alex)).toEqual([]);
    expect(await page(`/admin/people/${blair.id}`)).not.toContain("Only blair's");
  });

  test("has open invitations for another passkey, which auditors do not see", async () => {
    const [blair, robin] = [await admitted(alex, "blair"), await admitted(alex, "robin", ["auditor"])];
    const { id } = await invite(alex, { person: blair.id });
    await invite(alex, { username: "somebody", roles: ["approver"] });
    expect((await detail(blair.id)).invites.map((one) => one.id)).toEqual([id]);
    expect((await detail(blair.id, robin)).invites).toEqual([]);
  });

  test("of whom nothing was confirmed yet is there with what waits, and nothing to change", async () => {
    const waiting = await enrolInvited(await invite(alex, { username: "zoe", roles: ["approver"] }), "zoe");
    expect((await detail(waiting.id)).person).toMatchObject({ confirmed: false, passkeys: [], waiting: [{ words: waiting.words }] });
    const shown = await page(`/admin/people/${waiting.id}`);
    expect(shown).toContain("Confirm passkey of zoe");
    expect(shown).not.toContain("Change roles");
  });

  test("whom nobody is, is not found, as page and over REST", async () => {
    for (const id of ["usr_nobody", "%00", "..%2F", "x".repeat(200)]) {
      expect(await outcome(await call("GET", `/api/v1/people/${id}`, { cookie: alex.cookie }))).toEqual([404, "not_found"]);
      expect((await call("GET", `/admin/people/${id}`, { cookie: alex.cookie })).status).toBe(404);
    }
  });

  test("whose new roles lack a signature is listed as waiting, with the name of who signed", async () => {
    const two = { ADMINS_REQUIRED: "2" };
    const casey = await admitted(alex, "casey", ["admin"]);
    const standing = { roles: ["auditor" as const], groups: [] };
    const signed = await sendRoles(alex, casey.id, standing, await signRoles(alex, casey.id, ["auditor"]), two);
    expect(signed.status).toBe(202);
    const list = await read("?q=nobody-of-that-name", two);
    expect([usernames(list), list.waiting.map(({ username }) => username)]).toEqual([[], ["casey"]]);
    expect([list.signers, list.admin_passkeys]).toEqual([[{ id: alex.id, username: "alex" }], 2]);
  });
});
