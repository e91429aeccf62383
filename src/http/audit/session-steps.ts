/** A part of a session as its page shows it: the steps that the record of calls has, each with what the log says of its request. */
import type { Context } from "hono";
import type { AuditEntry } from "#api/audit/audit-data.ts";
import type { CallStep } from "#api/calls/call-data.ts";
import { audits } from "#gate/approvals/visible-request.ts";
import { sessionStep } from "#http/calls/call-items.ts";
import type { App } from "#http/context.ts";
import { entryPlaceIn, entryPlaceText } from "#rules/audit/entry-place.ts";
import { ASKED_KIND } from "#rules/audit/entry-of-leaf.ts";
import { entriesOfRequests } from "#storage/audit/entries.ts";
import { listCalls } from "#storage/calls/call-lists.ts";
import { withNames } from "./audit-items.ts";

/** Steps on a page, and what of their requests is told at most. */
const STEPS = 50;
const MOST_SAID = 500;

interface Part {
  steps: { step: CallStep; asked: AuditEntry[]; mayOpen: boolean }[];
  before: number;
  next: string | null;
}

export async function sessionPart(c: Context<App>, audit: D1Database, session: string): Promise<Part> {
  const from = entryPlaceIn(c.req.query("from") ?? "");
  const before = from === null ? 0 : Number(/^\d{1,6}$/.exec(c.req.query("before") ?? "")?.[0] ?? 0);
  const found = await listCalls(audit, { session }, { beyond: from, most: STEPS + 1, order: "oldest-first", withContent: true });
  const shown = found.slice(0, STEPS);
  const requests = [...new Set(shown.flatMap(({ record }) => record.request ?? []))];
  const said = (await withNames(c, await entriesOfRequests(audit, requests, MOST_SAID))).filter(({ kind }) => kind !== ASKED_KIND);
  const last = shown.at(-1);
  return {
    steps: shown.map((call) => ({
      step: sessionStep(call, true, c.var.config.origin),
      asked: said.filter((entry) => entry.request_id !== null && entry.request_id === call.record.request),
      mayOpen: audits(c.var.person),
    })),
    before,
    next: found.length > STEPS && last !== undefined ? entryPlaceText(last.id) : null,
  };
}
