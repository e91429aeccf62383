-- Requests that are over for ever: their objects are emptied, and what is left of them is in the archive. An emptied object looks like
-- one that never was, so this table says which ids are spent. It only ever grows.

CREATE TABLE request_over (
  id TEXT PRIMARY KEY,
  at TEXT NOT NULL                        -- when the archive had all of it
) STRICT, WITHOUT ROWID;

-- Over is only what the log has the end of, whoever says otherwise. (CROSS JOIN: one search a log, instead of a look at every leaf.) A second time changes nothing, by REPLACE neither.
CREATE TRIGGER request_over_insert BEFORE INSERT ON request_over
WHEN NOT EXISTS (SELECT 1 FROM log CROSS JOIN log_leaf ON log_leaf.log_id = log.id AND log_leaf.idem = NEW.id || ':final')
BEGIN SELECT RAISE(ABORT, 'request_over: no log has the end of this request'); END;
CREATE TRIGGER request_over_again BEFORE INSERT ON request_over
WHEN EXISTS (SELECT 1 FROM request_over WHERE id = NEW.id)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER request_over_update BEFORE UPDATE ON request_over
BEGIN SELECT RAISE(ABORT, 'request_over: what is over stays so'); END;

CREATE TRIGGER request_over_delete BEFORE DELETE ON request_over
BEGIN SELECT RAISE(ABORT, 'request_over: what is over stays so'); END;

-- Every request is listed before it is opened. One that is over, or whose end a log has, is not listed again: no error, and no row.
-- By the table itself, so that a version that knows nothing of the archive opens none either; and by the log too, so that a database
-- put back in time whose log is whole forgets none.
CREATE TRIGGER approval_not_over BEFORE INSERT ON approval
WHEN EXISTS (SELECT 1 FROM request_over WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM log CROSS JOIN log_leaf ON log_leaf.log_id = log.id AND log_leaf.idem = NEW.id || ':final')
BEGIN SELECT RAISE(IGNORE); END;

-- How far the cron has looked for what ended long ago and is not in the archive, in the order of `approval`. One row.
CREATE TABLE archive_round (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
  agent_id TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  id TEXT NOT NULL
) STRICT;
INSERT INTO archive_round VALUES (1, '', '', '');
