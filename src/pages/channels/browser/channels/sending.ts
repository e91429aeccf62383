/** Testing and enabling a channel, and sending messages again. */
import { replayedMessagesShape, testedChannelShape } from "#api/channel-shapes.ts";
import { formDialog, type Question } from "#pages/kit/browser/dialogs.ts";
import { byId, control, onChosen, tell, tellDone, tellField, whileBusy } from "#pages/kit/browser/page.ts";
import { anything, post } from "#pages/kit/browser/post.ts";
import { channelsScriptTexts as texts } from "#texts/browser/channels.ts";
import { answerText } from "../../message-view.ts";

/** What is said after the page is made anew. */
const AFTER = "countersign-channels-done";

function reloadWith(text: string): void {
  sessionStorage.setItem(AFTER, text);
  location.reload();
}

function tellWhatWasDone(): void {
  const text = sessionStorage.getItem(AFTER);
  sessionStorage.removeItem(AFTER);
  if (text !== null) tellDone(text);
}

function refuse(text: string): void {
  tell(text, "told");
  byId("told").scrollIntoView({ block: "nearest" });
}

/** Sends a test; `what` is its route. */
async function test(id: string, what: "test" | "enable"): Promise<void> {
  tell("", "told");
  const answer = await post(`/api/v1/channels/${id}/${what}`, {}, testedChannelShape);
  if (!answer.ok) return refuse(answer.refusal.detail);
  const { sent, answer: code, state } = answer.value;
  if (!sent) return refuse(texts.test.refused(answerText(code)));
  reloadWith(state === "active" ? texts.test.active : texts.test.accepted);
}

function bindReplay(): void {
  const from = control("replay-from", HTMLInputElement);
  const open = formDialog("replay", async (id) => {
    tellField("replay-from", from.value === "" ? texts.replay.noTime : "");
    if (from.value === "") return null;
    const answer = await post(`/api/v1/channels/${id}/replay`, { from: `${from.value}Z` }, replayedMessagesShape);
    if (!answer.ok) return answer.refusal.detail;
    const { messages, more } = answer.value;
    reloadWith(texts.replay.done(messages, more));
    return "";
  });
  onChosen(byId("channel-list"), "replay", (id) => {
    tellField("replay-from", "");
    open(id);
  });
}

/** `ask` opens the dialog of the page. */
export function bindSending(ask: (question: Question) => void): void {
  const list = byId("channel-list");
  onChosen(list, "test", (id, button) => void whileBusy(button, () => test(id, "test")));
  onChosen(list, "enable", (id, button) => void whileBusy(button, () => test(id, "enable")));
  bindReplay();
  onChosen(byId("messages"), "resend", (id) =>
    ask({
      title: texts.resending.title,
      text: texts.resending.text,
      verb: texts.resending.verb,
      async act() {
        const answer = await post(`/api/v1/messages/${id}/resend`, {}, anything);
        if (!answer.ok) return answer.refusal.detail;
        reloadWith(texts.resending.done);
        return "";
      },
    }),
  );
  tellWhatWasDone();
}
