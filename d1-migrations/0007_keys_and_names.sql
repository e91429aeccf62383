-- A public key is one person's (src/rules/one-person-a-key.ts), names tell people and agents apart (src/rules/names.ts), and a kept
-- signature ends with the role or passkey that gave it.

-- Looked up whenever a passkey is made or confirmed. Not unique: people whom an earlier version let share a key go on, and count once.
CREATE INDEX passkey_by_public_key ON passkey (public_key);

-- Kept by an earlier version although the signer is no admin any more, or not by that passkey.
DELETE FROM proposal WHERE NOT EXISTS (
  SELECT 1 FROM admin_passkey WHERE person_id = proposal.admin_id AND credential_id = proposal.authorisation ->> '$.credential_id'
);

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
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
