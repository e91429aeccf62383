-- What people have signed that waits for others, and what has ended, each found without a look at what else is open for them.

-- Who has signed a request that needs more than one signature: a row for each, told by its object, in the order of lists. Gone with the
-- request's end; none of it decides anything. It takes the place of signed_so_far: what a version before writes there comes here too, but
-- nothing of this goes there, so that such a version shows what was signed meanwhile as if nobody had signed it.
CREATE TABLE signed_by (
  id TEXT NOT NULL,                       -- of the request
  person_id TEXT NOT NULL,
  at TEXT NOT NULL,                       -- of the newest signature when it was told, so that nothing older is told after it
  expires_at TEXT NOT NULL,               -- these three as in approval
  agent_id TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  PRIMARY KEY (id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX signed_by_person ON signed_by (person_id, expires_at, id, agent_id, requested_at);
INSERT OR IGNORE INTO signed_by SELECT open.id, one.value, told.at, open.expires_at, open.agent_id, open.requested_at
FROM approval AS open INDEXED BY approval_waiting CROSS JOIN signed_so_far AS told CROSS JOIN json_each(told.people) AS one
WHERE open.ended_at IS NULL AND told.id = open.id;

CREATE TRIGGER signed_so_far_insert AFTER INSERT ON signed_so_far
BEGIN
  DELETE FROM signed_by WHERE id = NEW.id AND at <= NEW.at;
  INSERT OR IGNORE INTO signed_by SELECT open.id, one.value, NEW.at, open.expires_at, open.agent_id, open.requested_at
  FROM approval AS open INDEXED BY approval_waiting CROSS JOIN json_each(NEW.people) AS one
  WHERE open.ended_at IS NULL AND open.id = NEW.id AND NOT EXISTS (SELECT 1 FROM signed_by WHERE signed_by.id = NEW.id AND signed_by.at > NEW.at);
END;
CREATE TRIGGER signed_so_far_update AFTER UPDATE ON signed_so_far
BEGIN
  DELETE FROM signed_by WHERE id = NEW.id AND at <= NEW.at;
  INSERT OR IGNORE INTO signed_by SELECT open.id, one.value, NEW.at, open.expires_at, open.agent_id, open.requested_at
  FROM approval AS open INDEXED BY approval_waiting CROSS JOIN json_each(NEW.people) AS one
  WHERE open.ended_at IS NULL AND open.id = NEW.id AND NOT EXISTS (SELECT 1 FROM signed_by WHERE signed_by.id = NEW.id AND signed_by.at > NEW.at);
END;

CREATE TRIGGER approval_ended_signed AFTER UPDATE OF ended_at ON approval WHEN NEW.ended_at IS NOT NULL
BEGIN DELETE FROM signed_by WHERE id = NEW.id; END;
CREATE TRIGGER approval_gone_signed AFTER DELETE ON approval WHEN OLD.ended_at IS NULL
BEGIN DELETE FROM signed_by WHERE id = OLD.id AND requested_at = OLD.requested_at; END;
-- It was given more time.
CREATE TRIGGER approval_later_signed AFTER UPDATE OF expires_at ON approval WHEN NEW.ended_at IS NULL
BEGIN UPDATE signed_by SET expires_at = NEW.expires_at WHERE id = NEW.id AND requested_at = NEW.requested_at; END;

-- What has ended, by the people who could decide it: the index of 0009 without what is open, which stood in its way. So asking writes a row
-- less, and the end one more. The column is null of what is open, and otherwise as it was, so that the queries of a version before, which
-- name index and column, are served by it. Nothing is stored of a column that is made of others.
DROP INDEX approval_by_audience;
ALTER TABLE approval DROP COLUMN open_hours;
ALTER TABLE approval ADD COLUMN open_hours INTEGER GENERATED ALWAYS AS (
  CASE
    WHEN ended_at IS NULL THEN NULL
    WHEN unixepoch(expires_at) - unixepoch(requested_at) <= 3600 THEN 1
    WHEN unixepoch(expires_at) - unixepoch(requested_at) <= 86400 THEN 24
    WHEN unixepoch(expires_at) - unixepoch(requested_at) <= 604800 THEN 168
    ELSE 87600
  END
) VIRTUAL;
CREATE INDEX approval_by_audience ON approval (eligible, open_hours, requested_at, id) WHERE open_hours IS NOT NULL;
