-- When something that this agent asked for was last denied. Written with the leaf of that end, and read with the agent's standing.
ALTER TABLE agent ADD COLUMN denied_at TEXT;

-- What people proposed with a denial, by what an ask of it would hold: the newest of each. Written with the leaf of the proposal, so that the
-- page of such an ask finds who proposed it.
CREATE TABLE proposed_payload (
  agent_id TEXT NOT NULL,
  payload_hash TEXT NOT NULL,
  request_id TEXT NOT NULL,
  by_id TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (agent_id, payload_hash)
) STRICT, WITHOUT ROWID;
