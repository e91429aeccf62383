/** Readers for the documents whose schemas are notification-data.ts, for scripts in browsers, which load no zod. */
import { boolean, list, nullable, object, oneOf, text } from "#countersign/json/shape.ts";
import { count, personId, time, username } from "#countersign/documents/words.ts";
import { PERSONAL_KINDS } from "#rules/notices/person-settings.ts";

/** The id of the data block of `/account/notifications`. */
export const NOTIFICATIONS_BLOCK_ID = "notifications-data";

const kind = oneOf(...PERSONAL_KINDS);
const named = object({ id: personId, username });
const contact = object({
  id: text(1),
  channel: text(1),
  kind,
  label: text(1),
  confirmed_at: nullable(time),
  failing_since: nullable(time),
  created_at: time,
  seen_at: time,
});
const settings = object({
  order: list(kind),
  next_after_minutes: count,
  zone: text(1),
  quiet: nullable(object({ from: text(1), to: text(1) })),
});

export const notificationsShape = object({
  id: personId,
  username,
  available: boolean,
  channels: list(object({ id: text(1), name: text(1), kind, public_key: nullable(text(1)) })),
  contacts: list(contact),
  settings,
  delegations: list(object({ id: text(1), from: time, until: time, to: named })),
  delegates: list(object({ id: personId, username, display_name: text() })),
});

export const addedContactShape = object({ id: text(1), state: oneOf("confirmed", "code-sent") });
