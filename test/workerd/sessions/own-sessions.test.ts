/** A person's own sessions: which there are, how long they last at most, and ending them; nobody else's. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { b64u, fromHex } from "#countersign/encoding/bytes.ts";
import type { Me } from "#api/people-data.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, cookieOf, enrolFirst, outcome, rowsOf, signIn, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

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

const at = (ms: number): string => new Date(ms).toISOString();
const signedIn = async (someone: Someone): Promise<string> => cookieOf(await signIn(someone.passkey)) ?? "";
const meOf = async (cookie: string): Promise<Me> => (await call("GET", "/api/v1/me", { cookie })).json<Me>();
const sessionsOf = async (cookie: string): Promise<Me["sessions"]> => (await meOf(cookie)).sessions;
const currentOf = async (cookie: string): Promise<string> => (await sessionsOf(cookie)).find(({ current }) => current)?.id ?? "";
const isIn = async (cookie: string): Promise<boolean> => (await call("GET", "/api/v1/me", { cookie })).status === 200;
const end = (cookie: string, id: string) => call("DELETE", `/api/v1/me/sessions/${id}`, { cookie });

describe("a session ends a week after it was opened", () => {
  test("however much it is used, and its row is gone", async () => {
    for (let hours = 8; hours < 7 * 24; hours += 8) {
      vi.setSystemTime(startMs + hours * HOUR);
      expect(await isIn(alex.cookie)).toBe(true);
    }
    vi.setSystemTime(startMs + 7 * DAY - 1);
    expect(await isIn(alex.cookie)).toBe(true);
    vi.setSystemTime(startMs + 7 * DAY);
    expect(await outcome(await call("GET", "/api/v1/me", { cookie: alex.cookie }))).toEqual([401, "unauthorized"]);
    expect(await rowsOf("session")).toBe(0);
  });

  test("the browser keeps its cookie as long, whether it was opened by enrolling or by signing in", async () => {
    const cookie = (await signIn(alex.passkey)).headers.get("set-cookie");
    expect(cookie).toMatch(/^__Host-countersign=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });

  test("one of an earlier version is held to when it was opened", async () => {
    await env.DB.prepare("UPDATE session SET created_at = ?1")
      .bind(at(startMs - 6 * DAY))
      .run();
    expect(await isIn(alex.cookie)).toBe(true);
    vi.setSystemTime(startMs + DAY);
    await env.DB.prepare("UPDATE session SET last_seen_at = ?1")
      .bind(at(startMs + DAY - HOUR))
      .run();
    expect(await isIn(alex.cookie)).toBe(false);
  });

  test("signing in removes what is over", async () => {
    await env.DB.prepare("UPDATE session SET created_at = ?1")
      .bind(at(startMs - 7 * DAY))
      .run();
    await signIn(alex.passkey);
    expect(await rowsOf("session")).toBe(1);
  });
});

describe("the list", () => {
  test("has when it was opened and used, until when, with which passkey, and which one asks", async () => {
    vi.setSystemTime(startMs + HOUR);
    const cookie = await signedIn(alex);
    vi.setSystemTime(startMs + 2 * HOUR);
    const credential_id = alex.passkey.credentialId;
    expect(await sessionsOf(cookie)).toEqual([
      {
        id: expect.stringMatching(/^ses_[0-9a-f]{32}$/) as unknown,
        credential_id,
        created_at: at(startMs + HOUR),
        last_seen_at: at(startMs + 2 * HOUR),
        command_line: null,
        ends_at: at(startMs + HOUR + 7 * DAY),
        current: true,
      },
      {
        id: expect.stringMatching(/^ses_[0-9a-f]{32}$/) as unknown,
        credential_id,
        created_at: at(startMs),
        last_seen_at: at(startMs),
        command_line: null,
        ends_at: at(startMs + 7 * DAY),
        current: false,
      },
    ]);
    const page = await (await call("GET", "/account", { cookie })).text();
    for (const { id } of await sessionsOf(cookie)) expect(page).toContain(`data-end="${id}"`);
  });

  test("has nobody else's, and none that is over", async () => {
    const blair = await admitted(alex, "blair");
    expect(await sessionsOf(blair.cookie)).toHaveLength(1);
    vi.setSystemTime(startMs + 11 * HOUR);
    const cookie = await signedIn(blair);
    vi.setSystemTime(startMs + 12 * HOUR);
    expect(await sessionsOf(cookie)).toHaveLength(1);
  });

  test("what it shows opens nothing", async () => {
    const [session] = await sessionsOf(alex.cookie);
    const digits = session?.id.slice("ses_".length) ?? "";
    const { results } = await env.DB.prepare("SELECT token_hash FROM session").all<{ token_hash: string }>();
    const hash = results[0]?.token_hash ?? "";
    expect(hash.startsWith(digits)).toBe(true);
    for (const shown of [
      session?.id ?? "",
      digits,
      hash,
      b64u(fromHex(hash) ?? new Uint8Array()),
      b64u(fromHex(digits) ?? new Uint8Array()),
    ]) {
      expect(await isIn(`__Host-countersign=${shown}`)).toBe(false);
    }
  });
});

describe("ending", () => {
  test("one of one's own, from anywhere: at once, and only that one", async () => {
    const [second, third] = [await signedIn(alex), await signedIn(alex)];
    expect((await end(alex.cookie, await currentOf(second))).status).toBe(204);
    expect([await isIn(alex.cookie), await isIn(second), await isIn(third)]).toEqual([true, false, true]);
    expect(await outcome(await end(alex.cookie, await currentOf(alex.cookie)))).toEqual([204, undefined]);
    expect([await isIn(alex.cookie), await isIn(third)]).toEqual([false, true]);
  });

  test("all others", async () => {
    const [second, blair] = [await signedIn(alex), await admitted(alex, "blair")];
    expect((await call("DELETE", "/api/v1/me/sessions", { cookie: second })).status).toBe(204);
    expect([await isIn(alex.cookie), await isIn(second), await isIn(blair.cookie)]).toEqual([false, true, true]);
  });

  test("somebody else's is impossible, also for an admin: it looks like one that is not there", async () => {
    const blair = await admitted(alex, "blair");
    const ids = [await currentOf(alex.cookie), await currentOf(blair.cookie)] as const;
    for (const [cookie, id] of [
      [blair.cookie, ids[0]],
      [alex.cookie, ids[1]],
    ] as const) {
      expect(await outcome(await end(cookie, id))).toEqual([404, "not_found"]);
    }
    expect([await isIn(alex.cookie), await isIn(blair.cookie)]).toEqual([true, true]);
  });

  test.each(["ses_unknown", "ses_", "%", "ses_%25", `ses_${"_".repeat(32)}`, `ses_${"0".repeat(31)}`, `ses_${"0".repeat(64)}`])(
    "an id that nobody has: %s",
    async (id) => {
      expect(await outcome(await end(alex.cookie, id))).toEqual([404, "not_found"]);
      expect(await isIn(alex.cookie)).toBe(true);
    },
  );

  test("needs our own page", async () => {
    for (const origin of [null, "https://evil.example"]) {
      const id = await currentOf(alex.cookie);
      expect(await outcome(await call("DELETE", `/api/v1/me/sessions/${id}`, { cookie: alex.cookie, origin }))).toEqual([403, "forbidden"]);
      expect(await outcome(await call("DELETE", "/api/v1/me/sessions", { cookie: alex.cookie, origin }))).toEqual([403, "forbidden"]);
    }
    expect(await isIn(alex.cookie)).toBe(true);
  });
});
