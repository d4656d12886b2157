package devino

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// The seed's own call: a text, and a template with its parameters.
const seedCall = `{"messages":[
 {"from":"MyCompany","to":"79034567890","text":"Code: 1234"},
 {"from":"MyCompany","to":"79034567888","templateId":"account_activated",
  "templateParams":{"1":"+7(495) 646 00 54","2":"https://devino.online"},
  "languageCode":"ru","validity":86400,"callbackUrl":"https://test_callback_url.site"}]}`

func TestTheSeedsCall(t *testing.T) {
	h := newHarness(t)
	h.template("account_activated", "ru", `[{"type":"BODY","text":"Call {{1}} or see {{2}}."}]`)
	code, got := h.post(seedCall)
	if code != 200 || len(got) != 2 || got[0].Code != taken || got[1].Code != taken {
		t.Fatalf("got %d %+v", code, got)
	}
	stored := h.messages()
	if len(stored) != 2 {
		t.Fatalf("%d messages were stored", len(stored))
	}
	first, second := stored[0], stored[1]
	for i, m := range stored {
		if want := strconv.FormatInt(number(m.Created, m.Seq), 10); got[i].MessageID != want || len(want) != 19 {
			t.Errorf("message id %q, want %q of 19 digits", got[i].MessageID, want)
		}
	}
	if first.Text != "Code: 1234" || first.Number != "79034567890" || first.Chat != "79034567890@s.whatsapp.net" || first.Type != "text" {
		t.Errorf("the text is stored as %+v", first)
	}
	if second.Text != "Call +7(495) 646 00 54 or see https://devino.online." || second.Type != "template" || second.Template != "1234567890" {
		t.Errorf("the template is stored as %s %q of %q", second.Type, string(second.Text), second.Template)
	}
	if left := time.Until(second.Expires); left > 24*time.Hour || left < 23*time.Hour {
		t.Errorf("the template's validity is %v", left)
	}
	for i, want := range []string{"", "https://test_callback_url.site"} {
		if got, err := callbackOf(t.Context(), h.store, stored[i].ID); err != nil || got != want {
			t.Errorf("callback of message %d: got %q (%v), want %q", i, got, err, want)
		}
	}
}

// Each wrong thing has the key and the reference of Devino's page.
func TestReasons(t *testing.T) {
	h := newHarness(t)
	h.template("hello", "en", `[{"type":"BODY","text":"Hello {{1}}."}]`)
	long := strings.Repeat("x", 1001)
	const good = `"from":"a","to":"79034567890"`
	tests := []struct{ name, message, key, ref string }{
		{"no recipient", `{"from":"a","text":"x"}`, keyMissing, "messages[0].to"},
		{"null recipient", `{"from":"a","to":null,"text":"x"}`, keyMissing, "messages[0].to"},
		{"letters in the number", `{"from":"a","to":"7903x567890","text":"x"}`, keyInvalid, "messages[0].to"},
		{"a number that is too short", `{"from":"a","to":"79034","text":"x"}`, keyInvalid, "messages[0].to"},
		{"a number without a country", `{"from":"a","to":"0034567890","text":"x"}`, keyInvalid, "messages[0].to"},
		{"a number that is too long", `{"from":"a","to":"7903456789012345","text":"x"}`, keyTooLong, "messages[0].to"},
		{"the sender's own number", `{"from":"a","to":"` + own + `","text":"x"}`, keyInvalid, "messages[0].to"},
		{"a list as number", `{"from":"a","to":["79034567890"],"text":"x"}`, keyInvalid, "messages[0].to"},
		{"no sender", `{"to":"79034567890","text":"x"}`, keyMissing, "messages[0].from"},
		{"a blank sender", `{"from":" ","to":"79034567890","text":"x"}`, keyInvalid, "messages[0].from"},
		{"a sender of another type", `{"from":true,"to":"79034567890","text":"x"}`, keyInvalid, "messages[0].from"},
		{"nothing to send", `{` + good + `}`, keyMissing, "messages[0]"},
		{"a blank text", `{` + good + `,"text":" \n"}`, keyMissing, "messages[0]"},
		{"a long text", `{` + good + `,"text":"` + long + `"}`, keyTooLong, "messages[0].text"},
		{"an object as text", `{` + good + `,"text":{}}`, keyInvalid, "messages[0].text"},
		{"half a character", `{` + good + `,"text":"\ud83d"}`, keyInvalid, "messages[0].text"},
		{"a NUL", `{` + good + `,"text":"a\u0000"}`, keyInvalid, "messages[0].text"},
		{"a validity without a template", `{` + good + `,"text":"x","validity":86400}`, keyInvalid, "messages[0].validity"},
		{"another validity", `{` + good + `,"templateId":"hello","templateParams":{"1":"x"},"validity":3600}`, keyInvalid, "messages[0].validity"},
		{"a fraction as validity", `{` + good + `,"templateId":"hello","templateParams":{"1":"x"},"validity":1.5}`, keyInvalid, "messages[0].validity"},
		{"a callback that is no address", `{` + good + `,"text":"x","callbackUrl":"crm"}`, keyInvalid, "messages[0].callbackUrl"},
		{"a callback of another scheme", `{` + good + `,"text":"x","callbackUrl":"ftp://crm.test/"}`, keyInvalid, "messages[0].callbackUrl"},
		{"a callback to a private address", `{` + good + `,"text":"x","callbackUrl":"http://127.0.0.1:9000/"}`, keyInvalid, "messages[0].callbackUrl"},
		{"long callback data", `{` + good + `,"text":"x","callbackData":"` + strings.Repeat("x", 4097) + `"}`, keyTooLong, "messages[0].callbackData"},
		{"a content address that is none", `{` + good + `,"contentUrl":"a.jpg"}`, keyInvalid, "messages[0].contentUrl"},
		{"a file that is not there", `{` + good + `,"contentUrl":"http://files.test/none.jpg"}`, keyInvalid, "messages[0].contentUrl"},
		{"a film that is too large", `{` + good + `,"contentUrl":"http://files.test/big","contentType":"video/mp4"}`, keyInvalid, "messages[0].contentUrl"},
		{"a content type that is none", `{` + good + `,"contentUrl":"http://files.test/a.jpg","contentType":"jpeg"}`, keyInvalid, "messages[0].contentType"},
		{"an empty content name", `{` + good + `,"contentUrl":"http://files.test/a.jpg","contentName":""}`, keyTooShort, "messages[0].contentName"},
		{"a long content name", `{` + good + `,"contentUrl":"http://files.test/a.jpg","contentName":"` + long + `"}`, keyTooLong, "messages[0].contentName"},
		{"a text under a voice", `{` + good + `,"text":"x","contentUrl":"http://files.test/a.ogg","contentType":"audio/ogg"}`, keyInvalid, "messages[0].text"},
		{"a short language", `{` + good + `,"text":"x","languageCode":"r"}`, keyTooShort, "messages[0].languageCode"},
		{"a long language", `{` + good + `,"text":"x","languageCode":"russian_language"}`, keyTooLong, "messages[0].languageCode"},
		{"a language of digits", `{` + good + `,"text":"x","languageCode":"12"}`, keyInvalid, "messages[0].languageCode"},
		{"an unknown template", `{` + good + `,"templateId":"none"}`, keyInvalid, "messages[0].templateId"},
		{"a template of another language", `{` + good + `,"templateId":"hello","languageCode":"ru","templateParams":{"1":"x"}}`, keyInvalid, "messages[0].templateId"},
		{"too few parameters", `{` + good + `,"templateId":"hello"}`, keyInvalid, "messages[0].templateParams"},
		{"a parameter of another number", `{` + good + `,"templateId":"hello","templateParams":{"2":"x"}}`, keyInvalid, "messages[0].templateParams"},
		{"parameters as a list", `{` + good + `,"templateId":"hello","templateParams":["x"]}`, keyInvalid, "messages[0].templateParams"},
		{"a parameter that is a list", `{` + good + `,"templateId":"hello","templateParams":{"1":[]}}`, keyInvalid, "messages[0].templateParams"},
		{"a long parameter", `{` + good + `,"templateId":"hello","templateParams":{"1":"` + long + long + `"}}`, keyTooLong, "messages[0].templateParams"},
		{"a text beside a template", `{` + good + `,"text":"x","templateId":"hello","templateParams":{"1":"x"}}`, keyInvalid, "messages[0].text"},
		{"a file that the template has not", `{` + good + `,"templateId":"hello","templateParams":{"1":"x"},"contentUrl":"http://files.test/a.jpg"}`, keyInvalid, "messages[0].contentUrl"},
		{"no message", `null`, keyMissing, "messages[0]"},
		{"a message that is a text", `"x"`, keyInvalid, "messages[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, got := h.post(`{"messages":[` + tt.message + `]}`)
			want := []reason{{tt.key, tt.ref}}
			if code != 200 || len(got) != 1 || got[0].Code != rejected || !cmp.Equal(got[0].Reasons, want) || got[0].MessageID != "" {
				t.Errorf("got %d %+v, want the reasons %+v", code, got, want)
			}
			if got[0].Description == "" {
				t.Error("no description")
			}
		})
	}
	if n := len(h.messages()); n != 0 {
		t.Errorf("%d messages were stored", n)
	}
}

// A call that cannot be taken apart has one result.
func TestRefusedCalls(t *testing.T) {
	h := newHarness(t)
	many := `{"messages":[` + strings.Repeat(`{},`, maxBatch) + `{}]}`
	for name, tt := range map[string]struct {
		body, key, ref string
	}{
		"no JSON":             {`from=a`, keyInvalid, ""},
		"half a body":         {`{"messages":[{"from":`, keyInvalid, ""},
		"not UTF-8":           {"{\"text\":\"\xff\"}", keyInvalid, ""},
		"a list":              {`[]`, keyInvalid, ""},
		"nothing":             {`{}`, keyMissing, "messages"},
		"no messages":         {`{"messages":[]}`, keyMissing, "messages"},
		"null messages":       {`{"messages":null}`, keyMissing, "messages"},
		"messages as a text":  {`{"messages":"x"}`, keyInvalid, "messages"},
		"too many messages":   {many, keyTooMany, "messages"},
		"one, without a list": {`{"messages":{"from":"a"}}`, keyInvalid, "messages"},
	} {
		code, got := h.post(tt.body)
		if code != 400 || len(got) != 1 || got[0].Code != rejected || !cmp.Equal(got[0].Reasons, []reason{{tt.key, tt.ref}}) {
			t.Errorf("%s: got %d %+v", name, code, got)
		}
	}
	code, got := h.post(`{"text":"` + strings.Repeat("x", maxBody) + `"}`)
	if code != 413 || got[0].Reasons[0].Key != keyTooMany {
		t.Errorf("a body that is too large: got %d %+v", code, got)
	}
}

// What is good goes out, whatever stands beside it; all reasons of the rest
// are told.
func TestMixedCall(t *testing.T) {
	h := newHarness(t)
	_, got := h.post(`{"messages":[
		{"from":"a","to":"79030000001","text":"one"},
		{"from":"a","to":"x","text":"two","callbackUrl":"y"},
		{"from":"a","to":"79030000003","text":"three"},
		{"from":"a","to":"79030000004","contentUrl":"http://files.test/gone.pdf"},
		{"from":"a","to":79030000005,"contentUrl":"http://files.test/a.pdf","contentName":"offer.pdf","text":"five","unknown":1}]}`)
	var codes, texts []string
	for _, r := range got {
		codes = append(codes, r.Code)
	}
	if d := cmp.Diff([]string{taken, rejected, taken, rejected, taken}, codes); d != "" {
		t.Fatal(d)
	}
	if d := cmp.Diff([]reason{{keyInvalid, "messages[1].to"}, {keyInvalid, "messages[1].callbackUrl"}}, got[1].Reasons); d != "" {
		t.Error(d)
	}
	stored := h.messages()
	for _, m := range stored {
		texts = append(texts, string(m.Text))
	}
	if d := cmp.Diff([]string{"one", "three", "five"}, texts); d != "" {
		t.Fatal(d)
	}
	if m := stored[2]; m.Type != "document" || m.Media == nil || m.Media.Name != "offer.pdf" || m.Number != "79030000005" {
		t.Errorf("the file is stored as %+v", m)
	}
}

// What is the gateway's own fault refuses the whole call, and accepts nothing.
func TestDiskFull(t *testing.T) {
	h := newHarness(t)
	code, got := h.post(`{"messages":[{"from":"a","to":"79030000001","text":"one"},{"from":"a","to":"79030000001","contentUrl":"` + diskFull + `"}]}`)
	if code != http.StatusServiceUnavailable || len(got) != 1 || !cmp.Equal(got[0].Reasons, []reason{{Key: keyUnknown}}) {
		t.Errorf("got %d %+v", code, got)
	}
	if n := len(h.messages()); n != 0 {
		t.Errorf("%d messages were stored", n)
	}
}

func TestSingleForm(t *testing.T) {
	h := newHarness(t)
	code, got := h.post(`{"from":"a","to":"+79030000001","text":"one"}`)
	if code != 200 || len(got) != 1 || got[0].Code != taken {
		t.Fatalf("got %d %+v", code, got)
	}
	_, got = h.post(`{"from":"a","text":"one"}`)
	if d := cmp.Diff([]reason{{keyMissing, "to"}}, got[0].Reasons); d != "" {
		t.Error(d)
	}
}

func TestKinds(t *testing.T) {
	for declared, want := range map[string]string{
		"image/jpeg": "image", "image/PNG": "image", "image/gif": "document", "image/webp": "document", "video/mp4": "video", "video/3gpp": "video",
		"audio/aac": "audio", "audio/acc": "audio", "audio/mpeg": "audio", "audio/ogg": "voice", "audio/ogg; codecs=opus": "audio",
		"application/pdf": "document", "text/plain; charset=utf-8": "document",
	} {
		if got, ok := kindOf(declared); !ok || got != want {
			t.Errorf("%s: got %q, want %q", declared, got, want)
		}
	}
	h := newHarness(t)
	h.post(`{"messages":[
		{"from":"a","to":"79030000001","contentUrl":"http://files.test/a.jpg","text":"look"},
		{"from":"a","to":"79030000002","contentUrl":"http://files.test/a.ogg","contentType":"audio/ogg"},
		{"from":"a","to":"79030000003","contentUrl":"http://files.test/a.webp"}]}`)
	var got []string
	for _, m := range h.messages() {
		got = append(got, fmt.Sprintf("%s %t %s %s", m.Type, m.Media.Voice, m.Text, m.Body))
	}
	if d := cmp.Diff([]string{
		`image false look {"link":"http://files.test/a.jpg","caption":"look"}`,
		`audio true  {"link":"http://files.test/a.ogg","voice":true}`,
		`document false  {"link":"http://files.test/a.webp","filename":"a.webp"}`,
	}, got); d != "" {
		t.Error(d)
	}
}

// A template may have a file above its text, and parameters in all its parts.
func TestTemplateWithEverything(t *testing.T) {
	h := newHarness(t)
	h.template("offer", "en_US", `[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"For {{1}}: {{2}}."},
		{"type":"BUTTONS","buttons":[{"type":"URL","text":"See","url":"https://shop.test/{{1}}"}]}]`)
	_, got := h.post(`{"from":"a","to":"79030000001","templateId":"offer","contentUrl":"http://files.test/a.jpg","templateParams":{"1":"Ann","2":"tea","3":"tea-1"}}`)
	if got[0].Code != taken {
		t.Fatalf("got %+v", got)
	}
	m := h.messages()[0]
	if m.Text != "For Ann: tea.\n\nSee: https://shop.test/tea-1" || m.Media == nil || m.Media.MIME != "image/jpeg" || m.Type != "template" {
		t.Errorf("stored as %s %q %+v", m.Type, string(m.Text), m.Media)
	}
	_, got = h.post(`{"from":"a","to":"79030000001","templateId":"1234567890","contentUrl":"http://files.test/a.jpg","templateParams":{"1":"Ann","2":"tea","3":"tea-1"}}`)
	if got[0].Code != taken {
		t.Errorf("by its id: got %+v", got)
	}
}

func TestSenders(t *testing.T) {
	many := newHarness(t, func(c *Config) { c.Senders = map[string]string{"MyCompany": secondID} })
	must(t, many.store.PutPhone(context.Background(), wabridge.Phone{ID: secondID, WABA: wabaID, Serial: "emu2", Package: "com.whatsapp", Number: "4915123456789"}))
	for from, want := range map[string]string{"MyCompany": secondID, phoneID: phoneID, own: phoneID, "+4915123456789": secondID} {
		_, got := many.post(`{"from":"` + from + `","to":"79030000001","text":"x"}`)
		if got[0].Code != taken {
			t.Fatalf("%s: %+v", from, got)
		}
		list, err := many.store.Messages(context.Background(), queue.MessageFilter{Limit: 1})
		must(t, err)
		if list[0].Phone != want {
			t.Errorf("%s: got phone %s, want %s", from, list[0].Phone, want)
		}
	}
	if _, got := many.post(`{"messages":[{"from":"Other","to":"79030000001","text":"x"}]}`); !cmp.Equal(got[0].Reasons, []reason{{keyNotThere, "messages[0].from"}}) {
		t.Errorf("an unknown name: %+v", got)
	}
}

func TestWhoMaySend(t *testing.T) {
	h := newHarness(t)
	for name, tt := range map[string]struct {
		header string
		want   int
	}{
		"no key": {"", 401}, "another scheme": {"Bearer " + sender, 401}, "a wrong key": {"Key nonsense", 401},
		"a key without the scope": {"Key " + reader, 403}, "the key": {"key " + sender, 200},
	} {
		code, got := h.post(`{"from":"a","to":"79030000001","text":"x"}`, "Authorization", tt.header)
		if code != tt.want || code != 200 && got[0].Reasons[0].Key != keyForbidden {
			t.Errorf("%s: got %d %+v", name, code, got)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, MessagesPath, nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: got %d", w.Code)
	}
}

func TestForbidden(t *testing.T) {
	h := newHarness(t)
	ctx := context.Background()
	_, err := h.store.PutObject(ctx, queue.Object{Kind: queue.ObjectBlocked, Owner: phoneID, ID: wabridge.Line("79030000009"), Data: []byte("{}")}, time.Now())
	must(t, err)
	if _, got := h.post(`{"from":"a","to":"79030000009","text":"x"}`); !cmp.Equal(got[0].Reasons, []reason{{keyForbidden, "to"}}) {
		t.Errorf("to a blocked number: %+v", got)
	}
	must(t, h.store.SetPhoneState(ctx, phoneID, wabridge.PhoneAttention, wabridge.CodeNotRegistered, "logged out", time.Now()))
	if _, got := h.post(`{"from":"a","to":"79030000001","text":"x"}`); !cmp.Equal(got[0].Reasons, []reason{{keyForbidden, "from"}}) {
		t.Errorf("logged out: %+v", got)
	}
}

// The same call under the same key is accepted once and answered twice.
func TestRepeatedCall(t *testing.T) {
	h := newHarness(t)
	const call = `{"messages":[{"from":"a","to":"79030000001","text":"x","callbackUrl":"http://crm.test/"},{"from":"a","to":"bad","text":"x"},{"from":"a","to":"79030000002","text":"y"}]}`
	_, first := h.post(call, "Idempotency-Key", "k1")
	_, second := h.post(call, "Idempotency-Key", "k1")
	if d := cmp.Diff(first, second); d != "" {
		t.Error(d)
	}
	if n := len(h.messages()); n != 2 {
		t.Errorf("%d messages were stored, want 2", n)
	}
	code, got := h.post(strings.ReplaceAll(call, `"y"`, `"z"`), "Idempotency-Key", "k1")
	if code != http.StatusConflict || got[0].Reasons[0].Ref != "Idempotency-Key" {
		t.Errorf("another call under the key: got %d %+v", code, got)
	}
	h.post(call)
	if n := len(h.messages()); n != 4 {
		t.Errorf("%d messages were stored, want 4", n)
	}
}

func FuzzBody(f *testing.F) {
	for _, s := range []string{seedCall, `{"from":"a","to":"79030000001","text":"x"}`, `{"messages":[null,1,"x",{}]}`, `{"to":7,"templateId":"a","templateParams":{"1":2}}`} {
		f.Add([]byte(s))
	}
	h := newHarness(f)
	h.template("account_activated", "ru", `[{"type":"BODY","text":"Call {{1}} or see {{2}}."}]`)
	f.Fuzz(func(t *testing.T, body []byte) {
		h.t = t
		code, got := h.post(string(body))
		if code >= 500 {
			t.Fatalf("got %d %+v", code, got)
		}
		for _, r := range got {
			if (r.Code == taken) != (r.MessageID != "") || (r.Code == rejected) != (len(r.Reasons) > 0) {
				t.Errorf("got %+v", r)
			}
		}
	})
}

func TestEveryPrefixOfABody(t *testing.T) {
	h := newHarness(t)
	for i := range len(seedCall) {
		if code, got := h.post(seedCall[:i]); code != 400 || got[0].Code != rejected {
			t.Fatalf("%d bytes: got %d %+v", i, code, got)
		}
	}
}
