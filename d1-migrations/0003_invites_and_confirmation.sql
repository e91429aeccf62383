-- How people get in after the first: invites, passkeys that wait for an admin's signature, and signatures that wait for another's.

ALTER TABLE passkey ADD COLUMN name TEXT NOT NULL DEFAULT '';   -- the person's own word for it

CREATE TABLE invite (
  id TEXT PRIMARY KEY,
  code_hash TEXT NOT NULL UNIQUE,         -- SHA-256 of the code, hexadecimal
  person_id TEXT REFERENCES person (id),  -- somebody known who gets another passkey; NULL for somebody new
  username TEXT,                          -- NULL: theirs to choose
  display_name TEXT,
  roles TEXT NOT NULL,                    -- JSON list; theirs only once an admin has signed for them
  groups TEXT NOT NULL,                   -- JSON list
  invited_by TEXT NOT NULL REFERENCES person (id),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at TEXT
) STRICT, WITHOUT ROWID;

-- A passkey that was made and can do nothing yet. It is in no log: signed for, it moves to passkey; otherwise it is discarded.
CREATE TABLE waiting_passkey (
  credential_id TEXT PRIMARY KEY,         -- base64url
  person_id TEXT NOT NULL,                -- in person, or of somebody new
  username TEXT NOT NULL,
  display_name TEXT NOT NULL,
  roles TEXT NOT NULL,                    -- JSON list, for somebody new
  groups TEXT NOT NULL,                   -- JSON list, for somebody new
  name TEXT NOT NULL,
  public_key TEXT NOT NULL,               -- COSE_Key, base64url
  alg INTEGER NOT NULL,
  sign_count INTEGER NOT NULL,
  backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
  transports TEXT NOT NULL,               -- JSON list
  invited_by TEXT REFERENCES person (id), -- NULL: added by the person, signed in
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_passkey_by_person ON waiting_passkey (person_id);
CREATE INDEX waiting_passkey_by_username ON waiting_passkey (username);

-- An admin's signature that waits for another admin's under the same operation and parameters.
CREATE TABLE proposal (
  operation_hash TEXT NOT NULL,           -- SHA-256 of operation and parameters, hexadecimal
  admin_id TEXT NOT NULL REFERENCES person (id),
  nonce TEXT NOT NULL,                    -- of the signed statement
  authorisation TEXT NOT NULL,            -- canonical JSON of one member of a record's authorised_by
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  PRIMARY KEY (operation_hash, admin_id)
) STRICT, WITHOUT ROWID;

-- Admins who can sign now, and with what.
CREATE VIEW admin_passkey AS
SELECT passkey.credential_id, person.id AS person_id
FROM person JOIN passkey ON passkey.person_id = person.id
WHERE passkey.revoked_at IS NULL AND EXISTS (SELECT 1 FROM json_each(person.roles) WHERE value = 'admin');

-- What must hold in a batch. Inserting here stores nothing; unless `holds` is true the whole batch is refused, by that name.
CREATE VIEW batch_condition AS SELECT '' AS name, 0 AS holds WHERE 0;
CREATE TRIGGER batch_condition_insert INSTEAD OF INSERT ON batch_condition WHEN NEW.holds IS NOT 1
BEGIN
  SELECT CASE NEW.name
    WHEN 'admins_remain' THEN RAISE(ABORT, 'admins_remain')
    WHEN 'signer_is_admin' THEN RAISE(ABORT, 'signer_is_admin')
    WHEN 'signature_is_kept' THEN RAISE(ABORT, 'signature_is_kept')
    WHEN 'passkey_waits' THEN RAISE(ABORT, 'passkey_waits')
    WHEN 'person_is_as_signed' THEN RAISE(ABORT, 'person_is_as_signed')
    WHEN 'invite_is_open' THEN RAISE(ABORT, 'invite_is_open')
    WHEN 'username_is_free' THEN RAISE(ABORT, 'username_is_free')
    WHEN 'passkey_is_new' THEN RAISE(ABORT, 'passkey_is_new')
    WHEN 'few_wait' THEN RAISE(ABORT, 'few_wait')
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
