-- Schema 1. Programs that can read it: wabridge 0.1.0 and later.
--
-- Times are milliseconds since 1970 UTC. NULL means "not yet" or "unknown".

-- A chat is one conversation of one phone. id is its canonical id; number, lid
-- and name are what else it is found by.
CREATE TABLE chat (
  key       INTEGER PRIMARY KEY AUTOINCREMENT,
  phone     TEXT    NOT NULL,
  id        TEXT    NOT NULL CHECK (id <> ''),
  number    TEXT    NOT NULL DEFAULT '',
  lid       TEXT    NOT NULL DEFAULT '',
  name      TEXT    NOT NULL DEFAULT '',
  is_group  INTEGER NOT NULL DEFAULT 0 CHECK (is_group IN (0, 1)),
  -- known: something was sent to or received from it (always so for groups).
  known     INTEGER NOT NULL DEFAULT 0 CHECK (known IN (0, 1)),
  -- contacted: when the first message ever was typed to it, if that was us.
  contacted INTEGER,
  newest    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (phone, id)
) STRICT;
CREATE UNIQUE INDEX chat_number    ON chat (phone, number)    WHERE number <> '';
CREATE UNIQUE INDEX chat_lid       ON chat (phone, lid)       WHERE lid <> '';
CREATE        INDEX chat_name      ON chat (phone, name)      WHERE name <> '';
CREATE        INDEX chat_contacted ON chat (phone, contacted) WHERE contacted IS NOT NULL;
CREATE        INDEX chat_newest    ON chat (phone, newest, key);

CREATE TABLE message (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT    NOT NULL UNIQUE CHECK (id <> ''),
  phone      TEXT    NOT NULL,
  direction  TEXT    NOT NULL CHECK (CASE direction WHEN 'out' THEN 1 WHEN 'in' THEN 1 WHEN 'echo' THEN 1 ELSE 0 END),
  chat       INTEGER NOT NULL REFERENCES chat (key),
  number     TEXT    NOT NULL DEFAULT '',
  name       TEXT    NOT NULL DEFAULT '',
  group_id   TEXT    NOT NULL DEFAULT '',
  group_name TEXT    NOT NULL DEFAULT '',
  input      TEXT    NOT NULL DEFAULT '',
  type       TEXT    NOT NULL,
  text       TEXT    NOT NULL DEFAULT '',
  body       TEXT,
  context    TEXT    NOT NULL DEFAULT '',
  callback   TEXT    NOT NULL DEFAULT '',
  priority   INTEGER NOT NULL DEFAULT 0,
  -- due orders; it is waited for only if timed (else it is the time of
  -- acceptance, which a corrected clock must not turn into a wait).
  due        INTEGER NOT NULL,
  timed      INTEGER NOT NULL DEFAULT 0 CHECK (timed IN (0, 1)),
  expires    INTEGER,
  state      TEXT    NOT NULL,
  -- open: it may still be typed (queued, sending or unconfirmed).
  open       INTEGER NOT NULL,
  code       INTEGER NOT NULL DEFAULT 0,
  reason     TEXT    NOT NULL DEFAULT '',
  tries      INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
  fence      INTEGER NOT NULL DEFAULT 0,
  lease      INTEGER,
  intent     TEXT,
  typed      INTEGER,
  -- head: the oldest open message of its chat. fresh: a copy of NOT chat.known,
  -- true to it in heads only. Both exist for message_turn.
  head       INTEGER NOT NULL DEFAULT 0 CHECK (head IN (0, 1)),
  fresh      INTEGER NOT NULL DEFAULT 0 CHECK (fresh IN (0, 1)),
  created    INTEGER NOT NULL,
  handed     INTEGER,
  sent       INTEGER,
  delivered  INTEGER,
  read       INTEGER,
  ended      INTEGER,
  source     TEXT    NOT NULL DEFAULT '',
  clock      TEXT    NOT NULL DEFAULT '',
  -- What each state demands of the rest. A CASE, because IN with a list of
  -- three or more builds a table for every row that is written.
  CHECK (CASE state
    WHEN 'queued'      THEN open = 1 AND handed IS NULL AND ended IS NULL AND lease IS NULL     AND intent IS NULL
    WHEN 'sending'     THEN open = 1 AND handed IS NULL AND ended IS NULL AND lease IS NOT NULL AND fence > 0
    WHEN 'unconfirmed' THEN open = 1 AND handed IS NULL AND ended IS NULL AND lease IS NULL     AND fence > 0
    WHEN 'handed'      THEN open = 0 AND handed IS NOT NULL AND ended IS NULL
    WHEN 'sent'        THEN open = 0 AND handed IS NOT NULL AND ended IS NULL AND sent IS NOT NULL
    WHEN 'delivered'   THEN open = 0 AND handed IS NOT NULL AND ended IS NULL AND delivered IS NOT NULL
    WHEN 'read'        THEN open = 0 AND handed IS NOT NULL AND ended IS NULL AND read IS NOT NULL
    WHEN 'failed'      THEN open = 0 AND ended IS NOT NULL
    WHEN 'expired'     THEN open = 0 AND ended IS NOT NULL
    WHEN 'canceled'    THEN open = 0 AND ended IS NOT NULL
    WHEN 'received'    THEN open = 0 AND ended IS NULL
    ELSE 0 END),
  CHECK ((direction = 'out') = (state <> 'received')),
  CHECK (open = 1 OR (head = 0 AND lease IS NULL AND intent IS NULL))
) STRICT;
-- What the lane asks for: heads in order, by class (lane.go).
CREATE INDEX message_turn     ON message (phone, fresh, timed, priority DESC, due, seq) WHERE head = 1 AND state = 'queued';
CREATE INDEX message_open     ON message (chat, seq)             WHERE open = 1;
CREATE INDEX message_depth    ON message (phone, state, created) WHERE open = 1;
CREATE INDEX message_busy     ON message (chat)                  WHERE open = 1 AND state <> 'queued';
CREATE INDEX message_expiry   ON message (phone, expires)        WHERE state = 'queued' AND expires IS NOT NULL;
CREATE INDEX message_typed    ON message (phone, typed, chat)    WHERE typed IS NOT NULL;
CREATE INDEX message_awaiting ON message (phone, handed)         WHERE handed IS NOT NULL AND read IS NULL AND ended IS NULL;
CREATE INDEX message_heard    ON message (chat, seq)             WHERE direction <> 'out';
-- What people ask for.
CREATE INDEX message_chat     ON message (chat, seq);
CREATE INDEX message_phone    ON message (phone, seq);
CREATE INDEX message_member   ON message (number, seq)           WHERE group_id <> '' AND number <> '';

CREATE TABLE event (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  kind    TEXT    NOT NULL CHECK (CASE kind WHEN 'message' THEN 1 WHEN 'echo' THEN 1 WHEN 'status' THEN 1 WHEN 'phone' THEN 1 ELSE 0 END),
  phone   TEXT    NOT NULL,
  message TEXT    NOT NULL DEFAULT '',
  at      INTEGER NOT NULL,
  data    TEXT    NOT NULL CHECK (json_valid(data))
) STRICT;
CREATE INDEX event_message ON event (message, number) WHERE message <> '';

-- The first answer to an idempotency key.
CREATE TABLE idempotency (
  owner   TEXT    NOT NULL,
  key     TEXT    NOT NULL,
  print   TEXT    NOT NULL,
  message TEXT    NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created);

-- Numbers that only grow.
CREATE TABLE counter (
  name  TEXT    PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('fence', 0);

CREATE TABLE phone (
  id      TEXT    PRIMARY KEY CHECK (id <> ''),
  waba    TEXT    NOT NULL DEFAULT '',
  serial  TEXT    NOT NULL DEFAULT '',
  user    INTEGER NOT NULL DEFAULT 0,
  package TEXT    NOT NULL DEFAULT '',
  number  TEXT    NOT NULL DEFAULT '',
  name    TEXT    NOT NULL DEFAULT '',
  version TEXT    NOT NULL DEFAULT '',
  state   TEXT    NOT NULL CHECK (state IN ('ready', 'offline', 'paused', 'needs_attention', 'starting')),
  code    INTEGER NOT NULL DEFAULT 0,
  reason  TEXT    NOT NULL DEFAULT '',
  held    INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
  changed INTEGER NOT NULL
) STRICT;

CREATE TABLE token (
  id      TEXT    PRIMARY KEY,
  hash    TEXT    NOT NULL UNIQUE CHECK (length(hash) = 64), -- SHA-256 of the secret, hex
  name    TEXT    NOT NULL,
  scopes  TEXT    NOT NULL CHECK (json_valid(scopes)),
  created INTEGER NOT NULL,
  used    INTEGER,
  revoked INTEGER
) STRICT;

CREATE TABLE endpoint (
  id           TEXT    PRIMARY KEY,
  url          TEXT    NOT NULL,
  verify_token TEXT    NOT NULL DEFAULT '',
  secret       TEXT    NOT NULL DEFAULT '',
  phones       TEXT    NOT NULL CHECK (json_valid(phones)),
  fields       TEXT    NOT NULL CHECK (json_valid(fields)),
  scope        TEXT    NOT NULL DEFAULT '',
  cursor       INTEGER NOT NULL,
  failures     INTEGER NOT NULL DEFAULT 0,
  failing      INTEGER,
  next         INTEGER,
  last_error   TEXT    NOT NULL DEFAULT '',
  last_ok      INTEGER,
  dropped      INTEGER NOT NULL DEFAULT 0,
  created      INTEGER NOT NULL,
  disabled     INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT;
