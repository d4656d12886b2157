-- Schema 13. Programs that can read it: wabridge 0.2.0 and later.
--
-- What keeps the cost of a list, of a count and of a look into a chat the same,
-- however many messages and chats there are.

-- Lists by direction and state, newest first, phone by phone (sources.go); it
-- serves the outbox as well.
CREATE INDEX message_state   ON message (phone, direction, state, seq);
DROP INDEX message_outbox;
-- What we said in a chat, newest first, among whatever the others say.
CREATE INDEX message_said    ON message (chat, seq) WHERE direction = 'out';
-- Lists by time (seq, the row's number, is part of every index).
CREATE INDEX message_created ON message (created);
-- Lists of a campaign by state.
CREATE INDEX message_result  ON message (campaign, state, seq) WHERE campaign <> '';

-- How many messages of a phone are in each state, kept by the triggers below,
-- which no change of a message can pass by.
CREATE TABLE state_count (
  phone     TEXT    NOT NULL,
  direction TEXT    NOT NULL,
  state     TEXT    NOT NULL,
  messages  INTEGER NOT NULL,
  PRIMARY KEY (phone, direction, state)
) STRICT, WITHOUT ROWID;
INSERT INTO state_count (phone, direction, state, messages)
  SELECT phone, direction, state, count(*) FROM message GROUP BY phone, direction, state;

CREATE TRIGGER state_count_added AFTER INSERT ON message BEGIN
  INSERT INTO state_count (phone, direction, state, messages) VALUES (new.phone, new.direction, new.state, 1)
    ON CONFLICT DO UPDATE SET messages = messages + 1;
END;
CREATE TRIGGER state_count_deleted AFTER DELETE ON message BEGIN
  UPDATE state_count SET messages = messages - 1 WHERE phone = old.phone AND direction = old.direction AND state = old.state;
END;
CREATE TRIGGER state_count_moved AFTER UPDATE OF phone, direction, state ON message
WHEN old.state <> new.state OR old.phone <> new.phone OR old.direction <> new.direction BEGIN
  UPDATE state_count SET messages = messages - 1 WHERE phone = old.phone AND direction = old.direction AND state = old.state;
  INSERT INTO state_count (phone, direction, state, messages) VALUES (new.phone, new.direction, new.state, 1)
    ON CONFLICT DO UPDATE SET messages = messages + 1;
END;

-- The same of a campaign: held is 0 for messages in line, 1 and 2 as in message.
CREATE TABLE campaign_count (
  campaign TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  held     INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (campaign, state, held)
) STRICT, WITHOUT ROWID;
INSERT INTO campaign_count (campaign, state, held, messages)
  SELECT campaign, state, held, count(*) FROM message WHERE campaign <> '' GROUP BY campaign, state, held;

CREATE TRIGGER campaign_count_added AFTER INSERT ON message WHEN new.campaign <> '' BEGIN
  INSERT INTO campaign_count (campaign, state, held, messages) VALUES (new.campaign, new.state, new.held, 1)
    ON CONFLICT DO UPDATE SET messages = messages + 1;
END;
CREATE TRIGGER campaign_count_deleted AFTER DELETE ON message WHEN old.campaign <> '' BEGIN
  UPDATE campaign_count SET messages = messages - 1 WHERE campaign = old.campaign AND state = old.state AND held = old.held;
END;
CREATE TRIGGER campaign_count_moved AFTER UPDATE OF campaign, state, held ON message
WHEN (old.campaign <> '' OR new.campaign <> '') AND (old.campaign <> new.campaign OR old.state <> new.state OR old.held <> new.held) BEGIN
  UPDATE campaign_count SET messages = messages - 1 WHERE campaign = old.campaign AND state = old.state AND held = old.held;
  INSERT INTO campaign_count (campaign, state, held, messages)
    SELECT new.campaign, new.state, new.held, 1 WHERE new.campaign <> ''
    ON CONFLICT DO UPDATE SET messages = messages + 1;
END;
-- A campaign that is dropped takes its counts along, which are all 0.
CREATE TRIGGER campaign_count_dropped AFTER DELETE ON campaign BEGIN
  DELETE FROM campaign_count WHERE campaign = old.id;
END;

-- Talks that have not ended, newest first, among all that have.
CREATE INDEX session_live ON session (created, id, state) WHERE state <> 'ended';
