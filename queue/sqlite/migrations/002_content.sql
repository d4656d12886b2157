-- Schema 2. Programs that can read it: wabridge 0.2.0 and later.
--
-- What the Cloud API's other message types need: files, choices, templates,
-- calls, and a place for the objects of the Business Management API.

ALTER TABLE message ADD COLUMN media    TEXT CHECK (media IS NULL OR json_valid(media));     -- wabridge.Media
ALTER TABLE message ADD COLUMN choices  TEXT CHECK (choices IS NULL OR json_valid(choices)); -- []wabridge.Choice
ALTER TABLE message ADD COLUMN template TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN category TEXT NOT NULL DEFAULT '';
-- Questions of a chat, newest first.
CREATE INDEX message_question ON message (chat, seq) WHERE direction = 'out' AND choices IS NOT NULL;
-- Received messages whose file is still on the phone.
CREATE INDEX message_pending ON message (phone, seq) WHERE direction <> 'out' AND json_extract(media, '$.pending');
-- Files that are still to be sent.
CREATE INDEX message_file ON message (json_extract(media, '$.sha256')) WHERE open = 1 AND media IS NOT NULL;

-- Calls on the number are refused (131057); its queue goes on.
ALTER TABLE phone ADD COLUMN maintenance INTEGER NOT NULL DEFAULT 0 CHECK (maintenance IN (0, 1));

-- The same events, with the kinds that are new.
CREATE TABLE event_2 (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  kind    TEXT    NOT NULL CHECK (CASE kind WHEN 'message' THEN 1 WHEN 'echo' THEN 1 WHEN 'status' THEN 1 WHEN 'phone' THEN 1
                                            WHEN 'call' THEN 1 WHEN 'account' THEN 1 ELSE 0 END),
  phone   TEXT    NOT NULL,
  message TEXT    NOT NULL DEFAULT '',
  at      INTEGER NOT NULL,
  data    TEXT    NOT NULL CHECK (json_valid(data))
) STRICT;
INSERT INTO event_2 SELECT number, kind, phone, message, at, data FROM event;
-- Numbers are never used twice, even if the newest events were cleaned away.
UPDATE sqlite_sequence SET seq = max(seq, (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event')) WHERE name = 'event_2';
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'event_2', seq FROM sqlite_sequence WHERE name = 'event' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event_2');
DROP TABLE event;
ALTER TABLE event_2 RENAME TO event;
CREATE INDEX event_message ON event (message, number) WHERE message <> '';

-- A file that was uploaded, fetched from a link, or received.
CREATE TABLE media (
  id      TEXT    PRIMARY KEY CHECK (id <> ''),
  phone   TEXT    NOT NULL,
  origin  TEXT    NOT NULL CHECK (origin IN ('upload', 'link', 'received', 'made')),
  url     TEXT    NOT NULL DEFAULT '', -- where a linked one came from
  mime    TEXT    NOT NULL,
  sha256  TEXT    NOT NULL CHECK (length(sha256) = 64),
  size    INTEGER NOT NULL CHECK (size >= 0),
  name    TEXT    NOT NULL DEFAULT '',
  voice   INTEGER NOT NULL DEFAULT 0 CHECK (voice IN (0, 1)),
  message TEXT    NOT NULL DEFAULT '', -- the received message it belongs to
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
CREATE INDEX media_hash    ON media (sha256);
CREATE INDEX media_url     ON media (phone, url, created) WHERE url <> '';
CREATE INDEX media_expires ON media (expires);

-- An object of the Business Management API: a template, a profile, a blocked
-- user … Its shape is known to who wrote it.
CREATE TABLE object (
  kind    TEXT    NOT NULL,
  owner   TEXT    NOT NULL, -- phone number id or WABA id
  id      TEXT    NOT NULL,
  name    TEXT    NOT NULL DEFAULT '', -- a second key, or ''
  version INTEGER NOT NULL CHECK (version > 0),
  data    TEXT    NOT NULL CHECK (json_valid(data)),
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (kind, owner, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX object_name ON object (kind, owner, name) WHERE name <> '';
CREATE INDEX object_id ON object (kind, id);

CREATE TABLE call (
  id      TEXT    PRIMARY KEY CHECK (id <> ''),
  phone   TEXT    NOT NULL,
  print   TEXT    NOT NULL, -- what makes two postings of one call the same
  chat    TEXT    NOT NULL DEFAULT '',
  number  TEXT    NOT NULL DEFAULT '',
  name    TEXT    NOT NULL DEFAULT '',
  state   TEXT    NOT NULL CHECK (state IN ('ringing', 'missed', 'ended')),
  video   INTEGER NOT NULL DEFAULT 0 CHECK (video IN (0, 1)),
  at      INTEGER NOT NULL,
  UNIQUE (phone, print)
) STRICT;
