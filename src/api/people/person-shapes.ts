/** Readers of person-data.ts for scripts in browsers, which load no zod. */
import { list, nullable, object, objectWith, oneOf, text } from "#countersign/json/shape.ts";
import { count, time } from "#countersign/documents/words.ts";
import { inviteShape, namedShape, personShape, sessionShape } from "../people-shapes.ts";

const signing = { signers: list(namedShape), admin_passkeys: count };

export const peopleListShape = objectWith({ items: list(personShape), waiting: list(personShape), ...signing }, { next_cursor: text(1) });

const awayItem = object({ id: text(1), from: time, until: time, to: namedShape });
const contactItem = object({
  kind: oneOf("email", "slack", "webpush", "webhook"),
  confirmed_at: nullable(time),
  failing_since: nullable(time),
});
const decidedItem = object({ id: text(1), action: text(1), agent: text(1), verdict: oneOf("approved", "denied"), ended_at: time });

export const personDetailShape = object({
  person: personShape,
  ...signing,
  sessions: list(sessionShape),
  out_of_office: list(awayItem),
  contacts: list(contactItem),
  decided: list(decidedItem),
  invites: list(inviteShape),
});

/** The ids of the data blocks of `/admin/people` and of one person's page, and what is in them. */
export const PEOPLE_BLOCK_ID = "people-data";
export const peopleBlockShape = object({ list: peopleListShape, invites: list(inviteShape), now: time });
export const PERSON_BLOCK_ID = "person-data";
export const personBlockShape = object({ detail: personDetailShape, now: time });
