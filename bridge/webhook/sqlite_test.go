package webhook

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/queue/sqlite"
)

// receive stores an incoming text as the way back does.
func receive(t *testing.T, db *sqlite.DB, words string) {
	t.Helper()
	ref := wabridge.ChatRef{JID: "16505551234@s.whatsapp.net", Number: "16505551234", Name: "Sheena"}
	_, err := db.Reconcile(t.Context(), testPhone.ID, ref, 10, func(wabridge.Chat, []wabridge.Message) queue.Changes {
		return queue.Changes{New: []wabridge.Message{{Type: "text", Text: wabridge.Text(words), Name: "Sheena", Created: time.Now()}}}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWithTheRealDatabase goes from a stored message to a real receiver, over
// several lives of the daemon.
func TestWithTheRealDatabase(t *testing.T) {
	arrived := make(chan string, 100)
	var broken atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		arrived <- wordsOf(body)
		if broken.Load() {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer server.Close()
	client := NewClient()
	defer client.CloseIdleConnections()
	path := filepath.Join(t.TempDir(), "wabridge.db")
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-arrived:
			if got != want {
				t.Fatalf("arrived %q, want %q", got, want)
			}
		case <-time.After(2 * time.Minute):
			t.Fatalf("%q did not arrive", want)
		}
	}
	var total time.Duration
	life := func(do func(db *sqlite.DB)) {
		t.Helper()
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.PutPhone(t.Context(), testPhone); err != nil {
			t.Fatal(err)
		}
		if all, err := db.Endpoints(t.Context()); err != nil {
			t.Fatal(err)
		} else if len(all) == 0 {
			receive(t, db, "before the endpoint was made")
			if _, err := db.PutEndpoint(t.Context(), queue.Endpoint{ID: "a", URL: server.URL, Secret: "s", Scope: ScopeApp}); err != nil {
				t.Fatal(err)
			}
		}
		d := New(db, client, slog.New(slog.DiscardHandler))
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		do(db)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	life(func(db *sqlite.DB) {
		for i := range 20 {
			start := time.Now()
			receive(t, db, fmt.Sprint(i))
			expect(fmt.Sprint(i))
			total += time.Since(start)
		}
	})
	broken.Store(true)
	life(func(db *sqlite.DB) {
		receive(t, db, "while broken")
		expect("while broken")
	})
	if e := read(t, path); e.Failures < 1 || e.LastError != "receiver answered 502" || e.Failing.IsZero() {
		t.Errorf("after a failure the database has %+v", e)
	}
	for len(arrived) > 0 { // on a slow machine it was tried more than once
		<-arrived
	}
	broken.Store(false)
	life(func(*sqlite.DB) { expect("while broken") })
	life(func(db *sqlite.DB) {
		receive(t, db, "the next one")
		expect("the next one")
	})
	t.Logf("from the store to the receiver: %v on average, the commit included", total/20)
}

func endpointOf(t *testing.T, db *sqlite.DB) queue.Endpoint {
	t.Helper()
	all, err := db.Endpoints(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d endpoints, %v", len(all), err)
	}
	return all[0]
}

func read(t *testing.T, path string) queue.Endpoint {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return endpointOf(t, db)
}
