/** Keys of leaves. */
import { env } from "cloudflare:workers";

/** Those that begin so, in the order of the log. */
export async function leafKeys(prefix: string): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT idem FROM log_leaf WHERE idem LIKE ?1 || '%' ORDER BY idx")
    .bind(prefix)
    .all<{ idem: string }>();
  return results.map(({ idem }) => idem);
}
