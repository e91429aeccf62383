-- What people have let pass without being asked again: given with the leaf of an approval, used and ended with leaves of their own. The
-- names of its conditions in batches come with those of 0018, which is made with it.

CREATE TABLE grant_given (
  id TEXT PRIMARY KEY,                    -- grt_…
  agent_id TEXT NOT NULL REFERENCES agent (id),
  place TEXT NOT NULL,                    -- hash of agent, server, tool and pin
  members TEXT NOT NULL,                  -- canonical JSON of which members are fixed and which are free
  exact TEXT NOT NULL,                    -- hash of place, members and fixed values: what a call is looked up by
  document TEXT NOT NULL,                 -- canonical JSON, just as it was signed
  server_id TEXT,                         -- of a server behind the gate; NULL: what an agent asks for in its own words
  url_origin TEXT,                        -- where its calls went when it was given, as people were shown: elsewhere it lets nothing pass
  givers TEXT NOT NULL,                   -- JSON list of { person, username, credential }: who signed it, with which passkey
  eligible TEXT NOT NULL,                 -- JSON list of those who could decide the request that it was given with
  request_id TEXT NOT NULL UNIQUE,
  log TEXT NOT NULL,                      -- origin line of the log that it was given in: in another nobody could prove it
  given_at TEXT NOT NULL,
  until_at TEXT NOT NULL,
  uses INTEGER NOT NULL CHECK (uses BETWEEN 1 AND 100),
  used INTEGER NOT NULL DEFAULT 0,
  stop_all INTEGER NOT NULL,              -- stop numbers under which it was given
  stop_agent INTEGER NOT NULL,
  ended_at TEXT,                          -- revoked, or used up; what ends it otherwise is asked with each use
  revoked_by TEXT REFERENCES person (id),
  leaf_index INTEGER NOT NULL
) STRICT;
CREATE INDEX grant_by_time ON grant_given (given_at, id);
CREATE INDEX grant_exact ON grant_given (exact, until_at) WHERE ended_at IS NULL;
CREATE INDEX grant_of_pattern ON grant_given (place, members, until_at) WHERE ended_at IS NULL;
CREATE INDEX grant_of_agent ON grant_given (agent_id, document ->> '$.tool', given_at);
CREATE TRIGGER grant_delete BEFORE DELETE ON grant_given
BEGIN SELECT RAISE(ABORT, 'grant_given: what was given stays in the list'); END;

-- Which members grants of a place speak of: a call is looked up once in each pattern, however many grants there are.
CREATE TABLE grant_pattern (
  place TEXT NOT NULL,
  members TEXT NOT NULL,
  until_at TEXT NOT NULL,                 -- the latest of its grants
  PRIMARY KEY (place, members)
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_pattern_open ON grant_pattern (place, until_at);

CREATE TABLE grant_use (
  grant_id TEXT NOT NULL REFERENCES grant_given (id),
  use INTEGER NOT NULL CHECK (use >= 1),
  request_id TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  at TEXT NOT NULL,
  leaf_index INTEGER NOT NULL,
  PRIMARY KEY (grant_id, use)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER grant_given_pattern AFTER INSERT ON grant_given
BEGIN
  INSERT INTO grant_pattern (place, members, until_at) VALUES (NEW.place, NEW.members, NEW.until_at)
  ON CONFLICT DO UPDATE SET until_at = max(until_at, excluded.until_at);
END;
CREATE TRIGGER grant_used AFTER INSERT ON grant_use
BEGIN
  UPDATE grant_given SET used = used + 1, ended_at = iif(used + 1 >= uses, NEW.at, ended_at) WHERE id = NEW.grant_id;
END;
CREATE TRIGGER grant_ended AFTER UPDATE OF ended_at ON grant_given WHEN NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL
BEGIN
  DELETE FROM grant_pattern WHERE place = NEW.place AND members = NEW.members AND NOT EXISTS (
    SELECT 1 FROM grant_given WHERE place = NEW.place AND members = NEW.members AND ended_at IS NULL AND until_at > NEW.ended_at);
END;
