-- Schema 14. Programs that can read it: wabridge 0.2.0 and later.
--
-- taps: how often the phone was about to tap a send control for the message
-- (committed intents), in its whole life. Messages of earlier schemas begin
-- with the intent that is open.
--
-- An unconfirmed message with held = 1 is undecided: nobody looks for it any
-- more, it is not sent again, and it holds nothing back.
ALTER TABLE message ADD COLUMN taps INTEGER NOT NULL DEFAULT 0;
UPDATE message SET taps = 1 WHERE open = 1 AND intent IS NOT NULL;
CREATE INDEX message_undecided ON message (phone, seq) WHERE state = 'unconfirmed' AND held = 1;
