/**
 * What is read near: with a replica of D1 that is behind, as far as can be. Nobody sees less than they have changed or seen; what is
 * signed for is there; and nothing that decides is read there.
 */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { Inbox, InboxListName } from "#api/inbox-data.ts";
import { app } from "#composition/app.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { type Agent, ask, openPage, personAndAgent, signedDecision } from "#test/workerd/support/approvals.ts";
import { leaf, logObject } from "#test/workerd/support/log.ts";
import { call, ORIGIN, type Someone, textLike } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

/** How each session of a call was begun. */
let begun: string[] = [];

/** The database with a replica beside it: it answers whoever has seen nothing. What is newer than that, it would have to wait for. */
function withReplica(): D1Database {
  const withSession = (from = "first-unconstrained") => {
    begun.push(from);
    return from === "first-unconstrained" ? env.REPLICA.withSession() : env.DB.withSession(from);
  };
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === "withSession") return withSession;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

let DB: D1Database;
let person: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  await env.REPLICA.batch(env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.REPLICA.prepare(query))));
  ({ person, agent } = await personAndAgent());
  DB = withReplica();
  // What an isolate remembers of its deployment, such as the log's name, it has read by then.
  await get("/log/vkey");
  begun = [];
});

interface Sent {
  cookie?: string;
  key?: string;
  body?: unknown;
}

/** A request to the Worker with that database, and what its browser has of it then. */
function fetched(method: string, path: string, { cookie, key, body }: Sent = {}): Promise<Response> {
  const headers = {
    ...(cookie !== undefined && { cookie }),
    ...(key !== undefined && { "x-api-key": key }),
    ...(body !== undefined && { "content-type": "application/json", origin: ORIGIN }),
  };
  const request = new Request(ORIGIN + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return Promise.resolve(app.fetch(request, { ...env, DB }, createExecutionContext()));
}
const get = (path: string, cookie?: string) => fetched("GET", path, cookie === undefined ? {} : { cookie });

/** What answers let the browser keep, by name; a later one takes the place of an earlier one. */
function keptOf(...answers: Response[]): Map<string, string> {
  const cookies = answers.flatMap((answer) => [
    ...(answer.headers.get("set-cookie") ?? "").matchAll(/(__Host-countersign-[a-z]+)=([^;]+)/g),
  ]);
  return new Map(cookies.map(([, name = "", value = ""]) => [name, value]));
}
const cookiesOf = (...answers: Response[]): string => [person.cookie, ...[...keptOf(...answers)].map((kept) => kept.join("="))].join("; ");
const bookmarkIn = (answer: Response): string => keptOf(answer).get("__Host-countersign-seen")?.split(".")[0] ?? "";
const A_CHANGE = new Map([["__Host-countersign-changed", textLike(/^[\w-]{12}$/)]]);

async function idsIn(answer: Response, name: InboxListName): Promise<string[]> {
  const { lists } = await answer.json<Inbox>();
  return lists.find((one) => one.name === name)?.rows.map(({ id }) => id) ?? [];
}

const DECIDED = "/inbox?tab=decided";

async function decide(id: string): Promise<Response> {
  const body = await signedDecision(person, await openPage(person, id), "denied");
  return fetched("POST", `/a/${id}/decision`, { cookie: person.cookie, body });
}

describe("who has changed something", () => {
  it("sees it on the page after, and on those after that, however far behind the replica is", async () => {
    const { request_id: id } = await ask(agent);
    expect(await idsIn(await get("/inbox", person.cookie), "waiting")).toEqual([]);
    expect(begun).toEqual(["first-primary", "first-unconstrained"]);

    const decided = await decide(id);
    expect([decided.status, keptOf(decided)]).toEqual([200, A_CHANGE]);
    begun = [];
    const first = await get(DECIDED, cookiesOf(decided));
    expect(begun).toEqual(["first-primary", "first-primary"]);
    expect(await idsIn(first, "recent")).toEqual([id]);

    begun = [];
    const second = await get(DECIDED, cookiesOf(decided, first));
    expect(begun).toEqual(["first-primary", bookmarkIn(first)]);
    expect(await idsIn(second, "recent")).toEqual([id]);
    expect(bookmarkIn(second) >= bookmarkIn(first)).toBe(true);
  });

  it("also when an answer that was under way meanwhile comes after it, with what was seen before", async () => {
    const [{ request_id: one }, { request_id: other }] = [await ask(agent), await ask(agent)];
    const decided = await decide(one);
    const underWay = await get(DECIDED, person.cookie);
    expect(bookmarkIn(underWay)).not.toBe("");
    const first = await get(DECIDED, cookiesOf(decided, underWay));
    expect(await idsIn(first, "recent")).toEqual([one]);

    const decidedNext = await decide(other);
    begun = [];
    const after = await get(DECIDED, cookiesOf(decided, decidedNext, first));
    expect(begun).toEqual(["first-primary", "first-primary"]);
    expect((await idsIn(after, "recent")).toSorted()).toEqual([one, other].toSorted());
  });

  it("has in the bookmark what was changed: it is not older than the database after it", async () => {
    const { request_id: id } = await ask(agent);
    const decided = await decide(id);
    const session = env.DB.withSession("first-primary");
    await session.prepare("SELECT 1").run();
    const after = session.getBookmark() ?? "";
    expect(after).toMatch(/^[\w-]{8,128}$/);
    expect(bookmarkIn(await get("/inbox", cookiesOf(decided))) >= after).toBe(true);
  });

  it("also if it failed and may have been done all the same, and not if it was refused", async () => {
    const { request_id: id } = await ask(agent);
    const refused = await fetched("POST", `/a/${id}/decision`, { cookie: person.cookie, body: {} });
    expect([refused.status, keptOf(refused)]).toEqual([400, new Map()]);
    const away = { getByName: () => ({ nonce: () => Promise.reject(new Error("it is away")) }) } as unknown as typeof env.APPROVAL_REQUEST;
    const headers = { cookie: person.cookie, origin: ORIGIN, "content-type": "application/json" };
    const request = new Request(`${ORIGIN}/a/${id}/nonce`, { method: "POST", headers, body: "{}" });
    const failed = await app.fetch(request, { ...env, DB, APPROVAL_REQUEST: away }, createExecutionContext());
    expect([failed.status, keptOf(failed)]).toEqual([503, A_CHANGE]);
  });
});

it("an agent and a stranger keep nothing, so that what a stranger is answered may be kept for all", async () => {
  const body = { action: "Asked", payload: {}, wait_seconds: 0 };
  const nothing = new Map();
  expect(keptOf(await fetched("POST", "/api/v1/approvals", { key: agent.key, body }))).toEqual(nothing);
  for (const path of ["/log", "/log/checkpoint", "/log/tile/0/000.p/1", "/", "/verify"]) expect(keptOf(await get(path))).toEqual(nothing);
});

it.each(["", "x", "not a bookmark", "a".repeat(129), "<script>"])(
  "what no page has given to keep is as if nothing was: %j",
  async (value) => {
    const answer = await get("/inbox", `${person.cookie}; __Host-countersign-seen=${value}; __Host-countersign-changed=${value}`);
    expect(answer.status).toBe(200);
    expect(begun).toEqual(["first-primary", "first-unconstrained"]);
  },
);

it("a bookmark that the database does not know is no reason to fail", async () => {
  const { request_id: id } = await ask(agent);
  const unknown = "ffffffff-ffffffff-ffffffff-ffffffffffffffffffffffffffffffff.";
  expect(await idsIn(await get("/inbox", `${person.cookie}; __Host-countersign-seen=${unknown}`), "waiting")).toEqual([id]);
});

it("a replica that fails is no reason to fail: the primary answers, and names the people of a page that it lacks", async () => {
  const { request_id: id } = await ask(agent);
  const page = await (await get(`/a/${id}`, person.cookie)).text();
  expect(page).toContain("Alex Example");
  await env.REPLICA.prepare("DROP TABLE audience").run();
  expect(await idsIn(await get("/inbox", person.cookie), "waiting")).toEqual([id]);
});

it("who may do what is not read there: a session, a role and a key are those of the primary", async () => {
  await env.DB.prepare(`UPDATE person SET roles = '["auditor"]'`).run();
  expect((await get("/inbox", person.cookie)).status).toBe(200);
  expect((await fetched("POST", "/a/apr_x/nonce", { cookie: person.cookie, body: {} })).status).toBe(403);
  await env.DB.prepare("DELETE FROM session").run();
  expect((await get("/inbox", person.cookie)).status).toBe(401);
  await env.DB.prepare("UPDATE agent SET revoked_at = 'now'").run();
  expect((await fetched("GET", "/api/v1/approvals/apr_x", { key: agent.key })).status).toBe(401);
});

describe("the log", () => {
  const ADDRESSES = [
    "/log/tile/0/000.p/5",
    "/log/tile/entries/000.p/5",
    "/log/proof/inclusion?index=1&size=5",
    "/log/entry/4",
    "/log",
    "/log/keys",
  ];

  /** All of the log at the primary, but for its newest leaves; its only tile is as narrow. */
  async function copyLog(leaves: number): Promise<void> {
    const rows = async (sql: string) =>
      (await env.DB.prepare(sql).raw<(string | number | number[] | null)[]>()).map((row) =>
        row.map((value) => (Array.isArray(value) ? new Uint8Array(value) : value)),
      );
    const put = async (table: string, columns: number, all: (string | number | Uint8Array | null)[][]) => {
      const places = Array.from({ length: columns }, () => "?").join(", ");
      for (const row of all)
        await env.REPLICA.prepare(`INSERT INTO ${table} VALUES (${places})`)
          .bind(...row)
          .run();
    };
    await put("log", 4, await rows("SELECT * FROM log"));
    await put("log_leaf", 6, await rows(`SELECT * FROM log_leaf WHERE idx < ${leaves}`));
    await put("log_tile", 4, await rows(`SELECT log_id, level, n, substr(hashes, 1, ${32 * leaves}) FROM log_tile`));
  }

  const told = async (answer: Response): Promise<[number, string]> => [answer.status, b64u(new Uint8Array(await answer.arrayBuffer()))];
  const textOf = async (path: string) => told(await get(path));
  const expected = async (path: string) => told(await call("GET", path));

  beforeEach(async () => {
    for (let n = 0; n < 6; n++) await logObject().append(leaf(`leaf ${n}`));
  });

  it.each(ADDRESSES)("is whole beside a replica that has nothing of it: %s", async (path) => {
    expect(await textOf(path)).toEqual(await expected(path));
  });

  it.each(ADDRESSES)("is whole beside a replica that lacks the newest leaf, which its tile is too narrow for: %s", async (path) => {
    await copyLog(4);
    expect(await textOf(path)).toEqual(await expected(path));
  });

  it.each(ADDRESSES.slice(0, 2))("is read near where all of it is: %s", async (path) => {
    const size = await env.DB.prepare("SELECT count(*) AS leaves FROM log_leaf").first<number>("leaves");
    await copyLog(size ?? 0);
    begun = [];
    expect(await textOf(path)).toEqual(await expected(path));
    expect(begun).toEqual(["first-unconstrained"]);
  });
});
