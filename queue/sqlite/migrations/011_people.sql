-- Schema 11. Programs that can read it: wabridge 0.2.0 and later.
--
-- A list of conversations in which mass sending does not bury people.

-- heard: the time of the newest incoming message, 0 for none. talked: the time
-- of the newest message that a person wrote, on either side: incoming, typed on
-- the phone, or typed into the console; 0 for none. Messages of programs
-- (API, campaigns, bots, a CRM's queue) change neither.
ALTER TABLE chat ADD COLUMN heard  INTEGER NOT NULL DEFAULT 0 CHECK (heard >= 0);
ALTER TABLE chat ADD COLUMN talked INTEGER NOT NULL DEFAULT 0 CHECK (talked >= 0);
UPDATE chat SET
  heard  = coalesce((SELECT m.created FROM message m INDEXED BY message_heard WHERE m.chat = chat.key AND m.direction <> 'out' AND m.direction = 'in' ORDER BY m.seq DESC LIMIT 1), 0),
  talked = coalesce((SELECT m.created FROM message m INDEXED BY message_heard WHERE m.chat = chat.key AND m.direction <> 'out' ORDER BY m.seq DESC LIMIT 1), 0);
CREATE INDEX chat_heard        ON chat (heard, key)         WHERE heard > 0;
CREATE INDEX chat_talked       ON chat (talked, key)        WHERE talked > 0;
CREATE INDEX chat_talked_phone ON chat (phone, talked, key) WHERE talked > 0;
CREATE INDEX chat_told         ON chat (newest, key)        WHERE talked = 0 AND newest > 0;
CREATE INDEX chat_told_phone   ON chat (phone, newest, key) WHERE talked = 0 AND newest > 0;

-- resent: the id of the new message that was accepted in place of one that
-- ended without having left. A message is sent again once.
ALTER TABLE message ADD COLUMN resent TEXT NOT NULL DEFAULT '';
UPDATE message SET resent = i.message FROM idempotency i
WHERE i.print = 'again' AND i.key = 'console-again-' || message.id AND message.id = substr(i.key, 15);
