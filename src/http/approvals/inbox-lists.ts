/** Which lists of requests a person has, and what of them is asked for: the beginning of all, or `?list=<name>&from=<place>` of one. */
import type { Context } from "hono";
import { INBOX_LISTS, type Inbox, type InboxList, type InboxListName, type InboxRow } from "#api/inbox-data.ts";
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { audits, decides } from "#gate/approvals/visible-request.ts";
import { endedOf, firstWaiting, openOf } from "#storage/inbox/approver-lists.ts";
import { everyEnded, everyOpen } from "#storage/inbox/auditor-lists.ts";
import { type Cursor, type ListPage, type ListQuery, readLists } from "#storage/inbox/read-lists.ts";
import type { App, CallingPerson } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";

/** Rows of a list among others, of the first, which is what one came for, and of a list alone. */
const ROWS = { among: 20, first: 60, alone: 50 };

const OWN: readonly InboxListName[] = ["waiting", "signed", "recent"];
const EVERYBODYS: readonly InboxListName[] = ["open", "ended"];

interface Wanted {
  name: InboxListName;
  /** Null for the beginning. */
  from: Cursor | null;
  /** Whether it is the only list on the page. */
  alone: boolean;
}

/** Null for a place that no page has led to: then a list begins at its beginning. */
function readCursor(name: InboxListName, from: string | undefined): Cursor | null {
  const parts = /^([\w.:-]{1,64})~([\w-]{1,64})$/.exec(from ?? "");
  const [, after = "", then = ""] = parts ?? [];
  const isPlace = parts !== null && (name !== "ended" || /^\d{1,15} \d{1,15}$/.test(`${after} ${then}`));
  return isPlace ? [after, then] : null;
}

/** What is not this person's to list is as if it had not been asked for. */
function wantedBy(person: CallingPerson, { list, from }: { list?: string; from?: string }): Wanted[] {
  const readable = [...(decides(person) ? OWN : []), ...(audits(person) ? EVERYBODYS : [])];
  const name = INBOX_LISTS.find((one) => one === list && readable.includes(one));
  if (name !== undefined) return [{ name, from: readCursor(name, from), alone: true }];
  return (decides(person) ? OWN : readable).map((one) => ({ name: one, from: null, alone: false }));
}

function queryOf({ name, from, alone }: Wanted, personId: string, now: string): ListQuery {
  const rows = alone ? ROWS.alone : ROWS.among;
  switch (name) {
    case "waiting":
      return alone ? openOf(personId, now, false, from, rows) : firstWaiting(personId, now, ROWS.first);
    case "signed":
      return openOf(personId, now, true, from, rows);
    case "recent":
      return endedOf(personId, from, rows);
    case "open":
      return everyOpen(now, from, rows);
    case "ended":
      return everyEnded(from, rows);
  }
}

function listOf({ name }: Wanted, { rows, total, next }: ListPage): InboxList {
  const isCut = total !== null && total > rows.length;
  const goesOn = next === null ? null : `/?list=${name}&from=${encodeURIComponent(next.join("~"))}`;
  return {
    name,
    rows: rows.map(({ id, action, agentName, requestedAt, expiresAt, status }) => ({
      id,
      action,
      agent: agentName,
      requested_at: requestedAt,
      expires_at: expiresAt,
      status: status as InboxRow["status"],
    })),
    total,
    next: isCut ? `/?list=${name}` : goesOn,
  };
}

/** What is asked for of this person's inbox, as new as what they have seen of it. One trip to D1. */
export async function inboxOf(c: Context<App>): Promise<Inbox> {
  const { person } = c.var;
  const now = timestamp(Date.now());
  const wanted = wantedBy(person, c.req.query());
  const pages = await readLists(
    c.var.near.read,
    wanted.map((one) => queryOf(one, person.id, now)),
  );
  const lists = wanted.map((one, i) => listOf(one, pages[i] ?? { rows: [], total: null, next: null }));
  const [only] = wanted;
  const roles = { decides: decides(person), audits: audits(person), administers: pagePerson(person).mayAdminister };
  const shown = { lists, shows: only?.alone !== true ? "all" : only.from === null ? "one" : "further", person: roles } as const;
  return { ...shown, now, tag: hex(hashJson(shown)).slice(0, 16) };
}
