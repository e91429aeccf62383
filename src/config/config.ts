/** The configuration, read once from bindings and variables (bindings.ts). A missing or malformed one is named, with how to make it. */
import type { Bindings } from "./bindings.ts";
import { type Caps, DEFAULT_CAPS } from "#rules/caps.ts";
import { type Bytes, utf8 } from "#countersign/encoding/bytes.ts";
import type { ArchiveTimes } from "#gate/approvals/archive/request-archive.ts";
import type { SessionLimits } from "#gate/sessions/session.ts";
import type { WitnessPolicy } from "#countersign/tlog/witness-policy.ts";
import { readArchiveTimes, readKeepCallsDays } from "./archive-settings.ts";
import { type ChannelConfig, readChannelConfig } from "./channel-settings.ts";
import { ConfigurationError } from "./configuration-error.ts";
import { HOW_TO_MAKE_A_SECRET, readSecret } from "./secret.ts";
import { SETTING_DEFAULTS } from "./settings.ts";
import { readWitnessPolicy } from "./witness-settings.ts";

export interface Config extends ChannelConfig {
  /** Scheme, host and port, as WebAuthn's `origin`. */
  origin: string;
  /** The relying party's id: the origin's host name. */
  rpId: string;
  /** The origin line that a log gets when it begins now; one that has begun keeps its own (storage/log/log-origin.ts). */
  newLogOrigin: string;
  /** The origin line of a log that may follow a frozen one; null for none. */
  followingLogOrigin: string | null;
  /** Ed25519 seed, 32 bytes. */
  logSigningKey: Bytes;
  /** The seed of the key that comes next, or has come already; null for none. */
  logNextSigningKey: Bytes | null;
  /** At least 32 bytes; keys are derived from it per purpose. */
  serverSecret: Bytes;
  setupToken: Bytes;
  /** What a scraper shows; null for no metrics. */
  metricsToken: Bytes | null;
  /** How many admins have to sign what widens authority: 1 or 2. */
  adminsRequired: number;
  /** Whether agents may ask for a request to be public, and such requests are shown. */
  allowReveal: boolean;
  /** When requests that are over go to the archive, and how long what they say is kept. Means nothing without the binding. */
  archive: ArchiveTimes;
  /** How long the record of calls is kept. */
  keepCallsDays: number;
  /** How long people stay signed in. */
  sessionLimits: SessionLimits;
  /** Who is asked to cosign the log's checkpoints; null for nobody. */
  witnesses: WitnessSettings | null;
  places: Places;
  caps: Caps;
}

/** As Cloudflare names parts of the world. */
const LOCATIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
const DATABASE_LOCATIONS = ["wnam", "enam", "weur", "eeur", "apac", "oc"] as const;
export type Location = (typeof LOCATIONS)[number];

/** Where what is new is put; null for where Cloudflare puts it. What is there already never moves. */
export interface Places {
  /** The database, and the log's writer beside it. */
  database: Location | null;
  /** Requests' objects; null for near whoever asks first. */
  objects: Location | null;
  /** Where all objects have to be: by it they are others than without it. */
  jurisdiction: "eu" | "us" | "fedramp" | null;
}

export interface WitnessSettings {
  /** Each witness has the URL of its submission prefix. */
  policy: WitnessPolicy;
  /** Between two rounds of asking them. */
  intervalMs: number;
}

function logOrigin(value: string | undefined): string | null {
  if (value === undefined || value === "") return null;
  if (value.length <= 200 && /^[^\p{White_Space}+\p{Cc}\p{Cs}]+$/u.test(value)) return value;
  throw new ConfigurationError(
    "LOG_ORIGIN must be a name without spaces and plus signs, of at most 200 characters: gate.example.com/log/2",
  );
}

/** What a log is called where nothing is set, at this address. */
export const logOriginUnset = (origin: string): string => `${new URL(origin).host}/log`;

function cap(name: keyof Caps, value: string | undefined): number {
  const fallback = DEFAULT_CAPS[name];
  if (value === undefined || value === "") return fallback;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new ConfigurationError(`${name} must be a whole number above zero, such as ${fallback}`);
  return number;
}

function readCaps(bindings: Bindings): Caps {
  const names = Object.keys(DEFAULT_CAPS) as (keyof Caps)[];
  const caps = Object.fromEntries(names.map((name) => [name, cap(name, bindings[name])])) as Record<keyof Caps, number>;
  if (caps.MAX_PAYLOAD_BYTES > DEFAULT_CAPS.MAX_PAYLOAD_BYTES) {
    throw new ConfigurationError(`MAX_PAYLOAD_BYTES cannot be more than ${DEFAULT_CAPS.MAX_PAYLOAD_BYTES}, which verifiers refuse`);
  }
  return caps;
}

function adminsRequired(value: string | undefined): number {
  const given = value || SETTING_DEFAULTS.ADMINS_REQUIRED;
  if (given === "1" || given === "2") return Number(given);
  throw new ConfigurationError("ADMINS_REQUIRED must be 1 or 2: how many admins sign what widens authority");
}

function allowReveal(value: string | undefined): boolean {
  const given = value || SETTING_DEFAULTS.ALLOW_REVEAL;
  if (given === "false" || given === "true") return given === "true";
  throw new ConfigurationError('ALLOW_REVEAL must be "true" or "false": whether requests may be revealed to the public');
}

function witnesses(policyText: string | undefined, intervalSeconds: string | undefined): WitnessSettings | null {
  const seconds = Number(intervalSeconds || SETTING_DEFAULTS.WITNESS_INTERVAL_SECONDS);
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > 3_600) {
    throw new ConfigurationError("WITNESS_INTERVAL_SECONDS must be a whole number from 1 to 3600, such as 10");
  }
  if (policyText === undefined || policyText.trim() === "") return null;
  const policy = readWitnessPolicy(policyText);
  if (!policy.ok) throw new ConfigurationError(`WITNESS_POLICY is not a C2SP tlog-policy to be witnessed by: ${policy.refusal}`);
  return { policy: policy.value, intervalMs: seconds * 1000 };
}

const HOUR_MS = 3_600_000;
/** Thirty days: what is signed in for longer is forgotten about. */
const MOST_HOURS = 720;

function hours(name: "SESSION_IDLE_HOURS" | "SESSION_MAX_HOURS", value: string | undefined): number {
  const number = Number(value || SETTING_DEFAULTS[name]);
  if (Number.isSafeInteger(number) && number >= 1 && number <= MOST_HOURS) return number;
  throw new ConfigurationError(`${name} must be a whole number of hours from 1 to ${MOST_HOURS}, such as ${SETTING_DEFAULTS[name]}`);
}

/**
 * Not set and empty are the same. A time without use that would never come is cut to the whole time, and refused nowhere: later deployments keep
 * what they do not name, so that one that shortens the whole time would otherwise serve nobody.
 */
function sessionLimits(idleHours: string | undefined, maxHours: string | undefined): SessionLimits {
  const most = hours("SESSION_MAX_HOURS", maxHours);
  const idle = hours("SESSION_IDLE_HOURS", idleHours);
  return { idleMs: Math.min(idle, most) * HOUR_MS, lifeMs: most * HOUR_MS };
}

/** One of `allowed`, or null for none. */
function choice<Value extends string>(name: string, value: string | undefined, allowed: readonly Value[], of: string): Value | null {
  if (value === undefined || value === "") return null;
  const chosen = allowed.find((one) => one === value);
  if (chosen === undefined) throw new ConfigurationError(`${name} must be ${of}: ${allowed.join(", ")}`);
  return chosen;
}

/** On this machine there are no jurisdictions, and one that is set is only looked at. */
function readPlaces(bindings: Bindings, { protocol }: URL): Places {
  const jurisdiction = choice("JURISDICTION", bindings.JURISDICTION, ["eu", "us", "fedramp"], "a jurisdiction of Cloudflare's");
  choice("WORKER_PLACEMENT", bindings.WORKER_PLACEMENT, ["smart", "off"], "how the Worker is placed");
  return {
    database: choice("DATABASE_LOCATION", bindings.DATABASE_LOCATION, DATABASE_LOCATIONS, "where Cloudflare has D1"),
    objects: choice("OBJECT_LOCATION", bindings.OBJECT_LOCATION, LOCATIONS, "where Cloudflare has objects"),
    jurisdiction: protocol === "https:" ? jurisdiction : null,
  };
}

function metricsToken(value: string | undefined): Bytes | null {
  if (value === undefined || value === "") return null;
  if (/^[A-Za-z0-9._~+/=-]{20,200}$/.test(value)) return utf8(value);
  throw new ConfigurationError("METRICS_TOKEN must be 20 to 200 letters, digits and - . _ ~ + / =; make one with: openssl rand -base64 32");
}

function publicOrigin(value: string | undefined): URL {
  const url = value !== undefined && URL.canParse(value) ? new URL(value) : null;
  const trustworthy = url !== null && (url.protocol === "https:" || (url.protocol === "http:" && url.hostname === "localhost"));
  if (!trustworthy || url.origin !== value) {
    throw new ConfigurationError(
      "PUBLIC_ORIGIN must be the address people open, without a path: https://gate.example.com (or http://localhost:8787)",
    );
  }
  return url;
}

/** What has been read of these bindings, which are the same for every request of a deployment. */
const known = new WeakMap<Bindings, Config>();

/** Reads and checks everything, once for each set of bindings, or throws a ConfigurationError, every time. */
export function readConfig(bindings: Bindings): Config {
  const config = known.get(bindings) ?? checkedConfig(bindings);
  known.set(bindings, config);
  return config;
}

function checkedConfig(bindings: Bindings): Config {
  const url = publicOrigin(bindings.PUBLIC_ORIGIN);
  for (const name of ["DB", "APPROVAL_REQUEST", "LOG_SEQUENCER", "ASSETS"] as const) {
    if (!bindings[name]) throw new ConfigurationError(`the binding ${name} is missing; wrangler.toml declares it`);
  }
  if (!bindings.SETUP_TOKEN || bindings.SETUP_TOKEN.length < 20) {
    throw new ConfigurationError(`SETUP_TOKEN is missing or shorter than 20 characters; ${HOW_TO_MAKE_A_SECRET}`);
  }
  const isSeed = (bytes: Bytes) => bytes.length === 32;
  const { LOG_NEXT_SIGNING_KEY: next } = bindings;
  const followingLogOrigin = logOrigin(bindings.LOG_ORIGIN);
  return {
    origin: url.origin,
    rpId: url.hostname,
    newLogOrigin: followingLogOrigin ?? logOriginUnset(url.origin),
    followingLogOrigin,
    logSigningKey: readSecret("LOG_SIGNING_KEY", bindings.LOG_SIGNING_KEY, isSeed),
    logNextSigningKey: next === undefined || next === "" ? null : readSecret("LOG_NEXT_SIGNING_KEY", next, isSeed),
    serverSecret: readSecret("SERVER_SECRET", bindings.SERVER_SECRET, (bytes) => bytes.length >= 32),
    setupToken: utf8(bindings.SETUP_TOKEN),
    metricsToken: metricsToken(bindings.METRICS_TOKEN),
    adminsRequired: adminsRequired(bindings.ADMINS_REQUIRED),
    allowReveal: allowReveal(bindings.ALLOW_REVEAL),
    archive: readArchiveTimes(bindings.ARCHIVE_AFTER_DAYS, bindings.KEEP_PAYLOAD_DAYS),
    keepCallsDays: readKeepCallsDays(bindings.KEEP_CALLS_DAYS),
    sessionLimits: sessionLimits(bindings.SESSION_IDLE_HOURS, bindings.SESSION_MAX_HOURS),
    witnesses: witnesses(bindings.WITNESS_POLICY, bindings.WITNESS_INTERVAL_SECONDS),
    places: readPlaces(bindings, url),
    caps: readCaps(bindings),
    ...readChannelConfig(bindings, url),
  };
}
