/** What `/account/notifications` is made of in tests of the page. */
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { ALEX } from "./approval-data.ts";

/** The uncompressed point of P-256's generator. */
export const PUBLIC_KEY = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";

export const ownNotifications = (more: Partial<OwnNotifications> = {}): OwnNotifications => ({
  id: ALEX.id,
  username: "alex",
  available: true,
  channels: [
    { id: "chn_push", name: "phones", kind: "webpush", public_key: PUBLIC_KEY },
    { id: "chn_slack", name: "chat", kind: "slack", public_key: null },
    { id: "chn_mail", name: "mail", kind: "email", public_key: null },
  ],
  contacts: [],
  settings: { order: ["webpush", "slack", "email"], next_after_minutes: 5, zone: "UTC", quiet: null },
  delegations: [],
  delegates: [{ id: "usr_blair", username: "blair", display_name: "Blair Roe" }],
  ...more,
});

export const aContact = (more: Partial<OwnNotifications["contacts"][number]> = {}): OwnNotifications["contacts"][number] => ({
  id: "cnt_1",
  channel: "chn_push",
  kind: "webpush",
  label: "Chrome on Android",
  confirmed_at: "2026-11-20T09:30:00.000Z",
  failing_since: null,
  created_at: "2026-11-20T09:30:00.000Z",
  seen_at: "2026-11-20T09:30:00.000Z",
  ...more,
});
