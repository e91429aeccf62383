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
    WHEN 'epoch_is_in_force' THEN RAISE(ABORT, 'epoch_is_in_force')
    WHEN 'grant_serves' THEN RAISE(ABORT, 'grant_serves')
    WHEN 'grant_is_given' THEN RAISE(ABORT, 'grant_is_given')
    WHEN 'may_revoke_grant' THEN RAISE(ABORT, 'may_revoke_grant')
    WHEN 'denies_patterns' THEN RAISE(ABORT, 'denies_patterns')
    WHEN 'few_patterns' THEN RAISE(ABORT, 'few_patterns')
    WHEN 'pattern_is_in_force' THEN RAISE(ABORT, 'pattern_is_in_force')
    WHEN 'lifts_patterns' THEN RAISE(ABORT, 'lifts_patterns')
    WHEN 'connector_name_is_free' THEN RAISE(ABORT, 'connector_name_is_free')
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
