-- Channels, over which people and systems are told; where each person is reached; and every message, from the moment it is due to be sent.

-- Added, changed and taken away with a leaf of the log.
CREATE TABLE channel (
  id TEXT PRIMARY KEY,                    -- chn_…
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('webhook', 'slack', 'email', 'webpush')),
  settings TEXT NOT NULL,                 -- canonical JSON, signed by its hash; nothing in it is secret
  events TEXT NOT NULL,                   -- JSON list of patterns (GLOB) of the events that a webhook is told; of others empty
  credential TEXT,                        -- sealed by the vault; NULL: none, or taken away
  number INTEGER NOT NULL,                -- how often it was signed for
  state TEXT NOT NULL CHECK (state IN ('unverified', 'active', 'disabled', 'removed')),
  state_at TEXT NOT NULL,
  failing_since TEXT,                     -- since when nothing was accepted; NULL: the last message was
  last_answer TEXT,                       -- what the last attempt was answered, as a code
  last_sent_at TEXT,
  created_at TEXT NOT NULL,
  leaf_index INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX channel_by_name ON channel (name COLLATE NOCASE) WHERE state <> 'removed';

-- What is to be signed, or waits for signatures: settings and the sealed credential under the hash that is signed. Goes as a policy's draft goes.
CREATE TABLE channel_draft (
  operation_hash TEXT PRIMARY KEY,        -- as in `proposal`
  channel_id TEXT NOT NULL,
  settings TEXT NOT NULL,
  credential TEXT,
  number INTEGER NOT NULL,                -- of the channel, once this is signed for: it was made of the channel as it was before
  made_by TEXT NOT NULL REFERENCES person (id),
  made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER proposal_channel_draft AFTER DELETE ON proposal
WHEN NOT EXISTS (SELECT 1 FROM proposal WHERE operation_hash = OLD.operation_hash)
BEGIN DELETE FROM channel_draft WHERE operation_hash = OLD.operation_hash; END;

-- Where a person is reached over a channel: a device, an address, an account.
CREATE TABLE contact (
  id TEXT PRIMARY KEY,                    -- cnt_…
  person_id TEXT NOT NULL REFERENCES person (id),
  channel_id TEXT NOT NULL REFERENCES channel (id),
  address TEXT NOT NULL,                  -- sealed by the vault
  address_hash TEXT NOT NULL,             -- keyed, so that one address is one contact and nobody reads it
  label TEXT NOT NULL,                    -- as its owner is shown it: "Pixel 9", "a…@example.com"
  key_id TEXT,                            -- of a subscription: the VAPID key it was made with
  code_hash TEXT,                         -- of the code that proves an address; NULL once proved
  code_expires_at TEXT,
  code_tries INTEGER NOT NULL DEFAULT 0,
  confirmed_at TEXT,
  failing_since TEXT,
  created_at TEXT NOT NULL,
  seen_at TEXT NOT NULL                   -- when its owner's page last found it there
) STRICT;
CREATE INDEX contact_of_person ON contact (person_id);
CREATE UNIQUE INDEX contact_by_address ON contact (channel_id, person_id, address_hash);
CREATE INDEX contact_of_channel ON contact (channel_id);

-- How a person wants to be told; no row: as the product does by itself.
CREATE TABLE notify_settings (
  person_id TEXT PRIMARY KEY REFERENCES person (id),
  settings TEXT NOT NULL,                 -- JSON (src/rules/notices/person-settings.ts)
  changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Out of office: while it lasts `to_person` is told in the place of `person_id`, and decides nothing in it. With a leaf of the log.
CREATE TABLE delegation (
  id TEXT PRIMARY KEY,                    -- dlg_…
  person_id TEXT NOT NULL REFERENCES person (id),
  to_person TEXT NOT NULL REFERENCES person (id),
  from_at TEXT NOT NULL,
  until_at TEXT NOT NULL,
  ended_at TEXT,                          -- NULL: lasts until `until_at`
  leaf_index INTEGER NOT NULL
) STRICT;
CREATE INDEX delegation_of_person ON delegation (person_id, until_at);

-- Every message: what has to be sent is in it before anything is sent, and stays in it afterwards, until it is swept away.
CREATE TABLE message (
  id TEXT PRIMARY KEY,                    -- msg_…, made of what it tells and whom: the same again is no other
  channel_id TEXT NOT NULL,
  contact_id TEXT,                        -- NULL: to the channel itself, or to a place that its settings name (`target`)
  target TEXT,
  person_id TEXT,                         -- whom it is meant for; NULL: a system, or a group's place
  request_id TEXT,
  agent_id TEXT,
  type TEXT NOT NULL,                     -- request.opened, …; a record's kind
  content TEXT NOT NULL,                  -- JSON (MessageContent); no payload, no secret
  alike TEXT,                             -- of messages that are folded into one where they become many: the same for the same action
  folded_into TEXT,                       -- the summary that tells of it
  edits TEXT,                             -- the message that it changes where the channel can
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'dropped', 'folded')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at TEXT NOT NULL,                  -- of a waiting one
  gives_up_at TEXT,                       -- it is not tried after that
  held_until TEXT,                        -- whoever sends it has it until then
  answer TEXT,                            -- the last answer, as a code; never what the receiver wrote
  handle TEXT,                            -- what the channel calls it: needed to change it
  created_at TEXT NOT NULL,
  sent_at TEXT
) STRICT;
-- By channel: what waits for one that is off is not looked through for the others.
CREATE INDEX message_due ON message (channel_id, next_at) WHERE state = 'waiting';
CREATE INDEX message_held ON message (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX message_of_request ON message (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX message_of_channel ON message (channel_id, created_at);
CREATE INDEX message_by_time ON message (created_at);
CREATE INDEX message_failed ON message (created_at) WHERE state = 'failed';
CREATE INDEX message_alike ON message (agent_id, contact_id, target, created_at) WHERE alike IS NOT NULL;
-- Summaries of an agent to an address: which one waits, and when the last one went out.
CREATE INDEX message_summary ON message (agent_id, contact_id, target, channel_id, sent_at) WHERE type = 'requests.many';
CREATE INDEX message_of_summary ON message (folded_into) WHERE folded_into IS NOT NULL;
-- At most one summary of an agent that nobody has tried waits for an address.
CREATE UNIQUE INDEX message_many ON message (agent_id, channel_id, coalesce(contact_id, ''), coalesce(target, ''))
WHERE type = 'requests.many' AND state = 'waiting' AND held_until IS NULL;

-- Whether there is any channel comes with what an agent is judged by, so that a deployment without one does nothing for them.
ALTER TABLE gate ADD COLUMN channels INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER channel_added AFTER INSERT ON channel
BEGIN UPDATE gate SET channels = (SELECT count(*) FROM channel WHERE state <> 'removed'); END;
CREATE TRIGGER channel_state AFTER UPDATE OF state ON channel
BEGIN UPDATE gate SET channels = (SELECT count(*) FROM channel WHERE state <> 'removed'); END;

-- A webhook is told of every leaf, in the very batch that writes it: there is no leaf that it is not told of.
CREATE TRIGGER leaf_told AFTER INSERT ON log_leaf WHEN EXISTS (SELECT 1 FROM channel WHERE kind = 'webhook' AND state <> 'removed')
BEGIN
  INSERT OR IGNORE INTO message (id, channel_id, request_id, agent_id, type, content, state, next_at, created_at)
  SELECT
    'msg_' || lower(hex(randomblob(16))), channel.id,
    CASE WHEN substr(NEW.idem, 1, 4) = 'apr_' THEN substr(NEW.idem, 1, 36) END,
    coalesce(NEW.record ->> '$.request.requested_by.id', NEW.record ->> '$.redeemed_by.id', NEW.record ->> '$.agent.id'),
    NEW.record ->> '$.kind',
    -- Its page is known to whoever sends it.
    json_object('type', NEW.record ->> '$.kind', 'at', NEW.record ->> '$.at', 'url', '', 'leaf', json_object(
      'log', NEW.record ->> '$.log', 'index', NEW.idx,
      'request', CASE WHEN substr(NEW.idem, 1, 4) = 'apr_' THEN substr(NEW.idem, 1, 36) END,
      'agent', coalesce(NEW.record ->> '$.request.requested_by.id', NEW.record ->> '$.redeemed_by.id', NEW.record ->> '$.agent.id'))),
    'waiting', NEW.record ->> '$.at', NEW.record ->> '$.at'
  FROM channel
  WHERE channel.kind = 'webhook' AND channel.state <> 'removed'
    -- Nothing that is amiss with a channel keeps the log from its leaf.
    AND EXISTS (SELECT 1 FROM json_each(iif(json_valid(channel.events), channel.events, '[]')) WHERE NEW.record ->> '$.kind' GLOB substr(value, 1, 50));
END;

DROP TRIGGER batch_condition_insert;
CREATE TRIGGER batch_condition_insert INSTEAD OF INSERT ON batch_condition WHEN NEW.holds IS NOT 1
BEGIN
  SELECT CASE NEW.name
    WHEN 'admins_remain' THEN RAISE(ABORT, 'admins_remain')
    WHEN 'signer_is_admin' THEN RAISE(ABORT, 'signer_is_admin')
    WHEN 'signature_is_kept' THEN RAISE(ABORT, 'signature_is_kept')
    WHEN 'passkey_waits' THEN RAISE(ABORT, 'passkey_waits')
    WHEN 'person_is_as_signed' THEN RAISE(ABORT, 'person_is_as_signed')
    WHEN 'key_is_ones_own' THEN RAISE(ABORT, 'key_is_ones_own')
    WHEN 'name_is_free' THEN RAISE(ABORT, 'name_is_free')
    WHEN 'invite_is_open' THEN RAISE(ABORT, 'invite_is_open')
    WHEN 'username_is_free' THEN RAISE(ABORT, 'username_is_free')
    WHEN 'passkey_is_new' THEN RAISE(ABORT, 'passkey_is_new')
    WHEN 'few_wait' THEN RAISE(ABORT, 'few_wait')
    WHEN 'version_is_next' THEN RAISE(ABORT, 'version_is_next')
    WHEN 'agent_stands' THEN RAISE(ABORT, 'agent_stands')
    WHEN 'change_is_next' THEN RAISE(ABORT, 'change_is_next')
    WHEN 'stop_is_next' THEN RAISE(ABORT, 'stop_is_next')
    WHEN 'stop_is_in_force' THEN RAISE(ABORT, 'stop_is_in_force')
    WHEN 'orders_a_stop' THEN RAISE(ABORT, 'orders_a_stop')
    WHEN 'channel_is_next' THEN RAISE(ABORT, 'channel_is_next')
    WHEN 'channel_name_is_free' THEN RAISE(ABORT, 'channel_name_is_free')
    WHEN 'channel_is_drafted' THEN RAISE(ABORT, 'channel_is_drafted')
    WHEN 'signer_stands' THEN RAISE(ABORT, 'signer_stands')
    WHEN 'delegate_stands' THEN RAISE(ABORT, 'delegate_stands')
    ELSE RAISE(ABORT, 'batch_condition')
  END;
END;
