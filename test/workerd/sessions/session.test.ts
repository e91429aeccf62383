/** How long a session lasts, and what ends it. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Call, call, enrolFirst, outcome, rowsOf, signIn, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
});
afterEach(() => {
  vi.useRealTimers();
});

const me = async (cookie = alex.cookie) => (await call("GET", "/api/v1/me", { cookie })).status;
const lastSeen = async () => env.DB.prepare("SELECT last_seen_at FROM session").first<string>("last_seen_at");

test("a session unused for 12 hours is over, and its row gone", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 12 * HOUR });
  expect(await outcome(await call("GET", "/api/v1/me", { cookie: alex.cookie }))).toEqual([401, "unauthorized"]);
  expect(await rowsOf("session")).toBe(0);
});

test("one that is used goes on, and its use is written down at most once a minute", async () => {
  const start = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: start + 30_000 });
  const first = await lastSeen();
  expect(await me()).toBe(200);
  expect(await lastSeen()).toBe(first);

  for (let hours = 11; hours <= 44; hours += 11) {
    vi.setSystemTime(start + hours * HOUR);
    expect(await me()).toBe(200);
    expect(await lastSeen()).toBe(new Date(start + hours * HOUR).toISOString());
  }
});

test("how long one lasts is the operator's to say; whoever says it wrongly serves nobody", async () => {
  const start = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: start + 2 * HOUR - MINUTE });
  const settings = { SESSION_IDLE_HOURS: "2", SESSION_MAX_HOURS: "3" };
  const statusOf = async (given: Call["settings"]) =>
    (await call("GET", "/api/v1/me", { cookie: alex.cookie, ...(given === undefined ? {} : { settings: given }) })).status;
  const page = await (await call("GET", "/account", { cookie: alex.cookie, settings })).text();
  expect(page).toContain("A session ends after 2 hours without use, and 3 hours after you signed in.");
  expect(await statusOf(settings)).toBe(200);
  for (const wrong of ["0", "-1", "721", "1.5", "a day"]) expect(await statusOf({ SESSION_MAX_HOURS: wrong })).toBe(503);
  // As when a deployment names the one, and keeps the other of the deployment before.
  const kept = { SESSION_IDLE_HOURS: "24", SESSION_MAX_HOURS: "8" };
  const cut = await (await call("GET", "/account", { cookie: alex.cookie, settings: kept })).text();
  expect(cut).toContain("A session ends after 8 hours without use, and 8 hours after you signed in.");

  vi.setSystemTime(start + 3 * HOUR - MINUTE);
  expect(await statusOf(settings)).toBe(200);
  vi.setSystemTime(start + 3 * HOUR);
  expect(await statusOf(settings)).toBe(401);
  expect(await rowsOf("session")).toBe(0);
});

test("signing in removes sessions that are over, and leaves the others", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11 * HOUR });
  expect((await signIn(alex.passkey)).status).toBe(200);
  expect(await rowsOf("session")).toBe(2);
  vi.setSystemTime(Date.now() + 2 * HOUR);
  expect((await signIn(alex.passkey)).status).toBe(200);
  expect(await rowsOf("session")).toBe(2);
});

test("it ends with the passkey that opened it", async () => {
  await env.DB.prepare("UPDATE passkey SET revoked_at = '2026-11-20T09:30:00.000Z'").run();
  expect(await me()).toBe(401);
});

test("a role that is taken away is gone with the next request", async () => {
  expect((await call("GET", "/api/v1/agents", { cookie: alex.cookie })).status).toBe(200);
  await env.DB.prepare(`UPDATE person SET roles = '["approver"]'`).run();
  expect(await outcome(await call("GET", "/api/v1/agents", { cookie: alex.cookie }))).toEqual([403, "forbidden"]);
  expect(await me()).toBe(200);
});

test("only the token's hash is stored, and other tokens are nobody's", async () => {
  const token = alex.cookie.split("=")[1] ?? "";
  const { results } = await env.DB.prepare("SELECT * FROM session").all();
  expect(JSON.stringify(results)).not.toContain(token);
  for (const other of ["", token.slice(1), `${token}A`, "A".repeat(43)]) {
    expect(await me(`__Host-countersign=${other}`)).toBe(401);
  }
  expect(await me(`countersign=${token}`)).toBe(401);
});

test("signing out needs our own page, and is fine without a session", async () => {
  expect(await outcome(await call("POST", "/sign-out", { cookie: alex.cookie, origin: "https://evil.example" }))).toEqual([
    403,
    "forbidden",
  ]);
  expect(await me()).toBe(200);
  expect((await call("POST", "/sign-out")).status).toBe(204);
});
