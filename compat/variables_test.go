package compat

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge/phonesim"
)

// recipient is who everything goes to, and whose message is read, reacted to
// and quoted.
const recipient = "15550501001"

// newVariables prepares what the collection's requests refer to: files by id
// and by link, templates, messages, and a receiver of webhooks.
func newVariables(t *testing.T, g *gateway) *variables {
	t.Helper()
	files := newFileServer(t)
	hook := newHandshaker(t)
	incoming := g.hear(t, recipient, "hello")
	v := &variables{named: map[string]string{
		"Version": "v23.0", "Phone-Number-ID": phoneID, "PHONE_NUMBER_ID": phoneID, "WABA-ID": wabaID, "Business-ID": "300000000000001",
		"Flow-ID": "400000000000001", "User-Access-Token": token, "USER_ACCESS_TOKEN": token,
		"Recipient-Phone-Number": "+" + recipient, "Recipient-WA-ID": recipient, "Recipient-WA-Phone-Number": recipient,
		"your-requested-code":            "123456",
		"ALTERNATE_WEBHOOK_ENDPOINT_URL": hook, "ALTERNATE_WEBOOK_ENDPOINT_VERIFICATION_TOKEN": "compat",
		"MSGID_OF_PREV_MSG": incoming, "MSGID_OF_MSG_YOU_ARE_REPLYING_TO": incoming, "WAM_ID": incoming, "INCOMING_MSG_ID": incoming,
		"WHATSAPP_MESSAGE_ID": incoming, "EMOJI": "👍",
		"PHONE_NUMBER":      recipient,
		"LOCATION_LATITUDE": "37.44", "LOCATION_LONGITUDE": "-122.16", "CONTACT_BIRTHDAY": "1990-01-31", "CONTACT_PHONE": "+15550001234",
		"CONTACT_WA_ID": "15550001234", "CONTACT_EMAIL": "a@example.org", "CONTACT_URL": "https://example.org", "HOME|WORK": "WORK", "WORK|HOME": "HOME",
		"ADDRESS_COUNTRY_CODE": "us", "DOCUMENT_FILENAME": "bill.pdf",
		"business-industry": "RETAIL", "business-email": "shop@example.org", "https://website-1": "https://a.example.org", "https://website-2": "https://b.example.org",
		"YOUR_FILE_LENGTH": fmt.Sprint(len(photo())), "GENERATE_QR_IMAGE": "SVG", "PREFILLED_MESSAGE": "I want tea",
		"TEMPLATE_NAME": "seasonal", "NAME": "seasonal2", "IS_REGISTERED": "true",
	}}
	for name, file := range map[string][3]string{
		"IMAGE_OBJECT_ID": {"p.jpg", "image/jpeg", string(photo())}, "AUDIO_OBJECT_ID": {"v.ogg", "audio/ogg", string(voice())},
		"DOCUMENT_OBJECT_ID": {"bill.pdf", "application/pdf", pdf}, "MEDIA_OBJECT_ID": {"s.webp", "image/webp", string(sticker())},
		"VIDEO_OBJECT_ID": {"v.mp4", "video/mp4", mp4}, "Media-ID": {"p.jpg", "image/jpeg", string(photo())},
		"Delete Media/Media-ID": {"p.jpg", "image/jpeg", string(photo())}, // the other one is downloaded after it
	} {
		v.named[name] = g.upload(t, file)
	}
	made := g.json("POST", "/"+phoneID+"/message_qrdls", `{"prefilled_message":"Hi","generate_qr_image":"PNG"}`)
	v.named["QR_CODE_ID"], v.named["CODE"] = made.member("code"), made.member("code")
	now := time.Now().Unix()
	v.literal = strings.NewReplacer("http(s)://the-image-url", files+"/p.jpg", "http(s)://image-url", files+"/p.jpg", "http(s)://audio-url", files+"/v.ogg",
		"<http(s)://document-url>", files+"/bill.pdf", "<http(s)://sticker-url>", files+"/s.webp", "<http(s)://video-url>", files+"/v.mp4",
		"<your-6-digit-pin>", "123456", "<6-digit-pin>", "123456", "6-digit-pin", "123456", "language-and-locale-code", "en_US",
		"start(1680503760)", fmt.Sprintf("start(%d)", now-86400), "end(1680564980)", fmt.Sprintf("end(%d)", now+86400))
	g.templates(t, v)
	return v
}

const (
	pdf = "%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
	mp4 = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08mdat"
)

func (g *gateway) upload(t *testing.T, file [3]string) string {
	t.Helper()
	header := http.Header{}
	body := form(t, header, [][2]string{{"messaging_product", "whatsapp"}}, file[0], file[1], []byte(file[2]))
	a := g.do("POST", "/v23.0/"+phoneID+"/media", header, body)
	if a.status != http.StatusOK {
		t.Fatalf("upload of %s: %d %s", file[0], a.status, a.body)
	}
	return a.member("id")
}

// hear lets somebody write and returns the id under which it was recorded.
func (g *gateway) hear(t *testing.T, from, text string) string {
	t.Helper()
	if _, err := g.sim.Incoming(phonesim.IncomingMessage{From: from, Text: text}); err != nil {
		t.Fatal(err)
	}
	for after := int64(0); ; {
		a := g.json("GET", fmt.Sprintf("/bridge/v1/events?type=message&wait=25&after=%d", after), "")
		page, _ := a.value.(map[string]any)
		events, _ := page["events"].([]any)
		for _, e := range events {
			data, _ := e.(map[string]any)["data"].(map[string]any)
			if data["number"] == from && data["text"] == text {
				id, _ := data["id"].(string)
				return id
			}
		}
		last, _ := page["last"].(float64)
		after = int64(last)
		if t.Context().Err() != nil || a.status != http.StatusOK {
			t.Fatalf("events: %d %s", a.status, a.body)
		}
	}
}

// templates creates those that the collection sends and edits.
func (g *gateway) templates(t *testing.T, v *variables) {
	t.Helper()
	body := `{"type":"BODY","text":"Dear {{1}}, as agreed the delivery costs {{2}} and comes on {{3}} in the morning.","example":{"body_text":[["Ann","$1","Monday"]]}}`
	head := `{"type":"HEADER","format":"IMAGE","example":{"header_handle":["4::aW"]}},`
	buttons := `,{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Yes"},{"type":"QUICK_REPLY","text":"No"}]}`
	for name, components := range map[string]string{
		"text_template":  `{"type":"HEADER","format":"TEXT","text":"Offer"},` + body,
		"media_template": head + body, "interactive_template": head + body + buttons,
		"seasonal": `{"type":"HEADER","format":"TEXT","text":"Sale"},` + body, "seasonal2": body,
		"sample_shipping_confirmation": `{"type":"BODY","text":"Your package is shipped, it comes in {{1}} days.","example":{"body_text":[["2"]]}}`,
		"sample_issue_resolution":      `{"type":"BODY","text":"Hi {{1}}, did we solve it?","example":{"body_text":[["Bob"]]}}` + buttons,
	} {
		a := g.json("POST", "/v23.0/"+wabaID+"/message_templates",
			`{"name":"`+name+`","language":"en_US","category":"UTILITY","components":[`+components+`]}`)
		if a.status != http.StatusOK {
			t.Fatalf("template %s: %d %s", name, a.status, a.body)
		}
		switch name {
		case "seasonal2":
			v.named["HSM_ID"] = a.member("id")
		case "text_template":
			v.named["TEMPLATE_ID"] = a.member("id")
		}
	}
}

func newFileServer(t *testing.T) string {
	t.Helper()
	files := map[string][2]string{
		"/p.jpg": {"image/jpeg", string(photo())}, "/bill.pdf": {"application/pdf", pdf}, "/s.webp": {"image/webp", string(sticker())},
		"/v.mp4": {"video/mp4", mp4}, "/v.ogg": {"audio/ogg", string(voice())},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", f[0])
		_, _ = w.Write([]byte(f[1]))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// newHandshaker is a webhook receiver that agrees to everything.
func newHandshaker(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.URL.Query().Get("hub.challenge")))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/webhook"
}
