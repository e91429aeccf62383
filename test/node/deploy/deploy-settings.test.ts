/** What `npm run deploy` is told, and what it refuses before it touches anything. */
import { readFileSync } from "node:fs";
import { expect, it, test } from "vitest";
import { decideOrigin, readSettings, USAGE } from "../../../scripts/deploy/settings.mjs";

const ORIGIN = "https://gate.example.com";

it("reads the address, variables and secrets from the environment; a flag counts more", () => {
  const environment = {
    PUBLIC_ORIGIN: ORIGIN,
    MAX_PENDING_PER_AGENT: "7",
    ADMINS_REQUIRED: "2",
    ALLOW_REVEAL: "true",
    ARCHIVE_AFTER_DAYS: "8",
    KEEP_PAYLOAD_DAYS: "365",
    KEEP_CALLS_DAYS: "30",
    SESSION_IDLE_HOURS: "2",
    SESSION_MAX_HOURS: "24",
    LOG_ORIGIN: "gate.example.com/log/2",
    LOG_NEXT_SIGNING_KEY: Buffer.alloc(32, 3).toString("base64"),
    VAULT_NEXT_SECRET: Buffer.alloc(32, 4).toString("base64"),
    METRICS_TOKEN: "a-metrics-token-that-is-long-enough",
    DOH_RESOLVER: "off",
    SETUP_TOKEN: "a-setup-token-that-is-long-enough",
    HOME: "/root",
  };
  expect(readSettings([], environment)).toMatchObject({
    origin: ORIGIN,
    variables: {
      MAX_PENDING_PER_AGENT: "7",
      ADMINS_REQUIRED: "2",
      ALLOW_REVEAL: "true",
      ARCHIVE_AFTER_DAYS: "8",
      KEEP_PAYLOAD_DAYS: "365",
      KEEP_CALLS_DAYS: "30",
      SESSION_IDLE_HOURS: "2",
      SESSION_MAX_HOURS: "24",
      LOG_ORIGIN: "gate.example.com/log/2",
      DOH_RESOLVER: "off",
    },
    secrets: {
      SETUP_TOKEN: environment.SETUP_TOKEN,
      LOG_NEXT_SIGNING_KEY: environment.LOG_NEXT_SIGNING_KEY,
      VAULT_NEXT_SECRET: environment.VAULT_NEXT_SECRET,
      METRICS_TOKEN: environment.METRICS_TOKEN,
    },
    isDryRun: false,
    waitMs: 300_000,
  });
  expect(readSettings(["--origin", "https://other.example.com", "--dry-run", "--wait", "5"], environment)).toMatchObject({
    origin: "https://other.example.com",
    isDryRun: true,
    waitMs: 5_000,
  });
});

const NOT_AN_ADDRESS = "PUBLIC_ORIGIN is not an https address without port and path";

test.each<[message: string, environment: NodeJS.Dict<string>, args: string[]]>([
  [NOT_AN_ADDRESS, { PUBLIC_ORIGIN: "http://gate.example.com" }, []],
  [NOT_AN_ADDRESS, { PUBLIC_ORIGIN: "https://gate.example.com/" }, []],
  [NOT_AN_ADDRESS, { PUBLIC_ORIGIN: "https://gate.example.com:8443" }, []],
  [NOT_AN_ADDRESS, {}, ["--origin", "gate.example.com"]],
  ["PUBLIC_ORIGIN is missing; say where people will open it", { PUBLIC_ORIGIN: "" }, ["--dry-run"]],
  ["gate.example.workers.dev is below workers.dev, a public suffix", { PUBLIC_ORIGIN: "https://gate.example.workers.dev" }, []],
  ["below workers.dev the address is", { PUBLIC_ORIGIN: "https://example.workers.dev" }, ["--workers-dev"]],
  ["LOG_SIGNING_KEY is missing or not base64 of 32 bytes; make one with: openssl rand -base64 32", { LOG_SIGNING_KEY: "hunter2" }, []],
  ["LOG_NEXT_SIGNING_KEY is missing or not base64 of 32 bytes", { LOG_NEXT_SIGNING_KEY: "hunter2" }, []],
  ["LOG_ORIGIN must be a name without spaces and plus signs", { LOG_ORIGIN: "gate.example.com/log+2" }, []],
  ["LOG_ORIGIN must be a name without spaces and plus signs", { LOG_ORIGIN: "x".repeat(201) }, []],
  ["SERVER_SECRET is missing or not base64 of 32 bytes; make one with: openssl rand -base64 32", { SERVER_SECRET: "hunter2" }, []],
  ["VAULT_SECRET is missing or not base64 of 32 bytes; make one with: openssl rand -base64 32", { VAULT_SECRET: "hunter2" }, []],
  ["VAULT_NEXT_SECRET is missing or not base64 of 32 bytes", { VAULT_NEXT_SECRET: "hunter2" }, []],
  ["ALLOW_LOOPBACK_ADDRESSES is for development: PUBLIC_ORIGIN must be http://localhost", { ALLOW_LOOPBACK_ADDRESSES: "true" }, []],
  ['ALLOW_LOOPBACK_ADDRESSES must be "true" or "false"', { ALLOW_LOOPBACK_ADDRESSES: "1" }, []],
  ['DOH_RESOLVER must be "off" or the https address of a resolver', { DOH_RESOLVER: "http://resolver.example/dns-query" }, []],
  ['DOH_RESOLVER must be "off" or the https address of a resolver', { DOH_RESOLVER: "https://resolver.example/dns-query{?dns}#" }, []],
  ['DOH_RESOLVER must be "off" or the https address of a resolver', { DOH_RESOLVER: "https://hunter2@resolver.example/" }, []],
  ["METRICS_TOKEN must be 20 to 200 letters, digits", { METRICS_TOKEN: "hunter2" }, []],
  ["SETUP_TOKEN is missing or shorter than 20 characters", { SETUP_TOKEN: "hunter2" }, []],
  ["MAX_PENDING_PER_AGENT must be a whole number above zero", { MAX_PENDING_PER_AGENT: "0" }, []],
  ["WITNESS_POLICY is not a C2SP tlog-policy to be witnessed by: line 2: the policy has no quorum line", { WITNESS_POLICY: "\n#" }, []],
  ["WITNESS_INTERVAL_SECONDS must be a whole number from 1 to 3600", { WITNESS_INTERVAL_SECONDS: "0" }, []],
  ['ARCHIVE_AFTER_DAYS must be a whole number of days from 8 to 36500, or "off"', { ARCHIVE_AFTER_DAYS: "7" }, []],
  ['ARCHIVE_AFTER_DAYS must be a whole number of days from 8 to 36500, or "off"', { ARCHIVE_AFTER_DAYS: "never" }, []],
  ["KEEP_PAYLOAD_DAYS must be a whole number of days from 1 to 36500; leave it out", { KEEP_PAYLOAD_DAYS: "0" }, []],
  ["KEEP_PAYLOAD_DAYS cannot be less than ARCHIVE_AFTER_DAYS (30)", { KEEP_PAYLOAD_DAYS: "29" }, []],
  ["KEEP_CALLS_DAYS must be a whole number of days from 1 to 36500, such as 90", { KEEP_CALLS_DAYS: "0" }, []],
  ["SESSION_IDLE_HOURS must be a whole number of hours from 1 to 720, such as 12", { SESSION_IDLE_HOURS: "0" }, []],
  ["SESSION_IDLE_HOURS must be a whole number of hours from 1 to 720, such as 12", { SESSION_IDLE_HOURS: "half" }, []],
  ["SESSION_MAX_HOURS must be a whole number of hours from 1 to 720, such as 168", { SESSION_MAX_HOURS: "721" }, []],
  ["SESSION_MAX_HOURS must be a whole number of hours from 1 to 720, such as 168", { SESSION_MAX_HOURS: "1.5" }, []],
  ["KEEP_PAYLOAD_DAYS needs the archive", { ARCHIVE_AFTER_DAYS: "off", KEEP_PAYLOAD_DAYS: "90" }, []],
  ['ALLOW_REVEAL must be "true" or "false"', { ALLOW_REVEAL: "1" }, []],
  ["DATABASE_LOCATION must be where Cloudflare has D1: wnam, enam, weur", { DATABASE_LOCATION: "me" }, []],
  ["OBJECT_LOCATION must be where Cloudflare has objects: wnam", { OBJECT_LOCATION: "europe" }, []],
  ["JURISDICTION must be a jurisdiction of Cloudflare's: eu, us, fedramp", { JURISDICTION: "EU" }, []],
  ["WORKER_PLACEMENT must be how the Worker is placed: smart, off", { WORKER_PLACEMENT: "near" }, []],
  ["--wait is a number of seconds", {}, ["--wait", "long"]],
  ["Unknown option '--force'", {}, ["--force"]],
])("refuses: %s, of %j %j", (message, environment, args) => {
  const refused = () => readSettings(args, { PUBLIC_ORIGIN: ORIGIN, ...environment });
  expect(refused).toThrow(message);
  expect(refused).not.toThrow("hunter2");
});

test("the address: the one served, unless another is asked for and meant", () => {
  const other = "https://other.example.com";
  const origins = (given: string | null, served: string | null, changesOrigin = false) =>
    decideOrigin({ origin: given, changesOrigin, allowsWorkersDev: false }, served);
  expect(origins(ORIGIN, null)).toBe(ORIGIN);
  expect(origins(null, ORIGIN)).toBe(ORIGIN);
  expect(origins(ORIGIN, ORIGIN)).toBe(ORIGIN);
  expect(origins(null, "https://gate.example.workers.dev")).toBe("https://gate.example.workers.dev");
  expect(origins(other, ORIGIN, true)).toBe(other);
  expect(() => origins(other, ORIGIN)).toThrow(`it is deployed at ${ORIGIN}, not ${other}`);
  expect(() => origins(null, null)).toThrow("PUBLIC_ORIGIN is missing, and nothing is deployed yet");
});

test("the help names options that there are, and the same ones as the operators' page", () => {
  const named = [...USAGE.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => `--${name}`).filter((name) => name !== "--help");
  const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
  expect([...page.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, name]) => name).toSorted()).toEqual(named.toSorted());
  for (const name of named) {
    const values = { "--origin": [ORIGIN], "--wait": ["5"] }[name] ?? [];
    expect(() => readSettings([name, ...values], { PUBLIC_ORIGIN: ORIGIN })).not.toThrow();
  }
});
