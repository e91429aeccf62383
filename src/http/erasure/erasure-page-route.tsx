/** The page on which somebody is erased, for admins. */
import type { Context } from "hono";
import { ErasurePage } from "#pages/erasure/erasure-page.tsx";
import type { App } from "#http/context.ts";
import { notFound, pagePerson } from "#http/pages.tsx";

/** `GET /admin/erasure/<person id>`. */
export async function erasurePage(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const ports = await c.var.ports.people();
  const [found, leaving] = await Promise.all([ports.personById(id), ports.leavingOf(id)]);
  if (found === null || leaving === null || leaving.isErased) return notFound(c);
  const about = { id: found.id, username: found.username, display_name: found.displayName };
  return c.html(<ErasurePage person={pagePerson(c.var.person)} about={about} isIdle={leaving.isIdle} />);
}
