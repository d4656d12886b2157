package cloud

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

const sendPath = "/v23.0/" + phoneID + "/messages"

// text is the body of a text message with other members.
func text(members string) string {
	return `{"messaging_product":"whatsapp","to":"+16505551234","type":"text","text":{"body":"hello"}` + members + `}`
}

func TestAcceptedInEveryFormThatClientsUse(t *testing.T) {
	for _, tt := range []struct {
		name, method, target, contentType, body string
	}{
		{"as documented", "POST", sendPath, "application/json", text("")},
		{"without version", "POST", "/" + phoneID + "/messages", "application/json", text("")},
		{"old version", "POST", "/v13.0/" + phoneID + "/messages", "application/json", text("")},
		{"future version", "POST", "/v123.4/" + phoneID + "/messages", "application/json", text("")},
		{"trailing slash", "POST", sendPath + "/", "application/json", text("")},
		{"double slash", "POST", "//v23.0//" + phoneID + "/messages", "application/json", text("")},
		{"PUT", "PUT", sendPath, "application/json", text("")},
		{"with recipient_type", "POST", sendPath, "application/json", text(`,"recipient_type":"individual"`)},
		{"null members", "POST", sendPath, "application/json", text(`,"context":null,"recipient_type":null,"biz_opaque_callback_data":null`)},
		{"unknown extra members", "POST", sendPath, "application/json", text(`,"ttl":5,"extra":{"a":[1,{}]}`)},
		{"preview_url as a string", "POST", sendPath, "application/json", `{"messaging_product":"whatsapp","to":"16505551234","text":{"body":"hello","preview_url":"true"}}`},
		{"recipient as a number", "POST", sendPath, "application/json", `{"messaging_product":"whatsapp","to":16505551234,"type":"text","text":{"body":"hello"}}`},
		{"body as a number", "POST", sendPath, "application/json", `{"messaging_product":"whatsapp","to":16505551234,"type":"text","text":{"body":7}}`},
		{"without type", "POST", sendPath, "application/json", `{"messaging_product":"whatsapp","to":"16505551234","text":{"body":"hello"}}`},
		{"upper case words", "POST", sendPath, "application/json", `{"messaging_product":"WHATSAPP","to":"16505551234","type":"TEXT","text":{"body":"hello"}}`},
		{"JSON called a form", "POST", sendPath, "application/x-www-form-urlencoded", text("")},
		{"JSON without a type", "POST", sendPath, "", text("")},
		{"blanks around the body", "POST", sendPath, "application/json", "\n  " + text("") + "\r\n"},
		{"urlencoded", "POST", sendPath, "application/x-www-form-urlencoded",
			url.Values{"messaging_product": {"whatsapp"}, "to": {"+16505551234"}, "type": {"text"}, "text": {`{"body":"hello"}`}}.Encode()},
		{"in the query alone", "POST", sendPath + "?" + url.Values{"messaging_product": {"whatsapp"}, "to": {"+16505551234"}, "text": {`{"body":"hello"}`}}.Encode(), "", ""},
		{"empty object and query", "POST", sendPath + "?" + url.Values{"messaging_product": {"whatsapp"}, "to": {"+16505551234"}, "text": {`{"body":"hello"}`}}.Encode(), "application/json", "{}"},
		{"multipart", "POST", sendPath, "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n--x\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\n+16505551234\r\n" +
				"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{\"body\":\"hello\"}\r\n--x--\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			got := h.do(tt.method, tt.target, tt.body, "Content-Type", tt.contentType)
			m := h.message(got.id(t))
			if m.Number != "16505551234" || m.Chat != "16505551234@s.whatsapp.net" || m.Type != "text" || m.State != wabridge.Queued ||
				m.Phone != phoneID || m.Direction != wabridge.Out || m.Text == "" || m.Expires.IsZero() {
				t.Errorf("stored %+v", m)
			}
		})
	}
}

func TestSuccessIsExactlyTheDocumentedBody(t *testing.T) {
	h := newHarness(t)
	got := h.do("POST", sendPath, `{"messaging_product":"whatsapp","to":"+1 (650) 555-1234","type":"text","text":{"body":"hi","preview_url":true}}`)
	id := got.id(t)
	want := `{"messaging_product":"whatsapp","contacts":[{"input":"+1 (650) 555-1234","wa_id":"16505551234"}],"messages":[{"id":"` + id + `"}]}`
	if string(got.body) != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	if !strings.HasPrefix(id, "wamid.") || len(id) > 128 {
		t.Errorf("id %q", id)
	}
	if m := h.message(id); string(m.Body) != `{"body":"hi","preview_url":true}` || m.Input != "+1 (650) 555-1234" {
		t.Errorf("stored body %s, input %q", m.Body, m.Input)
	}
	for name, want := range map[string]string{"Facebook-Api-Version": "v23.0", "X-Fb-Request-Id": "A", "X-Fb-Trace-Id": "A", "X-Fb-Rev": "", "X-Fb-Debug": ""} {
		if v := got.header.Get(name); v == "" || !strings.HasPrefix(v, want) {
			t.Errorf("header %s is %q", name, v)
		}
	}
}

func TestTextsArriveAsTheyWere(t *testing.T) {
	h := newHarness(t)
	for _, want := range []string{
		"plain", "emoji 😀👨‍👩‍👧 and ¼", "שלום עולם", "line\nbreaks\r\n\ttabs", `quotes " ' \ $(rm -rf /) ; & | < > %20 + #`, " spaces around ",
		"\u2028 \u200f \ufeff", "a replacement \ufffd character", strings.Repeat("ж", 4096), strings.Repeat("😀", 4096),
	} {
		body, _ := json.Marshal(map[string]any{"messaging_product": "whatsapp", "to": "16505551234", "type": "text", "text": map[string]string{"body": want}})
		if got := h.message(h.do("POST", sendPath, string(body)).id(t)); string(got.Text) != want {
			t.Errorf("stored %q, want %q", got.Text, want)
		}
	}
	escaped := `{"messaging_product":"whatsapp","to":"16505551234","text":{"body":"\ud83d\ude00 \uFFFD \u0416"}}`
	if got := h.message(h.do("POST", sendPath, escaped).id(t)); got.Text != "😀 \ufffd Ж" {
		t.Errorf("stored %q", got.Text)
	}
}

// TestBadInput is the table of everything that is refused: the code, the HTTP
// status, the words on the wire, and the parameter that the details name.
func TestBadInput(t *testing.T) {
	h := newHarness(t)
	obj := func(members string) string { return `{"messaging_product":"whatsapp",` + members + `}` }
	for _, tt := range []struct {
		name, body string
		code       int
		status     int
		message    string // beginning
		details    string // part
	}{
		{"no body", ``, 100, 400, "(#100) The parameter messaging_product is required.", "messaging_product"},
		{"empty object", `{}`, 100, 400, "(#100) The parameter messaging_product is required.", "messaging_product"},
		{"not JSON", `{"messaging_product":`, 100, 400, "(#100) Invalid parameter", "valid JSON"},
		{"a list", `[1]`, 100, 400, "(#100) Invalid parameter", "not a JSON object"},
		{"a word", `hello`, 100, 400, "(#100) Invalid parameter", "not a JSON object"},
		{"two objects", `{}{}`, 100, 400, "(#100) Invalid parameter", "valid JSON"},
		{"not UTF-8", "{\"messaging_product\":\"whatsapp\",\"to\":\"16505551234\",\"text\":{\"body\":\"a\xffb\"}}", 100, 400, "(#100) Invalid parameter", "UTF-8"},
		{"nested too deeply", `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, 100, 400, "(#100) Invalid parameter", "nested"},
		{"other product", `{"messaging_product":"sms","to":"16505551234"}`, 100, 400, `(#100) Param messaging_product must be one of {WHATSAPP} - got "sms".`, "messaging_product"},
		{"product is an object", `{"messaging_product":{}}`, 100, 400, "(#100) Param messaging_product must be a string.", "messaging_product"},
		{"no recipient", obj(`"type":"text","text":{"body":"x"}`), 100, 400, "(#100) The parameter to is required.", "to:"},
		{"blank recipient", obj(`"to":" ","text":{"body":"x"}`), 100, 400, "(#100) The parameter to is required.", "to:"},
		{"recipient is a list", obj(`"to":["1"],"text":{"body":"x"}`), 100, 400, "(#100) Param to must be", "to:"},
		{"recipient is a fraction", obj(`"to":1.5e9,"text":{"body":"x"}`), 100, 400, "(#100) Param to must be", "to:"},
		{"letters in the number", obj(`"to":"+1650call","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", "only digits"},
		{"plus inside", obj(`"to":"1+6505551234","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", "only digits"},
		{"00 prefix", obj(`"to":"0016505551234","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", `"00" is not understood`},
		{"too short", obj(`"to":"+12345","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", "7 to 15 digits"},
		{"too long", obj(`"to":"+1234567890123456","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", "7 to 15 digits"},
		{"country code zero", obj(`"to":"+0123456789","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", "country code"},
		{"unclear country", obj(`"to":"5550001111","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", "not clear"},
		{"not a number anywhere", obj(`"to":"12345","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", "not a phone number"},
		{"own number", obj(`"to":"` + ownNumber + `","text":{"body":"x"}`), 131021, 400, "(#131021) Recipient cannot be sender", "own number"},
		{"user id", obj(`"recipient":"US.abc123","text":{"body":"x"}`), 131009, 400, "(#131009) Parameter value is not valid", "recipient:"},
		{"recipient type", obj(`"recipient_type":"robot","to":"16505551234","text":{"body":"x"}`), 100, 400, "(#100) Param recipient_type must be one of {INDIVIDUAL, GROUP}", "recipient_type"},
		{"group id", obj(`"recipient_type":"group","to":"my group","text":{"body":"x"}`), 100, 400, "(#100) Invalid parameter", "group"},
		{"unknown type", obj(`"to":"16505551234","type":"telegram","text":{"body":"x"}`), 100, 400, "(#100) Param type must be one of {TEXT, IMAGE", "type:"},
		{"type of a wrong type", obj(`"to":"16505551234","type":true,"text":{"body":"x"}`), 100, 400, "(#100) Param type must be a string.", "type:"},
		{"order", obj(`"to":"16505551234","type":"order","order":{}`), 131051, 400, "(#131051) Unsupported message type", "cannot carry order"},
		{"image without a file", obj(`"to":"16505551234","image":{}`), 131008, 400, "(#131008) Required parameter is missing", "image: give the file"},
		{"template without a name", obj(`"to":"16505551234","type":"template","template":{}`), 131008, 400, "(#131008) Required parameter is missing", "template.name"},
		{"interactive without a type", obj(`"to":"16505551234","type":"interactive","interactive":{}`), 131008, 400, "(#131008) Required parameter is missing", "interactive.type"},
		{"reaction without a target", obj(`"to":"16505551234","type":"reaction","reaction":{}`), 131008, 400, "(#131008) Required parameter is missing", "reaction.message_id"},
		{"no text", obj(`"to":"16505551234","type":"text"`), 100, 400, "(#100) The parameter text is required.", "text"},
		{"text is a string", obj(`"to":"16505551234","type":"text","text":"hello"`), 100, 400, "(#100) Param text must be an object.", "text"},
		{"no body in text", obj(`"to":"16505551234","text":{}`), 100, 400, "(#100) The parameter text['body'] is required.", "text['body']"},
		{"null body", obj(`"to":"16505551234","text":{"body":null}`), 100, 400, "(#100) The parameter text['body'] is required.", "text['body']"},
		{"empty body", obj(`"to":"16505551234","text":{"body":""}`), 100, 400, "(#100) The parameter text['body'] is required.", "text['body']"},
		{"blank body", obj(`"to":"16505551234","text":{"body":" \n\t"}`), 131009, 400, "(#131009) Parameter value is not valid", "blank"},
		{"NUL in body", obj(`"to":"16505551234","text":{"body":"a\u0000b"}`), 131009, 400, "(#131009) Parameter value is not valid", "NUL"},
		{"half an emoji", obj(`"to":"16505551234","text":{"body":"a\ud83d b"}`), 100, 400, "(#100) Invalid parameter", "surrogate"},
		{"too long a body", obj(`"to":"16505551234","text":{"body":"` + strings.Repeat("ü", 4097) + `"}`), 100, 400, "(#100) Param text['body'] must be at most 4096 characters long.", "4097 characters"},
		{"body is an object", obj(`"to":"16505551234","text":{"body":{}}`), 100, 400, "(#100) Param body must be a string.", "body"},
		{"preview_url", obj(`"to":"16505551234","text":{"body":"x","preview_url":"maybe"}`), 100, 400, "(#100) Param preview_url must be true or false.", "preview_url"},
		{"context is a string", obj(`"to":"16505551234","text":{"body":"x"},"context":"wamid.x"`), 100, 400, "(#100) Param context must be an object.", "context"},
		{"callback data too long", obj(`"to":"16505551234","text":{"body":"x"},"biz_opaque_callback_data":"` + strings.Repeat("é", 513) + `"`), 100, 400, "(#100) Param biz_opaque_callback_data must be at most 512", "513 characters"},
		{"callback data is a list", obj(`"to":"16505551234","text":{"body":"x"},"biz_opaque_callback_data":[]`), 100, 400, "(#100) Param biz_opaque_callback_data", "biz_opaque"},
		{"other status", obj(`"status":"delivered","message_id":"wamid.x"`), 100, 400, "(#100) Param status must be one of {READ}", "status"},
		{"status without message", obj(`"status":"read"`), 100, 400, "(#100) The parameter message_id is required.", "message_id"},
		{"status of an unknown message", obj(`"status":"read","message_id":"wamid.unknown"`), 131009, 400, "(#131009) Parameter value is not valid", "message_id"},
		{"typing of another kind", obj(`"status":"read","message_id":"wamid.unknown","typing_indicator":{"type":"audio"}`), 100, 400, "(#100) Param typing_indicator['type']", "typing_indicator"},
		{"body too large", obj(`"to":"16505551234","text":{"body":"` + strings.Repeat("x", 300<<10) + `"}`), 100, 413, "(#100) Invalid parameter", "256 KiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.do("POST", sendPath, tt.body)
			e := got.graph(t)
			if e.Code != tt.code || got.status != tt.status || e.Type != "OAuthException" || e.Trace == "" {
				t.Errorf("got code %d status %d type %s trace %q, want %d %d", e.Code, got.status, e.Type, e.Trace, tt.code, tt.status)
			}
			if !strings.HasPrefix(e.Message, tt.message) {
				t.Errorf("message %q, want %q", e.Message, tt.message)
			}
			if e.Data == nil || e.Data.Product != "whatsapp" || !strings.Contains(e.Data.Details, tt.details) {
				t.Errorf("details %+v, want %q in them", e.Data, tt.details)
			}
		})
	}
	if n := h.stored(); n != 0 {
		t.Errorf("%d refused messages were stored", n)
	}
}

func TestPhoneThatCannotSend(t *testing.T) {
	for _, tt := range []struct {
		name   string
		state  wabridge.PhoneState
		code   wabridge.Code
		want   int
		status int
	}{
		{"logged out", wabridge.PhoneAttention, wabridge.CodeNotRegistered, 133010, 400},
		{"banned", wabridge.PhoneAttention, wabridge.CodeLocked, 131031, 403},
		{"another thing that a person must do", wabridge.PhoneAttention, wabridge.CodeLockedScreen, 0, 200},
		{"offline: it waits", wabridge.PhoneOffline, wabridge.CodeOffline, 0, 200},
		{"paused: it waits", wabridge.PhonePaused, 0, 0, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			must(t, h.store.SetPhoneState(t.Context(), phoneID, tt.state, tt.code, "a reason", now()))
			got := h.do("POST", sendPath, text(""))
			if got.status != tt.status {
				t.Errorf("status %d, want %d: %s", got.status, tt.status, got.body)
			}
			if tt.want != 0 && got.graph(t).Code != tt.want {
				t.Errorf("got %+v, want code %d", got.graph(t), tt.want)
			}
		})
	}
}

func TestUnknownPhone(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{"/v23.0/999/messages", "/v23.0/" + wabaID + "/messages", "/v19.0/me/messages"} {
		got := h.do("POST", path, text(""))
		e := got.graph(t)
		if got.status != 400 || e.Code != 100 || e.Subcode != 33 || e.Type != "GraphMethodException" || !strings.HasPrefix(e.Message, "Unsupported post request. Object with ID '") {
			t.Errorf("%s: status %d, %+v", path, got.status, e)
		}
	}
}

func TestGroup(t *testing.T) {
	h := newHarness(t)
	for _, to := range []string{"120363012345678901@g.us", "120363012345678901"} {
		got := h.do("POST", sendPath, `{"messaging_product":"whatsapp","recipient_type":"group","to":"`+to+`","type":"text","text":{"body":"hi"}}`)
		m := h.message(got.id(t))
		if m.Group != "120363012345678901@g.us" || m.Chat != m.Group || m.Number != "" {
			t.Errorf("stored %+v", m)
		}
		if !strings.Contains(string(got.body), `"group_id":"120363012345678901@g.us"`) {
			t.Errorf("answer %s", got.body)
		}
	}
}

func TestQuotedMessage(t *testing.T) {
	h := newHarness(t)
	first := h.do("POST", sendPath, text("")).id(t)
	for _, tt := range []struct{ name, to, quote, want string }{
		{"known", "+16505551234", first, first},
		{"unknown is sent unquoted", "+16505551234", "wamid.unknown", ""},
		{"of another chat", "+16505559999", first, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.do("POST", sendPath, `{"messaging_product":"whatsapp","to":"`+tt.to+`","text":{"body":"x"},"context":{"message_id":"`+tt.quote+`"}}`)
			if m := h.message(got.id(t)); m.Context != tt.want {
				t.Errorf("context %q, want %q", m.Context, tt.want)
			}
		})
	}
}

func TestCallbackDataIsKept(t *testing.T) {
	h := newHarness(t)
	want := strings.Repeat("é", 512)
	if m := h.message(h.do("POST", sendPath, text(`,"biz_opaque_callback_data":"`+want+`"`)).id(t)); m.Callback != want {
		t.Errorf("stored %q", m.Callback)
	}
}

func TestIdempotencyKey(t *testing.T) {
	h := newHarness(t)
	first := h.do("POST", sendPath, text(""), "Idempotency-Key", "k1")
	again := h.do("POST", "/"+phoneID+"/messages", strings.ReplaceAll(text(`,"x":1`), ",", " , "), "Idempotency-Key", "k1")
	if string(first.body) != string(again.body) || again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("first %s %v, again %s %v", first.body, first.header, again.body, again.header)
	}
	other := h.do("POST", sendPath, strings.Replace(text(""), "hello", "other", 1), "Idempotency-Key", "k1")
	if e := other.graph(t); other.status != 400 || e.Code != 100 || !strings.Contains(e.Data.Details, "Idempotency-Key") {
		t.Errorf("status %d %+v", other.status, e)
	}
	if got := h.do("POST", sendPath, text(""), "Idempotency-Key", strings.Repeat("k", 256)); got.graph(t).Code != 100 {
		t.Errorf("a long key: %s", got.body)
	}
	if h.do("POST", sendPath, text(""), "Idempotency-Key", "k2").id(t) == first.id(t) || h.stored() != 2 {
		t.Errorf("%d messages stored, want 2", h.stored())
	}
}

func TestMarkRead(t *testing.T) {
	h := newHarness(t)
	in, err := h.store.Reconcile(t.Context(), phoneID, wabridge.ChatRef{JID: "16505551234@s.whatsapp.net", Number: "16505551234"}, 10,
		func(chat wabridge.Chat, _ []wabridge.Message) queue.Changes {
			return queue.Changes{New: []wabridge.Message{{Phone: phoneID, Direction: wabridge.In, Chat: chat.ID, Number: "16505551234",
				Type: "text", Text: "hi", Body: json.RawMessage(`{"body":"hi"}`), State: wabridge.Received, Created: now()}}}
		})
	must(t, err)
	body := `{"messaging_product":"whatsapp","status":"read","message_id":"` + in[0].ID + `","typing_indicator":{"type":"text"}}`
	for _, method := range []string{"POST", "PUT"} {
		if got := h.do(method, sendPath, body); got.status != 200 || string(got.body) != `{"success":true}` {
			t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
	if got := h.do("POST", "/"+secondID+"/messages", body); got.graph(t).Code != 131009 {
		t.Errorf("another phone's message: %s", got.body)
	}
	mine := h.do("POST", sendPath, text("")).id(t)
	if got := h.do("POST", sendPath, strings.Replace(body, in[0].ID, mine, 1)); got.graph(t).Code != 131009 {
		t.Errorf("a message that we sent: %s", got.body)
	}
}

// fullDisk refuses to store.
type fullDisk struct {
	queue.Store
	err error
}

func (f fullDisk) Enqueue(context.Context, ...queue.Draft) ([]queue.Accepted, error) {
	return nil, f.err
}

func TestErrorsOfTheDatabase(t *testing.T) {
	for _, tt := range []struct {
		name      string
		err       error
		code      int
		transient bool
	}{
		{"disk full", wabridge.Fail(wabridge.CodeStorage, nil, "secret path"), 131016, true},
		{"stopping", wabridge.Fail(wabridge.CodeStopping, nil, "secret path"), 131016, true},
		{"an error without a code", context.DeadlineExceeded, 131000, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t, func(c *Config) { c.Store = fullDisk{c.Store.(queue.Store), tt.err} })
			got := h.do("POST", sendPath, text(""))
			e := got.graph(t)
			if got.status != 500 || e.Code != tt.code || e.Transient != tt.transient || strings.Contains(string(got.body), "secret path") {
				t.Errorf("status %d %s", got.status, got.body)
			}
			if (got.header.Get("Retry-After") != "") != tt.transient || h.stored() != 0 {
				t.Errorf("Retry-After %q, %d stored", got.header.Get("Retry-After"), h.stored())
			}
		})
	}
}

// panics breaks in the middle of a request.
type panics struct{ queue.Store }

func (panics) Enqueue(context.Context, ...queue.Draft) ([]queue.Accepted, error) {
	panic("private text")
}

func TestPanicIsAnErrorLikeAnyOther(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.Store = panics{c.Store.(queue.Store)} })
	got := h.do("POST", sendPath, text(""))
	if e := got.graph(t); got.status != 500 || e.Code != 131000 {
		t.Errorf("status %d %+v", got.status, e)
	}
	if logs := h.logs.String(); !strings.Contains(logs, "panic") || strings.Contains(logs, "private text") {
		t.Errorf("log: %s", logs)
	}
}

func TestChunkedBodyOverLoopback(t *testing.T) {
	h := newHarness(t)
	server := httptest.NewServer(h)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+sendPath, struct{ *strings.Reader }{strings.NewReader(text(""))})
	must(t, err)
	r.ContentLength = -1
	r.Header.Set("Authorization", "Bearer "+sender)
	got, err := server.Client().Do(r)
	must(t, err)
	defer got.Body.Close()
	if got.StatusCode != 200 || h.stored() != 1 {
		t.Errorf("status %d, %d stored", got.StatusCode, h.stored())
	}
	// a body that lies about its length
	huge, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+sendPath, struct{ *strings.Reader }{strings.NewReader(strings.Repeat(" ", 1<<20))})
	must(t, err)
	huge.ContentLength = -1
	huge.Header.Set("Authorization", "Bearer "+sender)
	got, err = server.Client().Do(huge)
	must(t, err)
	defer got.Body.Close()
	if got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d for 1 MiB", got.StatusCode)
	}
}
