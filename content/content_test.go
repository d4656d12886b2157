package content

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
)

// some makes text of n characters, each of two bytes.
func some(n int) string { return strings.Repeat("ü", n) }

// items joins n objects into a list.
func items(n int, item func(i int) string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = item(i)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// Objects whose parts are given; what is left out is as good as can be.
func buttonMessage(body, header, footer, buttons string) string {
	return `{"type":"button","header":` + header + `,"body":{"text":"` + body + `"},"footer":` + footer + `,"action":{"buttons":` + buttons + `}}`
}

// buttons puts the button's place for each %d.
func buttons(n int, id, title string) string {
	return items(n, func(i int) string {
		at := func(s string) string { return strings.ReplaceAll(s, "%d", strconv.Itoa(i)) }
		return `{"type":"reply","reply":{"id":"` + at(id) + `","title":"` + at(title) + `"}}`
	})
}

func listMessage(body, button, sections string) string {
	return `{"type":"list","body":{"text":"` + body + `"},"action":{"button":"` + button + `","sections":` + sections + `}}`
}

func sections(n, rowsEach int, title string) string {
	return items(n, func(s int) string {
		return `{"title":"` + title + `","rows":` + items(rowsEach, func(i int) string {
			return fmt.Sprintf(`{"id":"r%d.%d","title":"Row %d"}`, s, i, i)
		}) + `}`
	})
}

func row(members string) string {
	return listMessage("b", "Go", `[{"rows":[{`+members+`}]}]`)
}

func ctaMessage(text, url string) string {
	return `{"type":"cta_url","body":{"text":"b"},"action":{"name":"cta_url","parameters":{"display_text":"` + text + `","url":"` + url + `"}}}`
}

func contact(n int, members string) string {
	return items(n, func(int) string {
		return `{"name":{"formatted_name":"Ann B","first_name":"Ann"}` + members + `}`
	})
}

// TestLimits stands on both sides of every limit of the contract's section 2.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name, kind string
		good, bad  string
		code       wabridge.Code
		details    string
	}{
		{"text.body, least", "text", `{"body":"x"}`, `{"body":""}`, 100, "text['body']"},
		{"text.body, most", "text", `{"body":"` + some(4096) + `"}`, `{"body":"` + some(4097) + `"}`, 100, "4097 characters"},
		{"text.body, blank", "text", `{"body":" x "}`, `{"body":" \n\t"}`, 131009, "blank"},
		{"image.caption", "image", `{"id":"1","caption":"` + some(1024) + `"}`, `{"id":"1","caption":"` + some(1025) + `"}`, 100, "1025 characters"},
		{"video.caption", "video", `{"id":"1","caption":"` + some(1024) + `"}`, `{"id":"1","caption":"` + some(1025) + `"}`, 100, "1025 characters"},
		{"document.caption", "document", `{"id":"1","caption":"` + some(1024) + `"}`, `{"id":"1","caption":"` + some(1025) + `"}`, 100, "1025 characters"},
		{"document.filename", "document", `{"id":"1","filename":"` + some(240) + `"}`, `{"id":"1","filename":"` + some(241) + `"}`, 131009, "241 characters"},
		{"audio has no caption", "audio", `{"id":"1"}`, `{"id":"1","caption":"x"}`, 100, "audio.caption"},
		{"sticker has no caption", "sticker", `{"id":"1"}`, `{"id":"1","caption":"x"}`, 100, "sticker.caption"},
		{"image, one reference", "image", `{"id":"1"}`, `{}`, 131008, "image: give the file"},
		{"image, two references", "image", `{"link":"http://x/y"}`, `{"link":"http://x/y","id":"1"}`, 100, "not both"},
		{"image.id, digits", "image", `{"id":12}`, `{"id":"1a"}`, 100, "image.id"},
		{"image.id, length", "image", `{"id":"` + strings.Repeat("1", 32) + `"}`, `{"id":"` + strings.Repeat("1", 33) + `"}`, 100, "image.id"},
		{"image.link, scheme", "image", `{"link":"HTTPS://x.example/a b"}`, `{"link":"ftp://x.example/a"}`, 100, "http or https"},
		{"image.link, host", "image", `{"link":"http://x"}`, `{"link":"http:///x"}`, 100, "http or https"},
		{"image.link, length", "image", `{"link":"http://x/` + strings.Repeat("a", 2039) + `"}`, `{"link":"http://x/` + strings.Repeat("a", 2040) + `"}`, 100, "2048 bytes"},
		{"audio.voice", "audio", `{"id":"1","voice":"true"}`, `{"id":"1","voice":"yes"}`, 100, "true or false"},
		{"latitude", "location", `{"latitude":90,"longitude":-180}`, `{"latitude":90.1,"longitude":0}`, 131009, "-90 and 90"},
		{"longitude", "location", `{"latitude":"-90","longitude":"180"}`, `{"latitude":0,"longitude":"-180.5"}`, 131009, "-180 and 180"},
		{"latitude is required", "location", `{"latitude":0,"longitude":0}`, `{"longitude":0}`, 131008, "location.latitude"},
		{"longitude is a number", "location", `{"latitude":0,"longitude":"1e1"}`, `{"latitude":0,"longitude":"east"}`, 100, "decimal number"},
		{"longitude is finite", "location", `{"latitude":0,"longitude":0}`, `{"latitude":0,"longitude":"NaN"}`, 100, "decimal number"},
		{"location.name", "location", `{"latitude":0,"longitude":0,"name":"` + some(1000) + `"}`, `{"latitude":0,"longitude":0,"name":"` + some(1001) + `"}`, 131009, "location.name"},
		{"location.address", "location", `{"latitude":0,"longitude":0,"address":"` + some(1000) + `"}`, `{"latitude":0,"longitude":0,"address":"` + some(1001) + `"}`, 131009, "location.address"},
		{"contacts, least", "contacts", contact(1, ""), `[]`, 131009, "0 contacts"},
		{"contacts, most", "contacts", contact(257, ""), contact(258, ""), 131009, "258 contacts"},
		{"contacts, formatted_name", "contacts", contact(1, ""), `[{"name":{"first_name":"A"}}]`, 131008, "contacts[0].name.formatted_name"},
		{"contacts, another name", "contacts", `[{"name":{"formatted_name":"A","suffix":"Jr"}}]`, `[{"name":{"formatted_name":"A"}}]`, 131008, "contacts[0].name: beside"},
		{"contacts, no name", "contacts", contact(1, ""), `[{"phones":[{"phone":"1"}]}]`, 131008, "contacts[0].name"},
		{"contacts, birthday", "contacts", contact(1, `,"birthday":"2000-12-31"`), contact(1, `,"birthday":"31.12.2000"`), 131009, "YYYY-MM-DD"},
		{"contacts, a field", "contacts", contact(1, `,"org":{"company":"`+some(1024)+`"}`), contact(1, `,"org":{"company":"`+some(1025)+`"}`), 131009, "org.company"},
		{"reaction", "reaction", `{"message_id":"wamid.x","emoji":"\ud83d\udc4d"}`, `{"emoji":"👍"}`, 131008, "reaction.message_id"},
		{"reaction with an emoji of the six", "reaction", `{"message_id":"wamid.x","emoji":"❤"}`, `{"message_id":"wamid.x","emoji":"🦊"}`, 131051, "only the reactions 👍"},
		{"reaction with none", "reaction", `{"message_id":"wamid.x","emoji":""}`, `{"message_id":"wamid.x","emoji":"ok"}`, 131009, "not an emoji"},

		{"button body, most", "interactive", buttonMessage(some(1024), "null", "null", buttons(1, "%d", "%d")), buttonMessage(some(1025), "null", "null", buttons(1, "%d", "%d")), 131009, "interactive.body.text: it has 1025"},
		{"button body, least", "interactive", buttonMessage("x", "null", "null", buttons(1, "%d", "%d")), buttonMessage("", "null", "null", buttons(1, "%d", "%d")), 131008, "interactive.body.text"},
		{"header text", "interactive", buttonMessage("b", `{"type":"text","text":"`+some(60)+`"}`, "null", buttons(1, "%d", "%d")), buttonMessage("b", `{"type":"text","text":"`+some(61)+`"}`, "null", buttons(1, "%d", "%d")), 131009, "header.text: it has 61"},
		{"header type", "interactive", buttonMessage("b", `{"type":"image","image":{"id":"1"}}`, "null", buttons(1, "%d", "%d")), buttonMessage("b", `{"type":"audio","audio":{"id":"1"}}`, "null", buttons(1, "%d", "%d")), 131009, "header.type"},
		{"header file", "interactive", buttonMessage("b", `{"type":"video","video":{"link":"https://x/y"}}`, "null", buttons(1, "%d", "%d")), buttonMessage("b", `{"type":"video"}`, "null", buttons(1, "%d", "%d")), 131008, "header.video"},
		{"footer", "interactive", buttonMessage("b", "null", `{"text":"`+some(60)+`"}`, buttons(1, "%d", "%d")), buttonMessage("b", "null", `{"text":"`+some(61)+`"}`, buttons(1, "%d", "%d")), 131009, "footer.text: it has 61"},
		{"buttons, least", "interactive", buttonMessage("b", "null", "null", buttons(1, "%d", "%d")), buttonMessage("b", "null", "null", "[]"), 131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3"},
		{"buttons, most", "interactive", buttonMessage("b", "null", "null", buttons(3, "%d", "%d")), buttonMessage("b", "null", "null", buttons(4, "%d", "%d")), 131009, "Invalid buttons count"},
		{"button id", "interactive", buttonMessage("b", "null", "null", buttons(1, some(255)+"%d", "%d")), buttonMessage("b", "null", "null", buttons(1, some(256)+"%d", "%d")), 131009, "reply.id: it has 257"},
		{"button id, blanks around", "interactive", buttonMessage("b", "null", "null", buttons(1, "a %d", "%d")), buttonMessage("b", "null", "null", buttons(1, " a%d", "%d")), 131009, "blank"},
		{"button ids differ", "interactive", buttonMessage("b", "null", "null", buttons(2, "%d", "%d")), buttonMessage("b", "null", "null", buttons(2, "x", "%d")), 131009, "same id"},
		{"button title, most", "interactive", buttonMessage("b", "null", "null", buttons(1, "%d", some(19)+"%d")), buttonMessage("b", "null", "null", buttons(1, "%d", some(20)+"%d")), 131009, "buttons[0].reply.title: it has 21"},
		{"button title, least", "interactive", buttonMessage("b", "null", "null", buttons(1, "%d", "%d")), buttonMessage("b", "null", "null", `[{"type":"reply","reply":{"id":"1"}}]`), 131008, "reply.title"},
		{"button titles differ", "interactive", buttonMessage("b", "null", "null", buttons(2, "%d", "%d")), buttonMessage("b", "null", "null", buttons(2, "%d", "x")), 131009, "same title"},
		{"button is a reply", "interactive", buttonMessage("b", "null", "null", `[{"reply":{"id":1,"title":1}}]`), buttonMessage("b", "null", "null", `[{"type":"url","reply":{"id":1,"title":1}}]`), 131009, "buttons[0].type"},

		{"list body", "interactive", listMessage(some(4000), "Go", sections(1, 1, "")), listMessage(some(4097), "Go", sections(1, 1, "")), 131009, "interactive.body.text: it has 4097"},
		{"list button, most", "interactive", listMessage("b", some(20), sections(1, 1, "")), listMessage("b", some(21), sections(1, 1, "")), 131009, "action.button: it has 21"},
		{"list button, least", "interactive", listMessage("b", "x", sections(1, 1, "")), listMessage("b", "", sections(1, 1, "")), 131008, "action.button"},
		{"sections, least", "interactive", listMessage("b", "x", sections(1, 1, "")), listMessage("b", "x", "[]"), 131008, "action.sections"},
		{"sections, most", "interactive", listMessage("b", "x", sections(10, 1, "t")), listMessage("b", "x", sections(11, 1, "t")), 131009, "11 sections"},
		{"section title", "interactive", listMessage("b", "x", sections(1, 1, some(24))), listMessage("b", "x", sections(1, 1, some(25))), 131009, "sections[0].title: it has 25"},
		{"one section needs no title, two do", "interactive", listMessage("b", "x", sections(1, 1, "")), listMessage("b", "x", sections(2, 1, "")), 131008, "sections[0].title"},
		{"rows, least", "interactive", listMessage("b", "x", sections(1, 1, "")), listMessage("b", "x", sections(1, 0, "")), 131009, "0 rows"},
		{"rows, most in one section", "interactive", listMessage("b", "x", sections(1, 10, "")), listMessage("b", "x", sections(1, 11, "")), 131009, "11 rows"},
		{"rows, most in all", "interactive", listMessage("b", "x", sections(2, 5, "t")), listMessage("b", "x", sections(2, 6, "t")), 131009, "12 rows"},
		{"row id, most", "interactive", row(`"id":"` + some(200) + `","title":"t"`), row(`"id":"` + some(201) + `","title":"t"`), 131009, "rows[0].id: it has 201"},
		{"row ids differ", "interactive", row(`"id":"1","title":"t"},{"id":"2","title":"t"`), row(`"id":"1","title":"t"},{"id":1,"title":"u"`), 131009, "same id"},
		{"row title, most", "interactive", row(`"id":"1","title":"` + some(24) + `"`), row(`"id":"1","title":"` + some(25) + `"`), 131009, "rows[0].title: it has 25"},
		{"row title, least", "interactive", row(`"id":"1","title":"x"`), row(`"id":"1"`), 131008, "rows[0].title"},
		{"row description", "interactive", row(`"id":"1","title":"x","description":"` + some(72) + `"`), row(`"id":"1","title":"x","description":"` + some(73) + `"`), 131009, "rows[0].description: it has 73"},
		{"list header", "interactive", strings.Replace(row(`"id":"1","title":"x"`), `"body"`, `"header":{"type":"text","text":"h"},"body"`, 1), strings.Replace(row(`"id":"1","title":"x"`), `"body"`, `"header":{"type":"image","image":{"id":"1"}},"body"`, 1), 131009, "only a text"},

		{"cta display_text", "interactive", ctaMessage(some(20), "https://x"), ctaMessage(some(21), "https://x"), 131009, "display_text: it has 21"},
		{"cta url", "interactive", ctaMessage("x", "http://x/y"), ctaMessage("x", "javascript:x"), 100, "http or https"},
		{"cta url is required", "interactive", ctaMessage("x", "http://x/y"), ctaMessage("x", ""), 131008, "parameters.url"},
		{"cta action", "interactive", ctaMessage("x", "http://x/y"), strings.Replace(ctaMessage("x", "http://x/y"), `"name":"cta_url"`, `"name":"x"`, 1), 131009, "action.name"},
		{"location request", "interactive", `{"type":"location_request_message","body":{"text":"` + some(1024) + `"},"action":{"name":"send_location"}}`, `{"type":"location_request_message","body":{"text":"` + some(1025) + `"},"action":{"name":"send_location"}}`, 131009, "body.text: it has 1025"},
		{"location request, action", "interactive", `{"type":"location_request_message","body":{"text":"b"},"action":{"name":"send_location"}}`, `{"type":"location_request_message","body":{"text":"b"},"action":{}}`, 131008, "action.name"},
		{"interactive type", "interactive", ctaMessage("x", "http://x/y"), `{"type":"quiz","body":{"text":"b"}}`, 100, "interactive.type"},
		{"template name", "template", `{"name":"` + some(512) + `","language":{"code":"en"}}`, `{"name":"` + some(513) + `","language":{"code":"en"}}`, 131009, "template.name"},
		{"template language", "template", `{"name":"a","language":{"code":"en"}}`, `{"name":"a"}`, 131008, "template.language"},
		{"template parameter", "template", `{"name":"a","language":{"code":"en"},"components":[{"type":"body","parameters":[{"type":"text","text":"x"}]}]}`,
			`{"name":"a","language":{"code":"en"},"components":[{"type":"body","parameters":[{"type":"text"}]}]}`, 100, "Parameter 'text' is mandatory for component parameter type 'text'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.kind, json.RawMessage(tt.good)); err != nil {
				t.Errorf("the good side: %v", err)
			}
			_, err := Parse(tt.kind, json.RawMessage(tt.bad))
			if codeOf(err) != tt.code || !strings.Contains(fmt.Sprint(err), tt.details) {
				t.Errorf("the bad side: %d %v, want %d %q", codeOf(err), err, tt.code, tt.details)
			}
		})
	}
}

func TestNotCarried(t *testing.T) {
	for _, kind := range notCarried {
		_, err := Parse("interactive", json.RawMessage(`{"type":"`+strings.ToUpper(kind)+`","body":{"text":"b"},"action":{}}`))
		if codeOf(err) != wabridge.CodeUnsupported || !strings.Contains(err.Error(), kind) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, part := range []string{"carousel", "limited_time_offer"} {
		_, err := Parse("template", json.RawMessage(`{"name":"a","language":{"code":"en"},"components":[{"type":"`+part+`"}]}`))
		if codeOf(err) != wabridge.CodeUnsupported {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// TestWhole is the length of what the phone types: legal parts can come to
// more than one message holds.
func TestWhole(t *testing.T) {
	rendered := func(n int) string { return listMessage(some(n), "Go", sections(1, 1, "")) }
	c, err := Parse("interactive", json.RawMessage(rendered(1)))
	if err != nil {
		t.Fatal(err)
	}
	rest := runes(c.Carry().Text) - 1
	if _, err := Parse("interactive", json.RawMessage(rendered(4096-rest))); err != nil {
		t.Errorf("a text of 4096 characters: %v", err)
	}
	if _, err := Parse("interactive", json.RawMessage(rendered(4097-rest))); codeOf(err) != wabridge.CodeValue || !strings.Contains(err.Error(), "it has 4097") {
		t.Errorf("a text of 4097 characters: %v", err)
	}
	image := `{"type":"image","image":{"id":"1"}}`
	most := MaxCaption - runes("\n\n1. 0")
	if _, err := Parse("interactive", json.RawMessage(buttonMessage(some(most), image, "null", buttons(1, "%d", "%d")))); err != nil {
		t.Errorf("a caption of 1024 characters: %v", err)
	}
	if _, err := Parse("interactive", json.RawMessage(buttonMessage(some(most+1), image, "null", buttons(1, "%d", "%d")))); codeOf(err) != wabridge.CodeValue || !strings.Contains(err.Error(), "it has 1025") {
		t.Errorf("a caption of 1025 characters: %v", err)
	}
}

func TestCarry(t *testing.T) {
	for _, tt := range []struct {
		name, kind, object string
		want               Carried
	}{
		{"text", "text", `{"body":"hi","preview_url":"true","x":1}`, Carried{Text: "hi", Body: json.RawMessage(`{"body":"hi","preview_url":true}`)}},
		{"an object as a string", "text", `"{\"body\":5}"`, Carried{Text: "5", Body: json.RawMessage(`{"body":"5"}`)}},
		{"image", "image", `{"id":123,"caption":"look","link":null}`, Carried{Text: "look", Media: &MediaRef{Field: "image", Kind: "image", ID: "123"}, Body: json.RawMessage(`{"id":"123","caption":"look"}`)}},
		{"voice", "audio", `{"link":"https://x/v.ogg","voice":true}`, Carried{Media: &MediaRef{Field: "audio", Kind: "audio", Link: "https://x/v.ogg", Voice: true}, Body: json.RawMessage(`{"link":"https://x/v.ogg","voice":true}`)}},
		{"document", "document", `{"id":"1","filename":"a\nb.pdf"}`, Carried{Media: &MediaRef{Field: "document", Kind: "document", ID: "1", Filename: "a b.pdf"}, Body: json.RawMessage(`{"id":"1","filename":"a b.pdf"}`)}},
		{"location", "location", `{"latitude":"-37.48330700","longitude":122,"name":"HQ\n1","address":"Street 5"}`,
			Carried{Text: "HQ 1\nStreet 5\nhttps://maps.google.com/?q=-37.483307,122", Body: json.RawMessage(`{"latitude":-37.483307,"longitude":122,"name":"HQ\n1","address":"Street 5"}`)}},
		{"a place next to zero", "location", `{"latitude":-0.00000001,"longitude":1e-9}`, Carried{Text: "https://maps.google.com/?q=0,0", Body: json.RawMessage(`{"latitude":-1e-8,"longitude":1e-9}`)}},
		{"reaction", "reaction", `{"message_id":"wamid.x","emoji":"❤"}`, Carried{Text: "❤️", Target: "wamid.x", Body: json.RawMessage(`{"message_id":"wamid.x","emoji":"❤️"}`)}},
		{"reaction taken away", "reaction", `{"message_id":"wamid.x"}`, Carried{Target: "wamid.x", Body: json.RawMessage(`{"message_id":"wamid.x","emoji":""}`)}},
		{"buttons", "interactive", `{"type":"button","header":{"type":"text","text":"Head"},"body":{"text":"Sure?"},"footer":{"text":"Foot"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}},{"type":"reply","reply":{"id":"n","title":"No\nway"}}]}}`,
			Carried{Text: "Head\n\nSure?\n\nFoot\n\n1. Yes\n2. No way", Choices: []wabridge.Choice{{Reply: "button_reply", Number: 1, ID: "y", Title: "Yes"}, {Reply: "button_reply", Number: 2, ID: "n", Title: "No\nway"}}}},
		{"list", "interactive", `{"type":"LIST","body":{"text":"Pick"},"action":{"button":"Menu","sections":[{"title":"A","rows":[{"id":1,"title":"One","description":"first"}]},{"title":"B","rows":[{"id":2,"title":"Two"}]}]}}`,
			Carried{Text: "Pick\n\nMenu:\n\nA\n1. One - first\n\nB\n2. Two", Choices: []wabridge.Choice{{Reply: "list_reply", Number: 1, ID: "1", Title: "One", Description: "first"}, {Reply: "list_reply", Number: 2, ID: "2", Title: "Two"}}}},
		{"cta_url", "interactive", ctaMessage("See", "https://x.example/a?b=c"), Carried{Text: "b\n\nSee: https://x.example/a?b=c"}},
		{"location request", "interactive", `{"type":"location_request_message","body":{"text":"Where are you?"},"action":{"name":"send_location"}}`, Carried{Text: "Where are you?\n\n📍 Send location"}},
		{"buttons under a picture", "interactive", buttonMessage("b", `{"type":"image","image":{"link":"https://x/y.png"}}`, "null", buttons(1, "%d", "Go")),
			Carried{Text: "b\n\n1. Go", Media: &MediaRef{Field: "interactive.header.image", Kind: "image", Link: "https://x/y.png"}, Choices: []wabridge.Choice{{Reply: "button_reply", Number: 1, ID: "0", Title: "Go"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(tt.kind, json.RawMessage(tt.object))
			if err != nil {
				t.Fatal(err)
			}
			got, want := c.Carry(), tt.want
			if want.Kind = tt.kind; want.Body == nil {
				got.Body = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVCard(t *testing.T) {
	c, err := Parse("contacts", json.RawMessage(`[{"name":{"formatted_name":"Dr. Ann; B, C\\D\nE","first_name":"Ann","last_name":"B;C","prefix":"Dr."},
	 "phones":[{"phone":"+1 (650) 555","type":"cell\r\nX:y","wa_id":"1650555"},{"wa_id":4917}],"emails":[{"email":"a@b.example","type":"WORK"}],"urls":[{"url":"https://x.example/?a=1,2"}],
	 "addresses":[{"street":"1 Way","city":"Town","zip":"94025","country_code":"us","type":"HOME"}],"org":{"company":"Co, Inc","department":"R;D","title":"Boss"},"birthday":"2000-01-02"},
	 {"name":{"formatted_name":"`+some(60)+`","first_name":"x\u0007y"}}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`BEGIN:VCARD
VERSION:3.0
N:B\;C;Ann;;Dr.;
FN:Dr. Ann\; B\, C\\D\nE
ORG:Co\, Inc;R\;D
TITLE:Boss
TEL;TYPE=CELLXY;waid=1650555:+1 (650) 555
TEL;waid=4917:+4917
EMAIL;TYPE=WORK:a@b.example
URL:https://x.example/?a=1\,2
ADR;TYPE=HOME:;;1 Way;Town;;94025;us
BDAY:2000-01-02
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:;xy;;;
FN:`+some(36)+`
 `+some(24)+`
END:VCARD
`, "\n", "\r\n")
	if diff := cmp.Diff(want, string(c.Carry().VCard)); diff != "" {
		t.Error(diff)
	}
	if name := c.Carry().VCardName; name != `Dr. Ann; B, C_D E +1.vcf` {
		t.Errorf("file name %q", name)
	}
}

func TestParseRefusesWhatIsNoObject(t *testing.T) {
	for _, tt := range []struct {
		kind, object string
		code         wabridge.Code
	}{
		{"text", ``, 100}, {"text", `null`, 100}, {"text", `"hello"`, 100}, {"text", `[]`, 100}, {"text", `7`, 100},
		{"fax", `{}`, 100}, {"", `{}`, 100}, {"contacts", `{"name":5}`, 100}, {"contacts", `7`, 100}, {"contacts", `[7]`, 100},
		{"interactive", `{"type":{}}`, 100}, {"interactive", `{"type":"button","body":"x"}`, 100}, {"image", `{"id":1.5}`, 100},
		{"text", `{"body":"\ud83d"}`, 100}, {"text", `{"body":"a\u0000"}`, 131009},
	} {
		if _, err := Parse(tt.kind, json.RawMessage(tt.object)); codeOf(err) != tt.code {
			t.Errorf("%s %s: %v, want %d", tt.kind, tt.object, err, tt.code)
		}
	}
}

// seeds are good objects for the fuzz target and the test of prefixes.
var seeds = map[string][]string{
	"text": {`{"body":"hi 👍","preview_url":true}`}, "image": {`{"link":"https://x/y","caption":"é"}`}, "audio": {`{"id":"1","voice":true}`},
	"location": {`{"latitude":"1.5","longitude":-2,"name":"n"}`}, "reaction": {`{"message_id":"x","emoji":"👍"}`},
	"contacts":    {contact(2, `,"phones":[{"phone":"+1","type":"CELL","wa_id":"1"}],"birthday":"2000-01-01"`)},
	"interactive": {buttonMessage("b", `{"type":"text","text":"h"}`, `{"text":"f"}`, buttons(3, "%d", "%d")), listMessage("b", "x", sections(2, 2, "t")), ctaMessage("x", "https://x")},
	"template":    {`{"name":"a","language":{"code":"en"},"components":[{"type":"body","parameters":[{"type":"text","text":"x"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"payload","payload":"x"}]}]}`},
}

func FuzzParse(f *testing.F) {
	for kind, objects := range seeds {
		for _, o := range objects {
			f.Add(kind, []byte(o))
		}
	}
	tpl, err := ReadTemplate([]byte(`{"name":"a","status":"APPROVED","components":[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"{{1}} {{2}}"},{"type":"BUTTONS","buttons":[{"type":"URL","text":"a","url":"https://x/{{1}}"}]}]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		_, _ = ReadTemplate(raw)
		c, err := Parse(kind, raw)
		if err != nil {
			if codeOf(err) == 0 {
				t.Errorf("%v has no code", err)
			}
			return
		}
		got := c.Carry()
		if c.Template != nil {
			_, _ = tpl.Render(c.Template)
		}
		if got.Kind != kind || !json.Valid(got.Body) || runes(got.Text) > wabridge.MaxText || got.Media != nil && runes(got.Text) > MaxCaption {
			t.Errorf("%s %s gives %+v", kind, raw, got)
		}
		for i, choice := range got.Choices {
			if choice.Number != i+1 || !strings.Contains(got.Text, strconv.Itoa(choice.Number)+". "+oneLine(choice.Title)) {
				t.Errorf("choice %+v does not stand in %q", choice, got.Text)
			}
		}
	})
}

func TestEveryPrefixIsAnError(t *testing.T) {
	for kind, objects := range seeds {
		for _, o := range objects {
			for i := range o {
				if _, err := Parse(kind, json.RawMessage(o[:i])); codeOf(err) != 100 {
					t.Fatalf("%s %s: %v", kind, o[:i], err)
				}
			}
		}
	}
}
