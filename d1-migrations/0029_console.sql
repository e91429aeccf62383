-- What the console tells of all that was: sums by day and since the beginning, so that no page and no scrape looks at all requests. Derived
-- from the log's leaves and the record of calls: emptied, with both places set back to (0, -1), they are counted again.

-- By the day (UTC) on which it was. `kind` and what `of` and `outcome` then are: src/rules/console/sums.ts.
CREATE TABLE metric_day (
  kind TEXT NOT NULL,
  day TEXT NOT NULL,
  of TEXT NOT NULL,
  outcome TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (kind, day, of, outcome)
) STRICT, WITHOUT ROWID;

-- The same since the beginning, of those kinds that have few of them.
CREATE TABLE metric_total (
  kind TEXT NOT NULL,
  of TEXT NOT NULL,
  outcome TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (kind, of, outcome)
) STRICT, WITHOUT ROWID;

-- Up to which leaf has been counted, moved in the batch that adds to the sums and only from where it was read: no leaf counts twice. `at`:
-- when there was nothing more to count, or something was; long ago, until then.
CREATE TABLE metric_place (
  name TEXT PRIMARY KEY,                  -- 'requests', 'calls'
  log_id INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO metric_place VALUES ('requests', 0, -1, '1970-01-01T00:00:00.000Z'), ('calls', 0, -1, '1970-01-01T00:00:00.000Z');

-- When a limit of a rule last refused calls of an agent.
CREATE TABLE limit_reached (
  agent_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (agent_id, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX limit_reached_lately ON limit_reached (at);

-- What admins have to know now. A row while it lasts; those who are told of its beginning and its end are, in the batch that makes or takes
-- away the row: so each of them once.
CREATE TABLE alert (
  id TEXT PRIMARY KEY,                    -- what is amiss, and of what
  name TEXT NOT NULL,
  since TEXT NOT NULL,
  detail TEXT NOT NULL,                   -- JSON: what messages say of it besides
  token TEXT NOT NULL                     -- of the round that found it: of two at the same moment one tells
) STRICT, WITHOUT ROWID;
