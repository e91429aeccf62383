-- What an authenticator's counter says (WebAuthn L3, 7.2), and whose sessions there are.

ALTER TABLE passkey ADD COLUMN counted_assertion TEXT;  -- SHA-256, hexadecimal, of the assertion that brought sign_count; NULL: not known
ALTER TABLE passkey ADD COLUMN counter_back_at TEXT;    -- when the counter was first seen not to go on; NULL: never

-- A person's own sessions are listed and ended; everybody's are more.
CREATE INDEX session_by_person ON session (person_id);
