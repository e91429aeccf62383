/** `GET /account/notifications`. */
import type { Context } from "hono";
import { NotificationsPage } from "#pages/channels/notifications-page.tsx";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { notificationsOf } from "./notification-items.ts";

export const notificationsPage = async (c: Context<App>): Promise<Response> =>
  c.html(<NotificationsPage person={pagePerson(c.var.person)} own={await notificationsOf(c)} />);
