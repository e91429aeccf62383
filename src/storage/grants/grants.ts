/** Grants as people read them (d1-migrations/0017). */

/** The request that a grant was given with; null if there is none of that id. */
export const requestOfGrant = (d1: D1Database, grantId: string): Promise<string | null> =>
  d1.withSession("first-primary").prepare("SELECT request_id FROM grant_given WHERE id = ?1").bind(grantId).first<string>("request_id");
