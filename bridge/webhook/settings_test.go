package webhook

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge/delivery"
	"github.com/wabridge/wabridge/queue"
)

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
		if list, err := d.Statuses(t.Context()); err != nil || list[0].Health() != delivery.HealthDisabled || list[0].Pending != 1 {
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
		if got, want := rt.texts("app")+"|"+rt.texts("echoes"), "in sent|echo:by hand"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		override := endpoint("phone")
		override.Scope, override.Phones, override.Cursor = ScopePhone, []string{testPhone.ID}, 3
		store.put(override)
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
		if got, want := rt.texts("app"), "in sent other phone"; got != want {
			t.Errorf("app got %q, want %q", got, want)
		}
	})
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
