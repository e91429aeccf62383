/** Entries of the record as `/api/v1/audit` and the pages tell them (api/audit/audit-data.ts). */
import { timestamp } from "#countersign/documents/words.ts";
import type { Context } from "hono";
import type { AuditEntry } from "#api/audit/audit-data.ts";
import { audits } from "#gate/approvals/visible-request.ts";
import { entryPlaceText } from "#rules/audit/entry-place.ts";
import { type EntryListing, listEntries, type RecordEntry } from "#storage/audit/entries.ts";
import type { App } from "#http/context.ts";
import { namesOf } from "#storage/people.ts";
import type { WantedEntries } from "./audit-query.ts";

/** With usernames; of somebody who is not there any more, the id. What a request says is for who audits, as on its own page. */
export async function withNames(c: Context<App>, entries: readonly RecordEntry[]): Promise<AuditEntry[]> {
  const ids = [...new Set(entries.flatMap(({ people }) => people))];
  const found = ids.length === 0 ? [] : await namesOf(c.var.near.read, ids);
  const readsActions = audits(c.var.person);
  const names = new Map(found.map(({ id, username }) => [id, username]));
  return entries.map(({ place, atMs, kind, status, agent, people, rule, server, tool, request, text, leaf, call }) => ({
    id: entryPlaceText(place),
    at: timestamp(atMs),
    kind,
    status,
    agent,
    people: people.map((id) => ({ id, username: names.get(id) ?? id })),
    rule,
    server,
    tool,
    request_id: request,
    text: readsActions || leaf === null || request === null ? text : "",
    leaf,
    call,
  }));
}

/** One page of a list, and where the next one begins. */
export async function entryPage(
  c: Context<App>,
  audit: D1Database,
  query: WantedEntries,
  { most, ...listing }: EntryListing,
): Promise<{ items: AuditEntry[]; next: string | null }> {
  const found = await listEntries(audit, { ...query, readsActions: audits(c.var.person) }, { ...listing, most: most + 1 });
  const shown = found.slice(0, most);
  const last = shown.at(-1);
  return { items: await withNames(c, shown), next: found.length > most && last !== undefined ? entryPlaceText(last.place) : null };
}
