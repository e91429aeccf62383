/** Messages as rows of a table. */
import type { MessageItem } from "#api/channel-data.ts";
import { choiceView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type View, type ViewElement } from "#pages/kit/view.ts";

/** A code such as `http_503` as people read it. */
export const answerText = (code: string): string => code.replace(/^http_/, "HTTP ").replaceAll("_", " ");

/** Columns, by what they are called; the last one has the button. */
export const MESSAGE_COLUMNS = ["When", "What", "To", "State", "Attempts", "Last answer", "Next try", ""] as const;

const cell = (name: string, ...content: View[]): ViewElement =>
  element("td", { "data-name": name }, ...(content.length === 0 ? [element("span", { class: "none" }, "–")] : content));

function receiver({ channel, person, place }: MessageItem): View[] {
  const over = [" over ", textView(channel.name)];
  if (person !== null) return [textView(person), ...over];
  return place === null ? [textView(channel.name)] : [textView(place), ...over];
}

/** A message; `isAgain`: with a button that sends it again. */
export function messageRow(message: MessageItem): ViewElement {
  const { id, type, request_id, state, attempts, answer, next_at, created_at } = message;
  const what = element("code", { id: `what-${id}` }, type);
  const about = request_id === null ? [] : [" ", element("a", { href: `/a/${request_id}` }, "request")];
  const canBeSent = state === "sent" || state === "failed" || state === "dropped";
  return element(
    "tr",
    { class: state },
    cell("When", timeView(created_at)),
    cell("What", what, ...about),
    cell("To", ...receiver(message)),
    cell("State", element("span", { class: "message-state" }, state)),
    cell("Attempts", String(attempts)),
    cell("Last answer", ...(answer === null ? [] : [answerText(answer)])),
    cell("Next try", ...(next_at === null ? [] : [timeView(next_at)])),
    element("td", {}, ...(canBeSent ? [choiceView({ kind: "resend", key: id, style: "link", about: `what-${id}` }, "Send again")] : [])),
  );
}
