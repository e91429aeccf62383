/** Settings of a channel in words, each as it is signed for. Made by the server, and by the browser of what it signs. */
import type { ShownSettings } from "#api/channel-data.ts";
import { term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type View, type ViewElement } from "#pages/kit/view.ts";

export const CHANNEL_KIND_NAMES: Readonly<Record<ShownSettings["kind"], string>> = {
  webhook: "Webhook",
  slack: "Slack",
  email: "E-mail",
  webpush: "Push to devices",
};

export const PROVIDER_NAMES = { cloudflare: "Cloudflare", resend: "Resend", postmark: "Postmark", relay: "A relay of your own" } as const;

const code = (text: string): ViewElement => element("code", {}, textView(text));
const listed = (views: readonly View[]): View[] => views.flatMap((view, at) => (at === 0 ? [view] : [", ", view]));

type Places = Extract<ShownSettings, { kind: "slack" }>["places"];

const placesTerm = (places: Places): ViewElement => {
  const views = places.map(({ group, to }) =>
    group === null ? element("span", {}, code(to)) : element("span", {}, code(to), " (requests of the group ", textView(group), ")"),
  );
  return term("Places", ...(views.length === 0 ? ["none: people are told at addresses of their own"] : listed(views)));
};

const keyTerm = (name: string, key: string | null): ViewElement[] => (key === null ? [] : [term(name, code(key))]);

function terms(settings: ShownSettings): ViewElement[] {
  switch (settings.kind) {
    case "webhook":
      return [
        term("Address", code(settings.url)),
        term("Events", ...listed(settings.events.map(code))),
        term("Signed with", settings.signing === "hmac" ? "a shared secret" : "a key pair"),
        ...keyTerm("Public key", settings.public_key),
      ];
    case "slack":
      return [placesTerm(settings.places)];
    case "email":
      return [
        term("From", code(settings.from)),
        term("Provider", PROVIDER_NAMES[settings.via]),
        ...(settings.relay === null
          ? []
          : [
              term("Relay", code(settings.relay.url)),
              term("Header", code(settings.relay.header)),
              term("Body", element("pre", { class: "template" }, textView(settings.relay.template))),
            ]),
        placesTerm(settings.places),
      ];
    case "webpush":
      return [term("Contact for push services", code(settings.subject)), ...keyTerm("Public key", settings.public_key)];
  }
}

/** All of it. */
export const settingsView = (settings: ShownSettings): ViewElement =>
  termList(term("Kind", CHANNEL_KIND_NAMES[settings.kind]), ...terms(settings));
