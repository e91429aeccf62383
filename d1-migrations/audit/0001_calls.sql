-- What agents did through the gateway: a database of its own (AUDIT), because it is searched by FTS5, and one with such a table cannot be
-- exported. It is derived: what it holds is committed to by the log, in DB, which can tell if something here was changed or taken away.

-- Calls of one agent as they went into the log together, numbered without a gap (docs/formats.md, "Calls").
CREATE TABLE batch (
  agent TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  -- SHA-256 in hexadecimal, over `hashes`.
  root TEXT NOT NULL,
  -- The leaf, `calls.logged`: its record in canonical form, and its salt.
  record TEXT NOT NULL,
  salt TEXT NOT NULL,
  -- b64u of the calls' hashes below the root, 32 bytes each, so that a call can be proved when others are gone.
  hashes TEXT NOT NULL,
  -- Milliseconds since the epoch, of the newest call in it.
  at INTEGER NOT NULL,
  PRIMARY KEY (agent, first)
) WITHOUT ROWID;

-- Two writers for one agent at the same moment: the second learns that its numbers are taken.
CREATE TRIGGER batch_in_order BEFORE INSERT ON batch
WHEN NEW.first <= (SELECT last FROM batch WHERE agent = NEW.agent ORDER BY first DESC LIMIT 1)
  AND NOT EXISTS (SELECT 1 FROM batch WHERE agent = NEW.agent AND first = NEW.first AND last = NEW.last AND root = NEW.root)
BEGIN
  SELECT RAISE(ABORT, 'batch_in_order');
END;

-- One call. Its id is its time and a place within it, so that the order of ids is that of time.
CREATE TABLE call (
  id INTEGER PRIMARY KEY,
  agent TEXT NOT NULL,
  number INTEGER NOT NULL,
  -- As the log commits to it, canonical (countersign/call@v1), and its salt.
  record TEXT NOT NULL,
  salt TEXT NOT NULL,
  -- How it stands by now, and if it had not ended when it was logged, how it ended: members of the record.
  status TEXT NOT NULL,
  ended TEXT,
  session TEXT,
  trace TEXT,
  -- Where something was masked, by what and how often.
  masked TEXT
);
CREATE UNIQUE INDEX call_by_number ON call (agent, number);

-- What is kept of arguments and result, until then (milliseconds since the epoch). `cut`: which of them were too long.
CREATE TABLE content (
  id INTEGER PRIMARY KEY,
  until INTEGER NOT NULL,
  arguments TEXT,
  result TEXT,
  cut TEXT NOT NULL DEFAULT ''
);
CREATE INDEX content_by_end ON content (until);

-- What calls are found by: hashes of what lists are filtered by, and the words of what is kept.
CREATE VIRTUAL TABLE words USING fts5 (terms, text, content = '', contentless_delete = 1);

-- How far the round has come that deletes what is kept long enough.
CREATE TABLE sweep (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), reached INTEGER NOT NULL);
INSERT INTO sweep VALUES (1, 0);
