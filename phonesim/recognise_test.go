package phonesim

import (
	"bytes"
	"strings"
	"testing"

	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// The screens of the simulation in every language are what the recogniser of
// real captures takes them for: neither may drift from the other unseen.
func TestScreensAreRecognised(t *testing.T) {
	profiles, err := uiauto.LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	type show func(t *testing.T, p *Phone)
	link := func(number string) show {
		return func(t *testing.T, p *Phone) { run(t, p, open(number, "hi")) }
	}
	after := func(f Fault, s show) show {
		return func(t *testing.T, p *Phone) { arm(t, p, f); s(t, p) }
	}
	fault := func(f Fault) show { return func(t *testing.T, p *Phone) { link("15550001002")(t, p); arm(t, p, f) } }
	chat := link("15550001002")
	for name, c := range map[string]struct {
		show   show
		kind   whatsapp.Kind
		locked bool
		only   string // a language: the others' words have no source
	}{
		"chat":            {show: chat, kind: whatsapp.Chat},
		"chat list":       {show: func(t *testing.T, p *Phone) { chat(t, p); mustRun(t, p, "input keyevent BACK") }, kind: whatsapp.ChatList},
		"not on WhatsApp": {show: link("15550001000"), kind: whatsapp.NotOnWhatsApp},
		"too short":       {show: link("1555"), kind: whatsapp.BadNumber},
		"too long":        {show: link("1234567890123456"), kind: whatsapp.BadNumber},
		"no country code": {show: link("0155500010"), kind: whatsapp.BadNumber},
		"look-up failed":  {show: after(Fault{Kind: "lookup_failed"}, chat), kind: whatsapp.LookupFailed},
		"searching":       {show: after(Fault{Kind: "slow_screen", Value: "1h"}, chat), kind: whatsapp.Searching},
		"keyguard":        {show: fault(Fault{Kind: "screen_lock"}), kind: whatsapp.Keyguard},
		"PIN pad": {show: func(t *testing.T, p *Phone) {
			fault(Fault{Kind: "pin_lock"})(t, p)
			mustRun(t, p, "input keyevent WAKEUP; wm dismiss-keyguard")
		}, kind: whatsapp.Keyguard, locked: true},
		"shade":             {show: fault(Fault{Kind: "shade"}), kind: whatsapp.Shade},
		"disappearing card": {show: after(Fault{Kind: "popup"}, chat), kind: whatsapp.Popup, only: "en"},
		"logged out":        {show: after(Fault{Kind: "logged_out"}, chat), kind: whatsapp.LoggedOut},
		"restricted":        {show: after(Fault{Kind: "restricted"}, chat), kind: whatsapp.Restricted},
		"the year of birth": {show: after(Fault{Kind: "logged_out", Value: "age"}, chat), kind: whatsapp.LoggedOut},
		"invite or save":    {show: after(Fault{Kind: "not_on_whatsapp", Value: "invite"}, chat), kind: whatsapp.NotOnWhatsApp},
		"banned":            {show: after(Fault{Kind: "banned"}, chat), kind: whatsapp.Banned},
		"update forced":     {show: after(Fault{Kind: "update_forced"}, chat), kind: whatsapp.UpdateForced},
		"ANR":               {show: fault(Fault{Kind: "anr"}), kind: whatsapp.ANR},
		"permission":        {show: fault(Fault{Kind: "permission"}), kind: whatsapp.Permission},
		"launcher":          {show: func(*testing.T, *Phone) {}, kind: whatsapp.Launcher},
		"picker": {show: func(t *testing.T, p *Phone) {
			mustRun(t, p, "am start -a android.intent.action.SEND -t text/plain --es android.intent.extra.TEXT hi -p com.whatsapp")
		}, kind: whatsapp.Picker},
		"preview": {show: func(t *testing.T, p *Phone) {
			mustRun(t, p, shareTo(ann, "image/jpeg", push(t, p, "/sdcard/Pictures/a.jpg", []byte("a")), "hi"))
		}, kind: whatsapp.MediaPreview},
		"a screen nobody knows": {show: after(Fault{Kind: "unknown_screen"}, chat), kind: whatsapp.Unknown},
	} {
		for _, locale := range []string{"en", "pt", "es", "de", "ru"} {
			if c.only != "" && c.only != locale {
				continue
			}
			t.Run(name+" "+locale, func(t *testing.T) {
				p := newPhone(t, Config{Locale: locale})
				c.show(t, p)
				xml := p.ScreenXML()
				d, err := uiauto.Parse(bytes.NewReader(xml))
				if err != nil {
					t.Fatal(err)
				}
				s := whatsapp.Recognise(d, profiles)
				if s.Kind != c.kind || s.Locked != c.locked {
					t.Errorf("recognised as %s (%s), locked %t; want %s, %t\n%s", s.Kind, s.Why, s.Locked, c.kind, c.locked, strings.ReplaceAll(string(xml), "<node", "\n<node"))
				}
			})
		}
	}
}
