-- Refused sign-ins, enrolments and signatures, counted by the minute. Written only while the cap is not reached.
CREATE TABLE failure (
  subject TEXT NOT NULL,                  -- a person's id, or the keyed hash of an address
  minute INTEGER NOT NULL,                -- since the epoch
  failures INTEGER NOT NULL,
  PRIMARY KEY (subject, minute)
) STRICT, WITHOUT ROWID;
