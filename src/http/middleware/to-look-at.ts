/** How much passed with a notice and waits to be looked at, for the pages of those who look. It decides nothing: pages come without it. */
import type { Context } from "hono";
import { auditOf } from "#config/audit.ts";
import { holdsOneOf } from "#gate/people/standing.ts";
import type { App, CallingPerson } from "#http/context.ts";
import { countToLookAt } from "#storage/calls/to-look-at.ts";
import { sessionOfRequest } from "./session-cookie.ts";

/** More is told as "more than". */
const MOST = 100;

/**
 * That number, read while it is found out who asks; null where there is no record of calls, or it cannot be read. The page of one request
 * tells it nowhere.
 */
export function countedToLookAt(c: Context<App>): Promise<number | null> {
  const audit = auditOf(c.env);
  if (audit === null || sessionOfRequest(c) === null || c.req.path.startsWith("/a/")) return Promise.resolve(null);
  return countToLookAt(audit, MOST).catch(() => null);
}

/** The person, with that number if they are among those who look. */
export const withToLookAt = async (person: CallingPerson, counted: Promise<number | null>): Promise<CallingPerson> => ({
  ...person,
  toLookAt: holdsOneOf(person, ["approver", "admin", "auditor"]) ? await counted : null,
});
