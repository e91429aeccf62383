/** How people want to be told (d1-migrations/0013). Decides nothing but when and where. */
import { BY_ITSELF, type PersonSettings } from "#rules/notices/person-settings.ts";
import { primary } from "../primary.ts";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { notifySettings } from "./channel-tables.ts";

/** What somebody has set, or what holds for whoever has set nothing. */
export async function settingsOf(d1: D1Database, personId: string): Promise<PersonSettings> {
  const found = await primary(d1)
    .select({ settings: notifySettings.settings })
    .from(notifySettings)
    .where(eq(notifySettings.personId, personId))
    .get();
  return { ...BY_ITSELF, ...found?.settings };
}

/** Resolves once they are stored, in place of those before. */
export async function storeSettings(d1: D1Database, personId: string, settings: PersonSettings, changedAt: string): Promise<void> {
  const set = { settings, changedAt };
  await drizzle(d1)
    .insert(notifySettings)
    .values({ personId, ...set })
    .onConflictDoUpdate({ target: notifySettings.personId, set });
}
