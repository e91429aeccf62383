/** Signing out everywhere: oneself, and somebody else by an admin; and that no session decides once it has ended. */
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { SessionItem } from "#api/people/session-data.ts";
import { type Agent, ask, openPage, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted, enter, given, revoke } from "#test/workerd/support/invited.ts";
import { call, cookieOf, enrolFirst, makeAgent, ORIGIN, outcome, signIn, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let blair: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair");
});

const again = async ({ passkey }: Someone): Promise<string> => cookieOf(await signIn(passkey)) ?? "";
const isIn = async (cookie: string): Promise<boolean> => (await call("GET", "/api/v1/me", { cookie })).status === 200;
const listed = async (cookie: string, path = "/api/v1/sessions"): Promise<SessionItem[]> =>
  (await given<{ items: SessionItem[] }>(await call("GET", path, { cookie }))).items;
const ofPerson = ({ id }: Someone): string => `/api/v1/people/${id}/sessions`;
const signOut = ({ cookie }: Someone, whom: Someone) => call("DELETE", ofPerson(whom), { cookie });

describe("one's own", () => {
  test("are listed as the account has them, and each is ended by its id", async () => {
    const second = await again(blair);
    const sessions = await listed(second);
    expect(sessions.map(({ current }) => current)).toEqual([true, false]);
    const { sessions: ofMe } = await given<{ sessions: SessionItem[] }>(await call("GET", "/api/v1/me", { cookie: second }));
    expect(sessions).toEqual(ofMe);
    expect(await outcome(await call("DELETE", `/api/v1/sessions/${sessions[1]?.id ?? ""}`, { cookie: second }))).toEqual([204, undefined]);
    expect([await isIn(blair.cookie), await isIn(second)]).toEqual([false, true]);
  });

  test("all others end, or this one too, and then the browser keeps nothing", async () => {
    const second = await again(blair);
    const takesTheCookie = ({ headers }: Response) =>
      headers.getSetCookie().some((one) => one.startsWith("__Host-countersign=; Max-Age=0;"));
    const others = await call("DELETE", "/api/v1/sessions", { cookie: second });
    expect([others.status, takesTheCookie(others)]).toEqual([204, false]);
    expect([await isIn(blair.cookie), await isIn(second)]).toEqual([false, true]);
    const third = await again(blair);
    const all = await call("DELETE", "/api/v1/sessions?all=true", { cookie: third });
    expect([all.status, takesTheCookie(all)]).toEqual([204, true]);
    expect([await isIn(second), await isIn(third), await isIn(alex.cookie)]).toEqual([false, false, true]);
  });

  test.each(["?all=yes", "?all=1", "?everything=true"])("%s is refused, and nothing ends", async (query) => {
    const second = await again(blair);
    expect(await outcome(await call("DELETE", `/api/v1/sessions${query}`, { cookie: second }))).toEqual([400, "invalid_request"]);
    expect([await isIn(blair.cookie), await isIn(second)]).toEqual([true, true]);
  });

  test("needs our own page", async () => {
    const foreign = { cookie: blair.cookie, origin: "https://evil.example" };
    for (const path of ["/api/v1/sessions", "/api/v1/sessions?all=true", ofPerson(blair)])
      expect(await outcome(await call("DELETE", path, foreign))).toEqual([403, "forbidden"]);
    expect(await isIn(blair.cookie)).toBe(true);
  });
});

describe("somebody else's", () => {
  test("end all at once by an admin, and nobody else's", async () => {
    const second = await again(blair);
    expect((await listed(alex.cookie, ofPerson(blair))).map(({ current }) => current)).toEqual([false, false]);
    expect(await outcome(await signOut(alex, blair))).toEqual([204, undefined]);
    expect([await isIn(blair.cookie), await isIn(second), await isIn(alex.cookie)]).toEqual([false, false, true]);
    expect(await outcome(await signOut(alex, blair))).toEqual([204, undefined]);
    expect(await isIn((await enter(blair)).cookie)).toBe(true);
  });

  test("are read by auditors, who end none, and seen by nobody else", async () => {
    const [robin, casey] = [await admitted(alex, "robin", ["auditor"]), await admitted(alex, "casey")];
    expect(await listed(robin.cookie, ofPerson(blair))).toHaveLength(1);
    expect(await outcome(await call("GET", ofPerson(blair), { cookie: casey.cookie }))).toEqual([403, "forbidden"]);
    for (const one of [robin, casey, blair]) expect(await outcome(await signOut(one, blair))).toEqual([403, "forbidden"]);
    expect(await isIn(blair.cookie)).toBe(true);
  });

  test("what is listed opens nothing, and says nothing of the token", async () => {
    const text = JSON.stringify(await listed(alex.cookie, ofPerson(blair)));
    const { results } = await env.DB.prepare("SELECT token_hash FROM session").all<{ token_hash: string }>();
    for (const { token_hash } of results) expect(text).not.toContain(token_hash);
    expect(text).not.toContain(blair.cookie.split("=")[1]);
  });

  test("of whoever has no passkey any more there are none, and ending them is as good", async () => {
    expect((await revoke(alex, blair)).status).toBe(204);
    expect(await listed(alex.cookie, ofPerson(blair))).toEqual([]);
    expect(await outcome(await signOut(alex, blair))).toEqual([204, undefined]);
  });

  test("of nobody are not found", async () => {
    for (const id of ["usr_nobody", "unknown", "%25"])
      for (const method of ["GET", "DELETE"])
        expect(await outcome(await call(method, `/api/v1/people/${id}/sessions`, { cookie: alex.cookie }))).toEqual([404, "not_found"]);
  });

  test("an admin's own last session ends as well, and the passkey opens another", async () => {
    expect(await outcome(await signOut(alex, alex))).toEqual([204, undefined]);
    expect(await isIn(alex.cookie)).toBe(false);
    expect(await isIn((await enter(alex)).cookie)).toBe(true);
  });

  test("two admins end each other's at once: nobody is left out, and none comes back", async () => {
    const casey = await admitted(alex, "casey", ["admin"]);
    const ended = await Promise.all([signOut(alex, casey), signOut(casey, alex)]);
    for (const answer of ended) expect([204, 401]).toContain((await outcome(answer))[0]);
    expect([await isIn(alex.cookie), await isIn(casey.cookie)]).toContain(false);
    expect((await env.DB.prepare("SELECT count(*) AS n FROM session WHERE person_id = ?1").bind(blair.id).first("n")) ?? 0).toBe(1);
  });
});

describe("a session that has ended", () => {
  let agent: Agent;
  beforeEach(async () => {
    agent = await makeAgent(alex);
  });

  test.each([
    ["signed out by itself", () => call("DELETE", "/api/v1/sessions?all=true", { cookie: blair.cookie })],
    ["signed out by an admin", () => signOut(alex, blair)],
  ])("decides nothing, with what was signed before: %s", async (_, end) => {
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(blair, await openPage(blair, id), "approved");
    expect((await end()).status).toBe(204);
    expect(await outcome(await send(blair, id, body))).toEqual([401, "unauthorized"]);
    expect((await viewOf(agent, id)).status).toBe("pending");
    // It was the session that was missing: signed in again, the same counts.
    expect((await send(await enter(blair), id, body)).status).toBe(200);
  });

  test("decides nothing by a body that was begun before and comes to its end after", async () => {
    const { request_id: id } = await ask(agent);
    const text = new TextEncoder().encode(JSON.stringify(await signedDecision(blair, await openPage(blair, id), "approved")));
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const headers = { cookie: blair.cookie, origin: ORIGIN, "content-type": "application/json" };
    const deciding = exports.default.fetch(new Request(new URL(`/a/${id}/decision`, ORIGIN), { method: "POST", headers, body: readable }));
    await writer.write(text.slice(0, 20));
    expect((await signOut(alex, blair)).status).toBe(204);
    // Longer than what counts as one that comes at once.
    await new Promise((resolve) => setTimeout(resolve, 150));
    await writer.write(text.slice(20));
    await writer.close();
    expect(await outcome(await deciding)).toEqual([401, "unauthorized"]);
    expect((await viewOf(agent, id)).status).toBe("pending");
  });

  test("and a decision at the same moment: either it stood when it was asked, or nothing was decided", async () => {
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(blair, await openPage(blair, id), "approved");
    const [decided, ended] = await Promise.all([send(blair, id, body), signOut(alex, blair)]);
    expect(ended.status).toBe(204);
    const [status] = await outcome(decided);
    expect([200, 401]).toContain(status);
    expect((await viewOf(agent, id)).status).toBe(status === 200 ? "approved" : "pending");
    expect(await isIn(blair.cookie)).toBe(false);
  });
});
