-- Who is an admin is found without looking at everybody else: pages of people count admins' passkeys, and must not cost more for each person
-- that there is. Roles are a JSON list of three words, so that an admin's has this one in quotation marks, and nobody else's.
CREATE INDEX person_admins ON person (id) WHERE instr(roles, '"admin"') > 0;

-- Where somebody has signed in from, in words of a fixed list (src/rules/notices/sign-in-place.ts), so that another place is told to them.
-- Written with the session; a version before this one leaves it as it is.
CREATE TABLE sign_in_place (
  person_id TEXT NOT NULL REFERENCES person (id),
  place TEXT NOT NULL,                    -- Chrome on Android
  seen_at TEXT NOT NULL,
  PRIMARY KEY (person_id, place)
) STRICT, WITHOUT ROWID;
