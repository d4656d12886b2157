package whatsapp

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

// composer is a drawn media composer.
type composer struct {
	root       string   // id; "" media_composer_layout
	recipients []string // chips
	caption    string   // of the field; "" for no field
	title      string   // file name
	thumbs     int
	loading    bool
	noSend     bool
}

func (c composer) draw() string {
	root := c.root
	if root == "" {
		root = "media_composer_layout"
	}
	var chips, thumbs string
	for _, r := range c.recipients {
		chips += el("class=android.widget.Button", "text="+r, "at=[24,1454][295,1506]")
	}
	for range c.thumbs {
		thumbs += el("class=android.widget.ImageView", "at=[0,1200][80,1280]")
	}
	parts := []string{"id=" + root, "at=[0,0][720,1640]", el("id=pager", "at=[0,180][720,1290]")}
	if c.title != "" {
		parts = append(parts, el("id=title_bar", "at=[0,68][720,180]", el("id=title", "text="+c.title, "at=[110,100][700,150]")))
	}
	if c.caption != "" {
		parts = append(parts, el("id=caption", "class=android.widget.EditText", "text="+c.caption, "at=[112,1338][700,1394]"))
	}
	if thumbs != "" {
		parts = append(parts, el("id=thumbnails", "at=[0,1200][720,1280]", thumbs))
	}
	if chips != "" {
		parts = append(parts, el("id=media_recipients_layout", "at=[0,1424][600,1536]", el("id=recipient_chips", "at=[0,1424][600,1536]", chips)))
	}
	if c.loading {
		parts = append(parts, el("id=progress", "at=[312,700][408,796]"))
	}
	if !c.noSend {
		parts = append(parts, el("id=send", "class=android.widget.ImageButton", "desc=Send", "clickable=true", "enabled=true", "at=[604,1428][704,1528]"))
	}
	return el("at=[0,0][720,1640]", el(parts...))
}

const placeholder = "Add a caption…"

func TestNextInAPreview(t *testing.T) {
	const number = "15550002222"
	picture := Want{Kind: "image"}
	file := Want{Kind: "document", File: "offer.pdf"}
	bob := Goal{Number: number, Names: []string{"Bob"}}
	with := func(g Goal, text string) Goal { g.Text = text; return g }
	for name, c := range map[string]struct {
		draw string
		g    Share
		do   Do
		code wabridge.Code
	}{
		"the number is shown":             {composer{recipients: []string{"+1 555-000-2222"}, caption: placeholder}.draw(), Share{Goal: bob, Want: picture}, DoTapSend, 0},
		"the contact's name is shown":     {composer{recipients: []string{"Bob"}, caption: placeholder}.draw(), Share{Goal: bob, Want: picture}, DoTapSend, 0},
		"the proven chat's title":         {composer{recipients: []string{"Bobby"}, caption: placeholder}.draw(), Share{Goal: Goal{Number: number}, Title: "Bobby", Want: picture}, DoTapSend, 0},
		"the chat with oneself":           {composer{recipients: []string{"Tester"}, caption: placeholder}.draw(), Share{Goal: Goal{Number: number}, Title: "Tester (You)", Want: picture}, DoTapSend, 0},
		"an older layout":                 {composer{root: "media_preview_layout", recipients: []string{"Bob"}, caption: placeholder}.draw(), Share{Goal: bob, Want: picture}, DoTapSend, 0},
		"somebody else":                   {composer{recipients: []string{"Eve"}, caption: placeholder}.draw(), Share{Goal: bob, Title: "Bob", Want: picture}, DoBack, wabridge.CodeWrongChat},
		"another number":                  {composer{recipients: []string{"+1 555-000-2223"}, caption: placeholder}.draw(), Share{Goal: bob, Want: picture}, DoBack, wabridge.CodeWrongChat},
		"the way alone proves nothing":    {composer{recipients: []string{"Eve"}, caption: placeholder}.draw(), Share{Goal: Goal{Number: number, Direct: true}, Want: picture}, DoBack, wabridge.CodeWrongChat},
		"two recipients":                  {composer{recipients: []string{"Bob", "Eve"}, caption: placeholder}.draw(), Share{Goal: bob, Want: picture}, DoBack, wabridge.CodeWrongChat},
		"nobody is named":                 {composer{caption: placeholder}.draw(), Share{Goal: bob, Title: "Bob", Want: picture}, DoBack, wabridge.CodeWrongChat},
		"nobody is named, but attached":   {composer{caption: placeholder}.draw(), Share{Goal: bob, Attached: true, Want: picture}, DoTapSend, 0},
		"the caption is ours":             {composer{recipients: []string{"Bob"}, caption: "look\nat this"}.draw(), Share{Goal: with(bob, "look\nat this"), Want: picture}, DoTapSend, 0},
		"the caption is lost":             {composer{recipients: []string{"Bob"}, caption: placeholder}.draw(), Share{Goal: with(bob, "look"), Want: picture}, DoBack, wabridge.CodeMediaUpload},
		"the caption is cut":              {composer{recipients: []string{"Bob"}, caption: "loo"}.draw(), Share{Goal: with(bob, "look"), Want: picture}, DoBack, wabridge.CodeMediaUpload},
		"a caption that is not ours":      {composer{recipients: []string{"Bob"}, caption: "other"}.draw(), Share{Goal: bob, Want: picture}, DoBack, wabridge.CodeMediaUpload},
		"more than one file":              {composer{recipients: []string{"Bob"}, caption: placeholder, thumbs: 2}.draw(), Share{Goal: bob, Want: picture}, DoBack, wabridge.CodeScreen},
		"it still loads":                  {composer{recipients: []string{"Bob"}, caption: placeholder, loading: true}.draw(), Share{Goal: bob, Want: picture}, DoLook, wabridge.CodeSlow},
		"no send yet":                     {composer{recipients: []string{"Bob"}, caption: placeholder, noSend: true}.draw(), Share{Goal: bob, Want: picture}, DoLook, wabridge.CodeSlow},
		"the document":                    {composer{recipients: []string{"Bob"}, caption: placeholder, title: "offer.pdf"}.draw(), Share{Goal: bob, Want: file}, DoTapSend, 0},
		"another document":                {composer{recipients: []string{"Bob"}, caption: placeholder, title: "secret.pdf"}.draw(), Share{Goal: bob, Want: file}, DoBack, wabridge.CodeScreen},
		"a question":                      {dialogOf(`Send "offer.pdf" to Bob?`, "Send", "Cancel"), Share{Goal: bob, Want: file}, DoTapSend, 0},
		"a question in German":            {dialogOf(`"offer.pdf" an Bob senden?`, "Senden", "Abbrechen"), Share{Goal: bob, Want: file}, DoTapSend, 0},
		"a question about somebody else":  {dialogOf(`Send "offer.pdf" to Eve?`, "Send", "Cancel"), Share{Goal: bob, Want: file}, DoBack, wabridge.CodeWrongChat},
		"a question about another file":   {dialogOf(`Send "other.pdf" to Bob?`, "Send", "Cancel"), Share{Goal: bob, Want: file}, DoBack, wabridge.CodeScreen},
		"a question takes no caption":     {dialogOf(`Send "offer.pdf" to Bob?`, "Send", "Cancel"), Share{Goal: with(bob, "x"), Want: file}, DoFail, wabridge.CodeUnsupported},
		"the app cannot read the file":    {dialogOf("Can't share this file.", "OK"), Share{Goal: bob, Want: file}, DoBack, wabridge.CodeMediaUpload},
		"the chat, and its own send":      {chatOf{title: "Bob", entry: "draft", send: true, bubbles: []bub{{text: "hi", time: "1:00"}}}.draw(), Share{Goal: bob, Want: picture}, DoLook, wabridge.CodeSlow},
		"a text status composer's send":   {el("at=[0,0][720,1640]", el("id=send", "desc=Send", "enabled=true", "at=[604,1428][704,1528]")), Share{Goal: bob, Want: picture}, DoBack, wabridge.CodeWrongChat},
		"contacts for the chat":           {contactsOf("Contacts to send", "Bob"), Share{Goal: bob, Want: Want{Kind: "contact"}}, DoTapSend, 0},
		"contacts for somebody else":      {contactsOf("Contacts to send", "Eve"), Share{Goal: bob, Want: Want{Kind: "contact"}}, DoBack, wabridge.CodeWrongChat},
		"contacts for nobody in the bar":  {contactsOf("Contacts to send", ""), Share{Goal: bob, Want: Want{Kind: "contact"}}, DoBack, wabridge.CodeWrongChat},
		"the keyguard comes in between":   {el("package=com.android.systemui", "at=[0,0][720,1640]", el("package=com.android.systemui", "id=com.android.systemui:id/keyguard_status_view", "at=[0,0][720,400]")), Share{Goal: bob, Want: picture}, DoWake, wabridge.CodeLockedScreen},
		"an unknown window of the app":    {el("at=[0,0][720,1640]", el("id=something", "text=Qwx", "at=[0,0][720,400]")), Share{Goal: bob, Want: picture}, DoGiveUp, wabridge.CodeScreen},
		"the app shows its list of chats": {el("at=[0,0][720,1640]", el("id=bottom_nav", "at=[0,1500][720,1640]")), Share{Goal: bob, Want: picture}, DoLook, wabridge.CodeSlow},
	} {
		t.Run(name, func(t *testing.T) {
			s := see(t, c.draw)
			a := NextShare(s, c.g)
			if a.Do != c.do || a.Code != c.code {
				t.Errorf("on %s: got %s (%s, code %d), want %s (code %d)", s.Kind, a.Do, a.Why, a.Code, c.do, c.code)
			}
			if a.Do == DoTapSend && a.At.Empty() {
				t.Error("nothing to tap")
			}
			// Without a goal nothing is ever sent.
			if b := Next(s, Goal{Number: number}); b.Do == DoTapSend {
				t.Errorf("Next would send: %s", b.Why)
			}
		})
	}
}

func contactsOf(title, chat string) string {
	bar := el("text="+title, "at=[110,80][600,124]")
	if chat != "" {
		bar += el("text="+chat, "at=[110,126][600,170]")
	}
	return el("at=[0,0][720,1640]", el("id=toolbar", "at=[0,68][720,180]", bar),
		el("id=rvContacts", "at=[0,180][720,1544]", el("id=name", "text=Ann Example", "at=[150,225][690,275]")),
		el("id=send_btn", "desc=Send", "clickable=true", "enabled=true", "at=[600,1420][696,1516]"))
}

// What a bubble shows besides its text.
func TestBubblesOfFiles(t *testing.T) {
	img := el("id=media_container", "at=[200,300][680,700]", el("id=image", "class=android.widget.Button", "desc=Enlarge photo", "at=[210,310][670,690]"))
	upload := func(node string) string {
		return el("id=media_container", "at=[200,300][680,700]", el("id=image", "at=[210,310][670,690]"), el("id=control_frame", "at=[400,450][500,550]", node))
	}
	doc := func(name string) string {
		return el("id=document_frame", "at=[200,300][680,380]", el("id=title", "text="+name, "at=[250,310][600,340]"), el("id=file_size", "text=3,3 MB", "at=[250,340][400,370]"))
	}
	for name, c := range map[string]struct {
		extra string
		text  string
		want  Bubble // Media, Text, File, Transfer, Quote, Reaction
	}{
		"a picture":               {img, "", Bubble{Media: "image"}},
		"a picture with a text":   {img + el("id=caption", "text=look", "at=[210,700][400,730]"), "", Bubble{Media: "image", Text: "look"}},
		"a video":                 {el("id=media_container", "at=[200,300][680,700]", el("id=thumb", "at=[210,310][670,690]"), el("id=play_frame", "at=[400,450][500,550]")), "", Bubble{Media: "video"}},
		"a document":              {doc("a.pdf"), "", Bubble{Media: "document", Text: "a.pdf", File: "a.pdf"}},
		"a document with a text":  {doc("a.pdf") + el("id=caption", "text=see", "at=[210,700][400,730]"), "", Bubble{Media: "document", Text: "see", File: "a.pdf"}},
		"a voice note":            {el("id=conversation_row_audio_player_view", "at=[200,300][680,380]", el("id=control_btn", "desc=Play", "at=[210,310][270,370]"), el("id=conversation_row_voice_note_profile_avatar", "at=[600,310][670,370]")), "", Bubble{Media: "voice"}},
		"a sound to send again":   {el("id=conversation_row_audio_player_view", "at=[200,300][680,380]", el("id=control_btn", "text=Retry", "at=[210,310][270,370]")), "", Bubble{Media: "audio", Transfer: TransferStopped}},
		"a sticker":               {el("id=media_container", "at=[200,300][440,540]", el("id=sticker_image", "at=[200,300][440,540]")), "", Bubble{Media: "sticker"}},
		"a contact":               {el("id=contact_card", "at=[200,300][680,500]", el("id=vcard_text", "text=Ann", "at=[250,310][600,340]")), "", Bubble{Media: "contact", File: "Ann"}},
		"a place":                 {el("id=map_frame", "at=[200,300][680,500]", el("id=thumb", "at=[200,300][680,500]")), "", Bubble{Media: "location"}},
		"it uploads":              {upload(el("id=progress_bar", "at=[400,450][500,550]") + el("id=cancel_download", "at=[420,470][480,530]")), "", Bubble{Media: "image", Transfer: TransferRunning}},
		"the upload failed":       {upload(el("id=control_btn", "text=Retry", "at=[400,450][500,550]")), "", Bubble{Media: "image", Transfer: TransferStopped}},
		"a quote":                 {el("id=quoted_message_holder", "at=[120,300][600,380]", el("id=quoted_message_frame", "at=[120,300][600,380]", el("id=quoted_title", "text=You", "at=[130,300][600,330]"), el("id=quoted_text", "text=before", "at=[130,330][600,380]"))), "after", Bubble{Text: "after", Quote: &Quote{Title: "You", Text: "before"}}},
		"a reaction, as captured": {el("id=reactions_bubble_layout", "class=android.widget.Button", "desc=Reação ❤️", "at=[600,700][680,730]", el("text=❤️", "at=[604,702][676,728]")), "text", Bubble{Text: "text", Reaction: "❤️"}},
		"reactions in words":      {el("id=reactions_bubble_layout", "desc=Reactions: 👍😂. 3 in total.", "at=[600,700][680,730]", el("text=3", "at=[604,702][676,728]")), "text", Bubble{Text: "text", Reaction: "👍😂", Reacted: 3}},
		"reactions and a number":  {el("id=reactions_bubble_layout", "at=[600,700][680,730]", el("text=👍", "at=[604,702][640,728]"), el("text=2", "at=[640,702][676,728]")), "text", Bubble{Text: "text", Reaction: "👍", Reacted: 2}},
		"transfers are no texts":  {el("id=progress_bar", "at=[400,450][500,550]"), "text", Bubble{Text: "text"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := see(t, chatOf{title: "Bob", entry: "Message", voice: true, bubbles: []bub{{text: "hi", time: "1:00"}, {text: c.text, time: "1:01", status: "Sent", extra: c.extra}}}.draw())
			if len(s.Bubbles) != 2 {
				t.Fatalf("%d bubbles in %s", len(s.Bubbles), s.Kind)
			}
			b := s.Bubbles[1]
			got := Bubble{Media: b.Media, Text: b.Text, File: b.File, Transfer: b.Transfer, Quote: b.Quote, Reaction: b.Reaction, Reacted: b.Reacted}
			if got.Quote != nil {
				got.Quote = &Quote{Title: b.Quote.Title, Text: b.Quote.Text}
			}
			if d := diff(got, c.want); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if (b.Transfer == TransferStopped) == b.Retry.Empty() {
				t.Errorf("transfer %q, its button %s", b.Transfer, b.Retry)
			}
		})
	}
}

func TestBubblesAsJSON(t *testing.T) {
	b, err := json.Marshal([]Bubble{
		{Dir: "in", Text: "hello", Time: "1:00", Reaction: "👍"},
		{Dir: "out", Media: "document", Text: "see", File: "a.pdf", Time: "1:01", Status: TickSent, Quote: &Quote{Text: "q"}},
		{Dir: "out", Media: "document", Text: "a.pdf", File: "a.pdf"},
	})
	want := `[{"direction":"in","text":"hello","time":"1:00","reaction":"👍"},` +
		`{"direction":"out","kind":"document","caption":"see","filename":"a.pdf","time":"1:01","status":"sent","quote":{"text":"q"}},` +
		`{"direction":"out","kind":"document","filename":"a.pdf"}]`
	if err != nil || string(b) != want {
		t.Errorf("got  %s (%v)\nwant %s", b, err, want)
	}
}

func TestNextQuotes(t *testing.T) {
	panel := func(text string, closes bool) string {
		x := ""
		if closes {
			x = el("id=cancel", "desc=Close", "clickable=true", "at=[640,1380][680,1420]")
		}
		return el("id=quoted_message_preview_container", "at=[20,1370][690,1430]", el("id=quoted_message_frame", "at=[20,1370][690,1430]",
			el("id=quoted_title", "text=Bob", "at=[30,1370][600,1395]"), el("id=quoted_text", "text="+text, "at=[30,1395][600,1430]"), x))
	}
	p := profiles(t)
	want := &Want{Text: "the question, which is long enough to be cut"}
	for name, c := range map[string]struct {
		extra string
		quote *Want
		do    Do
	}{
		"nothing to quote":                {"", nil, DoTapSend},
		"not there yet":                   {"", want, DoQuote},
		"it is there":                     {panel("the question, which is long enough to be cut", true), want, DoTapSend},
		"cut":                             {panel("the question, which is long…", true), want, DoTapSend},
		"too little of it":                {panel("the…", true), want, DoTap},
		"another":                         {panel("something else", true), want, DoTap},
		"one that nobody asked for":       {panel("anything", true), nil, DoTap},
		"one that cannot be closed":       {panel("anything", false), nil, DoBack},
		"a picture by the app's word":     {panel("📷 Photo", true), &Want{Kind: "image"}, DoTapSend},
		"a picture, the word alone":       {panel("Photo", true), &Want{Kind: "image"}, DoTapSend},
		"a video is not the picture":      {panel("Video", true), &Want{Kind: "image"}, DoTap},
		"a document by its name":          {panel("a.pdf", true), &Want{Kind: "document", File: "a.pdf"}, DoTapSend},
		"a voice note with its length":    {panel("Voice message (0:07)", true), &Want{Kind: "voice"}, DoTapSend},
		"a picture by its caption":        {panel("look", true), &Want{Kind: "image", Text: "look"}, DoTapSend},
		"not a picture with that caption": {panel("Photo", true), &Want{Kind: "image", Text: "look"}, DoTap},
	} {
		t.Run(name, func(t *testing.T) {
			s := see(t, chatOf{title: "Bob", entry: "the answer", send: true, bubbles: []bub{{text: "hi", time: "1:00"}}, extra: c.extra}.draw())
			g := Goal{Number: "15550002222", Names: []string{"Bob"}, Text: "the answer", Send: true, Quote: c.quote, Words: p.Words}
			if a := Next(s, g); a.Do != c.do {
				t.Errorf("got %s (%s), want %s", a.Do, a.Why, c.do)
			}
		})
	}
}

func TestTheTray(t *testing.T) {
	s := see(t, el("at=[0,0][720,300]", el("id=reactions_tray_layout", "at=[60,60][660,156]",
		el("desc=👍 reaction", "clickable=true", "at=[70,68][150,148]"),
		el("desc=You reacted ❤️, remove reaction", "clickable=true", "at=[152,68][232,148]"),
		el("text=😂", "desc=😂", "selected=true", "clickable=true", "at=[234,68][314,148]"),
		el("desc=More reactions", "clickable=true", "at=[566,68][646,148]"))))
	if s.Kind != ReactionTray || len(s.Tray) != 3 {
		t.Fatalf("got %s with %+v", s.Kind, s.Tray)
	}
	for i, want := range []struct {
		emoji string
		mine  bool
	}{{"👍", false}, {"❤️", true}, {"😂", true}} {
		if s.Tray[i].Text != want.emoji || s.Tray[i].Mine != want.mine || s.Tray[i].Bounds.Empty() {
			t.Errorf("%d: %+v, want %+v", i, s.Tray[i], want)
		}
	}
	if e, ok := InTray(s.Tray, "❤"); !ok || !e.Mine {
		t.Errorf("a heart without its selector: %+v, %v", e, ok)
	}
	if _, ok := InTray(s.Tray, "🙏"); ok {
		t.Error("found what is not there")
	}
	if a := Next(s, Goal{Number: "1", Send: true, Text: "x"}); a.Do != DoBack {
		t.Errorf("next is %s", a.Do)
	}
}

func TestNamesOfFiles(t *testing.T) {
	for name, c := range map[string]struct{ name, mime, want string }{
		"plain":           {"offer.pdf", "application/pdf", "offer.pdf"},
		"a path":          {"../../etc/passwd", "text/plain", "passwd"},
		"of Windows":      {`C:\Users\x\a b.doc`, "", "a b.doc"},
		"marks":           {"a\"b'c:d*?<>|.pdf", "", "a_b'c_d_____.pdf"},
		"line feeds":      {"a\nb\x00.txt", "", "a_b_.txt"},
		"none":            {"", "image/jpeg", "file.jpg"},
		"none, with more": {"", "audio/ogg; codecs=opus", "file.ogg"},
		"only dots":       {"...", "application/pdf", "file.pdf"},
		"a wrong ending":  {"upload.bin", "image/jpeg", "upload.jpg"},
		"an option":       {"-rf.pdf", "", "rf.pdf"},
		"very long":       {strings.Repeat("ä", 200) + ".pdf", "", strings.Repeat("ä", 58) + ".pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			got := FileName(&wabridge.Message{Media: &wabridge.Media{Name: c.name, MIME: c.mime}})
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestKindsOfFiles(t *testing.T) {
	for _, c := range []struct {
		typ, mime string
		voice     bool
		want      string
	}{
		{"image", "image/png", false, "image"}, {"video", "video/3gpp", false, "video"}, {"audio", "audio/aac", false, "audio"},
		{"audio", "audio/ogg; codecs=opus", true, "voice"}, {"document", "image/jpeg", false, "document"}, {"sticker", "image/webp", false, "sticker"},
		{"contacts", "text/x-vcard", false, "contact"}, {"template", "image/jpeg", false, "image"}, {"interactive", "application/pdf", false, "document"},
		{"template", "Video/MP4", false, "video"},
	} {
		m := &wabridge.Message{Type: c.typ, Media: &wabridge.Media{MIME: c.mime, Voice: c.voice}}
		if got := KindOf(m); got != c.want {
			t.Errorf("%s with %s: %s, want %s", c.typ, c.mime, got, c.want)
		}
	}
}

func TestPreviewsOfMessages(t *testing.T) {
	words := profiles(t).Words
	for _, c := range []struct {
		w       Want
		preview string
		want    bool
	}{
		{Want{Text: "hello world"}, "hello wor…", true}, {Want{Text: "hello"}, "bye", false},
		{Want{Kind: "image"}, "📷 Photo", true}, {Want{Kind: "image"}, "Foto", true}, {Want{Kind: "image"}, "📷 Video", false},
		{Want{Kind: "image", Text: "look at this"}, "📷 look at…", true}, {Want{Kind: "image", Text: "look"}, "📷 Photo", false},
		{Want{Kind: "document", File: "a.pdf"}, "📄 a.pdf", true}, {Want{Kind: "document", File: "a.pdf"}, "📄 b.pdf", false},
		{Want{Kind: kindReaction, Text: "👍"}, `You reacted 👍 to "x"`, true}, {Want{Kind: kindReaction, Text: "👍"}, "👍", false},
	} {
		if got := c.w.Previews(c.preview, words); got != c.want {
			t.Errorf("%+v as %q: %v, want %v", c.w, c.preview, got, c.want)
		}
	}
}

// Ticks never go back: a bubble with an earlier one is another.
func TestTicksTellBubblesApart(t *testing.T) {
	pic := func(tick Tick) Bubble { return Bubble{Out: true, Media: "image", Time: "1:00", Status: tick} }
	note := Prints([]Bubble{pic(TickRead), pic(TickDelivered)})
	if _, v := Find(Want{Kind: "image"}, note, []Bubble{pic(TickRead), pic(TickDelivered), pic(TickPending)}); v != Appeared {
		t.Errorf("a third picture with a clock: %s", v)
	}
	if _, v := Find(Want{Kind: "image"}, note, []Bubble{pic(TickRead), pic(TickRead), pic(TickRead)}); v != Unclear {
		t.Errorf("three that look alike: %s", v)
	}
}

// A picture whose upper part is out of sight shows its caption alone: it is
// still a file, and no text message.
func TestACaptionAloneIsAFile(t *testing.T) {
	cut := el("id=caption", "text=look", "at=[210,190][400,230]")
	s := see(t, chatOf{title: "Bob", entry: "Message", voice: true, bubbles: []bub{{time: "1:00", status: "Sent", extra: cut}, {text: "hi", time: "1:01", status: "Sent"}}}.draw())
	b := s.Bubbles[0]
	if b.Media != "media" || b.Caption() != "look" || !b.Clipped {
		t.Fatalf("got %+v", b)
	}
	if !(Want{Kind: "image", Text: "look"}).Shows(b) || Print(b).Hash != "" {
		t.Errorf("print %+v", Print(b))
	}
	whole := Bubble{Out: true, Media: "image", Text: "look", Time: "1:00", Status: TickSent}
	note := Prints([]Bubble{whole, s.Bubbles[1]})
	if _, v := Find(Want{Text: "new"}, note, s.Bubbles); v != Absent {
		t.Errorf("the window is not recognised: %s", v)
	}
}

// A document whose name is out of sight is the one whose name is not.
func TestWindowsMeetAtACutFile(t *testing.T) {
	text := func(s string) Bubble { return Bubble{Text: s, Time: "1:00"} }
	whole := Bubble{Out: true, Media: "document", Text: "see", File: "a.pdf", Time: "1:00", Status: TickSent}
	cut := Bubble{Out: true, Media: "document", Text: "see", Time: "1:00", Status: TickSent, Clipped: true}
	joined, overlap := Join([]Bubble{text("a"), whole, text("b")}, []Bubble{cut, text("b"), text("c")}, 0)
	if !overlap || len(joined) != 4 {
		t.Errorf("%d bubbles, overlap %v: %+v", len(joined), overlap, joined)
	}
}
