-- What people gave the gate leave for at servers' issuers (OAuth): whose it is and how it stands. Its tokens are in the server's object.

CREATE TABLE server_grant (
  id TEXT PRIMARY KEY,                    -- sgr_…
  server_id TEXT NOT NULL REFERENCES server (id),
  owner TEXT REFERENCES person (id),      -- whose agents call by it; NULL: all share it
  issuer TEXT NOT NULL,
  account TEXT,                           -- whom it acts as, in the issuer's words
  terms TEXT NOT NULL,                    -- hash of what the server was when it was made: of another it is good for nothing
  made_by TEXT NOT NULL REFERENCES person (id),
  made_at TEXT NOT NULL,
  connected_at TEXT,                      -- signed for; NULL: it waits
  ended_at TEXT,                          -- disconnected, or another one took its place
  refused_at TEXT,                        -- since then the issuer takes it no more
  leaf_index INTEGER
) STRICT;
CREATE INDEX server_grant_of_server ON server_grant (server_id, owner) WHERE ended_at IS NULL;
CREATE TRIGGER server_grant_again BEFORE UPDATE ON server_grant
WHEN NEW.id <> OLD.id OR NEW.server_id <> OLD.server_id OR NEW.owner IS NOT OLD.owner OR NEW.issuer <> OLD.issuer OR NEW.account IS NOT OLD.account
  OR NEW.terms <> OLD.terms OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at)
BEGIN SELECT RAISE(ABORT, 'server_grant: what was signed for stays, and what has ended does not come back'); END;

-- What changes by whom calls are made raises the epoch, as in 0012.
CREATE TRIGGER server_grant_connected AFTER UPDATE OF connected_at, ended_at ON server_grant
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
    WHEN 'epoch_is_in_force' THEN RAISE(ABORT, 'epoch_is_in_force')
    WHEN 'grant_serves' THEN RAISE(ABORT, 'grant_serves')
    WHEN 'grant_is_given' THEN RAISE(ABORT, 'grant_is_given')
    WHEN 'may_revoke_grant' THEN RAISE(ABORT, 'may_revoke_grant')
    WHEN 'denies_patterns' THEN RAISE(ABORT, 'denies_patterns')
    WHEN 'few_patterns' THEN RAISE(ABORT, 'few_patterns')
    WHEN 'pattern_is_in_force' THEN RAISE(ABORT, 'pattern_is_in_force')
    WHEN 'lifts_patterns' THEN RAISE(ABORT, 'lifts_patterns')
    WHEN 'connection_waits' THEN RAISE(ABORT, 'connection_waits')
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
