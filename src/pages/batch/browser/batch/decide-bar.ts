/** The two buttons, how many they sign for, and what keeps one from approving. */
import type { Verdict } from "#countersign/documents/statement.ts";
import { isTooSmall } from "#pages/approvals/browser/approval/payload-seen.ts";
import { byId, control } from "#pages/kit/browser/page.ts";
import { browserSupportsWebAuthn, NO_PASSKEYS } from "#pages/kit/browser/passkey.ts";
import { batchScriptTexts as texts } from "#texts/browser/approvals/batch.ts";
import { signText } from "../../item-view.ts";
import type { ShownItem } from "./item.ts";

export const VERDICT_OF_BUTTON = { deny: "denied", approve: "approved" } as const satisfies Record<string, Verdict>;
export type ButtonId = keyof typeof VERDICT_OF_BUTTON;
export const BUTTONS: readonly ButtonId[] = ["deny", "approve"];

const CUT_OFF = texts.bar.tooWide;
const TOO_SMALL = texts.bar.tooSmall;
const NO_OWN_PASSKEY = texts.bar.noPasskey;

interface Standing {
  /** Those that are signed for. */
  chosen: readonly ShownItem[];
  /** The parts of all payloads on the page that were not seen, in order. */
  left: readonly HTMLElement[];
  isCutOff: boolean;
  /** What the page waits for, in words; empty if it waits for nothing. */
  waits: string;
  canSign: boolean;
  username: string;
}

type Hint = (string | Node)[];

function linkTo(id: string, name: string): Node {
  const link = document.createElement("a");
  link.href = `#${id}`;
  link.textContent = name;
  return link;
}

/** What keeps one from approving; null if nothing does. */
function obstacleOf({ chosen, left, isCutOff }: Standing): Hint | null {
  if (isCutOff) return [CUT_OFF];
  if (isTooSmall()) return [TOO_SMALL];
  const unseen = new Map(chosen.map((item): [Element, HTMLElement | null] => [item.place, null]));
  for (const part of left.toReversed()) {
    const place = part.closest("article");
    if (place !== null && unseen.has(place)) unseen.set(place, part);
  }
  const waiting = chosen.filter((item) => item.isFolded || unseen.get(item.place) != null);
  const [first] = waiting;
  if (first === undefined) return null;
  const part = first.isFolded ? null : unseen.get(first.place);
  const count = texts.bar.requests(waiting.length);
  return texts.bar.notSeenYet(count, linkTo(part?.id ?? first.anchor, first.action));
}

function hintOf({ waits, canSign, chosen, username }: Standing, obstacle: Hint | null): Hint {
  if (waits !== "") return [waits];
  if (!browserSupportsWebAuthn()) return [NO_PASSKEYS];
  if (!canSign) return [NO_OWN_PASSKEY];
  if (chosen.length === 0) return [texts.bar.noneIsLeftTo];
  return obstacle ?? [texts.bar.youSignAs(username)];
}

/** Puts it there if it is another one. Whoever is at its link stays there. */
function showHint(place: HTMLElement, hint: Hint): void {
  const anew = place.cloneNode(false);
  for (const part of hint) anew.appendChild(typeof part === "string" ? new Text(part) : part);
  if (place.isEqualNode(anew)) return;
  const isAtLink = place.contains(document.activeElement);
  place.replaceChildren(...anew.childNodes);
  if (isAtLink) place.querySelector("a")?.focus({ preventScroll: true });
}

/** Shows all of that, as long as there is something to decide. */
export function showBar(standing: Standing): void {
  if (document.getElementById("decision") === null) return;
  const obstacle = obstacleOf(standing);
  const count = standing.chosen.length;
  const able = browserSupportsWebAuthn() && standing.canSign && standing.waits === "" && count > 0;
  for (const id of BUTTONS) {
    const button = control(id, HTMLButtonElement);
    const text = `${signText(count, VERDICT_OF_BUTTON[id])} `;
    const label = button.firstChild;
    if (label instanceof Text && label.data !== text) label.data = text;
    button.disabled = !able || (id === "approve" && obstacle !== null);
  }
  control("comment", HTMLTextAreaElement).readOnly = standing.waits !== "";
  const hint = byId("hint");
  // What is left to see changes all the time while one reads.
  hint.setAttribute("aria-live", obstacle === null ? "polite" : "off");
  showHint(hint, hintOf(standing, obstacle));
}
