-- What is open in one index instead of two: by the people who could decide it, then by agent, then by deadline. People find what waits
-- for them by its beginning, and an agent what it has pending by its first two columns. So asking writes a row less, and nobody's list
-- reads more for what others have open, nor for what has ended. It has the name of the one of 0011, which the version before asks for
-- by name: there it serves that one's queries, too, which then sort what they find.

-- Under which sets of people an agent may have something open. Written with the first request of an agent that names a set, by the
-- table itself, so that what a version before lists is in it, too. Whatever is open has its row here: an agent's caps are counted by it.
CREATE TABLE asked_of (
  agent_id TEXT NOT NULL,
  eligible TEXT NOT NULL,                 -- as in approval
  PRIMARY KEY (agent_id, eligible)
) STRICT, WITHOUT ROWID;
INSERT INTO asked_of SELECT DISTINCT agent_id, eligible FROM approval WHERE ended_at IS NULL;

DROP INDEX approval_waiting;
DROP INDEX approval_open;
CREATE INDEX approval_waiting ON approval (eligible, agent_id, expires_at, id) WHERE ended_at IS NULL;

-- As 0009 and 0012 have them, and the agent's sets with it.
CREATE TRIGGER approval_asked_of AFTER INSERT ON approval
WHEN NEW.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM asked_of WHERE agent_id = NEW.agent_id AND eligible = NEW.eligible)
BEGIN INSERT OR IGNORE INTO asked_of VALUES (NEW.agent_id, NEW.eligible); END;
CREATE TRIGGER approval_asked_of_again AFTER UPDATE OF eligible ON approval
WHEN NEW.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM asked_of WHERE agent_id = NEW.agent_id AND eligible = NEW.eligible)
BEGIN INSERT OR IGNORE INTO asked_of VALUES (NEW.agent_id, NEW.eligible); END;

-- People come and go, and so do sets. With an agent's thirty-third those go under which it has nothing open any more, so that asking
-- looks into few, however long it has been going on.
CREATE TRIGGER asked_of_few AFTER INSERT ON asked_of
WHEN (SELECT count(*) FROM asked_of WHERE agent_id = NEW.agent_id) > 32
BEGIN
  DELETE FROM asked_of WHERE agent_id = NEW.agent_id AND NOT EXISTS (
    SELECT 1 FROM approval INDEXED BY approval_waiting
    WHERE approval.eligible = asked_of.eligible AND approval.agent_id = asked_of.agent_id AND approval.ended_at IS NULL);
END;
