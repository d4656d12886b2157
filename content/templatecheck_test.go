package content

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestCheckTemplate holds each rule on both sides of its edge: 0 is taken, -1
// refused without a number of its own.
func TestCheckTemplate(t *testing.T) {
	const taken, plain = 0, -1
	of := func(components string) string {
		return `{"name":"order","language":"en_US","category":"UTILITY","components":[` + components + `]}`
	}
	named := func(components string) string {
		return strings.Replace(of(components), `"category"`, `"parameter_format":"named","category"`, 1)
	}
	code := func(components string) string { return strings.Replace(of(components), "UTILITY", "authentication", 1) }
	text := func(kind, words string) string { return fmt.Sprintf(`{"type":%q,"text":%q}`, kind, words) }
	with := func(kind, words, example string) string {
		return fmt.Sprintf(`{"type":%q,"text":%q,"example":{%s}}`, kind, words, example)
	}
	body := text("BODY", "Hello there")
	buttons := func(list string) string { return body + `,{"type":"BUTTONS","buttons":[` + list + `]}` }
	quick := func(n int) string {
		return strings.TrimSuffix(strings.Repeat(`{"type":"QUICK_REPLY","text":"Yes"},`, n), ",")
	}
	otp := `{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"COPY_CODE","text":"Copy"}]}`
	for _, tt := range []struct {
		name, define string
		want         int
	}{
		{"the least", of(body), taken},
		{"a name of 512", strings.Replace(of(body), "order", strings.Repeat("a", 512), 1), taken},
		{"a name of 513", strings.Replace(of(body), "order", strings.Repeat("a", 513), 1), TemplateTooLong},
		{"a name with a dash", strings.Replace(of(body), "order", "my-order", 1), TemplateName},
		{"no name", strings.Replace(of(body), "order", "", 1), plain},
		{"no language", strings.Replace(of(body), "en_US", "", 1), plain},
		{"a long language", strings.Replace(of(body), "en_US", "english", 1), plain},
		{"three letters", strings.Replace(of(body), "en_US", "fil", 1), taken},
		{"no category", strings.Replace(of(body), "UTILITY", "", 1), plain},
		{"another category", strings.Replace(of(body), "UTILITY", "SERVICE", 1), plain},
		{"another format of parameters", strings.Replace(of(body), `"category"`, `"parameter_format":"X","category"`, 1), plain},
		{"no components", of(""), plain},
		{"no body", of(text("FOOTER", "x")), plain},
		{"two bodies", of(body + "," + body), plain},
		{"a carousel", of(body + `,{"type":"CAROUSEL"}`), plain},

		{"a body of 1024", of(text("BODY", strings.Repeat("ä", 1024))), taken},
		{"a body of 1025", of(text("BODY", strings.Repeat("ä", 1025))), TemplateTooLong},
		{"a blank body", of(text("BODY", "  ")), plain},
		{"variables", of(with("BODY", "Hi {{1}}, your order {{2}} is on its way.", `"body_text":[["Ann","7"]]`)), taken},
		{"variables in the other order", of(with("BODY", "Hi {{2}}, your order {{1}} is on its way.", `"body_text":["Ann","7"]`)), taken},
		{"a gap between them", of(with("BODY", "Hi {{1}}, your order {{3}} is on its way.", `"body_text":[["Ann","7"]]`)), TemplateFormat},
		{"from zero", of(with("BODY", "Hi {{0}}, your order is here.", `"body_text":[["Ann"]]`)), TemplateFormat},
		{"a leading zero", of(with("BODY", "Hi {{01}}, your order is here.", `"body_text":[["Ann"]]`)), TemplateFormat},
		{"a name among numbers", of(with("BODY", "Hi {{name}}, your order is here.", `"body_text":[["Ann"]]`)), TemplateFormat},
		{"open braces", of(text("BODY", "Hi {{ you, there it is")), TemplateFormat},
		{"a variable with a dash", of(text("BODY", "Hi {{a-b}}, there it is")), TemplateFormat},
		{"a variable at the start", of(with("BODY", " {{1}} is here now", `"body_text":[["Ann"]]`)), TemplateEdges},
		{"a variable at the end", of(with("BODY", "Here is now {{1}}", `"body_text":[["Ann"]]`)), TemplateEdges},
		{"a full stop after it", of(with("BODY", "Here is now {{1}}.", `"body_text":[["Ann"]]`)), taken},
		{"too few words", of(with("BODY", "Hello, {{1}}!", `"body_text":[["Ann"]]`)), TemplateVariables},
		{"few words for many", of(with("BODY", "One {{1}} two {{2}} three {{3}} four five six.", `"body_text":[["1","2","3"]]`)), TemplateVariables},
		{"just enough", of(with("BODY", "One {{1}} two {{2}} three {{3}} four five six seven.", `"body_text":[["1","2","3"]]`)), taken},
		{"no example", of(text("BODY", "Hi {{1}}, it is here now.")), TemplateExample},
		{"one example for two", of(with("BODY", "Hi {{1}}, your order {{2}} is on its way.", `"body_text":[["Ann"]]`)), TemplateExample},
		{"named", named(with("BODY", "Hi {{first_name}}, it is here.", `"body_text_named_params":[{"param_name":"first_name","example":"Ann"}]`)), taken},
		{"named, no example", named(text("BODY", "Hi {{first_name}}, it is here.")), TemplateExample},
		{"named, another's example", named(with("BODY", "Hi {{first_name}}, it is here.", `"body_text_named_params":[{"param_name":"last","example":"Ann"}]`)), TemplateExample},
		{"named by a number", named(with("BODY", "Hi {{1}}, it is here.", `"body_text_named_params":[{"param_name":"1","example":"Ann"}]`)), TemplateFormat},
		{"named in capitals", named(with("BODY", "Hi {{Name}}, it is here.", `"body_text_named_params":[{"param_name":"Name","example":"Ann"}]`)), TemplateFormat},

		{"a header of 60", of(body + "," + text("HEADER", strings.Repeat("h", 60))), taken},
		{"a header of 61", of(body + "," + text("HEADER", strings.Repeat("h", 61))), TemplateTooLong},
		{"a header with formatting", of(body + "," + text("HEADER", "*new*")), TemplateFormat},
		{"a header of two lines", of(body + "," + text("HEADER", "a\nb")), TemplateFormat},
		{"a header with a variable", of(body + "," + with("HEADER", "Our {{1}}", `"header_text":["sale"]`)), taken},
		{"a header with two", of(body + "," + with("HEADER", "Our {{1}} {{2}}", `"header_text":["a","b"]`)), TemplateFormat},
		{"a header without example", of(body + "," + text("HEADER", "Our {{1}}")), TemplateExample},
		{"a header without text", of(body + `,{"type":"HEADER","format":"TEXT"}`), plain},
		{"a picture as header", of(body + `,{"type":"HEADER","format":"image","example":{"header_handle":["4:x"]}}`), taken},
		{"a picture without example", of(body + `,{"type":"HEADER","format":"IMAGE"}`), TemplateExample},
		{"a location as header", of(body + `,{"type":"HEADER","format":"LOCATION"}`), taken},
		{"a product as header", of(body + `,{"type":"HEADER","format":"PRODUCT"}`), plain},

		{"a footer of 60", of(body + "," + text("FOOTER", strings.Repeat("f", 60))), taken},
		{"a footer of 61", of(body + "," + text("FOOTER", strings.Repeat("f", 61))), TemplateTooLong},
		{"a footer with a variable", of(body + "," + text("FOOTER", "Bye {{1}} now")), TemplateFooterFormat},
		{"a footer without text", of(body + "," + text("FOOTER", "")), plain},

		{"ten buttons", of(buttons(quick(10))), taken},
		{"eleven buttons", of(buttons(quick(11))), plain},
		{"no button", of(buttons("")), plain},
		{"a button of 25", of(buttons(`{"type":"QUICK_REPLY","text":"` + strings.Repeat("b", 25) + `"}`)), taken},
		{"a button of 26", of(buttons(`{"type":"QUICK_REPLY","text":"` + strings.Repeat("b", 26) + `"}`)), TemplateTooLong},
		{"a button without text", of(buttons(`{"type":"QUICK_REPLY"}`)), plain},
		{"a button with a variable", of(buttons(`{"type":"QUICK_REPLY","text":"Hi {{1}}"}`)), TemplateFormat},
		{"a flow", of(buttons(`{"type":"FLOW","text":"Go"}`)), plain},
		{"an address", of(buttons(`{"type":"URL","text":"Go","url":"https://x.example/"}`)), taken},
		{"an address with a variable", of(buttons(`{"type":"URL","text":"Go","url":"https://x.example/{{1}}","example":["https://x.example/7"]}`)), taken},
		{"the same with a word as example", of(buttons(`{"type":"URL","text":"Go","url":"https://x.example/{{1}}","example":"7"}`)), taken},
		{"the same without example", of(buttons(`{"type":"URL","text":"Go","url":"https://x.example/{{1}}"}`)), TemplateExample},
		{"a variable in the middle", of(buttons(`{"type":"URL","text":"Go","url":"https://x.example/{{1}}/x","example":["7"]}`)), TemplateFormat},
		{"no address", of(buttons(`{"type":"URL","text":"Go","url":"x.example"}`)), plain},
		{"an address of 2001", of(buttons(`{"type":"URL","text":"Go","url":"https://x.example/` + strings.Repeat("x", 1983) + `"}`)), TemplateTooLong},
		{"three addresses", of(buttons(strings.TrimSuffix(strings.Repeat(`{"type":"URL","text":"Go","url":"https://x.example/"},`, 3), ","))), plain},
		{"a number to call", of(buttons(`{"type":"PHONE_NUMBER","text":"Call","phone_number":"15550001001"}`)), taken},
		{"no number to call", of(buttons(`{"type":"PHONE_NUMBER","text":"Call"}`)), plain},
		{"a coupon of 15", of(buttons(`{"type":"COPY_CODE","example":"123456789012345"}`)), taken},
		{"a coupon of 16", of(buttons(`{"type":"COPY_CODE","example":"1234567890123456"}`)), TemplateTooLong},
		{"a coupon without example", of(buttons(`{"type":"COPY_CODE"}`)), TemplateExample},
		{"a one-time code in a utility", of(body + "," + otp), plain},

		{"a one-time code", code(`{"type":"BODY","add_security_recommendation":true},{"type":"FOOTER","code_expiration_minutes":90},` + otp), taken},
		{"expiring after 91 minutes", code(`{"type":"BODY"},{"type":"FOOTER","code_expiration_minutes":91},` + otp), plain},
		{"expiring after none", code(`{"type":"BODY"},{"type":"FOOTER"},` + otp), plain},
		{"a one-time code with a text", code(body + "," + otp), plain},
		{"a one-time code without button", code(`{"type":"BODY"}`), plain},
		{"a one-time code with a quick reply", code(`{"type":"BODY"},{"type":"BUTTONS","buttons":[` + quick(1) + `]}`), plain},
		{"an unknown kind of code", code(`{"type":"BODY"},` + strings.Replace(otp, "COPY_CODE", "PIGEON", 1)), plain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tpl, err := ReadTemplate(json.RawMessage(tt.define))
			if err != nil {
				t.Fatal(err)
			}
			r := tpl.Check()
			switch {
			case r == nil && tt.want != taken:
				t.Errorf("taken, want %d", tt.want)
			case r != nil && r.Subcode != max(tt.want, 0) || r != nil && tt.want == taken:
				t.Errorf("refused with %d (%v), want %d", r.Subcode, r, tt.want)
			case r != nil && (r.Title == "" || r.Detail == "" || r.Error() == ""):
				t.Errorf("without words: %+v", r)
			}
		})
	}
}

// FuzzCheckTemplate: whatever a client sends, it is taken or refused; what is
// taken can be read again from what is stored.
func FuzzCheckTemplate(f *testing.F) {
	whole := `{"name":"order","language":"en_US","category":"UTILITY","components":[{"type":"HEADER","text":"Our {{1}}","example":{"header_text":["x"]}},
	 {"type":"BODY","text":"Hi {{1}}, it is here.","example":{"body_text":[["Ann"]]}},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Go","url":"https://x.example/{{1}}","example":["7"]}]}]}`
	for i := 0; i <= len(whole); i += 7 {
		f.Add([]byte(whole[:i]))
	}
	f.Add([]byte(whole))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tpl, err := ReadTemplate(raw)
		if err != nil {
			return
		}
		if r := tpl.Check(); r != nil {
			if r.Detail == "" {
				t.Errorf("refused without words: %+v", r)
			}
			return
		}
		stored, err := json.Marshal(tpl)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadTemplate(stored)
		if err != nil {
			t.Fatalf("what was stored cannot be read: %v", err)
		}
		if r := again.Check(); r != nil {
			t.Errorf("what was taken is refused when read again: %v", r)
		}
	})
}
