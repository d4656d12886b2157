package content

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
)

// define reads a template's definition, approved unless it says otherwise.
func define(t *testing.T, members string) Template {
	t.Helper()
	tpl, err := ReadTemplate([]byte(`{"id":"1","name":"order","language":"en_US","category":"UTILITY","status":"APPROVED",` + members + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// filled parses the object of a message made from a template.
func filled(t *testing.T, components string) *TemplateMessage {
	t.Helper()
	c, err := Parse("template", json.RawMessage(`{"name":"order","language":{"code":"en_US"},"components":`+components+`}`))
	if err != nil {
		t.Fatal(err)
	}
	return c.Template
}

func codeOf(err error) wabridge.Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return 0
}

func TestRender(t *testing.T) {
	for _, tt := range []struct {
		name, define, fill, want string
		choices                  []wabridge.Choice
		media                    *MediaRef
	}{
		{
			name: "all parts", define: `"components":[{"type":"header","format":"text","text":"Order {{1}}"},{"type":"BODY","text":"Hi {{1}}, it is {{2}}. Bye {{1}}."},
			 {"type":"FOOTER","text":"Foot"},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Track","url":"https://x.example/{{1}}"},
			 {"type":"QUICK_REPLY","text":"Stop"},{"type":"PHONE_NUMBER","text":"Call","phone_number":"15550001"},{"type":"QUICK_REPLY","text":"Go on"}]}]`,
			fill: `[{"type":"HEADER","parameters":[{"type":"TEXT","text":"7"}]},{"type":"body","parameters":[{"type":"text","text":"Ann"},{"type":"currency","currency":{"fallback_value":"$5","code":"USD","amount_1000":5000}}]},
			 {"type":"button","sub_type":"URL","index":"0","parameters":[{"type":"text","text":"a7"}]},{"type":"button","sub_type":"quick_reply","index":1,"parameters":[{"type":"payload","payload":"STOP"}]}]`,
			want: "Order 7\n\nHi Ann, it is $5. Bye Ann.\n\nFoot\n\nTrack: https://x.example/a7\nCall: +15550001\n\n1. Stop\n2. Go on",
			choices: []wabridge.Choice{{Reply: "button", Number: 1, ID: "STOP", Title: "Stop"},
				{Reply: "button", Number: 2, ID: "Go on", Title: "Go on"}},
		},
		{name: "no parameters, no components", define: `"components":[{"type":"BODY","text":"Hello"}]`, fill: `null`, want: "Hello"},
		{name: "parameters in another order", define: `"components":[{"type":"BODY","text":"{{2}} before {{1}}"}]`,
			fill: `[{"type":"body","parameters":[{"type":"text","text":"one"},{"type":"text","text":"two"}]}]`, want: "two before one"},
		{name: "a value that looks like a placeholder stays", define: `"components":[{"type":"BODY","text":"{{1}} {{2}}."}]`,
			fill: `[{"type":"body","parameters":[{"type":"text","text":"{{2}}"},{"type":"text","text":"x"}]}]`, want: "{{2}} x."},
		{name: "named parameters", define: `"parameter_format":"named","components":[{"type":"BODY","text":"{{ first }} and {{last}}"}]`,
			fill: `[{"type":"body","parameters":[{"type":"text","parameter_name":"last","text":"B"},{"type":"text","parameter_name":"first","text":"A"}]}]`, want: "A and B"},
		{name: "a picture as header", define: `"components":[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"Look"}]`,
			fill: `[{"type":"header","parameters":[{"type":"image","image":{"link":"https://x.example/a.png"}}]}]`, want: "Look",
			media: &MediaRef{Field: "template.components[0].parameters[0].image", Kind: "image", Link: "https://x.example/a.png"}},
		{name: "a place as header", define: `"components":[{"type":"HEADER","format":"LOCATION"},{"type":"BODY","text":"Here"}]`,
			fill: `[{"type":"header","parameters":[{"type":"location","location":{"latitude":"1.5","longitude":2,"name":"Shop"}}]}]`, want: "Shop\nhttps://maps.google.com/?q=1.5,2\n\nHere"},
		{name: "one-time code", define: `"category":"AUTHENTICATION","components":[{"type":"BODY","add_security_recommendation":true},{"type":"FOOTER","code_expiration_minutes":10},
			 {"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"COPY_CODE","text":"Copy"}]}]`,
			fill: `[{"type":"body","parameters":[{"type":"text","text":"J$FpnYnP"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"J$FpnYnP"}]}]`,
			want: "*J$FpnYnP* is your verification code. For your security, do not share this code.\n\nThis code expires in 10 minutes."},
		{name: "code to copy", define: `"components":[{"type":"BODY","text":"Sale"},{"type":"BUTTONS","buttons":[{"type":"COPY_CODE","text":"Copy code"}]}]`,
			fill: `[{"type":"button","sub_type":"copy_code","index":0,"parameters":[{"type":"coupon_code","coupon_code":"25OFF"}]}]`, want: "Sale\n\nCopy code: 25OFF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tpl := define(t, tt.define)
			got, err := tpl.Render(filled(t, tt.fill))
			if err != nil {
				t.Fatal(err)
			}
			want := Carried{Kind: "template", Text: tt.want, Choices: tt.choices, Media: tt.media}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	body := func(n int) string {
		return `[{"type":"body","parameters":[{"type":"text","text":"` + strings.Repeat("x", n) + `"}]}]`
	}
	one := `"components":[{"type":"BODY","text":"Hello {{1}}"}]`
	three := `"components":[{"type":"BODY","text":"{{1}} {{2}} {{3}}"}]`
	image := `"components":[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"B"}]`
	link := `"components":[{"type":"BODY","text":"B"},{"type":"BUTTONS","buttons":[{"type":"URL","text":"T","url":"https://x/{{1}}"}]}]`
	for _, tt := range []struct {
		name, define, fill string
		code               wabridge.Code
		details            string
	}{
		{"not approved yet", `"status":"PENDING",` + one, body(1), 132001, "template name (order) does not exist in en_US"},
		{"rejected", `"status":"REJECTED",` + one, body(1), 132001, "does not exist in en_US"},
		{"paused", `"status":"PAUSED",` + one, body(1), 132015, "paused"},
		{"disabled", `"status":"DISABLED",` + one, body(1), 132016, "disabled"},
		{"too few parameters", three, body(1), 132000, "body: number of localizable_params (1) does not match the expected number of params (3)"},
		{"too many parameters", `"components":[{"type":"BODY","text":"Hello"}]`, body(1), 132000, "params (1) does not match the expected number of params (0)"},
		{"none", one, `null`, 132000, "(0) does not match the expected number of params (1)"},
		{"a header without one", one, `[{"type":"header","parameters":[{"type":"text","text":"x"}]},{"type":"body","parameters":[{"type":"text","text":"x"}]}]`, 132000, "header: number"},
		{"body at its limit", one, body(1018), 0, ""},
		{"body above its limit", one, body(1019), 132005, "1025 characters"},
		{"header at its limit", `"components":[{"type":"HEADER","format":"TEXT","text":"{{1}}"}]`, strings.Replace(body(60), "body", "header", 1), 0, ""},
		{"header above its limit", `"components":[{"type":"HEADER","format":"TEXT","text":"{{1}}"}]`, strings.Replace(body(61), "body", "header", 1), 132005, "61 characters"},
		{"control character", one, strings.Replace(body(1), `"x"`, `"a\u0007b"`, 1), 132007, "control character"},
		{"no file for a header", image, `null`, 132012, "header: Format mismatch, expected IMAGE, received UNKNOWN"},
		{"a text for a file", image, `[{"type":"header","parameters":[{"type":"text","text":"x"}]}]`, 132012, "expected IMAGE, received TEXT"},
		{"another file", image, `[{"type":"header","parameters":[{"type":"video","video":{"id":"1"}}]}]`, 132012, "expected IMAGE, received VIDEO"},
		{"two files", image, `[{"type":"header","parameters":[{"type":"image","image":{"id":"1"}},{"type":"image","image":{"id":"1"}}]}]`, 132000, "header: number of localizable_params (2)"},
		{"a file for a text", one, `[{"type":"body","parameters":[{"type":"image","image":{"id":"1"}}]}]`, 132012, "expected TEXT, received IMAGE"},
		{"no name for a named one", `"parameter_format":"NAMED","components":[{"type":"BODY","text":"{{a}}"}]`, body(1), 132012, "parameter_name"},
		{"another name", `"parameter_format":"NAMED","components":[{"type":"BODY","text":"{{a}}"}]`, `[{"type":"body","parameters":[{"type":"text","text":"x","parameter_name":"b"}]}]`, 132012, "parameter_name"},
		{"the same name twice", `"parameter_format":"NAMED","components":[{"type":"BODY","text":"{{a}}{{b}}"}]`, `[{"type":"body","parameters":[{"type":"text","text":"x","parameter_name":"a"},{"type":"text","text":"x","parameter_name":"a"}]}]`, 132012, "parameter_name"},
		{"line break", one, strings.Replace(body(1), `"x"`, `"a\nb"`, 1), 132018, "new-line/tab"},
		{"four blanks", one, strings.Replace(body(1), `"x"`, `"a    b"`, 1), 0, ""},
		{"five blanks", one, strings.Replace(body(1), `"x"`, `"a     b"`, 1), 132018, "4 consecutive spaces"},
		{"an empty text", one, strings.Replace(body(1), `"x"`, `" "`, 1), 131008, "missing text value"},
		{"no ending of a URL", link, `null`, 131008, "buttons: Button at index 0 of type Url requires a parameter"},
		{"blank in the ending of a URL", link, `[{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"a b"}]}]`, 132018, "blanks"},
		{"two endings of a URL", link, `[{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, 132000, "buttons: number"},
		{"an ending for a fixed URL", strings.Replace(link, "{{1}}", "", 1), `[{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"a"}]}]`, 132000, "buttons: number"},
		{"another kind of button", link, `[{"type":"button","sub_type":"quick_reply","index":0,"parameters":[{"type":"payload","payload":"a"}]}]`, 132018, "index 0 is of type URL"},
		{"a button that is not there", link, `[{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"a"}]},{"type":"button","sub_type":"url","index":1,"parameters":[]}]`, 132018, "no button at index 1"},
		{"a part given twice", one, body(1)[:len(body(1))-1] + "," + body(1)[1:], 132018, "given twice"},
		{"a picture for a button", link, `[{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"image","image":{"id":"1"}}]}]`, 132012, "buttons"},
		{"no code to copy", `"category":"AUTHENTICATION","components":[{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"OTP","text":"C"}]}]`, body(1), 131008, "requires a parameter"},
		{"a flow", `"components":[{"type":"BODY","text":"B"},{"type":"BUTTONS","buttons":[{"type":"FLOW","text":"F"}]}]`, `null`, 131051, "FLOW"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tpl := define(t, tt.define)
			_, err := tpl.Render(filled(t, tt.fill))
			if codeOf(err) != tt.code || err != nil && !strings.Contains(err.Error(), tt.details) {
				t.Errorf("got %d %v, want %d %q", codeOf(err), err, tt.code, tt.details)
			}
		})
	}
}

func TestCaptionOfATemplate(t *testing.T) {
	tpl := define(t, `"components":[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"{{1}}"},{"type":"FOOTER","text":"foot"}]`)
	for n, want := range map[int]wabridge.Code{1018: 0, 1019: 132005} {
		_, err := tpl.Render(filled(t, `[{"type":"header","parameters":[{"type":"image","image":{"id":"1"}}]},{"type":"body","parameters":[{"type":"text","text":"`+strings.Repeat("ü", n)+`"}]}]`))
		if codeOf(err) != want {
			t.Errorf("%d characters and the footer: %v, want %d", n, err, want)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	got := Placeholders("{{1}} {{ name_2 }} {{1}} {{}} {{a b}} {x} {{3}}")
	if diff := cmp.Diff([]string{"1", "name_2", "3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTemplateIsReadBackAsWritten(t *testing.T) {
	tpl := define(t, `"message_send_ttl_seconds":"600","parameter_format":"named","components":[{"type":"body","text":"{{a}}","example":{"body_text_named_params":[{"param_name":"a","example":"x"}]}}]`)
	raw, err := json.Marshal(tpl)
	if err != nil {
		t.Fatal(err)
	}
	var again Template
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tpl, again); diff != "" || again.TTL != 600 || again.ParameterFormat != Named {
		t.Errorf("%+v\n%s", again, diff)
	}
}
