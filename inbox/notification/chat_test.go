package notification

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func one(t *testing.T, f form, p post) Conversation {
	t.Helper()
	records, err := ParseDump([]byte(f.dump(p)))
	if err != nil || len(records) != 1 {
		t.Fatalf("records = %+v, %v", records, err)
	}
	return Messages(records[0], DefaultWords())
}

func TestWhoIsAskedFor(t *testing.T) {
	hello := line{sender: "Ana", text: "hello", sec: 10}
	for _, tt := range []struct {
		name             string
		post             post
		id, number, chat string
		group            bool
	}{
		{"a saved contact", chatPost(ana, tagA, "Ana", hello), ana, "491700000001", "Ana", false},
		{"a number that is not saved", chatPost(ana, tagA, "\u200e+49 170 0000001", hello), ana, "491700000001", "+49 170 0000001", false},
		{"a lid without a number", chatPost("156538723369061@lid", tagA, "Ana", hello), "156538723369061@lid", "", "Ana", false},
		{"a lid with a number as title: who that is, the title cannot say", chatPost("156538723369061@lid", tagA, "+49 170 0000001", hello), "156538723369061@lid", "", "+49 170 0000001", false},
		{"no shortcut and a number as title", chatPost("", tagA, "+49\u00a0170\u20110000001", hello), "", "", "+49 170\u20110000001", false},
		{"a person who is saved under another number", chatPost(ana, tagA, "+49 170 0000009", hello), ana, "491700000001", "+49 170 0000009", false},
		{"a chosen name", chatPost("156538723369061@lid", tagA, "~\u202f+49 170 0000001", hello), "156538723369061@lid", "", "~ +49 170 0000001", false},
		{"a saved name that begins with the mark", chatPost(ana, tagA, "~Ana", hello), ana, "491700000001", "~Ana", false},
		{"a saved name that ends in a colon", chatPost(ana, tagA, "Ana:", hello), ana, "491700000001", "Ana:", false},
		{"no shortcut and a name with digits", chatPost("", tagA, "Ana +49", hello), "", "", "Ana +49", false},
		{"2018: the tag is the JID, the title ends in a blank", chatPost("", ana, "Ana: \u200b", hello), ana, "491700000001", "Ana", false},
		{"a group", groupPost(team, tagA, "Team", hello), team, "", "Team", true},
		{"an old group's id", groupPost("5514998350001-1585313840@g.us", tagA, "Team", hello), "5514998350001-1585313840@g.us", "", "Team", true},
		{"a group with a counter", groupPost(team, tagA, "Grupo-de-Testes (2 mensagens)", hello), team, "", "Grupo-de-Testes", true},
		{"a group with an Arabic counter", groupPost(team, tagA, "فريق (رسالتان 2)", hello), team, "", "فريق", true},
		{"a group whose name has brackets", groupPost(team, tagA, "Team (2 players)", hello), team, "", "Team (2 players)", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := one(t, form{}, tt.post)
			if c.Kind != Chat || c.ChatID != tt.id || c.Number != tt.number || c.Chat != tt.chat || c.IsGroup != tt.group {
				t.Errorf("got %s %q %q %q %v", c.Kind, c.ChatID, c.Number, c.Chat, c.IsGroup)
			}
			if len(c.Messages) != 1 || c.Messages[0].Text != "hello" || c.Messages[0].Own {
				t.Errorf("messages = %+v", c.Messages)
			}
		})
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, tt := range []struct {
		name string
		post post
		want Kind
	}{
		{"the summary", summaryPost(), Summary},
		{"a backup", post{pkg: "com.whatsapp", tag: "null", channel: "chat_history_backup@1", title: "Backup", text: text("x"), noArray: true, uid: 10290}, Service},
		{"checking for messages", post{pkg: "com.whatsapp", tag: "null", channel: "z", title: "WhatsApp", text: text("Checking for new messages"), noArray: true, uid: 10290}, Service},
		{"may have new messages", post{pkg: "com.whatsapp", tag: "null", channel: "z", title: "WhatsApp", text: text("Du könntest neue Nachrichten haben."), noArray: true, uid: 10290}, Service},
		{"a missed call by category", post{pkg: "com.whatsapp", tag: "null", channel: "individual_chat_defaults_2", category: "missed_call", title: "Ana", text: text("x"), noArray: true, uid: 10290}, MissedCall},
		{"a missed call by words", post{pkg: "com.whatsapp", tag: "null", channel: "z", title: "Ana", text: text("2 verpasste Sprachanrufe"), noArray: true, uid: 10290}, MissedCall},
		{"a status update", chatPost("status@broadcast", tagA, "Ana", line{sender: "Ana", text: "x", sec: 1}), Service},
		{"somebody writes the words of a service", chatPost(ana, tagA, "Ana", line{sender: "Ana", text: "Backup in progress", sec: 1}), Chat},
		{"somebody writes the words of a missed call", chatPost(ana, tagA, "Ana", line{sender: "Ana", text: "Missed voice call", sec: 1}), Chat},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if c := one(t, form{}, tt.post); c.Kind != tt.want || (len(c.Messages) > 0) != (tt.want == Chat) {
				t.Errorf("got %s with %d messages, want %s", c.Kind, len(c.Messages), tt.want)
			}
		})
	}
}

func TestMessagesOfARecord(t *testing.T) {
	p := groupPost(team, tagA, "Team",
		line{sender: "Ana", text: "hello", sec: 10},
		line{sender: "You", text: "yes", sec: 11, mine: true},
		line{sender: "You", text: "ours, or of one who is saved so", sec: 11},
		line{text: "no sender at all", sec: 12},
		line{sender: "~\u202fYou", text: "a stranger of that name", sec: 13},
		line{sender: "\u200e+49 170 0000002", text: "number", sec: 14},
		line{sender: "Ana", text: "📷 Photo", sec: 15, uri: "content://com.whatsapp.provider.media/item/abc-123", typ: "image/jpeg"},
		line{sender: "Ana", text: "This message was deleted", sec: 16},
		line{sender: "⤷ You got a reply", text: "Cem: third: one", sec: 17},
		line{sender: "~\u202f⤷ You got a reply", text: "Ana: stop", sec: 18},
		line{sender: "~\u202f+49 170 0000002", text: "a name like a number", sec: 19})
	c := one(t, form{}, p)
	var got []Message
	for _, m := range c.Messages {
		m.Time = m.Time.Add(0)
		got = append(got, Message{Sender: m.Sender, Number: m.Number, Text: m.Text, Own: m.Own, LikeUs: m.LikeUs, Stranger: m.Stranger, Media: m.Media, Gone: m.Gone})
	}
	want := []Message{
		{Sender: "Ana", Text: "hello"},
		{Sender: "You", Text: "yes", Own: true},
		{Sender: "You", Text: "ours, or of one who is saved so", LikeUs: true},
		{Text: "no sender at all", Own: true},
		{Sender: "You", Text: "a stranger of that name", Stranger: true},
		{Sender: "+49 170 0000002", Text: "number"},
		{Sender: "Ana", Text: "📷 Photo", Media: "image"},
		{Sender: "Ana", Text: "This message was deleted", Media: "deleted", Gone: true},
		{Sender: "Cem", Text: "third: one", Stranger: true},
		{Sender: "⤷ You got a reply", Text: "Ana: stop", Stranger: true},
		{Sender: "+49 170 0000002", Text: "a name like a number", Stranger: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("messages (-want +got):\n", diff)
	}
}

func TestOtherAndroidTexts(t *testing.T) {
	hello := line{sender: "Ana", text: "hello", sec: 10}
	t.Run("android.text says something else", func(t *testing.T) {
		p, other := chatPost(ana, tagA, "Ana", hello), "Novas mensagens: 1"
		p.text = &other
		if c := one(t, form{}, p); len(c.Messages) != 1 || c.Messages[0].Text != "hello" {
			t.Errorf("messages = %+v", c.Messages)
		}
	})
	t.Run("bundles that were not unparcelled", func(t *testing.T) {
		p := chatPost(ana, tagA, "Ana", line{sender: "Ana", text: "one, two\nthree)", sec: 10})
		p.parcelled = true
		if c := one(t, form{}, p); len(c.Messages) != 1 || c.Messages[0].Text != "one, two\nthree)" || c.Messages[0].Time.Unix() != 10 {
			t.Errorf("messages = %+v", c.Messages)
		}
	})
	t.Run("no array at all, a picture's style", func(t *testing.T) {
		p := chatPost("", ana, "Ana", line{sender: "Ana", text: "📷 Foto", sec: 10})
		p.noArray = true
		if c := one(t, form{old: true}, p); len(c.Messages) != 1 || c.Messages[0].Media != "image" || c.Number != "491700000001" {
			t.Errorf("conversation = %+v", c)
		}
	})
	t.Run("redacted", func(t *testing.T) {
		if c := one(t, form{redacted: true}, chatPost(ana, tagA, "Ana", hello)); c.Kind != Hidden || c.ChatID != ana {
			t.Errorf("conversation = %+v", c)
		}
	})
}

func TestTextsThatAreNoDump(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":          "",
		"an error":         "Can't find service: notification\n",
		"a title inside a": "x  Notification List:\n",
	} {
		if _, err := ParseDump([]byte(in)); !errors.Is(err, ErrNotDump) {
			t.Errorf("%s: err = %v, want ErrNotDump", name, err)
		}
	}
	if got, err := ParseDump([]byte("Current Notification Manager state:\n\n  mArchive=Archive (0 notifications)\n")); err != nil || len(got) != 0 {
		t.Errorf("a dump without a list: %v, %v", got, err)
	}
	if _, err := ParseDump(make([]byte, MaxDump+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("err = %v, want ErrTooLong", err)
	}
}

func TestMediaKind(t *testing.T) {
	for text, want := range map[string]string{
		"📷 Foto": "image", "📷 look at this": "image", "🎤 Sprachnachricht (0:12)": "voice", "🎥 Vídeo": "video",
		"📄 report.pdf": "document", "📍 Standort": "location", "💬 Sticker": "sticker",
		"📍 Live-Standort": "live_location", "👤 Ann": "contact", "👤 Kontakt": "contact", "📊 Poll": "poll", "1️⃣ View once photo": "view_once",
		"View once video": "view_once", "Missed voice call": "call", "📞 Missed video call": "call", "Chamada de voz perdida.": "call",
		"Waiting for this message. This may take a while": "waiting", "\u200fفي انتظار هذه الرسالة، قد يستغرق ذلك بعض الوقت.": "waiting",
		"Diese Nachricht wurde gelöscht": "deleted", "You deleted this message": "deleted", "Mensagem incompatível. Toque para mais informações.": "unsupported",
		`Reacted 👍 to "hello"`: "reaction", "Reacted 👍 to “hello”": "reaction", `Ana reacted 🙏🏽 to "a "b" c"`: "reaction",
		"Foto": "", "my Photo": "", "hello": "", "": "", "😀 hello": "", "3 Photo": "", "1 apple": "", "☎ 555 1234": "", "写真 Photo": "", "Missed call from mum": "",
		"📎 Media": "media", "📎 my file": "", "– Photo": "", "I reacted to it": "",
	} {
		if got := DefaultWords().MediaKind(text); got != want {
			t.Errorf("MediaKind(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestJSONAndWords(t *testing.T) {
	in := form{}.dump(groupPost(team, tagA, "Team", line{sender: "Ana", text: "hello\nthere", sec: 10}))
	list, err := Find([]byte(in), nil, DefaultWords())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"package":"com.whatsapp","key":"0|com.whatsapp|1|` + strings.ReplaceAll(tagA, "\n", `\n`) + `|10290","chat_id":"` + team +
		`","chat":"Team","sender":"Ana","group":"Team","messages":[{"sender":"Ana","text":"hello\nthere","time":"1970-01-01T00:00:10Z"}]}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var b bytes.Buffer
	if err := Describe(&b, list); err != nil {
		t.Fatal(err)
	}
	if want := "group \"Team\" (" + team + ") in com.whatsapp\n  1970-01-01 00:00:10Z  Ana: hello\n      there\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestEveryPrefixOfADump(t *testing.T) {
	in := form{}.dump(summaryPost(), groupPost(team, tagA, "Team", line{sender: "Ana", text: "a\nb", sec: 10}, line{sender: "Cem", text: "c", sec: 11}),
		chatPost(ana, tagB, "Ana", line{sender: "Ana", text: "hello", sec: 12}))
	known := map[string]bool{"a\nb": true, "c": true, "hello": true}
	for i := range in {
		if i%7 > 0 && in[i] != '\n' && in[i] != ')' {
			continue // every seventh place and every end of a line or value
		}
		list, err := Find([]byte(in[:i]), nil, DefaultWords())
		if err != nil {
			continue
		}
		for _, c := range list {
			for _, m := range c.Messages {
				if !known[m.Text] {
					t.Fatalf("prefix of %d bytes: invented %q", i, m.Text)
				}
			}
		}
	}
}

func FuzzParseDump(f *testing.F) {
	for _, tt := range forgeries {
		f.Add([]byte(form{}.dump(chatPost(ana, tagA, "Ana", line{sender: "Ana", text: tt.text, sec: 10}))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := ParseDump(data)
		if err != nil && records != nil {
			t.Error("records with an error")
		}
		for _, r := range records {
			if r.Package == "" || r.Key == "" || len(r.Elements) > maxElements {
				t.Errorf("record = %+v", r)
			}
			if c, ok := CallOf(r, DefaultWords()); ok && c.Kind == "" {
				t.Errorf("call = %+v", c)
			}
		}
		Conversations(records, nil, DefaultWords())
	})
}

// FuzzText checks that any text of one sender is one message with that text,
// and that no other chat gets anything.
func FuzzText(f *testing.F) {
	for _, tt := range forgeries {
		f.Add(tt.text, "ok", false)
		f.Add(tt.text, tt.text, true)
	}
	f.Fuzz(func(t *testing.T, text, other string, old bool) {
		text, other = strings.ToValidUTF8(text, "\ufffd"), strings.ToValidUTF8(other, "\ufffd")
		in := form{old: old}.dump(chatPost(ana, tagA, "Ana", line{sender: "Ana", text: text, sec: 10}),
			chatPost("491700000002@s.whatsapp.net", tagB, "Ben", line{sender: "Ben", text: other, sec: 11}))
		list, err := Find([]byte(in), nil, DefaultWords())
		if err != nil || len(list) != 2 {
			t.Fatalf("list = %+v, %v", list, err)
		}
		if got := texts(list[0]); len(got) != 1 || got[0] != "Ana|"+text+"|10" || list[0].ChatID != ana {
			t.Errorf("got %q, want %q", got, text)
		}
		if got := texts(list[1]); len(got) != 1 || got[0] != "Ben|"+other+"|11" {
			t.Errorf("got %q, want %q", got, other)
		}
	})
}
