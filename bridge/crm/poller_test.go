package crm

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
)

func TestAMessageGoesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		defer func() { must(t, db.Close()) }()
		s := newShop()
		s.add("17", `{"id":17,"to":"+7 (903) 456-78-90","text":"Your order is ready","callback_data":"order 17","priority":"5"}`)
		p := New(ownConfig(), Parts{Store: db, Client: client(s), Log: (&logs{}).logger()})
		must(t, p.Start(t.Context()))
		defer func() { must(t, p.Stop(context.Background())) }()
		until(t, "the acceptance", func() bool { return s.statuses("17") == "accepted" })
		if got := sendNext(t, db); got != "Your order is ready" {
			t.Errorf("sent %q", got)
		}
		receive(t, db, "thank you")
		until(t, "the rest", func() bool { return s.statuses("17") == "accepted sent delivered read" && len(s.inbox()) == 1 })
		m := outgoing(t, db)
		if len(m) != 1 || m[0].Number != "79034567890" || m[0].Callback != "order 17" || m[0].Priority != 5 || m[0].Input != "+7 (903) 456-78-90" {
			t.Errorf("message %+v", m)
		}
		if s.repeated != 0 {
			t.Errorf("%d were told twice", s.repeated)
		}
		for _, body := range s.bodies {
			if strings.Contains(body, `"results"`) && !strings.Contains(body, `"callback_data":"order 17"`) {
				t.Errorf("no callback_data in %s", body)
			}
		}
		var v bridge.Poller
		until(t, "an empty backlog", func() bool { // the place is noted after the CRM's answer
			var err error
			v, err = p.Status(t.Context())
			must(t, err)
			return v.Results.Backlog == 0
		})
		if v.Health != "ok" || v.Accepted != 1 || v.Results.Failures != 0 {
			t.Errorf("status %+v", v)
		}
	})
}

// What was there before the poller's first start is not told.
func TestAPollerBeginsWithWhatHappensFromThenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		defer func() { must(t, db.Close()) }()
		receive(t, db, "before")
		s := newShop()
		for n := range 2 {
			p := New(ownConfig(), Parts{Store: db, Client: client(s), Log: (&logs{}).logger()})
			must(t, p.Start(t.Context()))
			time.Sleep(time.Minute)
			must(t, p.Stop(context.Background()))
			receive(t, db, fmt.Sprintf("while it was off %d", n))
		}
		if got := s.inbox(); len(got) != 1 || got[0] != "while it was off 0" {
			t.Errorf("told %q", got)
		}
	})
}

// polled runs a poller against a handler for a while.
func polled(t *testing.T, c Config, h http.HandlerFunc, d time.Duration) (*Poller, string) {
	t.Helper()
	db := openDB(t)
	l := &logs{}
	p := New(c, Parts{Store: db, Client: client(h), Log: l.logger()})
	must(t, p.Start(context.Background()))
	time.Sleep(d)
	must(t, p.Stop(context.Background()))
	must(t, db.Close())
	return p, l.text()
}

func TestPaceOfPolls(t *testing.T) {
	type answer func(n int, w http.ResponseWriter, r *http.Request)
	empty := func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	for _, tt := range []struct {
		name     string
		answer   answer
		min, max int // polls in a minute
	}{
		{"nothing there: every 5 s", empty, 12, 12},
		{"an empty list: every 5 s", func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"messages":[]}`) }, 12, 12},
		{"held for 25 s: at once again", func(_ int, w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(25 * time.Second):
			case <-r.Context().Done():
			}
			w.WriteHeader(http.StatusNoContent)
		}, 3, 3},
		{"there is more: at once", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n < 30 {
				fmt.Fprintf(w, `{"messages":[{"id":%d,"to":"79034567890","text":"x"}]}`, n)
			}
		}, 30, 45},
		{"the same again and again: every 5 s", func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"messages":[{"id":1,"to":"79034567890","text":"x"}]}`)
		}, 10, 14},
		{"the same broken one again and again: every 5 s", func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"messages":[{"id":1,"to":"x","text":"x"}]}`)
		}, 10, 14},
		{"it fails: ever more rarely", func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, 4, 8},
		{"retry after 20 s", func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "20")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 3, 3},
		{"retry at a time", func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
		}, 2, 3},
		{"a redirect is not followed", func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, base+"elsewhere", http.StatusFound)
		}, 4, 8},
		{"it answers nothing: 45 s", func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				polled(t, ownConfig(), func(w http.ResponseWriter, r *http.Request) {
					switch r.URL.Path {
					case "/queue":
						n++
						if got := r.URL.RawQuery; got != "limit=20&wait=25" {
							t.Errorf("query %s", got)
						}
						if r.Header.Get("Authorization") != "Bearer s3cret" || r.Method != http.MethodGet {
							t.Errorf("%s with %v", r.Method, r.Header)
						}
						tt.answer(n, w, r)
					case "/elsewhere":
						t.Error("a redirect was followed")
					}
				}, time.Minute-time.Millisecond)
				if n < tt.min || n > tt.max {
					t.Errorf("%d polls in a minute, want %d to %d", n, tt.min, tt.max)
				}
			})
		})
	}
}

func TestETag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		polled(t, ownConfig(), func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/queue" {
				return
			}
			tag := r.Header.Get("If-None-Match")
			asked = append(asked, tag)
			switch len(asked) {
			case 1:
				w.Header().Set("ETag", `"one"`)
				fmt.Fprint(w, `{"messages":[{"id":1,"to":"79034567890","text":"x"}]}`)
			case 2, 3:
				w.WriteHeader(http.StatusNotModified)
			case 4:
				w.Header().Set("ETag", `"two"`)
				fmt.Fprint(w, `<html>`) // not understood: it must be had again
			default:
				fmt.Fprint(w, `{}`)
			}
		}, 40*time.Second)
		want := []string{"", `"one"`, `"one"`, `"one"`, "", ""}
		if len(asked) < len(want) || strings.Join(asked[:len(want)], " ") != strings.Join(want, " ") {
			t.Errorf("asked with %q, want %q", asked, want)
		}
	})
}

// While the CRM does not take results, nothing new is taken from it.
func TestNothingIsFetchedWhileResultsCannotBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls, down := 0, true
		p, log := polled(t, ownConfig(), func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/queue":
				polls++
				fmt.Fprintf(w, `{"messages":[{"id":%d,"to":"79034567890","text":"x"},{"id":"b%d"}]}`, polls, polls)
			case "/results":
				if down = down && polls < 2; down {
					w.WriteHeader(http.StatusBadGateway)
				}
			}
		}, time.Hour)
		if polls != 1 {
			t.Errorf("%d polls", polls)
		}
		v := p.lanes.results.current()
		if v.Failures < 10 || v.Failures > 40 {
			t.Errorf("%d failures in an hour", v.Failures)
		}
		if n := strings.Count(log, "does not take them"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log)
		}
	})
}

func TestNothingIsAskedWithoutAPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ownConfig()
		c.Phone = secondID
		polls := 0
		_, log := polled(t, c, func(http.ResponseWriter, *http.Request) { polls++ }, time.Hour)
		if polls != 0 || strings.Count(log, "does not have the configured phone") != 1 {
			t.Errorf("%d requests, log %s", polls, log)
		}
	})
}

// One event that the CRM cannot take does not hold up those behind it for
// ever, and is tried again.
func TestOneThatTheCRMCannotTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		defer func() { must(t, db.Close()) }()
		s := newShop()
		s.poison = "poison"
		p := New(ownConfig(), Parts{Store: db, Client: client(s), Log: (&logs{}).logger()})
		must(t, p.Start(t.Context()))
		defer func() { must(t, p.Stop(context.Background())) }()
		for _, text := range []string{"a", "poison", "b", "c"} {
			receive(t, db, text)
		}
		until(t, "those behind it", func() bool { return len(s.inbox()) == 3 })
		if got := strings.Join(s.inbox(), " "); got != "a b c" {
			t.Errorf("told %s", got)
		}
		v, err := p.Status(t.Context())
		must(t, err)
		if v.Incoming.Aside != 1 {
			t.Errorf("incoming %+v", v.Incoming)
		}
		s.mu.Lock()
		s.poison = ""
		s.mu.Unlock()
		until(t, "the one put aside", func() bool { return len(s.inbox()) == 4 })
		if s.repeated != 0 {
			t.Errorf("%d told twice", s.repeated)
		}
		time.Sleep(2 * time.Minute)
		if v, err = p.Status(t.Context()); err != nil || v.Incoming.Aside != 0 || v.Incoming.Dropped != 0 {
			t.Errorf("incoming %+v (%v)", v.Incoming, err)
		}
	})
}

// A CRM that can take none of them keeps their order.
func TestACRMThatTakesNoneKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		defer func() { must(t, db.Close()) }()
		s := newShop()
		s.poison = "messages"
		c := ownConfig()
		c.Every = 24 * time.Hour
		p := New(c, Parts{Store: db, Client: client(s), Log: (&logs{}).logger()})
		must(t, p.Start(t.Context()))
		defer func() { must(t, p.Stop(context.Background())) }()
		for _, text := range []string{"a", "b", "c"} {
			receive(t, db, text)
		}
		time.Sleep(12 * time.Hour)
		s.mu.Lock()
		s.poison = ""
		s.mu.Unlock()
		until(t, "all", func() bool { return len(s.inbox()) == 3 })
		if got := strings.Join(s.inbox(), " "); got != "a b c" {
			t.Errorf("told %s", got)
		}
	})
}

// A person who is blocked is not told of; a failure has its code.
func TestWhatTheCRMIsToldOfAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		defer func() { must(t, db.Close()) }()
		s := newShop()
		s.add("1", `{"id":"1","to":"79034567890","text":"x"}`)
		s.add("2", `{"id":"2","to":"79034567891","text":"x"}`)
		p := New(ownConfig(), Parts{Store: db, Client: client(s), Log: (&logs{}).logger()})
		must(t, p.Start(t.Context()))
		defer func() { must(t, p.Stop(context.Background())) }()
		until(t, "the acceptance", func() bool { return s.statuses("1") == "accepted" && s.statuses("2") == "accepted" })
		list := outgoing(t, db)
		_, err := db.Apply(t.Context(), list[0].ID, 0, wabridge.HasFailed(time.Now(), wabridge.CodeUndeliverable, "not on WhatsApp"))
		must(t, err)
		_, err = db.Cancel(t.Context(), list[1].ID, time.Now())
		must(t, err)
		until(t, "both ends", func() bool { return s.statuses("1") == "accepted failed" && s.statuses("2") == "accepted failed" })
		if s.codes["1"] != 131026 || s.codes["2"] != 131000 {
			t.Errorf("codes %v", s.codes)
		}
	})
}
