/** The record over REST: searched, one entry with what it commits to, and what somebody saved to look for again. */
import type { Context } from "hono";
import { auditFilter, auditQuery, filterPath, savedFilterBody } from "#api/audit/audit-data.ts";
import { checkInput } from "#api/check-input.ts";
import { auditOf } from "#config/audit.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { dropFilter, saveFilter, savedFilters } from "#storage/audit/filters.ts";
import { auditFailure } from "./audit-failures.ts";
import { entryPage } from "./audit-items.ts";
import { placeAt, readEntryQuery } from "./audit-query.ts";
import { detailOf } from "./entry-detail.ts";
import { recordStanding, WHILE_WAITED_FOR } from "./record-standing.ts";

/** Entries on a page. */
export const ENTRIES_SHOWN = 50;

/** `GET /api/v1/audit`: the newest first. */
export async function listOfEntries(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  if (audit === null) return problem(c, auditFailure({ reason: "record-off" }));
  const checked = checkInput(auditQuery, c.req.query());
  if (!checked.ok) return problem(c, checked.refusal);
  const { cursor, ...filter } = checked.value;
  const beyond = placeAt(cursor);
  if (beyond === undefined) return problem(c, auditFailure({ reason: "no-such-place" }));
  const takenIn = await recordStanding(c, audit, WHILE_WAITED_FOR);
  const query = await readEntryQuery(filter, audit, c.var.near.read);
  if (!query.ok) return problem(c, query.refusal);
  const { items, next } = await entryPage(c, audit, query.value, { beyond, most: ENTRIES_SHOWN, order: "newest-first" });
  return c.json({ items, taken_in: takenIn, ...(next !== null && { next_cursor: next }) });
}

/** `GET /api/v1/audit/{entry}`. */
export async function showEntry(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  if (audit === null) return problem(c, auditFailure({ reason: "record-off" }));
  const detail = await detailOf(c, audit, c.req.param("entry") ?? "");
  return detail === null ? problem(c, auditFailure({ reason: "unknown-entry" })) : c.json(detail);
}

/** Of whoever asks. What an earlier version saved and this one does not know is passed over. */
export async function filtersOf(c: Context<App>) {
  const saved = await savedFilters(c.var.near.read, c.var.person.id);
  return saved.flatMap(({ name, filter, savedAt }) => {
    const checked = checkInput(auditFilter, JSON.parse(filter) as JsonValue);
    return checked.ok ? [{ name, filter: checked.value, saved_at: savedAt }] : [];
  });
}

/** `GET /api/v1/audit/filters`. */
export const listOfFilters = async (c: Context<App>): Promise<Response> => c.json({ items: await filtersOf(c) });

/** `PUT /api/v1/audit/filters/{name}`. */
export async function putFilter(c: Context<App>): Promise<Response> {
  const path = checkInput(filterPath, { name: c.req.param("name") });
  if (!path.ok) return problem(c, path.refusal);
  const body = await readBody(c.req.raw, savedFilterBody);
  if (!body.ok) return problem(c, body.refusal);
  const [{ name }, { filter }] = [path.value, body.value];
  const savedAt = timestamp(Date.now());
  if (!(await saveFilter(c.env.DB, c.var.person.id, { name, filter: JSON.stringify(filter), savedAt })))
    return problem(c, auditFailure({ reason: "too-many-filters" }));
  return c.json({ name, filter, saved_at: savedAt });
}

/** `DELETE /api/v1/audit/filters/{name}`. Doing it again is as good. */
export async function deleteFilter(c: Context<App>): Promise<Response> {
  await dropFilter(c.env.DB, c.var.person.id, c.req.param("name") ?? "");
  return c.body(null, 204);
}
