-- MCP servers behind the gate: what admins have signed for, what servers were last seen to be, and how they do.

-- Added, changed and taken away with a leaf of the log. A row stays when its server is removed: its id is never given again.
CREATE TABLE server (
  id TEXT PRIMARY KEY,                    -- srv_…
  name TEXT NOT NULL,                     -- what rules and addresses call it; free again once it is removed
  settings TEXT NOT NULL,                 -- canonical JSON, just as it was signed; nothing in it is secret
  credential TEXT,                        -- sealed by the vault; NULL: none, or taken away
  number INTEGER NOT NULL,                -- how often it was signed for
  acceptances INTEGER NOT NULL DEFAULT 0, -- how often its tools were
  drifted TEXT NOT NULL DEFAULT '[]',     -- JSON list: accepted names that it was seen to list otherwise, or not at all, since they were
  unaccepted TEXT NOT NULL DEFAULT '[]',  -- JSON list: names that it lists and nobody has accepted
  created_at TEXT NOT NULL,
  removed_at TEXT,
  leaf_index INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX server_by_name ON server (name) WHERE removed_at IS NULL;
CREATE TRIGGER server_again BEFORE INSERT ON server WHEN EXISTS (SELECT 1 FROM server WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'server: an id is never given twice'); END;
CREATE TRIGGER server_delete BEFORE DELETE ON server
BEGIN SELECT RAISE(ABORT, 'server: an id is never given twice'); END;
CREATE TRIGGER server_removed BEFORE UPDATE ON server WHEN OLD.removed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'server: what is removed stays so'); END;

-- What of a server may be used: tools, what it says to models, prompts, each by its pin.
CREATE TABLE server_tool (
  server_id TEXT NOT NULL REFERENCES server (id),
  name TEXT NOT NULL,
  pin TEXT NOT NULL,                      -- SHA-256 of the definition, hexadecimal
  definition TEXT NOT NULL,               -- canonical JSON of the pinned members
  leaf_index INTEGER NOT NULL,            -- of the leaf that accepted it last
  PRIMARY KEY (server_id, name)
) STRICT, WITHOUT ROWID;

-- What is to be signed, or waits for signatures, under the hash that is signed. Goes as a policy's draft goes.
CREATE TABLE server_draft (
  operation_hash TEXT PRIMARY KEY,        -- as in `proposal`
  server_id TEXT NOT NULL,
  number INTEGER NOT NULL,                -- of the server, or of its acceptances, once this is signed for
  settings TEXT,                          -- of a server
  credential TEXT,
  tools TEXT,                             -- of an acceptance: canonical JSON of what is accepted, with its definitions
  made_by TEXT NOT NULL REFERENCES person (id),
  made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX server_draft_of ON server_draft (server_id);
CREATE TRIGGER proposal_server_draft AFTER DELETE ON proposal
WHEN NOT EXISTS (SELECT 1 FROM proposal WHERE operation_hash = OLD.operation_hash)
BEGIN DELETE FROM server_draft WHERE operation_hash = OLD.operation_hash; END;

-- What a server was last seen to list, whoever has listed it.
CREATE TABLE server_listed (
  server_id TEXT NOT NULL REFERENCES server (id),
  name TEXT NOT NULL,
  problem TEXT,                           -- why it cannot be accepted, as a code; NULL: it can
  message TEXT,
  pin TEXT,
  definition TEXT,
  PRIMARY KEY (server_id, name)
) STRICT, WITHOUT ROWID;

-- How it does, and how it introduces itself.
CREATE TABLE server_health (
  server_id TEXT PRIMARY KEY REFERENCES server (id),
  listing_hash TEXT,                      -- of what it was last seen to list as a whole: what is the same is not written again
  listed_at TEXT,                         -- when it was last listed
  era TEXT,
  protocol_version TEXT,
  server_info TEXT,                       -- JSON, as the server says
  last_success_at TEXT,
  last_error TEXT,                        -- as a code; never what the server wrote
  last_error_at TEXT,
  latency_ms INTEGER
) STRICT, WITHOUT ROWID;

-- What changes how calls are judged raises the epoch, as in 0012.
CREATE TRIGGER server_added AFTER INSERT ON server
BEGIN UPDATE gate SET epoch = epoch + 1 + abs(random() % 1000000); END;
CREATE TRIGGER server_changed AFTER UPDATE ON server
WHEN NEW.number <> OLD.number OR NEW.acceptances <> OLD.acceptances OR NEW.settings <> OLD.settings
  OR NEW.credential IS NOT OLD.credential OR NEW.drifted <> OLD.drifted OR NEW.unaccepted <> OLD.unaccepted
  OR NEW.removed_at IS NOT OLD.removed_at
BEGIN UPDATE gate SET epoch = epoch + 1 + abs(random() % 1000000); END;

DROP TRIGGER batch_condition_insert;
CREATE TRIGGER batch_condition_insert INSTEAD OF INSERT ON batch_condition WHEN NEW.holds IS NOT 1
BEGIN
  SELECT CASE NEW.name
    WHEN 'admins_remain' THEN RAISE(ABORT, 'admins_remain')
    WHEN 'signer_is_admin' THEN RAISE(ABORT, 'signer_is_admin')
    WHEN 'signature_is_kept' THEN RAISE(ABORT, 'signature_is_kept')
    WHEN 'passkey_waits' THEN RAISE(ABORT, 'passkey_waits')
    WHEN 'person_is_as_signed' THEN RAISE(ABORT, 'person_is_as_signed')
    WHEN 'key_is_ones_own' THEN RAISE(ABORT, 'key_is_ones_own')
    WHEN 'name_is_free' THEN RAISE(ABORT, 'name_is_free')
    WHEN 'invite_is_open' THEN RAISE(ABORT, 'invite_is_open')
    WHEN 'username_is_free' THEN RAISE(ABORT, 'username_is_free')
    WHEN 'passkey_is_new' THEN RAISE(ABORT, 'passkey_is_new')
    WHEN 'few_wait' THEN RAISE(ABORT, 'few_wait')
    WHEN 'version_is_next' THEN RAISE(ABORT, 'version_is_next')
    WHEN 'agent_stands' THEN RAISE(ABORT, 'agent_stands')
    WHEN 'change_is_next' THEN RAISE(ABORT, 'change_is_next')
    WHEN 'stop_is_next' THEN RAISE(ABORT, 'stop_is_next')
    WHEN 'stop_is_in_force' THEN RAISE(ABORT, 'stop_is_in_force')
    WHEN 'orders_a_stop' THEN RAISE(ABORT, 'orders_a_stop')
    WHEN 'channel_is_next' THEN RAISE(ABORT, 'channel_is_next')
    WHEN 'channel_name_is_free' THEN RAISE(ABORT, 'channel_name_is_free')
    WHEN 'channel_is_drafted' THEN RAISE(ABORT, 'channel_is_drafted')
    WHEN 'signer_stands' THEN RAISE(ABORT, 'signer_stands')
    WHEN 'delegate_stands' THEN RAISE(ABORT, 'delegate_stands')
    WHEN 'server_is_next' THEN RAISE(ABORT, 'server_is_next')
    WHEN 'server_name_is_free' THEN RAISE(ABORT, 'server_name_is_free')
    WHEN 'server_is_drafted' THEN RAISE(ABORT, 'server_is_drafted')
    WHEN 'tools_are_next' THEN RAISE(ABORT, 'tools_are_next')
    WHEN 'tools_are_listed' THEN RAISE(ABORT, 'tools_are_listed')
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
