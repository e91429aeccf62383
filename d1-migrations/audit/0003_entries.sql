-- The record as it is searched: one row a leaf of the log in DB, which is where it is taken from, and from where all of it can be made
-- again. Calls have no rows here: they stand in `call`, whose order of ids this shares (an entry's is twice as much, and one).

-- How far each log has been taken in, by its origin line: up to, but not with, that index. `at`: milliseconds since the epoch, of the
-- newest leaf so far, for one that does not say when it was. `checked`: from there on the next round looks what was withheld since.
CREATE TABLE copied_log (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,
  reached INTEGER NOT NULL,
  at INTEGER NOT NULL,
  checked INTEGER NOT NULL DEFAULT 0
);

-- `kind` is the record's; `request.asked` stands beside the end of each request, at the time of the ask; `withheld` is one whose record
-- is not kept any more, of which nothing else is known.
CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  log INTEGER NOT NULL,
  leaf INTEGER NOT NULL,
  kind TEXT NOT NULL,
  status TEXT,
  agent TEXT,
  agent_name TEXT,
  -- JSON list of ids.
  people TEXT NOT NULL,
  rule TEXT,
  server TEXT,
  server_name TEXT,
  tool TEXT,
  request TEXT,
  text TEXT NOT NULL
);
CREATE UNIQUE INDEX entry_of_leaf ON entry (log, leaf, kind);

-- What entries are found by, under their ids: hashes of what lists are filtered by, and words.
CREATE VIRTUAL TABLE entry_words USING fts5 (terms, text, content = '', contentless_delete = 1);
