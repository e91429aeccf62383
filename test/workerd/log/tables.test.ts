import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { checkLog, leaf, writer } from "#test/workerd/support/log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(async () => {
  await emptyStorage();
  const log = await writer();
  for (const idem of ["one", "two"]) await log.append(leaf(idem));
});

const HASH = `x'${"ab".repeat(32)}'`;
const ENTRY = `x'${"01".repeat(33)}'`;
const insertLeaf = (or: string, idx: number, idem: string) =>
  `INSERT ${or} INTO log_leaf (log_id, idx, idem, entry, record, salt) VALUES (1, ${idx}, '${idem}', ${ENTRY}, '{}', 'AA')`;
const insertHead = (size: number, previous: number, log = 1) =>
  `INSERT OR REPLACE INTO log_head (log_id, size, previous_size, root, at) VALUES (${log}, ${size}, ${previous}, ${HASH}, 'now')`;

/** Each is one statement, or several that would run as one batch. */
const forbidden: Record<string, [sql: string | string[], message: string]> = {
  "a leaf that leaves a gap": [insertLeaf("", 4, "new"), "log_leaf: not the next index"],
  "a leaf in place of another": [insertLeaf("", 1, "new"), "log_leaf: not the next index"],
  "replacing a leaf": [insertLeaf("OR REPLACE", 1, "new"), "log_leaf: not the next index"],
  "a second leaf for a key": [insertLeaf("", 3, "one"), "or the key has a leaf already"],
  "replacing by key": [insertLeaf("OR REPLACE", 3, "one"), "or the key has a leaf already"],
  "an upsert of a leaf": [`${insertLeaf("", 1, "one")} ON CONFLICT DO UPDATE SET salt = 'BB'`, "log_leaf: not the next index"],
  "a leaf of another length": [insertLeaf("", 3, "new").replace("'0101", "'01"), "log_leaf_entry"],
  "a record without its salt": [insertLeaf("", 3, "new").replace("'AA'", "NULL"), "log_leaf_sealed"],
  "changing an entry": [
    `UPDATE log_leaf SET entry = ${ENTRY}, record = NULL, salt = NULL WHERE idx = 1`,
    "log_leaf: record and salt may be erased",
  ],
  "changing a record": ["UPDATE log_leaf SET record = '{}' WHERE idx = 1", "log_leaf: record and salt may be erased"],
  "erasing the salt alone": ["UPDATE log_leaf SET salt = NULL WHERE idx = 1", "log_leaf: record and salt may be erased"],
  "moving a leaf": [
    "UPDATE OR REPLACE log_leaf SET idx = 2, record = NULL, salt = NULL WHERE idx = 1",
    "log_leaf: record and salt may be erased",
  ],
  "renaming a key": ["UPDATE log_leaf SET idem = 'x', record = NULL, salt = NULL WHERE idx = 1", "log_leaf: record and salt may be erased"],
  "erasing genesis": ["UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = 0", "log_leaf: record and salt may be erased"],
  "deleting a leaf": ["DELETE FROM log_leaf WHERE idx = 2", "log_leaf: a leaf is never deleted"],
  "a tile twice": [`INSERT INTO log_tile VALUES (1, 0, 0, ${HASH})`, "log_tile: this tile exists already"],
  "replacing a tile": [`INSERT OR REPLACE INTO log_tile VALUES (1, 0, 0, ${HASH})`, "log_tile: this tile exists already"],
  "a narrower tile": ["UPDATE log_tile SET hashes = substr(hashes, 1, 32)", "log_tile: a tile only grows"],
  "a tile with another beginning": [`UPDATE log_tile SET hashes = x'${"ab".repeat(128)}'`, "log_tile: a tile only grows"],
  "an equally wide tile": ["UPDATE log_tile SET hashes = hashes", "log_tile: a tile only grows"],
  "a wider tile with half a hash": [`UPDATE log_tile SET hashes = unhex(hex(hashes) || '${"ab".repeat(16)}')`, "log_tile_width"],
  "moving a tile": [`UPDATE log_tile SET n = 1, hashes = unhex(hex(hashes) || '${"ab".repeat(32)}')`, "log_tile: a tile only grows"],
  "deleting a tile": ["DELETE FROM log_tile", "log_tile: a tile is never deleted"],
  "a tile too wide": [`INSERT INTO log_tile VALUES (1, 0, 1, zeroblob(257 * 32))`, "log_tile_width"],
  "a head without its leaves": [insertHead(4, 3), "log_head: not the head to build on"],
  "a head on an older head": [[insertLeaf("", 3, "new"), insertHead(4, 2)], "log_head: not the head to build on"],
  "a head without its tile": [[insertLeaf("", 3, "new"), insertHead(4, 3)], "log_head: not the head to build on"],
  "replacing a head": [insertHead(3, 2), "log_head: not the head to build on"],
  "a head of a log that is not there": [insertHead(1, 0, 2), "log_head: not the head to build on"],
  "changing a head": [`UPDATE log_head SET root = ${HASH} WHERE size = 3`, "log_head: a head is never changed"],
  "deleting a head": ["DELETE FROM log_head WHERE size = 3", "log_head: a head is never deleted"],
  "the log again": ["INSERT OR REPLACE INTO log VALUES (7, 'gate.example.com/log', 'frozen', 'now')", "log_: this log exists already"],
  "another log by the same id": ["INSERT OR REPLACE INTO log VALUES (1, 'other', 'frozen', 'now')", "log_: this log exists already"],
  "a second active log": ["INSERT OR REPLACE INTO log VALUES (2, 'other', 'active', 'now')", "or another is active"],
  "renaming the log": ["UPDATE log SET origin = 'other', state = 'frozen'", "log_: a log may be frozen"],
  "deleting the log": ["DELETE FROM log", "log_: a log is never deleted"],
  "thawing the log": [["UPDATE log SET state = 'frozen'", "UPDATE log SET state = 'active'"], "log_: a log may be frozen"],
  "a state nobody knows": ["INSERT INTO log VALUES (2, 'other', 'open', 'now')", "log_state"],
};

describe("D1 itself refuses", () => {
  test.each(Object.entries(forbidden))("%s", async (_, [sql, message]) => {
    const statements = [sql].flat().map((one) => env.DB.prepare(one));
    await expect(env.DB.batch(statements)).rejects.toThrow(message);
    expect(await checkLog()).toEqual(["genesis", "one", "two"]);
  });
});

const ERASE_ONE = "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = 1";
/** A person who is erased, with the leaf that says so, and the record of leaf 1 naming that person. */
const erased = [
  "INSERT INTO person (id, username, display_name, roles, groups, created_at) VALUES ('usr_a', 'ada', 'Ada', '[]', '[]', 'now')",
  "INSERT INTO erasure (person_id, at, leaf_index, log_id, idx) VALUES ('usr_a', 'now', 2, 1, 0)",
];
const NOTE_ONE = "INSERT INTO withheld_leaf (log_id, idx, person_id) VALUES (1, 1, 'usr_a')";
const run = (...statements: string[]) => env.DB.batch(statements.map((sql) => env.DB.prepare(sql)));

test("D1 allows erasing a record with its salt once the reason is noted, and nothing of the tree changes", async () => {
  await expect(run(ERASE_ONE)).rejects.toThrow("log_leaf: record and salt may be erased together and nothing else");
  await run(...erased);
  await expect(run(NOTE_ONE)).rejects.toThrow("withheld_leaf: no log has that erasure");
  const made = await env.DB.prepare("SELECT sql FROM sqlite_master WHERE name = 'log_leaf_update'").first<string>("sql");
  const naming = `UPDATE log_leaf SET record = '{"person":{"id":"usr_a","username":"ada"}}' WHERE idx = 1`;
  await run("DROP TRIGGER log_leaf_update", naming, "UPDATE log_leaf SET idem = 'usr_a:erased' WHERE idx = 2", made ?? "");
  await expect(run(NOTE_ONE.replace("(1, 1", "(1, 2"))).rejects.toThrow("or the record does not name the person");
  await run(NOTE_ONE);
  for (const sql of ["DELETE FROM withheld_leaf", "UPDATE withheld_leaf SET person_id = 'usr_b'", "UPDATE withheld_leaf SET idx = 2"])
    await expect(run(sql)).rejects.toThrow("withheld_leaf: ");
  const before = await env.DB.prepare("SELECT entry FROM log_leaf WHERE idx = 1").first();
  await run(ERASE_ONE);
  const after = await env.DB.prepare("SELECT entry, record, salt FROM log_leaf WHERE idx = 1").first();
  expect(after).toEqual({ ...before, record: null, salt: null });
});

test("D1 allows taking back the approval of a public request, and nothing else for that reason", async () => {
  const note = "INSERT INTO withheld_leaf (log_id, idx, withheld_at, reason) VALUES (1, 1, 'now', 'reveal')";
  await expect(run(note)).rejects.toThrow("withheld_leaf: only the approval of a public request is taken back");
  for (const wrong of ["'earlier'", "'erasure'", "'other'"])
    await expect(run(note.replace("'reveal'", wrong))).rejects.toThrow("withheld_leaf");
  const made = await env.DB.prepare("SELECT sql FROM sqlite_master WHERE name = 'log_leaf_update'").first<string>("sql");
  const record = (reveal: unknown) => JSON.stringify({ kind: "approval.approved", request: { context: { reveal } } });
  const set = (reveal: unknown) => `UPDATE log_leaf SET idem = 'apr_a:final', record = '${record(reveal)}' WHERE idx = 1`;
  await run("DROP TRIGGER log_leaf_update", set("true"));
  await expect(run(note)).rejects.toThrow("only the approval of a public request");
  await run(set(true), made ?? "");
  await expect(run(ERASE_ONE)).rejects.toThrow("log_leaf: record and salt may be erased together and nothing else");
  await run(note, ERASE_ONE);
  expect(await env.DB.prepare("SELECT record, salt FROM log_leaf WHERE idx = 1").first()).toEqual({ record: null, salt: null });
});

test("a frozen log takes no head", async () => {
  await env.DB.prepare("UPDATE log SET state = 'frozen'").run();
  const append = [insertLeaf("", 3, "new"), `UPDATE log_tile SET hashes = unhex(hex(hashes) || '${"ab".repeat(32)}')`, insertHead(4, 3)];
  await expect(env.DB.batch(append.map((sql) => env.DB.prepare(sql)))).rejects.toThrow("log_head: not the head to build on");
  expect(await checkLog()).toEqual(["genesis", "one", "two"]);
});

test("the tables that tests begin with are those of the migrations, and so are their rows", async () => {
  const own = "name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'";
  const whole = async () => {
    const { results } = await env.DB.prepare(`SELECT type, name, sql FROM sqlite_master WHERE ${own} ORDER BY type, name`).all<{
      type: string;
      name: string;
      sql: string | null;
    }>();
    const tables = results.filter(({ type }) => type === "table");
    return [
      results,
      await env.DB.batch(tables.map(({ name }) => env.DB.prepare(`SELECT * FROM ${name}`))).then((all) => all.map((one) => one.results)),
    ];
  };
  await emptyStorage();
  const made = await whole();
  await reset();
  await env.DB.batch(env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.DB.prepare(query))));
  expect(made).toEqual(await whole());
});
