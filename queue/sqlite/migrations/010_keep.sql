-- Schema 10. Programs that can read it: wabridge 0.2.0 and later.
--
-- What holds an old message back when others of its age go (keep.go): open
-- messages that quote it, and keys that were answered with it because its
-- campaign had it already. Both are few.
CREATE INDEX message_quotes ON message (context) WHERE open = 1 AND context <> '';
CREATE INDEX idempotency_duplicate ON idempotency (message) WHERE substr(print, -10) = char(10) || 'duplicate';

-- Messages to send that went: the first 16 bytes of the SHA-256 of each id, for
-- an id that was used is never used again. A CRM may hand out an item after a
-- year, and the item's id makes the message's.
CREATE TABLE gone (
  print BLOB PRIMARY KEY CHECK (length(print) = 16)
) STRICT, WITHOUT ROWID;
