/** What passed with a notice, to be looked at: as a list, and as a page. "Fine" says that somebody has looked, and changes nothing else. */
import type { Context } from "hono";
import { checkInput } from "#api/check-input.ts";
import { noticesQuery } from "#api/calls/notice-data.ts";
import { auditOf } from "#config/audit.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { LookPage } from "#pages/calls/look-page.tsx";
import { markLookedAt } from "#storage/calls/to-look-at.ts";
import { namesOf } from "#storage/people.ts";
import { callFailure } from "./call-failures.ts";
import { noticePage, noticePlaceIn } from "./notice-items.ts";

/** `GET /api/v1/notices`: the newest first. */
export async function listOfNotices(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  if (audit === null) return problem(c, callFailure({ reason: "gateway-off" }));
  const query = checkInput(noticesQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const { cursor } = query.value;
  const after = cursor === undefined ? null : noticePlaceIn(cursor);
  if (cursor !== undefined && after === null) return problem(c, callFailure({ reason: "no-such-place" }));
  const { items, next } = await noticePage(audit, c.var.near.read, after);
  return c.json({ items, ...(next !== null && { next_cursor: next }) });
}

/** `POST /api/v1/notices/{agent}/{number}/fine`. */
export async function markFine(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  if (audit === null) return problem(c, callFailure({ reason: "gateway-off" }));
  const number = /^[1-9]\d{0,14}$/.test(c.req.param("number") ?? "") ? Number(c.req.param("number")) : null;
  if (number === null) return problem(c, callFailure({ reason: "unknown-notice" }));
  const agent = c.req.param("agent") ?? "";
  const looked = await markLookedAt(audit, { agent, number }, { personId: c.var.person.id, atMs: Date.now() });
  if (looked === null) return problem(c, callFailure({ reason: "unknown-notice" }));
  const [person] = await namesOf(c.var.near.read, [looked.personId]);
  const by = { id: looked.personId, username: person?.username ?? looked.personId };
  return c.json({ agent, number, looked_at: timestamp(looked.atMs), looked_by: by });
}

/** `GET /look`, or further on: `GET /look?from=<place>`. A place that no page has led to is the beginning. */
export async function lookPage(c: Context<App>): Promise<Response> {
  const person = pagePerson(c.var.person);
  const audit = auditOf(c.env);
  if (audit === null) return c.html(<LookPage person={person} notices={null} isFurther={false} next={null} />);
  const after = noticePlaceIn(c.req.query("from") ?? "");
  const { items, next } = await noticePage(audit, c.var.near.read, after);
  return c.html(<LookPage person={person} notices={items} isFurther={after !== null} next={next} />);
}
