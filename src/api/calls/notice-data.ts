/** What `/api/v1/notices` takes and answers: schemas, and the types that come from them. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting } from "../document.ts";

export const noticesQuery = z.object({
  cursor: described(z.optional(z.string().check(z.minLength(1), z.maxLength(200))), "`next_cursor` of an answer: on from there."),
});

const named = z.looseObject({ id: z.string(), name: z.string() });
const count = fitting(z.int(), words.count);

/** A call that passed, with what was unusual about it. */
const noticeItem = z.looseObject({
  agent: named,
  /** Of the call, among the agent's. */
  number: count,
  at: fitting(z.string(), words.time),
  server: z.string(),
  tool: z.string(),
  rule: z.string(),
  score: count,
  reasons: z.array(z.string()),
});
export type NoticeItem = DocumentOf<typeof noticeItem>;
export const noticeList = z.looseObject({ items: z.array(noticeItem), next_cursor: z.optional(z.string()) });

/** The first to say so is who has looked at it. */
export const lookedAt = z.looseObject({
  agent: z.string(),
  number: count,
  looked_at: fitting(z.string(), words.time),
  looked_by: z.looseObject({ id: z.string(), username: z.string() }),
});
