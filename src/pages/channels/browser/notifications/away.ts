/** Out of office, signed with the person's own passkey: a statement that the service drafts and this script checks. */
import { ceremonyChallenge, type OwnStatement, ownShape } from "#countersign/documents/ceremony.ts";
import { personId, time, timestamp } from "#countersign/documents/words.ts";
import { anyObject, fit, object, text } from "#countersign/json/shape.ts";
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { control, explainFields, onSubmit, tell, tellField } from "#pages/kit/browser/page.ts";
import { credentialsShape, sign } from "#pages/kit/browser/passkey.ts";
import { anything, post } from "#pages/kit/browser/post.ts";
import { notificationsScriptTexts as texts } from "#texts/browser/channels/notifications.ts";

const draftShape = object({ statement: ownShape, credentials: credentialsShape, rp_id: text(1) });
const termsShape = object({
  delegation: object({ id: text(1), from: time, until: time }),
  person: anyObject,
  to: object({ id: personId, username: text(1) }),
});

interface Wish {
  to: string;
  from: string;
  until: string;
}

/** Whether the statement says what the form says, and nothing else. */
function agrees({ origin, person, operation, parameters }: OwnStatement, wish: Wish, own: OwnNotifications): boolean {
  const read = fit(termsShape, parameters);
  if (!read.ok || origin !== location.origin || person !== own.id || operation !== "delegation.given") return false;
  const { delegation, to } = read.value;
  const named = own.delegates.find(({ id }) => id === wish.to);
  return delegation.from === wish.from && delegation.until === wish.until && to.id === wish.to && to.username === named?.username;
}

/** The time of a field, by this device's clock, as documents have it; null if none is entered. */
function timeOf(id: string): string | null {
  const { value } = control(id, HTMLInputElement);
  const ms = new Date(value).getTime();
  return Number.isNaN(ms) ? null : timestamp(ms);
}

function wishOf(): Wish | null {
  const [from, until] = [timeOf("from"), timeOf("until")];
  tellField("from", from === null ? texts.away.noTime : "");
  tellField("until", until === null ? texts.away.noTime : "");
  tellField("to", "");
  return from === null || until === null ? null : { to: control("to", HTMLSelectElement).value, from, until };
}

/** Gives what to tell; empty if it was given. */
async function give(wish: Wish, own: OwnNotifications): Promise<string> {
  const drafted = await post("/account/delegations/statement", { ...wish }, draftShape);
  if (!drafted.ok) return explainFields(drafted.refusal);
  const { statement, credentials, rp_id: rpId } = drafted.value;
  if (!agrees(statement, wish, own)) return texts.away.otherwise;
  const signed = await sign(ceremonyChallenge(statement), credentials, rpId);
  if (!signed.ok) return signed.refusal;
  const given = await post("/api/v1/me/delegations", { signature: { statement, ...signed.value } }, anything);
  return given.ok ? "" : explainFields(given.refusal);
}

/** Makes the form work, where there is one. `done` shows what the service has now and says what was done. */
export function bindAway(own: () => OwnNotifications, done: (what: string) => Promise<string>): void {
  const form = document.getElementById("away");
  if (!(form instanceof HTMLFormElement)) return;
  onSubmit(form, async () => {
    tell("", "away-message");
    const wish = wishOf();
    if (wish === null) return;
    const told = await give(wish, own());
    // Where a field says it, there is nothing left to tell.
    const isDone = told === "" && form.querySelector("[aria-invalid]") === null;
    tell(isDone ? await done(texts.away.done) : told, "away-message");
    if (isDone) form.reset();
  });
}
