-- What of an agent is refused without asking, for a time, because somebody has denied the like of it. Made and lifted with a leaf of the
-- log; a row stays when it is over. Asks and calls are refused by what each call of an agent reads with how the agent stands.
CREATE TABLE denied_pattern (
  id TEXT PRIMARY KEY,                    -- ptn_…
  agent_id TEXT NOT NULL REFERENCES agent (id),
  server TEXT,                            -- as calls and asks name it; NULL: none is named
  tool TEXT,                              -- NULL: none is named, and then `action` is what the ask is called
  action TEXT,
  arguments_hash TEXT,                    -- SHA-256 of the canonical arguments, hexadecimal; NULL: with any
  comment TEXT,                           -- what the agent is told; NULL once it is over as well: words do not outlive their use
  made_by TEXT NOT NULL REFERENCES person (id),
  made_at TEXT NOT NULL,
  until TEXT NOT NULL,
  lifted_at TEXT,
  lifted_by TEXT REFERENCES person (id),
  leaf_index INTEGER NOT NULL,            -- of its pattern.denied record
  CHECK ((tool IS NULL) <> (action IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX denied_pattern_standing ON denied_pattern (agent_id, until) WHERE lifted_at IS NULL;
CREATE INDEX denied_pattern_in_force ON denied_pattern (until) WHERE lifted_at IS NULL;
CREATE INDEX denied_pattern_with_words ON denied_pattern (until) WHERE comment IS NOT NULL;

CREATE TRIGGER denied_pattern_again BEFORE INSERT ON denied_pattern WHEN EXISTS (SELECT 1 FROM denied_pattern WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'denied_pattern: an id is never given twice'); END;
CREATE TRIGGER denied_pattern_delete BEFORE DELETE ON denied_pattern
BEGIN SELECT RAISE(ABORT, 'denied_pattern: what was refused stays in the table'); END;
CREATE TRIGGER denied_pattern_fixed BEFORE UPDATE ON denied_pattern
WHEN (OLD.lifted_at IS NOT NULL AND NEW.lifted_at IS NOT OLD.lifted_at) OR NEW.id <> OLD.id OR NEW.agent_id <> OLD.agent_id OR NEW.server IS NOT OLD.server
  OR NEW.tool IS NOT OLD.tool OR NEW.action IS NOT OLD.action OR NEW.arguments_hash IS NOT OLD.arguments_hash
  OR NEW.made_by <> OLD.made_by OR NEW.until <> OLD.until OR (NEW.comment IS NOT NULL AND NEW.comment IS NOT OLD.comment)
BEGIN SELECT RAISE(ABORT, 'denied_pattern: only lifting changes it, once, and its words go'); END;

-- What changes how asks and calls are judged raises the epoch, as in 0012. That its time is over does not: whoever judges reads the clock.
CREATE TRIGGER denied_pattern_made AFTER INSERT ON denied_pattern
BEGIN UPDATE gate SET epoch = epoch + 1 + abs(random() % 1000000); END;
CREATE TRIGGER denied_pattern_lifted AFTER UPDATE OF lifted_at ON denied_pattern
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
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
