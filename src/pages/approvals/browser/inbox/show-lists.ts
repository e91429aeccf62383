/**
 * Puts new lists in the place of the old ones. Rows that stay are left where they are, so that focus stays; and what somebody looks at
 * stays where it is on the screen, so that they do not open another request than they meant to.
 */
import type { Inbox } from "#api/inbox-data.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { listView, tabsView } from "../../inbox-view.ts";

const requestOf = (row: Element): string | null => row.getAttribute("data-request");

const says = (row: Element): string =>
  JSON.stringify([
    requestOf(row),
    row.querySelector(".what")?.textContent,
    row.getAttribute("data-risk"),
    row.querySelector("[data-expires]")?.getAttribute("data-expires"),
  ]);

/** Whether two rows say the same but for the time left, which goes on by itself. */
const saysTheSame = (one: Element, other: Element): boolean =>
  [one, other].every((row) => row.querySelector("[data-expires]") !== null) ? says(one) === says(other) : one.isEqualNode(other);

/** What waits alone cannot be selected: its box comes and goes with others. */
function alignBox(live: Element, next: Element): void {
  const [box, wanted] = [live.querySelector("input"), next.querySelector("input")];
  if (box === null && wanted !== null) live.prepend(wanted.cloneNode());
  if (wanted === null) box?.remove();
}

/** Makes `live` hold what `next` holds, with the rows that it has already. */
function takeOver(live: Element, next: Element): void {
  const [rows, wanted] = [live.querySelector(".rows"), next.querySelector(".rows")];
  if (rows === null || wanted === null) return live.replaceChildren(...next.childNodes);
  const kept = [...wanted.children].map((row) => {
    const there = [...rows.children].find((one) => saysTheSame(one, row));
    if (there !== undefined) alignBox(there, row);
    return there ?? row;
  });
  for (const row of rows.children) if (!kept.includes(row)) row.remove();
  kept.forEach((row, i) => {
    if (rows.children[i] !== row) rows.insertBefore(row, rows.children[i] ?? null);
  });
  for (const row of [...rows.children].slice(kept.length)) row.remove();
  for (const below of live.querySelectorAll(".ways, .looked-at")) below.remove();
  live.append(...next.querySelectorAll(".looked-at, .ways"));
}

/** The row that somebody points at or is on, or else the first one below the window's upper edge once the page was scrolled. */
function rowLookedAt(): Element | null {
  const rows = [...document.querySelectorAll("[data-request]")];
  const chosen = rows.find((row) => row.matches(":focus-within")) ?? rows.find((row) => row.matches(":hover"));
  return chosen ?? (scrollY > 0 ? (rows.find((row) => row.getBoundingClientRect().top >= 0) ?? null) : null);
}

/** Scrolls so that `row` is `top` below the window's upper edge again, on a page made long enough for that. */
function putBack(row: Element, top: number): void {
  scrollBy(0, row.getBoundingClientRect().top - top);
  const missing = Math.ceil(row.getBoundingClientRect().top - top);
  if (missing <= 0) return;
  document.body.style.minBlockSize = `${document.documentElement.scrollHeight + missing}px`;
  scrollBy(0, missing);
}

/** Shows these lists, in elements that the server made. */
export function showLists(inbox: Inbox): void {
  const lookedAt = rowLookedAt();
  const top = lookedAt?.getBoundingClientRect().top ?? 0;
  const hadFocus = lookedAt?.matches(":focus-within") === true;
  const follower = lookedAt?.nextElementSibling ?? null;
  for (const list of inbox.lists) {
    const live = document.getElementById(`list-${list.name}`);
    if (live !== null) takeOver(live, toDom(listView(list, inbox)));
  }
  const tabs = tabsView(inbox);
  const [shownTabs, newTabs] = [document.getElementById("tabs"), tabs === null ? null : toDom(tabs)];
  // What one is on stays, with the focus: only how much waits is another.
  for (const [i, link] of [...(shownTabs?.children ?? [])].entries()) {
    const count = newTabs?.children[i]?.getAttribute("data-count") ?? null;
    if (count === null) link.removeAttribute("data-count");
    else link.setAttribute("data-count", count);
  }
  const stays = [lookedAt, follower].find((row) => row?.isConnected === true);
  if (lookedAt !== null && stays === lookedAt) putBack(lookedAt, top);
  // The request that had the focus is gone from here: the one after it has it, or the list.
  if (hadFocus && !lookedAt?.isConnected) (stays?.querySelector("a") ?? document.querySelector("h1"))?.focus({ preventScroll: true });
}
