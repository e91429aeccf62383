-- People, their passkeys and sessions, agents, and the searchable view of approvals.
-- Rows of people, passkeys and agents are written in the batch of the leaf that tells of them (leaf_index).
-- WITHOUT ROWID: a text key then costs one written row, not two.

CREATE TABLE person (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL UNIQUE,          -- never reused, so a row is never deleted
  display_name TEXT NOT NULL,
  roles TEXT NOT NULL,                    -- JSON list of admin, approver, auditor
  groups TEXT NOT NULL,                   -- JSON list of free names
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE passkey (
  credential_id TEXT PRIMARY KEY,         -- base64url
  person_id TEXT NOT NULL REFERENCES person (id),
  public_key TEXT NOT NULL,               -- COSE_Key, base64url
  alg INTEGER NOT NULL,
  sign_count INTEGER NOT NULL,
  backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
  transports TEXT NOT NULL,               -- JSON list
  created_at TEXT NOT NULL,
  revoked_at TEXT,
  leaf_index INTEGER NOT NULL             -- of its passkey.enrolled record
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_by_person ON passkey (person_id);

CREATE TABLE session (
  token_hash TEXT PRIMARY KEY,            -- SHA-256 of the cookie's token, hexadecimal
  person_id TEXT NOT NULL REFERENCES person (id),
  credential_id TEXT NOT NULL REFERENCES passkey (credential_id),
  created_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE spent_nonce (
  nonce TEXT PRIMARY KEY,                 -- base64url of 32 bytes
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  owner TEXT NOT NULL REFERENCES person (id),
  key_hash TEXT NOT NULL UNIQUE,          -- SHA-256 of the API key, hexadecimal
  created_at TEXT NOT NULL,
  revoked_at TEXT,
  leaf_index INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A view for lists, caps and revocation, written with the request and again in the batch of its final leaf. How it ended,
-- the log says. Whether it is approved, its Durable Object says, never this table.
-- The key puts an agent's requests in order of time, so that counting those of a minute takes no further index. An id
-- may be listed twice for a moment, when two calls with one idempotency key race; its object knows which one counts.
CREATE TABLE approval (
  agent_id TEXT NOT NULL REFERENCES agent (id),
  requested_at TEXT NOT NULL,
  id TEXT NOT NULL,
  action TEXT NOT NULL,
  eligible TEXT NOT NULL,                 -- JSON list of person ids
  expires_at TEXT NOT NULL,
  ended_at TEXT,                          -- of its final record
  PRIMARY KEY (agent_id, requested_at, id)
) STRICT, WITHOUT ROWID;
-- Only what is open, which caps keep small, however much has ended before its deadline. By agent, so that asking reads
-- nothing of other agents, nor of what this one asked for long ago.
CREATE INDEX approval_open ON approval (agent_id, expires_at) WHERE ended_at IS NULL;
