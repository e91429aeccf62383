-- What somebody looks for in the record again and again, by a name of their own. It decides nothing.
CREATE TABLE audit_filter (
  person_id TEXT NOT NULL REFERENCES person (id),
  name TEXT NOT NULL,
  -- JSON, as the list is asked for it.
  filter TEXT NOT NULL,
  saved_at TEXT NOT NULL,
  PRIMARY KEY (person_id, name)
) STRICT, WITHOUT ROWID;
