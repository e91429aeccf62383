-- Agents below another: the key of each was made by the agent above it, for at most a day, and for no more than that one may do itself. What
-- is here is fixed when it is made. How those above stand is read with how it stands itself; an agent that nobody is above has NULL here, and
-- nothing more is read of it.
ALTER TABLE agent ADD COLUMN chain TEXT;   -- JSON list of {id, name}: those above, the one at the top first
ALTER TABLE agent ADD COLUMN ends_at TEXT; -- its key serves until then
ALTER TABLE agent ADD COLUMN scope TEXT;   -- JSON {servers, tools}: what it may call; null in either: all that the one above may

CREATE TRIGGER agent_below_fixed BEFORE UPDATE OF chain, ends_at, scope ON agent
WHEN NEW.chain IS NOT OLD.chain OR NEW.ends_at IS NOT OLD.ends_at OR NEW.scope IS NOT OLD.scope
BEGIN SELECT RAISE(ABORT, 'agent: whom it is below, for how long and for what never changes'); END;

-- Everyone above with everyone below, so that those below an agent are found. What has ended a while ago is taken out (the cron).
CREATE TABLE agent_below (
  above TEXT NOT NULL REFERENCES agent (id),
  below TEXT NOT NULL REFERENCES agent (id),
  PRIMARY KEY (above, below)
) STRICT, WITHOUT ROWID;
