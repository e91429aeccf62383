-- How risky a request is, as its document says: what lists show and are filtered by. Null of what an earlier version listed, and of what
-- was asked for before a policy was published: then it is not known.
ALTER TABLE approval ADD COLUMN risk TEXT CHECK (risk IN ('low', 'medium', 'high', 'critical'));

-- Who has a page of their inbox open, so that asking finds out whom to tell in the trip that it makes anyway, and reads nothing if nobody is
-- there. Written by the person's object with its first socket, and deleted with its last.
CREATE TABLE inbox_open (
  person_id TEXT PRIMARY KEY,
  audits INTEGER NOT NULL CHECK (audits IN (0, 1)), -- 1: everybody's requests are in their lists
  until TEXT NOT NULL                     -- nobody is told after that: the object would have renewed it
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_open_of_auditors ON inbox_open (person_id) WHERE audits = 1;
