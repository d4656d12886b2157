-- Schema 10. Programs that can read it: wabridge 0.2.0 and later.
--
-- What holds an old message back when others of its age go (keep.go): open
-- messages that quote it, and keys that were answered with it because its
-- campaign had it already. Both are few.
CREATE INDEX message_quotes ON message (context) WHERE open = 1 AND context <> '';
CREATE INDEX idempotency_duplicate ON idempotency (message) WHERE substr(print, -10) = char(10) || 'duplicate';
