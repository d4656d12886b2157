package whatsapp

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wabridge/wabridge/uiauto"
)

// captured reads a dump of a real phone from testdata/captures.
func captured(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/captures/uiautomator", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t testing.TB, b []byte) *uiauto.Dump {
	t.Helper()
	d, err := uiauto.Parse(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// captureCases are all captures and what they show.
var captureCases = []struct {
	file  string
	kind  Kind
	check func(Screen) string // what is wrong, or ""
}{
	{"anr_dialog_process_system_en.xml", ANR, func(s Screen) string { return diff(buttonIDs(s), []string{"aerr_wait", "aerr_close"}) }},
	{"keyguard_pin_bouncer_en_samsung.xml", Keyguard, func(s Screen) string { return diff(s.Locked, true) }},
	{"keyguard_with_notification_cards_pt.xml", Keyguard, func(s Screen) string { return diff(s.Locked, false) }},
	{"keyguard_with_notification_icons_pt-br.xml", Keyguard, func(s Screen) string { return diff(s.Locked, false) }},
	{"launcher3_home_pt-br.xml", Launcher, func(s Screen) string { return diff(s.App, "com.motorola.launcher3") }},
	{"permission_dialog_location_en.xml", Permission, func(s Screen) string { return diff(buttonIDs(s), []string{"permission_deny_button"}) }},
	{"permission_dialog_packageinstaller_deny_allow_en_old_android.xml", Permission, func(s Screen) string { return diff(buttonIDs(s), []string{"permission_deny_button"}) }},
	{"quick_settings_shade_en_emulator.xml", Shade, nil},
	{"whatsapp_business_home_unread_uiautomator2_format_pt-br_samsung_720x1600.xml", ChatList, func(s Screen) string {
		return diff(s.App, "com.whatsapp.w4b") + diff(unreads(s), []int{2, 0, 5, 0, 8, 249, 1, 0}) +
			diff(s.Chats[0].Name+"|"+s.Chats[0].Sender+"|"+s.Chats[0].Preview+"|"+s.Chats[0].Time, "Teste|Th|Nova msg|18:24") + diff(s.Chats[1].Out, true)
	}},
	{"whatsapp_business_verify_number_en_1080.xml", LoggedOut, nil},
	{"whatsapp_chat_empty_entry_image_bubbles_en_1272x2800.xml", Chat, func(s Screen) string {
		return diff(brief(s.Bubbles), []string{"out 18:38 read image ", "out 19:36 read image ", "out 19:40 read image "}) +
			diff(*s.Composer, Composer{Empty: true, Bounds: uiauto.Rect{Left: 217, Top: 2565, Right: 645, Bottom: 2690}}) +
			diff(*s.Chat, Header{Title: "Tester (You)", Status: "Message yourself", Self: true, Name: uiauto.Rect{Left: 388, Top: 170, Right: 760, Bottom: 258}, Photo: uiauto.Rect{Left: 197, Top: 175, Right: 355, Bottom: 330}})
	}},
	{"whatsapp_chat_empty_entry_pt-br_720x1640.xml", Chat, func(s Screen) string {
		return diff(len(s.Bubbles), 3) + diff(brief(s.Bubbles[2:]), []string{"out 10:36 delivered  Teste Banefose — bofefode do rerared 10:36:31"}) +
			diff(s.Composer.Empty, true) + diff(s.Send == nil, true) + diff(*s.Chat, Header{Title: "CLIENTE TESTE", Name: uiauto.Rect{Left: 200, Top: 99, Right: 334, Bottom: 145}, Photo: uiauto.Rect{Left: 101, Top: 86, Right: 183, Bottom: 166}})
	}},
	{"whatsapp_chat_self_long_message_and_documents_pt-br_720x1483.xml", Chat, func(s Screen) string {
		return diff(len(s.Bubbles), 9) + diff(brief(s.Bubbles[1:4]), []string{"out 00:19 read document 20191127_160350.jpg", "out 21:04 read document 20191127_160350.jpg", "out 21:04 read  Ola mundo"}) +
			diff(strings.HasPrefix(s.Bubbles[0].Text, "Olá, tudo bem? 😊\n\nAqui"), true) + diff(s.Bubbles[0].More, false)
	}},
	{"whatsapp_chat_self_many_bubbles_entry_clipped_pt-br_720x1483.xml", Chat, func(s Screen) string {
		return diff(len(s.Bubbles), 26) + diff(brief(s.Bubbles[25:]), []string{"out 22:37 read  200000000000"}) +
			diff(*s.Chat, Header{Title: "+55 92 9999-0101 (você)", Number: "559299990101", Status: "Mensagem para mim", Self: true, Name: uiauto.Rect{Left: 104, Top: 59, Right: 367, Bottom: 92}, Photo: uiauto.Rect{Left: 41, Top: 63, Right: 91, Bottom: 113}}) +
			diff(s.Composer.Empty, true) + diff(s.Composer.Bounds.Bottom-s.Composer.Bounds.Top, 18)
	}},
	{"whatsapp_chat_text_typed_send_visible_en_1272x2800.xml", Chat, func(s Screen) string {
		return diff(s.Composer.Text, "hi") + diff(s.Composer.Empty, false) + diff(s.Send.Bounds.String(), "[1050,1496][1236,1682]") + diff(len(s.Bubbles), 2)
	}},
	{"whatsapp_dialog_number_not_on_whatsapp_pt-br_720x1640.xml", NotOnWhatsApp, func(s Screen) string {
		return diff(s.Dialog.Digits, "5599999999999") + diff(buttonIDs(s), []string{"button1", "button2"}) + diff(s.Dialog.Buttons[1].Text, "Cancelar")
	}},
	{"whatsapp_document_picker_pt-br_720x1483.xml", Picker, func(s Screen) string {
		return diff(len(s.Files), 12) + diff(s.Files[0], File{Name: "20191127_160350.jpg", Bounds: uiauto.Rect{Top: 386, Right: 720, Bottom: 484}})
	}},
	{"whatsapp_home_chat_list_meta_ai_pt-br_720x1640.xml", ChatList, func(s Screen) string {
		return diff(unreads(s), []int{0, 1, 0, 0, 1, 0, 0}) + diff(s.Chats[0].Name, "+55 99 99999-0001") + diff(s.Chats[4].Preview, "Boa tarde ok")
	}},
	{"whatsapp_home_chat_list_pt-br_720x1483.xml", ChatList, func(s Screen) string {
		return diff(len(s.Chats), 11) + diff(s.Chats[4].Sender, "Fulanita") + diff(s.Chats[4].Name, "VOPE Fegomel GAF")
	}},
	{"whatsapp_overflow_menu_popup_only_en_720.xml", Popup, func(s Screen) string { return diff(s.Popup, "overflow_menu") + diff(s.Press == nil, true) }},
	{"whatsapp_search_results_en_1272x2800.xml", Search, nil},
}

func diff(got, want any) string { return cmp.Diff(want, got) }

func buttonIDs(s Screen) (ids []string) {
	for _, b := range s.Dialog.Buttons {
		ids = append(ids, b.ID)
	}
	return ids
}

func unreads(s Screen) (ns []int) {
	for _, r := range s.Chats {
		ns = append(ns, r.Unread)
	}
	return ns
}

func brief(bs []Bubble) (l []string) {
	for _, b := range bs {
		l = append(l, strings.Join([]string{b.Dir, b.Time, string(b.Status), b.Media, b.Text}, " "))
	}
	return l
}

func TestCaptures(t *testing.T) {
	p := profiles(t)
	for _, c := range captureCases {
		t.Run(c.file, func(t *testing.T) {
			s := Recognise(parse(t, captured(t, c.file)), p)
			if s.Kind != c.kind {
				t.Fatalf("got %s (%s), want %s", s.Kind, s.Why, c.kind)
			}
			if c.check != nil {
				if d := c.check(s); d != "" {
					t.Errorf("-want +got\n%s", d)
				}
			}
			// All captured chats stand at their end, and none from its beginning.
			if n := len(s.Bubbles); n > 0 && (s.Bubbles[n-1].Below || s.Bubbles[0].First) {
				t.Errorf("below %v, first %v", s.Bubbles[n-1].Below, s.Bubbles[0].First)
			}
		})
	}
}

// No capture is left out of the table.
func TestEveryCaptureIsInTheTable(t *testing.T) {
	files, _ := filepath.Glob("../../testdata/captures/uiautomator/*.xml")
	if len(files) == 0 {
		t.Fatal("testdata/captures/uiautomator has no dumps")
	}
	known := map[string]bool{}
	for _, c := range captureCases {
		known[c.file] = true
	}
	for _, f := range files {
		if !known[filepath.Base(f)] {
			t.Errorf("%s is not in the table", filepath.Base(f))
		}
	}
}

// A masked dump is still evidence: it is recognised as what it was.
func TestMaskedCaptures(t *testing.T) {
	p := profiles(t)
	for _, c := range captureCases {
		t.Run(c.file, func(t *testing.T) {
			d := parse(t, captured(t, c.file))
			var out bytes.Buffer
			if err := d.Mask(&out, p.Words); err != nil {
				t.Fatal(err)
			}
			masked := parse(t, out.Bytes())
			if masked.Nodes != d.Nodes {
				t.Errorf("nodes: got %d, want %d", masked.Nodes, d.Nodes)
			}
			s, was := Recognise(masked, p), Recognise(d, p)
			if s.Kind != c.kind || len(s.Bubbles) != len(was.Bubbles) {
				t.Errorf("got %s with %d bubbles (%s), want %s with %d", s.Kind, len(s.Bubbles), s.Why, c.kind, len(was.Bubbles))
			}
			for _, b := range was.Bubbles {
				if len(b.Text) > 8 && strings.Contains(out.String(), b.Text) {
					t.Error("a message's text is still there")
				}
			}
		})
	}
}

func TestJSON(t *testing.T) {
	s := see(t, chatOf{title: "+1 555 000-1001", status: "online", bubbles: []bub{{text: "hi", time: "10:01", status: "Delivered"}, {in: true, text: "yo", time: "10:02"}}, entry: "x", send: true}.draw())
	want := `{"app":"com.whatsapp","screen":"chat","chat":{"title":"+1 555 000-1001","number":"15550001001","status":"online"},` +
		`"composer":{"text":"x","empty":false,"bounds":"[104,1454][415,1519]"},"send":{"bounds":"[615,1439][711,1535]"},` +
		`"bubbles":[{"direction":"out","text":"hi","time":"10:01","status":"delivered"},{"direction":"in","text":"yo","time":"10:02"}]}`
	if got := marshal(t, s); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s = see(t, dialogOf("The phone number +1 555 000-1000 isn't on WhatsApp.", "Invite to WhatsApp", "Cancel"))
	want = `{"app":"com.whatsapp","screen":"not_on_whatsapp","dialog":{"text":"The phone number +1 555 000-1000 isn't on WhatsApp.","buttons":["Invite to WhatsApp","Cancel"]}}`
	if got := marshal(t, s); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s = Screen{App: wa, Kind: ChatList, Chats: []Row{{Name: "Anna", Preview: "p", Unread: 2, Time: "9:00", Status: TickRead, Sender: "B", Out: true}}}
	want = `{"app":"com.whatsapp","screen":"chat_list","chats":[{"name":"Anna","preview":"p","unread":2,"time":"9:00","status":"read"}]}`
	if got := marshal(t, s); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func marshal(t *testing.T, s Screen) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func TestDescribe(t *testing.T) {
	goal := Goal{Number: "15550001000", Text: "x", Send: true}
	cases := []struct {
		name   string
		window string
		want   []string
	}{
		{"a dialog", dialogOf("The phone number +1 555 000-1000 isn't on WhatsApp.", "Invite to WhatsApp", "Cancel"), []string{
			"screen:   not_on_whatsapp\n", "why:      a dialog with the word not_on_whatsapp\n", "number 15550001000", `button:   "Cancel" at [100,860][600,940]`, "would do: fail, ", "code 131026\n"}},
		{"a chat", chatOf{title: "+1 555 000-1000", status: "online", entry: "x", send: true, bubbles: []bub{{text: "a\nb", time: "1:00", status: "Sent"}, {in: true, text: strings.Repeat("x", 200), time: "1:01"}}}.draw(), []string{
			`header:   "+1 555 000-1000", number 15550001000, "online"`, `bubble:   out, "1:00", sent, "a\nb", at the edge`, `xxx…"`, `composer: "x" at [104,1454][415,1519]`, "send:     at [615,1439][711,1535]\n", "would do: tap_send, at [615,1439][711,1535], "}},
		{"a list", el("at=[0,0][9,9]", row("Anna", "2 unread messages")), []string{`chat:     "Anna", 2 unread, "p"`, "would do: look"}},
		{"a popup", el("at=[0,0][9,9]", el("text=Appel vocal entrant")), []string{"popup:    incoming_call\n"}},
		{"an empty composer", chatOf{title: "A", entry: "Message", voice: true}.draw(), []string{"composer: empty at "}},
		{"a notice", chatOf{title: "A", extra: el("id=read_only_chat_info", "text=Only admins")}.draw(), []string{`notice:   "Only admins"`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := see(t, c.window)
			var b strings.Builder
			if err := Describe(&b, s, Next(s, goal)); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(b.String(), want) {
					t.Errorf("%q is missing in:\n%s", want, b.String())
				}
			}
		})
	}
}

func BenchmarkRecognise(b *testing.B) {
	d := parse(b, captured(b, "whatsapp_chat_self_many_bubbles_entry_clipped_pt-br_720x1483.xml")) // 235 nodes
	p := profiles(b)
	for b.Loop() {
		Recognise(d, p)
	}
}

func FuzzRecognise(f *testing.F) {
	p := profiles(f)
	f.Add([]byte(`<hierarchy>` + chatOf{title: "+1 555", bubbles: []bub{{text: "a", time: "1"}}, entry: "x", send: true}.draw() + `</hierarchy>`))
	f.Add([]byte(`<hierarchy>` + dialogOf("Searching…") + dialogOf("x", "OK") + `</hierarchy>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := uiauto.Parse(bytes.NewReader(b))
		if err != nil {
			return
		}
		s := Recognise(d, p)
		if s.Kind == "" || s.Why == "" {
			t.Fatalf("got %+v", s)
		}
		for _, g := range []Goal{{Number: "15550001001", Text: "x", Send: true, Direct: true}, {JID: "1@g.us"}} {
			if a := Next(s, g); a.Do == "" || a.Do == DoTapSend && (s.Kind != Chat || s.Send == nil || s.Composer == nil) {
				t.Fatalf("got %+v for %+v", a, s)
			}
		}
	})
}
