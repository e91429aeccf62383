/**
 * For whoever cannot use a passkey where they are: the page's own link, to be copied, or to be scanned by a phone as a QR code. It is the
 * address and nothing else; who opens it signs in there.
 */
import { generate } from "lean-qr/nano";
import { embeddingApp } from "./embedded.ts";

const SVG = "http://www.w3.org/2000/svg";
/** ISO/IEC 18004 asks for four modules of nothing around the code. */
const QUIET_ZONE = 4;

/** At a desk the phone is another device; on a phone it is this one. */
const isAtDesk = (): boolean => matchMedia("(hover: hover) and (pointer: fine)").matches;

function made<Name extends keyof HTMLElementTagNameMap>(name: Name, text: string, more: Partial<HTMLElementTagNameMap[Name]> = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...more });
}

/** The link as a QR code: dark on light in dark mode too, because that is what cameras look for. */
function codeOf(link: string): SVGElement {
  const code = generate(link);
  const side = code.size + 2 * QUIET_ZONE;
  let dark = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) if (code.get(x, y)) dark += `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z`;
  }
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({
    viewBox: `0 0 ${side} ${side}`,
    role: "img",
    "aria-label": "QR code of this page’s link",
    class: "qr",
    "shape-rendering": "crispEdges",
  })) {
    svg.setAttribute(name, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", dark);
  svg.append(path);
  return svg;
}

function copyButton(link: string): HTMLButtonElement {
  const button = made("button", "Copy the link to this page", { type: "button" });
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(link).then(
      () => {
        button.textContent = "Copied. Open it in another browser.";
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

/** Opens a dialog with the code; made when it is asked for, and gone when it is closed. */
function phoneButton(link: string): HTMLButtonElement {
  const button = made("button", "Go on with your phone", { type: "button" });
  button.addEventListener("click", () => {
    const dialog = made("dialog", "", { className: "phone" });
    dialog.setAttribute("aria-labelledby", "phone-title");
    const close = made("button", "Close", { type: "button" });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    dialog.append(
      made("h2", "Go on with your phone", { id: "phone-title" }),
      made("p", "Scan this with your phone’s camera and sign in there. It is the link to this page, nothing else."),
      codeOf(link),
      made("p", link, { className: "code" }),
      close,
    );
    button.after(dialog);
    dialog.showModal();
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
  const told = `You may be in the browser of ${app}, which often cannot use passkeys. Open this page in your phone’s own browser: from the menu here, or with its link.`;
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
