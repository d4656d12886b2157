-- Schema 12. Programs that can read it: wabridge 0.2.0 and later.
--
-- When a received message stood in its chat at the latest: of two equal texts it
-- tells which one stands above a message of ours. NULL where it is not known.
ALTER TABLE message ADD COLUMN stood_by INTEGER;
