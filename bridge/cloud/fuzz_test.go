package cloud

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/content"
)

func FuzzParseFields(f *testing.F) {
	for _, s := range []string{"id", "events{a,b{c}}", "x.start(1).end(2)", "a{", "}", ",,", "a.b(", strings.Repeat("a{", 20)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fields, err := parseFields(s)
		if err != nil && graphErrorOf(err).Code != 100 {
			t.Errorf("%q: %v", s, err)
		}
		if _, err := project(node{"id": "1", "a": node{"b": "x"}}, phoneKind, fields); err != nil && graphErrorOf(err).Code != 100 {
			t.Errorf("%q: %v", s, err)
		}
	})
}

// FuzzSendBody feeds any body and query to all that reads a message: it ends
// with a message that is fit to be stored or with a Graph error.
func FuzzSendBody(f *testing.F) {
	for _, s := range []string{text(""), text(`,"context":null`), `{"messaging_product":"whatsapp","to":1,"text":{"body":"\ud83d"}}`, `{`, `[`, `to=1&text={"body":"x"}&messaging_product=whatsapp`, "--x\r\n"} {
		f.Add([]byte(s), "application/json", "")
		f.Add([]byte(s), "multipart/form-data; boundary=x", "to=1")
		f.Add([]byte(s), "application/x-www-form-urlencoded", "text=%7B%22body%22%3A%22x%22%7D")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType, query string) {
		r := httptest.NewRequest("POST", sendPath, bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", contentType)
		p, err := readParams(httptest.NewRecorder(), r)
		if err == nil {
			err = p.product()
		}
		var kind string
		if err == nil {
			kind, err = p.kind()
		}
		var c content.Content
		if err == nil {
			c, err = content.Parse(kind, p[kind])
		}
		if err != nil {
			if e := graphErrorOf(err); e.Code < 100 || e.Code == int(wabridge.CodeInternal) {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if got := c.Carry(); got.Kind != kind || kind == "text" && got.Text == "" || !json.Valid(got.Body) || runes(got.Text) > wabridge.MaxText {
			t.Errorf("%q gives %+v", body, got)
		}
	})
}

func TestEveryPrefixOfABodyIsAnError(t *testing.T) {
	h := newHarness(t)
	body := text(`,"context":{"message_id":"x"},"biz_opaque_callback_data":"é\u00e9"`)
	for i := range body {
		got := h.do("POST", sendPath, body[:i])
		if got.status != 400 || got.graph(t).Code != 100 {
			t.Fatalf("prefix of %d bytes: %d %s", i, got.status, got.body)
		}
	}
}

// FuzzQuery feeds any query to all that reads parameters of management calls:
// each answers, or refuses with code 100, or 131009 where only the value is bad
// (a control character).
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"limit=5&after=MTA", "fields=id,events.limit(5){a}", "filtering=[{'field':'status','operator':'EQUAL','value':'CONNECTED'}]", "sort=['x']",
		"status=APPROVED,REJECTED&language=[\"de\"]&name_or_content=x", "fields=qr_image_url.format(PNG)", "websites=[\"https://a\"]&about=x&vertical=RETAIL",
		"block_users=[{\"user\":1}]", "pin=123456", "fields=messages,calls", "components=[{\"type\":\"BODY\",\"text\":\"x\"}]&name=a&language=en", "%zz", "a=%ff", "=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = query
		p, err := readParams(httptest.NewRecorder(), r)
		fine := func(err error) {
			t.Helper()
			if code := graphErrorOf(err).Code; err != nil && code != 100 && code != 131009 {
				t.Errorf("%q: %v", query, err)
			}
		}
		if fine(err); err != nil {
			return
		}
		_, err = p.span()
		fine(err)
		_, err = p.choose([]node{phoneNode(wabridge.Phone{ID: "1", Number: "15550001001"}), phoneNode(wabridge.Phone{ID: "2"})})
		fine(err)
		keep, err := p.templateFilter()
		if fine(err); err == nil {
			keep(storedTemplate{})
		}
		_, err = p.imageFormat()
		fine(err)
		set, err := p.profile()
		if fine(err); err == nil {
			set(&businessProfile{})
		}
		_, err = p.users()
		fine(err)
		_, err = p.pin()
		fine(err)
		_, err = p.names("fields")
		fine(err)
		var tpl storedTemplate
		tpl.Status = content.Approved
		fine(tpl.edit(p, now(), true))
		defined, err := p.template()
		fine(err)
		if refusal := defined.Check(); refusal != nil {
			fine(refuseTemplate(refusal))
		}
	})
}
