/** Settings as admins and auditors see them: everything that may be set, and of no secret a character. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import type { SettingsData } from "#api/console/settings-data.ts";
import { app } from "#composition/app.ts";
import type { Bindings } from "#config/bindings.ts";
import { PARTS } from "#config/settings-as-read.ts";
import { SECRET_NAMES, SETTINGS } from "#config/settings.ts";
import { personAndAgent } from "#test/workerd/support/approvals.ts";
import { ORIGIN, type Someone } from "#test/workerd/support/people.ts";

let alex: Someone;
beforeAll(async () => {
  ({ person: alex } = await personAndAgent());
});

const get = async (path: string, bindings: Partial<Bindings> = {}): Promise<Response> => {
  const request = new Request(new URL(path, ORIGIN), { headers: { cookie: alex.cookie } });
  return await app.fetch(request, { ...env, ...bindings }, createExecutionContext());
};
const settings = async (bindings: Partial<Bindings> = {}): Promise<SettingsData> =>
  await (await get("/api/v1/settings", bindings)).json<SettingsData>();

/** Base64 of 32 bytes that begins with a word to look for; the log's own key has to stay. */
const canary = (name: string) => `Canary${name.replaceAll("_", "")}`.padEnd(43, "A").slice(0, 42) + "A=";
const CANARIES: Partial<Bindings> = {
  LOG_NEXT_SIGNING_KEY: canary("LOG_NEXT"),
  VAULT_SECRET: canary("VAULT"),
  VAULT_NEXT_SECRET: canary("VAULT_NEXT"),
  SETUP_TOKEN: canary("SETUP"),
  METRICS_TOKEN: canary("METRICS"),
};

it("shows every secret as set, and nothing of any of them", async () => {
  const [page, route] = await Promise.all(["/admin/settings", "/api/v1/settings"].map(async (path) => (await get(path, CANARIES)).text()));
  const all = [...Object.values(CANARIES).map(String), env.LOG_SIGNING_KEY, env.SERVER_SECRET];
  expect(all).toHaveLength(SECRET_NAMES.length);
  for (const text of [page, route]) {
    expect(text).toContain("METRICS_TOKEN");
    expect(text).not.toContain("Canary");
    for (const secret of all) expect(text).not.toContain(secret.slice(0, 12));
  }
  expect((await settings(CANARIES)).secrets).toEqual(SECRET_NAMES.map((name) => ({ name, is_set: true })));
});

it("every member of the bindings that is a text is a variable that is shown, or a secret", () => {
  const texts = Object.entries(env).flatMap(([name, value]) => (typeof value === "string" && !/^(?:TEST_|__)/.test(name) ? [name] : []));
  const known: readonly string[] = ["PUBLIC_ORIGIN", ...SETTINGS, ...SECRET_NAMES];
  expect(texts.filter((name) => !known.includes(name))).toEqual([]);
});

it("names each variable with what is in force, whether that was set, and its default", async () => {
  const { settings: all } = await settings({ ADMINS_REQUIRED: "2" });
  expect(all.map(({ name }) => name)).toEqual(["PUBLIC_ORIGIN", ...SETTINGS]);
  const named = (name: string) => all.find((one) => one.name === name);
  expect(named("ADMINS_REQUIRED")).toEqual({ name: "ADMINS_REQUIRED", value: "2", is_set: true, default: "1" });
  expect(named("KEEP_CALLS_DAYS")).toEqual({ name: "KEEP_CALLS_DAYS", value: "90", is_set: false, default: "90" });
  expect(named("MAX_CHAIN")).toEqual({ name: "MAX_CHAIN", value: "4", is_set: false, default: "4" });
  expect(named("JURISDICTION")).toEqual({ name: "JURISDICTION", value: null, is_set: false, default: null });
});

it("shows what a log is called where nothing is set", async () => {
  const { settings: all } = await settings();
  const named = (name: string) => all.find((one) => one.name === name);
  const log = "gate.example.com/log";
  expect(named("LOG_ORIGIN")).toEqual({ name: "LOG_ORIGIN", value: log, is_set: false, default: log });
  const set = (await settings({ LOG_ORIGIN: `${log}/2` })).settings.find(({ name }) => name === "LOG_ORIGIN");
  expect(set).toEqual({ name: "LOG_ORIGIN", value: `${log}/2`, is_set: true, default: log });
});

it("shows the time without use that is in force, where the whole time is shorter than what was set or is usual", async () => {
  const named = async (bindings: Partial<Bindings>) =>
    (await settings(bindings)).settings.find(({ name }) => name === "SESSION_IDLE_HOURS");
  const eight = { name: "SESSION_IDLE_HOURS", value: "8", default: "12" };
  expect(await named({ SESSION_IDLE_HOURS: "24", SESSION_MAX_HOURS: "8" })).toEqual({ ...eight, is_set: true });
  expect(await named({ SESSION_MAX_HOURS: "8" })).toEqual({ ...eight, is_set: false });
});

it("says which parts are off, and on the page how each is turned on", async () => {
  const without: Partial<Bindings> = {
    AUDIT: undefined,
    ARCHIVE: undefined,
    NOTICES: undefined,
    CONNECTOR: undefined,
    PERSON_INBOX: undefined,
  };
  const { parts } = await settings({ ...without, VAULT_SECRET: "" });
  expect(parts.map(({ part }) => part)).toEqual([...PARTS]);
  expect(parts.filter((one) => !one.is_on).map(({ part }) => part)).toEqual(
    expect.arrayContaining(["gateway", "queue", "archive", "witnesses", "vault", "connectors", "inbox_lines", "metrics"]),
  );
  const page = await (await get("/admin/settings", { ...without, VAULT_SECRET: "" })).text();
  for (const how of [
    "Bind a D1 database as AUDIT",
    "Bind a queue as NOTICES",
    "Bind an R2 bucket as ARCHIVE",
    "Set WITNESS_POLICY",
    "VAULT_SECRET",
  ])
    expect(page).toContain(how);
});

it("says how the log does, when the cron last counted, and which version answers", async () => {
  const { log, rounds, version, messages, alerts } = await settings();
  expect(log).toMatchObject({ origin: "gate.example.com/log", state: "active", witnesses: null, witness_health: null });
  expect(log?.size).toBeGreaterThan(0);
  // No cron has run here.
  expect(Date.parse(rounds.counted_at)).toBe(0);
  const page = await (await get("/admin/settings")).text();
  expect(page).toContain("not yet");
  expect(page).not.toContain("1970");
  expect(version.package).toMatch(/^\d+\.\d+\.\d+/);
  expect(messages).toEqual({ waiting: 0, failed: 0, oldest_due: null });
  expect(alerts).toEqual([]);
});
