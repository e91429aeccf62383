-- Challenges of SEP-2672: what a passkey at an agent's client signs for one call. Made when a client asks, consumed once together with a leaf
-- of the log, and known until an hour after they are over, so that whoever comes with one again is told so.
CREATE TABLE approval_challenge (
  challenge TEXT PRIMARY KEY,             -- base64url of 64 bytes: 32 random ones, and the hash of what is to be done
  agent_id TEXT NOT NULL REFERENCES agent (id),
  server_id TEXT NOT NULL,                -- srv_…
  tool TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  consumed_at TEXT,
  leaf_index INTEGER,                     -- of its challenge.consumed record
  CHECK ((consumed_at IS NULL) = (leaf_index IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_challenge_of_agent ON approval_challenge (agent_id, expires_at);

CREATE TRIGGER approval_challenge_fixed BEFORE UPDATE ON approval_challenge
WHEN OLD.consumed_at IS NOT NULL OR NEW.challenge <> OLD.challenge OR NEW.agent_id <> OLD.agent_id OR NEW.server_id <> OLD.server_id
  OR NEW.tool <> OLD.tool OR NEW.expires_at <> OLD.expires_at
BEGIN SELECT RAISE(ABORT, 'approval_challenge: it is consumed once, and nothing else of it changes'); END;

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
    WHEN 'connection_waits' THEN RAISE(ABORT, 'connection_waits')
    WHEN 'connector_name_is_free' THEN RAISE(ABORT, 'connector_name_is_free')
    WHEN 'parent_stands' THEN RAISE(ABORT, 'parent_stands')
    WHEN 'few_below' THEN RAISE(ABORT, 'few_below')
    WHEN 'challenge_is_open' THEN RAISE(ABORT, 'challenge_is_open')
    WHEN 'verifies_calls' THEN RAISE(ABORT, 'verifies_calls')
    WHEN 'counter_goes_on' THEN RAISE(ABORT, 'counter_goes_on')
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
