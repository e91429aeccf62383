-- The transparency log: leaves, tiles and heads, which only ever grow. The triggers refuse everything else, so that a
-- second writer, a retry or a bug cannot make two trees of one size. They guard against mistakes, not against whoever
-- may change the schema. Whatever breaks in these tables is named "log_…" or "log.…": that tells it from what else a batch holds.
-- WITHOUT ROWID: a leaf then costs four written rows (leaf, key, tile, head). Several writers are refused, not queued.
-- INSERT OR REPLACE fires no DELETE trigger, so each INSERT trigger refuses a row that is there already.

CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,            -- first line of its checkpoints, name of its key
  state TEXT NOT NULL,
  created_at TEXT NOT NULL,
  CONSTRAINT log_state CHECK (state IN ('active', 'frozen'))
) STRICT;
-- People, agents and approvals point into one log by leaf index alone.
CREATE UNIQUE INDEX log_only_one_active ON log (state) WHERE state = 'active';

CREATE TABLE log_leaf (
  log_id INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  idem TEXT NOT NULL,                     -- the idempotency key: one leaf for each, for ever
  entry BLOB NOT NULL,
  record TEXT,                            -- canonical JSON; NULL once erased
  salt TEXT,                              -- base64url; erased with the record
  PRIMARY KEY (log_id, idx),
  CONSTRAINT log_leaf_entry CHECK (length(entry) = 33),
  CONSTRAINT log_leaf_sealed CHECK ((record IS NULL) = (salt IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX log_leaf_by_idem ON log_leaf (log_id, idem);

CREATE TABLE log_tile (
  log_id INTEGER NOT NULL,
  level INTEGER NOT NULL,
  n INTEGER NOT NULL,
  hashes BLOB NOT NULL,                   -- 1 to 256 hashes
  PRIMARY KEY (log_id, level, n),
  CONSTRAINT log_tile_place CHECK (level BETWEEN 0 AND 6 AND n >= 0),
  CONSTRAINT log_tile_width CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_head (
  log_id INTEGER NOT NULL,
  size INTEGER NOT NULL,
  previous_size INTEGER NOT NULL,
  root BLOB NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (log_id, size),
  CONSTRAINT log_head_grows CHECK (previous_size >= 0 AND previous_size < size),
  CONSTRAINT log_head_root CHECK (length(root) = 32)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER log_insert BEFORE INSERT ON log
WHEN EXISTS (SELECT 1 FROM log WHERE id = NEW.id OR origin = NEW.origin OR (state = 'active' AND NEW.state = 'active'))
BEGIN SELECT RAISE(ABORT, 'log_: this log exists already, or another is active'); END;

CREATE TRIGGER log_update BEFORE UPDATE ON log
WHEN NOT (NEW.id = OLD.id AND NEW.origin = OLD.origin AND NEW.created_at = OLD.created_at AND NEW.state = 'frozen')
BEGIN SELECT RAISE(ABORT, 'log_: a log may be frozen and nothing else'); END;

CREATE TRIGGER log_delete BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'log_: a log is never deleted'); END;

CREATE TRIGGER log_leaf_insert BEFORE INSERT ON log_leaf
WHEN NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM log_leaf WHERE log_id = NEW.log_id)
  OR EXISTS (SELECT 1 FROM log_leaf WHERE log_id = NEW.log_id AND idem = NEW.idem)
BEGIN SELECT RAISE(ABORT, 'log_leaf: not the next index, or the key has a leaf already'); END;

-- Genesis names the log's key and is never erased.
CREATE TRIGGER log_leaf_update BEFORE UPDATE ON log_leaf
WHEN NOT (
  NEW.log_id = OLD.log_id AND NEW.idx = OLD.idx AND NEW.idem = OLD.idem AND NEW.entry = OLD.entry
  AND NEW.record IS NULL AND NEW.salt IS NULL AND OLD.idx > 0
)
BEGIN SELECT RAISE(ABORT, 'log_leaf: record and salt may be erased together and nothing else'); END;

CREATE TRIGGER log_leaf_delete BEFORE DELETE ON log_leaf
BEGIN SELECT RAISE(ABORT, 'log_leaf: a leaf is never deleted'); END;

CREATE TRIGGER log_tile_insert BEFORE INSERT ON log_tile
WHEN EXISTS (SELECT 1 FROM log_tile WHERE log_id = NEW.log_id AND level = NEW.level AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'log_tile: this tile exists already'); END;

CREATE TRIGGER log_tile_update BEFORE UPDATE ON log_tile
WHEN NOT (
  NEW.log_id = OLD.log_id AND NEW.level = OLD.level AND NEW.n = OLD.n
  AND length(NEW.hashes) > length(OLD.hashes) AND substr(NEW.hashes, 1, length(OLD.hashes)) = OLD.hashes
)
BEGIN SELECT RAISE(ABORT, 'log_tile: a tile only grows'); END;

CREATE TRIGGER log_tile_delete BEFORE DELETE ON log_tile
BEGIN SELECT RAISE(ABORT, 'log_tile: a tile is never deleted'); END;

-- Compare and swap: the last statement of an append, so that everything it stands for is there.
CREATE TRIGGER log_head_insert BEFORE INSERT ON log_head
WHEN NOT EXISTS (SELECT 1 FROM log WHERE id = NEW.log_id AND state = 'active')
  OR NEW.previous_size <> (SELECT coalesce(max(size), 0) FROM log_head WHERE log_id = NEW.log_id)
  OR NEW.size <> (SELECT coalesce(max(idx) + 1, 0) FROM log_leaf WHERE log_id = NEW.log_id)
  OR NOT EXISTS (
    SELECT 1 FROM log_tile WHERE log_id = NEW.log_id AND level = 0
    AND n = (NEW.size - 1) / 256 AND length(hashes) = 32 * ((NEW.size - 1) % 256 + 1)
  )
BEGIN SELECT RAISE(ABORT, 'log_head: not the head to build on, or not what was built'); END;

CREATE TRIGGER log_head_update BEFORE UPDATE ON log_head
BEGIN SELECT RAISE(ABORT, 'log_head: a head is never changed'); END;

CREATE TRIGGER log_head_delete BEFORE DELETE ON log_head
BEGIN SELECT RAISE(ABORT, 'log_head: a head is never deleted'); END;
