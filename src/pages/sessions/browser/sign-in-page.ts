/** Signing in with a passkey, by the button or from what the browser offers in the field; then on to the page that was asked for. */
import { object, type Of } from "#countersign/json/shape.ts";
import { base64url } from "#countersign/documents/words.ts";
import { localPath } from "#pages/kit/local-path.ts";
import type { AuthenticationResponseJSON } from "@simplewebauthn/browser";
import { offerFromBareDesk, offerFromDesk } from "#pages/kit/browser/elsewhere.ts";
import { byId, control, onSubmit, tell } from "#pages/kit/browser/page.ts";
import { assertWith, canOfferInField, offeredInField, requestOptions, signalUnknown, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { anything, get, post } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";

const optionsShape = object({ options: requestOptions, nonce: base64url(32) });

const form = control("sign-in", HTMLFormElement);

/** The page that was asked for, for another device. */
const wantedLink = (): string => `${location.origin}${localPath(form.dataset["next"] ?? "/")}`;

const isSignedIn = async (): Promise<boolean | null> => {
  const me = await get("/api/v1/me", new AbortController().signal, anything);
  return me.ok || (me.refusal.isKnown ? false : null);
};

const begin = (): ReturnType<typeof post<Of<typeof optionsShape>>> => post("/sign-in/options", {}, optionsShape);

/** Brings the passkey's answer to the service, and goes on if it is taken; otherwise says why not. */
async function finish({ options, nonce }: Of<typeof optionsShape>, response: AuthenticationResponseJSON): Promise<void> {
  const finished = await post("/sign-in/finish", { nonce, response }, anything);
  if (!finished.ok) {
    if (finished.refusal.isUnknownPasskey) signalUnknown(response.id, options.rpId ?? location.hostname);
    const told = await toldOf(finished.refusal, isSignedIn);
    if (told !== null) return tell(told);
  }
  location.assign(localPath(form.dataset["next"] ?? "/"));
}

async function signIn(): Promise<void> {
  tell("");
  const begun = await begin();
  if (!begun.ok) return tell(begun.refusal.detail);
  const answered = await assertWith(begun.value.options);
  if (!answered.ok) {
    offerFromDesk(byId("message"), wantedLink());
    return tell(answered.refusal);
  }
  await finish(begun.value, answered.value);
}

/**
 * Lets the browser offer passkeys in the field. Asked for when somebody is about to use it: a page that is only open calls nobody, and
 * what it was given does not grow old.
 */
function bindField(): void {
  const field = control("username", HTMLInputElement);
  let isOffered = false;
  const offer = async (): Promise<void> => {
    if (isOffered) return;
    isOffered = true;
    const begun = await begin();
    const chosen = begun.ok ? await offeredInField(begun.value.options) : null;
    isOffered = false;
    if (!begun.ok || chosen === null) return;
    tell("");
    await finish(begun.value, chosen);
  };
  for (const means of ["pointerenter", "pointerdown", "focus"]) field.addEventListener(means, () => void offer());
}

async function start(): Promise<void> {
  onSubmit(form, signIn);
  if (!tellOfPasskeys(wantedLink())) return;
  void offerFromBareDesk(byId("message"), wantedLink());
  if (!(await canOfferInField())) return;
  byId("offered").hidden = false;
  bindField();
}

void start();
