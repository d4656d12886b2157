package sqlite

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

func TestClean(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	for i := range 3 {
		d := textTo(i, "x")
		d.Key, d.Print = fmt.Sprint(i), "p"
		if _, err := db.Enqueue(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	clean := func(after time.Duration, want Cleaned) {
		t.Helper()
		got, err := db.Clean(ctx, now.Add(after), Retention{Events: time.Second, Keys: time.Second})
		if err != nil || got != want {
			t.Errorf("after %v: got %+v, %v; want %+v", after, got, err, want)
		}
	}
	clean(23*time.Hour, Cleaned{})
	clean(25*time.Hour, Cleaned{Keys: 3})
	clean(9*24*time.Hour, Cleaned{Events: 3})
	last, _ := db.LastEvent(ctx)
	if _, err := db.Enqueue(ctx, textTo(9, "x")); err != nil {
		t.Fatal(err)
	}
	if next, _ := db.LastEvent(ctx); last != 3 || next != 4 {
		t.Errorf("numbers after cleaning: %d, then %d; want 3, 4", last, next)
	}
	if r, err := db.Check(ctx); err != nil || !r.OK() {
		t.Errorf("check: %+v, %v", r, err)
	}
}

func TestCheckFinds(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	if _, err := db.Enqueue(ctx, textTo(1, "a"), textTo(1, "b"), textTo(2, "c")); err != nil {
		t.Fatal(err)
	}
	if r, err := db.Check(ctx); err != nil || !r.OK() || r.Messages != 3 || r.Events != 3 || r.Schema != newest() {
		t.Fatalf("sound: %+v, %v", r, err)
	}
	for _, s := range []string{
		"UPDATE message SET head = 0 WHERE seq = 1",
		"UPDATE message SET fresh = 0 WHERE seq = 3",
		"UPDATE message SET fence = 7 WHERE seq = 2",
		"UPDATE event SET data = json_set(data, '$.state', 'sent') WHERE number = 2",
		"DELETE FROM event WHERE number = 3",
	} {
		if err := db.update(ctx, "break", func(x *tx) error { return x.exec(s) }); err != nil {
			t.Fatal(err)
		}
	}
	r, err := db.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range r.Findings {
		found = append(found, f.Rule)
	}
	want := []string{"of each chat the oldest open message that is not held is its head", "a head knows whether its chat is new", "no fence is above the counter",
		"every message to send has its events", "the newest event of a message says its state"}
	if strings.Join(found, "|") != strings.Join(want, "|") {
		t.Errorf("found:\n%s\nwant:\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}

func TestExport(t *testing.T) {
	db := openAt(t, tempPath(t), Options{})
	a, err := db.Enqueue(ctx, textTo(1, "line one\n\"two\", <three>"), textTo(2, "b"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := db.Export(ctx, &out, FormatJSONL); err != nil {
		t.Fatal(err)
	}
	var first wabridge.Message
	if err := json.NewDecoder(&out).Decode(&first); err != nil || first.ID != a[0].Message.ID || first.Text != a[0].Message.Text {
		t.Errorf("jsonl: got %+v, %v", first, err)
	}
	out.Reset()
	if err := db.Export(ctx, &out, FormatCSV); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][1] != a[0].Message.ID || rows[1][10] != string(a[0].Message.Text) || rows[0][10] != "text" {
		t.Errorf("csv: got %v, %v", rows, err)
	}
	wantCode(t, db.Export(ctx, &out, "xml"), wabridge.CodeParameter)
}
