/** What evidence bundles are made of, out of the tables of the log and the policies. Plain SQL: it goes by ranges of the log's two keys. */
import { FIRST_PERSON_KEY } from "#countersign/documents/leaf-key.ts";
import type { EvidenceReader } from "#gate/evidence/evidence-ports.ts";
import { type BlobColumn, LOG_ID, type StoredRow } from "../log/log-reader.ts";
import type { Reads } from "../near/near-reads.ts";
import { policyOfVersion } from "../policies/published.ts";

/** By keys, of which there are few: by place all leaves would be read. */
const BY_KEY = "log_leaf INDEXED BY log_leaf_by_idem";

/** Of the log of that origin line. What a replica lacks of it is read at the primary. */
export function evidenceReader(reads: Reads, d1: D1Database, origin: string): EvidenceReader {
  const all = <Row>(sql: string, values: readonly unknown[], isWhole?: (rows: readonly Row[]) => boolean) =>
    reads(
      async (session) =>
        (
          await session
            .prepare(sql)
            .bind(origin, ...values)
            .all<Row>()
        ).results,
      isWhole,
    );
  return {
    async leaves(first, count) {
      const rows = await all<StoredRow & { idem: string; entry: BlobColumn }>(
        `SELECT idx, idem, entry, record, salt FROM log_leaf WHERE log_id = ${LOG_ID} AND idx >= ?2 AND idx < ?3 ORDER BY idx`,
        [first, first + count],
        (found) => found.length === count,
      );
      return rows.map(({ idx, idem, entry, record, salt }) => ({ index: idx, key: idem, entry: new Uint8Array(entry), record, salt }));
    },

    async countEnded(first, last) {
      const [row] = await all<{ ended: number }>(
        `SELECT count(*) AS ended FROM log_leaf
         WHERE log_id = ${LOG_ID} AND idx >= ?2 AND idx < ?3 AND idem GLOB 'apr_*:final' AND record IS NOT NULL`,
        [first, last],
      );
      return row?.ended ?? 0;
    },

    async enrolments(size) {
      const rows = await all<{ idx: number }>(
        `SELECT idx FROM ${BY_KEY} WHERE log_id = ${LOG_ID} AND idem = ?3 AND idx < ?2
         UNION ALL SELECT idx FROM ${BY_KEY}
         WHERE log_id = ${LOG_ID} AND idem >= 'passkey:' AND idem < 'passkey;' AND idem NOT LIKE '%:revoked' AND idx < ?2 ORDER BY idx`,
        [size, FIRST_PERSON_KEY],
      );
      return rows.map(({ idx }) => idx);
    },

    policies: (size) =>
      all<{ version: number; index: number }>(
        `SELECT CAST(substr(idem, 8) AS INTEGER) AS version, idx AS "index" FROM ${BY_KEY}
         WHERE log_id = ${LOG_ID} AND idem >= 'policy:' AND idem < 'policy;' AND idx < ?2 ORDER BY idx`,
        [size],
      ),

    policyDocument: async (version) => (await policyOfVersion(d1, version))?.document ?? null,
  };
}
