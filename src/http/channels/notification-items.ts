/** A person's own notifications, as `/api/v1` answers and the page show them. */
import type { Context } from "hono";
import type { OwnNotifications, SettingsItem } from "#api/notifications/notification-data.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { PERSONAL_KINDS, type PersonalKind, type PersonSettings } from "#rules/notices/person-settings.ts";
import { contactsOf, personalChannels } from "#storage/channels/contacts.ts";
import { delegates, delegationsOf } from "#storage/channels/delegations.ts";
import { settingsOf } from "#storage/channels/person-settings.ts";
import type { App } from "#http/context.ts";

const isPersonal = (kind: string): kind is PersonalKind => PERSONAL_KINDS.some((one) => one === kind);

export const settingsItem = ({ order, nextAfterMinutes, zone, quiet }: PersonSettings): SettingsItem => ({
  order: [...order],
  next_after_minutes: nextAfterMinutes,
  zone,
  quiet,
});

/** Everything that the page shows, read anew. */
export async function notificationsOf(c: Context<App>): Promise<OwnNotifications> {
  const { id, username } = c.var.person;
  const { DB } = c.env;
  const [channels, contacts, settings, delegations, people] = await Promise.all([
    personalChannels(DB),
    contactsOf(DB, id),
    settingsOf(DB, id),
    delegationsOf(DB, id, timestamp(Date.now())),
    delegates(DB),
  ]);
  return {
    id,
    username,
    available: c.var.config.vaultSecret !== null,
    channels: channels.flatMap(({ id: channel, name, kind, settings: of }) =>
      isPersonal(kind) ? [{ id: channel, name, kind, public_key: of.kind === "webpush" ? of.public_key : null }] : [],
    ),
    contacts: contacts.flatMap(({ id: contact, channelId, kind, label, confirmedAt, failingSince, createdAt, seenAt }) =>
      isPersonal(kind)
        ? [
            {
              id: contact,
              channel: channelId,
              kind,
              label,
              confirmed_at: confirmedAt,
              failing_since: failingSince,
              created_at: createdAt,
              seen_at: seenAt,
            },
          ]
        : [],
    ),
    settings: settingsItem(settings),
    delegations: delegations.map(({ id: delegation, from, until, to }) => ({ id: delegation, from, until, to })),
    delegates: people
      .filter((one) => one.id !== id)
      .map(({ id: person, username: name, displayName }) => ({ id: person, username: name, display_name: displayName })),
  };
}
