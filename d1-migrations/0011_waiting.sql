-- What is open, by the people who could decide it and by deadline: what has ended is not in the way of what waits, however much of
-- it ended a moment ago. It costs a row written with each request, and none with its end.
CREATE INDEX approval_waiting ON approval (eligible, expires_at, id) WHERE ended_at IS NULL;
