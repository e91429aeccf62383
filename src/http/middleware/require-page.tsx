/** The door of people's pages. Who may call what is app.ts; programs have who-is-calling.ts. */
import type { MiddlewareHandler } from "hono";
import { holdsOneOf } from "#gate/people/standing.ts";
import { NotForYouPage } from "#pages/kit/message-page.tsx";
import type { App, CallingPerson } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { countedToLookAt, withToLookAt } from "./to-look-at.ts";
import { personFromSession, refuseKey, servePerson } from "./who-is-calling.ts";

/**
 * Lets people through who hold at least one of `roles` (any person if none is named), as `c.var.person`. Who is not signed in is
 * sent to sign in first, and then back; to who lacks the role there is nothing here. No key opens it.
 */
export const requirePage =
  (...roles: CallingPerson["roles"]): MiddlewareHandler<App> =>
  async (c, next) => {
    const key = await refuseKey(c);
    if (key !== null) return key;
    const counted = countedToLookAt(c);
    const person = await personFromSession(c);
    const { search } = new URL(c.req.url);
    if (!person.ok) return c.redirect(`/?next=${encodeURIComponent(c.req.path + search)}`, 303);
    return servePerson(c, person.value, async () => {
      c.set("person", await withToLookAt(person.value, counted));
      return holdsOneOf(person.value, roles) ? next() : c.html(<NotForYouPage person={pagePerson(person.value)} />, 403);
    });
  };
