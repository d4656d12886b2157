package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

// older makes a database of an earlier schema with a message that was sent, one
// that waits and one that came in, and what tells of them.
func older(t *testing.T, path string, schema int) {
	t.Helper()
	if err := makeFile(path); err != nil {
		t.Fatal(err)
	}
	conn, done, err := openOne(ctx, dsn(path, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	do := func(text string) {
		t.Helper()
		if _, err := conn.ExecContext(ctx, text); err != nil {
			t.Fatalf("schema %d: %v", schema, err)
		}
	}
	for n := 1; n <= schema; n++ {
		text, err := migrationFiles.ReadFile(migrations()[n-1])
		if err != nil {
			t.Fatal(err)
		}
		do(string(text))
		if n > 1 {
			continue
		}
		do(`
INSERT INTO phone (id, state, changed) VALUES ('100000000000001', 'ready', 1);
INSERT INTO chat (key, phone, id, number, name, known, contacted, newest) VALUES (1, '100000000000001', '15550000001@s.whatsapp.net', '15550000001', 'Ana', 1, 1000, 3000);
INSERT INTO message (seq, id, phone, direction, chat, number, type, text, due, state, open, fence, typed, created, handed, sent)
  VALUES (1, 'wamid.sent', '100000000000001', 'out', 1, '15550000001', 'text', 'sent', 1000, 'sent', 0, 1, 1000, 1000, 1000, 1000);
INSERT INTO message (seq, id, phone, direction, chat, number, type, text, due, state, open, created)
  VALUES (2, 'wamid.came', '100000000000001', 'in', 1, '15550000001', 'text', 'came', 2000, 'received', 0, 2000);
INSERT INTO message (seq, id, phone, direction, chat, number, type, text, due, state, open, head, created)
  VALUES (3, 'wamid.waits', '100000000000001', 'out', 1, '15550000001', 'text', 'waits', 3000, 'queued', 1, 1, 3000);
INSERT INTO event (kind, phone, message, at, data) VALUES
  ('status', '100000000000001', 'wamid.sent', 1000, '{"state":"sent"}'), ('message', '100000000000001', 'wamid.came', 2000, '{}'),
  ('status', '100000000000001', 'wamid.waits', 3000, '{"state":"queued"}');
UPDATE counter SET value = 1;
INSERT INTO endpoint (id, url, phones, fields, cursor, created) VALUES ('e', 'http://127.0.0.1', 'null', 'null', 2, 1);`)
	}
	if schema > 1 && schema < schemaDeliveries { // callbacks came with the objects
		do(`
INSERT INTO object (kind, owner, id, version, data, created, changed) VALUES
  ('devino_lane', 'devino', '00ff', 4, '{"key":"https://example.org/cb","cursor":1,"failures":3,"failing_since":"2026-01-31T10:00:00.123456789Z","next_try":"2026-01-31T10:00:04Z","dropped":2}', 1, 1),
  ('twin_lane', 'twin', '00aa', 1, '{"key":"https://example.org/t","cursor":2}', 1, 1);`)
	}
	do(fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", schema, applicationID))
	if err := done(); err != nil {
		t.Fatal(err)
	}
}

// TestUpgraded: from every earlier schema the messages are as they were, all
// rules hold, and a copy of the old database lies beside.
func TestUpgraded(t *testing.T) {
	for schema := 1; schema < newest(); schema++ {
		t.Run(fmt.Sprint("schema ", schema), func(t *testing.T) {
			path := tempPath(t)
			older(t, path, schema)
			earlier := BeforeSchema(path, schema)
			if err := os.WriteFile(earlier, nil, 0o600); err != nil { // of the upgrade before
				t.Fatal(err)
			}
			db := openAt(t, path, Options{})
			for id, want := range map[string]wabridge.State{"wamid.sent": wabridge.Sent, "wamid.came": wabridge.Received, "wamid.waits": wabridge.Queued} {
				if m, err := db.Message(ctx, id); err != nil || m.State != want || "wamid."+string(m.Text) != id {
					t.Errorf("%s: %+v, %v", id, m, err)
				}
			}
			if r, err := db.Check(ctx); err != nil || !r.OK() || r.Schema != newest() {
				t.Errorf("check: %+v, %v", r, err)
			}
			if list, err := db.Endpoints(ctx); err != nil || len(list) != 1 || list[0].Cursor != 2 {
				t.Errorf("endpoints: %+v, %v", list, err)
			}
			if schema > 1 && schema < schemaDeliveries {
				checkCallbacksMoved(t, db)
			}
			if r, err := Examine(ctx, BeforeSchema(path, newest())); err != nil || !r.OK() || r.Schema != schema || r.Messages != 3 {
				t.Errorf("the copy: %+v, %v", r, err)
			}
			if left, err := filepath.Glob(path + ".before-schema-*"); err != nil || len(left) != 1 {
				t.Errorf("copies: %v, %v", left, err)
			}
		})
	}
}

// schemaDeliveries is the schema that keeps all destinations in one table.
const schemaDeliveries = 15

// checkCallbacksMoved: the receivers of callbacks have their places still.
func checkCallbacksMoved(t *testing.T, db *DB) {
	t.Helper()
	list, err := db.Destinations(ctx, "devino")
	if err != nil || len(list) != 1 {
		t.Fatalf("devino: %+v, %v", list, err)
	}
	d := list[0]
	if d.ID != "devino-00ff" || d.Receiver != "https://example.org/cb" || d.Cursor != 1 || d.Failures != 3 || d.Dropped != 2 ||
		!d.Failing.Equal(time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)) || !d.Next.Equal(time.Date(2026, 1, 31, 10, 0, 4, 0, time.UTC)) {
		t.Errorf("devino: %+v", d)
	}
	if list, err := db.Destinations(ctx, "twin"); err != nil || len(list) != 1 || list[0].Cursor != 2 || !list[0].Failing.IsZero() {
		t.Errorf("twin: %+v, %v", list, err)
	}
	if left, err := db.CountObjects(ctx, "devino_lane", ""); err != nil || left != 0 {
		t.Errorf("%d lanes are left, %v", left, err)
	}
}

// TestUpgradeBrokenOff: a migration that ends in the middle leaves the old
// database, and the next start makes the upgrade.
func TestUpgradeBrokenOff(t *testing.T) {
	path := tempPath(t)
	older(t, path, 1)
	was := steps[schemaAnalytics]
	steps[schemaAnalytics] = func(*tx) error { return fmt.Errorf("broken off") }
	_, err := Open(ctx, path, Options{})
	steps[schemaAnalytics] = was
	if err == nil {
		t.Fatal("a broken migration is taken")
	}
	if r, err := Examine(ctx, path); err != nil || !r.OK() || r.Schema != 1 || r.Messages != 3 {
		t.Errorf("left behind: %+v, %v", r, err)
	}
	db := openAt(t, path, Options{})
	if r, err := db.Check(ctx); err != nil || !r.OK() || r.Messages != 3 {
		t.Errorf("the next start: %+v, %v", r, err)
	}
}
