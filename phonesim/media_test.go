package phonesim

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
)

// push puts a file on the phone and has it scanned; it answers its URI.
func push(t *testing.T, p *Phone, name string, data []byte) string {
	t.Helper()
	p.sys.Do(func() {
		if err := p.sys.Files.WriteFile(name, data, 0o660); err != nil {
			t.Fatal(err)
		}
	})
	out := mustRun(t, p, fmt.Sprintf("content call --method scan_file --uri content://media --arg '%s'", name))
	m := regexp.MustCompile(`^Result: Bundle\[\{android\.intent\.extra\.STREAM=(content://media/\S+/\d+)\}\]\n$`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("the scan of %s answered %q", name, out)
	}
	return m[1]
}

// shareTo is am start of SEND with a file for a chat.
func shareTo(jid, mimeType, uri, caption string) string {
	text := ""
	if caption != "" {
		text = " --es android.intent.extra.TEXT '" + caption + "'"
	}
	return fmt.Sprintf("am start -a android.intent.action.SEND -t %s -d %s --eu android.intent.extra.STREAM %s --es jid %s%s --grant-read-uri-permission -p com.whatsapp",
		mimeType, uri, uri, jid, text)
}

const ann = "15550001002@s.whatsapp.net"

func shows(t *testing.T, p *Phone, what string, want ...string) {
	t.Helper()
	x := regexp.MustCompile(`&#(\d+);`).ReplaceAllStringFunc(dump(t, p), html.UnescapeString)
	for _, w := range want {
		if !strings.Contains(x, w) {
			t.Errorf("%s shows no %s:\n%s", what, w, strings.ReplaceAll(x, "<node", "\n<node"))
		}
	}
}

func TestTheMediaProviderKnowsWhatWasScanned(t *testing.T) {
	p := newPhone(t, Config{})
	const query = "content query --uri content://media/external/"
	mustRun(t, p, "echo -n hello > /sdcard/Pictures/a.jpg; echo -n x > /sdcard/Music/b.mp3")
	if got := mustRun(t, p, query+"file --projection _id"); got != "No result found.\n" {
		t.Errorf("before the scan: %q", got)
	}
	mustRun(t, p, "content call --method scan_file --uri content://media --arg /sdcard/Pictures/a.jpg")
	mustRun(t, p, "am broadcast -a android.intent.action.MEDIA_SCANNER_SCAN_FILE -d file:///sdcard/Music/b.mp3")
	for name, c := range map[string]struct {
		command, out string
		code         int
	}{
		"by path":            {query + `file --projection _id:_data --where "_data='/storage/emulated/0/Pictures/a.jpg'"`, "Row: 0 _id=31, _data=/storage/emulated/0/Pictures/a.jpg\n", 0},
		"by name and id":     {query + `images/media --projection _size:mime_type --where "_display_name LIKE '%.JPG' AND _id>=31"`, "Row: 0 _size=5, mime_type=image/jpeg\n", 0},
		"of its kind":        {query + "audio/media --projection title:relative_path", "Row: 0 title=b, relative_path=Music/\n", 0},
		"one row":            {query + "file/32 --projection _display_name", "Row: 0 _display_name=b.mp3\n", 0},
		"not of its kind":    {query + "video/media", "No result found.\n", 0},
		"nothing like it":    {query + "file --where \"_data='/sdcard/Pictures/a.jpg'\"", "No result found.\n", 0},
		"no such file":       {"content call --method scan_file --uri content://media --arg /sdcard/none", "Result: Bundle[{android.intent.extra.STREAM=null}]\n", 0},
		"the bytes":          {"content read --uri content://media/external/file/31", "hello", 0},
		"lost quotes":        {query + "file --where _data=/storage/emulated/0/Pictures/a.jpg 2>&1", "Error while accessing provider:media\njava.lang.IllegalArgumentException: Invalid token storage\n", 1},
		"an unknown column":  {query + "file --projection _id,_data 2>&1", "Error while accessing provider:media\njava.lang.IllegalArgumentException: Invalid column _id,_data\n", 1},
		"an unknown URI":     {"content query --uri content://media/internal/x 2>&1", "Error while accessing provider:media\njava.lang.IllegalArgumentException: Unknown URI content://media/internal/x\n", 1},
		"the app's provider": {"content read --uri content://com.whatsapp.provider.media/item/1 2>&1 | grep -c SecurityException", "1\n", 0},
	} {
		if got, code := run(t, p, c.command); got != c.out || code != c.code {
			t.Errorf("%s: got %q, %d, want %q, %d", name, got, code, c.out, c.code)
		}
	}
	mustRun(t, p, "rm /sdcard/Pictures/a.jpg")
	if got := mustRun(t, p, query+"images/media"); got != "No result found.\n" {
		t.Errorf("after rm: %q", got)
	}
	arm(t, p, Fault{Kind: "where_text_lost"})
	if _, code := run(t, p, query+`file --where "_data='/storage/emulated/0/Music/b.mp3'" 2>/dev/null`); code != 1 {
		t.Error("where_text_lost left the quotes")
	}
}

func TestScansOfOtherAndroids(t *testing.T) {
	for android, want := range map[int][2]string{
		10: {"Result: null\n", "Row: 0 _id=31\n"},
		15: {"Result: Bundle[{android.intent.extra.STREAM=content://media/external_primary/file/31}]\n", "No result found.\n"},
	} {
		p := newPhone(t, Config{Android: android})
		mustRun(t, p, "echo a > /sdcard/Documents/a.txt; echo b > '/sdcard/Documents/b c.txt'")
		if got := mustRun(t, p, "content call --method scan_file --uri content://media --arg /sdcard/Documents/a.txt"); got != want[0] {
			t.Errorf("Android %d: %q", android, got)
		}
		mustRun(t, p, "am broadcast -a android.intent.action.MEDIA_SCANNER_SCAN_FILE -d file:///sdcard/Documents/b%20c.txt")
		if got := mustRun(t, p, "content query --uri content://media/external/file --projection _id --where \"_display_name='b c.txt'\""); got != want[1] {
			t.Errorf("Android %d after the broadcast: %q", android, got)
		}
	}
}

func TestSharesReachTheChat(t *testing.T) {
	for name, c := range map[string]struct {
		file, mime, send string // send is the button's id
		caption          string
		screen           []string
		media            SentMedia
		bubble           []string
	}{
		"picture": {file: "/sdcard/Pictures/a.jpg", mime: "image/jpeg", send: "com.whatsapp:id/send", caption: "look at this",
			screen: []string{`text="look at this" resource-id="com.whatsapp:id/caption"`, `text="+1 555-000-1002" resource-id="com.whatsapp:id/recipients"`, "id/photo"},
			media:  SentMedia{Type: "image", MIME: "image/jpeg", Filename: "a.jpg", Caption: "look at this"},
			bubble: []string{"id/media_container_wrapper", `content-desc="Enlarge photo"`, `text="look at this" resource-id="com.whatsapp:id/caption"`, `content-desc="Seen"`}},
		"video without a caption": {file: "/sdcard/Movies/a.mp4", mime: "video/*", send: "com.whatsapp:id/send",
			screen: []string{`text="Add a caption…" resource-id="com.whatsapp:id/caption"`, "id/play_button"},
			media:  SentMedia{Type: "video", MIME: "video/mp4", Filename: "a.mp4"},
			bubble: []string{"id/thumb", `content-desc="Play video"`}},
		"document": {file: "/sdcard/Download/report.pdf", mime: "application/pdf", send: "com.whatsapp:id/send", caption: "the report",
			screen: []string{`text="report.pdf" resource-id="com.whatsapp:id/title"`, "id/recipients"},
			media:  SentMedia{Type: "document", MIME: "application/pdf", Filename: "report.pdf", Caption: "the report"},
			bubble: []string{"id/document_info_container", `text="report.pdf"`, `text="PDF" resource-id="com.whatsapp:id/file_type"`, `text="the report"`}},
		"audio": {file: "/sdcard/Music/a.mp3", mime: "audio/mpeg", send: "android:id/button1", caption: "is lost",
			screen: []string{`Send &quot;a.mp3&quot; to +1 555-000-1002?`},
			media:  SentMedia{Type: "audio", MIME: "audio/mpeg", Filename: "a.mp3"},
			bubble: []string{"id/control_btn", "id/audio_seekbar", "id/conversation_row_audio_preview"}},
		"contacts": {file: "/sdcard/Download/c.vcf", mime: "text/x-vcard", send: "com.whatsapp:id/send_btn",
			screen: []string{"Contacts to send", `text="Carol Example" resource-id="com.whatsapp:id/name"`, "+1 555-000-1002"},
			media:  SentMedia{Type: "contacts", MIME: "text/x-vcard", Filename: "c.vcf"},
			bubble: []string{"id/contact_card", `text="Carol Example" resource-id="com.whatsapp:id/vcard_text"`}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, Config{})
			data := []byte("BEGIN:VCARD\r\nFN:Carol Example\r\nEND:VCARD\r\n")
			mustRun(t, p, shareTo(ann, c.mime, push(t, p, c.file, data), c.caption))
			shows(t, p, "the preview", c.screen...)
			tapOn(t, p, c.send)
			settle(t, p)
			c.media.Size = int64(len(data))
			sent := p.Sent()
			if len(sent) != 1 || sent[0].Media == nil {
				t.Fatalf("ledger %+v", sent)
			}
			c.media.SHA256 = fmt.Sprintf("%x", sha256.Sum256(data))
			if got := *sent[0].Media; got != c.media || sent[0].To != "15550001002" || sent[0].State != "read" || sent[0].Text != c.media.Caption {
				t.Errorf("got %+v in %+v, want %+v", got, sent[0], c.media)
			}
			shows(t, p, "the chat", append(c.bubble, "id/entry", `text="+1 555-000-1002" resource-id="com.whatsapp:id/conversation_contact_name"`)...)
		})
	}
}

func TestSharesThatGoWrong(t *testing.T) {
	const picture = "/sdcard/Pictures/a.jpg"
	for name, c := range map[string]struct {
		fault Fault
		jid   string
		share func(uri string) string // shareTo if nil
		shows string
	}{
		"another chat":        {fault: Fault{Kind: "share_wrong_chat"}, shows: `text="+1 555-000-9999" resource-id="com.whatsapp:id/recipients"`},
		"the picker":          {fault: Fault{Kind: "share_picker"}, shows: "Send to…"},
		"the caption is lost": {fault: Fault{Kind: "caption_lost"}, shows: `text="Add a caption…"`},
		"no grant, a toast":   {fault: Fault{Kind: "no_read_grant"}, shows: "id/conversation_list_view_host"},
		"no grant, a dialog":  {fault: Fault{Kind: "no_read_grant", Value: "dialog"}, shows: "Can't share this file."},
		"the grant is denied": {fault: Fault{Kind: "grant_denied"}, shows: "com.android.launcher3"},
		"slow":                {fault: Fault{Kind: "slow_preview", Value: "1h"}, shows: "id/progress"},
		"nobody":              {jid: "15550001000@s.whatsapp.net", shows: "Send to…"},
		"an unknown group":    {jid: "120363000000000000@g.us", shows: "Send to…"},
		"no jid": {share: func(u string) string {
			return strings.Replace(shareTo(ann, "image/jpeg", u, "x"), "--es jid "+ann, "", 1)
		}, shows: "Send to…"},
		"without the data": {share: func(u string) string { return strings.Replace(shareTo(ann, "image/jpeg", u, "x"), "-d "+u, "", 1) }, shows: "id/conversation_list_view_host"},
		"without the flag": {share: func(u string) string {
			return strings.Replace(shareTo(ann, "image/jpeg", u, "x"), "--grant-read-uri-permission", "", 1)
		}, shows: "id/conversation_list_view_host"},
		"a file:// on Android 13": {share: func(string) string { return shareTo(ann, "image/jpeg", "file://"+picture, "x") }, shows: "id/conversation_list_view_host"},
		"no such row":             {share: func(string) string { return shareTo(ann, "image/jpeg", "content://media/external/file/77", "x") }, shows: "id/conversation_list_view_host"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, Config{})
			uri := push(t, p, picture, []byte("jpg"))
			if c.fault.Kind != "" {
				arm(t, p, c.fault)
			}
			command := shareTo(cmp.Or(c.jid, ann), "image/jpeg", uri, "x")
			if c.share != nil {
				command = c.share(uri)
			}
			run(t, p, command)
			shows(t, p, "the screen", c.shows)
			if x := dump(t, p); strings.Contains(x, `text="+1 555-000-1002" resource-id="com.whatsapp:id/recipients"`) != (c.fault.Kind == "caption_lost" || c.fault.Kind == "slow_preview") {
				t.Errorf("a preview for the asked chat: %s", x)
			}
			if len(p.Sent()) != 0 {
				t.Errorf("sent %+v", p.Sent())
			}
		})
	}
}

func TestAPreviewThatLoadsTakesNoTap(t *testing.T) {
	p := newPhone(t, Config{})
	arm(t, p, Fault{Kind: "slow_preview", Value: "1h"})
	mustRun(t, p, shareTo(ann, "image/jpeg", push(t, p, "/sdcard/Pictures/a.jpg", []byte("a")), ""))
	tapOn(t, p, "com.whatsapp:id/send")
	if len(p.Sent()) != 0 {
		t.Errorf("sent while it loads: %+v", p.Sent())
	}
	shows(t, p, "the preview", `content-desc="Send" checkable="false" checked="false" clickable="true" enabled="false"`)
}

func TestPickedChatsLeadToThePreview(t *testing.T) {
	p := newPhone(t, Config{Contacts: []Contact{{Name: "Ann", Number: "15550001002"}}})
	incoming(t, p, IncomingMessage{From: "15550001002", Text: "hi"})
	arm(t, p, Fault{Kind: "share_picker"})
	mustRun(t, p, shareTo(ann, "image/jpeg", push(t, p, "/sdcard/Pictures/a.jpg", []byte("a")), "cap"))
	tapOn(t, p, "com.whatsapp:id/contactpicker_row")
	tapOn(t, p, "com.whatsapp:id/send")
	shows(t, p, "the preview", `text="Ann" resource-id="com.whatsapp:id/recipients"`, `text="cap"`)
}

func TestUploads(t *testing.T) {
	p := newPhone(t, Config{})
	share := func() {
		mustRun(t, p, shareTo(ann, "image/jpeg", push(t, p, "/sdcard/Pictures/a.jpg", []byte("a")), ""))
		tapOn(t, p, "com.whatsapp:id/send")
	}
	arm(t, p, Fault{Kind: "upload_failed"})
	share()
	settle(t, p)
	shows(t, p, "a failed upload", `text="Retry" resource-id="com.whatsapp:id/control_btn"`, `content-desc="Pending"`)
	if s := p.Sent()[0]; s.State != "pending" || !s.Wire.IsZero() {
		t.Errorf("%+v", s)
	}
	tapOn(t, p, "com.whatsapp:id/control_btn")
	settle(t, p)
	if s := p.Sent()[0]; s.State != "read" {
		t.Errorf("after Retry: %+v", s)
	}
	arm(t, p, Fault{Kind: "media_processing", Value: "20ms"})
	share()
	settle(t, p)
	if s := p.Sent()[1]; s.State != "read" {
		t.Errorf("after the processing: %+v", s)
	}
	arm(t, p, Fault{Kind: "network_off"})
	share()
	settle(t, p)
	if s := p.Sent()[2]; s.State != "pending" {
		t.Errorf("without network: %+v", s)
	}
	p.ClearFaults()
	settle(t, p)
	if s := p.Sent()[2]; s.State != "read" {
		t.Errorf("with network again: %+v", s)
	}
	if x := dump(t, p); strings.Contains(x, "id/progress_bar") {
		t.Errorf("it still moves: %s", x)
	}
}

func TestFilesAreProcessed(t *testing.T) {
	p := newPhone(t, Config{})
	arm(t, p, Fault{Kind: "media_processing", Value: "1h"})
	mustRun(t, p, shareTo(ann, "video/mp4", push(t, p, "/sdcard/Movies/a.mp4", []byte("a")), ""))
	tapOn(t, p, "com.whatsapp:id/send")
	shows(t, p, "a file that is processed", "id/progress_bar", `content-desc="Pending"`)
}

func TestDocumentsMayBeAskedAbout(t *testing.T) {
	p := newPhone(t, Config{Locale: "de"})
	arm(t, p, Fault{Kind: "document_dialog"})
	uri := push(t, p, "/sdcard/Download/a b.pdf", []byte("a"))
	mustRun(t, p, shareTo(ann, "application/pdf", uri, "lost"))
	shows(t, p, "the question", `text="&quot;a b.pdf&quot; an +1 555-000-1002 senden?" resource-id="android:id/message"`)
	tapOn(t, p, "android:id/button2")
	mustRun(t, p, shareTo(ann, "application/pdf", uri, "lost"))
	tapOn(t, p, "android:id/button1")
	if s := p.Sent(); len(s) != 1 || s[0].Media.Caption != "" {
		t.Errorf("%+v", s)
	}
}

func TestDocumentsArePicked(t *testing.T) {
	p := newPhone(t, Config{})
	for _, name := range []string{"/sdcard/Download/b.pdf", "/sdcard/Download/a.pdf", "/sdcard/Music/c.mp3", "/sdcard/Pictures/.hidden/.nomedia", "/sdcard/Pictures/.hidden/d.jpg"} {
		mustRun(t, p, "mkdir -p /sdcard/Pictures/.hidden")
		push(t, p, name, []byte(name))
	}
	mustRun(t, p, open("15550001002", "a draft that stays"))
	tapOn(t, p, "com.whatsapp:id/input_attach_button")
	tapOn(t, p, "com.whatsapp:id/pickfiletype_document_holder")
	var names []string
	parse(t, dump(t, p)).walk("", func(_ string, e *element) {
		if e.attr("resource-id") == "com.whatsapp:id/title" {
			names = append(names, e.attr("text"))
		}
	})
	if got := strings.Join(names, " "); got != "a.pdf b.pdf" {
		t.Errorf("offered %q", got)
	}
	tapOn(t, p, "com.whatsapp:id/document_picker_item")
	mustRun(t, p, "input tap 400 1400; input text cap")
	tapOn(t, p, "com.whatsapp:id/send")
	if s := p.Sent(); len(s) != 1 || s[0].Media.Filename != "a.pdf" || s[0].Media.Caption != "cap" {
		t.Errorf("%+v", s)
	}
	if text, _ := entryOf(t, p); text != "a draft that stays" {
		t.Errorf("the draft is %q", text)
	}
}

func TestAShareWithoutAPackageAsksWhichApp(t *testing.T) {
	p := newPhone(t, Config{})
	uri := push(t, p, "/sdcard/Pictures/a.jpg", []byte("a"))
	share := strings.Replace(shareTo(ann, "image/jpeg", uri, ""), "-p com.whatsapp", "", 1)
	mustRun(t, p, share)
	shows(t, p, "the share sheet", `text="WhatsApp" resource-id="android:id/text1"`, `text="Just once" resource-id="android:id/button_once"`, `package="android"`)
	tapOn(t, p, "android:id/text1")
	tapOn(t, p, "android:id/button_once")
	shows(t, p, "the preview", `text="+1 555-000-1002" resource-id="com.whatsapp:id/recipients"`)
	mustRun(t, p, share+"; input keyevent HOME")
	shows(t, p, "the screen after Home", "com.android.launcher3")
}
