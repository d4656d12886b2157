package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// receivers is an http.RoundTripper that stands for all receivers: it works
// in fake time, which real sockets do not.
type receivers struct {
	mu     sync.Mutex
	answer func(host string, n int) (int, error) // n: requests to the host so far
	got    map[string][]string                   // words of the texts, by host
	at     map[string][]time.Time
	hold   map[string]chan struct{} // a host that answers only when told
}

func newReceivers() *receivers {
	return &receivers{got: map[string][]string{}, at: map[string][]time.Time{}, hold: map[string]chan struct{}{}}
}

func (r *receivers) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	host := req.URL.Host
	r.mu.Lock()
	r.got[host] = append(r.got[host], wordsOf(body))
	r.at[host] = append(r.at[host], time.Now())
	n, hold, answer := len(r.got[host]), r.hold[host], r.answer
	r.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	status := 200
	if answer != nil {
		if status, err = answer(host, n); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("ok")), Request: req}, nil
}

func (r *receivers) texts(host string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.got[host], " ")
}

func (r *receivers) times(host string) []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]time.Time(nil), r.at[host]...)
}

func (r *receivers) answers(f func(host string, n int) (int, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// wordsOf is the text, or else the status, in a body.
func wordsOf(body []byte) string {
	var e struct {
		Entry []struct{ Changes []struct{ Value value } }
	}
	if json.Unmarshal(body, &e) != nil {
		return "?"
	}
	v := e.Entry[0].Changes[0].Value
	switch {
	case len(v.Messages) == 1:
		return v.Messages[0].Text.Body
	case len(v.Echoes) == 1:
		return "echo:" + v.Echoes[0].Text.Body
	}
	if len(v.Statuses) == 0 {
		return "account"
	}
	return v.Statuses[0].Status
}

func endpoint(id string) queue.Endpoint {
	return queue.Endpoint{ID: id, URL: "http://" + id + "/hook?key=in-the-address", Secret: "shhh", Scope: ScopeApp}
}

// start starts a deliverer that ends with the test.
func start(t *testing.T, store Store, rt http.RoundTripper, logs io.Writer) *Deliverer {
	t.Helper()
	client := NewClient()
	client.Transport = rt
	d := New(store, client, slog.New(slog.NewTextHandler(logs, nil)))
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, d) })
	return d
}

func stop(t *testing.T, d *Deliverer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), Timeout)
	defer cancel()
	if err := d.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestEventsArriveInOrderAndAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, rt := newMemory(endpoint("a")), newReceivers()
		start(t, store, rt, io.Discard)
		synctest.Wait()
		began := time.Now()
		var want []string
		for i := range int64(250) {
			store.text(t, 2*i+1, fmt.Sprint(i))
			store.add(event(t, wabridge.EventStatus, 2*i+2, moved(wabridge.Queued)))
			want = append(want, fmt.Sprint(i))
		}
		synctest.Wait()
		if d := cmp.Diff(strings.Join(want, " "), rt.texts("a")); d != "" {
			t.Error(d)
		}
		if got := time.Since(began); got != 0 {
			t.Errorf("took %v", got)
		}
		if got := store.endpoint("a").Cursor; got < 499 {
			t.Errorf("saved cursor %d, want at least that of the last text, 499", got)
		}
	})
}

func TestADeadEndpointHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, rt := newMemory(endpoint("dead"), endpoint("hangs"), endpoint("alive")), newReceivers()
		rt.hold["hangs"] = make(chan struct{})
		rt.answer = func(host string, _ int) (int, error) {
			if host == "dead" {
				return 0, errors.New("connection refused")
			}
			return 204, nil
		}
		d := start(t, store, rt, io.Discard)
		for i := range int64(5) {
			store.text(t, i+1, fmt.Sprint(i))
		}
		synctest.Wait()
		if got, want := rt.texts("alive"), "0 1 2 3 4"; got != want {
			t.Errorf("alive got %q, want %q", got, want)
		}
		list, err := d.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range list {
			got = append(got, fmt.Sprintf("%s %s %d %s", s.ID, s.Health, s.Pending, s.LastError))
		}
		want := []string{"dead failing 5 post: connection refused", "hangs ok 5 ", "alive ok 0 "}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if list[0].Oldest.IsZero() {
			t.Error("no time of the oldest event that waits")
		}

		rt.answers(nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		if got, want := rt.texts("dead"), "0 0 1 2 3 4"; got != want {
			t.Errorf("the dead one, alive again, got %q, want %q", got, want)
		}
		if got := rt.texts("hangs"); !strings.HasPrefix(got, "0 0 0 0") || strings.Contains(got, "1") {
			t.Errorf("hangs got %q, want the first event again and again", got)
		}
		if got := rt.times("hangs"); got[1].Sub(got[0]) < Timeout {
			t.Errorf("a hanging POST was repeated after %v, before its time was over", got[1].Sub(got[0]))
		}
	})
}

func TestSevenDaysThenGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logs lines
		store, rt := newMemory(endpoint("a")), newReceivers()
		rt.answer = func(string, int) (int, error) { return 500, nil }
		start(t, store, rt, &logs)
		began := time.Now()
		store.text(t, 1, "first")
		time.Sleep(24 * time.Hour)
		store.text(t, 2, "second")
		store.add(event(t, wabridge.EventStatus, 3, moved(wabridge.Queued)))
		time.Sleep(Horizon - 24*time.Hour - time.Minute)
		if got := store.endpoint("a"); got.Cursor != 0 || got.Dropped != 0 || got.Failures < 500 {
			t.Errorf("just before 7 days: %+v, want nothing dropped", got)
		}
		time.Sleep(time.Hour)
		if got := store.endpoint("a"); got.Cursor != 1 || got.Dropped != 1 {
			t.Errorf("after 7 days: cursor %d, dropped %d, want the first event gone", got.Cursor, got.Dropped)
		}
		time.Sleep(23*time.Hour - 2*time.Minute)
		if strings.Count(logs.String(), "given up") != 1 {
			t.Errorf("log: %s", logs.String())
		}
		if got := strings.Count(logs.String(), "fails, its events wait"); got != 1 {
			t.Errorf("one streak was logged %d times", got)
		}
		rt.answers(nil)
		time.Sleep(time.Hour)
		if got := rt.texts("a"); !strings.HasSuffix(got, "second second") || strings.Contains(got, "second first") {
			t.Errorf("the second event did not arrive within its own 7 days")
		}
		for i, at := range rt.times("a")[1:] {
			gap := at.Sub(rt.times("a")[i])
			if gap > 20*time.Minute {
				t.Errorf("a pause of %v, %v after the start", gap, at.Sub(began))
			}
		}
	})
}

func TestReplayedEventsAreNotTooOldToBeTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, rt := newMemory(endpoint("a")), newReceivers()
		d := start(t, store, rt, io.Discard)
		store.textAt(t, 1, "old", time.Now().Add(-30*24*time.Hour))
		store.text(t, 2, "new")
		synctest.Wait()
		rt.answers(func(_ string, n int) (int, error) { return map[bool]int{true: 503, false: 200}[n < 6], nil })
		if err := d.Seek("a", 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got, want := rt.texts("a"), "old new old old old old new"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := store.endpoint("a"); got.Dropped != 0 || got.Cursor != 2 {
			t.Errorf("%+v", got)
		}
		if err := d.Seek("nobody", 0); wabridge.CodeOf(err) != wabridge.CodeNotFound {
			t.Errorf("seek of an unknown endpoint: %v", err)
		}
	})
}

func TestARestartResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, rt := newMemory(endpoint("a")), newReceivers()
		rt.answer = func(_ string, n int) (int, error) { return map[bool]int{true: 200, false: 500}[n <= 2], nil }
		d := start(t, store, rt, io.Discard)
		for i := range int64(4) {
			store.text(t, i+1, fmt.Sprint(i))
		}
		time.Sleep(10 * time.Minute) // the third fails and fails
		stop(t, d)
		stop(t, d) // a second time does nothing
		kept := store.endpoint("a")
		if kept.Cursor != 2 || kept.Failures < 5 || kept.Failing.IsZero() || kept.LastError != "receiver answered 500" {
			t.Fatalf("kept %+v", kept)
		}
		tried := len(rt.times("a"))

		rt.answers(nil)
		start(t, store, rt, io.Discard)
		synctest.Wait()
		if len(rt.times("a")) != tried {
			t.Error("the pause did not survive the restart")
		}
		time.Sleep(time.Until(kept.Next))
		synctest.Wait()
		if got, want := strings.Join(strings.Fields(rt.texts("a"))[tried:], " "), "2 3"; got != want {
			t.Errorf("after the restart %q, want %q", got, want)
		}
	})
}

// TestACrashRepeatsFewPOSTs breaks the writes of progress, as a full disk
// does, and then "crashes".
func TestACrashRepeatsFewPOSTs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logs lines
		store, rt := newMemory(endpoint("a")), newReceivers()
		d := start(t, store, rt, &logs)
		store.text(t, 1, "0")
		synctest.Wait()
		rt.answers(func(string, int) (int, error) {
			store.breakSaving(wabridge.Fail(wabridge.CodeStorage, nil, "disk full"))
			return 200, nil
		})
		var want []string
		for i := range int64(3 * ahead) {
			store.text(t, i+2, fmt.Sprint(i+1))
			want = append(want, fmt.Sprint(i+1))
		}
		time.Sleep(time.Minute)
		sent := strings.Fields(rt.texts("a"))[1:]
		if len(sent) == 0 || len(sent) > ahead || !slices.Equal(sent, want[:len(sent)]) {
			t.Fatalf("while progress could not be saved %v was sent, want at most %d, in order", sent, ahead)
		}
		if got := strings.Count(logs.String(), "cannot use the database"); got < 1 || got > 3 {
			t.Errorf("one streak was logged %d times", got)
		}
		stop(t, d)
		store.breakSaving(nil)
		rt.answers(nil)
		start(t, store, rt, io.Discard)
		synctest.Wait()
		if got := strings.Fields(rt.texts("a"))[1+len(sent):]; !slices.Equal(got, want) {
			t.Errorf("after the crash %v, want all from the first that was not saved", got)
		}
	})
}

func TestStopLetsAPOSTEndAndThenBreaksItOff(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ends   time.Duration // of the POST
		grace  time.Duration
		cursor int64
		fails  bool
	}{
		{"the POST ends in time", 3 * time.Second, 10 * time.Second, 1, false},
		{"the POST does not end in time", 15 * time.Second, 10 * time.Second, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, rt := newMemory(endpoint("a")), newReceivers()
				hold := make(chan struct{})
				rt.hold["a"] = hold
				d := start(t, store, rt, io.Discard)
				store.text(t, 1, "0")
				store.text(t, 2, "1")
				synctest.Wait()
				time.AfterFunc(tt.ends, func() { close(hold) })
				ctx, cancel := context.WithTimeout(t.Context(), tt.grace)
				defer cancel()
				began := time.Now()
				if err := d.Stop(ctx); (err != nil) != tt.fails {
					t.Errorf("stop: %v", err)
				}
				if got, want := time.Since(began), min(tt.ends, tt.grace); got != want {
					t.Errorf("stop took %v, want %v", got, want)
				}
				got := store.endpoint("a")
				if got.Cursor != tt.cursor || got.Failures != 0 {
					t.Errorf("cursor %d, failures %d, want %d and none", got.Cursor, got.Failures, tt.cursor)
				}
				if rt.texts("a") != "0" {
					t.Errorf("sent %q, want nothing new after stop", rt.texts("a"))
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

func TestSettingsAreTakenWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, rt := newMemory(endpoint("a")), newReceivers()
		rt.answer = func(host string, _ int) (int, error) { return map[bool]int{true: 404, false: 200}[host == "a"], nil }
		d := start(t, store, rt, io.Discard)
		store.text(t, 1, "0")
		time.Sleep(2 * time.Hour) // pauses are 15 minutes now

		store.change("a", func(e *queue.Endpoint) { e.URL = "http://moved/" })
		d.Reload()
		synctest.Wait()
		if got, want := rt.texts("moved"), "0"; got != want {
			t.Errorf("at the new address %q, want %q at once", got, want)
		}
		store.change("a", func(e *queue.Endpoint) { e.Disabled = true })
		time.Sleep(2 * reload) // without Reload
		store.text(t, 2, "1")
		time.Sleep(time.Minute)
		if got, want := rt.texts("moved"), "0"; got != want {
			t.Errorf("while disabled %q, want %q", got, want)
		}
		if list, err := d.Backlog(t.Context()); err != nil || list[0].Health != HealthDisabled || list[0].Pending != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		store.change("a", func(e *queue.Endpoint) { e.Disabled = false })
		d.Reload()
		synctest.Wait()
		if got, want := rt.texts("moved"), "0 1"; got != want {
			t.Errorf("enabled again %q, want %q", got, want)
		}
		store.remove("a")
		d.Reload()
		synctest.Wait()
		store.text(t, 3, "2")
		synctest.Wait()
		if got, want := rt.texts("moved"), "0 1"; got != want {
			t.Errorf("after it was removed %q, want %q", got, want)
		}
	})
}

func TestDisablingDuringAPageLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, rt := newMemory(endpoint("a")), newReceivers()
		hold := make(chan struct{})
		rt.hold["a"] = hold
		for i := range int64(5) {
			store.text(t, i+1, fmt.Sprint(i))
		}
		d := start(t, store, rt, io.Discard) // all five are read as one page
		synctest.Wait()
		switchTo := func(disabled bool) {
			store.change("a", func(e *queue.Endpoint) { e.Disabled = disabled })
			d.Reload()
			synctest.Wait()
		}
		switchTo(true)
		close(hold)
		synctest.Wait()
		if got, want := rt.texts("a"), "0"; got != want {
			t.Errorf("when switched off %q, want %q", got, want)
		}
		switchTo(false)
		if got, want := rt.texts("a"), "0 1 2 3 4"; got != want {
			t.Errorf("when switched on again %q, want %q", got, want)
		}
	})
}

func TestAWrongClockDoesNotHoldALane(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name string
		next time.Time
		want time.Duration
	}{
		{"no pause", time.Time{}, 0},
		{"a pause", now.Add(time.Minute), time.Minute},
		{"the clock was set back by a year", now.AddDate(1, 0, 0), 0},
	} {
		if got := pause(queue.Endpoint{Next: tt.next}, now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestFieldsAndScopesChooseTheEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		echoes := endpoint("echoes")
		echoes.Fields = []string{FieldEchoes}
		store, rt := newMemory(endpoint("app"), echoes), newReceivers()
		d := start(t, store, rt, io.Discard)
		store.text(t, 1, "in")
		store.add(event(t, wabridge.EventEcho, 2, with(incoming(), func(m *wabridge.Message) { m.Text = "by hand" })),
			event(t, wabridge.EventStatus, 3, moved(wabridge.Sent)))
		synctest.Wait()
		if got, want := rt.texts("app")+"|"+rt.texts("echoes"), "in echo:by hand sent|echo:by hand"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		override := endpoint("phone")
		override.Scope, override.Phones, override.Cursor = ScopePhone, []string{testPhone.ID}, 3
		store.mu.Lock()
		store.endpoints = append(store.endpoints, override)
		store.mu.Unlock()
		d.Reload()
		synctest.Wait()
		store.text(t, 4, "only for the override")
		other := event(t, wabridge.EventMessage, 5, with(incoming(), func(m *wabridge.Message) { m.Text = "other phone" }))
		other.Phone = "999"
		store.add(other)
		synctest.Wait()
		if got, want := rt.texts("phone"), "only for the override"; got != want {
			t.Errorf("override got %q, want %q", got, want)
		}
		if got, want := rt.texts("app"), "in echo:by hand sent other phone"; got != want {
			t.Errorf("app got %q, want %q", got, want)
		}
	})
}

func TestNothingPrivateIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logs lines
		store, rt := newMemory(endpoint("a")), newReceivers()
		rt.answer = func(string, int) (int, error) { return 0, errors.New("connection refused") }
		d := start(t, store, rt, &logs)
		bad := event(t, wabridge.EventMessage, 1, nil)
		bad.Data = []byte(`{"text":7,"name":"Sheena"}`)
		store.add(bad)
		store.text(t, 2, "the private words")
		time.Sleep(time.Hour)
		store.breakWith(wabridge.Fail(wabridge.CodeStorage, nil, "disk full"))
		time.Sleep(time.Hour)
		store.breakWith(nil)
		time.Sleep(time.Hour)
		if got := store.endpoint("a").Dropped; got != 1 {
			t.Errorf("dropped %d, want the one that cannot be read", got)
		}
		list, err := d.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		shown, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"private words", "shhh", "16505551234", "Sheena"} {
			if strings.Contains(logs.String(), secret) || strings.Contains(string(shown), secret) {
				t.Errorf("%q got out:\n%s\n%s", secret, logs.String(), shown)
			}
		}
		if strings.Contains(logs.String(), "in-the-address") {
			t.Errorf("the address was logged: %s", logs.String())
		}
	})
}

func TestBackoffAndExpiry(t *testing.T) {
	for n, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 10: 512 * time.Second,
		11: 15 * time.Minute, 64: 15 * time.Minute, 1 << 40: 15 * time.Minute} {
		if got := Backoff(n, 0.5); got != want {
			t.Errorf("Backoff(%d) = %v, want %v", n, got, want)
		}
		if low, high := Backoff(n, 0), Backoff(n, 0.9999); low != want*3/4 || high > want*5/4 {
			t.Errorf("Backoff(%d) goes from %v to %v", n, low, high)
		}
	}
	now := time.Now()
	for _, tt := range []struct {
		name           string
		event, failing time.Duration // ago; 0: never
		want           bool
	}{
		{"fresh event, fresh failure", time.Minute, time.Minute, false},
		{"old event, fresh failure", 30 * 24 * time.Hour, time.Minute, false},
		{"fresh event, old failure", time.Minute, 30 * 24 * time.Hour, false},
		{"old event, old failure", Horizon, Horizon, true},
		{"old event, no failure", Horizon, 0, false},
		{"event of a clock that runs ahead", -365 * 24 * time.Hour, Horizon, true},
	} {
		var failing time.Time
		if tt.failing != 0 {
			failing = now.Add(-tt.failing)
		}
		if got := Expired(now.Add(-tt.event), failing, now); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestDestined(t *testing.T) {
	ep := func(id, scope string, phones ...string) queue.Endpoint {
		return queue.Endpoint{ID: id, Scope: scope, Phones: phones}
	}
	off := ep("off", ScopePhone, testPhone.ID)
	off.Disabled = true
	for _, tt := range []struct {
		name string
		all  []queue.Endpoint
		want string
	}{
		{"all of one scope", []queue.Endpoint{ep("a", ScopeApp), ep("b", ScopeApp)}, "a b"},
		{"WABA before app", []queue.Endpoint{ep("a", ScopeApp), ep("w", ScopeWABA, testPhone.WABA)}, "w"},
		{"another WABA", []queue.Endpoint{ep("a", ScopeApp), ep("w", ScopeWABA, "7")}, "a"},
		{"phone before WABA", []queue.Endpoint{ep("w", ScopeWABA), ep("p", ScopePhone, testPhone.ID), ep("a", "")}, "p"},
		{"another phone", []queue.Endpoint{ep("p", ScopePhone, "7"), ep("a", ScopeApp)}, "a"},
		{"an app endpoint of another phone", []queue.Endpoint{ep("a", ScopeApp, "7"), ep("b", ScopeApp, testPhone.ID)}, "b"},
		{"a disabled override is none", []queue.Endpoint{off, ep("a", ScopeApp)}, "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range tt.all {
				if Destined(e, tt.all, testPhone) {
					got = append(got, e.ID)
				}
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}
