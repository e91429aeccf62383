/** Command lines that read for a person: how one is let in, what it may do, and what ends it. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import openApi from "#dist/openapi.json" with { type: "json" };
import { apiKeyHash, isCommandLineKey } from "#countersign/documents/api-key.ts";
import { fromHex, utf8, b64u } from "#countersign/encoding/bytes.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { ROUTES } from "#test/workerd/support/attacks.ts";
import { ownSignature } from "#test/workerd/support/channels/notifications.ts";
import { erase, retire } from "#test/workerd/support/erasure/erasing.ts";
import { admitted, changeRoles, given, me, revoke } from "#test/workerd/support/invited.ts";
import { call, cookieOf, enrolFirst, makeAgent, outcome, rowsOf, signIn, type Someone } from "#test/workerd/support/people.ts";
import {
  askPairing,
  beginPairing,
  callWith,
  collect,
  draftOfPairing,
  draftPairing,
  letInBy,
  pairedAs,
  sendPairing,
} from "#test/workerd/support/sessions/pairing.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let alex: Someone;
let startMs: number;
beforeEach(async () => {
  startMs = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: startMs });
  await emptyStorage();
  alex = await enrolFirst();
});
afterEach(() => {
  vi.useRealTimers();
});

const isIn = async (key: string): Promise<boolean> => (await callWith(key, "GET", "/api/v1/command-line")).status === 200;
const collected = async (deviceCode: string): Promise<string | undefined> => {
  const answer = await collect(deviceCode);
  return answer.ok ? (await answer.json<{ status: string }>()).status : (await outcome(answer))[1];
};

describe("letting one in", () => {
  test("it waits until its person has signed, and then gets its session, once, under a hash alone", async () => {
    const { device_code, user_code } = await beginPairing("laptop");
    expect(user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(await collected(device_code)).toBe("pending");
    // As people type it.
    await given(await letInBy(alex, user_code.toLowerCase().replace("-", " ")), 201);
    const { key, ends_at } = await given<{ key: string; ends_at: string }>(await collect(device_code));
    expect([isCommandLineKey(key), ends_at]).toEqual([true, new Date(startMs + 8 * HOUR).toISOString()]);
    expect(await collected(device_code)).toBe("code_invalid");

    const own = await given<{ person: { id: string }; session: { id: string; name: string } }>(
      await callWith(key, "GET", "/api/v1/command-line"),
    );
    expect([own.person.id, own.session.name]).toEqual([alex.id, "laptop"]);
    const stored = JSON.stringify((await env.DB.prepare("SELECT * FROM session").all()).results);
    expect(stored).not.toContain(key);
    expect(stored).toContain(apiKeyHash(key));
    expect(await env.DB.prepare("SELECT count(*) n FROM pairing").first("n")).toBe(0);
  });

  test("the person's list shows it apart from browsers, and ends it", async () => {
    const key = await pairedAs(alex, "build machine");
    const [listed] = (await me(alex)).sessions.filter((one) => one.command_line !== null);
    expect([listed?.command_line, listed?.current]).toEqual(["build machine", false]);
    expect((await call("DELETE", `/api/v1/me/sessions/${listed?.id ?? ""}`, { cookie: alex.cookie })).status).toBe(204);
    expect(await isIn(key)).toBe(false);
  });

  test("of two that collect at once one gets it", async () => {
    const { device_code, user_code } = await beginPairing("laptop");
    await given(await letInBy(alex, user_code), 201);
    const both = await Promise.all([collected(device_code), collected(device_code)]);
    expect(both.toSorted()).toEqual(["code_invalid", "open"]);
    expect(await rowsOf("session")).toBe(2);
  });

  test("who is turned away hears so once", async () => {
    const { device_code, user_code } = await beginPairing("laptop");
    expect((await call("DELETE", `/api/v1/me/command-lines?code=${user_code}`, { cookie: alex.cookie })).status).toBe(204);
    expect(await outcome(await draftPairing(alex, user_code))).toEqual([400, "code_invalid"]);
    expect([await collected(device_code), await collected(device_code)]).toEqual(["refused", "code_invalid"]);
  });
});

describe("attacks on a pairing", () => {
  test("a code that nobody was given, one that was used, and one that is over find nothing", async () => {
    const first = await beginPairing("laptop");
    expect(await outcome(await draftPairing(alex, "BBBB-BBBB"))).toEqual([400, "code_invalid"]);
    await given(await letInBy(alex, first.user_code), 201);
    expect(await outcome(await draftPairing(alex, first.user_code))).toEqual([400, "code_invalid"]);
    const second = await beginPairing("laptop");
    const signature = await ownSignature(alex.passkey, await draftOfPairing(alex, second.user_code));
    vi.setSystemTime(startMs + 10 * MINUTE);
    expect(await outcome(await sendPairing(alex, signature))).toEqual([400, "code_invalid"]);
    // What was let in and not collected is over with its code.
    expect([await collected(first.device_code), await collected(second.device_code)]).toEqual(["code_invalid", "code_invalid"]);
    expect(await rowsOf("session")).toBe(1);
  });

  test("a signature of somebody else, and one for another code, let nobody in", async () => {
    const blair = await admitted(alex, "blair");
    const { device_code, user_code } = await beginPairing("laptop");
    const statement = await draftOfPairing(alex, user_code);
    expect(await outcome(await sendPairing(alex, await ownSignature(blair.passkey, statement)))).toEqual([403, "decision_not_accepted"]);
    expect(await outcome(await sendPairing(blair, await ownSignature(blair.passkey, statement)))).toEqual([403, "decision_not_accepted"]);
    const other = await beginPairing("laptop");
    const turned = { ...statement, parameters: { ...statement.parameters, code: other.user_code } };
    expect((await sendPairing(alex, await ownSignature(alex.passkey, turned))).ok).toBe(false);
    const longer = { ...statement, parameters: { ...statement.parameters, ends_at: "2999-01-01T00:00:00.000Z" } };
    expect(await outcome(await sendPairing(alex, await ownSignature(alex.passkey, longer)))).toEqual([403, "decision_not_accepted"]);
    const thief = await SoftwarePasskey.create({ person: alex.id });
    expect((await sendPairing(alex, await ownSignature(thief, statement))).ok).toBe(false);
    expect([await collected(device_code), await collected(other.device_code)]).toEqual(["pending", "pending"]);
  });

  test("the short code collects nothing, and neither does a session without a signature", async () => {
    const { user_code } = await beginPairing("laptop");
    expect(await collected(user_code)).toBe("code_invalid");
    expect((await sendPairing(alex, { statement: await draftOfPairing(alex, user_code) })).ok).toBe(false);
  });

  test.each([
    ["signs out", (someone: Someone) => call("POST", "/sign-out", { cookie: someone.cookie })],
    ["loses the passkey", (someone: Someone) => revoke(alex, someone)],
  ])("whoever let it in and %s before it collected has let nobody in", async (_, ends) => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const { device_code, user_code } = await beginPairing("laptop");
    await given(await letInBy(blair, user_code), 201);
    expect((await ends(blair)).ok).toBe(true);
    expect(await collected(device_code)).toBe("code_invalid");
  });

  test("strangers who ask are limited, by address and in all, and so are those who guess", async () => {
    const few = { settings: { MAX_FAILURES_PER_MINUTE: "3" }, origin: null };
    const asked = () => call("POST", "/api/v1/command-line/pairings", { ...few, body: { name: "laptop" } });
    for (let i = 0; i < 3; i++) expect((await asked()).status).toBe(201);
    expect(await outcome(await asked())).toEqual([429, "rate_limited"]);
    const guessed = () => call("POST", "/api/v1/command-line/token", { ...few, body: { device_code: b64u(new Uint8Array(32)) } });
    for (let i = 0; i < 3; i++) expect(await outcome(await guessed())).toEqual([400, "code_invalid"]);
    expect(await outcome(await guessed())).toEqual([429, "rate_limited"]);
    const typed = () =>
      call("POST", "/account/command-line/statement", { ...few, cookie: alex.cookie, origin: env.PUBLIC_ORIGIN, body: { code: "B" } });
    for (let i = 0; i < 3; i++) expect(await outcome(await typed())).toEqual([400, "code_invalid"]);
    expect(await outcome(await typed())).toEqual([429, "rate_limited"]);

    await env.DB.exec("DELETE FROM failure");
    const fill =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) " +
      "INSERT INTO pairing (device_hash, user_code, name, created_at, expires_at) SELECT 'd' || i, 'c' || i, 'n', ?1, ?2 FROM n";
    await env.DB.prepare(fill)
      .bind(new Date(startMs).toISOString(), new Date(startMs + 10 * MINUTE).toISOString())
      .run();
    expect(await outcome(await askPairing("laptop"))).toEqual([429, "rate_limited"]);
    vi.setSystemTime(startMs + 10 * MINUTE);
    expect((await askPairing("laptop")).status).toBe(201);
  });
});

describe("what ends it", () => {
  test("eight hours, however much it is used", async () => {
    const key = await pairedAs(alex);
    vi.setSystemTime(startMs + 8 * HOUR - 1);
    expect(await isIn(key)).toBe(true);
    vi.setSystemTime(startMs + 8 * HOUR);
    expect(await isIn(key)).toBe(false);
    expect((await me(alex)).sessions.length).toBe(1);
  });

  test("itself", async () => {
    const key = await pairedAs(alex);
    expect((await callWith(key, "DELETE", "/api/v1/command-line")).status).toBe(204);
    expect([await isIn(key), (await me(alex)).sessions.length]).toEqual([false, 1]);
  });

  test.each([
    ["signing out everywhere else", (someone: Someone) => call("DELETE", "/api/v1/me/sessions", { cookie: someone.cookie })],
    [
      "an admin who ends the person's sessions",
      ({ id }: Someone) => call("DELETE", `/api/v1/people/${id}/sessions`, { cookie: alex.cookie }),
    ],
    ["revoking the passkey", (someone: Someone) => revoke(alex, someone)],
    [
      "erasing the person",
      async (someone: Someone) => {
        await retire(alex, someone);
        return erase(alex, someone.id);
      },
    ],
  ])("%s", async (_, ends) => {
    const blair = await admitted(alex, "blair", ["auditor"]);
    const key = await pairedAs(blair);
    expect(await isIn(key)).toBe(true);
    expect((await ends(blair)).ok).toBe(true);
    expect(await isIn(key)).toBe(false);
  });

  test("a role that is lost: it reads what its person may read now", async () => {
    const blair = await admitted(alex, "blair", ["auditor"]);
    const key = await pairedAs(blair);
    expect((await callWith(key, "GET", "/api/v1/agents")).status).toBe(200);
    await given(await changeRoles(alex, blair.id, []));
    expect(await outcome(await callWith(key, "GET", "/api/v1/agents"))).toEqual([403, "forbidden"]);
  });
});

describe("what it opens", () => {
  /** Those that the description of the API says it opens, besides those for everybody. */
  const paths: Record<string, Record<string, { security?: Record<string, unknown>[] }>> = openApi.paths;
  const opened = Object.entries(paths)
    .flatMap(([path, item]) => Object.entries(item).map(([method, { security = [] }]) => ({ method, path, security })))
    .filter(({ security }) => security.some((one) => "commandLine" in one))
    .map(({ method, path }) => `${method.toUpperCase()} /api/v1${path.replaceAll(/\{(\w+)\}/g, ":$1")}`);

  /** Anyone's: nothing is asked of who comes. What has its own credential takes no other. */
  const ANYONES =
    /^(GET|ALL) \/log|^GET \/(\.well-known|healthz|verify|docs|llms\.txt|assets|sw\.js|manifest|setup|enrol|oauth\/client|api\/v1\/openapi)|^POST \/(register|token|setup|enrol|sign-in|sign-out|api\/v1\/command-line\/)/;

  test("every route that there is: those that only read, as told, and no other", async () => {
    const key = await pairedAs(alex);
    const letIn: string[] = [];
    for (const route of ROUTES.filter((one) => !ANYONES.test(one) && one !== "DELETE /api/v1/command-line")) {
      const [method = "", pattern = ""] = route.split(" ");
      const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
      const answer = await callWith(key, method === "ALL" ? "POST" : method, pattern.replaceAll(/:[a-z]+/g, "unknown"), body);
      await answer.body?.cancel();
      if (![401, 403, 303, 426].includes(answer.status)) letIn.push(route);
      // So many refusals would be too many.
      await env.DB.exec("DELETE FROM failure");
    }
    const closedToAll = [
      "POST /api/v1/stop-by-token",
      "GET /api/v1/metrics",
      "POST /channels/slack/:id/interactions",
      "GET /api/v1/connectors/:name/line",
    ];
    expect(letIn.filter((route) => !closedToAll.includes(route)).toSorted()).toEqual(
      opened.filter((route) => route !== "DELETE /api/v1/command-line").toSorted(),
    );
    expect(opened.filter((route) => !route.startsWith("GET "))).toEqual(["DELETE /api/v1/command-line"]);
    // And what was refused was not for want of a session.
    expect(await isIn(key)).toBe(true);
  });

  test("it is told to use the pages where something is decided, and no cookie beside it helps", async () => {
    const key = await pairedAs(alex);
    const agent = await makeAgent(alex);
    for (const [method, path] of [
      ["DELETE", `/api/v1/agents/${agent.id}`],
      ["POST", "/api/v1/stop"],
      ["POST", "/api/v1/policies"],
      ["GET", "/"],
    ] as const) {
      const answer = await callWith(key, method, path, {
        cookie: alex.cookie,
        origin: env.PUBLIC_ORIGIN,
        ...(method === "POST" && { body: {} }),
      });
      expect(await outcome(answer)).toEqual([403, "forbidden"]);
    }
    expect((await callWith(key, "GET", `/api/v1/agents/${agent.id}`)).status).toBe(200);
  });

  test("it opens nothing as a cookie, and a browser's session nothing as a key", async () => {
    const key = await pairedAs(alex);
    for (const value of [key, b64u(utf8(key)), b64u(fromHex(apiKeyHash(key)) ?? new Uint8Array())]) {
      expect(await outcome(await call("GET", "/api/v1/me", { cookie: `__Host-countersign=${value}` }))).toEqual([401, "unauthorized"]);
    }
    const token = (cookieOf(await signIn(alex.passkey)) ?? "").split("=")[1] ?? "";
    expect((await callWith(token, "GET", "/api/v1/agents")).status).toBe(401);
  });

  test("another site's page, a wrong key, and one beside an agent's open nothing", async () => {
    const key = await pairedAs(alex);
    expect((await callWith(key, "GET", "/api/v1/agents", { origin: "https://evil.example" })).status).toBe(403);
    expect((await callWith(`${key.slice(0, -1)}0`, "GET", "/api/v1/agents")).status).toBe(401);
    const agent = await makeAgent(alex);
    expect((await callWith(key, "GET", "/api/v1/agents", { key: agent.key })).status).toBe(403);
    expect((await callWith(agent.key, "GET", "/api/v1/command-line")).status).toBe(403);
  });
});
