/** What `GET /api/v1/people` takes and answers, and `GET /api/v1/people/{id}`: schemas, and the types that come from them. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { text } from "#countersign/json/shape.ts";
import { described, type DocumentOf, fitting } from "../document.ts";
import { inviteItem, namedPerson, personItem } from "../people-data.ts";
import { sessionItem } from "./session-data.ts";

const time = fitting(z.string(), words.time);
const notEmpty = fitting(z.string(), text(1));
const asked = (most: number) => z.optional(z.string().check(z.minLength(1), z.maxLength(most)));

export const peopleQuery = z.object({
  q: described(asked(200), "Words that all have to be in the username, the display name or a group; or the id."),
  role: described(
    z.optional(z.enum(["any", "admin", "approver", "auditor"])),
    "A role that they hold; with it, `q` or `cursor` the answer is a page.",
  ),
  cursor: described(asked(200), "`next_cursor` of an answer: on from there."),
});
export type PeopleQuery = z.output<typeof peopleQuery>;

const signing = {
  /** Those who have signed for what waits. */
  signers: z.array(namedPerson),
  /** Standing passkeys of all admins together: where there is one, losing it leaves nobody who can administer. */
  admin_passkeys: fitting(z.int(), words.count),
};

export const peopleList = z.looseObject({
  items: z.array(personItem),
  /** All of whom something waits for a signature, wherever the list is. */
  waiting: z.array(personItem),
  ...signing,
  next_cursor: z.optional(notEmpty),
});
export type PeopleList = DocumentOf<typeof peopleList>;

/** A time in which another is told in somebody's place. */
const awayItem = z.looseObject({ id: notEmpty, from: time, until: time, to: namedPerson });

/** A way to reach somebody; where it leads is their own to see. */
const contactItem = z.looseObject({
  kind: z.enum(["email", "slack", "webpush", "webhook"]),
  confirmed_at: z.nullable(time),
  failing_since: z.nullable(time),
});

const decidedItem = z.looseObject({
  id: notEmpty,
  action: notEmpty,
  agent: notEmpty,
  verdict: z.enum(["approved", "denied"]),
  ended_at: time,
});

/** `GET /api/v1/people/{id}`. */
export const personDetail = z.looseObject({
  person: personItem,
  ...signing,
  sessions: z.array(sessionItem),
  /** What is not over, the earliest first. */
  out_of_office: z.array(awayItem),
  contacts: z.array(contactItem),
  /** What they signed of the requests that ended last, as far as the one who asks may see it; the newest first. */
  decided: z.array(decidedItem),
  /** Open invitations for another passkey; they are shown to admins only. */
  invites: z.array(inviteItem),
});
export type PersonDetail = DocumentOf<typeof personDetail>;
