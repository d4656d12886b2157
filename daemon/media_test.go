package daemon

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "17": 17, "17B": 17, "1KB": 1024, "500 kb": 500 << 10, "100MB": 100 << 20, "10GB": 10 << 30, "2TB": 2 << 40, " 3 MB ": 3 << 20,
	} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q: got %d (%v), want %d", text, got, err, want)
		}
		if got, err := parseSize(want.String()); err != nil || got != want {
			t.Errorf("%v is read as %d (%v)", want, got, err)
		}
	}
	for _, text := range []string{"", "GB", "-1", "1.5GB", "1 PB", "9999999TB", "ten"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func TestMediaMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want string
	}{
		"no size":            {"media:\n  quota: lots\n", "media.quota (wabridge.yaml, line 2): is not a size; write it as 500KB, 100MB or 10GB"},
		"too large":          {"media:\n  max_size: 101MB\n", "media.max_size (wabridge.yaml, line 2): 101MB is not between"},
		"too short":          {"media:\n  keep_received: 3s\n", "media.keep_received (wabridge.yaml, line 2): 3s is shorter than a minute"},
		"waits for too long": {"media:\n  wait: 2h\n", "media.wait (wabridge.yaml, line 2): 2h0m0s is not between"},
	} {
		if _, err := load(t, c.file, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	got, err := load(t, "media:\n  quota: 0\n  max_size: 20MB\n  reserve: 5000\n", nil)
	if err != nil || got.Media.Quota != 0 || got.Media.MaxSize != 20<<20 || got.Media.Reserve != 5000 {
		t.Errorf("got %+v (%v)", got.Media, err)
	}
}

// TestCleanMedia: records go when their time is over, the bytes when nobody
// needs them any more, and never while a message waits to be sent.
func TestCleanMedia(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), DatabaseFile), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	cfg := Default()
	cfg.Data, cfg.Media.Reserve = t.TempDir(), 0
	d := &Daemon{cfg: cfg, db: db, log: slog.New(slog.DiscardHandler)}
	d.parts.log = d.log
	if err := d.openMedia(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.parts.stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	now := time.Now()
	add := func(content string) wabridge.Media {
		f, err := d.files.Put(t.Context(), strings.NewReader(content), 100)
		if err != nil {
			t.Fatal(err)
		}
		r, err := db.PutMedia(t.Context(), queue.MediaRecord{Media: wabridge.Media{MIME: "text/plain", SHA256: f.SHA256, Size: f.Size},
			Phone: benchPhone, Origin: queue.MediaUpload, Created: now, Expires: now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return r.Media
	}
	add("nobody needs it")
	waits := add("it waits")
	if _, err := db.Enqueue(t.Context(), queue.Draft{Message: wabridge.Message{Phone: benchPhone, Direction: wabridge.Out,
		Chat: wabridge.UserJID("15550001002"), Number: "15550001002", Type: "document", Media: &waits}}); err != nil {
		t.Fatal(err)
	}
	d.cleanMedia(t.Context(), now)
	if d.files.Used() != 23 {
		t.Errorf("before its time: %d bytes left, want 23", d.files.Used())
	}
	d.cleanMedia(t.Context(), now.Add(2*time.Hour))
	if _, err := db.Media(t.Context(), waits.ID, now); err != nil || d.files.Used() != 8 {
		t.Errorf("after: %v, %d bytes left, want those of the message that waits", err, d.files.Used())
	}
}
