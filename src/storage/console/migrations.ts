/** Which migrations a database has, by the table that wrangler keeps of them. */

/** The name of the last one; null where nothing says so. */
export async function lastMigration(d1: D1Database): Promise<string | null> {
  try {
    return await d1.prepare("SELECT name FROM d1_migrations ORDER BY id DESC LIMIT 1").first<string>("name");
  } catch {
    // A database whose tables were made otherwise has no such table; one that is away is told of elsewhere.
    return null;
  }
}
