-- What people gave the gate leave for at servers' issuers (OAuth): whose it is and how it stands. Its tokens are in the server's object.

CREATE TABLE server_grant (
  id TEXT PRIMARY KEY,                    -- sgr_…
  server_id TEXT NOT NULL REFERENCES server (id),
  owner TEXT REFERENCES person (id),      -- whose agents call by it; NULL: all share it
  issuer TEXT NOT NULL,
  account TEXT,                           -- whom it acts as, in the issuer's words
  terms TEXT NOT NULL,                    -- hash of what the server was when it was made: of another it is good for nothing
  made_by TEXT NOT NULL REFERENCES person (id),
  made_at TEXT NOT NULL,
  connected_at TEXT,                      -- signed for; NULL: it waits
  ended_at TEXT,                          -- disconnected, or another one took its place
  refused_at TEXT,                        -- since then the issuer takes it no more
  leaf_index INTEGER
) STRICT;
CREATE INDEX server_grant_of_server ON server_grant (server_id, owner) WHERE ended_at IS NULL;
CREATE TRIGGER server_grant_again BEFORE UPDATE ON server_grant
WHEN NEW.id <> OLD.id OR NEW.server_id <> OLD.server_id OR NEW.owner IS NOT OLD.owner OR NEW.issuer <> OLD.issuer OR NEW.account IS NOT OLD.account
  OR NEW.terms <> OLD.terms OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at)
BEGIN SELECT RAISE(ABORT, 'server_grant: what was signed for stays, and what has ended does not come back'); END;

-- What changes by whom calls are made raises the epoch, as in 0012.
CREATE TRIGGER server_grant_connected AFTER UPDATE OF connected_at, ended_at ON server_grant
BEGIN UPDATE gate SET epoch = epoch + 1 + abs(random() % 1000000); END;
