-- When something that this agent asked for was last denied. Written with the leaf of that end, and read with the agent's standing.
ALTER TABLE agent ADD COLUMN denied_at TEXT;
