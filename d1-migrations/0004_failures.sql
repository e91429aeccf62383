-- Refused sign-ins, enrolments and signatures, counted by the minute. Written only while the cap is not reached.
CREATE TABLE failure (
  minute INTEGER NOT NULL,                -- since the epoch; first in the key, so that old ones go as a range
  subject TEXT NOT NULL,                  -- of a session or, keyed, of an address: a hash
  failures INTEGER NOT NULL,
  PRIMARY KEY (minute, subject)
) STRICT, WITHOUT ROWID;
