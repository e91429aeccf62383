/** How people see and lift what is refused without asking. */
import type { Context } from "hono";
import { logLine } from "#config/log-line.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { liftPattern } from "#gate/patterns/pattern-verbs.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { patternFailure } from "./pattern-failures.ts";
import { patternItem } from "#api/patterns/pattern-data.ts";
import { patternsInForce } from "#storage/patterns/patterns.ts";

/** Who sees what others have made: it tells what agents ask for. */
const seesAll = ({ roles }: App["Variables"]["person"]): boolean => roles.includes("admin") || roles.includes("auditor");

/** `GET /api/v1/patterns`: those in force; to approvers those that they have made. */
export async function listPatterns(c: Context<App>): Promise<Response> {
  const { person } = c.var;
  const found = await patternsInForce(c.env.DB, timestamp(Date.now()), seesAll(person) ? {} : { madeBy: person.id });
  return c.json({ items: found.map(patternItem) });
}

/** `DELETE /api/v1/patterns/{id}`: whoever made it, and admins; doing it again is as good. */
export async function dropPattern(c: Context<App>): Promise<Response> {
  const { id, username, roles } = c.var.person;
  const pattern = c.req.param("id") ?? "";
  const lifted = await liftPattern(pattern, { id, username, isAdmin: roles.includes("admin") }, await c.var.ports.alike());
  if (!lifted.ok) return problem(c, patternFailure(lifted.refusal));
  logLine("pattern-lifted", { person: id });
  return c.body(null, 204);
}
