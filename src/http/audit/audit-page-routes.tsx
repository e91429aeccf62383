/** The pages of the record, for admins and auditors: the list, one entry, and a session step by step. */
import type { Context } from "hono";
import { auditQuery } from "#api/audit/audit-data.ts";
import { checkInput } from "#api/check-input.ts";
import { auditOf } from "#config/audit.ts";
import type { Failure } from "#rules/failure.ts";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { AuditEntryPage } from "#pages/audit/audit-entry-page.tsx";
import { AuditPage } from "#pages/audit/audit-page.tsx";
import { AuditSessionPage } from "#pages/audit/audit-session-page.tsx";
import { NotForYouPage } from "#pages/kit/message-page.tsx";
import { audits } from "#gate/approvals/visible-request.ts";
import { auditFailure } from "./audit-failures.ts";
import { entryPage } from "./audit-items.ts";
import { placeAt, readEntryQuery } from "./audit-query.ts";
import { ENTRIES_SHOWN, filtersOf } from "./audit-routes.ts";
import { detailOf } from "./entry-detail.ts";
import { sessionPart } from "./session-steps.ts";
import { recordStanding, WHILE_WAITED_FOR } from "./record-standing.ts";

/** `GET /audit`, as the form has it: what is left empty is not looked for. */
export async function auditPage(c: Context<App>): Promise<Response> {
  const person = { person: pagePerson(c.var.person), mayReadActions: audits(c.var.person) };
  const audit = auditOf(c.env);
  if (audit === null) return c.html(<AuditPage {...person} filter={{}} found={null} saved={[]} refusal={null} />);
  const given = Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ""));
  const checked = checkInput(auditQuery, given);
  const { cursor, ...filter } = checked.ok ? checked.value : {};
  const takenIn = await recordStanding(c, audit, WHILE_WAITED_FOR);
  const [query, saved] = await Promise.all([readEntryQuery(filter, audit, c.var.near.read), filtersOf(c)]);
  const beyond = placeAt(cursor);
  const refused = (failure: Failure): Promise<Response> | Response =>
    c.html(
      <AuditPage
        {...person}
        filter={filter}
        found={{ entries: [], isFurther: false, next: null, takenIn }}
        saved={saved}
        refusal={failure.message}
      />,
      400,
    );
  if (!checked.ok) return refused(checked.refusal);
  if (!query.ok) return refused(query.refusal);
  if (beyond === undefined) return refused(auditFailure({ reason: "no-such-place" }));
  const listing = { beyond, most: ENTRIES_SHOWN, order: "newest-first" } as const;
  const { items, next } = await entryPage(c, audit, query.value, listing);
  const found = { entries: items, isFurther: beyond !== null, next, takenIn };
  return c.html(<AuditPage {...person} filter={filter} found={found} saved={saved} refusal={null} />);
}

/** `GET /audit/{entry}`. */
export async function entryPageRoute(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  const entry = audit === null ? null : await detailOf(c, audit, c.req.param("entry") ?? "");
  const person = pagePerson(c.var.person);
  return entry === null ? c.html(<NotForYouPage person={person} />, 404) : c.html(<AuditEntryPage person={person} entry={entry} />);
}

/** `GET /audit/sessions/{session}`, or further on: `?from=<place>&before=<steps>`. */
export async function sessionPage(c: Context<App>): Promise<Response> {
  const person = pagePerson(c.var.person);
  const audit = auditOf(c.env);
  const session = c.req.param("session") ?? "";
  if (audit === null) return c.html(<AuditSessionPage person={person} session={session} steps={null} before={0} next={null} />);
  const { steps, before, next } = await sessionPart(c, audit, session);
  return c.html(<AuditSessionPage person={person} session={session} steps={steps} before={before} next={next} />);
}
