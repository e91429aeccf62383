/** After deciding: a link to what waits next, or back to the requests. The inbox is asked, as a page, because it knows. */
import { type ApprovalPageState, approvalPageStateShape } from "#api/approval-page-data.ts";
import { byId } from "#pages/kit/browser/page.ts";
import { get } from "#pages/kit/browser/post.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";

/** A request in the inbox that waits, as its link says it. */
interface Waiting {
  id: string;
  action: string;
  expiresAt: string;
}

/** The inbox is a moment behind: of so many it is asked whether they wait still. */
const MOST_ASKED = 5;
/** Nobody waits longer for that: the request's own page says it too. */
const PATIENCE_MS = 3_000;

/** Those that wait in the inbox, by deadline. */
async function waitingInInbox(): Promise<Waiting[]> {
  const answer = await fetch("/", { headers: { accept: "text/html" }, redirect: "error" });
  if (!answer.ok) return [];
  const inbox = new DOMParser().parseFromString(await answer.text(), "text/html");
  const waiting = [...inbox.querySelectorAll<HTMLElement>("[data-expires]")].flatMap((time): Waiting[] => {
    const link = time.closest("li")?.querySelector("a");
    const id = /^\/a\/(apr_[A-Za-z0-9_-]+)$/.exec(link?.getAttribute("href") ?? "")?.[1];
    return id === undefined ? [] : [{ id, action: link?.textContent ?? "", expiresAt: time.dataset["expires"] ?? "" }];
  });
  return waiting.toSorted((one, other) => (one.expiresAt < other.expiresAt ? -1 : 1));
}

const waitsFor = (personId: string, { status, decisions }: ApprovalPageState): boolean =>
  status === "pending" && decisions.every(({ id }) => id !== personId);

/** The first that waits for this person, other than those of `done`; null if there is none, or it could not be learned. */
async function firstWaiting(done: ReadonlySet<string>, personId: string): Promise<Waiting | null> {
  try {
    const others = (await waitingInInbox()).filter(({ id }) => !done.has(id));
    for (const one of others.slice(0, MOST_ASKED)) {
      const state = await get(`/a/${one.id}/state`, AbortSignal.timeout(PATIENCE_MS), approvalPageStateShape);
      if (state.ok ? waitsFor(personId, state.value) : !state.refusal.isKnown) return one;
    }
  } catch {
    // Without an answer there is still the way back.
  }
  return null;
}

/** Shows the way on, once. `done`: what this person is done with. */
export async function showNext(done: ReadonlySet<string>, personId: string): Promise<void> {
  const place = byId("next");
  if (!place.hidden) return;
  const link = document.createElement("a");
  link.href = "/";
  link.textContent = texts.next.back;
  place.replaceChildren(link);
  place.hidden = false;
  const waiting = await firstWaiting(done, personId);
  if (waiting === null) return;
  link.href = `/a/${waiting.id}`;
  link.textContent = texts.next.next(waiting.action);
}
