package queuetest

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

func testPeople(t *testing.T, open Open) {
	each(t, open, map[string]func(*bench){
		"phones":          phones,
		"phone states":    phoneStates,
		"a held phone":    phoneHeld,
		"maintenance":     phoneMaintained,
		"tokens":          tokens,
		"endpoints":       endpoints,
		"endpoint cursor": endpointCursor,
	})
}

func phones(b *bench) {
	p := wabridge.Phone{ID: phone, WABA: "2", Serial: "emulator-5554", User: 10, Package: "com.whatsapp.w4b", Number: number(0), Name: "Shop", Version: "2.25"}
	b.code(b.PutPhone(b.ctx, p), 0)
	b.code(b.PutPhone(b.ctx, wabridge.Phone{ID: "9"}), 0)
	got, err := b.Phone(b.ctx, phone)
	if err != nil {
		b.Fatal(err)
	}
	p.State, p.Changed = wabridge.PhoneStarting, got.Changed
	if diff := cmp.Diff(p, got); diff != "" {
		b.Errorf("phone (-want +got):\n%s", diff)
	}
	b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneOffline, wabridge.CodeOffline, "unplugged", b.now), 0)
	p.Name, p.State = "Shop 2", wabridge.PhoneReady
	b.code(b.PutPhone(b.ctx, p), 0)
	got, _ = b.Phone(b.ctx, phone)
	if got.Name != "Shop 2" || got.State != wabridge.PhoneOffline || got.Reason != "unplugged" {
		b.Errorf("changing a phone: got %+v, want the new name and the old state", got)
	}
	all, err := b.Phones(b.ctx)
	if err != nil || len(all) != 2 || all[0].ID != "9" {
		b.Errorf("phones: got %+v, %v", all, err)
	}
	_, err = b.Phone(b.ctx, "8")
	b.code(err, wabridge.CodeNotFound)
	b.code(b.PutPhone(b.ctx, wabridge.Phone{ID: "x"}), wabridge.CodeParameter)
}

// said lists the payloads of a phone's events.
func (b *bench) phoneEvents() (all []wabridge.PhoneData) {
	b.Helper()
	for _, e := range b.events(queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventPhone}}) {
		var d wabridge.PhoneData
		if err := json.Unmarshal(e.Data, &d); err != nil {
			b.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

func phoneStates(b *bench) {
	b.code(b.PutPhone(b.ctx, wabridge.Phone{ID: phone}), 0)
	for range 2 {
		b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneOffline, wabridge.CodeOffline, "unplugged", b.now), 0)
	}
	b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneReady, 0, "", b.now), 0)
	want := []wabridge.PhoneData{
		{State: wabridge.PhoneOffline, Previous: wabridge.PhoneStarting, Code: wabridge.CodeUnavailable, Reason: "unplugged"},
		{State: wabridge.PhoneReady, Previous: wabridge.PhoneOffline},
	}
	if diff := cmp.Diff(want, b.phoneEvents()); diff != "" {
		b.Errorf("events (-want +got):\n%s", diff)
	}
	b.code(b.SetPhoneState(b.ctx, "8", wabridge.PhoneReady, 0, "", b.now), wabridge.CodeNotFound)
}

func phoneHeld(b *bench) {
	state := func(want wabridge.PhoneState, held bool) {
		b.Helper()
		if p, err := b.Phone(b.ctx, phone); err != nil || p.State != want || p.Held != held {
			b.Errorf("got %s held %v (%v), want %s %v", p.State, p.Held, err, want, held)
		}
	}
	b.code(b.PutPhone(b.ctx, wabridge.Phone{ID: phone}), 0)
	b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneReady, 0, "", b.now), 0)
	b.code(b.HoldPhone(b.ctx, phone, true, b.now), 0)
	state(wabridge.PhonePaused, true)
	b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneReady, 0, "", b.now), 0)
	state(wabridge.PhonePaused, true)
	b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneOffline, wabridge.CodeOffline, "unplugged", b.now), 0)
	state(wabridge.PhoneOffline, true)
	b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneReady, 0, "", b.now), 0)
	state(wabridge.PhonePaused, true)
	b.code(b.HoldPhone(b.ctx, phone, false, b.now), 0)
	state(wabridge.PhoneStarting, false)
	b.code(b.HoldPhone(b.ctx, "8", true, b.now), wabridge.CodeNotFound)
}

func phoneMaintained(b *bench) {
	b.code(b.PutPhone(b.ctx, wabridge.Phone{ID: phone}), 0)
	b.code(b.SetPhoneState(b.ctx, phone, wabridge.PhoneReady, 0, "", b.now), 0)
	for _, on := range []bool{true, true, false} {
		b.code(b.MaintainPhone(b.ctx, phone, on, b.now), 0)
		b.code(b.PutPhone(b.ctx, wabridge.Phone{ID: phone, Name: "new"}), 0)
		if p, err := b.Phone(b.ctx, phone); err != nil || p.Maintenance != on || p.State != wabridge.PhoneReady {
			b.Errorf("got %+v (%v), want maintenance %v", p, err, on)
		}
	}
	b.code(b.MaintainPhone(b.ctx, "8", true, b.now), wabridge.CodeNotFound)
}

func tokens(b *bench) {
	secret := queue.NewSecret()
	tok, err := b.CreateToken(b.ctx, "crm", secret, []string{queue.ScopeSend}, b.now)
	if err != nil {
		b.Fatal(err)
	}
	got, err := b.Authenticate(b.ctx, secret)
	if err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(tok, got); diff != "" {
		b.Errorf("token (-created +authenticated):\n%s", diff)
	}
	for _, wrong := range []string{"", "x", secret + "x", secret[1:], tok.ID} {
		_, err := b.Authenticate(b.ctx, wrong)
		b.code(err, wabridge.CodeToken)
	}
	_, err = b.CreateToken(b.ctx, "again", secret, nil, b.now)
	b.code(err, wabridge.CodeConflict)
	_, err = b.CreateToken(b.ctx, "empty", "", nil, b.now)
	b.code(err, wabridge.CodeParameter)
	list, err := b.Tokens(b.ctx)
	if err != nil || len(list) != 1 || list[0].Used.IsZero() || !list[0].Revoked.IsZero() {
		b.Errorf("list: got %+v, %v", list, err)
	}
	b.code(b.RevokeToken(b.ctx, tok.ID, b.now), 0)
	_, err = b.Authenticate(b.ctx, secret)
	b.code(err, wabridge.CodeToken)
	if list, _ = b.Tokens(b.ctx); len(list) != 1 || !list[0].Revoked.Equal(b.now) {
		b.Errorf("revoked: got %+v", list)
	}
	b.code(b.RevokeToken(b.ctx, "none", b.now), wabridge.CodeNotFound)
	lastAdmin(b)
}

// lastAdmin: one live token with the scope admin is always left.
func lastAdmin(b *bench) {
	var admins []queue.Token
	for _, name := range []string{"ada", "local", "eve"} {
		tok, err := b.CreateToken(b.ctx, name, queue.NewSecret(), []string{queue.ScopeAdmin, queue.ScopeSend}, b.now)
		b.code(err, 0)
		admins = append(admins, tok)
	}
	var refused atomic.Int32
	var wg sync.WaitGroup
	for _, tok := range admins { // all at the same time
		wg.Go(func() {
			if err := b.RevokeToken(b.ctx, tok.ID, b.now); wabridge.CodeOf(err) == wabridge.CodeConflict {
				refused.Add(1)
			} else if err != nil {
				b.Errorf("revoke: %v", err)
			}
		})
	}
	wg.Wait()
	live := 0
	list, err := b.Tokens(b.ctx)
	b.code(err, 0)
	for _, tok := range list {
		if tok.Revoked.IsZero() && tok.Allows(queue.ScopeAdmin) {
			live++
			b.code(b.RevokeToken(b.ctx, tok.ID, b.now), wabridge.CodeConflict)
		}
	}
	if live != 1 || refused.Load() != 1 {
		b.Errorf("%d admins are left, %d refusals; want 1 and 1", live, refused.Load())
	}
}

func endpoints(b *bench) {
	e := queue.Endpoint{URL: "https://example.org/hook", VerifyToken: "v", Secret: "s", Phones: []string{phone}, Fields: []string{"messages"}, Scope: "waba", Created: b.now}
	e, err := b.PutEndpoint(b.ctx, e)
	if err != nil || e.ID == "" {
		b.Fatalf("put: %+v, %v", e, err)
	}
	e.Cursor, e.Failures, e.Failing, e.Next = 5, 3, b.now, b.now.Add(time.Minute)
	e.LastError, e.LastOK, e.Dropped = "503", b.now.Add(-time.Minute), 2
	progress := queue.DeliveryProgress{Destination: queue.Destination{ID: e.ID, Cursor: e.Cursor, Failures: e.Failures, Failing: e.Failing, Next: e.Next,
		LastError: e.LastError, LastOK: e.LastOK, Dropped: e.Dropped}}
	b.code(b.SaveDeliveries(b.ctx, progress), 0)
	list, err := b.Endpoints(b.ctx)
	if err != nil || len(list) != 1 {
		b.Fatalf("list: %+v, %v", list, err)
	}
	if diff := cmp.Diff(e, list[0]); diff != "" {
		b.Errorf("stored (-want +got):\n%s", diff)
	}
	changed := e
	changed.URL, changed.Cursor, changed.Failures, changed.Fields, changed.Disabled = "https://example.org/new", 1, 0, nil, true
	got, err := b.PutEndpoint(b.ctx, changed)
	if err != nil || got.Cursor != 5 {
		b.Errorf("changing: cursor %d, %v; want 5 as it was", got.Cursor, err)
	}
	list, _ = b.Endpoints(b.ctx)
	e.URL, e.Fields, e.Disabled = changed.URL, nil, true
	if diff := cmp.Diff(e, list[0]); diff != "" {
		b.Errorf("changed (-want +got):\n%s", diff)
	}
	b.code(b.DeleteEndpoint(b.ctx, e.ID), 0)
	b.code(b.DeleteEndpoint(b.ctx, e.ID), wabridge.CodeNotFound)
	b.code(b.SaveDeliveries(b.ctx, progress), wabridge.CodeNotFound)
}

func endpointCursor(b *bench) {
	b.accept(text(number(1), "past"), text(number(2), "past"))
	last, _ := b.LastEvent(b.ctx)
	e, err := b.PutEndpoint(b.ctx, queue.Endpoint{URL: "https://example.org"})
	if err != nil || e.Cursor != last || last == 0 {
		b.Errorf("new endpoint: cursor %d, %v; want %d", e.Cursor, err, last)
	}
	e, err = b.PutEndpoint(b.ctx, queue.Endpoint{URL: "https://example.org", Cursor: 1})
	if err != nil || e.Cursor != 1 {
		b.Errorf("with a cursor: got %d, %v; want 1", e.Cursor, err)
	}
}
