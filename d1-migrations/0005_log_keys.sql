-- A log names its keys in genesis and, when one takes the place of another, in a leaf under the key `key.rotated:<n>`, counted
-- from 1. Whoever opens the log needs all of them, so none is ever erased.
DROP TRIGGER log_leaf_update;
CREATE TRIGGER log_leaf_update BEFORE UPDATE ON log_leaf
WHEN NOT (
  NEW.log_id = OLD.log_id AND NEW.idx = OLD.idx AND NEW.idem = OLD.idem AND NEW.entry = OLD.entry
  AND NEW.record IS NULL AND NEW.salt IS NULL AND OLD.idx > 0 AND OLD.idem NOT GLOB 'key.rotated:*'
)
BEGIN SELECT RAISE(ABORT, 'log_leaf: record and salt may be erased together and nothing else'); END;
