/** `GET /healthz`: well, and each part that may not be. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import type { Bindings } from "#config/bindings.ts";
import { app } from "#composition/app.ts";
import { faulty, LOST_CONNECTION, logObject, logStub } from "#test/workerd/support/log.ts";
import { call, ORIGIN } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await emptyStorage();
});

/** Status, and what the answer says. */
async function healthWith(bindings: Partial<Bindings> = {}): Promise<[number, unknown]> {
  const answer = await app.fetch(new Request(`${ORIGIN}/healthz`), { ...env, VERSION: { id: "d2c0a4c1" }, ...bindings });
  expect(answer.headers.get("cache-control")).toBe("no-store");
  return [answer.status, await answer.json()];
}

/** What the one log line says. */
const logged = (): unknown => lines.map((line) => JSON.parse(line) as object);

it("is well as soon as everything is there, and tells which upload answers", async () => {
  expect(await healthWith()).toEqual([200, { status: "ok", version: "d2c0a4c1" }]);
  expect(lines).toEqual([]);
});

it("says that nothing goes to an archive where there is none, or it is turned off", async () => {
  const off = [200, { status: "ok", version: "d2c0a4c1", archive: "off" }];
  expect(await healthWith({ ARCHIVE: undefined })).toEqual(off);
  expect(await healthWith({ ARCHIVE_AFTER_DAYS: "off" })).toEqual(off);
  expect(await healthWith({ ARCHIVE_AFTER_DAYS: "8", KEEP_PAYLOAD_DAYS: "8" })).toEqual([200, { status: "ok", version: "d2c0a4c1" }]);
});

it("says which parts of channels it goes without", async () => {
  const { NOTICES: _, ...withoutQueue } = env;
  const answer = await app.fetch(new Request(`${ORIGIN}/healthz`), { ...withoutQueue, VAULT_SECRET: "" });
  expect(await answer.json()).toMatchObject({ status: "ok", vault: "off", queue: "off" });
});

it("says that there are no connectors where they are not bound", async () => {
  expect(await healthWith({ CONNECTOR: undefined })).toEqual([200, { status: "ok", version: "d2c0a4c1", connectors: "off" }]);
});

it("answers anybody, under any name of the host, for HEAD as well", async () => {
  expect((await call("GET", "/healthz", { origin: null })).status).toBe(200);
  expect((await call("HEAD", "/healthz", { origin: "https://elsewhere.example" })).status).toBe(200);
  expect((await app.fetch(new Request("https://203.0.113.7/healthz"), env)).status).toBe(200);
});

test.each([
  ["PUBLIC_ORIGIN", { PUBLIC_ORIGIN: "gate.example.com" }],
  ["LOG_SIGNING_KEY", { LOG_SIGNING_KEY: "too-short-hunter2" }],
  ["SERVER_SECRET", { SERVER_SECRET: "" }],
  ["VAULT_SECRET", { VAULT_SECRET: "too-short-hunter2" }],
  ["VAULT_NEXT_SECRET", { VAULT_NEXT_SECRET: "too-short-hunter2" }],
  ["VAULT_NEXT_SECRET", { VAULT_SECRET: "", VAULT_NEXT_SECRET: "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=" }],
  ["METRICS_TOKEN", { METRICS_TOKEN: "too-short-hunter2" }],
  ["DOH_RESOLVER", { DOH_RESOLVER: "http://hunter2.example/dns-query" }],
  ["ALLOW_LOOPBACK_ADDRESSES", { ALLOW_LOOPBACK_ADDRESSES: "true" }],
  ["MAX_PENDING_PER_AGENT", { MAX_PENDING_PER_AGENT: "many" }],
  ["ARCHIVE_AFTER_DAYS", { ARCHIVE_AFTER_DAYS: "7" }],
  ["KEEP_PAYLOAD_DAYS", { KEEP_PAYLOAD_DAYS: "29" }],
  ["WITNESS_POLICY", { WITNESS_POLICY: "witness hunter2" }],
  ["WITNESS_INTERVAL_SECONDS", { WITNESS_INTERVAL_SECONDS: "often" }],
] as const)("the configuration: %s", async (name, bindings) => {
  expect(await healthWith(bindings)).toEqual([503, { status: "unavailable", failing: "configuration", version: "d2c0a4c1" }]);
  expect(logged()).toMatchObject([
    { event: "unwell", part: "configuration", error: expect.stringContaining(name) as unknown },
    { event: "request", path: "/healthz", status: 503 },
  ]);
  expect(lines.join()).not.toContain("hunter2");
});

describe("a malformed secret", () => {
  const MALFORMED = [
    ["LOG_SIGNING_KEY", { LOG_SIGNING_KEY: "too-short-hunter2" }],
    ["LOG_NEXT_SIGNING_KEY", { LOG_NEXT_SIGNING_KEY: "hunter2" }],
    ["SERVER_SECRET", { SERVER_SECRET: "" }],
    ["VAULT_SECRET", { VAULT_SECRET: "too-short-hunter2" }],
    ["VAULT_NEXT_SECRET", { VAULT_NEXT_SECRET: "too-short-hunter2" }],
    ["VAULT_NEXT_SECRET", { VAULT_SECRET: "", VAULT_NEXT_SECRET: "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=" }],
    ["DOH_RESOLVER", { DOH_RESOLVER: "http://hunter2.example/dns-query" }],
    ["ALLOW_LOOPBACK_ADDRESSES", { ALLOW_LOOPBACK_ADDRESSES: "true" }],
    ["SETUP_TOKEN", { SETUP_TOKEN: "hunter2" }],
    ["PUBLIC_ORIGIN", { PUBLIC_ORIGIN: "gate.example.com" }],
    ["ARCHIVE_AFTER_DAYS", { ARCHIVE_AFTER_DAYS: "7" }],
    ["KEEP_PAYLOAD_DAYS", { KEEP_PAYLOAD_DAYS: "29" }],
    ["WITNESS_POLICY", { WITNESS_POLICY: "witness hunter2" }],
  ] as const;
  const ROUTES = ["GET /", "GET /setup", "POST /setup/options", "GET /log/checkpoint", "POST /mcp", "GET /api/v1/me", "GET /nothing"];

  test.each(MALFORMED)("%s: no route tells which, or what it has to be, and the log line does", async (name, bindings) => {
    for (const route of ROUTES) {
      const [method = "", path = ""] = route.split(" ");
      for (const accept of ["application/json", "text/html"]) {
        lines.length = 0;
        const answer = await app.fetch(new Request(`${ORIGIN}${path}`, { method, headers: { accept } }), { ...env, ...bindings });
        const text = await answer.text();
        expect([route, answer.status]).toEqual([route, 503]);
        expect(text).toContain("This service is not configured.");
        expect(text).not.toMatch(/LOG_|SERVER_SECRET|SETUP_TOKEN|PUBLIC_ORIGIN|WITNESS|openssl|base64|hunter2/);
        expect(logged()).toMatchObject([{ event: "request", status: 503, error: expect.stringContaining(name) as unknown }]);
      }
    }
  });
});

it("the database: not reachable", async () => {
  await logObject().checkpoint();
  const read = () => {
    throw new Error(LOST_CONNECTION);
  };
  expect(await healthWith({ DB: faulty({ read }) })).toEqual([503, { status: "unavailable", failing: "database", version: "d2c0a4c1" }]);
  expect(logged()).toMatchObject([{ event: "unwell", part: "database", error: LOST_CONNECTION }, {}]);
});

it("the database: without its tables", async () => {
  await env.DB.exec("ALTER TABLE log RENAME TO log_away");
  const answer = await healthWith();
  await env.DB.exec("ALTER TABLE log_away RENAME TO log");
  expect(answer).toEqual([503, { status: "unavailable", failing: "database", version: "d2c0a4c1" }]);
});

it("the log: frozen", async () => {
  await logObject().checkpoint();
  await env.DB.exec("UPDATE log SET state = 'frozen'");
  await evictDurableObject(logStub());
  expect(await healthWith()).toEqual([503, { status: "unavailable", failing: "log", version: "d2c0a4c1" }]);
  expect(logged()).toMatchObject([{ event: "unwell", part: "log", error: expect.stringContaining("log_frozen") as unknown }, {}]);
});
