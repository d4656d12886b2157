package whatsapp

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge/uiauto"
)

func TestRecogniseDrawn(t *testing.T) {
	const longText = "a long text "
	cases := []struct {
		name   string
		window string
		kind   Kind
		check  func(Screen) string
	}{
		{"no windows", "", Empty, nil},
		{"only windows without a size", el("at=[0,0][0,0]"), Empty, nil},
		{"another app with the name in it", el("package=org.other", "at=[0,0][9,9]", "text=WhatsApp"), OtherApp, nil},
		{"another app with a send of its own", el("package=org.other", "at=[0,0][9,9]", el("package=org.other", "id=org.other:id/send", "at=[0,0][9,9]")), OtherApp, func(s Screen) string { return diff(s.Send == nil, true) }},
		{"a window of the app that nothing knows", el("at=[0,0][9,9]", el("id=new_thing", "text=Hello")), Unknown, nil},
		{"the shade", el("package=com.android.systemui", "at=[0,0][9,9]", el("package=com.android.systemui", "id=com.android.systemui:id/volume_dialog")), Shade, nil},
		{"a keyguard with a pattern", el("package=com.android.systemui", "at=[0,0][9,9]", el("package=com.android.systemui", "id=com.android.systemui:id/keyguard_pattern_view", "at=[0,0][9,9]")), Keyguard, func(s Screen) string { return diff(s.Locked, true) }},

		{"Searching as a dialog without buttons", dialogOf("Searching…"), Searching, nil},
		{"Searching, German, with a no-break space", dialogOf("Suche läuft\u00a0…"), Searching, nil},
		{"Searching as the only text", el("at=[0,0][9,9]", el("class=android.widget.TextView", "text=Searching...")), Searching, nil},
		{"Searching, Turkish of today", el("at=[0,0][9,9]", el("text=Aranıyor…")), Searching, nil},
		{"not on WhatsApp, Arabic with marks and digits", dialogOf("\u200fإن رقم الهاتف هذا \u2066+٩٦٦ ٥٥ ٥٥٥ ٥٠٠٠\u2069 ليس في واتساب.", "دعوة", "إلغاء"), NotOnWhatsApp, digits("966555555000")},
		{"not on WhatsApp, Turkish", dialogOf("\u200e+90 555 000 10 00 telefon numarası WhatsApp kullanmıyor.", "DAVET ET", "İPTAL"), NotOnWhatsApp, digits("905550001000")},
		{"not on WhatsApp, English of today", dialogOf("The phone number +1 555-000-1000 isn’t on WhatsApp.", "Invite to WhatsApp", "Cancel"), NotOnWhatsApp, digits("15550001000")},
		{"invalid number", dialogOf("+1 2 is not a valid phone number.", "OK"), BadNumber, digits("12")},
		{"too short", dialogOf("Couldn't look up phone number +1 2 because it's too short.", "OK"), BadNumber, digits("12")},
		{"look-up failed", dialogOf("Couldn't look up phone number +1 555. Try again later.", "OK"), LookupFailed, func(s Screen) string { return diff(s.NoNet, false) }},
		{"look-up without internet", dialogOf("Couldn't look up phone number +1 555. Check your phone's Internet connection and try again.", "OK"), LookupFailed, func(s Screen) string { return diff(s.NoNet, true) }},
		{"look-up without internet, Portuguese, longer than known", dialogOf("Não foi possível procurar o número de telefone +55 99. Confirme a conexão com a internet do seu celular.", "OK"), LookupFailed, func(s Screen) string { return diff(s.NoNet, true) }},
		{"chat with a number?", dialogOf("Chat with +1 555 000-1001?", "OK", "Cancel"), OpenConfirm, digits("15550001001")},
		{"a dialog that nobody knows", dialogOf("Rate us", "Later", "Now"), Unknown, func(s Screen) string { return diff(len(s.Dialog.Buttons), 2) }},
		{"temporarily banned", dialogOf("You're temporarily banned from WhatsApp because you sent too many messages", "OK"), Banned, nil},
		{"banned, Spanish", el("at=[0,0][9,9]", el("text=+34 600 está suspendido en WhatsApp. Contacta con Soporte para recibir ayuda.")), Banned, func(s Screen) string { return diff(strings.Contains(s.Words, "600"), false) }},
		{"update forced", el("at=[0,0][9,9]", el("text=This version of WhatsApp became out of date on 1 May. Tap \"Download\" below")), UpdateForced, nil},
		{"the agreement, by id", el("at=[0,0][9,9]", el("id=eula_accept", "text=?")), LoggedOut, nil},
		{"the agreement, by word in capitals", el("at=[0,0][9,9]", el("text=CONCORDAR E CONTINUAR")), LoggedOut, nil},
		{"logged-out dialog", dialogOf("You have been logged out", "OK"), LoggedOut, nil},

		{"a media preview", el("at=[0,0][9,9]", el("id=caption", "class=android.widget.EditText"), el("id=send", "at=[1,1][2,2]")), SendPreview, func(s Screen) string { return diff(s.Send != nil, true) }},
		{"a text status: entry and send, no header", el("at=[0,0][9,9]", el("id=entry", "class=android.widget.EditText", "text=hi"), el("id=send", "at=[1,1][2,2]")), SendPreview, nil},
		{"a picker by its title", el("at=[0,0][9,9]", el("text=Senden an\u00a0…")), Picker, nil},
		{"home on another tab", el("at=[0,0][9,9]", el("id=bottom_nav")), HomeTab, nil},
		{"home on another tab whose rows look like chats", el("at=[0,0][9,9]", el("id=bottom_nav", el("clickable=true", "desc=Chats", "at=[0,7][4,9]"), el("desc=Communities", "at=[5,7][9,9]")), row("A", "")), HomeTab, nil},
		{"the chats behind the edge of another tab", el("at=[0,0][9,9]", el("id=bottom_nav"), el("id=conversation_container", "at=[-9,0][0,9]")), HomeTab, nil},
		{"archived chats: rows, no tabs", el("at=[0,0][9,9]", row("A", "2")), ChatList, nil},
		{"WhatsApp refuses the device", el("at=[0,0][9,9]", el("text=Oops, you have a custom ROM installed. Log in elsewhere")), DeviceRefused, nil},
		{"only a companion device", el("at=[0,0][9,9]", el("class=android.widget.Button", "text=Link as companion device", "clickable=true")), DeviceRefused, nil},
		{"a dialog that cannot be put off: out of date", dialogOf("WhatsApp is out of date", "Update"), UpdateForced, nil},
		{"the same, but it can", dialogOf("WhatsApp is out of date", "Update", "Not now"), Popup, nil},

		{"a chat before its composer is drawn", chatOf{title: "Anna"}.draw(), Chat, func(s Screen) string { return diff(s.Composer == nil, true) }},
		{"a chat whose contact writes like the app", chatOf{title: "Searching…", status: "Your account is restricted", entry: "Message", voice: true, bubbles: []bub{
			{in: true, text: "Your account is restricted. You can't start new chats right now."}, {in: true, text: "Disappearing messages are on in this chat", time: "1:00"}}}.draw(), Chat, func(s Screen) string { return diff(len(s.Bubbles), 2) }},
		{"the same while the composer is not drawn", chatOf{title: "Searching…", bubbles: []bub{{in: true, text: "Your account is restricted. You can't start new chats right now.", time: "1:00"}},
			row: el("text=Disappearing messages are on in this chat")}.draw(), Chat, nil},
		{"a card over the chat", chatOf{title: "Anna", extra: el("at=[0,900][720,1400]", el("text=Disappearing messages are on in this chat"), el("class=android.widget.Button", "clickable=true", "text=LEARN MORE", "at=[1,1][9,9]"), el("class=android.widget.Button", "clickable=true", "text=OK", "at=[11,1][19,9]"))}.draw(),
			Popup, func(s Screen) string { return diff(s.Press.Text, "OK") + diff(s.Press.Bounds.Left, 11) }},
		{"the card alone", el("at=[0,900][720,1400]", el("text=Disappearing messages are on in this chat"), el("clickable=true", el("text=Learn more", "at=[1,1][9,9]")), el("clickable=true", el("text=Ok", "at=[11,1][19,9]"))), Popup, func(s Screen) string { return diff(s.Press.Bounds.Left, 11) }},
		{"its words without its button", el("at=[0,0][9,9]", el("text=Disappearing messages are on in this chat")), Unknown, nil},
		{"not now", dialogOf("Back up your chats", "Back up", "NOT NOW"), Popup, func(s Screen) string { return diff(s.Press.ID, "button2") }},
		{"an incoming call", el("at=[0,0][9,9]", el("text=Appel vocal entrant"), el("clickable=true", "text=Refuser", "at=[1,1][9,9]")), Popup, func(s Screen) string { return diff(s.Wait, true) + diff(s.Press == nil, true) }},
		{"restricted, in place of the composer", chatOf{title: "+1 555 000-1001", extra: el("id=read_only_chat_info", el("id=read_only_chat_info_content", "text=Your account is restricted. You can't start new chats right now. Show details"))}.draw(), Restricted, nil},
		{"a group where only admins write", chatOf{title: "News", bubbles: []bub{{text: "a", time: "1:00"}}, extra: el("id=read_only_chat_info", "text=Only admins can send messages")}.draw(), Chat, func(s Screen) string { return diff(s.ReadOnly, "Only admins can send messages") }},
		{"a blocked contact", chatOf{title: "Bob", extra: el("text=Blocked. Tap to unblock", "clickable=true", "at=[1,1][2,2]")}.draw(), Chat, func(s Screen) string { return diff(s.ReadOnly, "Blocked. Tap to unblock") }},

		{"a draft that equals the placeholder", chatOf{title: "Anna", entry: "Message", send: true}.draw(), Chat, func(s Screen) string {
			return diff(*s.Composer, Composer{Text: "Message", Bounds: s.Composer.Bounds})
		}},
		{"bubbles in and out, by place where there is no tick", chatOf{title: "Anna", entry: "M", voice: true, bubbles: []bub{
			{text: "a", time: "1:00", status: "Gesendet"}, {in: true, text: "b", time: "1:01"}, {text: "c", time: "1:02"}, {text: "d", time: "1:03", status: "???"}}}.draw(), Chat,
			func(s Screen) string {
				return diff(brief(s.Bubbles), []string{"out 1:00 sent  a", "in 1:01   b", "out 1:02   c", "out 1:03 unknown  d"}) + diff(s.Bubbles[0].Clipped, true) + diff(s.Bubbles[1].Clipped, false) + diff(s.Bubbles[0].First, false)
			}},
		{"the same in a mirrored layout", chatOf{title: "Anna", rtl: true, bubbles: []bub{{text: "a", time: "1:00", status: "تم الإرسال"}, {in: true, text: "b", time: "1:01"}, {text: "c", time: "1:02"}}}.draw(), Chat,
			func(s Screen) string {
				return diff(brief(s.Bubbles), []string{"out 1:00 sent  a", "in 1:01   b", "out 1:02   c"})
			}},
		{"a group: senders, quotes, media", chatOf{title: "Team", entry: "M", voice: true, bubbles: []bub{
			{in: true, sender: "~\u202fAnna", text: "a", time: "1:00"},
			{in: true, text: "b", time: "1:01", extra: el("id=quoted_message_frame", el("id=message_text", "text=quoted"))},
			{in: true, time: "1:02"}}}.draw(), Chat,
			func(s Screen) string {
				return diff(brief(s.Bubbles), []string{"in 1:00   a", "in 1:01   b", "in 1:02  media "}) + diff(s.Bubbles[0].Sender, "~ Anna")
			}},
		{"a chat that fits the screen", chatOf{title: "Anna", short: true, bubbles: []bub{{text: "a", time: "1:00", status: "Read"}}}.draw(), Chat, func(s Screen) string { return diff(s.Bubbles[0].First, true) }},
		{"the last bubble is cut off at the lower edge", chatOf{title: "Anna", cut: true, bubbles: []bub{{text: "a", time: "1:00"}, {in: true, text: "b"}}}.draw(), Chat, func(s Screen) string {
			return diff(s.Bubbles[1].Below, true) + diff(s.Bubbles[0].Below, false)
		}},
		{"a button down to the newest message", chatOf{title: "Anna", short: true, bubbles: []bub{{text: "a", time: "1:00"}}, extra: el("id=scroll_bottom", "at=[1,1][2,2]")}.draw(), Chat, func(s Screen) string {
			return diff(s.Bubbles[0].Below, true) + diff(s.Down != nil, true)
		}},
		{"a divider that reuses the id of the time", chatOf{title: "Anna", row: el("at=[0,180][720,200]", el("id=date", "text=Today"))}.draw(), Chat, func(s Screen) string { return diff(len(s.Bubbles), 0) }},
		{"a text that the app cut", chatOf{title: "Anna", bubbles: []bub{{text: strings.Repeat(longText, 60) + "… Read more", time: "1:00"}}}.draw(), Chat, func(s Screen) string { return diff(s.Bubbles[0].More, true) }},

		{"rows: counts in all forms", el("at=[0,0][9,9]", row("A", "1 ungelesene Nachricht"), row("B", "٢٣ رسالة غير مقروءة"), row("C", "1.234 mensagens não lidas"), row("D", "Marked as unread"), row("E", "")), ChatList,
			func(s Screen) string { return diff(unreads(s), []int{1, 23, 1234, 1, 0}) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := see(t, c.window)
			if s.Kind != c.kind {
				t.Fatalf("got %s (%s), want %s", s.Kind, s.Why, c.kind)
			}
			if c.check != nil {
				if d := c.check(s); d != "" {
					t.Errorf("-want +got\n%s", d)
				}
			}
		})
	}
}

func digits(want string) func(Screen) string {
	return func(s Screen) string { return diff(s.Dialog.Digits, want) }
}

func row(name, unread string) string {
	badge := ""
	if unread != "" {
		badge = el("id=conversations_row_message_count", "desc="+unread)
	}
	return el("id=contact_row_container", el("id=conversations_row_contact_name", "text="+name), el("id=single_msg_tv", "text=p"), badge)
}

func TestTicksInAllLanguages(t *testing.T) {
	words := profiles(t).Words
	for key, want := range ticks {
		for _, w := range words.Wordings(key) {
			s := see(t, chatOf{title: "Anna", bubbles: []bub{{text: "a", time: "1:00", status: "\u200f" + w.Text}}}.draw())
			if got := s.Bubbles[0].Status; got != want {
				t.Errorf("%s in %s: got %s, want %s", w.Text, w.Lang, got, want)
			}
		}
	}
}

func TestNotOnWhatsAppInAllLanguages(t *testing.T) {
	for _, w := range profiles(t).Words.Wordings("not_on_whatsapp") {
		s := see(t, dialogOf("\u200e"+strings.Replace(w.Text, "%s", "+55 92 9999-0101", 1), "x"))
		want := "559299990101"
		if !strings.Contains(w.Text, "%s") { // it names no number
			want = ""
		}
		if s.Kind != NotOnWhatsApp || s.Dialog.Digits != want {
			t.Errorf("%s: got %s, %+v", w.Lang, s.Kind, s.Dialog)
		}
	}
}

// A window of uiautomator2's format: the bars of the system stand beside the
// app's window.
func TestSeveralWindows(t *testing.T) {
	bar := el("package=com.android.systemui", "at=[0,0][720,60]", el("package=com.android.systemui", "id=com.android.systemui:id/clock"))
	s := see(t, bar+chatOf{title: "Anna", entry: "M", voice: true}.draw()+bar)
	if s.Kind != Chat || s.App != wa {
		t.Errorf("got %s of %s", s.Kind, s.App)
	}
	lock := el("package=com.android.systemui", "at=[0,0][720,1640]", el("package=com.android.systemui", "id=com.android.systemui:id/keyguard_security_container", "at=[0,0][720,1640]"))
	if s := see(t, chatOf{title: "Anna", entry: "M", voice: true}.draw()+lock); s.Kind != Keyguard {
		t.Errorf("got %s", s.Kind)
	}
}

func TestRecogniseIsPure(t *testing.T) {
	d, err := uiauto.Parse(strings.NewReader("<hierarchy>" + chatOf{title: "Anna", bubbles: []bub{{text: "a"}}}.draw() + "</hierarchy>"))
	if err != nil {
		t.Fatal(err)
	}
	p := profiles(t)
	if d := diff(Recognise(d, p), Recognise(d, p)); d != "" {
		t.Errorf("two looks differ\n%s", d)
	}
}
