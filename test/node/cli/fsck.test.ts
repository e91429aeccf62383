/** `countersign fsck`: a database as the service writes it, with one thing wrong in it at a time. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkLog } from "#countersign/cli/fsck/check-log.ts";
import type { Database } from "#countersign/cli/fsck/database.ts";
import { fsck } from "#countersign/cli/fsck/fsck.ts";
import { b64u, type Bytes, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { leafEntry, type LogRecord } from "#countersign/documents/record.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { makeSigner, makeVkey, type Signer, signNote } from "#countersign/tlog/note.ts";
import { appendLeaves, treeFromEdge } from "#countersign/tlog/tile.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { change, damaged, flip } from "#test/support/log/damaged-database.ts";
import { type DatabaseLeaf, exported, filler, leavesOf, LogDatabase, standingRows } from "#test/support/log/log-database.ts";
import { LOG_ORIGIN, makeWorld, type World } from "#test/support/documents/sealed-receipt.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { oneIn } from "#test/support/every-case.ts";
import { stubService } from "#test/support/service/stub-service.ts";

const SIZE = 300;
/** Sizes of the service's batches, over and over. */
const BATCHES = [1, 1, 3, 20, 7];

const folder = mkdtempSync(join(tmpdir(), "countersign-fsck-"));
const inFolder = (name: string): string => join(folder, name);
let world: World;
let nextKey: Signer;
let leaves: DatabaseLeaf[];
let original: string;
let heads: number[];
/** The newest checkpoint. */
let checkpoint: string;

/** Appends in batches; gives the sizes at which there is a head. */
function fill(database: LogDatabase, all: readonly DatabaseLeaf[]): number[] {
  const sizes: number[] = [];
  for (let batch = 0; database.tree.size < all.length; batch++) {
    const { size } = database.tree;
    database.append(...all.slice(size, size + (BATCHES[batch % BATCHES.length] ?? 1)));
    sizes.push(database.tree.size);
  }
  return sizes;
}

beforeAll(async () => {
  world = await makeWorld();
  nextKey = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(9));
  leaves = await leavesOf(world, SIZE, nextKey);
  original = inFolder("original.sqlite");
  const database = new LogDatabase(original);
  heads = fill(database, leaves);
  for (const row of standingRows(leaves)) database.exec(row);
  checkpoint = await database.checkpoint(nextKey);
  database.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const inRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const run = (...args: string[]) => runCommand(fsck, args, folder);

/** Leaves whose records name this person. */
const naming = (personId: string): number[] =>
  leaves.flatMap(({ sealed }, index) => (canonicalize(sealed.record).includes(`{"id":"${personId}","username":`) ? [index] : []));

/** As the service withholds a record. */
function withhold(sqlite: DatabaseSync, index: number, personId: string): void {
  change(sqlite, "INSERT INTO withheld_leaf VALUES (1, ?, ?, '2026-11-21T09:30:00.000Z', 'erasure')", index, personId);
  change(sqlite, "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = ?", index);
}

interface Found {
  sound: boolean;
  place?: string;
  message?: string;
}
const found = async (...args: string[]): Promise<Found> => JSON.parse((await run(...args, "--json")).stdout) as Found;

describe("a sound database", () => {
  it("is made again whole, from a file of SQLite", async () => {
    const { exitCode, stdout, stderr } = await run(original);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Sound: ${LOG_ORIGIN}\n`);
    expect(stdout).toContain("300, of which 0 are erased");
    expect(stdout).toContain(`3 tiles, ${heads.length} heads`);
    expect(stdout).toContain("Every passkey, agent, policy, channel, server, connector, pattern and grant is let in by its leaf.");
  });

  it("is made again whole, from an export, which has nothing that its own tables would refuse", async () => {
    const sql = exported(original, inFolder("original.sql"));
    expect((await run(sql)).stdout).toBe((await run(original)).stdout);
  });

  it("of a version that noted no reasons may have lost records, but for those that name keys", async () => {
    const erase = (index: number) => (sqlite: DatabaseSync) => {
      if (index !== 0 && index !== 13) sqlite.exec("DROP TABLE IF EXISTS withheld_leaf");
      change(sqlite, "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = ?", index);
    };
    const file = damaged(original, inFolder("erased.sqlite"), (sqlite) => [2, 4, 5, 9, 255, 256].forEach((index) => erase(index)(sqlite)));
    expect((await run(file)).stdout).toContain("300, of which 6 are erased");
    expect(await found(damaged(original, inFolder("no-genesis.sqlite"), erase(0)))).toMatchObject({ sound: false, place: "leaf 0" });
    expect(await found(damaged(original, inFolder("no-key.sqlite"), erase(13)))).toMatchObject({ sound: false, place: "leaf 13" });
  });

  it("may withhold records for the erasure of whom they name, also as an export has it, and tells how many", async () => {
    const file = damaged(original, inFolder("withheld.sqlite"), (sqlite) => {
      for (const index of naming("usr_blair")) withhold(sqlite, index, "usr_blair");
    });
    const count = naming("usr_blair").length;
    expect(count).toBeGreaterThan(1);
    const sound = await run(file);
    expect(sound.stdout).toContain(`300, of which ${count} are erased: each is withheld for a person’s erasure`);
    expect((await run(exported(file, inFolder("withheld.sql")))).stdout).toBe(sound.stdout);
  });

  it("withholds nothing without a reason, nor for one that is none", async () => {
    const leafOf = (key: string) => leaves.findIndex(({ idem }) => idem === key);
    const [index = 0] = naming("usr_blair");
    const without = damaged(original, inFolder("no-reason.sqlite"), (sqlite) =>
      change(sqlite, "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = ?", index),
    );
    const place = `leaf ${index}`;
    expect(await found(without)).toEqual({ sound: false, place, message: "its record is not there, and nothing says why" });
    expect(await found(exported(without, inFolder("no-reason.sql")))).toMatchObject({ sound: false, place });
    const noLeaf = damaged(original, inFolder("no-erasure.sqlite"), (sqlite) => withhold(sqlite, index, "usr_alex"));
    expect(await found(noLeaf)).toEqual({
      sound: false,
      place,
      message: "its record is withheld for the erasure of usr_alex, and no log has that",
    });
    const calls = leafOf("calls:agt_release-bot:1");
    const nameless = damaged(original, inFolder("nameless.sqlite"), (sqlite) => withhold(sqlite, calls, "usr_blair"));
    expect(await found(nameless)).toMatchObject({ sound: false, place: `leaf ${calls}`, message: /whom it cannot name/ });
    const ofAnother = leaves.findIndex(({ idem }) => idem.startsWith("usr_alex:role:"));
    const another = damaged(original, inFolder("of-another.sqlite"), (sqlite) => withhold(sqlite, ofAnother, "usr_blair"));
    expect(await found(another)).toMatchObject({ sound: false, place: `leaf ${ofAnother}`, message: /whom it cannot name/ });
  });

  it("may lack the approval of a public request that was taken back as docs/operations.md says, and no other record for that reason", async () => {
    const index = leaves.findIndex(({ sealed }) => sealed.record.kind === "approval.approved");
    const file = rebuilt("revealed.sqlite", {
      [index]: (leaf) => {
        if (leaf.sealed.record.kind === "approval.approved") Object.assign(leaf.sealed.record.request.context, { reveal: true });
        return leaf;
      },
    });
    const [, command = ""] = /"(INSERT INTO withheld_leaf [^"]+)"/.exec(readFileSync(inRoot("docs/operations.md"), "utf8")) ?? [];
    const sqlite = new DatabaseSync(file);
    const other = leaves.findIndex(({ sealed }) => sealed.record.kind === "approval.expired");
    expect(() => sqlite.exec(command.replaceAll("<index>", String(other)))).toThrow("only the approval of a public request is taken back");
    sqlite.exec(command.replaceAll("<index>", String(index)));
    sqlite.close();
    expect((await run(file)).stdout).toContain("of which 1 are erased: 1 as a public reveal taken back, or before reasons were noted\n");
    const calls = leaves.findIndex(({ idem }) => idem === "calls:agt_release-bot:1");
    const noEnd = damaged(original, inFolder("no-end.sqlite"), (db) => {
      change(db, "INSERT INTO withheld_leaf VALUES (1, ?, NULL, '2026-11-21T09:30:00.000Z', 'reveal')", calls);
      change(db, "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = ?", calls);
    });
    expect(await found(noEnd)).toMatchObject({ sound: false, place: `leaf ${calls}`, message: /it ends no request/ });
  });

  it("keeps what was erased before reasons were noted, with that for a reason", () => {
    const sqlite = new DatabaseSync(":memory:");
    const migrations = readdirSync(inRoot("d1-migrations")).filter((name) => name.endsWith(".sql"));
    for (const name of migrations.toSorted()) {
      if (name.startsWith("0031")) {
        sqlite.exec("INSERT INTO log VALUES (1, 'gate.example.com/log', 'active', 'now')");
        for (const index of [0, 1, 2]) sqlite.exec(`INSERT INTO log_leaf VALUES (1, ${index}, 'k${index}', zeroblob(33), '{}', 'AA')`);
        sqlite.exec("UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = 1");
      }
      sqlite.exec(readFileSync(inRoot(`d1-migrations/${name}`), "utf8"));
    }
    expect(sqlite.prepare("SELECT idx, person_id, reason FROM withheld_leaf").all()).toEqual([
      { idx: 1, person_id: null, reason: "earlier" },
    ]);
    const again = "INSERT INTO withheld_leaf (log_id, idx, withheld_at, reason) VALUES (1, 2, 'now', 'earlier')";
    expect(() => sqlite.exec(again)).toThrow("withheld_leaf: ");
    sqlite.close();
  });

  it("may hold a log that has ended beside the one that follows it", async () => {
    const file = inFolder("two.sqlite");
    copyFileSync(
      damaged(original, inFolder("ended.sqlite"), (sqlite) => change(sqlite, "UPDATE log SET state = 'frozen'")),
      file,
    );
    const origin = "gate.example.com/log/2";
    const second = new LogDatabase(file, { origin, logId: 2 });
    const [genesis] = leaves;
    const vkey = makeVkey(origin, world.signer.publicKey);
    const record = { ...genesis?.sealed.record, log: origin, vkey, previous: checkpoint } as LogRecord;
    second.append({ idem: "genesis", sealed: { record, salt: genesis?.sealed.salt ?? "" } });
    const sound = await run(file);
    expect(sound.exitCode).toBe(0);
    expect(sound.stdout).toContain(`Sound: ${LOG_ORIGIN} (frozen)\n`);
    expect(sound.stdout).toContain(`Sound: ${origin}\n`);
    second.append({ idem: "agt_1:revoked", sealed: leaves[20]?.sealed ?? filler(1).sealed }).close();
    expect(await found(file)).toMatchObject({ sound: false, place: `${origin}, leaf 1` });
  });

  it("may be what a log follows only if that had signed for it", async () => {
    const origin = "gate.example.com/log/2";
    const following = (previous: string): string => {
      const file = damaged(original, inFolder("following.sqlite"), (sqlite) => change(sqlite, "UPDATE log SET state = 'frozen'"));
      const second = new LogDatabase(file, { origin, logId: 2 });
      const vkey = makeVkey(origin, world.signer.publicKey);
      const record = { ...leaves[0]?.sealed.record, log: origin, vkey, previous } as LogRecord;
      second.append({ idem: "genesis", sealed: { record, salt: leaves[0]?.sealed.salt ?? "" } }).close();
      return file;
    };
    const signed = (size: number, root: Bytes, signer: Signer = nextKey) =>
      signNote(formatCheckpoint({ origin: LOG_ORIGIN, size, root }), [signer]);
    const stranger = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(77));
    const wrong: [string, RegExp][] = [
      ["none", /follows is none/],
      [await signed(SIZE, new Uint8Array(32)), /has another root at 300 leaves/],
      [await signed(SIZE + 1, new Uint8Array(32), stranger), /is not signed by any key/],
      [checkpoint.replaceAll(LOG_ORIGIN, "gate.example.com/log/0"), /this database does not have/],
    ];
    for (const [previous, message] of wrong)
      expect(await found(following(previous))).toMatchObject({ place: `${origin}, leaf 0`, message });
    // What a restore has taken from the old log cannot be compared any more.
    expect((await run(following(await signed(SIZE + 1, new Uint8Array(32))))).exitCode).toBe(0);
  });

  it("of nothing but the log's tables says what was not checked", async () => {
    const file = damaged(original, inFolder("log-alone.sqlite"), (sqlite) =>
      sqlite.exec("DROP TABLE session; DROP TABLE passkey; DROP TABLE agent"),
    );
    const { exitCode, stdout } = await run(file);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("were not checked");
  });
});

/** One leaf's row made anew from another record, with entry and salt that fit. */
function reseal(sqlite: DatabaseSync, index: number, record: LogRecord, salt = b64u(sha256(utf8("another salt")))): void {
  change(
    sqlite,
    "UPDATE log_leaf SET record = ?, salt = ?, entry = ? WHERE idx = ?",
    canonicalize(record),
    salt,
    leafEntry(record, salt),
    index,
  );
}

/** The whole log again with some leaves changed: all in it fits, but for what the leaves say. */
function rebuilt(name: string, changed: Record<number, (leaf: DatabaseLeaf) => DatabaseLeaf>, all = leaves): string {
  const file = inFolder(name);
  const database = new LogDatabase(file);
  fill(
    database,
    all.map((leaf, index) => changed[index]?.(structuredClone(leaf)) ?? leaf),
  );
  for (const row of standingRows(all)) database.exec(row);
  database.close();
  return file;
}

const leafRow = (index: number) => ({ table: "log_leaf", where: `idx = ${index}` });

describe("one change is found where it is", () => {
  const headAfter = (index: number): number => heads.find((size) => size > index) ?? 0;

  it.each<[string, string, RegExp, (sqlite: DatabaseSync) => void]>([
    ["a byte of an entry", "leaf 5", /its entry is not/, (db) => flip(db, { ...leafRow(5), column: "entry", byte: 7 })],
    ["an entry's first byte", "leaf 5", /its entry is not 33 bytes/, (db) => flip(db, { ...leafRow(5), column: "entry", byte: 0 })],
    [
      "a byte of an entry whose record is erased",
      "leaf 40",
      /another leaf was logged/,
      (db) => {
        db.exec("DROP TABLE withheld_leaf");
        change(db, "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = 40");
        flip(db, { ...leafRow(40), column: "entry", byte: 32 });
      },
    ],
    [
      "an entry cut short",
      "leaf 299",
      /33 bytes/,
      (db) => change(db, "UPDATE log_leaf SET record = NULL, salt = NULL, entry = X'01' WHERE idx = 299"),
    ],
    [
      "a byte of a record",
      "leaf 5",
      /its record and salt are not what/,
      (db) => change(db, "UPDATE log_leaf SET record = replace(record, 'Deploy', 'deploy') WHERE idx = 5"),
    ],
    [
      "the spelling of a record",
      "leaf 5",
      /not in canonical form/,
      (db) => change(db, "UPDATE log_leaf SET record = ' ' || record WHERE idx = 5"),
    ],
    ["a record that is no JSON", "leaf 5", /not JSON/, (db) => change(db, "UPDATE log_leaf SET record = '{' WHERE idx = 5")],
    [
      "a salt",
      "leaf 5",
      /its record and salt are not what/,
      (db) => change(db, "UPDATE log_leaf SET salt = ? WHERE idx = 5", b64u(new Uint8Array(32))),
    ],
    ["a salt cut short", "leaf 5", /salt is not 32 bytes/, (db) => change(db, "UPDATE log_leaf SET salt = 'AA' WHERE idx = 5")],
    ["a salt erased alone", "leaf 5", /only one is there/, (db) => change(db, "UPDATE log_leaf SET salt = NULL WHERE idx = 5")],
    [
      "a whole leaf that fits in itself",
      "leaf 100",
      /another leaf was logged here: tile 0\/0/,
      (db) => reseal(db, 100, { ...leaves[100]?.sealed.record, at: "2026-11-20T09:31:00.000Z" } as LogRecord),
    ],
    [
      "two leaves in each other's place",
      "leaf 40",
      /another leaf was logged here/,
      (db) => {
        for (const [from, to] of [
          [40, 1_000],
          [200, 40],
          [1_000, 200],
        ])
          change(db, `UPDATE log_leaf SET idx = ${to} WHERE idx = ${from}`);
      },
    ],
    ["a missing leaf", "leaf 77", /it is missing/, (db) => change(db, "DELETE FROM log_leaf WHERE idx = 77")],
    ["the last leaf missing", "leaf 299", /it is missing/, (db) => change(db, "DELETE FROM log_leaf WHERE idx = 299")],
    ["the key of a leaf", "leaf 60", /its key is/, (db) => change(db, "UPDATE log_leaf SET idem = 'agt_other:revoked' WHERE idx = 60")],
    [
      "the key of an approval",
      "leaf 5",
      /its key is/,
      (db) => change(db, "UPDATE log_leaf SET idem = ? WHERE idx = 5", `apr_${"C".repeat(32)}:final`),
    ],
    [
      "the key of what became of an approval",
      "leaf 6",
      /has not ended before it/,
      (db) => change(db, "UPDATE log_leaf SET idem = ? WHERE idx = 6", `apr_${"C".repeat(32)}:redeemed`),
    ],
    [
      "what became of one approval as that of another",
      "leaf 10",
      /about another request/,
      (db) => {
        change(db, "UPDATE log_leaf SET idem = 'x' WHERE idx = 10");
        change(db, "UPDATE log_leaf SET idem = ? WHERE idx = 10", `apr_${"A".repeat(32)}:unknown`);
      },
    ],
    [
      "a key that two leaves have",
      "leaf 61",
      /an earlier leaf has its key/,
      (db) => {
        db.exec("DROP INDEX log_leaf_by_idem");
        change(db, "UPDATE log_leaf SET idem = 'agt_60:revoked' WHERE idx = 61");
      },
    ],
    [
      "a byte of a tile",
      "tile 0/0",
      /its hash 40 is not that of leaf 40, which head/,
      (db) => flip(db, { table: "log_tile", column: "hashes", where: "level = 0 AND n = 0", byte: 40 * 32 }),
    ],
    [
      "a byte of the last tile",
      "tile 0/1",
      /its hash 43 is not/,
      (db) => flip(db, { table: "log_tile", column: "hashes", where: "level = 0 AND n = 1", byte: 43 * 32 + 31 }),
    ],
    [
      "a byte of a tile above",
      "tile 1/0",
      /its hash 0 is not that of the leaves under it/,
      (db) => flip(db, { table: "log_tile", column: "hashes", where: "level = 1", byte: 0 }),
    ],
    [
      "a tile that is too narrow",
      "tile 0/1",
      /ends before the hash of leaf 299/,
      (db) => change(db, "UPDATE log_tile SET hashes = substr(hashes, 1, 43 * 32) WHERE level = 0 AND n = 1"),
    ],
    [
      "a full tile that is too narrow",
      "tile 0/0",
      /ends before the hash of leaf 255/,
      (db) => change(db, "UPDATE log_tile SET hashes = substr(hashes, 1, 255 * 32) WHERE level = 0 AND n = 0"),
    ],
    [
      "a tile that is too wide",
      "tile 0/1",
      /it has 45 hashes instead of 44/,
      (db) => change(db, "UPDATE log_tile SET hashes = CAST(hashes || substr(hashes, 1, 32) AS BLOB) WHERE level = 0 AND n = 1"),
    ],
    [
      "a tile above that is too wide",
      "tile 1/0",
      /it has 2 hashes instead of 1/,
      (db) => change(db, "UPDATE log_tile SET hashes = CAST(hashes || hashes AS BLOB) WHERE level = 1"),
    ],
    ["a missing tile", "tile 0/0", /it is missing/, (db) => change(db, "DELETE FROM log_tile WHERE level = 0 AND n = 0")],
    ["a missing tile above", "tile 1/0", /it is missing/, (db) => change(db, "DELETE FROM log_tile WHERE level = 1")],
    [
      "a tile too many",
      "tile 0/2",
      /no such tile/,
      (db) => change(db, "INSERT INTO log_tile SELECT log_id, level, 2, hashes FROM log_tile WHERE level = 0 AND n = 1"),
    ],
    [
      "a level too many",
      "tile 2/0",
      /no such tile/,
      (db) => change(db, "INSERT INTO log_tile SELECT log_id, 2, 0, hashes FROM log_tile WHERE level = 1"),
    ],
  ])("%s", async (_, place, message, damage) => {
    const file = damaged(original, inFolder("damaged.sqlite"), damage);
    const inSqlite = await found(file);
    expect(inSqlite).toMatchObject({ sound: false, place });
    expect(inSqlite.message).toMatch(message);
    expect(await found(exported(file, inFolder("damaged.sql")))).toEqual(inSqlite);
    const { exitCode, stdout } = await run(file);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(`Not sound: ${place}: ${inSqlite.message}.\n`);
  });

  it("the root of a head, the chain of heads, and a missing one", async () => {
    const [at = 0, next = 0] = heads.filter((size) => size > 60);
    const before = heads[heads.indexOf(at) - 1] ?? 0;
    const on = async (damage: (sqlite: DatabaseSync) => void) => await found(damaged(original, inFolder("damaged.sqlite"), damage));

    const root = { table: "log_head", column: "root", where: `size = ${at}`, byte: 0 };
    expect(await on((db) => flip(db, root))).toMatchObject({ place: `head ${at}`, message: /its root is not that of its leaves/ });
    const chained = await on((db) => change(db, `UPDATE log_head SET previous_size = ${before - 1} WHERE size = ${at}`));
    expect(chained).toMatchObject({
      place: `head ${at}`,
      message: `it says that it follows the head of ${before - 1} leaves, and the one before it has ${before}`,
    });
    const missing = await on((db) => change(db, `DELETE FROM log_head WHERE size = ${at}`));
    expect(missing).toMatchObject({
      place: `head ${next}`,
      message: `it says that it follows the head of ${at} leaves, and the one before it has ${before}`,
    });
    const newest = await on((db) => change(db, `DELETE FROM log_head WHERE size = ${SIZE}`));
    expect(newest).toMatchObject({ place: `leaf ${heads.at(-2)}`, message: /no head covers it/ });
    expect(await on((db) => change(db, "DELETE FROM log_head"))).toMatchObject({ place: "head 0" });
    expect(headAfter(60)).toBe(at);
  });

  it("the log's own row", async () => {
    const file = damaged(original, inFolder("damaged.sqlite"), (db) => change(db, "DELETE FROM log"));
    expect(await found(file)).toMatchObject({ sound: false, place: "log 1", message: /the log itself is missing/ });
  });

  it("a channel's leaf, whatever of it is another than was signed for", async () => {
    const on = async (sql: string) => await found(damaged(original, inFolder("damaged.sqlite"), (db) => change(db, sql)));
    for (const set of [
      "leaf_index = leaf_index - 1",
      "number = 1",
      "name = 'other'",
      "kind = 'slack'",
      "settings = replace(settings, 'hooks', 'evil')",
      `events = '["*"]'`,
      "credential = 'AAAA'",
      "credential = NULL",
      "state = 'removed'",
    ]) {
      expect(await on(`UPDATE channel SET ${set} WHERE id = 'chn_1'`), set).toMatchObject({ sound: false, place: "channel chn_1" });
    }
    for (const set of ["credential = 'AQIDBA=='", "name = 'other'"])
      expect(await on(`UPDATE channel SET ${set} WHERE id = 'chn_2'`), set).toMatchObject({ sound: false, place: "channel chn_2" });
    const older = damaged(original, inFolder("damaged.sqlite"), (db) => db.exec("DROP TABLE channel"));
    expect(await found(older)).toMatchObject({ sound: true });
  });

  it("a connector's leaf, whatever of it is another than was signed for", async () => {
    for (const set of ["leaf_index = leaf_index - 1", "name = 'other'", "server = 'production'"]) {
      const changed = damaged(original, inFolder("damaged.sqlite"), (db) => change(db, `UPDATE connector SET ${set} WHERE id = 'con_1'`));
      expect(await found(changed), set).toMatchObject({ sound: false, place: "connector con_1" });
    }
  });

  it("a server's leaf, whatever of it is another than was signed for; a credential may be taken away", async () => {
    const on = async (set: string) =>
      await found(damaged(original, inFolder("damaged.sqlite"), (db) => change(db, `UPDATE server SET ${set} WHERE id = 'srv_1'`)));
    const others = [
      "leaf_index = leaf_index - 1",
      "leaf_index = leaf_index - 2",
      "name = 'other'",
      "settings = replace(settings, 'mcp.example.com', 'evil.example.com')",
      "credential = 'AAAA'",
      "number = 1",
    ];
    for (const set of others) expect(await on(set), set).toMatchObject({ sound: false, place: "server srv_1" });
    expect(await on("credential = NULL")).toMatchObject({ sound: true });
  });

  it("whom an agent is below, until when and for what", async () => {
    const on = async (set: string) =>
      await found(
        damaged(original, inFolder("damaged.sqlite"), (db) =>
          db.exec(`DROP TRIGGER IF EXISTS agent_below_fixed; UPDATE agent SET ${set} WHERE id = 'agt_scout'`),
        ),
      );
    for (const set of [
      `chain = '[{"id":"agt_other","name":"release-bot"}]'`,
      `chain = '[{"id":"agt_release-bot","name":"other"}]'`,
      "chain = '[]'",
      "ends_at = '2027-11-20T10:30:00.000Z'",
      `scope = '{"servers":null,"tools":null}'`,
      "leaf_index = 5",
    ])
      expect(await on(set), set).toMatchObject({ sound: false });
    expect(await on("stop_number = 1")).toMatchObject({ sound: true });
  });

  it("a passkey's leaf, an agent's, and a policy's", async () => {
    const on = async (sql: string) => await found(damaged(original, inFolder("damaged.sqlite"), (db) => change(db, sql)));
    const { credentialId } = world.passkeys.blair;
    const where = `WHERE credential_id = '${credentialId}'`;
    for (const sql of [
      `UPDATE passkey SET leaf_index = 3 ${where}`,
      `UPDATE passkey SET leaf_index = 9999 ${where}`,
      `UPDATE passkey SET public_key = 'AA' ${where}`,
      `UPDATE passkey SET alg = -7 ${where}`,
      `UPDATE passkey SET person_id = 'usr_alex' ${where}`,
    ]) {
      expect(await on(sql)).toMatchObject({ sound: false, place: `passkey ${credentialId}` });
    }
    for (const sql of [
      "UPDATE agent SET leaf_index = 5",
      "UPDATE agent SET name = 'other'",
      "UPDATE agent SET owner = 'usr_blair'",
      "UPDATE agent SET groups = '[]'",
      "UPDATE agent SET changes = 2",
    ]) {
      expect(await on(sql)).toMatchObject({ sound: false, place: "agent agt_release-bot" });
    }
    const nobodys =
      "INSERT INTO agent (id, name, owner, key_hash, created_at, leaf_index) SELECT 'agt_made-up', name, owner, 'another hash', created_at, leaf_index FROM agent WHERE chain IS NULL";
    expect(await on(nobodys)).toMatchObject({ sound: false, place: "agent agt_made-up" });
    for (const sql of ["leaf_index = 5", "number = 1", "agent_id = 'agt_scout'", "ends_at = '2026-11-21T09:30:00.001Z'"]) {
      expect(await on(`UPDATE agent_old_key SET ${sql} WHERE number = 2`)).toMatchObject({
        sound: false,
        place: "agent_old_key hash of key 2",
      });
    }
    for (const sql of [
      "UPDATE policy SET leaf_index = 13",
      "UPDATE policy SET hash = 'AA'",
      `UPDATE policy SET document = '{"rules":[{}],"type":"countersign/policy@v1"}'`,
    ]) {
      expect(await on(sql)).toMatchObject({ sound: false, place: "policy 1" });
    }
    expect(await on("UPDATE policy SET version = 2")).toMatchObject({ sound: false, place: "policy 2" });
    const inFile = damaged(original, inFolder("damaged.sqlite"), (db) =>
      db.exec("DROP TRIGGER IF EXISTS policy_update; UPDATE policy SET version = 2"),
    );
    expect(await found(exported(inFile, inFolder("damaged.sql")))).toMatchObject({ sound: false, place: "policy 2" });
    // Before there were policies, agents were made and not changed.
    const made = "(SELECT idx FROM log_leaf WHERE idem = agent.id || ':created')";
    const older = damaged(original, inFolder("damaged.sqlite"), (db) =>
      db.exec(`DROP TABLE policy; UPDATE agent SET leaf_index = ${made} WHERE changes > 0`),
    );
    expect(await found(older)).toMatchObject({ sound: true });
  });
});

describe("in a log of 66,000 leaves", () => {
  const large = inFolder("large.sqlite");
  beforeAll(() => {
    const all = [...leaves, ...Array.from({ length: 66_000 - SIZE }, (_, i) => filler(SIZE + i))];
    const database = new LogDatabase(large);
    database.append(...all.slice(0, 1));
    while (database.tree.size < all.length) database.append(...all.slice(database.tree.size, database.tree.size + 6_000));
    database.close();
  });

  const TILES: [string, number, string][] = [
    ["tile 2/0", 0, "level = 2"],
    ["tile 1/0", 200, "level = 1 AND n = 0"],
    ["tile 1/1", 0, "level = 1 AND n = 1"],
  ];

  it.each(oneIn(3, TILES))("%s is made again too", async (place, hash, where) => {
    const file = damaged(large, inFolder("damaged.sqlite"), (db) =>
      flip(db, { table: "log_tile", column: "hashes", where, byte: hash * 32 }),
    );
    expect(await found(file)).toEqual({ sound: false, place, message: `its hash ${hash} is not that of the leaves under it` });
  });

  it("everything fits", async () => {
    expect((await run(large)).stdout).toContain("66,000, of which 0 are erased\n  Made again 261 tiles, 12 heads");
  });
});

describe("a log that is wrong in itself, although every hash in it fits", () => {
  const withRecord = (members: object) => (leaf: DatabaseLeaf) => ({
    ...leaf,
    sealed: { ...leaf.sealed, record: { ...leaf.sealed.record, ...members } as LogRecord },
  });

  const withCalls = (members: { from: number; to?: number }) => (leaf: DatabaseLeaf) => ({
    ...withRecord(members)(leaf),
    idem: `calls:agt_release-bot:${members.from}`,
  });

  it.each<[string, string, RegExp, Record<number, (leaf: DatabaseLeaf) => DatabaseLeaf>]>([
    [
      "the name of another log in a record",
      "leaf 60",
      /it is of the log other.example.com\/log/,
      { 60: withRecord({ log: "other.example.com/log" }) },
    ],
    ["a kind that there is not", "leaf 60", /no kind that this version knows/, { 60: withRecord({ kind: "agent.promoted" }) }],
    ["a member that does not belong", "leaf 60", /not as its kind has to be: more/, { 60: withRecord({ more: 1 }) }],
    [
      "a second genesis",
      "leaf 60",
      /there is no log.genesis/,
      { 60: (leaf) => ({ ...leaf, idem: "genesis-2", sealed: leaves[0]?.sealed ?? leaf.sealed }) },
    ],
    ["no genesis", "leaf 0", /there is no agent.revoked/, { 0: () => filler(5_000) }],
    [
      "a key of another log in genesis",
      "leaf 0",
      /no key of this log/,
      { 0: withRecord({ vkey: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" }) },
    ],
    ["a rotation from another key", "leaf 13", /the log's key before it is another one/, { 13: withRecord({ old_vkey: "x" }) }],
    ["a rotation to no key", "leaf 13", /no key of this log/, { 13: withRecord({ new_vkey: "x" }) }],
    ["a rotation counted wrongly", "leaf 13", /has the key key.rotated:1/, { 13: (leaf) => ({ ...leaf, idem: "key.rotated:2" }) }],
    ["a change of a server as its addition", "leaf 30", /none of a change of srv_1/, { 30: (leaf) => ({ ...leaf, idem: "srv_1:1x" }) }],
    ["a change under the key of another server", "leaf 30", /none of a change of srv_1/, { 30: (leaf) => ({ ...leaf, idem: "srv_2:2" }) }],
    ["accepted tools under the key of a change", "leaf 29", /none of tools of srv_1/, { 29: (leaf) => ({ ...leaf, idem: "srv_1:3" }) }],
    [
      "calls under the key of others",
      "leaf 33",
      /has the key calls:agt_release-bot:1/,
      { 33: (leaf) => ({ ...leaf, idem: "calls:agt_release-bot:2" }) },
    ],
    ["calls that end before they begin", "leaf 34", /ends with call 12, before it begins/, { 34: withCalls({ from: 13, to: 12 }) }],
    ["an agent's first calls missing", "leaf 33", /call 1 is in no leaf before it/, { 33: withCalls({ from: 2 }) }],
    ["calls that are missing between two others", "leaf 34", /call 13 is in no leaf before it/, { 34: withCalls({ from: 14, to: 14 }) }],
    ["calls that are there twice", "leaf 34", /has the calls before 13 already/, { 34: withCalls({ from: 12 }) }],
  ])("%s", async (name, place, message, changed) => {
    const result = await found(rebuilt(`rebuilt ${name}.sqlite`, changed));
    expect(result).toMatchObject({ sound: false, place });
    expect(result.message).toMatch(message);
  });
});

describe("calls of an agent", () => {
  const [calls] = [33];

  it("whose record is erased count by their key: what follows may begin anywhere after it, and not before", async () => {
    const erased = (name: string, from: number): string => {
      const next = (leaf: DatabaseLeaf) => ({
        idem: `calls:agt_release-bot:${from}`,
        sealed: { ...leaf.sealed, record: { ...leaf.sealed.record, from, to: 20 } as LogRecord },
      });
      return damaged(rebuilt(`whole ${name}`, { [calls + 1]: next }), inFolder(name), (sqlite) => {
        sqlite.exec("DROP TABLE withheld_leaf");
        change(sqlite, "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = ?", calls);
      });
    };
    expect(await found(erased("erased-13.sqlite", 13))).toMatchObject({ sound: true });
    expect(await found(erased("erased-2.sqlite", 2))).toMatchObject({ sound: true });
    const twice = damaged(original, inFolder("erased-twice.sqlite"), (sqlite) => {
      sqlite.exec("DROP TABLE withheld_leaf");
      change(sqlite, "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx IN (?, ?)", calls, calls + 1);
      change(sqlite, "UPDATE log_leaf SET idem = 'x' WHERE idx = ?", calls);
      change(sqlite, "UPDATE log_leaf SET idem = 'calls:agt_release-bot:14' WHERE idx = ?", calls);
    });
    expect(await found(twice)).toMatchObject({ sound: false, place: `leaf ${calls}`, message: /call 1 is in no leaf before it/ });
  });

  it("go on where they were in a log that follows another", async () => {
    const file = damaged(original, inFolder("followed.sqlite"), (sqlite) => change(sqlite, "UPDATE log SET state = 'frozen'"));
    const origin = "gate.example.com/log/2";
    const second = new LogDatabase(file, { origin, logId: 2 });
    const [genesis] = leaves;
    const vkey = makeVkey(origin, world.signer.publicKey);
    const following = { ...genesis?.sealed.record, log: origin, vkey, previous: checkpoint } as LogRecord;
    const batch = (from: number): DatabaseLeaf => ({
      idem: `calls:agt_release-bot:${from}`,
      sealed: { record: { ...leaves[calls]?.sealed.record, log: origin, from, to: from } as LogRecord, salt: genesis?.sealed.salt ?? "" },
    });
    second.append({ idem: "genesis", sealed: { record: following, salt: genesis?.sealed.salt ?? "" } }).append(batch(14), batch(15));
    expect(await found(file)).toMatchObject({ sound: true });
    second.append(batch(17)).close();
    expect(await found(file)).toMatchObject({ sound: false, place: `${origin}, leaf 3`, message: /call 16 is in no leaf/ });
  });
});

describe("--checkpoint", () => {
  const file = (content: string): string => {
    writeFileSync(inFolder("checkpoint"), content);
    return inFolder("checkpoint");
  };
  const rootAt = (size: number): Uint8Array<ArrayBuffer> =>
    appendLeaves(
      treeFromEdge(0, []),
      leaves.slice(0, size).map(({ sealed }) => leafHash(leafEntry(sealed.record, sealed.salt))),
    ).tree.root;
  const signed = (size: number, root: Uint8Array<ArrayBuffer>, signer: Signer = nextKey, origin = LOG_ORIGIN) =>
    signNote(formatCheckpoint({ origin, size, root }), [signer]);

  it("of the log holds, whichever of its keys has signed, at any size", async () => {
    expect((await run(original, "--checkpoint", file(checkpoint))).exitCode).toBe(0);
    expect((await run(original, "--checkpoint", file(await signed(7, rootAt(7), world.signer)))).exitCode).toBe(0);
  });

  it("of a log that has gone back, or has another history, is held against the database", async () => {
    const larger = await signed(SIZE + 1, rootAt(SIZE));
    expect(await found(original, "--checkpoint", file(larger))).toMatchObject({
      sound: false,
      place: "checkpoint",
      message: /signed for 301 leaves, and this database has 300/,
    });
    const other = await signed(200, rootAt(199));
    expect(await found(original, "--checkpoint", file(other))).toMatchObject({
      sound: false,
      place: "checkpoint",
      message: /another root at 200 leaves/,
    });
    const stranger = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(77));
    expect(await found(original, "--checkpoint", file(await signed(200, rootAt(200), stranger)))).toMatchObject({
      place: "checkpoint",
      message: /not signed by any key/,
    });
    const elsewhere = await makeSigner("other.example.com/log", new Uint8Array(32).fill(77));
    const foreign = await signed(200, rootAt(200), elsewhere, "other.example.com/log");
    expect(await found(original, "--checkpoint", file(foreign))).toMatchObject({
      place: "checkpoint",
      message: /this database does not have/,
    });
  });

  it("may be the newest one that a log serves", async () => {
    const log = new ServedLog(LOG_ORIGIN, nextKey).append(...leaves.map(({ sealed }) => leafEntry(sealed.record, sealed.salt)));
    const service = await stubService((request) => log.answer(request));
    expect((await run(original, "--checkpoint", `${service.url}/log`)).exitCode).toBe(0);
    expect((await run(original, "--checkpoint", service.url)).exitCode).toBe(0);
    service.close();
    expect((await run(original, "--checkpoint", `${service.url}/log`)).exitCode).toBe(2);
  });
});

describe("a log that grows while it is read", () => {
  /** Reads as from a service that runs: `between` happens after the first page has been read. */
  async function whileReading(between: (database: LogDatabase) => void) {
    const file = inFolder(`growing ${Math.random()}.sqlite`);
    const growing = new LogDatabase(file);
    fill(growing, leaves.slice(0, 270));
    const sqlite = new DatabaseSync(file);
    let reads = 0;
    const database: Database = {
      pageLeaves: 256,
      isLive: true,
      read: (statements) => {
        if (++reads === 3) between(growing);
        return Promise.resolve(statements.map((statement) => sqlite.prepare(statement).all()));
      },
      close: () => undefined,
    };
    const checked = await checkLog(
      database,
      { id: 1, origin: LOG_ORIGIN, state: "active" },
      { rootsAt: [], notesWithheld: true, onProgress: () => undefined },
    );
    sqlite.close();
    growing.close();
    return checked;
  }

  it("is sound as far as it was read", async () => {
    const checked = await whileReading((growing) => growing.append(...leaves.slice(270, 290)));
    expect(checked).toMatchObject({ ok: true, value: { size: 270 } });
  });

  it("is not excused what was wrong before", async () => {
    const checked = await whileReading((growing) => {
      growing.append(...leaves.slice(270, 290));
      growing.exec("DROP TRIGGER log_tile_update; UPDATE log_tile SET hashes = zeroblob(64) WHERE level = 1");
    });
    expect(checked).toMatchObject({ ok: false, refusal: { place: "tile 1/0" } });
  });

  it("has to have grown for more than was read to be there", async () => {
    const checked = await whileReading((growing) =>
      growing.exec("DROP TRIGGER log_tile_update; UPDATE log_tile SET hashes = CAST(hashes || hashes AS BLOB) WHERE level = 1"),
    );
    expect(checked).toMatchObject({ ok: false, refusal: { place: "tile 1/0" } });
  });
});

describe("what cannot be read is unusable, and never sound", () => {
  it.each<[string, () => string[]]>([
    ["no file named", () => []],
    ["two places", () => [original, "--local"]],
    ["two files", () => [original, original]],
    ["a state folder of no service", () => [original, "--state-dir", folder]],
    ["an unknown option", () => [original, "--repair"]],
    ["a file that is not there", () => [inFolder("nothing")]],
    ["a folder of no service", () => ["--local", "--state-dir", folder]],
    ["a configuration that is not there", () => ["--remote", "--config", inFolder("nothing")]],
    ["a configuration of no deployment", () => ["--local", "--config", original]],
    ["a file of something else", () => [writeFileSync(inFolder("text"), "hello\n"), inFolder("text")].slice(1) as string[]],
    ["a database of something else", () => [damaged(original, inFolder("no-log.sqlite"), (db) => db.exec("DROP TABLE log_head"))]],
    [
      "an export that ends too early",
      () => {
        const sql = readFileSync(exported(original, inFolder("whole.sql")), "utf8");
        writeFileSync(inFolder("cut.sql"), sql.slice(0, sql.indexOf("agt_200")));
        return [inFolder("cut.sql")];
      },
    ],
    ["a checkpoint that is none", () => [original, "--checkpoint", original]],
  ])("%s", async (_, args) => {
    const { exitCode, stdout, stderr } = await run(...args());
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^countersign fsck: /);
  });
});
