/** Channels, and what waits for a second signature, as cards. */
import type { ChannelItem, WaitingChannel } from "#api/channel-data.ts";
import { choiceView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import { channelsTexts } from "#texts/channels.ts";
import { answerText } from "./message-view.ts";
import { settingsView } from "./settings-view.ts";

const texts = channelsTexts.card;

/** How it does: what was accepted last, what was not, and what waits. */
function healthView({ id, last_sent_at, last_answer, failing_since, waiting }: ChannelItem): ViewElement {
  const failing = failing_since === null ? [] : [term(texts.failingSince, timeView(failing_since))];
  const error = failing_since === null || last_answer === null ? [] : [term(texts.lastError, answerText(last_answer))];
  const success = last_sent_at === null ? texts.nothingYet : timeView(last_sent_at);
  return termList(
    term(texts.lastSuccess, success),
    ...failing,
    ...error,
    term(texts.waiting, String(waiting)),
    term(texts.id, element("code", {}, id)),
  );
}

export const channelNameId = (id: string): string => `name-${id}`;

function waysOf({ id, kind, state, settings }: ChannelItem): ViewElement[] {
  const about = channelNameId(id);
  const way = (what: string, label: string, style: "link" | "link danger" | "primary" = "link") =>
    choiceView({ kind: what, key: id, style, about }, label);
  const hasKey = settings.kind !== "email" || settings.via !== "cloudflare";
  return [
    ...(state === "disabled" ? [way("enable", texts.enable, "primary")] : []),
    way("test", texts.test, state === "unverified" ? "primary" : "link"),
    way("change", texts.change),
    ...(hasKey ? [way("rotate", texts.rotate)] : []),
    ...(kind === "webhook" ? [way("replay", texts.replay)] : []),
    way("remove", texts.remove, "link danger"),
  ];
}

/** A channel with everything that is known of it, and what can be done with it. */
export const channelCard = (channel: ChannelItem): ViewElement =>
  element(
    "li",
    { "data-channel": channel.id },
    element("h3", { id: channelNameId(channel.id) }, textView(channel.name)),
    element("p", { class: `state ${channel.state}` }, texts.states[channel.state]),
    settingsView(channel.settings),
    healthView(channel),
    styled("p", "messages-of", element("a", { href: `/admin/channels?channel=${channel.id}#messages` }, texts.messages)),
    styled("div", "ways", ...waysOf(channel)),
  );

/** A channel that one admin has signed for and another has to. The script puts into `data-settings` what it compares with the signature. */
export function waitingChannelView(waiting: WaitingChannel, viewer: string, names: ReadonlyMap<string, string>): ViewElement {
  const { operation, name, change, settings, expires_at: until } = waiting;
  const { waiting: words } = channelsTexts;
  const title = change === "channel.added" ? words.add(textView(name)) : words.change(textView(name));
  const button = choiceView({ kind: "sign", key: operation, style: "primary" }, ...words.sign(textView(name)));
  return element(
    "li",
    { "data-waiting": operation },
    element("h3", {}, ...title),
    styled("p", "quiet", words.droppedAt(timeText(until))),
    signedView(waiting, viewer, (id) => names.get(id) ?? id),
    element("div", { "data-settings": operation }, settingsView(settings)),
    styled("div", "ways", ...signingView(waiting, viewer, button)),
  );
}
