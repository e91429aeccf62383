-- Calls in which something was unusual: they passed with a notice, or people were asked because of it. Written in the
-- batch that writes the call, and gone with it. What was unusual decided when the call was judged: nothing is judged by this table.
CREATE TABLE notice (
  agent TEXT NOT NULL,
  number INTEGER NOT NULL,
  -- Milliseconds since the epoch, of the call.
  at INTEGER NOT NULL,
  -- Names.
  server TEXT NOT NULL,
  tool TEXT NOT NULL,
  rule TEXT NOT NULL,
  score INTEGER NOT NULL,
  -- A list of sentences, as JSON.
  reasons TEXT NOT NULL,
  -- 1: people were asked because of it; 0: it passed.
  held INTEGER NOT NULL,
  -- When somebody has looked at it, milliseconds since the epoch, and who (usr_…); null until then.
  looked_at INTEGER,
  looked_by TEXT,
  PRIMARY KEY (agent, number)
) WITHOUT ROWID;
-- What passed and nobody has looked at yet, the newest first. What people were asked about, they have looked at.
CREATE INDEX notice_to_look_at ON notice (at DESC, agent, number) WHERE looked_at IS NULL AND held = 0;
