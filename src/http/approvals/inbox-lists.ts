/**
 * Which lists of requests a person has, and what of them is asked for: `?tab=<name>` one of them, `&from=<place>` from further on; `q`, `risk`
 * and `agent` what is looked for, in that one or in all. `?list=<name>`, by which links of before name them, is as good as `tab`.
 */
import type { Context } from "hono";
import { INBOX_LISTS, type Inbox, type InboxList, type InboxListName, type InboxRow, isSearch, TABS } from "#api/inbox-data.ts";
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { audits, decides } from "#gate/approvals/visible-request.ts";
import { countWaiting, endedOf, firstWaiting, signedOf, waitingOf } from "#storage/inbox/approver-lists.ts";
import { everyEnded, everyOpen } from "#storage/inbox/auditor-lists.ts";
import { ALL, type ListFilter, type ListPart, type ListedRisk, RISKS } from "#storage/inbox/list-filter.ts";
import { type Cursor, type ListPage, type ListQuery, readLists } from "#storage/inbox/read-lists.ts";
import type { App, CallingPerson } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";

/** Rows of a list among others, of the first, which is what one came for, and of a list alone. */
const ROWS = { among: 20, first: 60, alone: 50 };
const MOST_CHARACTERS = 200;

const OWN: readonly InboxListName[] = ["waiting", "signed", "recent"];
const EVERYBODYS: readonly InboxListName[] = ["open", "ended"];

type Search = Inbox["search"];

/** What is asked for. */
interface Wanted {
  tabs: InboxListName[];
  /** Null for all of them. */
  tab: InboxListName | null;
  from: Cursor | null;
  shows: Inbox["shows"];
  search: Search;
}

/** Null for a place that no page has led to: then a list begins at its beginning. */
export function readCursor(name: InboxListName, from: string | undefined): Cursor | null {
  const parts = /^([\w.:-]{1,64})~([\w-]{1,64})$/.exec(from ?? "");
  const [, after = "", then = ""] = parts ?? [];
  const isPlace = parts !== null && (name !== "ended" || /^\d{1,15} \d{1,15}$/.test(`${after} ${then}`));
  return isPlace ? [after, then] : null;
}
export const cursorText = (cursor: Cursor): string => cursor.join("~");

/** The lists that are this person's to read, in the order of their tabs. */
export const listsOf = (person: CallingPerson): InboxListName[] => [...(decides(person) ? OWN : []), ...(audits(person) ? EVERYBODYS : [])];

const isRisk = (text: string): text is ListedRisk => RISKS.some((one) => one === text);
export const risksIn = (text: string): ListedRisk[] => [...new Set(text.split(",").filter(isRisk))];

const filterOf = ({ q, risk, agent }: Search): ListFilter => ({
  ...ALL,
  q: q === "" ? null : q,
  risks: risk === "" ? null : risksIn(risk),
  agent: agent === "" ? null : agent,
});

/** What is not this person's to list, and what is no level of risk, is as if it had not been asked for. */
function wantedBy(person: CallingPerson, asked: Record<string, string>): Wanted {
  const { list, tab: tabName, from } = asked;
  const tabs = listsOf(person);
  const [q = "", agent = ""] = [asked["q"], asked["agent"]].map((text) => (text ?? "").trim().slice(0, MOST_CHARACTERS).toWellFormed());
  const search = { q, agent, risk: risksIn(asked["risk"] ?? "").join(",") };
  const named = INBOX_LISTS.find((one) => (TABS[one] === tabName || one === list) && tabs.includes(one));
  if (named === undefined && isSearch({ search })) return { tabs, tab: null, from: null, shows: "whole", search };
  const tab = named ?? tabs[0] ?? null;
  const place = named === undefined ? null : readCursor(named, from);
  const isFirst = tab === "waiting" && named === undefined;
  return { tabs, tab, from: place, shows: isFirst ? "first" : place === null ? "whole" : "further", search };
}

/** A part of a list as a query. */
export function queryOf(name: InboxListName, personId: string, now: string, part: ListPart): ListQuery {
  switch (name) {
    case "waiting":
      return waitingOf(personId, now, part);
    case "signed":
      return signedOf(personId, now, part);
    case "recent":
      return endedOf(personId, part);
    case "open":
      return everyOpen(now, part);
    case "ended":
      return everyEnded(part);
  }
}

/** The address of a tab, with what is looked for. */
function addressOf(name: InboxListName, { q, risk, agent }: Search, from: Cursor | null): string {
  const query = new URLSearchParams({
    tab: TABS[name],
    ...(q !== "" && { q }),
    ...(risk !== "" && { risk }),
    ...(agent !== "" && { agent }),
  });
  if (from !== null) query.set("from", cursorText(from));
  return `/?${query.toString()}`;
}

function listOf(name: InboxListName, { rows, total, next, lookedAt }: ListPage, { search, tab }: Wanted): InboxList {
  const isCut = total !== null && (total.more || total.count > rows.length);
  // Of a search in all lists a part of each is shown, and the way on is to the whole of it.
  const from = tab === null && lookedAt === null ? null : next;
  return {
    name,
    rows: rows.map(({ id, action, agentName, requestedAt, expiresAt, status, risk }) => ({
      id,
      action,
      agent: agentName,
      requested_at: requestedAt,
      expires_at: expiresAt,
      status: status as InboxRow["status"],
      risk: risk as InboxRow["risk"],
    })),
    total,
    next: isCut ? addressOf(name, search, null) : next === null ? null : addressOf(name, search, from),
    looked_at: lookedAt,
  };
}

const NOTHING: ListPage = { rows: [], total: null, next: null, lookedAt: null };

/** What is asked for of this person's inbox, in one trip to D1: as new as what they have seen of it, unless `read` reads the newest. */
export async function inboxOf(c: Context<App>, read: App["Variables"]["near"]["read"] = c.var.near.read): Promise<Inbox> {
  const { person } = c.var;
  const now = timestamp(Date.now());
  const wanted = wantedBy(person, c.req.query());
  const { tabs, tab, from, shows, search } = wanted;
  const shown = tab === null ? tabs : shows === "first" ? [] : [tab];
  const part = { filter: filterOf(search), from, rows: tab === null ? ROWS.among : ROWS.alone };
  const counted = shows === "first" ? firstWaiting(person.id, now, ROWS.first) : countWaiting(person.id, now);
  const first = decides(person) ? [counted] : [];
  const pages = await readLists(read, [...first, ...shown.map((name) => queryOf(name, person.id, now, part))]);
  const [waiting = NOTHING] = first.length === 0 ? [] : pages;
  const lists = shown.map((name, i) => listOf(name, pages[first.length + i] ?? NOTHING, wanted));
  if (shows === "first") lists.push(listOf("waiting", waiting, wanted));
  const told = {
    lists,
    tabs,
    tab,
    shows,
    search,
    waiting: decides(person) ? (waiting.total ?? { count: 0, more: false }) : null,
    person: { decides: decides(person), audits: audits(person), administers: pagePerson(person).mayAdminister },
  };
  return { ...told, now, tag: hex(hashJson(told)).slice(0, 16) };
}
