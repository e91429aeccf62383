/** The inbox's script: the time left of each request stays right, what is new appears and is told, and what has ended goes. */
import type { Inbox } from "#api/inbox-data.ts";
import { byId, tell } from "#pages/kit/browser/page.ts";
import type { Problem } from "#pages/kit/browser/post.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { timeLeftText, urgencyOf } from "#pages/kit/time-text.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { inboxTexts as texts } from "#texts/browser/approvals/inbox.ts";
import { inboxTitle } from "../inbox-view.ts";
import { followInbox } from "./inbox/follow-inbox.ts";
import { hearKeys } from "./inbox/keys.ts";
import { hearSelected, showSelected } from "./inbox/select.ts";
import { showLists } from "./inbox/show-lists.ts";

const NO_ANSWER = texts.page.notAnswering;
const SIGNED_OUT = texts.page.signedOut;

const TICK_MS = 1_000;
const main = byId("inbox");
const offsetMs = Date.parse(main.dataset["now"] ?? new Date().toISOString()) - Date.now();
const nowMs = (): number => Date.now() + offsetMs;

function tick(): void {
  for (const time of document.querySelectorAll<HTMLElement>("[data-expires]")) {
    const leftMs = Date.parse(time.dataset["expires"] ?? "") - nowMs();
    const words = timeLeftText(leftMs);
    if (time.textContent === words) continue;
    time.textContent = words;
    time.dataset["urgency"] = urgencyOf(leftMs);
  }
}

/** A request is listed a moment after it was made. */
const LISTED_WITHIN_MS = 10_000;
let readAtMs = nowMs();
/** When the page was last known to be right. */
let rightAtMs = readAtMs;

const notConnected = (): string => texts.page.notConnected(new Date(rightAtMs).toISOString().slice(11, 16));
const troubleText = ({ code }: Problem): string => (code === "unreachable" ? notConnected() : NO_ANSWER);

/** Every request that was on this page: what comes back is nothing new, nor is what was asked before and had no place here. */
const known = new Set([...document.querySelectorAll<HTMLElement>("[data-request]")].map(({ dataset }) => dataset["request"] ?? ""));

/** Says what is new, for those who hear the page. */
function announce({ lists, now }: Inbox): void {
  const sinceMs = readAtMs - LISTED_WITHIN_MS;
  readAtMs = Date.parse(now);
  const open = lists.filter(({ name }) => name === "waiting" || name === "open").flatMap(({ rows }) => rows);
  const [first, ...others] = open.filter((row) => !known.has(row.id) && Date.parse(row.requested_at) >= sinceMs);
  for (const { id } of lists.flatMap(({ rows }) => rows)) known.add(id);
  if (first === undefined) return;
  const one = texts.page.newRequestOf(plainText(first.agent), plainText(first.action));
  byId("heard").textContent = others.length === 0 ? one : texts.page.newRequests(others.length + 1);
}

/** Until the page that was asked for is there: of a search, of a tab, of what comes next. */
function showLoading(): void {
  const load = (): void => main.setAttribute("aria-busy", "true");
  byId("inbox").addEventListener("submit", load);
  byId("inbox").addEventListener("click", ({ target, button, ctrlKey, metaKey, shiftKey }) => {
    const isHere = button === 0 && !ctrlKey && !metaKey && !shiftKey;
    if (isHere && target instanceof Element && target.closest(".tabs a, .ways a") !== null) load();
  });
  addEventListener("pageshow", () => main.removeAttribute("aria-busy"));
}

tick();
showLoading();
setInterval(tick, TICK_MS);
hearKeys();
hearSelected();
const followed = { search: location.search, tag: main.dataset["tag"] ?? "", line: main.dataset["line"] ?? null };
void followInbox(followed, {
  onChange(inbox) {
    showLists(inbox);
    showSelected();
    document.title = texts.page.documentTitle(inboxTitle(inbox));
    announce(inbox);
  },
  onAnswer: () => (rightAtMs = nowMs()),
  onTrouble: (problem) => tell(problem === null ? "" : troubleText(problem)),
  onEnd: () => tell(SIGNED_OUT),
});
