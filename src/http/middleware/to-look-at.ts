/** How much passed with a notice and waits to be looked at, for the pages of those who look. It decides nothing: pages come without it. */
import type { Context } from "hono";
import { auditOf } from "#config/audit.ts";
import { holdsOneOf } from "#gate/people/standing.ts";
import type { App, CallingPerson } from "#http/context.ts";
import { countToLookAt } from "#storage/calls/to-look-at.ts";

/** More is told as "more than". */
const MOST = 100;

/** The person, with that number; null where there is no record of calls, where it cannot be read, and for those who do not look. */
export async function withToLookAt(c: Context<App>, person: CallingPerson): Promise<CallingPerson> {
  const audit = auditOf(c.env);
  if (audit === null || !holdsOneOf(person, ["approver", "admin", "auditor"])) return { ...person, toLookAt: null };
  return { ...person, toLookAt: await countToLookAt(audit, MOST).catch(() => null) };
}
