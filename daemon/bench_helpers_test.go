package daemon

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func statusOf(t testing.TB, e wabridge.Event) wabridge.StatusData {
	t.Helper()
	var s wabridge.StatusData
	if err := json.Unmarshal(e.Data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// waitState waits until the only phone is in a state.
func waitState(t testing.TB, d *Daemon, want wabridge.PhoneState) {
	t.Helper()
	deadline := time.After(patience())
	for {
		changed := d.db.Changed()
		phones, err := d.db.Phones(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(phones) == 1 && phones[0].State == want {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("phones %+v, want one that is %s", phones, want)
		}
	}
}
