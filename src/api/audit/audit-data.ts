/** What `/api/v1/audit` takes and answers: schemas, and the types that come from them. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting, moment } from "../document.ts";

const text = (most: number) => z.optional(z.string().check(z.minLength(1), z.maxLength(most)));

/** What a list is filtered by; all of it together. */
const filter = {
  q: described(text(200), "Words that all are in what is looked for."),
  kind: described(
    z.optional(z.string().check(z.regex(/^[a-z]{1,20}(?:\.[a-z_]{1,30})?$/, "a kind such as approval.approved, or its first word"))),
    "A kind of record, `request.asked`, `withheld` or `call`; the first word of another kind means all that begin so.",
  ),
  status: described(text(40), "How a request ended, an action went or a call stands."),
  agent: described(text(200), "The agent's id or name."),
  person: described(text(100), "The id or username of somebody who decided, signed or is meant."),
  rule: text(64),
  server: described(text(100), "The server's id, or its name at the time."),
  tool: text(200),
  request: described(text(100), "The request that it is about."),
  from: moment("Not before."),
  to: moment("Before; a day is meant with all of it."),
};
const cursor = described(text(20), "`next_cursor` of an answer, or the `cursor` of a line that was exported: on from there.");

export const auditFilter = z.object(filter);
export type AuditFilter = z.infer<typeof auditFilter>;
export const auditQuery = z.object({ ...filter, cursor });
export const auditExportQuery = z.object({ ...filter, cursor, format: z.enum(["csv", "ndjson"]) });

const count = fitting(z.int(), words.count);
const time = fitting(z.string(), words.time);
const person = z.looseObject({ id: z.string(), username: z.string() });

const members = {
  id: described(z.string(), "Of this entry: `/api/v1/audit/{entry}`."),
  at: time,
  kind: z.string(),
  status: z.nullable(z.string()),
  agent: z.nullable(z.looseObject({ id: z.string(), name: z.string() })),
  people: described(z.array(person), "Everybody who decided, signed or is meant."),
  rule: z.nullable(z.string()),
  server: z.nullable(z.looseObject({ id: z.nullable(z.string()), name: z.string() })),
  tool: z.nullable(z.string()),
  request_id: z.nullable(z.string()),
  text: described(z.string(), "What it is about, in a few words; an action is in its agent's words."),
  leaf: described(z.nullable(z.looseObject({ log: z.string(), index: count })), "Of the log, by its origin line; null for a call."),
  call: z.nullable(z.looseObject({ number: count, session: z.nullable(z.string()) })),
};
export const auditEntry = z.looseObject(members);
export type AuditEntry = DocumentOf<typeof auditEntry>;

/** How much of the log the record has: less, while it follows. */
export const takenIn = z.looseObject({ leaves: count, of: count });
export type TakenInItem = DocumentOf<typeof takenIn>;

export const auditList = z.looseObject({ items: z.array(auditEntry), next_cursor: z.optional(z.string()), taken_in: takenIn });

const path = z.nullable(z.string());
/** One entry, and where what proves it is. */
export const auditDetail = z.looseObject({
  ...members,
  record: described(
    z.nullable(z.looseObject({})),
    "What the log commits to, for whoever may read it; null for everybody else, and once erased.",
  ),
  salt: path,
  links: z.looseObject({ entry: path, proof: path, receipt: path, request: path, session: path }),
});
export type AuditDetail = DocumentOf<typeof auditDetail>;

const filterName = z
  .string()
  .check(z.minLength(1), z.maxLength(60), z.regex(/^[^\p{Cc}\p{Cf}/]+$/u, "no control characters, and no slash"));
export const filterPath = z.object({ name: filterName });
export const savedFilterBody = z.object({ filter: auditFilter });
export const savedFilter = z.looseObject({ name: z.string(), filter: auditFilter, saved_at: time });
export type SavedFilterItem = DocumentOf<typeof savedFilter>;
export const savedFilterList = z.looseObject({ items: z.array(savedFilter) });
