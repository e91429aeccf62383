-- An agent's key is replaced by another one. The row of the agent holds the newest, as a version before this one reads it: what was
-- replaced is here, so that such a version lets it in no longer, which is the safe way round.
ALTER TABLE agent ADD COLUMN key_number INTEGER NOT NULL DEFAULT 1; -- the how-manieth of its keys it is
ALTER TABLE agent ADD COLUMN key_prefix TEXT;                       -- how it begins; NULL: made by a version that did not say
ALTER TABLE agent ADD COLUMN key_made_at TEXT;                      -- NULL: with the agent

CREATE TABLE agent_old_key (
  key_hash TEXT PRIMARY KEY,              -- SHA-256 of the key, hexadecimal
  agent_id TEXT NOT NULL REFERENCES agent (id),
  number INTEGER NOT NULL,
  prefix TEXT,
  made_at TEXT NOT NULL,
  replaced_at TEXT NOT NULL,
  ends_at TEXT NOT NULL,                  -- it serves until then
  maker TEXT REFERENCES person (id),      -- who was shown it; NULL: not known
  leaf_index INTEGER NOT NULL             -- of the leaf that replaced it
) STRICT, WITHOUT ROWID;
-- Those of an agent that serve still.
CREATE INDEX agent_old_key_of ON agent_old_key (agent_id, ends_at);

-- What was signed for is how long it serves at most: that only gets less, and nothing else changes.
CREATE TRIGGER agent_old_key_fixed BEFORE UPDATE ON agent_old_key
WHEN NEW.key_hash <> OLD.key_hash OR NEW.agent_id <> OLD.agent_id OR NEW.number <> OLD.number OR NEW.replaced_at <> OLD.replaced_at
  OR NEW.maker IS NOT OLD.maker OR NEW.leaf_index <> OLD.leaf_index OR NEW.ends_at > OLD.ends_at
BEGIN SELECT RAISE(ABORT, 'agent_old_key: a key that was replaced may only end earlier'); END;
CREATE TRIGGER agent_old_key_stays BEFORE DELETE ON agent_old_key
BEGIN SELECT RAISE(ABORT, 'agent_old_key: rows stay'); END;

-- Agents that nobody is above, the oldest first: a list goes on by place, and reads none of those below others, which are there for ever.
CREATE INDEX agent_listed ON agent (created_at, id) WHERE chain IS NULL;
