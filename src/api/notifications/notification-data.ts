/** What `/api/v1/me/notifications` and the routes around it answer. Browsers read it with notification-shapes.ts. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { PERSONAL_KINDS } from "#rules/notices/person-settings.ts";
import { type DocumentOf, fitting } from "../document.ts";

const time = fitting(z.string(), words.time);
const named = z.looseObject({ id: fitting(z.string(), words.personId), username: fitting(z.string(), words.username) });
const kind = z.enum(PERSONAL_KINDS);

const contactItem = z.looseObject({
  id: z.string(),
  channel: z.string(),
  kind,
  /** As its owner is shown it: of an address not all. */
  label: z.string(),
  /** Null while it waits for its code. */
  confirmed_at: z.nullable(time),
  failing_since: z.nullable(time),
  created_at: time,
  /** When its owner's page last found it there. */
  seen_at: time,
});

const settings = z.looseObject({
  order: z.array(kind),
  next_after_minutes: fitting(z.int(), words.count),
  zone: z.string(),
  quiet: z.nullable(z.looseObject({ from: z.string(), to: z.string() })),
});
export type SettingsItem = DocumentOf<typeof settings>;

const delegationItem = z.looseObject({ id: z.string(), from: time, until: time, to: named });

/** `GET /api/v1/me/notifications`. */
export const ownNotifications = z.looseObject({
  id: fitting(z.string(), words.personId),
  username: fitting(z.string(), words.username),
  /** Whether addresses can be kept here at all. */
  available: z.boolean(),
  /** Active ones that reach people; `public_key` is what a browser subscribes with. */
  channels: z.array(z.looseObject({ id: z.string(), name: z.string(), kind, public_key: z.nullable(z.string()) })),
  contacts: z.array(contactItem),
  settings,
  /** Times out of office that are not over. */
  delegations: z.array(delegationItem),
  /** Who can be told in one's place. */
  delegates: z.array(z.looseObject({ id: fitting(z.string(), words.personId), username: z.string(), display_name: z.string() })),
});
export type OwnNotifications = DocumentOf<typeof ownNotifications>;

export const addedContact = z.looseObject({ id: z.string(), state: z.enum(["confirmed", "code-sent"]) });
export const personSettings = settings;
export const givenDelegation = z.looseObject({ id: z.string() });
export const testMessage = z.looseObject({ message: z.string() });
