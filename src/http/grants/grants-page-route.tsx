/** `GET /admin/grants`: for admins, for auditors to read, and for approvers what they gave themselves. */
import type { Context } from "hono";
import { grantsQuery } from "#api/grants/grant-data.ts";
import { checkInput } from "#api/check-input.ts";
import { GrantsPage } from "#pages/grants/grants-page.tsx";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { grantFailure } from "./grant-failures.ts";
import { grantsFor } from "./grant-items.ts";

export async function grantsPage(c: Context<App>): Promise<Response> {
  // A form sends its empty fields too.
  const given = Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ""));
  const query = checkInput(grantsQuery, given);
  if (!query.ok) return problem(c, query.refusal);
  const found = await grantsFor(c, query.value);
  if (!found.ok) return problem(c, grantFailure(found.refusal));
  const { items, next_cursor: next } = found.value;
  const { cursor: _, ...filter } = query.value;
  return c.html(<GrantsPage person={pagePerson(c.var.person)} items={items} filter={filter} next={next ?? null} />);
}
