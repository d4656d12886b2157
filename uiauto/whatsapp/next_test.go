package whatsapp

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

func TestNext(t *testing.T) {
	const number, shown = "15550001001", "+1 555 000-1001"
	send := Goal{Number: number, Text: "hello", Send: true}
	direct := send
	direct.Direct = true
	named := send
	named.Names = []string{"Anna"}
	read := Goal{Number: number}
	ours := chatOf{title: shown, entry: "hello", send: true}
	homeTab := el("at=[0,0][9,9]", el("id=bottom_nav", el("clickable=true", "desc=Xyz, 3", "at=[0,7][4,9]"), el("desc=Zyx", "at=[5,7][9,9]")))
	with := func(c chatOf, f func(*chatOf)) string { f(&c); return c.draw() }

	cases := []struct {
		name   string
		window string
		goal   Goal
		want   Do
		code   wabridge.Code
	}{
		{"all is proven by the number", ours.draw(), send, DoTapSend, 0},
		{"all is proven by the contact's name", with(ours, func(c *chatOf) { c.title = "Anna" }), named, DoTapSend, 0},
		{"all is proven by the way", with(ours, func(c *chatOf) { c.title = "Bob" }), direct, DoTapSend, 0},
		{"nothing proves a name", with(ours, func(c *chatOf) { c.title = "Bob" }), send, DoBack, wabridge.CodeWrongChat},
		{"another contact's name", with(ours, func(c *chatOf) { c.title = "Bob" }), named, DoBack, wabridge.CodeWrongChat},
		{"a name that differs in case", with(ours, func(c *chatOf) { c.title = "ANNA" }), named, DoBack, wabridge.CodeWrongChat},
		{"another number, whichever way led there", with(ours, func(c *chatOf) { c.title = "+1 555 000-1002" }), direct, DoBack, wabridge.CodeWrongChat},
		{"a saved name that is digits is no number", with(ours, func(c *chatOf) { c.title = number }), send, DoBack, wabridge.CodeWrongChat},
		{"the other form of a Brazilian number", with(ours, func(c *chatOf) { c.title = "+55 92 9999-0101" }), Goal{Number: "5592999990101", Text: "hello", Send: true}, DoTapSend, 0},
		{"the other form of a Mexican number", with(ours, func(c *chatOf) { c.title = "+52 1 55 5000 1001" }), Goal{Number: "525550001001", Text: "hello", Send: true}, DoTapSend, 0},
		{"a chat id instead of a number", ours.draw(), Goal{JID: number + "@s.whatsapp.net", Text: "hello", Send: true}, DoTapSend, 0},
		{"a group opened directly", with(ours, func(c *chatOf) { c.title = "Team" }), Goal{JID: "1@g.us", Text: "hello", Send: true, Direct: true}, DoTapSend, 0},
		{"a group and nothing proves it", with(ours, func(c *chatOf) { c.title = "Team" }), Goal{JID: "1@g.us", Text: "hello", Send: true}, DoBack, wabridge.CodeWrongChat},
		{"no title yet", with(ours, func(c *chatOf) { c.title = "" }), send, DoLook, wabridge.CodeSlow},

		{"the composer holds another text", with(ours, func(c *chatOf) { c.entry = "hello there" }), send, DoClear, wabridge.CodeScreen},
		{"the composer holds a draft before our text", with(ours, func(c *chatOf) { c.entry = "draft hello" }), send, DoClear, wabridge.CodeScreen},
		{"the text was cut on its way", with(ours, func(c *chatOf) { c.entry = "hell" }), send, DoClear, wabridge.CodeScreen},
		{"the composer is empty", with(ours, func(c *chatOf) { c.entry, c.send, c.voice = "Message", false, true }), send, DoFill, 0},
		{"the placeholder equals our text", with(ours, func(c *chatOf) { c.entry, c.send, c.voice = "Message", false, true }), Goal{Number: number, Text: "Message", Send: true}, DoFill, 0},
		{"our text and no send button yet", with(ours, func(c *chatOf) { c.send = false }), send, DoLook, wabridge.CodeSlow},
		{"newer messages are out of sight", with(ours, func(c *chatOf) { c.extra = el("id=scroll_bottom", "at=[600,1300][700,1400]") }), send, DoTap, wabridge.CodeSlow},
		{"the same in another's chat", with(ours, func(c *chatOf) { c.title, c.extra = "Bob", el("id=scroll_bottom", "at=[600,1300][700,1400]") }), send, DoBack, wabridge.CodeWrongChat},
		{"two send buttons", with(ours, func(c *chatOf) { c.extra = el("id=send", "at=[615,1439][711,1535]") }), send, DoLook, wabridge.CodeSlow},
		{"a send button elsewhere", with(ours, func(c *chatOf) { c.send, c.extra = false, el("id=send", "at=[615,139][711,235]") }), send, DoLook, wabridge.CodeSlow},
		{"a send button without a size", with(ours, func(c *chatOf) { c.send, c.extra = false, el("id=send", "at=[0,0][0,0]") }), send, DoLook, wabridge.CodeSlow},
		{"a composer without a size", with(ours, func(c *chatOf) {
			c.entry, c.extra = "", el("id=entry", "class=android.widget.EditText", "text=hello", "at=[0,0][0,0]")
		}), send, DoLook, wabridge.CodeSlow},
		{"no voice button, but the placeholder", with(ours, func(c *chatOf) { c.entry, c.send = "Nachricht", false }), send, DoFill, 0},
		{"no composer yet", with(ours, func(c *chatOf) { c.entry, c.send = "", false }), send, DoLook, wabridge.CodeSlow},
		{"a notice in place of the composer", with(ours, func(c *chatOf) {
			c.entry, c.send, c.extra = "", false, el("id=read_only_chat_info", "text=Only admins")
			c.bubbles = []bub{{text: "a", time: "1:00"}}
		}), send, DoFail, wabridge.CodeClosedChat},
		{"a notice in a chat without a message", with(ours, func(c *chatOf) {
			c.entry, c.send, c.extra = "", false, el("id=read_only_chat_info", "text=Qwx zyx")
		}), send, DoFail, wabridge.CodeNoNewChats},
		{"a notice in a group without a message", with(ours, func(c *chatOf) {
			c.title, c.entry, c.send, c.extra = "Team", "", false, el("id=read_only_chat_info", "text=Qwx zyx")
		}), Goal{JID: "1@g.us", Text: "hello", Send: true, Direct: true}, DoFail, wabridge.CodeClosedChat},
		{"a blocked contact", with(ours, func(c *chatOf) {
			c.entry, c.send, c.extra = "", false, el("id=read_only_chat_info", "text=Blockiert. Tippe zum Freigeben")
		}), send, DoFail, wabridge.CodeUndeliverable},
		{"another's chat with a notice", with(ours, func(c *chatOf) {
			c.title, c.entry, c.send, c.extra = "Bob", "", false, el("id=read_only_chat_info", "text=Only admins")
		}), send, DoBack, wabridge.CodeWrongChat},
		{"reading only", ours.draw(), read, DoRead, 0},
		{"reading only, in another's chat", with(ours, func(c *chatOf) { c.title = "Bob" }), read, DoBack, wabridge.CodeWrongChat},
		{"looking after the tap: still there", ours.draw(), Goal{Number: number, Text: "hello"}, DoRead, 0},
		{"looking after the tap: gone", with(ours, func(c *chatOf) { c.entry, c.send, c.voice = "Message", false, true }), Goal{Number: number, Text: "hello"}, DoRead, 0},

		{"not on WhatsApp", dialogOf("The phone number +1 555 000-1001 isn't on WhatsApp.", "Invite to WhatsApp", "Cancel"), send, DoFail, wabridge.CodeUndeliverable},
		{"another number is not on WhatsApp", dialogOf("The phone number +1 555 000-1002 isn't on WhatsApp.", "Invite to WhatsApp", "Cancel"), send, DoBack, wabridge.CodeScreen},
		{"no number is not on WhatsApp", dialogOf("The phone number x isn't on WhatsApp.", "Invite to WhatsApp", "Cancel"), Goal{JID: "1@g.us"}, DoBack, wabridge.CodeScreen},
		{"the other form is not on WhatsApp", dialogOf("O número de telefone +55 92 9999-0101 não está no WhatsApp.", "x"), Goal{Number: "5592999990101"}, DoFail, wabridge.CodeUndeliverable},
		{"invalid number", dialogOf("+1 555 000-1001 is not a valid phone number.", "OK"), send, DoFail, wabridge.CodeUndeliverable},
		{"no internet", dialogOf("Couldn't look up phone number +1 555 000-1001. Check your phone's Internet connection and try again.", "OK"), send, DoFail, wabridge.CodeNetwork},
		{"chat with this number?", dialogOf("Chat with +1 555 000-1001?", "OK", "Cancel"), send, DoTap, 0},
		{"chat with another number?", dialogOf("Chat with +1 555 000-1002?", "OK", "Cancel"), send, DoBack, wabridge.CodeScreen},
		{"searching", dialogOf("Searching…"), send, DoLook, wabridge.CodeSlow},

		{"a preview with its own send", el("at=[0,0][9,9]", el("id=send", "at=[1,1][2,2]")), direct, DoBack, wabridge.CodeScreen},
		{"home", el("at=[0,0][9,9]", el("id=conversation_container"), el("id=bottom_nav")), send, DoLook, wabridge.CodeSlow},
		{"another tab of the home", homeTab, send, DoLook, wabridge.CodeSlow},
		{"another tab of the home on the way to the chats", homeTab, Goal{}, DoTap, wabridge.CodeSlow},
		{"home with a send button", el("at=[0,0][9,9]", el("id=bottom_nav"), el("id=send", "at=[1,1][2,2]")), send, DoBack, wabridge.CodeScreen},
		{"another app", el("package=org.other", "at=[0,0][9,9]"), send, DoBack, wabridge.CodeScreen},
		{"nothing to see", "", send, DoLook, wabridge.CodeSlow},
		{"an unknown screen", el("at=[0,0][9,9]", el("text=?")), send, DoGiveUp, wabridge.CodeScreen},
		{"an unknown dialog", dialogOf("Rate us", "OK"), send, DoGiveUp, wabridge.CodeScreen},

		{"logged out", el("at=[0,0][9,9]", el("id=eula_accept")), send, DoStop, wabridge.CodeNotRegistered},
		{"banned", dialogOf("This account is not allowed to use WhatsApp", "OK"), send, DoStop, wabridge.CodeLocked},
		{"update forced", el("at=[0,0][9,9]", el("text=Update WhatsApp to continue using it.")), send, DoStop, wabridge.CodeAttention},
		{"an incoming call", el("at=[0,0][9,9]", el("text=Appel vocal entrant")), send, DoLook, wabridge.CodeSlow},
		{"a menu", el("at=[0,0][9,9]", el("id=content", el("id=title", "text=Settings"))), send, DoBack, wabridge.CodeScreen},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := see(t, c.window)
			a := Next(s, c.goal)
			if a.Do != c.want || a.Code != c.code {
				t.Fatalf("got %+v on %s (%s), want %s with code %d", a, s.Kind, s.Why, c.want, c.code)
			}
			if a.Why == "" {
				t.Error("no reason given")
			}
			if (a.Do == DoTap || a.Do == DoTapSend) == a.At.Empty() {
				t.Errorf("%s at %v", a.Do, a.At)
			}
		})
	}
}

func TestNextOnCaptures(t *testing.T) {
	self := Goal{Number: "559299990101", Text: "x", Send: true}
	cases := []struct {
		file string
		goal Goal
		want Do
		at   string
	}{
		{"anr_dialog_process_system_en.xml", self, DoTap, "[70,1347][1010,1473]"},  // Wait
		{"permission_dialog_location_en.xml", self, DoTap, "[137,1610][943,1764]"}, // Don't allow
		{"keyguard_pin_bouncer_en_samsung.xml", self, DoStop, ""},
		{"keyguard_pin_bouncer_en_samsung.xml", Goal{CanUnlock: true}, DoWake, ""},
		{"keyguard_with_notification_cards_pt.xml", self, DoWake, ""},
		{"launcher3_home_pt-br.xml", self, DoLook, ""},
		{"quick_settings_shade_en_emulator.xml", self, DoBack, ""},
		{"whatsapp_overflow_menu_popup_only_en_720.xml", self, DoBack, ""},
		{"whatsapp_chat_text_typed_send_visible_en_1272x2800.xml", Goal{Names: []string{"Tester (You)"}, Text: "hi", Send: true}, DoTapSend, "[1050,1496][1236,1682]"},
		{"whatsapp_chat_text_typed_send_visible_en_1272x2800.xml", Goal{Names: []string{"Tester (You)"}, Text: "ho", Send: true}, DoClear, ""},
		{"whatsapp_chat_text_typed_send_visible_en_1272x2800.xml", Goal{Number: "1", Text: "hi", Send: true}, DoBack, ""},
		{"whatsapp_chat_self_many_bubbles_entry_clipped_pt-br_720x1483.xml", self, DoFill, ""},
		{"whatsapp_dialog_number_not_on_whatsapp_pt-br_720x1640.xml", Goal{Number: "559999999999"}, DoFail, ""}, // the other form
		{"whatsapp_dialog_number_not_on_whatsapp_pt-br_720x1640.xml", self, DoBack, ""},
	}
	p := profiles(t)
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			a := Next(Recognise(parse(t, captured(t, c.file)), p), c.goal)
			at := ""
			if !a.At.Empty() {
				at = a.At.String()
			}
			if a.Do != c.want || at != c.at {
				t.Errorf("got %s at %q (%s), want %s at %q", a.Do, at, a.Why, c.want, c.at)
			}
		})
	}
}

// What is said for people and logs holds nothing of what people wrote.
func TestReasonsHoldNothingPrivate(t *testing.T) {
	const secret = "geheim"
	windows := []string{
		chatOf{title: secret, status: secret, entry: secret, send: true, bubbles: []bub{{text: secret}}}.draw(),
		dialogOf("The phone number +49 170 5551234 isn't on WhatsApp.", secret),
		dialogOf("+49 170 5551234 is banned from using WhatsApp. Contact support for help.", "OK"),
	}
	for _, w := range windows {
		s := see(t, w)
		for _, g := range []Goal{{Number: "491705551234", Text: secret, Send: true}, {Names: []string{secret}, Text: "x", Send: true}, {}} {
			if a := Next(s, g); strings.Contains(a.Why, secret) || strings.Contains(a.Why, "555") || strings.Contains(s.Why, secret) {
				t.Errorf("got %q, %q", a.Why, s.Why)
			}
		}
	}
}
