-- Connectors: ways to servers that speak stdio or are in a private network. Made and revoked with a leaf of the log. A row stays when it is
-- revoked: neither its id nor its key is ever another's.
CREATE TABLE connector (
  id TEXT PRIMARY KEY,                    -- con_…
  name TEXT NOT NULL,                     -- free again once it is revoked
  server TEXT NOT NULL,                   -- name of the one server that it may be the way to
  key_hash TEXT NOT NULL UNIQUE,          -- SHA-256 of its key, hexadecimal
  maker TEXT NOT NULL REFERENCES person (id),
  created_at TEXT NOT NULL,
  revoked_at TEXT,
  leaf_index INTEGER NOT NULL             -- of its connector.created record
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX connector_by_name ON connector (name) WHERE revoked_at IS NULL;
CREATE TRIGGER connector_again BEFORE INSERT ON connector WHEN EXISTS (SELECT 1 FROM connector WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'connector: an id is never given twice'); END;
CREATE TRIGGER connector_delete BEFORE DELETE ON connector
BEGIN SELECT RAISE(ABORT, 'connector: an id is never given twice'); END;
CREATE TRIGGER connector_fixed BEFORE UPDATE ON connector
WHEN OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL OR NEW.id <> OLD.id OR NEW.name <> OLD.name OR NEW.server <> OLD.server
  OR NEW.key_hash <> OLD.key_hash OR NEW.maker <> OLD.maker OR NEW.created_at <> OLD.created_at OR NEW.leaf_index <> OLD.leaf_index
BEGIN SELECT RAISE(ABORT, 'connector: only revoking changes it, once'); END;
