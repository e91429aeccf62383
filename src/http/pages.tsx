/** How pages are answered: for whoever is signed in, and where there is none. */
import type { Context } from "hono";
import { ErrorPage, NotForYouPage } from "#pages/kit/message-page.tsx";
import type { App, CallingPerson } from "./context.ts";
import { problem } from "./failures.ts";
import { personFromSession } from "./middleware/who-is-calling.ts";
import { wantsPage } from "./wants-page.ts";

/** Anything else: a page for those who want one, problem details for the rest. */
export const notFound = (c: Context<App>): Response | Promise<Response> =>
  wantsPage(c) ? c.html(<NotForYouPage />, 404) : problem(c, { code: "not_found", message: "There is nothing at this address." });

/** What nobody foresaw, or a configuration that must not serve. */
export const failed = (c: Context<App>, message: string): Response | Promise<Response> =>
  wantsPage(c) ? c.html(<ErrorPage code="unavailable" message={message} />, 503) : problem(c, { code: "unavailable", message });

/** A page for whoever is signed in; others are sent to sign in first, and then back. */
export async function signedIn(c: Context<App>, page: (person: CallingPerson) => Promise<Response>): Promise<Response> {
  const person = await personFromSession(c);
  if (!person.ok) return c.redirect(`/?next=${encodeURIComponent(c.req.path)}`, 303);
  c.set("person", person.value);
  return page(person.value);
}
