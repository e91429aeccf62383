/** What the form says that a channel shall be, in the form in which it is kept. */
import type { ShownSettings } from "#api/channel-data.ts";
import { byId, control } from "#pages/kit/browser/page.ts";

export type Kind = ShownSettings["kind"];
/** Settings but for the public key, which the service makes. */
export type WantedSettings = ShownSettings extends infer Each
  ? Each extends unknown
    ? Omit<Each, "public_key"> & { kind: Kind }
    : never
  : never;

interface Wanted {
  name: string;
  settings: WantedSettings;
  /** Null where none is given. */
  credential: Readonly<Record<string, string | null>> | null;
}

const valueOf = (id: string): string => {
  const field = byId(id);
  return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement
    ? field.value.trim()
    : "";
};

const distinct = <Item>(items: readonly Item[]): Item[] => {
  const texts = items.map((item) => JSON.stringify(item));
  return items.filter((item, at) => texts.indexOf(JSON.stringify(item)) === at);
};

/** One a line: `C0123456789`, or `release: C0123456789`. */
function placesIn(text: string): { group: string | null; to: string }[] {
  const lines = text.split("\n").map((line) => line.trim());
  const places = lines
    .filter((line) => line !== "")
    .map((line) => {
      const [, group, to] = /^(.*\S)\s*:\s*(\S+)$/.exec(line) ?? [];
      return { group: group ?? null, to: to ?? line };
    });
  return distinct(places);
}

export const placesText = (places: readonly { group: string | null; to: string }[]): string =>
  places.map(({ group, to }) => (group === null ? to : `${group}: ${to}`)).join("\n");

/** As the service keeps an address, if it is one. */
const addressIn = (text: string): string => (URL.canParse(text) ? new URL(text).href : text);

const patternsIn = (text: string): string[] =>
  distinct(
    text
      .split(",")
      .map((pattern) => pattern.trim())
      .filter((pattern) => pattern !== ""),
  ).toSorted();

function settingsIn(kind: Kind): WantedSettings {
  switch (kind) {
    case "webhook": {
      const signing = valueOf("webhook-signing") === "ed25519" ? "ed25519" : "hmac";
      return { kind, url: addressIn(valueOf("webhook-url")), signing, events: patternsIn(valueOf("webhook-events")) };
    }
    case "slack":
      return { kind, places: placesIn(valueOf("slack-places")) };
    case "email": {
      const via = valueOf("email-via") as "cloudflare" | "resend" | "postmark" | "relay";
      const relay = { url: addressIn(valueOf("relay-url")), header: valueOf("relay-header"), template: valueOf("relay-template") };
      return { kind, via, from: valueOf("email-from"), relay: via === "relay" ? relay : null, places: placesIn(valueOf("email-places")) };
    }
    case "webpush":
      return { kind, subject: valueOf("webpush-subject") };
  }
}

/** The credential that fields with these ids hold; null if none does. */
export function credentialIn(kind: Kind, prefix = ""): Wanted["credential"] {
  if (kind === "slack") {
    const [token, secret] = [valueOf(`${prefix}slack-token`), valueOf(`${prefix}slack-secret`)];
    return token === "" ? null : { bot_token: token, signing_secret: secret === "" ? null : secret };
  }
  const key = kind === "email" ? valueOf(`${prefix}email-key`) : "";
  return key === "" ? null : { api_key: key };
}

export const kindChosen = (): Kind => control("kind", HTMLSelectElement).value as Kind;

/** All that the form says. */
export function wantedIn(): Wanted {
  const kind = kindChosen();
  const isBinding = kind === "email" && valueOf("email-via") === "cloudflare";
  return { name: valueOf("name"), settings: settingsIn(kind), credential: isBinding ? null : credentialIn(kind) };
}

/** The field that a member of the body is entered in. */
export function fieldOf(member: string, kind: Kind, prefix = ""): string {
  const fields: Readonly<Record<string, string>> = {
    name: "name",
    "settings.kind": "kind",
    "settings.url": "webhook-url",
    "settings.events": "webhook-events",
    "settings.from": "email-from",
    "settings.via": "email-via",
    "settings.relay.url": "relay-url",
    "settings.relay.header": "relay-header",
    "settings.relay.template": "relay-template",
    "settings.subject": "webpush-subject",
    "settings.places": `${kind}-places`,
    "credential.bot_token": `${prefix}slack-token`,
    "credential.signing_secret": `${prefix}slack-secret`,
    "credential.api_key": `${prefix}email-key`,
    credential: kind === "slack" ? `${prefix}slack-token` : `${prefix}email-key`,
  };
  return fields[member.replace(/\[\d+\].*$/, "")] ?? member;
}
