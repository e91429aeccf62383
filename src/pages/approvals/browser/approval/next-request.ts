/** After deciding: a link to what waits next, or back to the requests. The inbox is asked, as a page, because it knows. */
import { byId } from "#pages/kit/browser/page.ts";

/** A request in the inbox that waits, as its link says it. */
interface Waiting {
  href: string;
  action: string;
}

/** The first that waits in the inbox, other than the request `id`; null if there is none, or the inbox did not answer. */
async function firstWaiting(id: string): Promise<Waiting | null> {
  try {
    const answer = await fetch("/", { headers: { accept: "text/html" }, redirect: "error" });
    if (!answer.ok) return null;
    const inbox = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const time of inbox.querySelectorAll("[data-expires]")) {
      const link = time.closest("li")?.querySelector("a");
      const href = link?.getAttribute("href") ?? "";
      if (/^\/a\/apr_[A-Za-z0-9_-]+$/.test(href) && href !== `/a/${id}`) return { href, action: link?.textContent ?? "" };
    }
  } catch {
    // Without an answer there is still the way back.
  }
  return null;
}

/** Shows the way on, once. */
export async function showNext(id: string): Promise<void> {
  const place = byId("next");
  if (!place.hidden) return;
  const link = document.createElement("a");
  link.href = "/";
  link.textContent = "Back to the requests";
  place.replaceChildren(link);
  place.hidden = false;
  const waiting = await firstWaiting(id);
  if (waiting === null) return;
  link.href = waiting.href;
  link.textContent = `Next: ${waiting.action}`;
}
