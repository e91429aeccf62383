/**
 * For whoever cannot use a passkey where they are: the page's own link, to be copied, or to be scanned by a phone as a QR code. It is the
 * address and nothing else; who opens it signs in there.
 */
import { pageScriptTexts as texts } from "#texts/browser/kit/page.ts";
import { embeddingApp } from "./embedded.ts";
import { made } from "./page.ts";

/** At a desk the phone is another device; on a phone it is this one. */
const isAtDesk = (): boolean => matchMedia("(hover: hover) and (pointer: fine)").matches;

function copyButton(link: string): HTMLButtonElement {
  const button = made("button", texts.elsewhere.copyLink, { type: "button" });
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(link).then(
      () => {
        button.textContent = texts.elsewhere.copied;
      },
      () => {
        const text = made("p", link, { className: "code" });
        button.replaceWith(text);
        getSelection()?.selectAllChildren(text);
      },
    );
  });
  return button;
}

/** Opens a dialog with the code, which is loaded only then; without it the link stands there. */
function phoneButton(link: string): HTMLButtonElement {
  const button = made("button", texts.elsewhere.withPhone, { type: "button" });
  button.addEventListener("click", () => {
    const loaded = import(document.body.dataset["phone"] ?? "") as Promise<typeof import("./phone-page.ts")>;
    // Links can also be longer than a code can be.
    void loaded
      .then(({ showPhoneDialog }) => showPhoneDialog(button, link))
      .catch(() => button.replaceWith(made("p", link, { className: "code" })));
  });
  return button;
}

/** Puts the ways to go on elsewhere behind `place`, or those out of an app if there is something `told` of it; once a page. */
export function offerElsewhere(place: Element, link: string, told = ""): void {
  if (document.querySelector(".elsewhere") !== null) return;
  const ways = made("div", "", { className: "elsewhere" });
  if (told === "") {
    if (isAtDesk()) ways.append(phoneButton(link));
  } else ways.append(made("p", told));
  ways.append(copyButton(link));
  place.after(ways);
}

/** Says so where the page may be in the browser of another app, with the ways out of it. */
export function offerOutOfApp(place: Element, link: string): void {
  const app = embeddingApp(navigator.userAgent);
  if (app === null) return;
  const told = texts.elsewhere.inApp(app);
  offerElsewhere(place, link, told);
}

/** Offers the phone to whoever is at a desk and got no answer from a passkey there. On a phone the page stays as it was. */
export function offerFromDesk(place: Element, link: string): void {
  if (isAtDesk()) offerElsewhere(place, link);
}

/** The same, to begin with, at a desk that holds no passkeys itself: for the page on which people come in. */
export async function offerFromBareDesk(place: Element, link: string): Promise<void> {
  if (!(await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable())) offerFromDesk(place, link);
}
