/** What the database still holds of a log that has ended and is followed by another. */
import { enrolmentKey, FIRST_PERSON_KEY } from "#countersign/documents/leaf-key.ts";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";

const LOG_ID = "(SELECT id FROM log WHERE origin = ?1)";

/** A log that has ended: its origin line, and its final checkpoint, as the log that follows it has it in its genesis. */
interface EndedLog {
  origin: string;
  final: string;
}

/** Costs two rows for each log there is. */
async function endedLogs(d1: D1Database): Promise<EndedLog[]> {
  const query = d1.withSession("first-primary").prepare(
    `SELECT record ->> '$.previous' AS final FROM log CROSS JOIN log_leaf
     WHERE log_id = id AND idx = 0 AND record ->> '$.previous' IS NOT NULL ORDER BY id DESC`,
  );
  const { results } = await query.all<{ final: string }>();
  return results.map(({ final }) => ({ origin: final.slice(0, final.indexOf("\n")), final }));
}

/** The ended log of that origin line; null if there is none. */
export const endedLog = async (d1: D1Database, origin: string): Promise<EndedLog | null> =>
  (await endedLogs(d1)).find((log) => log.origin === origin) ?? null;

/** The ended log whose origin line has that SHA-256, in lowercase hexadecimal; null if there is none. */
export const endedLogUnder = async (d1: D1Database, originHash: string): Promise<EndedLog | null> =>
  (await endedLogs(d1)).find(({ origin }) => hex(sha256(utf8(origin))) === originHash) ?? null;

/** Where the enrolments of these credentials stand in the log of that origin line, by credential id. Those of people now are in the active log. */
export async function enrolmentIndicesIn(d1: D1Database, origin: string, credentialIds: readonly string[]): Promise<Map<string, number>> {
  const query = d1.withSession("first-primary").prepare(
    `SELECT idx, record ->> '$.credential.id' AS credentialId FROM log_leaf
     WHERE log_id = ${LOG_ID} AND record ->> '$.kind' = 'passkey.enrolled'
       AND idem IN (SELECT value FROM json_each(?2))`,
  );
  const keys = [FIRST_PERSON_KEY, ...credentialIds.map(enrolmentKey)];
  const { results } = await query.bind(origin, JSON.stringify(keys)).all<{ idx: number; credentialId: string }>();
  return new Map(results.map(({ idx, credentialId }) => [credentialId, idx]));
}
