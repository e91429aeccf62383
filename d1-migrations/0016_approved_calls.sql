-- Of each tool the call that people approved last, for what differs from it on the next one's page. One row for each tool and set of
-- people that could decide it, written over with each approval of a call: an ask costs nothing, and the table does not grow with calls.
-- It decides nothing: whoever reads it asks the request's own object.
CREATE TABLE approved_call (
  action TEXT NOT NULL,                   -- as in approval: server.tool
  eligible TEXT NOT NULL,                 -- as in approval, when it ended
  approved_at TEXT NOT NULL,              -- of its final record
  id TEXT NOT NULL,                       -- of the request
  PRIMARY KEY (action, eligible)
) STRICT, WITHOUT ROWID;
