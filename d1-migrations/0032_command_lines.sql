-- Sessions of command lines, which a person opens with their passkey and which only read. They are sessions, so that whatever ends those of
-- a person ends these. No cookie opens one: what is hashed is a key of another length (packages/countersign/src/documents/api-key.ts).
ALTER TABLE session ADD COLUMN command_line TEXT;  -- what the machine calls itself; NULL: of a browser
ALTER TABLE session ADD COLUMN ends_at TEXT;       -- when it is over, however much it is used; NULL: as configured

-- Command lines that ask to be let in (RFC 8628): rows that live ten minutes, and are gone once they were collected.
CREATE TABLE pairing (
  device_hash TEXT PRIMARY KEY,           -- SHA-256 of the code that the command line keeps, hexadecimal
  user_code TEXT NOT NULL UNIQUE,         -- what a person types
  name TEXT NOT NULL,                     -- what the machine calls itself
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  refused_at TEXT,
  person_id TEXT REFERENCES person (id),  -- who has let it in; NULL: nobody yet
  credential_id TEXT REFERENCES passkey (credential_id),
  by_session TEXT,                        -- the token hash of the session that they did it in
  session_ends_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX pairing_by_end ON pairing (expires_at);
-- Who has let one in is said once.
CREATE TRIGGER pairing_again BEFORE UPDATE ON pairing WHEN OLD.person_id IS NOT NULL OR OLD.refused_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'pairing: it was answered'); END;
