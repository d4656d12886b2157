package webhook

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
)

var (
	testPhone = wabridge.Phone{ID: "100000000000001", WABA: "200000000000001", Number: "15550001001"}
	testTime  = time.Unix(1750263773, 600e6).UTC()
)

// event makes an event of the test phone.
func event(t testing.TB, kind wabridge.EventKind, number int64, data any) wabridge.Event {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return wabridge.Event{Number: number, Kind: kind, Phone: testPhone.ID, At: testTime, Data: raw}
}

func incoming() wabridge.Message {
	return wabridge.Message{ID: "wamid.in", Direction: wabridge.In, Chat: "16505551234@s.whatsapp.net",
		Number: "16505551234", Name: "Sheena", Type: "text", Text: "hello", Created: testTime}
}

func moved(s wabridge.State) wabridge.StatusData {
	return wabridge.StatusData{ID: "wamid.out", State: s, At: testTime, Chat: "16505551234@s.whatsapp.net", Number: "16505551234"}
}

func with[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

const head = `{"object":"whatsapp_business_account","entry":[{"id":"200000000000001","changes":[{"field":"%s","value":` +
	`{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001001","phone_number_id":"100000000000001"},%s}}]}]}`

func TestPayload(t *testing.T) {
	user := UserID("16505551234@s.whatsapp.net")
	person := `"contacts":[{"profile":{"name":"Sheena"},"wa_id":"16505551234","user_id":"` + user + `"}],`
	nameless := `"contacts":[{"profile":{},"wa_id":"16505551234","user_id":"` + user + `"}],`
	for _, tt := range []struct {
		name  string
		kind  wabridge.EventKind
		data  any
		field string
		want  string // members of value after metadata
	}{
		{"incoming text", wabridge.EventMessage, incoming(), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"text","text":{"body":"hello"}}]`},
		{"text that needs escaping", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Text = "Привет 👍 <b>&\x7f\"\\/\n\u2028" }), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"text","text":{"body":` +
				`"\u041f\u0440\u0438\u0432\u0435\u0442 \ud83d\udc4d <b>&\u007f\"\\/\n\u2028"}}]`},
		{"answer to a message", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Context = "wamid.quoted" }), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","context":{"id":"wamid.quoted"},"type":"text","text":{"body":"hello"}}]`},
		{"a person without a name is shown by number", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Name = "" }), "messages",
			strings.Replace(person, "Sheena", "16505551234", 1) + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"text","text":{"body":"hello"}}]`},
		{"a chat without a number has no from and no wa_id", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Chat, m.Number = "77@lid", "" }), "messages",
			`"contacts":[{"profile":{"name":"Sheena"},"user_id":"` + UserID("77@lid") + `"}],` +
				`"messages":[{"from_user_id":"` + UserID("77@lid") + `","id":"wamid.in","timestamp":"1750263773","type":"text","text":{"body":"hello"}}]`},
		{"group message", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Chat, m.Group = "12-34@g.us", "12-34@g.us" }), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","group_id":"12-34@g.us","type":"text","text":{"body":"hello"}}]`},
		{"group message of somebody without a number", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Chat, m.Group, m.Number = "12-34@g.us", "12-34@g.us", "" }), "messages",
			`"contacts":[{"profile":{"name":"Sheena"},"user_id":"` + UserID("12-34@g.us\x00Sheena") + `"}],` +
				`"messages":[{"from_user_id":"` + UserID("12-34@g.us\x00Sheena") + `","id":"wamid.in","timestamp":"1750263773","group_id":"12-34@g.us","type":"text","text":{"body":"hello"}}]`},
		{"a location", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) {
				m.Type, m.Text, m.Body = "location", "", json.RawMessage(`{ "latitude":1.5, "name":"Ü" }`)
			}), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"location","location":{"latitude":1.5,"name":"\u00dc"}}]`},
		{"what the phone only describes is no text", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Type, m.Text = "location", "📍 Alexanderplatz" }), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"unsupported",` +
				`"errors":[{"code":131051,"title":"Message type unknown","message":"Message type unknown","error_data":{"details":"Message type is currently not supported. The phone shows: \ud83d\udccd Alexanderplatz"}}],"unsupported":{"type":"location"}}]`},
		{"a reaction to nothing that is known", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Type, m.Text = "reaction", `Reacted 👍 to "hi"` }), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"unsupported",` +
				`"errors":[{"code":131051,"title":"Message type unknown","message":"Message type unknown","error_data":{"details":"Message type is currently not supported. The phone shows: Reacted \ud83d\udc4d to \"hi\""}}],"unsupported":{"type":"reaction"}}]`},
		{"a picture that was not fetched is unsupported", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) { m.Type, m.Text = "image", "" }), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"unsupported",` +
				`"errors":[{"code":131051,"title":"Message type unknown","message":"Message type unknown","error_data":{"details":"Message type is currently not supported."}}],"unsupported":{"type":"image"}}]`},
		{"a picture", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) {
				m.Type, m.Text, m.Body = "image", "📷 Ü", json.RawMessage(`{"caption":"Ü"}`)
				m.Media = &wabridge.Media{ID: "17", MIME: "image/jpeg", SHA256: strings.Repeat("00", 32), Size: 9}
			}), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"image",` +
				`"image":{"caption":"\u00dc","mime_type":"image/jpeg","sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","id":"17"}}]`},
		{"a voice note", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) {
				m.Type, m.Text, m.Body = "audio", "🎤 Voice message (0:05)", json.RawMessage(`{}`)
				m.Media = &wabridge.Media{ID: "17", MIME: "audio/ogg; codecs=opus", SHA256: strings.Repeat("00", 32), Voice: true}
			}), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"audio",` +
				`"audio":{"mime_type":"audio/ogg; codecs=opus","sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","id":"17","voice":true}}]`},
		{"a document", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) {
				m.Type, m.Text, m.Body = "document", "📄 a.pdf", json.RawMessage(`{}`)
				m.Media = &wabridge.Media{ID: "17", MIME: "application/pdf", SHA256: strings.Repeat("00", 32), Name: "a.pdf"}
			}), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"document",` +
				`"document":{"filename":"a.pdf","mime_type":"application/pdf","sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","id":"17"}}]`},
		{"a sticker", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) {
				m.Type, m.Text, m.Body = "sticker", "💟 Sticker", json.RawMessage(`{}`)
				m.Media = &wabridge.Media{ID: "17", MIME: "image/webp", SHA256: strings.Repeat("00", 32), Animated: true}
			}), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"sticker",` +
				`"sticker":{"mime_type":"image/webp","sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","id":"17","animated":true}}]`},
		{"a picture that the phone has not downloaded", wabridge.EventMessage,
			with(incoming(), func(m *wabridge.Message) {
				m.Type, m.Text, m.Body = "image", "📷 Ü", json.RawMessage(`{"caption":"Ü"}`)
				m.Media, m.Code, m.Reason = &wabridge.Media{ID: "17", MIME: "image/jpeg"}, wabridge.CodeMediaDownload, "not downloaded"
			}), "messages",
			person + `"messages":[{"from":"16505551234","from_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"unsupported",` +
				`"errors":[{"code":131052,"title":"Media download error","message":"Media download error","error_data":{"details":"not downloaded"},"href":"https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}],` +
				`"unsupported":{"type":"image"},"image":{"caption":"\u00dc"}}]`},
		{"typed on the phone", wabridge.EventEcho,
			with(incoming(), func(m *wabridge.Message) { m.Direction = wabridge.Echo }), "smb_message_echoes",
			person + `"message_echoes":[{"from":"15550001001","to":"16505551234","to_user_id":"` + user + `","id":"wamid.in","timestamp":"1750263773","type":"text","text":{"body":"hello"}}]`},
		{"typed on the phone into a group", wabridge.EventEcho,
			with(incoming(), func(m *wabridge.Message) { m.Chat, m.Group, m.Number, m.Name = "1@g.us", "1@g.us", "", "" }), "smb_message_echoes",
			`"message_echoes":[{"from":"15550001001","to":"1@g.us","id":"wamid.in","timestamp":"1750263773","group_id":"1@g.us","type":"text","text":{"body":"hello"}}]`},
		{"sent", wabridge.EventStatus, with(moved(wabridge.Sent), func(s *wabridge.StatusData) { s.Callback = "order 7" }), "messages",
			nameless + `"statuses":[{"id":"wamid.out","status":"sent","timestamp":"1750263773","recipient_id":"16505551234","biz_opaque_callback_data":"order 7"}]`},
		{"delivered", wabridge.EventStatus, moved(wabridge.Delivered), "messages",
			nameless + `"statuses":[{"id":"wamid.out","status":"delivered","timestamp":"1750263773","recipient_id":"16505551234"}]`},
		{"read", wabridge.EventStatus, moved(wabridge.Read), "messages",
			nameless + `"statuses":[{"id":"wamid.out","status":"read","timestamp":"1750263773","recipient_id":"16505551234"}]`},
		{"not on WhatsApp", wabridge.EventStatus,
			with(moved(wabridge.Failed), func(s *wabridge.StatusData) {
				s.Code, s.Reason = wabridge.CodeUndeliverable, "not on WhatsApp"
			}), "messages",
			nameless + `"statuses":[{"id":"wamid.out","status":"failed","timestamp":"1750263773","recipient_id":"16505551234",` +
				`"errors":[{"code":131026,"title":"Message undeliverable","message":"Message undeliverable","error_data":{"details":"not on WhatsApp"},"href":"https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}]}]`},
		{"expired is failed", wabridge.EventStatus,
			with(moved(wabridge.Expired), func(s *wabridge.StatusData) { s.Code = wabridge.CodeUndeliverable }), "messages",
			nameless + `"statuses":[{"id":"wamid.out","status":"failed","timestamp":"1750263773","recipient_id":"16505551234",` +
				`"errors":[{"code":131026,"title":"Message undeliverable","message":"Message undeliverable","error_data":{"details":"Message undeliverable"},"href":"https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}]}]`},
		{"a code of our own is shown as the Cloud API's", wabridge.EventStatus,
			with(moved(wabridge.Failed), func(s *wabridge.StatusData) {
				s.Code, s.Reason = wabridge.CodeAmbiguous, "it may have left"
			}), "messages",
			nameless + `"statuses":[{"id":"wamid.out","status":"failed","timestamp":"1750263773","recipient_id":"16505551234",` +
				`"errors":[{"code":131000,"title":"Something went wrong","message":"Something went wrong","error_data":{"details":"it may have left"},"href":"https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}]}]`},
		{"group status", wabridge.EventStatus,
			with(moved(wabridge.Sent), func(s *wabridge.StatusData) { s.Chat, s.Group, s.Number = "1@g.us", "1@g.us", "" }), "messages",
			`"statuses":[{"id":"wamid.out","status":"sent","timestamp":"1750263773","recipient_id":"1@g.us","recipient_type":"group"}]`},
		{"queued has no form", wabridge.EventStatus, moved(wabridge.Queued), "", ""},
		{"handed has no form", wabridge.EventStatus, moved(wabridge.Handed), "", ""},
		{"unconfirmed has no form", wabridge.EventStatus, moved(wabridge.Unconfirmed), "", ""},
		{"canceled has no form", wabridge.EventStatus, moved(wabridge.Canceled), "", ""},
		{"a phone that starts is no news", wabridge.EventPhone, wabridge.PhoneData{State: wabridge.PhoneReady, Previous: wabridge.PhoneStarting}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, field, err := Payload(event(t, tt.kind, 7, tt.data), testPhone)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if tt.want != "" {
				want = fmt.Sprintf(head, tt.field, tt.want)
			}
			if field != tt.field || string(body) != want {
				t.Errorf("field %q, want %q\n%s", field, tt.field, cmp.Diff(want, string(body)))
			}
		})
	}
}

func TestPayloadOfDataThatCannotBeRead(t *testing.T) {
	for _, kind := range []wabridge.EventKind{wabridge.EventMessage, wabridge.EventEcho, wabridge.EventStatus} {
		_, _, err := Payload(wabridge.Event{Number: 3, Kind: kind, Data: []byte(`{"id":7`)}, testPhone)
		if err == nil {
			t.Errorf("%s: no error", kind)
		}
	}
}

// TestPayloadHasTheStructureOfPublishedSamples compares keys and types with
// the samples of an independent client's test suite.
func TestPayloadHasTheStructureOfPublishedSamples(t *testing.T) {
	for _, tt := range []struct {
		file, sample string
		kind         wabridge.EventKind
		data         any
	}{
		{"message.json", "text", wabridge.EventMessage, incoming()},
		{"message.json", "unsupported_with_type", wabridge.EventMessage, with(incoming(), func(m *wabridge.Message) { m.Type = "poll" })},
		{"outgoing_message.json", "text", wabridge.EventEcho, incoming()},
		{"message_status.json", "sent", wabridge.EventStatus, moved(wabridge.Sent)},
		{"message_status.json", "delivered", wabridge.EventStatus, moved(wabridge.Delivered)},
		{"message_status.json", "read", wabridge.EventStatus, moved(wabridge.Read)},
		{"message_status.json", "failed", wabridge.EventStatus, with(moved(wabridge.Failed), func(s *wabridge.StatusData) { s.Code = 131026 })},
		{"message_status.json", "with_tracker", wabridge.EventStatus, with(moved(wabridge.Sent), func(s *wabridge.StatusData) { s.Callback = "x" })},
		{"message_status.json", "group", wabridge.EventStatus, with(moved(wabridge.Read), func(s *wabridge.StatusData) { s.Group = "1@g.us" })},
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

// ours and theirs are the differences that are meant.
var (
	ours   = map[string]bool{"from_user_id": true}
	theirs = map[string]bool{"pricing": true, "conversation": true, "parent_user_id": true, "to_parent_user_id": true,
		"recipient_participant_id": true, "recipient_participant_user_id": true, "recipient_participant_parent_user_id": true}
)

func sameShape(t *testing.T, path string, got, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s is %T, want an object", path, got)
			return
		}
		for k, v := range g {
			if w, ok := want[k]; ok {
				sameShape(t, path+"."+k, v, w)
			} else if !ours[k] {
				t.Errorf("%s.%s is in no sample", path, k)
			}
		}
		for k := range want {
			// A status does not know names, and a group's status no members.
			bare := strings.HasSuffix(path, ".profile") || strings.HasSuffix(path, ".value") && k == "contacts"
			if _, ok := g[k]; !ok && !theirs[k] && !bare {
				t.Errorf("%s.%s is missing", path, k)
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != 1 {
			t.Errorf("%s is %v, want a list of one", path, got)
			return
		}
		sameShape(t, path, g[0], want[0])
	default:
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			t.Errorf("%s is %T, want %T", path, got, want)
		}
	}
}

func FuzzPayload(f *testing.F) {
	for _, s := range []string{"", "hello", "Привет", "👍🏽", "a\u2028b", "<&>\x00\x1f\x7f", "\xff\xfe\xed\xa0\x80", `\u00e4"\`, "\U0010ffff"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, words, name string) {
		m := with(incoming(), func(m *wabridge.Message) { m.Text, m.Name = wabridge.Text(words), name })
		body, _, err := Payload(event(t, wabridge.EventMessage, 1, m), testPhone)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range body {
			if c > 0x7e || c < 0x20 {
				t.Fatalf("byte %d is %#x", i, c)
			}
		}
		var got struct {
			Entry []struct{ Changes []struct{ Value value } }
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		v := got.Entry[0].Changes[0].Value
		if got, want := v.Messages[0].Text.Body, valid(words); got != want {
			t.Errorf("text %q, want %q", got, want)
		}
		if got, want := v.Contacts[0].Profile.Name, firstOf(valid(name), "16505551234"); got != want {
			t.Errorf("name %q, want %q", got, want)
		}
	})
}

// valid replaces each byte that is not UTF-8, as encoding/json does.
func valid(s string) string { return string([]rune(s)) }

func FuzzEscape(f *testing.F) {
	for _, s := range []string{`"a"`, `"Ü\u00DC👍"`, `{"й":[1,"\ud83d"]}`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got := Escape(src)
		for i, c := range got {
			if c > 0x7e {
				t.Fatalf("byte %d is %#x", i, c)
			}
		}
		if !json.Valid(src) {
			return
		}
		var before, after any
		if err := json.Unmarshal(src, &before); err != nil {
			t.Skip("a number that no float holds")
		}
		if err := json.Unmarshal(got, &after); err != nil {
			t.Fatalf("%q became %q: %v", src, got, err)
		}
		if d := cmp.Diff(before, after); d != "" {
			t.Error(d)
		}
	})
}

func TestUserIDIsStable(t *testing.T) {
	// The value is part of what receivers store: it must not change between
	// versions.
	if got, want := UserID("16505551234@s.whatsapp.net"), "XX.1382887183783194238"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if UserID("1@lid") == UserID("2@lid") {
		t.Error("two people have one id")
	}
}
