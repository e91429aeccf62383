-- What is published, what is stopped, and what agents are: the things that every ask and every use is judged by.

-- Each published version, as it was written and as it was parsed. Version 0, where one approver is asked for everything, is in no table.
CREATE TABLE policy (
  version INTEGER PRIMARY KEY CHECK (version >= 1),
  hash TEXT NOT NULL,                     -- SHA-256 of the canonical document, hexadecimal
  source TEXT NOT NULL,                   -- as an admin wrote it
  document TEXT NOT NULL,                 -- canonical JSON
  signed_by TEXT NOT NULL,                -- JSON list of the admins' ids
  published_at TEXT NOT NULL,
  leaf_index INTEGER NOT NULL
) STRICT;
CREATE TRIGGER policy_update BEFORE UPDATE ON policy
BEGIN SELECT RAISE(ABORT, 'policy: what is published stays as it is'); END;
CREATE TRIGGER policy_again BEFORE INSERT ON policy WHEN EXISTS (SELECT 1 FROM policy WHERE version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'policy: what is published stays as it is'); END;
CREATE TRIGGER policy_delete BEFORE DELETE ON policy
BEGIN SELECT RAISE(ABORT, 'policy: what is published stays as it is'); END;

-- The text under a signature that waits for another admin's: what is signed is the hash of its document. It goes with the last of the
-- signatures that are kept for it, whatever these go for.
CREATE TABLE policy_draft (
  operation_hash TEXT PRIMARY KEY,        -- as in `proposal`
  source TEXT NOT NULL,
  made_by TEXT NOT NULL REFERENCES person (id),
  made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER proposal_draft AFTER DELETE ON proposal
WHEN NOT EXISTS (SELECT 1 FROM proposal WHERE operation_hash = OLD.operation_hash)
BEGIN DELETE FROM policy_draft WHERE operation_hash = OLD.operation_hash; END;

-- One row. Whoever judges says under which epoch; one who says another than this has to read again.
CREATE TABLE gate (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
  epoch INTEGER NOT NULL,                 -- raised by everything below that changes how an action is judged, by a random step:
                                          -- a database that was put back in time comes to no number that stood for something else
  stop_number INTEGER NOT NULL,           -- raised by each stop of everything; what was asked for under another serves for nothing
  stopped_at TEXT,                        -- NULL: everything goes on
  stopped_by TEXT REFERENCES person (id)
) STRICT;
INSERT INTO gate VALUES (1, 0, 0, NULL, NULL);

-- The same of one agent. An agent of an earlier version was made by whoever signed last for it, and so was shown its key.
ALTER TABLE agent ADD COLUMN stop_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN stopped_at TEXT;
ALTER TABLE agent ADD COLUMN stopped_by TEXT REFERENCES person (id);
ALTER TABLE agent ADD COLUMN groups TEXT NOT NULL DEFAULT '[]';        -- JSON list
ALTER TABLE agent ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;       -- how often its groups were signed for
ALTER TABLE agent ADD COLUMN maker TEXT REFERENCES person (id);        -- who was shown its key; NULL: not known
UPDATE agent SET maker = (
  SELECT record ->> '$.authorised_by[#-1].statement.admin' FROM log CROSS JOIN log_leaf
  ON log_leaf.log_id = log.id AND log_leaf.idem = agent.id || ':created'
);

-- What lets a person stop agents without a browser, one a person, and nothing else. It ends with what its owner may do here.
CREATE TABLE stop_token (
  person_id TEXT PRIMARY KEY REFERENCES person (id),
  token_hash TEXT NOT NULL UNIQUE,        -- SHA-256 of the token, hexadecimal
  created_at TEXT NOT NULL
) STRICT;
CREATE TRIGGER stop_token_role AFTER UPDATE OF roles ON person
WHEN NOT EXISTS (SELECT 1 FROM json_each(NEW.roles) WHERE value IN ('approver', 'admin'))
BEGIN DELETE FROM stop_token WHERE person_id = NEW.id; END;
CREATE TRIGGER stop_token_passkey AFTER UPDATE OF revoked_at ON passkey
WHEN NOT EXISTS (SELECT 1 FROM passkey WHERE person_id = NEW.person_id AND revoked_at IS NULL)
BEGIN DELETE FROM stop_token WHERE person_id = NEW.person_id; END;

CREATE TRIGGER policy_epoch AFTER INSERT ON policy
BEGIN UPDATE gate SET epoch = epoch + 1 + abs(random() % 1000000); END;
CREATE TRIGGER gate_epoch AFTER UPDATE OF stop_number, stopped_at ON gate
BEGIN UPDATE gate SET epoch = epoch + 1 + abs(random() % 1000000); END;
CREATE TRIGGER agent_epoch AFTER UPDATE OF stop_number, stopped_at, groups ON agent
BEGIN UPDATE gate SET epoch = epoch + 1 + abs(random() % 1000000); END;

-- Whom a request waits for may become more with time.
CREATE TRIGGER approval_audience_again AFTER UPDATE OF eligible ON approval
WHEN NOT EXISTS (SELECT 1 FROM audience WHERE person_id = NEW.eligible ->> 0 AND eligible = NEW.eligible)
BEGIN INSERT OR IGNORE INTO audience SELECT value, NEW.eligible FROM json_each(NEW.eligible); END;

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
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
