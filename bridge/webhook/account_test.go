package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
	"github.com/wabridge/wabridge/queue"
)

// A picture as it comes in.
func pictured() wabridge.Message {
	return with(incoming(), func(m *wabridge.Message) {
		m.Type, m.Text = "image", "look"
		m.Media = &wabridge.Media{ID: "77", MIME: "image/jpeg", SHA256: strings.Repeat("ab", 32), Size: 3, Name: "x.jpg"}
	})
}

const sum = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="

func TestPayloadOfFiles(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    wabridge.Message
		want string
	}{
		{"image", pictured(), `"type":"image","image":{"caption":"look","mime_type":"image/jpeg","sha256":"` + sum + `","id":"77"}`},
		{"document", with(pictured(), func(m *wabridge.Message) { m.Type = "document" }),
			`"type":"document","document":{"caption":"look","filename":"x.jpg","mime_type":"image/jpeg","sha256":"` + sum + `","id":"77"}`},
		{"voice note", with(pictured(), func(m *wabridge.Message) { m.Type, m.Text, m.Media.Voice = "audio", "", true }),
			`"type":"audio","audio":{"mime_type":"image/jpeg","sha256":"` + sum + `","id":"77","voice":true}`},
		{"sticker", with(pictured(), func(m *wabridge.Message) { m.Type, m.Body = "sticker", json.RawMessage(`{"animated":true}`) }),
			`"type":"sticker","sticker":{"mime_type":"image/jpeg","sha256":"` + sum + `","id":"77","animated":true}`},
		{"one that could not be fetched", with(pictured(), func(m *wabridge.Message) {
			m.Media.SHA256, m.Code, m.Reason = "", wabridge.CodeMediaDownload, "it is no longer on the phone"
		}), `"type":"unsupported","errors":[{"code":131052,"title":"Media download error","message":"Media download error","error_data":{"details":"it is no longer on the phone"},` +
			`"href":"https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}],"unsupported":{"type":"image"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, field, err := Payload(event(t, wabridge.EventMessage, 1, tt.m), testPhone)
			if err != nil || field != FieldMessages || !strings.Contains(string(body), tt.want) {
				t.Errorf("field %s, %v\n%s\nwant in it\n%s", field, err, body, tt.want)
			}
		})
	}
}

func templateEvent() wabridge.AccountData {
	return wabridge.AccountData{WABA: "200000000000001", Field: "message_template_status_update", Value: json.RawMessage(
		`{"event":"APPROVED","message_template_id":1689556908129832,"message_template_name":"ordér","message_template_language":"en_US","reason":"NONE","message_template_category":"UTILITY"}`)}
}

func rung(state wabridge.CallState) wabridge.Call {
	return wabridge.Call{ID: "wacid.x", Phone: testPhone.ID, Chat: "16505551234@s.whatsapp.net", Number: "16505551234", Name: "Sheena", State: state, At: testTime}
}

func TestPayloadOfCalls(t *testing.T) {
	for _, tt := range []struct {
		name string
		call wabridge.Call
		want string
	}{
		{"ringing", rung(wabridge.CallRinging), `"calls":[{"id":"wacid.x","from":"16505551234","to":"15550001001","event":"connect","timestamp":"1750263773","direction":"USER_INITIATED"}]`},
		{"missed", rung(wabridge.CallMissed), `"calls":[{"id":"wacid.x","from":"16505551234","to":"15550001001","event":"terminate","timestamp":"1750263773","direction":"USER_INITIATED","status":"FAILED"}]`},
		{"ended", rung(wabridge.CallEnded), `"calls":[{"id":"wacid.x","from":"16505551234","to":"15550001001","event":"terminate","timestamp":"1750263773","direction":"USER_INITIATED"}]`},
		{"of somebody unknown", with(rung(wabridge.CallMissed), func(c *wabridge.Call) { c.Chat, c.Number = "", "" }),
			`"calls":[{"id":"wacid.x","from_user_id":"` + UserID("call\x00Sheena") + `","to":"15550001001","event":"terminate"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, field, err := Payload(event(t, wabridge.EventCall, 1, tt.call), testPhone)
			if err != nil || field != FieldCalls || !strings.Contains(string(body), tt.want) {
				t.Errorf("field %s, %v\n%s\nwant in it\n%s", field, err, body, tt.want)
			}
		})
	}
}

// TestPayloadOfPreferences: as in Meta's sample.
func TestPayloadOfPreferences(t *testing.T) {
	p := wabridge.Preference{Chat: "16505551234@s.whatsapp.net", Number: "16505551234", Value: "stop", Message: "wamid.x", Word: "STOP", At: time.Unix(1731705721, 0)}
	body, field, err := Payload(event(t, wabridge.EventPreference, 1, p), testPhone)
	want := `"user_preferences":[{"wa_id":"16505551234","detail":"User requested to stop marketing messages","category":"marketing_messages","value":"stop","timestamp":1731705721}]`
	if err != nil || field != FieldPreferences || !strings.Contains(string(body), want) || !strings.Contains(string(body), `"contacts":[{"profile"`) {
		t.Errorf("field %s, %v\n%s\nwant in it\n%s", field, err, body, want)
	}
	if bridge.Wants(queue.Endpoint{}, FieldPreferences) || !bridge.Wants(queue.Endpoint{Fields: []string{FieldPreferences}}, FieldPreferences) {
		t.Error("only those who ask for it get it")
	}
}

func TestPayloadOfAccounts(t *testing.T) {
	const head = `{"object":"whatsapp_business_account","entry":[{"id":"200000000000001","time":1750263773,"changes":[{"field":"%s","value":%s}]}]}`
	for _, tt := range []struct {
		name        string
		kind        wabridge.EventKind
		data        any
		field, want string
	}{
		{"template approved", wabridge.EventAccount, templateEvent(), "message_template_status_update",
			`{"event":"APPROVED","message_template_id":1689556908129832,"message_template_name":"ord\u00e9r","message_template_language":"en_US","reason":"NONE","message_template_category":"UTILITY"}`},
		{"restricted", wabridge.EventPhone, wabridge.PhoneData{State: wabridge.PhoneAttention, Code: wabridge.CodeLocked, Reason: "banned"}, "account_update",
			`{"event":"ACCOUNT_RESTRICTION","phone_number":"15550001001","restriction_info":[{"restriction_type":"RESTRICTED_BIZ_INITIATED_MESSAGING"}]}`},
		{"logged out", wabridge.EventPhone, wabridge.PhoneData{State: wabridge.PhoneAttention, Code: wabridge.CodeNotRegistered, Reason: "logged out"}, "account_alerts",
			`{"entity_type":"PHONE_NUMBER","entity_id":"100000000000001","alert_info":{"alert_severity":"CRITICAL","alert_status":"ACTIVE","alert_type":"PHONE_NUMBER_LOGGED_OUT","alert_description":"logged out"}}`},
		{"unplugged", wabridge.EventPhone, wabridge.PhoneData{State: wabridge.PhoneOffline}, "account_alerts",
			`{"entity_type":"PHONE_NUMBER","entity_id":"100000000000001","alert_info":{"alert_severity":"WARNING","alert_status":"ACTIVE","alert_type":"PHONE_NUMBER_OFFLINE","alert_description":"the phone cannot be reached"}}`},
		{"back", wabridge.EventPhone, wabridge.PhoneData{State: wabridge.PhoneReady, Previous: wabridge.PhoneOffline}, "account_alerts",
			`{"entity_type":"PHONE_NUMBER","entity_id":"100000000000001","alert_info":{"alert_severity":"INFORMATIONAL","alert_status":"NONE","alert_type":"PHONE_NUMBER_READY","alert_description":"the phone can send again"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ev := event(t, tt.kind, 7, tt.data)
			ev.At = testTime
			body, field, err := Payload(ev, testPhone)
			if err != nil || field != tt.field {
				t.Fatalf("field %q, %v", field, err)
			}
			if diff := cmp.Diff(fmt.Sprintf(head, tt.field, tt.want), string(body)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, kind := range []wabridge.EventKind{wabridge.EventAccount, wabridge.EventCall, wabridge.EventPhone, wabridge.EventPreference} {
		if _, _, err := Payload(wabridge.Event{Kind: kind, Data: []byte(`{"x":`)}, testPhone); err == nil {
			t.Errorf("%s that cannot be read: no error", kind)
		}
	}
}

// TestOtherFieldsHaveTheStructureOfPublishedSamples compares keys and types.
func TestOtherFieldsHaveTheStructureOfPublishedSamples(t *testing.T) {
	missing := map[string]bool{"session": true, "start_time": true, "end_time": true, "duration": true, "biz_opaque_callback_data": true, "errors": true, "expiration": true}
	for k := range missing {
		if !theirs[k] {
			theirs[k] = true
			defer delete(theirs, k)
		}
	}
	ours["phone_number"] = true // a restriction names the number, too
	defer delete(ours, "phone_number")
	for _, tt := range []struct {
		file, sample string
		kind         wabridge.EventKind
		data         any
	}{
		{"template_status_update.json", "approved", wabridge.EventAccount, templateEvent()},
		{"call_connect.json", "user_initiated", wabridge.EventCall, rung(wabridge.CallRinging)},
		{"call_terminate.json", "call_terminate", wabridge.EventCall, rung(wabridge.CallMissed)},
		{"message.json", "image", wabridge.EventMessage, with(pictured(), func(m *wabridge.Message) { m.Text = "" })},
		{"message.json", "voice", wabridge.EventMessage, with(pictured(), func(m *wabridge.Message) { m.Type, m.Media.Voice = "audio", true })},
		{"message.json", "static_sticker", wabridge.EventMessage, with(pictured(), func(m *wabridge.Message) { m.Type = "sticker" })},
	} {
		t.Run(tt.file+" "+tt.sample, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("../../testdata/cloudapi/webhook-samples", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			var samples map[string]any
			if err := json.Unmarshal(raw, &samples); err != nil {
				t.Fatal(err)
			}
			body, _, err := Payload(event(t, tt.kind, 1, tt.data), testPhone)
			if err != nil {
				t.Fatal(err)
			}
			var got any
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			sameShape(t, "", got, samples[tt.sample])
		})
	}
}

func TestFieldsAreAskedFor(t *testing.T) {
	for _, tt := range []struct {
		fields []string
		field  string
		want   bool
	}{
		{nil, "messages", true},
		{nil, "smb_message_echoes", false},
		{nil, "calls", false},
		{nil, "message_template_status_update", false},
		{[]string{"calls"}, "calls", true},
		{[]string{"calls"}, "messages", false},
		{[]string{bridge.AllFields}, "account_alerts", true},
	} {
		if got := bridge.Wants(queue.Endpoint{Fields: tt.fields}, tt.field); got != tt.want {
			t.Errorf("%v wants %s: %v", tt.fields, tt.field, got)
		}
	}
	for _, f := range []string{FieldMessages, FieldEchoes, FieldCalls, FieldAccountAlerts, FieldAccountUpdate, "message_template_status_update", "phone_number_quality_update"} {
		if !bridge.KnownField(f) {
			t.Errorf("%s cannot be asked for", f)
		}
	}
}

// listed is a store of objects with some.
type listed struct {
	keeper
	blocked map[string]time.Time // number to time of the block
	gone    []string             // WABAs
	broken  error
}

func (l *listed) Objects(_ context.Context, kind, _, _ string, _ int) (list []queue.Object, err error) {
	if kind == queue.ObjectUnsubscribed {
		for _, id := range l.gone {
			list = append(list, queue.Object{Kind: kind, Owner: id})
		}
	}
	return list, l.broken
}

func (l *listed) CountObjects(_ context.Context, kind, _ string) (int, error) {
	return len(l.blocked), nil
}

func (l *listed) Object(_ context.Context, kind, owner, id string) (queue.Object, error) {
	at, ok := l.blocked[id]
	if kind != queue.ObjectBlocked || owner != testPhone.ID || !ok {
		return queue.Object{}, wabridge.Fail(wabridge.CodeNotFound, nil, "none")
	}
	return queue.Object{Created: at}, nil
}

func TestAdmission(t *testing.T) {
	objects := &listed{blocked: map[string]time.Time{"16505551234": testTime}, gone: []string{"9"}}
	m := &marks{store: &memory{keeper: objects}}
	ev := func(kind wabridge.EventKind, at time.Time, data any) wabridge.Event {
		e := event(t, kind, 1, data)
		e.At = at
		return e
	}
	later := testTime.Add(time.Minute)
	for _, tt := range []struct {
		name  string
		ev    wabridge.Event
		phone wabridge.Phone
		want  error
	}{
		{"from a blocked person", ev(wabridge.EventMessage, later, incoming()), testPhone, errSkip},
		{"a call from a blocked person", ev(wabridge.EventCall, later, rung(wabridge.CallMissed)), testPhone, errSkip},
		{"from before the block", ev(wabridge.EventMessage, testTime.Add(-time.Second), incoming()), testPhone, nil},
		{"from somebody else", ev(wabridge.EventMessage, later, with(incoming(), func(m *wabridge.Message) { m.Number = "16505559999" })), testPhone, nil},
		{"in a group", ev(wabridge.EventMessage, later, with(incoming(), func(m *wabridge.Message) { m.Group = "1@g.us" })), testPhone, nil},
		{"a status of a message to one", ev(wabridge.EventStatus, later, moved(wabridge.Read)), testPhone, nil},
		{"what was typed to one on the phone", ev(wabridge.EventEcho, later, incoming()), testPhone, nil},
		{"of an account without subscription", ev(wabridge.EventStatus, later, moved(wabridge.Read)), wabridge.Phone{ID: "8", WABA: "9"}, errSkip},
		{"unreadable", wabridge.Event{Kind: wabridge.EventMessage, Data: []byte("{")}, testPhone, errUnreadable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := m.admit(t.Context(), &Delivery{Event: tt.ev, Phone: tt.phone}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	m.forget()
	objects.broken = errors.New("disk")
	if err := m.admit(t.Context(), &Delivery{Event: ev(wabridge.EventStatus, later, moved(wabridge.Read)), Phone: testPhone}); !errors.Is(err, objects.broken) {
		t.Errorf("a broken store: %v", err)
	}
}

func TestAccountEventsFollowTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own := endpoint("waba")
		own.Scope, own.Phones, own.Fields = ScopeWABA, []string{"200000000000001"}, []string{bridge.AllFields}
		other, app, phone := own, endpoint("app"), endpoint("phone")
		other.ID, other.URL, other.Phones = "other", "http://other/", []string{"9"}
		phone.Scope, phone.Phones = ScopePhone, []string{testPhone.ID}
		store, rt := newMemory(own, other, app, phone), newReceivers()
		start(t, store, rt, io.Discard)
		synctest.Wait()
		ev := event(t, wabridge.EventAccount, 1, templateEvent())
		ev.Phone, ev.At = "", time.Now()
		store.add(ev)
		synctest.Wait()
		for host, want := range map[string]int{"waba": 1, "other": 0, "app": 0, "phone": 0} {
			if got := len(rt.times(host)); got != want {
				t.Errorf("%s got %d, want %d", host, got, want)
			}
		}
	})
}
