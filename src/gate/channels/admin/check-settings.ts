/** Settings of a channel, as an admin gives them, checked before anything is made of them. */
import { parseJson, type JsonValue } from "#countersign/json/canonical-json.ts";
import { recordShapes } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type AddressFailure, type AddressRules, checkAddress } from "#rules/addresses/check-address.ts";
import { NOTICE_TYPES } from "#rules/notices/content.ts";
import type { ChannelSettings, GroupPlace } from "#rules/notices/channel-settings.ts";
import type { GivenCredential } from "./channel-credential.ts";

type Without<Settings, Member extends string> = Settings extends unknown ? Omit<Settings, Member> : never;
/** `ChannelSettings`, but for the public key, which is made here. */
export type GivenSettings = Without<ChannelSettings, "public_key">;

/** What is wrong, and where: `field` is a member of the settings or the credential, such as `settings.url`. */
export interface SettingsRefusal {
  reason: "settings-not-good";
  field: string;
  message: string;
}

export interface SettingsPorts {
  addressRules: AddressRules;
  /** Whether this deployment can send by Cloudflare's e-mail binding. */
  hasEmailBinding: boolean;
}

const ADDRESS_WORDS: Readonly<Record<AddressFailure, string>> = {
  "address-malformed": "is no address, such as https://hooks.example.com/countersign",
  "address-not-https": "begins with https://",
  "address-private": "is an address of a private network, where nothing is sent",
  "address-own": "is an address of this service",
  "address-unknown": "is a name that nobody knows",
};

/** Everything that a webhook may be told. */
const EVENT_TYPES: readonly string[] = [...new Set([...Object.keys(recordShapes), ...NOTICE_TYPES])];
/** `*` stands for anything, also for nothing; there is no other wildcard. */
const EVENT_PATTERN = /^[a-z_.*]{1,64}$/;
const MOST_PATTERNS = 50;
const MOST_STARS = 3;
const MOST_PLACES = 50;
const MOST_TEMPLATE_CHARACTERS = 8_192;

/** One address and nothing else: no name, no comment, no quotes, a domain with a dot. */
const EMAIL_ADDRESS = /^[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;
const SLACK_CONVERSATION = /^[CG][A-Z0-9]{2,30}$/;
const BOT_TOKEN = /^xoxb-[A-Za-z0-9-]{8,250}$/;
const SIGNING_SECRET = /^[0-9a-f]{32}$/;
/** Also the value of a header: “Bearer …”. */
const API_KEY = /^[\x21-\x7e][\x20-\x7e]{6,498}[\x21-\x7e]$/;
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;
/** What HTTP itself has a meaning for. */
const NOT_A_CREDENTIALS = /^(?:host|connection|content-.*|transfer-encoding|cookie|upgrade|te|trailer|expect)$/i;

const wrong = (field: string, message: string): Result<never, SettingsRefusal> => refuse({ reason: "settings-not-good", field, message });

/** Whether text is one e-mail address. */
export const isEmailAddress = (text: string): boolean => text.length <= 254 && EMAIL_ADDRESS.test(text);

/** Whether an event is one of a pattern's: its parts in their order, the first and the last at the ends. */
function isOfPattern(type: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return type === first;
  if (!type.startsWith(first) || !type.endsWith(last) || type.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = type.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= type.length - last.length;
}

/** The settings in the one form that two admins sign, or what is wrong with them. */
export function checkSettings(given: GivenSettings, ports: SettingsPorts): Result<GivenSettings, SettingsRefusal> {
  switch (given.kind) {
    case "webhook":
      return checkWebhook(given, ports);
    case "slack": {
      const places = checkPlaces(given.places, (to) => SLACK_CONVERSATION.test(to), "is a conversation’s ID, such as C0123456789");
      return places.ok ? accept({ kind: "slack", places: places.value }) : places;
    }
    case "email":
      return checkEmail(given, ports);
    case "webpush":
      return checkSubject(given.subject);
  }
}

function checkWebhook(
  { url, signing, events }: Extract<GivenSettings, { kind: "webhook" }>,
  ports: SettingsPorts,
): Result<GivenSettings, SettingsRefusal> {
  const address = checkAddress(url, ports.addressRules);
  if (!address.ok) return wrong("settings.url", ADDRESS_WORDS[address.refusal]);
  const patterns = [...new Set(events)].toSorted();
  if (patterns.length === 0 || patterns.length > MOST_PATTERNS) return wrong("settings.events", `are 1 to ${MOST_PATTERNS} patterns`);
  for (const pattern of patterns) {
    // Every leaf is held against every pattern, and each star may make a matcher begin anew.
    if (!EVENT_PATTERN.test(pattern) || pattern.split("*").length - 1 > MOST_STARS) {
      return wrong("settings.events", `“${pattern.slice(0, 64)}” is no pattern, such as approval.* or call.failed`);
    }
    if (!EVENT_TYPES.some((type) => isOfPattern(type, pattern))) return wrong("settings.events", `“${pattern}” is no event that there is`);
  }
  return accept({ kind: "webhook", url: address.value.href, signing, events: patterns });
}

function checkPlaces(
  places: readonly GroupPlace[],
  isPlace: (to: string) => boolean,
  message: string,
): Result<GroupPlace[], SettingsRefusal> {
  if (places.length > MOST_PLACES) return wrong("settings.places", `are at most ${MOST_PLACES}`);
  for (const [index, { to }] of places.entries()) if (!isPlace(to)) return wrong(`settings.places[${index}].to`, message);
  const keys = places.map(({ group, to }) => JSON.stringify([group, to]));
  return accept(places.filter((_, index) => keys.indexOf(keys[index] ?? "") === index).map(({ group, to }) => ({ group, to })));
}

function checkEmail(
  { via, from, relay, places }: Extract<GivenSettings, { kind: "email" }>,
  ports: SettingsPorts,
): Result<GivenSettings, SettingsRefusal> {
  if (via === "cloudflare" && !ports.hasEmailBinding)
    return wrong("settings.via", "cannot be cloudflare: this deployment has no e-mail binding");
  if (!isEmailAddress(from)) return wrong("settings.from", "is one e-mail address, such as approvals@example.com");
  const there = checkPlaces(places, isEmailAddress, "is one e-mail address");
  if (!there.ok) return there;
  if ((via === "relay") !== (relay !== null)) return wrong("settings.relay", "belongs to via “relay”, and to no other");
  if (relay === null) return accept({ kind: "email", via, from, relay, places: there.value });
  const checked = checkRelay(relay, ports);
  return checked.ok ? accept({ kind: "email", via, from, relay: checked.value, places: there.value }) : checked;
}

type Relay = NonNullable<Extract<ChannelSettings, { kind: "email" }>["relay"]>;

function checkRelay({ url, header, template }: Relay, ports: SettingsPorts): Result<Relay, SettingsRefusal> {
  const address = checkAddress(url, ports.addressRules);
  if (!address.ok) return wrong("settings.relay.url", ADDRESS_WORDS[address.refusal]);
  if (!HEADER_NAME.test(header) || NOT_A_CREDENTIALS.test(header)) {
    return wrong("settings.relay.header", "is the name of a header that carries a key, such as Authorization");
  }
  const json = template.length <= MOST_TEMPLATE_CHARACTERS ? parseJson(template) : null;
  if (json === null || !json.ok) return wrong("settings.relay.template", `is JSON of at most ${MOST_TEMPLATE_CHARACTERS} characters`);
  const texts = textsIn(json.value);
  const missing = ["{{to}}", "{{subject}}", "{{text}}"].find((placeholder) => !texts.some((text) => text.includes(placeholder)));
  if (missing !== undefined) return wrong("settings.relay.template", `says in a text where ${missing} goes`);
  return accept({ url: address.value.href, header, template });
}

function textsIn(value: JsonValue): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Push services refuse whom they cannot write to: RFC 8292, section 2.1. */
function checkSubject(subject: string): Result<GivenSettings, SettingsRefusal> {
  const message = "is an address that push services can write to: mailto:you@example.com, or https://…";
  const isMail = subject.startsWith("mailto:") && isEmailAddress(subject.slice("mailto:".length));
  const url = URL.canParse(subject) ? new URL(subject) : null;
  const isPage = url !== null && url.protocol === "https:" && url.hostname.includes(".") && url.username === "";
  return isMail || isPage ? accept({ kind: "webpush", subject }) : wrong("settings.subject", message);
}

/** What is wrong with a credential that an admin gives for such settings; null if nothing is. */
export function credentialProblem(given: GivenCredential | null, settings: GivenSettings): SettingsRefusal | null {
  const isWanted = settings.kind === "slack" || (settings.kind === "email" && settings.via !== "cloudflare");
  const at = (field: string, message: string): SettingsRefusal => ({ reason: "settings-not-good", field, message });
  if (given === null) return isWanted ? at("credential", "is missing") : null;
  if (!isWanted || given.kind !== settings.kind) return at("credential", "is none that such a channel has");
  if (given.kind === "email")
    return API_KEY.test(given.apiKey) ? null : at("credential.api_key", "is 8 to 500 printable characters of ASCII");
  if (!BOT_TOKEN.test(given.botToken)) return at("credential.bot_token", "is a bot’s token, which begins with xoxb-");
  const isSecret = given.signingSecret === null || SIGNING_SECRET.test(given.signingSecret);
  return isSecret ? null : at("credential.signing_secret", "is Slack’s signing secret, 32 hexadecimal digits");
}
