-- Schema 15. Programs that can read it: wabridge 0.3.0 and later.
--
-- Every receiver of events outside has its place in one table, whichever
-- interface posts to it.
CREATE TABLE destination (
  id         TEXT    PRIMARY KEY CHECK (id <> ''),
  kind       TEXT    NOT NULL CHECK (kind <> ''),
  receiver   TEXT    NOT NULL DEFAULT '',
  cursor     INTEGER NOT NULL,
  failures   INTEGER NOT NULL DEFAULT 0,
  failing    INTEGER,
  next       INTEGER,
  last_error TEXT    NOT NULL DEFAULT '',
  last_ok    INTEGER,
  dropped    INTEGER NOT NULL DEFAULT 0,
  created    INTEGER NOT NULL
) STRICT;

-- An event that a destination has not taken while others behind it were
-- delivered: it waits for its next try, or was set aside (dead).
CREATE TABLE delivery (
  destination  TEXT    NOT NULL REFERENCES destination (id) ON DELETE CASCADE,
  event        INTEGER NOT NULL,
  conversation TEXT    NOT NULL,
  state        TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
  tries        INTEGER NOT NULL DEFAULT 0,
  refusals     INTEGER NOT NULL DEFAULT 0,
  status       INTEGER NOT NULL DEFAULT 0,
  error        TEXT    NOT NULL DEFAULT '',
  failed       INTEGER,
  next         INTEGER,
  changed      INTEGER NOT NULL,
  PRIMARY KEY (destination, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_state ON delivery (destination, state, event);
CREATE INDEX delivery_event ON delivery (event);

INSERT INTO destination (id, kind, cursor, failures, failing, next, last_error, last_ok, dropped, created)
SELECT id, 'webhook', cursor, failures, failing, next, last_error, last_ok, dropped, created
FROM endpoint;

ALTER TABLE endpoint DROP COLUMN cursor;
ALTER TABLE endpoint DROP COLUMN failures;
ALTER TABLE endpoint DROP COLUMN failing;
ALTER TABLE endpoint DROP COLUMN next;
ALTER TABLE endpoint DROP COLUMN last_error;
ALTER TABLE endpoint DROP COLUMN last_ok;
ALTER TABLE endpoint DROP COLUMN dropped;

-- The receivers of callbacks stood among the objects. A failure that lasts goes
-- on from its beginning.
INSERT INTO destination (id, kind, receiver, cursor, failures, failing, next, dropped, created)
SELECT owner || '-' || id, owner, json_extract(data, '$.key'), json_extract(data, '$.cursor'),
  coalesce(json_extract(data, '$.failures'), 0),
  CAST(unixepoch(json_extract(data, '$.failing_since')) * 1000 AS INTEGER),
  CAST(unixepoch(json_extract(data, '$.next_try')) * 1000 AS INTEGER),
  coalesce(json_extract(data, '$.dropped'), 0), created
FROM object
WHERE kind IN ('devino_lane', 'twin_lane');

DELETE FROM object
WHERE kind IN ('devino_lane', 'twin_lane');
