-- What people have in their inboxes, found without looking at what others have.

-- Who is of which set of people that could decide something. A set is written once, with the first request that names it: so a
-- request costs a row in the index below and no more, however many could decide it. By the table itself, so that requests that a
-- version before lists are in it, too.
CREATE TABLE audience (
  person_id TEXT NOT NULL,
  eligible TEXT NOT NULL,                 -- as in approval
  PRIMARY KEY (person_id, eligible)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER approval_audience AFTER INSERT ON approval
WHEN NOT EXISTS (SELECT 1 FROM audience WHERE person_id = NEW.eligible ->> 0 AND eligible = NEW.eligible)
BEGIN INSERT OR IGNORE INTO audience SELECT value, NEW.eligible FROM json_each(NEW.eligible); END;
INSERT INTO audience SELECT DISTINCT one.value, lists.eligible
FROM (SELECT DISTINCT eligible FROM approval) AS lists, json_each(lists.eligible) AS one;

-- How long it may be open, rounded up: what is still open lies in so many hours before now, at the end of its part of the index.
ALTER TABLE approval ADD COLUMN open_hours INTEGER GENERATED ALWAYS AS (
  CASE
    WHEN unixepoch(expires_at) - unixepoch(requested_at) <= 3600 THEN 1
    WHEN unixepoch(expires_at) - unixepoch(requested_at) <= 86400 THEN 24
    WHEN unixepoch(expires_at) - unixepoch(requested_at) <= 604800 THEN 168
    ELSE 87600
  END
) VIRTUAL;
CREATE INDEX approval_by_audience ON approval (eligible, open_hours, requested_at, id);

-- Who has signed a request that needs more than one signature, told by its object. Gone with its end; none of it decides anything.
CREATE TABLE signed_so_far (
  id TEXT PRIMARY KEY,                    -- of the request
  at TEXT NOT NULL,                       -- of the newest signature, so that nothing older takes its place
  people TEXT NOT NULL                    -- JSON list of person ids
) STRICT, WITHOUT ROWID;
CREATE TRIGGER approval_ended AFTER UPDATE OF ended_at ON approval WHEN NEW.ended_at IS NOT NULL
BEGIN DELETE FROM signed_so_far WHERE id = NEW.id; END;
