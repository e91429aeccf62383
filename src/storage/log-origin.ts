/**
 * The origin line of this deployment's log: the one of genesis, for ever, so that a service that moves to another address
 * keeps its log and its log's name (docs/formats.md, "Log").
 */

const known = new WeakMap<D1Database, string>();

/** The origin line of the log in this database; `fallback`, which a new log would get, while there is none. Throws if D1 is away. */
export async function logOrigin(d1: D1Database, fallback: string): Promise<string> {
  const remembered = known.get(d1);
  if (remembered !== undefined) return remembered;
  const begun = await d1
    .withSession("first-primary")
    .prepare("SELECT origin FROM log ORDER BY state = 'active' DESC, id DESC LIMIT 1")
    .first<string>("origin");
  if (begun !== null) known.set(d1, begun);
  return begun ?? fallback;
}
