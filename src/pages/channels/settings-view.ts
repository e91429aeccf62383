/** Settings of a channel in words, each as it is signed for. Made by the server, and by the browser of what it signs. */
import type { ShownSettings } from "#api/channel-data.ts";
import { term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type View, type ViewElement } from "#pages/kit/view.ts";
import { channelsScriptTexts } from "#texts/browser/channels.ts";

const texts = channelsScriptTexts.settings;

const code = (text: string): ViewElement => element("code", {}, textView(text));
const listed = (views: readonly View[]): View[] => views.flatMap((view, at) => (at === 0 ? [view] : [", ", view]));

type Places = Extract<ShownSettings, { kind: "slack" }>["places"];

const placesTerm = (places: Places): ViewElement => {
  const views = places.map(({ group, to }) =>
    group === null ? element("span", {}, code(to)) : element("span", {}, ...texts.placeOfGroup(code(to), textView(group))),
  );
  return term(texts.places, ...(views.length === 0 ? [texts.noPlaces] : listed(views)));
};

const keyTerm = (key: string | null): ViewElement[] => (key === null ? [] : [term(texts.publicKey, code(key))]);

function terms(settings: ShownSettings): ViewElement[] {
  switch (settings.kind) {
    case "webhook":
      return [
        term(texts.address, code(settings.url)),
        term(texts.events, ...listed(settings.events.map(code))),
        term(texts.signedWith, texts.signings[settings.signing]),
        ...keyTerm(settings.public_key),
      ];
    case "slack":
      return [placesTerm(settings.places)];
    case "email":
      return [
        term(texts.from, code(settings.from)),
        term(texts.provider, texts.providers[settings.via]),
        ...(settings.relay === null
          ? []
          : [
              term(texts.relay, code(settings.relay.url)),
              term(texts.header, code(settings.relay.header)),
              term(texts.body, element("pre", { class: "template" }, textView(settings.relay.template))),
            ]),
        placesTerm(settings.places),
      ];
    case "webpush":
      return [term(texts.contact, code(settings.subject)), ...keyTerm(settings.public_key)];
  }
}

/** All of it. */
export const settingsView = (settings: ShownSettings): ViewElement =>
  termList(term(texts.kind, texts.kinds[settings.kind]), ...terms(settings));
