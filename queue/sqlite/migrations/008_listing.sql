-- Schema 8. Programs that can read it: wabridge 0.2.0 and later.
--
-- Messages to send by the time of their acceptance, for lists that are counted
-- and read by page (listing.go). source and campaign tell a bot's answers.
CREATE INDEX message_made ON message (created, seq, source, campaign) WHERE direction = 'out';
