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
  direction  TEXT    NOT NULL CHECK (direction IN ('out', 'in', 'echo')),
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
  state      TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'unconfirmed', 'handed', 'sent',
                                               'delivered', 'read', 'failed', 'expired', 'canceled', 'received')),
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
  CHECK ((direction = 'out') = (state <> 'received')),
  CHECK ((state IN ('failed', 'expired', 'canceled')) = (ended IS NOT NULL)),
  CHECK (state NOT IN ('handed', 'sent', 'delivered', 'read') OR handed IS NOT NULL),
  CHECK (state <> 'sent' OR sent IS NOT NULL),
  CHECK (state <> 'delivered' OR delivered IS NOT NULL),
  CHECK (state <> 'read' OR read IS NOT NULL),
  CHECK (state NOT IN ('sending', 'unconfirmed') OR fence > 0),
  CHECK ((state = 'sending') = (lease IS NOT NULL)),
  CHECK (intent IS NULL OR state IN ('sending', 'unconfirmed')),
  CHECK (head = 0 OR state IN ('queued', 'sending', 'unconfirmed'))
) STRICT;
-- What the lane asks for: heads in order, by class (lane.go).
CREATE INDEX message_turn     ON message (phone, fresh, timed, priority DESC, due, seq) WHERE head = 1 AND state = 'queued';
CREATE INDEX message_open     ON message (chat, seq)             WHERE state IN ('queued', 'sending', 'unconfirmed');
CREATE INDEX message_depth    ON message (phone, state, created) WHERE state IN ('queued', 'sending', 'unconfirmed');
CREATE INDEX message_expiry   ON message (phone, expires)        WHERE state = 'queued' AND expires IS NOT NULL;
CREATE INDEX message_typed    ON message (phone, typed, chat)    WHERE typed IS NOT NULL;
CREATE INDEX message_awaiting ON message (phone, handed)         WHERE state IN ('handed', 'sent', 'delivered');
CREATE INDEX message_heard    ON message (chat, seq)             WHERE direction <> 'out';
-- What people ask for.
CREATE INDEX message_chat     ON message (chat, seq);
CREATE INDEX message_phone    ON message (phone, seq);
CREATE INDEX message_number   ON message (number, seq)           WHERE number <> '';

CREATE TABLE event (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  kind    TEXT    NOT NULL CHECK (kind IN ('message', 'echo', 'status', 'phone')),
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
