-- Schema 3. Programs that can read it: wabridge 0.2.0 and later.
--
-- What is counted of messages, kept by who moves them (count.go). What moved
-- before this schema is counted by the program right after these statements.

-- A series is what messages are told apart by. Each message counts in several:
-- with its template, without it, and, with an empty category, for its phone and
-- product type alone.
CREATE TABLE series (
  id       INTEGER PRIMARY KEY,
  phone    TEXT    NOT NULL,
  country  TEXT    NOT NULL, -- of the contact's number; '' unknown, or a group
  product  INTEGER NOT NULL, -- 0 template, 2 other, 100 received
  category TEXT    NOT NULL,
  template TEXT    NOT NULL,
  UNIQUE (phone, country, product, category, template)
) STRICT;

-- level 0: by half hour, 1: by day, 2: with templates by half hour; for phones
-- and product types alone 3: by half hour, 4: by day.
-- The columns are those of queue.Counts.
CREATE TABLE tally (
  level     INTEGER NOT NULL CHECK (level >= 0 AND level <= 4),
  start     INTEGER NOT NULL,
  series    INTEGER NOT NULL REFERENCES series (id),
  sent        INTEGER NOT NULL,
  delivered   INTEGER NOT NULL,
  read        INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  received    INTEGER NOT NULL,
  free        INTEGER NOT NULL,
  by_user     INTEGER NOT NULL,
  by_business INTEGER NOT NULL,
  PRIMARY KEY (level, start, series)
) STRICT, WITHOUT ROWID;
-- A few series of many: one country's, one category's.
CREATE INDEX tally_series ON tally (level, series, start);

-- When the newest conversation of a chat and a category was opened.
CREATE TABLE conversation (
  chat     INTEGER NOT NULL REFERENCES chat (key) ON DELETE CASCADE,
  category TEXT    NOT NULL,
  opened   INTEGER NOT NULL,
  PRIMARY KEY (chat, category)
) STRICT, WITHOUT ROWID;

-- Quick replies of templates that were chosen, by half hour.
CREATE TABLE click (
  template TEXT    NOT NULL,
  start    INTEGER NOT NULL,
  phone    TEXT    NOT NULL,
  title    TEXT    NOT NULL,
  count    INTEGER NOT NULL,
  PRIMARY KEY (template, start, phone, title)
) STRICT, WITHOUT ROWID;
INSERT INTO click (template, start, phone, title, count)
  SELECT q.template, m.created - m.created % 1800000, m.phone, coalesce(json_extract(m.choices, '$[0].title'), ''), count(*)
  FROM message m JOIN message q ON q.id = m.context
  WHERE m.direction = 'in' AND m.choices IS NOT NULL AND q.template <> ''
  GROUP BY 1, 2, 3, 4;

CREATE INDEX call_at ON call (at);
