-- Schema 4. Programs that can read it: wabridge 0.2.0 and later.

-- The newest picture of a chat, as its header shows it.
CREATE TABLE picture (
  chat  INTEGER PRIMARY KEY REFERENCES chat (key) ON DELETE CASCADE,
  png   BLOB    NOT NULL CHECK (length(png) <= 262144),
  taken INTEGER NOT NULL
) STRICT;

-- Contacts of all phones, newest first; the parts of a list are told by the key.
CREATE INDEX chat_recent ON chat (newest, key) WHERE newest > 0;
