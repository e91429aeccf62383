/** Messages as rows of a table. */
import type { MessageItem } from "#api/channel-data.ts";
import { choiceView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type View, type ViewElement } from "#pages/kit/view.ts";
import { channelsTexts as texts } from "#texts/channels.ts";

/** A code such as `http_503` as people read it. */
export const answerText = (code: string): string => code.replace(/^http_/, "HTTP ").replaceAll("_", " ");

const cell = (name: string, ...content: View[]): ViewElement =>
  element("td", { "data-name": name }, ...(content.length === 0 ? [element("span", { class: "none" }, "–")] : content));

function receiver({ channel, person, place }: MessageItem): View[] {
  const who = person ?? place;
  return who === null ? [textView(channel.name)] : texts.messages.over(textView(who), textView(channel.name));
}

/** A message; `isAgain`: with a button that sends it again. */
export function messageRow(message: MessageItem): ViewElement {
  const { id, type, request_id, state, attempts, answer, next_at, created_at } = message;
  const what = element("code", { id: `what-${id}` }, type);
  const about = request_id === null ? [] : [" ", element("a", { href: `/a/${request_id}` }, texts.messages.request)];
  const { columns, states, resend } = texts.messages;
  const canBeSent = state === "sent" || state === "failed" || state === "dropped";
  return element(
    "tr",
    { class: state },
    cell(columns.when, timeView(created_at)),
    cell(columns.what, what, ...about),
    cell(columns.to, ...receiver(message)),
    cell(columns.state, element("span", { class: "message-state" }, states[state])),
    cell(columns.attempts, String(attempts)),
    cell(columns.answer, ...(answer === null ? [] : [answerText(answer)])),
    cell(columns.next, ...(next_at === null ? [] : [timeView(next_at)])),
    element("td", {}, ...(canBeSent ? [choiceView({ kind: "resend", key: id, style: "link", about: `what-${id}` }, resend)] : [])),
  );
}
