/** Going through an inbox by keys. None decides anything, and none is heard while something is typed or with a modifier. */
import { byId, control } from "#pages/kit/browser/page.ts";

const PLACES: Readonly<Record<string, string>> = { i: "/", a: "/admin/agents", p: "/admin/policy" };
/** So long G waits for its second key. */
const SECOND_KEY_MS = 1_500;

const links = (): HTMLAnchorElement[] => [...document.querySelectorAll<HTMLAnchorElement>(".requests a.what")];
const rowWithFocus = (): Element | null => document.activeElement?.closest("[data-request]") ?? null;

function move(by: 1 | -1): void {
  const all = links();
  const row = rowWithFocus();
  const at = all.findIndex((link) => link.closest("[data-request]") === row);
  const next = row === null ? all[0] : all[Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
  next?.closest("li")?.scrollIntoView({ block: "nearest" });
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox])") || target.closest("dialog") !== null);

const showKeys = (): void => control("keys", HTMLDialogElement).showModal();

const DOES: Readonly<Record<string, () => void>> = {
  j: () => move(1),
  k: () => move(-1),
  x: () => rowWithFocus()?.querySelector<HTMLInputElement>("input[name=id]")?.click(),
  "/": () => control("q", HTMLInputElement).focus(),
  "?": showKeys,
};

/** Makes the keys of the page's dialog work, and the button that shows them. */
export function hearKeys(): void {
  const button = byId("show-keys");
  button.addEventListener("click", showKeys);
  button.closest<HTMLElement>("[hidden]")?.removeAttribute("hidden");
  let goesAtMs = -Infinity;
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, altKey, metaKey, shiftKey, repeat, isComposing } = event;
    if (ctrlKey || altKey || metaKey || isComposing || isTyping(event.target)) return;
    // Where these two stand behind Shift.
    const isSign = key === "?" || key === "/";
    if (shiftKey && !isSign) return;
    const pressed = key.toLowerCase();
    const place = Date.now() - goesAtMs < SECOND_KEY_MS ? PLACES[pressed] : undefined;
    goesAtMs = pressed === "g" ? Date.now() : -Infinity;
    if (place !== undefined) return location.assign(place);
    const work = DOES[pressed];
    if (work === undefined || (repeat && pressed !== "j" && pressed !== "k")) return;
    if (pressed === "/" && document.getElementById("q") === null) return;
    event.preventDefault();
    work();
  });
}
