/** All that is told of one person, to admins and auditors (api/people/person-data.ts). */
import type { Context } from "hono";
import type { PersonDetail } from "#api/people/person-data.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { audits, decides } from "#gate/approvals/visible-request.ts";
import { mayAdminister } from "#gate/people/standing.ts";
import type { App } from "#http/context.ts";
import { sessionsOfPerson } from "#http/own-sessions.ts";
import { contactsOf } from "#storage/channels/contacts.ts";
import { delegationsOf } from "#storage/channels/delegations.ts";
import { decidedLately } from "#storage/people/decided-lately.ts";
import { inviteItems } from "./people-items.ts";
import { personItemOf } from "./people-list.ts";

/** What they decided is for those who may see these requests: auditors all, an approver those that they could decide as well. */
function decidedFor(c: Context<App>, personId: string): ReturnType<typeof decidedLately> {
  const viewer = c.var.person;
  if (audits(viewer)) return decidedLately(c.env.DB, personId, null);
  return decides(viewer) ? decidedLately(c.env.DB, personId, viewer.id) : Promise.resolve([]);
}

/** Null if nobody has this id. */
export async function personDetailOf(c: Context<App>, id: string): Promise<PersonDetail | null> {
  const { DB } = c.env;
  const now = timestamp(Date.now());
  const [found, sessions, away, contacts, decided, invites] = await Promise.all([
    personItemOf(c, id),
    sessionsOfPerson(c, id),
    delegationsOf(DB, id, now),
    contactsOf(DB, id),
    decidedFor(c, id),
    mayAdminister(c.var.person) ? inviteItems(DB) : [],
  ]);
  if (found === null) return null;
  return {
    ...found,
    sessions,
    out_of_office: away.map(({ id: delegation, from, until, to }) => ({ id: delegation, from, until, to })),
    contacts: contacts.map(({ kind, confirmedAt, failingSince }) => ({ kind, confirmed_at: confirmedAt, failing_since: failingSince })),
    decided: decided.map(({ endedAt, ...one }) => ({ ...one, ended_at: endedAt })),
    invites: invites.filter(({ person, used_at, expires_at }) => person?.id === id && used_at === null && expires_at > now),
  };
}
