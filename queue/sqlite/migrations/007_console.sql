-- Schema 7. Programs that can read it: wabridge 0.2.0 and later.
--
-- What people who look at conversations and at the queue ask for.

-- Incoming messages since somebody read the chat. What came before this schema
-- counts as read.
ALTER TABLE chat ADD COLUMN unread INTEGER NOT NULL DEFAULT 0 CHECK (unread >= 0);
CREATE INDEX chat_unread ON chat (newest, key) WHERE unread > 0;

-- Messages to send that may still go, or ended without having gone.
CREATE INDEX message_outbox ON message (state, seq, phone) 
  WHERE CASE state WHEN 'received' THEN 0 WHEN 'handed' THEN 0 WHEN 'sent' THEN 0 WHEN 'delivered' THEN 0 WHEN 'read' THEN 0 ELSE 1 END;
