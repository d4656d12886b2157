-- Schema 9. Programs that can read it: wabridge 0.2.0 and later.
--
-- How long messages took, by when their bubble was first seen: all that
-- times.go reads stands in the index. And the newest that came in of a phone.

CREATE INDEX message_times ON message (phone, handed, created, sent, delivered, read, template) WHERE handed IS NOT NULL;
CREATE INDEX message_came ON message (phone, created) WHERE direction = 'in';
