/** `countersign fsck`: grants, their uses and their ends, against the leaves that made them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fsck } from "#countersign/cli/fsck/fsck.ts";
import { hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson } from "#countersign/json/canonical-json.ts";
import { grantKey } from "#countersign/grants/grant-key.ts";
import { decisionsOf } from "#countersign/documents/record.ts";
import { makeSigner } from "#countersign/tlog/note.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { makeGrantReceipt } from "#test/support/documents/grant-receipt.ts";
import { LOG_ORIGIN, makeWorld } from "#test/support/documents/sealed-receipt.ts";
import { change, damaged } from "#test/support/log/damaged-database.ts";
import { type DatabaseLeaf, leavesOf, LogDatabase, standingRows } from "#test/support/log/log-database.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-fsck-grants-"));
const original = join(folder, "original.sqlite");
let grantId = "";
afterAll(() => rmSync(folder, { recursive: true }));

const SIZE = 40; // or as many as there are kinds
const literal = (value: string | number): string => (typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`);

beforeAll(async () => {
  const world = await makeWorld();
  const leaves = await leavesOf(world, SIZE, await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(9)));
  const { receipt } = await makeGrantReceipt(world, { granting: (request) => void (request.id = `apr_${"G".repeat(32)}`) });
  const { grant: passed } = receipt;
  const final = passed?.receipt.final;
  if (passed === null || passed === undefined || final === undefined) throw new Error("no grant");
  const decisions = decisionsOf(final.record);
  const grant = decisions[0]?.statement.grant;
  if (grant === null || grant === undefined) throw new Error("nothing was given");
  grantId = grant.id;
  const { use, request_hash: requestHash, at } = passed.used.record;
  const given: DatabaseLeaf = { idem: `${final.record.request.id}:final`, sealed: { record: final.record, salt: final.salt } };
  const used: DatabaseLeaf = { idem: `${grantId}:used:${use}`, sealed: { record: passed.used.record, salt: passed.used.salt } };
  const database = new LogDatabase(original).append(...leaves).append(given, used);
  for (const row of standingRows(leaves)) database.exec(row);
  const { place, members, values } = grantKey(grant);
  const givers = decisions.map(({ statement, credential_id: credential }) => ({
    person: statement.approver.id,
    username: statement.approver.username,
    credential,
  }));
  const row: Record<string, string | number> = {
    id: grantId,
    agent_id: grant.agent,
    place,
    members,
    exact: hex(hashJson([place, members, values])),
    document: canonicalize(grant),
    givers: JSON.stringify(givers),
    eligible: "[]",
    request_id: final.record.request.id,
    log: LOG_ORIGIN,
    given_at: final.record.at,
    until_at: grant.until,
    uses: grant.uses,
    stop_all: 0,
    stop_agent: 0,
    leaf_index: leaves.length,
  };
  database.exec(`INSERT INTO grant_given (${Object.keys(row).join(", ")}) VALUES (${Object.values(row).map(literal).join(", ")})`);
  const useRow = [grantId, use, receipt.final.record.request.id, requestHash, at, leaves.length + 1];
  database.exec(`INSERT INTO grant_use VALUES (${useRow.map(literal).join(", ")})`);
  database.close();
});

async function found(damage: (sqlite: DatabaseSync) => void): Promise<{ sound: boolean; place?: string; message?: string }> {
  const copy = damaged(original, join(folder, "damaged.sqlite"), damage);
  const { stdout, stderr } = await runCommand(fsck, [copy, "--json"], folder);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as { sound: boolean };
}

it("a database with a grant and its use is sound", async () => {
  expect(await found(() => undefined)).toMatchObject({ sound: true });
});

it.each([
  "uses = 100",
  "until_at = '2036-01-01T00:00:00.000Z'",
  "document = replace(document, '\"uses\":', '\"uses\":1')",
  "agent_id = 'agt_other'",
  "givers = '[]'",
  "exact = place",
  'members = \'{"fixed":[],"free":[]}\'',
  "leaf_index = leaf_index - 1",
])("of a grant, that it is another than was signed: %s", async (set) => {
  const { sound, place } = await found((db) => change(db, `UPDATE grant_given SET ${set}`));
  expect({ sound, place }).toEqual({ sound: false, place: `grant_given ${grantId}` });
});

it("a grant that nobody has signed", async () => {
  const copy = `INSERT INTO grant_given SELECT 'grt_other', agent_id, place, members, exact, document, server_id, url_origin, givers, eligible,
    'apr_other', log, given_at, until_at, uses, used, stop_all, stop_agent, ended_at, revoked_by, leaf_index FROM grant_given`;
  expect(await found((db) => change(db, copy))).toMatchObject({ sound: false, place: "grant_given grt_other" });
});

it.each([
  ["that it is revoked, which the log does not say", "UPDATE grant_given SET revoked_by = 'usr_alex', ended_at = given_at"],
  ["that its uses are fewer", "UPDATE grant_given SET used = 0"],
  ["that it is looked up though it is used up", "UPDATE grant_given SET used = uses, ended_at = NULL"],
])("of a grant, %s", async (_, sql) => {
  expect(await found((db) => change(db, sql))).toMatchObject({ sound: false, place: `grant_given ${grantId}` });
});

it("a use that the list has lost, and one that the log does not have", async () => {
  const lost = (db: DatabaseSync) => {
    change(db, "DELETE FROM grant_use");
    change(db, "UPDATE grant_given SET used = 0");
  };
  expect(await found(lost)).toMatchObject({
    sound: false,
    place: `grant_given ${grantId}`,
    message: "the log has a use of it that the list lacks",
  });
  expect(await found((db) => change(db, "UPDATE grant_use SET use = use + 1"))).toMatchObject({ sound: false });
});
