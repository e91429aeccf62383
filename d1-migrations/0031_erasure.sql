-- People who are erased: with a leaf that admins have signed for, what names them is overwritten here, and the records that name them are
-- withheld: taken out of the log's rows together with their salts, while their leaves stay.

ALTER TABLE person ADD COLUMN erased_at TEXT;   -- NULL: not erased

-- How far the cron has looked for records that name somebody who is erased. It goes on for a while after the end of the log is reached:
-- what was under way with their signature then ends in leaves that come later.
CREATE TABLE erasure (
  person_id TEXT PRIMARY KEY REFERENCES person (id),
  at TEXT NOT NULL,
  leaf_index INTEGER NOT NULL,            -- of its person.erased record
  log_id INTEGER NOT NULL,                -- the next leaf to look at
  idx INTEGER NOT NULL,
  done_at TEXT                            -- NULL: the cron goes on looking
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_under_way ON erasure (at) WHERE done_at IS NULL;
CREATE TRIGGER erasure_again BEFORE INSERT ON erasure WHEN EXISTS (SELECT 1 FROM erasure WHERE person_id = NEW.person_id)
BEGIN SELECT RAISE(ABORT, 'erasure: who is erased stays so'); END;
CREATE TRIGGER erasure_delete BEFORE DELETE ON erasure
BEGIN SELECT RAISE(ABORT, 'erasure: who is erased stays so'); END;

-- Which records are withheld, and why: noted before it is done, so that nothing is missing from the log without a reason. For an erasure;
-- because a public reveal was taken back (docs/operations.md, "Public reveal"); or earlier, when no reason was noted.
CREATE TABLE withheld_leaf (
  log_id INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  person_id TEXT REFERENCES erasure (person_id), -- whose erasure; NULL for the other reasons
  withheld_at TEXT,                       -- NULL: it is due
  reason TEXT NOT NULL DEFAULT 'erasure',
  PRIMARY KEY (log_id, idx),
  CONSTRAINT withheld_leaf_reason CHECK (reason IN ('erasure', 'reveal', 'earlier') AND (reason = 'erasure') = (person_id IS NOT NULL)),
  CONSTRAINT withheld_leaf_due_for_erasure CHECK (reason = 'erasure' OR withheld_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX withheld_leaf_due ON withheld_leaf (log_id, idx) WHERE withheld_at IS NULL;

-- What was erased by hand before, as 0001 allowed.
INSERT INTO withheld_leaf (log_id, idx, withheld_at, reason)
SELECT log_id, idx, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'earlier' FROM log_leaf WHERE record IS NULL AND idx > 0;

-- Only for somebody whose erasure is in a log, and only what names that person.
CREATE TRIGGER withheld_leaf_insert BEFORE INSERT ON withheld_leaf
WHEN NEW.reason = 'erasure' AND (
  NOT EXISTS (SELECT 1 FROM log CROSS JOIN log_leaf ON log_leaf.log_id = log.id AND log_leaf.idem = NEW.person_id || ':erased')
  OR NOT EXISTS (
    SELECT 1 FROM log_leaf WHERE log_id = NEW.log_id AND idx = NEW.idx AND idx > 0 AND idem NOT GLOB 'key.rotated:*'
    AND instr(record, '{"id":"' || NEW.person_id || '","username":') > 0
  )
)
BEGIN SELECT RAISE(ABORT, 'withheld_leaf: no log has that erasure, or the record does not name the person'); END;
-- Only what is public: the approval of a request that asked for it.
CREATE TRIGGER withheld_leaf_reveal BEFORE INSERT ON withheld_leaf
WHEN NEW.reason <> 'erasure' AND (
  NEW.reason <> 'reveal'
  OR NOT EXISTS (
    SELECT 1 FROM log_leaf WHERE log_id = NEW.log_id AND idx = NEW.idx AND idem GLOB 'apr_*:final'
    AND record ->> '$.kind' = 'approval.approved' AND record -> '$.request.context.reveal' = 'true'
  )
)
BEGIN SELECT RAISE(ABORT, 'withheld_leaf: only the approval of a public request is taken back'); END;
CREATE TRIGGER withheld_leaf_again BEFORE INSERT ON withheld_leaf
WHEN EXISTS (SELECT 1 FROM withheld_leaf WHERE log_id = NEW.log_id AND idx = NEW.idx)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER withheld_leaf_update BEFORE UPDATE ON withheld_leaf
WHEN OLD.withheld_at IS NOT NULL OR NEW.withheld_at IS NULL OR NEW.log_id <> OLD.log_id OR NEW.idx <> OLD.idx OR NEW.person_id IS NOT OLD.person_id OR NEW.reason <> OLD.reason
BEGIN SELECT RAISE(ABORT, 'withheld_leaf: what is due is withheld, once, and nothing else of it changes'); END;
CREATE TRIGGER withheld_leaf_delete BEFORE DELETE ON withheld_leaf
BEGIN SELECT RAISE(ABORT, 'withheld_leaf: the reason stays as long as the leaf'); END;

-- What 0001 allows of every record but that of genesis is from now on allowed of those alone that have their reason noted.
DROP TRIGGER log_leaf_update;
CREATE TRIGGER log_leaf_update BEFORE UPDATE ON log_leaf
WHEN NOT (
  NEW.log_id = OLD.log_id AND NEW.idx = OLD.idx AND NEW.idem = OLD.idem AND NEW.entry = OLD.entry
  AND NEW.record IS NULL AND NEW.salt IS NULL AND OLD.idx > 0
  AND EXISTS (SELECT 1 FROM withheld_leaf WHERE log_id = OLD.log_id AND idx = OLD.idx)
)
BEGIN SELECT RAISE(ABORT, 'log_leaf: record and salt may be erased together and nothing else'); END;

-- Nobody comes back: neither with roles or a name, nor with a passkey.
CREATE TRIGGER person_erased BEFORE UPDATE ON person WHEN OLD.erased_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'person: who is erased stays so'); END;
CREATE TRIGGER passkey_of_erased BEFORE INSERT ON passkey
WHEN EXISTS (SELECT 1 FROM person WHERE id = NEW.person_id AND erased_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'person: who is erased stays so'); END;
CREATE TRIGGER waiting_passkey_of_erased BEFORE INSERT ON waiting_passkey
WHEN EXISTS (SELECT 1 FROM person WHERE id = NEW.person_id AND erased_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'person: who is erased stays so'); END;

-- As in 0019, but that whom a grant acted as may be forgotten once it has ended.
DROP TRIGGER server_grant_again;
CREATE TRIGGER server_grant_again BEFORE UPDATE ON server_grant
WHEN NEW.id <> OLD.id OR NEW.server_id <> OLD.server_id OR NEW.owner IS NOT OLD.owner OR NEW.issuer <> OLD.issuer
  OR (NEW.account IS NOT OLD.account AND (NEW.account IS NOT NULL OR OLD.ended_at IS NULL))
  OR NEW.terms <> OLD.terms OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at)
BEGIN SELECT RAISE(ABORT, 'server_grant: what was signed for stays, and what has ended does not come back'); END;
