/** What `/api/v1/sessions` and `/api/v1/people/{id}/sessions` answer. What is in it names sessions, and opens none. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { text } from "#countersign/json/shape.ts";
import { described, type DocumentOf, fitting } from "../document.ts";

const time = fitting(z.string(), words.time);

export const sessionItem = z.looseObject({
  /** Names it, and opens nothing. */
  id: fitting(z.string(), text(1)),
  /** The passkey that opened it. */
  credential_id: fitting(z.string(), words.base64url()),
  created_at: time,
  last_seen_at: time,
  /** However much it is used. */
  ends_at: time,
  /** Whether it is the one that asks. */
  current: z.boolean(),
  /** What the machine calls itself whose command line has it; null: a browser has. */
  command_line: z.nullable(z.string()),
});
export type SessionItem = DocumentOf<typeof sessionItem>;

/** The one used last first. */
export const sessionList = z.looseObject({ items: z.array(sessionItem) });

export const endSessionsQuery = z.strictObject({
  all: z.optional(described(z.enum(["true", "false"]), "`true`: the session that asks ends as well.")),
});
