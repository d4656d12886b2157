package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
)

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
		list, err := d.Statuses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range list {
			got = append(got, fmt.Sprintf("%s %s %d %s", s.ID, s.Health(), s.Pending, s.LastError))
		}
		slices.Sort(got)
		want := []string{"alive ok 0 ", "dead failing 5 post: connection refused", "hangs ok 5 "}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if slices.ContainsFunc(list, func(s delivery.Status) bool { return s.ID == "dead" && s.Oldest.IsZero() }) {
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
		list, err := d.Statuses(t.Context())
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
