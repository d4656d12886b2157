-- Schema 5. Programs that can read it: wabridge 0.2.0 and later.
--
-- Campaigns, people's wishes about them, and talks with chats.

ALTER TABLE message ADD COLUMN campaign TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN session  TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN hours    TEXT CHECK (hours IS NULL OR json_valid(hours)); -- wabridge.Hours
-- held: out of its chat's line. 1: until due, 2: while its campaign is paused.
ALTER TABLE message ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1, 2));
CREATE INDEX message_held     ON message (phone, due)           WHERE held = 1 AND state = 'queued';
CREATE INDEX message_campaign ON message (campaign, seq)        WHERE campaign <> '';
-- A campaign's counts, and what of it does not yet agree with its state.
CREATE INDEX message_progress ON message (campaign, state, held, handed) WHERE campaign <> '';
CREATE INDEX message_session  ON message (session, seq)         WHERE session <> '';
-- Of a chat, those in its line are held = 0.
DROP INDEX message_open;
CREATE INDEX message_open     ON message (chat, held, seq)      WHERE open = 1;

-- The same events; which kinds there are is the program's knowledge alone.
CREATE TABLE event_5 (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  kind    TEXT    NOT NULL CHECK (kind <> ''),
  phone   TEXT    NOT NULL,
  message TEXT    NOT NULL DEFAULT '',
  at      INTEGER NOT NULL,
  data    TEXT    NOT NULL CHECK (json_valid(data))
) STRICT;
INSERT INTO event_5 SELECT number, kind, phone, message, at, data FROM event;
-- Numbers are never used twice, even if the newest events were cleaned away.
UPDATE sqlite_sequence SET seq = max(seq, (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event')) WHERE name = 'event_5';
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'event_5', seq FROM sqlite_sequence WHERE name = 'event' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event_5');
DROP TABLE event;
ALTER TABLE event_5 RENAME TO event;
CREATE INDEX event_message ON event (message, number) WHERE message <> '';

CREATE TABLE campaign (
  id         TEXT    PRIMARY KEY CHECK (id <> ''),
  phone      TEXT    NOT NULL,
  name       TEXT    NOT NULL DEFAULT '',
  owner      TEXT    NOT NULL DEFAULT '', -- a token's id
  state      TEXT    NOT NULL CHECK (state IN ('running', 'paused', 'canceled')),
  -- settled: no message of it disagrees with state. A crash in between leaves
  -- it 0, and the next claim goes on.
  settled    INTEGER NOT NULL DEFAULT 1 CHECK (settled IN (0, 1)),
  repeats    INTEGER NOT NULL DEFAULT 0 CHECK (repeats IN (0, 1)), -- a chat may get it twice
  duplicates INTEGER NOT NULL DEFAULT 0,
  opted_out  INTEGER NOT NULL DEFAULT 0,
  refused    INTEGER NOT NULL DEFAULT 0,
  created    INTEGER NOT NULL,
  changed    INTEGER NOT NULL,
  loaded     INTEGER -- when all of it was handed in
) STRICT;
CREATE INDEX campaign_created   ON campaign (created, id);
CREATE INDEX campaign_unsettled ON campaign (id) WHERE settled = 0;
-- What a campaign has for a chat.
CREATE INDEX message_reached ON message (campaign, chat) WHERE campaign <> '';

CREATE TABLE preference (
  chat    INTEGER PRIMARY KEY REFERENCES chat (key) ON DELETE CASCADE,
  value   TEXT    NOT NULL CHECK (value IN ('stop', 'resume')),
  message TEXT    NOT NULL DEFAULT '',
  word    TEXT    NOT NULL DEFAULT '',
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX preference_at ON preference (at);

CREATE TABLE session (
  id        TEXT    PRIMARY KEY CHECK (id <> ''),
  chat      INTEGER NOT NULL REFERENCES chat (key) ON DELETE CASCADE,
  phone     TEXT    NOT NULL,
  name      TEXT    NOT NULL DEFAULT '',
  state     TEXT    NOT NULL CHECK (state IN ('waiting', 'open', 'ended')),
  operator  INTEGER NOT NULL DEFAULT 0 CHECK (operator IN (0, 1)),
  bot       TEXT    NOT NULL DEFAULT '',
  talk      TEXT    CHECK (talk IS NULL OR json_valid(talk)),
  variables TEXT    CHECK (variables IS NULL OR json_valid(variables)),
  results   TEXT    CHECK (results IS NULL OR json_valid(results)),
  outcome   TEXT    NOT NULL DEFAULT '',
  chatbot   TEXT    NOT NULL DEFAULT '',
  client    TEXT    NOT NULL DEFAULT '',
  message   TEXT    NOT NULL DEFAULT '', -- the one that started it
  sent      INTEGER NOT NULL DEFAULT 0,
  received  INTEGER NOT NULL DEFAULT 0,
  ttl       INTEGER NOT NULL,            -- seconds
  created   INTEGER NOT NULL,
  started   INTEGER,
  last      INTEGER,
  ends      INTEGER,
  deadline  INTEGER,
  ended     INTEGER
) STRICT;
CREATE UNIQUE INDEX session_open     ON session (chat)           WHERE state = 'open';
CREATE        INDEX session_chat     ON session (chat, created);
CREATE        INDEX session_created  ON session (created, id);
CREATE        INDEX session_message  ON session (message)        WHERE message <> '' AND state = 'waiting';
CREATE        INDEX session_ends     ON session (ends)           WHERE state = 'open';
CREATE        INDEX session_deadline ON session (deadline)       WHERE state = 'open' AND deadline IS NOT NULL;

-- How far a reader of events has come, kept with what it does.
CREATE TABLE reader (
  name  TEXT    PRIMARY KEY,
  event INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
