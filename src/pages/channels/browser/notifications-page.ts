/** `/account/notifications`: devices and addresses, in which order they are told, quiet hours, and who is told in one's place. */
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { addedContactShape, NOTIFICATIONS_BLOCK_ID, notificationsShape } from "#api/notifications/notification-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog, formDialog } from "#pages/kit/browser/dialogs.ts";
import {
  byId,
  control,
  explainFields,
  onChosen,
  onClick,
  onSubmit,
  tell,
  tellDone,
  tellField,
  whileBusy,
} from "#pages/kit/browser/page.ts";
import { anything, get, post, type Problem, put, remove } from "#pages/kit/browser/post.ts";
import { show } from "#pages/kit/browser/view-dom.ts";
import { notificationsScriptTexts as texts } from "#texts/browser/channels/notifications.ts";
import { contactsView, delegationsView } from "../notifications-view.ts";
import { bindAway } from "./notifications/away.ts";
import { deviceOf, pushChannel, renew, turnOff, turnOn, whyNot } from "./notifications/device.ts";

const read = readDataBlock(NOTIFICATIONS_BLOCK_ID, notificationsShape);
if (!read.ok) throw new Error(read.refusal);
let own: OwnNotifications = read.value;
const page = byId("notifications");
const ask = confirmDialog();

function showOwn(): void {
  show(contactsView(own, deviceOf(own)));
  show(delegationsView(own));
  showDevice();
}

function showDevice(): void {
  if (document.getElementById("turn-on") === null) return;
  const [isOn, why] = [deviceOf(own) !== null, whyNot()];
  byId("turn-on").hidden = isOn || why !== null || !own.available;
  if (why !== null) byId("device-state").textContent = why;
  else if (isOn) byId("device-state").textContent = texts.device.isOn;
}

/** Reads and shows what the service has now; gives why that failed, null if it did not. */
async function refresh(): Promise<Problem | null> {
  const answer = await get("/api/v1/me/notifications", new AbortController().signal, notificationsShape);
  if (!answer.ok) {
    if (answer.refusal.code === "unauthorized") location.assign("/");
    return answer.refusal;
  }
  own = answer.value;
  showOwn();
  return null;
}

/** Shows what the service has now, and says what was done; gives what to tell if it does not answer. */
async function done(what: string): Promise<string> {
  const problem = await refresh();
  if (problem !== null) return problem.detail;
  tellDone(what);
  return "";
}

function bindDevice(): void {
  const channel = pushChannel(own);
  const button = document.getElementById("turn-on");
  if (channel === null || button === null) return;
  onClick(button, () =>
    whileBusy(button, async () => {
      tell("", "device-message");
      const on = await turnOn(own, channel);
      tell(on.ok ? await done(texts.device.turnedOn) : on.refusal, "device-message");
      showDevice();
    }),
  );
}

/** A form that adds an address or an account, which then waits for its code. */
function bindAdd(kind: "email" | "slack", field: string, openCode: (key: string) => void): void {
  const form = document.getElementById(`add-${kind}`);
  if (!(form instanceof HTMLFormElement)) return;
  const message = `add-${kind}-message`;
  onSubmit(form, async () => {
    tell("", message);
    tellField(field, "");
    const channel = own.channels.find((one) => one.kind === kind);
    const value = control(field, HTMLInputElement).value.trim();
    const added = await post("/api/v1/me/contacts", { kind, channel: channel?.id, [field]: value }, addedContactShape);
    if (!added.ok) {
      tell(explainFields(added.refusal), message);
      await refresh();
      return;
    }
    form.reset();
    tell(await done(added.value.state === "confirmed" ? texts.adding.isYours : texts.adding.codeSent), message);
    if (added.value.state === "code-sent") openCode(added.value.id);
  });
}

function bindCode(): (key: string) => void {
  const digits = control("digits", HTMLInputElement);
  const send = formDialog("code", async (id) => {
    tellField("digits", "");
    const answer = await post(`/api/v1/me/contacts/${id}/confirm`, { code: digits.value }, anything);
    if (answer.ok) return done(texts.code.confirmed);
    tellField("digits", answer.refusal.detail);
    digits.focus();
    return null;
  });
  const open = (id: string): void => {
    digits.value = "";
    tellField("digits", "");
    send(id);
  };
  onChosen(page, "enter-code", open);
  return open;
}

function bindContacts(): void {
  onChosen(
    page,
    "test",
    (id, button) =>
      void whileBusy(button, async () => {
        tell("");
        const answer = await post(`/api/v1/me/contacts/${id}/test`, {}, anything);
        if (answer.ok) tellDone(texts.test.sent);
        else tell(answer.refusal.detail);
      }),
  );
  onChosen(page, "remove", (id) => {
    const isHere = id === deviceOf(own);
    ask({
      title: texts.removal.title,
      text: isHere ? texts.removal.thisDevice : texts.removal.other,
      verb: texts.removal.verb,
      async act() {
        const answer = await remove(`/api/v1/me/contacts/${id}`);
        if (!answer.ok && answer.refusal.code !== "not_found") return answer.refusal.detail;
        if (isHere) await turnOff();
        return done(texts.removal.done);
      },
    });
  });
  onChosen(page, "end-delegation", (id) => {
    ask({
      title: texts.ending.title,
      text: texts.ending.text,
      verb: texts.ending.verb,
      async act() {
        const answer = await remove(`/api/v1/me/delegations/${id}`);
        return answer.ok ? done(texts.ending.done) : answer.refusal.detail;
      },
    });
  });
}

/** What the form says, as the service takes it; null where a field says what is wrong. */
function settingsOfForm() {
  const order = [0, 1, 2].map((index) => control(`order-${index}`, HTMLSelectElement).value).filter((kind) => kind !== "");
  const isTwice = new Set(order).size < order.length;
  const orderError = byId("order-error");
  orderError.textContent = isTwice ? texts.settings.twice : "";
  orderError.hidden = !isTwice;
  const minutes = Number(control("next_after_minutes", HTMLInputElement).value);
  const areMinutes = Number.isInteger(minutes) && minutes >= 0 && minutes <= 1_440;
  tellField("next_after_minutes", areMinutes ? "" : texts.settings.noMinutes);
  if (isTwice || !areMinutes) return null;
  const [from, to] = ["quiet-from", "quiet-to"].map((id) => control(id, HTMLInputElement).value);
  const quiet = control("quiet", HTMLInputElement).checked ? { from, to } : null;
  return { order, next_after_minutes: minutes, zone: control("zone", HTMLInputElement).value.trim(), quiet };
}

function bindSettings(): void {
  const form = control("settings", HTMLFormElement);
  const zone = control("zone", HTMLInputElement);
  // Whoever has set nothing yet most likely wants the times of where they are.
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone.value === "UTC" && own.settings.quiet === null && here !== "") zone.value = here;
  onSubmit(form, async () => {
    tell("", "settings-message");
    tellField("zone", "");
    const settings = settingsOfForm();
    if (settings === null) return;
    const answer = await put("/api/v1/me/notifications", settings, anything);
    tell(answer.ok ? await done(texts.settings.saved) : explainFields(answer.refusal), "settings-message");
  });
}

showOwn();
bindDevice();
const openCode = bindCode();
bindAdd("email", "address", openCode);
bindAdd("slack", "member", openCode);
bindContacts();
bindSettings();
bindAway(() => own, done);
const notRenewed = await renew(own);
if (notRenewed !== null) tell(notRenewed, "device-message");
await refresh();
