-- Schema 6. Programs that can read it: wabridge 0.2.0 and later.
--
-- What admins did. It only grows; retention takes what is older than 30 days at
-- the least.

CREATE TABLE audit (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  act     TEXT    NOT NULL CHECK (act <> ''),
  target  TEXT    NOT NULL DEFAULT '',
  detail  TEXT    NOT NULL DEFAULT '',
  outcome TEXT    NOT NULL CHECK (outcome <> ''),
  who     TEXT    NOT NULL DEFAULT '',
  name    TEXT    NOT NULL DEFAULT '',
  origin  TEXT    NOT NULL DEFAULT '', -- the caller's address
  via     TEXT    NOT NULL CHECK (via <> ''),
  request TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_at ON audit (at);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN old.at > (unixepoch() - 30 * 86400) * 1000
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
