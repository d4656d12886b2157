package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge/audit"
)

// auditDB is a database with these entries.
func auditDB(t *testing.T, entries ...audit.Entry) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "w.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, e := range entries {
		if err := db.AddAudit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func TestAuditIsListedByFilter(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	first := audit.Entry{At: now.Add(-time.Hour), Act: audit.TokenCreate, Target: "aa", Detail: "send", Outcome: audit.OK,
		Who: "t1", Name: "crm", From: "192.0.2.1", Via: audit.ViaAPI, Request: "r1"}
	second := audit.Entry{At: now, Act: audit.PhonePause, Target: "105954558954427", Outcome: "not_found", Who: "t2", Via: audit.ViaConsole}
	db := auditDB(t, first, second)
	first.Number, second.Number = 1, 2
	for name, c := range map[string]struct {
		f    audit.Filter
		want []audit.Entry
	}{
		"all, newest first": {audit.Filter{}, []audit.Entry{second, first}},
		"a limit":           {audit.Filter{Limit: 1}, []audit.Entry{second}},
		"the next page":     {audit.Filter{Before: 2}, []audit.Entry{first}},
		"one act":           {audit.Filter{Act: audit.PhonePause}, []audit.Entry{second}},
		"an object's acts":  {audit.Filter{Act: "token."}, []audit.Entry{first}},
		"no half word":      {audit.Filter{Act: "token"}, nil},
		"who":               {audit.Filter{Who: "t1"}, []audit.Entry{first}},
		"target":            {audit.Filter{Target: "aa"}, []audit.Entry{first}},
		"since":             {audit.Filter{Since: now}, []audit.Entry{second}},
		"until":             {audit.Filter{Until: now}, []audit.Entry{first}},
	} {
		got, err := db.Audit(t.Context(), c.f)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestAuditOnlyGrowsUntilItIsOld(t *testing.T) {
	now := time.Now()
	db := auditDB(t, audit.Entry{At: now.Add(-400 * 24 * time.Hour), Act: audit.Login, Outcome: audit.OK, Via: audit.ViaConsole},
		audit.Entry{At: now.Add(-100 * 24 * time.Hour), Act: audit.Login, Outcome: audit.OK, Via: audit.ViaConsole},
		audit.Entry{At: now, Act: audit.PhonePause, Outcome: audit.OK, Via: audit.ViaConsole})
	for _, text := range []string{"UPDATE audit SET who = 'x'", "DELETE FROM audit"} {
		err := db.update(t.Context(), "tamper", func(t *tx) error { return t.exec(text) })
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: got %v, want a refusal", text, err)
		}
	}
	for _, c := range []struct {
		keep time.Duration
		left int
	}{{0, 2}, {time.Hour, 1}} { // no less than 31 days
		got, err := db.Clean(t.Context(), now, Retention{Audit: c.keep})
		if err != nil || got.Audit != 1 {
			t.Errorf("keeping %v: cleaned %d (%v), want 1", c.keep, got.Audit, err)
		}
		if list, _ := db.Audit(t.Context(), audit.Filter{}); len(list) != c.left {
			t.Errorf("keeping %v: %d entries left, want %d", c.keep, len(list), c.left)
		}
	}
}
