-- Agents below another: the key of each was made by the agent above it, for at most a day, and for no more than that one may do itself. What
-- is here is fixed when it is made. How those above stand is read with how it stands itself; an agent that nobody is above has NULL here, and
-- nothing more is read of it.
ALTER TABLE agent ADD COLUMN chain TEXT;   -- JSON list of {id, name}: those above, the one at the top first
ALTER TABLE agent ADD COLUMN ends_at TEXT; -- its key serves until then
ALTER TABLE agent ADD COLUMN scope TEXT;   -- JSON {servers, tools}: what it may call; null in either: all that the one above may

CREATE TRIGGER agent_below_fixed BEFORE UPDATE OF chain, ends_at, scope ON agent
WHEN NEW.chain IS NOT OLD.chain OR NEW.ends_at IS NOT OLD.ends_at OR NEW.scope IS NOT OLD.scope
BEGIN SELECT RAISE(ABORT, 'agent: whom it is below, for how long and for what never changes'); END;

-- Everyone above with everyone below, so that those below an agent are found. What has ended a while ago is taken out (the cron).
CREATE TABLE agent_below (
  above TEXT NOT NULL REFERENCES agent (id),
  below TEXT NOT NULL REFERENCES agent (id),
  PRIMARY KEY (above, below)
) STRICT, WITHOUT ROWID;

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
    WHEN 'parent_stands' THEN RAISE(ABORT, 'parent_stands')
    WHEN 'few_below' THEN RAISE(ABORT, 'few_below')
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
