package console

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/bridge"
)

// TestNewMessageReadsNumbersLikeTheAPI: random spellings, of numbers and of what
// is none, lead from the dialog to the chat that the API writes to, and to none
// where the API refuses.
func TestNewMessageReadsNumbersLikeTheAPI(t *testing.T) {
	d := newDesk(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	inputs := []string{"0151 10100999", "12345678", "+15110100999", "015110100999", "0049 151 10100999", "151 23456789", "+49 (0)170 1234567",
		"+55 11 98765-4321", "551187654321", "+541123456789", "5491123456789", "+972-050-1234567", "", " ", "hello", "+", "00", "+0151", "１２３４５６７８９０"}
	for range 200 {
		digits := make([]byte, r.IntN(17))
		for i := range digits {
			digits[i] = "0123456789"[r.IntN(10)]
		}
		text := string(digits)
		for range r.IntN(4) {
			if at := r.IntN(len(text) + 1); true {
				text = text[:at] + []string{" ", "-", "(", ")", "+", "\u202a", "x"}[r.IntN(7)] + text[at:]
			}
		}
		inputs = append(inputs, text)
	}
	phones, err := d.db.Phones(t.Context())
	must(t, err)
	taken := 0
	for _, input := range inputs {
		for _, phone := range phones {
			got := d.ask(sender, "/console/inbox/new?"+url.Values{"phone": {phone.ID}, "to": {input}}.Encode(), nil)
			digits, err := bridge.ReadRecipient(t.Context(), d.db, phone, input)
			if err != nil || wabridge.SameNumber(digits, phone.Number) {
				if got.status != http.StatusUnprocessableEntity {
					t.Errorf("%q from %s: %d to %s, want a refusal (%v)", input, phone.Number, got.status, got.header.Get("Location"), err)
				}
				continue
			}
			taken++
			want := talkPath(phone.ID, wabridge.UserJID(digits))
			if got.status != http.StatusSeeOther || got.header.Get("Location") != want {
				t.Errorf("%q from %s: %d to %q, want %q", input, phone.Number, got.status, got.header.Get("Location"), want)
			}
		}
	}
	if taken < 20 {
		t.Errorf("only %d of the spellings are numbers", taken)
	}
}

// TestNumberIsCheckedInTheForm: the dialog says what is wrong and stays open;
// what it takes leads to the chat.
func TestNumberIsCheckedInTheForm(t *testing.T) {
	d := newDesk(t)
	d.says(ana, "hello")
	page := d.tab(sender, "/console/inbox")
	page.click("[data-open=new]")
	page.do(chromedp.SetValue("#new-phone", secondID, chromedp.ByQuery))
	for wrong, words := range map[string]string{"123": "no phone number", "0049 151 10100999": "write \"+\"", "+49 151 23456789": "own number"} {
		page.do(chromedp.SetValue("#new-to", wrong, chromedp.ByQuery))
		page.click("#new .primary")
		page.sees("#number-wrong", words)
	}
	page.picture("number-wrong")
	page.do(chromedp.SetValue("#new-to", "0151 10100999", chromedp.ByQuery))
	page.click("#new .primary")
	page.until(`location.pathname.endsWith("/4915110100999@s.whatsapp.net")`)
	page.sees("#talk-title", "+4915110100999")
}

// TestNoChatWithWhatIsNoNumber: an address that somebody types or keeps makes no
// chat with what is no number, and leads to the one chat of a line's two forms.
func TestNoChatWithWhatIsNoNumber(t *testing.T) {
	d := newDesk(t)
	for _, id := range []string{"015110100999@s.whatsapp.net", "123@s.whatsapp.net", "12345678901234567890@s.whatsapp.net", "x@g.us", "5@lid", "@s.whatsapp.net"} {
		path := talkPath(phoneID, id)
		if got := d.ask(sender, path, nil); got.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", id, got.status)
		}
		if got := d.ask(sender, path+"/send", url.Values{"text": {"x"}}); got.status != http.StatusNotFound {
			t.Errorf("POST to %s: %d, want 404", id, got.status)
		}
	}
	if n := d.sendable(); n != 0 {
		t.Errorf("%d messages wait", n)
	}
	for _, forms := range [][2]string{{"5215512345678", "525512345678"}, {"5491123456789", "541123456789"}, {"553187654321", "5531987654321"}} {
		d.says(wabridge.ChatRef{Number: forms[0], Name: "Line " + forms[0]}, "hello")
		for _, form := range forms {
			body := d.ask(sender, talkPath(phoneID, wabridge.UserJID(form)), nil).body
			if !strings.Contains(body, `<h2 id="talk-title"><bdi>Line `+forms[0]) {
				t.Errorf("%s does not lead to the chat of %s", form, forms[0])
			}
		}
		got := d.ask(sender, talkPath(phoneID, wabridge.UserJID(forms[1]))+"/send", url.Values{"text": {"hi"}})
		if want := talkPath(phoneID, wabridge.UserJID(forms[0])); got.status != http.StatusSeeOther || got.header.Get("Location") != want {
			t.Errorf("sent to %s: %d to %s, want %s", forms[1], got.status, got.header.Get("Location"), want)
		}
	}
	if list := fmt.Sprint(d.ask(sender, "/console/inbox/list", nil).body); strings.Count(list, "data-row") != 3 {
		t.Errorf("%d conversations, want 3", strings.Count(list, "data-row"))
	}
}
