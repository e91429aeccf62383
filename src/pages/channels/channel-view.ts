/** Channels, and what waits for a second signature, as cards. */
import type { ChannelItem, WaitingChannel } from "#api/channel-data.ts";
import { choiceView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import { answerText } from "./message-view.ts";
import { settingsView } from "./settings-view.ts";

const STATE_WORDS: Readonly<Record<ChannelItem["state"], string>> = {
  unverified: "Not tested yet: nothing is sent until a test is accepted",
  active: "Active",
  disabled: "Off, after days in which nothing was accepted: what is to be told waits",
  removed: "Removed",
};

/** How it does: what was accepted last, what was not, and what waits. */
function healthView({ id, last_sent_at, last_answer, failing_since, waiting }: ChannelItem): ViewElement {
  const failing = failing_since === null ? [] : [term("Failing since", timeView(failing_since))];
  const error = failing_since === null || last_answer === null ? [] : [term("Last error", answerText(last_answer))];
  const success = last_sent_at === null ? "nothing yet" : timeView(last_sent_at);
  return termList(
    term("Last success", success),
    ...failing,
    ...error,
    term("Waiting", String(waiting)),
    term("Id", element("code", {}, id)),
  );
}

export const channelNameId = (id: string): string => `name-${id}`;

function waysOf({ id, kind, state, settings }: ChannelItem): ViewElement[] {
  const about = channelNameId(id);
  const way = (what: string, label: string, style: "link" | "link danger" | "primary" = "link") =>
    choiceView({ kind: what, key: id, style, about }, label);
  const hasKey = settings.kind !== "email" || settings.via !== "cloudflare";
  return [
    ...(state === "disabled" ? [way("enable", "Enable", "primary")] : []),
    way("test", "Send a test", state === "unverified" ? "primary" : "link"),
    way("change", "Change"),
    ...(hasKey ? [way("rotate", "Rotate key")] : []),
    ...(kind === "webhook" ? [way("replay", "Replay from")] : []),
    way("remove", "Remove", "link danger"),
  ];
}

/** A channel with everything that is known of it, and what can be done with it. */
export const channelCard = (channel: ChannelItem): ViewElement =>
  element(
    "li",
    { "data-channel": channel.id },
    element("h3", { id: channelNameId(channel.id) }, textView(channel.name)),
    element("p", { class: `state ${channel.state}` }, STATE_WORDS[channel.state]),
    settingsView(channel.settings),
    healthView(channel),
    styled("p", "messages-of", element("a", { href: `/admin/channels?channel=${channel.id}#messages` }, "Its messages")),
    styled("div", "ways", ...waysOf(channel)),
  );

/** A channel that one admin has signed for and another has to. The script puts into `data-settings` what it compares with the signature. */
export function waitingChannelView(waiting: WaitingChannel, viewer: string, names: ReadonlyMap<string, string>): ViewElement {
  const { operation, name, change, settings, expires_at: until } = waiting;
  const title: View[] = [change === "channel.added" ? "Add " : "Change ", textView(name)];
  const button = choiceView({ kind: "sign", key: operation, style: "primary" }, "Sign for ", textView(name));
  return element(
    "li",
    { "data-waiting": operation },
    element("h3", {}, ...title),
    styled("p", "quiet", `Dropped if nobody else signs by ${timeText(until)}.`),
    signedView(waiting, viewer, (id) => names.get(id) ?? id),
    element("div", { "data-settings": operation }, settingsView(settings)),
    styled("div", "ways", ...signingView(waiting, viewer, button)),
  );
}
