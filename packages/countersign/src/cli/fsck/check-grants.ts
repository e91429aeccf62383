/** Grants as the service reads them, against the leaves that give, use and revoke them. */
import { finalShape, type FinalRecord } from "../../documents/record.ts";
import { grantKey } from "../../grants/grant-key.ts";
import { grantGivenBy } from "../../grants/grant-given.ts";
import { hex } from "../../encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject } from "../../json/canonical-json.ts";
import { fit } from "../../json/shape.ts";
import type { Finding } from "./check-leaf.ts";
import { type Database, type Row, textOf } from "./database.ts";

/** What is read of a grant beside its id. */
export const GRANT_COLUMNS = ["agent_id", "place", "members", "exact", "document", "givers", "request_id", "until_at", "uses"] as const;

/** Whether the approval of this record gives just this grant, by these people, and it is found by what it says. */
export function grantFits(row: Row, record: JsonObject): boolean {
  const final = fit(finalShape, record);
  const grant = final.ok ? givenWith(final.value) : null;
  if (grant === null || !final.ok) return false;
  const { place, members, values } = grantKey(grant);
  const wanted: Record<(typeof GRANT_COLUMNS)[number] | "id", unknown> = {
    id: grant.id,
    agent_id: grant.agent,
    place,
    members,
    exact: hex(hashJson([place, members, values])),
    document: canonicalize(grant),
    givers: JSON.stringify(giversIn(final.value)),
    request_id: final.value.request.id,
    until_at: grant.until,
    uses: grant.uses,
  };
  return Object.entries(wanted).every(([column, value]) => row[column] === value);
}

const givenWith = (record: FinalRecord) => (record.kind === "approval.approved" ? grantGivenBy(record.decisions) : null);

const giversIn = (record: FinalRecord) =>
  "decisions" in record
    ? record.decisions
        .filter(({ statement }) => statement.verdict === "approved")
        .map(({ statement, credential_id: credential }) => ({
          person: statement.approver.id,
          username: statement.approver.username,
          credential,
        }))
    : [];

/** Whether a use is what its leaf says. */
export const useFits = (row: Row, record: JsonObject): boolean =>
  record["grant"] === row["grant_id"] && record["use"] === row["use"] && record["request_hash"] === row["request_hash"];

const leafOf = (key: string): string =>
  `EXISTS (SELECT 1 FROM log CROSS JOIN log_leaf AS leaf ON leaf.log_id = log.id AND leaf.idem = ${key})`;

/** Each gives the first that does not fit, by its id. */
const DISAGREEMENTS: readonly [sql: string, message: string][] = [
  [
    `SELECT id FROM grant_given AS given WHERE (revoked_by IS NOT NULL) <> ${leafOf("given.id || ':revoked'")} LIMIT 1`,
    "whether it is revoked, the log says otherwise",
  ],
  [
    "SELECT id FROM grant_given AS given WHERE used <> (SELECT count(*) FROM grant_use WHERE grant_id = given.id) LIMIT 1",
    "its uses are counted wrongly",
  ],
  [
    `SELECT id FROM grant_given WHERE ended_at IS NULL AND (revoked_by IS NOT NULL OR used >= uses) LIMIT 1`,
    "it is over, and is looked up still",
  ],
  [
    `SELECT substr(leaf.idem, 1, instr(leaf.idem, ':') - 1) AS id FROM log CROSS JOIN log_leaf AS leaf
       ON leaf.log_id = log.id AND leaf.idem >= 'grt_' AND leaf.idem < 'grt\`' AND leaf.idem GLOB 'grt_*:used:*'
     WHERE EXISTS (SELECT 1 FROM grant_given WHERE id = substr(leaf.idem, 1, instr(leaf.idem, ':') - 1))
       AND NOT EXISTS (SELECT 1 FROM grant_use WHERE leaf.idem = grant_id || ':used:' || use) LIMIT 1`,
    "the log has a use of it that the list lacks",
  ],
];

/** What the leaves of grants say that no row of theirs does. */
export async function checkGrants(database: Database): Promise<Finding | null> {
  const found = await database.read(DISAGREEMENTS.map(([sql]) => sql));
  for (const [i, [, message]] of DISAGREEMENTS.entries()) {
    const [row] = found[i] ?? [];
    if (row !== undefined) return { place: `grant_given ${textOf(row, "id")}`, message };
  }
  return null;
}
