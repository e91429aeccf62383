/** How the person who is signed in is told: what there is, and their settings. */
import type { Context } from "hono";
import { personSettingsBody } from "#api/notifications/notification-schemas.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { fieldFailure } from "#rules/failure.ts";
import { isKnownZone } from "#rules/notices/quiet-hours.ts";
import { storeSettings } from "#storage/channels/person-settings.ts";
import { notificationsOf, settingsItem } from "./notification-items.ts";

/** `GET /api/v1/me/notifications`. */
export const showNotifications = async (c: Context<App>): Promise<Response> => c.json(await notificationsOf(c));

/** `PUT /api/v1/me/notifications`: order, waits and quiet hours, all of them. */
export async function putSettings(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, personSettingsBody);
  if (!body.ok) return problem(c, body.refusal);
  const { order, next_after_minutes: nextAfterMinutes, zone, quiet } = body.value;
  if (!isKnownZone(zone)) return problem(c, fieldFailure("zone", "a time zone such as Europe/Berlin, or UTC"));
  const settings = { order, nextAfterMinutes, zone, quiet };
  await storeSettings(c.env.DB, c.var.person.id, settings, timestamp(Date.now()));
  return c.json(settingsItem(settings));
}
