/** The inbox's script: the time left of each request stays right, what is new appears and is told, and what has ended goes. */
import type { Inbox } from "#api/inbox-data.ts";
import { byId, tell } from "#pages/kit/browser/page.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { timeLeftText } from "#pages/kit/time-text.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { inboxTitle } from "../inbox-view.ts";
import { followInbox } from "./inbox/follow-inbox.ts";
import { showLists } from "./inbox/show-lists.ts";

const NO_ANSWER = "New requests may be missing here: the service is not answering. This page keeps trying.";
const SIGNED_OUT = "New requests no longer appear here: you were signed out. Reload the page to sign in again.";

const TICK_MS = 1_000;
const main = byId("inbox");
const offsetMs = Date.parse(main.dataset["now"] ?? new Date().toISOString()) - Date.now();

function tick(): void {
  for (const time of document.querySelectorAll<HTMLElement>("[data-expires]")) {
    const words = timeLeftText(Date.parse(time.dataset["expires"] ?? "") - (Date.now() + offsetMs));
    if (time.textContent !== words) time.textContent = words;
  }
}

/** A request is listed a moment after it was made. */
const LISTED_WITHIN_MS = 10_000;
let readAtMs = Date.now() + offsetMs;

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
  const one = `New request of ${plainText(first.agent)}: ${plainText(first.action)}`;
  byId("heard").textContent = others.length === 0 ? one : `${others.length + 1} new requests`;
}

tick();
setInterval(tick, TICK_MS);
void followInbox(location.search, main.dataset["tag"] ?? "", {
  onChange(inbox) {
    showLists(inbox);
    document.title = `${inboxTitle(inbox)} – Countersign`;
    announce(inbox);
  },
  onTrouble: (problem) => tell(problem === null ? "" : NO_ANSWER),
  onEnd: () => tell(SIGNED_OUT),
});
