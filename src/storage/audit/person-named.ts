/** Whom a username means. */
import { eq } from "drizzle-orm";
import type { Reads } from "../near/near-reads.ts";
import { inSession } from "../primary.ts";
import { person } from "../schema.ts";

/** The id; null if nobody has that name. */
export const personNamed = (reads: Reads, username: string): Promise<string | null> =>
  reads(
    async (session) => {
      const row = await inSession(session).select({ id: person.id }).from(person).where(eq(person.username, username)).get();
      return row?.id ?? null;
    },
    (id) => id !== null,
  );
