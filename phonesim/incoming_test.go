package phonesim

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestIncomingFilesComeToTheStorage(t *testing.T) {
	const media = "/sdcard/Android/media/com.whatsapp/WhatsApp/Media/WhatsApp "
	for name, c := range map[string]struct {
		in         IncomingMessage
		path       string // below the folder; a pattern
		collection string
		text       string
		bubble     []string
	}{
		"image": {IncomingMessage{Kind: "image"}, `Images/IMG-\d{8}-WA0000\.jpg`, "images/media", "📷 Photo", []string{"id/image", "Enlarge photo"}},
		"image with a caption": {IncomingMessage{Type: "image", IncomingFile: IncomingFile{Caption: "me"}}, `Images/IMG-\d{8}-WA0000\.jpg`, "images/media", "📷 me",
			[]string{`text="me" resource-id="com.whatsapp:id/caption"`}},
		"video": {IncomingMessage{Kind: "video"}, `Video/VID-\d{8}-WA0000\.mp4`, "video/media", "🎥 Video", []string{"id/thumb", `text="0:12"`}},
		"voice": {IncomingMessage{Kind: "voice"}, `Voice Notes/\d{6}/PTT-\d{8}-WA0000\.opus`, "file", "🎤 Voice message (0:05)",
			[]string{`content-desc="Play voice message"`, `text="0:05" resource-id="com.whatsapp:id/description"`, "voice_note_profile_avatar"}},
		"audio": {IncomingMessage{Kind: "audio"}, `Audio/AUD-\d{8}-WA0000\.mp3`, "audio/media", "🎵 Audio (2:05)", []string{"id/conversation_row_audio_preview"}},
		"document": {IncomingMessage{Kind: "document", IncomingFile: IncomingFile{Filename: "Contract 1.docx", MIME: "application/msword"}}, `Documents/Contract 1\.docx`, "file",
			"📄 Contract 1.docx", []string{`text="Contract 1.docx" resource-id="com.whatsapp:id/title"`, `text="DOCX"`}},
		"sticker": {IncomingMessage{Kind: "sticker"}, `Stickers/STK-\d{8}-WA0000\.webp`, "file", "💟 Sticker", []string{"id/sticker_image"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, Config{})
			c.in.From = "15550001002"
			incoming(t, p, c.in)
			settle(t, p)
			got := strings.TrimSpace(mustRun(t, p, "find /sdcard/Android/media -type f -not -name .nomedia"))
			if !regexp.MustCompile("^" + media + c.path + "$").MatchString(got) {
				t.Fatalf("files: %q", got)
			}
			r := p.Received()[0]
			if sum := mustRun(t, p, "sha256sum '"+got+"'"); !strings.HasPrefix(sum, r.SHA256+" ") || "/sdcard"+strings.TrimPrefix(r.Path, "/storage/emulated/0") != got {
				t.Errorf("%s is not %s, %s", sum, r.SHA256, r.Path)
			}
			row := mustRun(t, p, fmt.Sprintf(`content query --uri content://media/external/%s --projection _data --where "_data='%s'"`, c.collection, r.Path))
			if row != "Row: 0 _data="+r.Path+"\n" {
				t.Errorf("the media provider: %q", row)
			}
			out := mustRun(t, p, "dumpsys notification --noredact")
			if !strings.Contains(out, "text="+c.text+", time=") && !strings.Contains(out, "text="+c.text+",") {
				t.Errorf("no %q in %s", c.text, out)
			}
			mustRun(t, p, open("15550001002", ""))
			shows(t, p, "the chat", c.bubble...)
		})
	}
}

func TestIncomingWithoutAFile(t *testing.T) {
	p := newPhone(t, Config{})
	incoming(t, p, IncomingMessage{From: "15550001002", Type: "location", IncomingFile: IncomingFile{Latitude: 1.5, Longitude: 2, Place: "Harbour", Address: "Quay 1"}})
	incoming(t, p, IncomingMessage{From: "15550001002", Type: "contacts", IncomingFile: IncomingFile{Contacts: []string{"Bo Li,+1555", "Cy"}}})
	out := mustRun(t, p, "dumpsys notification --noredact")
	for _, want := range []string{"text=📍 Harbour,", "text=👤 Bo Li,"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	mustRun(t, p, open("15550001002", ""))
	shows(t, p, "the chat", `text="Harbour" resource-id="com.whatsapp:id/place_name"`, "id/thumb_button", `text="Bo Li and 1 other contacts"`)
	if got := mustRun(t, p, "ls /sdcard/Android"); got != "" {
		t.Errorf("files: %q", got)
	}
}

func TestOtherAppsAndAndroidsKeepFilesElsewhere(t *testing.T) {
	for want, cfg := range map[string]Config{
		"/sdcard/Android/media/com.whatsapp.w4b/WhatsApp Business/Media/WhatsApp Business Images/IMG-": {App: "com.whatsapp.w4b"},
		"/sdcard/WhatsApp/Media/WhatsApp Images/IMG-":                                                  {Android: 10},
	} {
		p := newPhone(t, cfg)
		incoming(t, p, IncomingMessage{From: "15550001002", Kind: "image"})
		incoming(t, p, IncomingMessage{From: "15550001002", Kind: "image"})
		settle(t, p)
		got := mustRun(t, p, "find /sdcard -name '*.jpg' | sort")
		if strings.Count(got, want) != 2 || !strings.Contains(got, "-WA0001.jpg") {
			t.Errorf("%+v: %q", cfg, got)
		}
	}
}

func TestDownloadsThatWait(t *testing.T) {
	files := func(p *Phone) string { return mustRun(t, p, "find /sdcard -name '*.jpg'") }
	no := false
	for name, c := range map[string]struct {
		in     IncomingMessage
		fault  string
		cures  bool // clearing the faults lets a tap download
		second string
	}{
		"no automatic download": {in: IncomingMessage{IncomingFile: IncomingFile{AutoDownload: &no}}, cures: true},
		"missing":               {fault: "media_missing", cures: true},
		"storage full":          {fault: "storage_full", cures: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, Config{})
			c.in.From, c.in.Kind = "15550001002", "image"
			if c.fault != "" {
				arm(t, p, Fault{Kind: c.fault})
			}
			incoming(t, p, c.in)
			settle(t, p)
			if got := files(p); got != "" || p.Received()[0].Path != "" {
				t.Fatalf("downloaded %q", got)
			}
			if out := mustRun(t, p, "dumpsys notification --noredact"); strings.Contains(out, "uri=content") || !strings.Contains(out, "text=📷 Photo,") {
				t.Errorf("%s", out)
			}
			p.ClearFaults()
			mustRun(t, p, open("15550001002", ""))
			shows(t, p, "the chat", `resource-id="com.whatsapp:id/control_btn"`, `content-desc="Download"`)
			tapOn(t, p, "com.whatsapp:id/control_btn")
			settle(t, p)
			if got := files(p); !strings.Contains(got, "IMG-") {
				t.Errorf("after the tap: %q", got)
			}
		})
	}
}

func TestDownloadsGoOnWithTheNetwork(t *testing.T) {
	p := newPhone(t, Config{})
	no := false
	incoming(t, p, IncomingMessage{From: "15550001002", Kind: "image", IncomingFile: IncomingFile{AutoDownload: &no}})
	arm(t, p, Fault{Kind: "network_off"})
	mustRun(t, p, open("15550001002", ""))
	tapOn(t, p, "com.whatsapp:id/control_btn")
	settle(t, p)
	if r := p.Received()[0]; r.Path != "" {
		t.Errorf("downloaded without network: %+v", r)
	}
	p.ClearFaults()
	settle(t, p)
	if r := p.Received()[0]; r.Path == "" {
		t.Errorf("not downloaded: %+v", r)
	}
}

func TestGivenFilesComeUnchanged(t *testing.T) {
	p := newPhone(t, Config{})
	data := bytes.Repeat([]byte("data"), 1000)
	incoming(t, p, IncomingMessage{From: "15550001002", Kind: "document", Text: "see", IncomingFile: IncomingFile{File: data, Filename: "a.pdf"}})
	settle(t, p) // downloads overtake each other
	incoming(t, p, IncomingMessage{From: "15550001002", Kind: "document", IncomingFile: IncomingFile{File: data[1:], Filename: "a.pdf"}})
	settle(t, p)
	for i, want := range []string{"a.pdf", "a (1).pdf"} {
		r := p.Received()[i]
		got, err := p.sys.Files.ReadFile(r.Path)
		if err != nil || !bytes.Equal(got, data[i:]) || !strings.HasSuffix(r.Path, "/"+want) {
			t.Errorf("%s: %d bytes, %v", r.Path, len(got), err)
		}
	}
	if _, err := p.Incoming(IncomingMessage{From: "1", Type: "poem"}); err == nil {
		t.Error("an unknown type was taken")
	}
}

func TestMadeUpPicturesCanBeRead(t *testing.T) {
	p := newPhone(t, Config{})
	incoming(t, p, IncomingMessage{From: "15550001002", Kind: "image"})
	settle(t, p)
	b, err := p.sys.Files.ReadFile(p.Received()[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	if img, _, err := image.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() != 320 {
		t.Errorf("%v", err)
	}
}

func TestQuotes(t *testing.T) {
	p := newPhone(t, Config{})
	chatWith(t, p, "15550001002", "which one?")
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "the second", Quote: "which one?"})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "by number", Quote: "1"})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "of nothing", Quote: "never said"})
	shows(t, p, "the chat", `text="You" resource-id="com.whatsapp:id/quoted_title"`, `text="which one?" resource-id="com.whatsapp:id/quoted_text"`, `text="the second" resource-id="com.whatsapp:id/message_text"`)
	if n := strings.Count(dump(t, p), "id/quoted_message_frame"); n != 2 {
		t.Errorf("%d quotes", n)
	}
	x, y := boundsOf(t, dump(t, p), "com.whatsapp:id/message_text") // the oldest
	mustRun(t, p, "input swipe "+x+" "+y+" 715 "+y)
	shows(t, p, "the composer", "id/quoted_message_preview_container", `content-desc="Close"`)
	tapOn(t, p, "com.whatsapp:id/cancel")
	if strings.Contains(dump(t, p), "preview_container") {
		t.Error("Close did not close the quote")
	}
	mustRun(t, p, "input swipe "+x+" "+y+" "+x+" "+y+" 800")
	shows(t, p, "the held message", "id/action_mode_bar", "id/reactions_tray_layout", "😂")
	tapOn(t, p, "com.whatsapp:id/menuitem_reply")
	mustRun(t, p, "input text answer")
	tapOn(t, p, "com.whatsapp:id/send")
	if s := p.Sent(); len(s) != 2 || s[1].Quote != "which one?" || s[1].Text != "answer" {
		t.Errorf("%+v", s)
	}
	if out := mustRun(t, p, "input keyevent HOME; dumpsys notification --noredact"); strings.Contains(out, "which one?") {
		t.Errorf("a notification tells the quote: %s", out)
	}
}

func TestReactions(t *testing.T) {
	p := newPhone(t, Config{})
	chatWith(t, p, "15550001002", "hello")
	x, y := boundsOf(t, dump(t, p), "com.whatsapp:id/message_text")
	mustRun(t, p, "input motionevent DOWN "+x+" "+y+"; sleep 0.5; input motionevent UP "+x+" "+y)
	var thumb *element
	parse(t, dump(t, p)).walk("", func(_ string, e *element) {
		if e.attr("text") == "👍" {
			thumb = e
		}
	})
	if thumb == nil {
		t.Fatalf("no tray: %s", dump(t, p))
	}
	at := center(t, thumb)
	mustRun(t, p, "input tap "+at[0]+" "+at[1])
	settle(t, p)
	shows(t, p, "the chat", `content-desc="Reaction 👍"`, "id/reactions_bubble_layout", "id/conversation_contact_name")
	if s := p.Sent(); len(s) != 2 || s[1].Kind != "reaction" || s[1].Text != "👍" || s[1].Quote != "hello" || s[1].State != "sent" {
		t.Errorf("%+v", s)
	}
	mustRun(t, p, "input keyevent HOME")
	incoming(t, p, IncomingMessage{From: "15550001002", Type: "reaction", Text: "❤️", Quote: "hello"})
	if out := mustRun(t, p, "dumpsys notification --noredact"); !strings.Contains(out, "text=Reacted ❤️ to \"hello\",") {
		t.Errorf("%s", out)
	}
	mustRun(t, p, open("15550001002", ""))
	shows(t, p, "the chat", "Reaction 👍❤️")
}

func TestControlTakesFilesCallsAndPictures(t *testing.T) {
	p := newPhone(t, Config{})
	h := p.Control()
	for _, c := range []struct {
		path, body string
		code       int
	}{
		{"/incoming", `{"from":"15550001002","type":"image","file":"aGk=","mime":"image/jpeg","caption":"c","auto_download":true}`, 200},
		{"/incoming", `{"from":"15550001002","type":"image","file":"no base64!"}`, 400},
		{"/incoming", `{"from":"15550001002","type":"poem"}`, 400},
		{"/incoming", `{"from":"15550001002","type":"reaction"}`, 400},
		{"/call", `{"from":"15550001002","state":"missed","video":true}`, 200},
		{"/call", `{"from":"15550001002","state":"loud"}`, 400},
		{"/contact", `{"number":"15550001002","name":"Ann","picture":"aGk="}`, 400},
		{"/contact", `{"number":"+1"}`, 400},
		{"/fault", `{"kind":"no_read_grant","value":"banner"}`, 400},
		{"/fault", `{"kind":"slow_preview","value":"soon"}`, 400},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", c.path, strings.NewReader(c.body)))
		if w.Code != c.code {
			t.Errorf("%s %s: %d %s, want %d", c.path, c.body, w.Code, w.Body, c.code)
		}
	}
	settle(t, p)
	if r := p.Received(); len(r) != 1 || r[0].Path == "" || r[0].Text != "c" {
		t.Errorf("%+v", r)
	}
}
