/** The page of connectors, for admins, and for auditors to read. */
import type { Context } from "hono";
import { ConnectorsPage } from "#pages/connectors/connectors-page.tsx";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { namesOf } from "#storage/people.ts";
import { connectorsAsTheyAre } from "./connector-items.ts";

/** `GET /admin/connectors`. */
export async function connectorsPage(c: Context<App>): Promise<Response> {
  const { lines } = await c.var.ports.connectors();
  const stateOf = async (id: string) => (await lines?.state(id)) ?? { since: null, hasChild: false };
  const { items, waiting } = await connectorsAsTheyAre(c.env.DB, c.var.config.adminsRequired, Date.now(), stateOf);
  const signers = await namesOf(
    c.var.near.read,
    waiting.flatMap(({ signed_by }) => signed_by),
  );
  const names = new Map(signers.map(({ id, username }) => [id, username]));
  const shown = { person: pagePerson(c.var.person), connectors: items, waiting, names, isAvailable: lines !== null };
  return c.html(<ConnectorsPage {...shown} origin={c.var.config.origin} />);
}
