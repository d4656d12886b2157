package phone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// deliver does what the lane does with a message: tries again what did not
// leave, looks for what may have.
func (r *rig) deliver(m *wabridge.Message) (wabridge.State, error) {
	r.t.Helper()
	var last error
	for m.Tries = 1; m.Tries <= queue.MaxTries; m.Tries++ {
		state, err := r.send(m)
		if last = err; err == nil {
			return state, nil
		}
		move := queue.Outcome(m, err, time.Now()).To()
		r.t.Logf("try %d: %v, then %s", m.Tries, err, move)
		if move == wabridge.Failed {
			return move, err
		}
		if move == wabridge.Unconfirmed {
			if state, err = r.resolved(m); err != nil || state != wabridge.Queued {
				return state, err
			}
			m.Intent = nil
		}
	}
	return "", fmt.Errorf("all tries are used up: %w", last)
}

func TestFaultsOnTheWayOfAFile(t *testing.T) {
	const once, often = 1, 20
	for name, c := range map[string]struct {
		fault   phonesim.Fault
		kind    string
		caption string
		code    wabridge.Code // it fails with; 0: it arrives
		left    int           // how many go out
	}{
		"the preview of another chat, once":         {fault: phonesim.Fault{Kind: "share_wrong_chat", Count: once}, caption: "x", left: 1},
		"the preview of another chat, always":       {fault: phonesim.Fault{Kind: "share_wrong_chat", Count: often}, code: wabridge.CodeWrongChat},
		"a picker, once":                            {fault: phonesim.Fault{Kind: "share_picker", Count: once}, left: 1},
		"a picker, always":                          {fault: phonesim.Fault{Kind: "share_picker", Count: often}, kind: "image", code: wabridge.CodeWrongChat},
		"a picker, always, for a document":          {fault: phonesim.Fault{Kind: "share_picker", Count: often}, kind: "document", left: 1},
		"another chat, always, for a document":      {fault: phonesim.Fault{Kind: "share_wrong_chat", Count: often}, kind: "document", left: 1},
		"no way for a document with a caption":      {fault: phonesim.Fault{Kind: "share_picker", Count: often}, kind: "document", caption: "x", code: wabridge.CodeWrongChat},
		"the caption is lost, once":                 {fault: phonesim.Fault{Kind: "caption_lost", Count: once}, caption: "x", left: 1},
		"the caption is lost, always":               {fault: phonesim.Fault{Kind: "caption_lost", Count: often}, caption: "x", code: wabridge.CodeMediaUpload},
		"the app may not read it, once":             {fault: phonesim.Fault{Kind: "no_read_grant", Count: once}, left: 1},
		"the app may not read it and says so":       {fault: phonesim.Fault{Kind: "no_read_grant", Value: "dialog", Count: often}, code: wabridge.CodeMediaUpload},
		"the app may not read it, always":           {fault: phonesim.Fault{Kind: "no_read_grant", Count: often}, code: wabridge.CodeMediaUpload},
		"a slow preview":                            {fault: phonesim.Fault{Kind: "slow_preview", Value: "40ms"}, left: 1},
		"a question instead of a preview":           {fault: phonesim.Fault{Kind: "document_dialog"}, kind: "document", left: 1},
		"a question, and a caption that has no way": {fault: phonesim.Fault{Kind: "document_dialog"}, kind: "document", caption: "x", code: wabridge.CodeUnsupported},
		"the upload fails once":                     {fault: phonesim.Fault{Kind: "upload_failed", Count: once}, left: 1},
		"the upload fails always":                   {fault: phonesim.Fault{Kind: "upload_failed", Count: often}, code: wabridge.CodeMediaUpload},
		"a file that takes long":                    {fault: phonesim.Fault{Kind: "media_processing", Value: "50ms"}, kind: "video", left: 1},
		"no network":                                {fault: phonesim.Fault{Kind: "network_off"}, left: 0},
		"the tap is lost":                           {fault: phonesim.Fault{Kind: "send_stuck", Count: once}, caption: "x", left: 1},
		"the app dies after the tap":                {fault: phonesim.Fault{Kind: "kill_after_tap", Count: once}, left: 1},
		"texts of conditions lose their quotes":     {fault: phonesim.Fault{Kind: "where_text_lost"}, left: 1},
		"a popup over the chat":                     {fault: phonesim.Fault{Kind: "popup", Count: once}, left: 1},
		"somebody's draft in the composer":          {fault: phonesim.Fault{Kind: "foreign_draft", Count: once}, caption: "x", left: 1},
		"the link leads to another chat":            {fault: phonesim.Fault{Kind: "wrong_chat", Count: once}, left: 1},
		"not on WhatsApp":                           {fault: phonesim.Fault{Kind: "not_on_whatsapp", Count: once}, code: wabridge.CodeUndeliverable},
		"the dump's root is missing":                {fault: phonesim.Fault{Kind: "dump_null_root", Count: 3}, left: 1},
		"the grant is refused":                      {fault: phonesim.Fault{Kind: "grant_denied", Count: often}, code: wabridge.CodeAttention},
		"the phone is full":                         {fault: phonesim.Fault{Kind: "storage_full"}, code: wabridge.CodeAttention},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			f := withFiles(r)
			if err := r.s.Probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			// Somebody else, whose chat things may go to by mistake.
			if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: "15550007777", Text: "hello"}); err != nil {
				t.Fatal(err)
			}
			if c.fault.Kind == "network_off" { // a number that the app knows; others cannot be looked up
				if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: bob, Text: "hello"}); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.sim.Fault(c.fault); err != nil {
				t.Fatal(err)
			}
			kind, mime, file := "image", "image/jpeg", ""
			switch c.kind {
			case "document":
				kind, mime, file = "document", "application/pdf", "a.pdf"
			case "video":
				kind, mime = "video", "video/mp4"
			}
			m := fileMessage(f, 1, kind, mime, file, c.caption, jpegBytes)
			_, err := r.deliver(m)
			if got := wabridge.CodeOf(err); got != c.code {
				t.Errorf("%v (code %d), want code %d", err, got, c.code)
			}
			if err := r.sim.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, s := range r.sim.Sent() {
				if s.To != bob {
					t.Errorf("%q went to %s", s.Text, s.To)
				}
				if !s.Wire.IsZero() {
					n++
				}
			}
			if n != c.left {
				t.Errorf("%d left the phone, want %d: %+v", n, c.left, r.sim.Sent())
			}
		})
	}
}

// A dying device fails at one command: before it or after its effect.
type dyingDevice struct {
	*simDevice
	at    int // the command that dies; counts down
	after bool
}

var errGone = errors.New("connection closed")

func (d *dyingDevice) dies() bool { d.at--; return d.at == 0 }

func (d *dyingDevice) Run(ctx context.Context, command string) (adb.Output, error) {
	dies := d.dies()
	if dies && !d.after {
		return adb.Output{}, errGone
	}
	out, err := d.simDevice.Run(ctx, command)
	if dies {
		return adb.Output{}, errGone
	}
	return out, err
}

func (d *dyingDevice) Push(ctx context.Context, src io.Reader, remote string, o adb.PushOptions) error {
	dies := d.dies()
	if dies && !d.after {
		return errGone
	}
	err := d.simDevice.Push(ctx, src, remote, o)
	if dies {
		return errGone
	}
	return err
}

// Whichever command the process dies at, the file goes exactly once, and
// nothing of it stays on the phone.
func TestAFileGoesOnceWhateverDies(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at := 1; at <= 14; at++ {
			t.Run(fmt.Sprintf("command %d, effect %v", at, after), func(t *testing.T) {
				r := newRig(t, phonesim.Config{})
				f := withFiles(r)
				if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: bob, Text: "send me that"}); err != nil {
					t.Fatal(err)
				}
				dying := &dyingDevice{simDevice: r.dev, at: at, after: after}
				first := true
				open := func(context.Context) (Device, error) {
					if first {
						first = false
						return dying, nil
					}
					return r.dev, nil
				}
				r.s.cfg.Open = open
				m := fileMessage(f, 1, "image", "image/jpeg", "", "a caption", jpegBytes)
				_, err := r.send(m)
				again := New(r.s.cfg) // a new process
				r.s = again
				if err != nil {
					if m.Intent != nil {
						state, err := r.resolved(m)
						if err != nil {
							t.Fatal(err)
						}
						if state == wabridge.Queued {
							m.Intent = nil
						}
					}
					if m.Intent == nil {
						if _, err := r.deliver(m); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := r.sim.Settle(t.Context()); err != nil {
					t.Fatal(err)
				}
				r.ledger(bob, "a caption")
				if _, err := r.s.device(t.Context()); err != nil {
					t.Fatal(err)
				}
				r.s.tidy(t.Context(), r.s.litterEnd(), "")
				if left := r.onPhone(); left != "" {
					t.Errorf("on the phone: %s", left)
				}
			})
		}
	}
}

func TestFilesInEveryLanguageAppAndVersion(t *testing.T) {
	for _, locale := range []string{"en", "pt", "es", "de", "ru"} {
		for i, android := range []int{10, 13, 15} {
			app := []string{"com.whatsapp", "com.whatsapp.w4b"}[i%2]
			t.Run(fmt.Sprintf("%s %s %d", locale, app, android), func(t *testing.T) {
				r := newRig(t, phonesim.Config{Locale: locale, App: app, Android: android})
				f := withFiles(r)
				for n, k := range kinds {
					if k.kind == "voice" { // looks like the song before it, and would wait for the next minute
						continue
					}
					if n == 1 {
						continue
					}
					m := fileMessage(f, n, k.kind, k.mime, k.name, k.caption, k.content)
					if _, err := r.send(m); err != nil {
						t.Fatalf("%s: %v", k.kind, err)
					}
				}
			})
		}
	}
}

// Two pictures without a caption in one minute are told apart by waiting.
func TestPicturesThatLookAlike(t *testing.T) {
	old := whatsapp.Bubble{Out: true, Media: "image", Time: "22:37", Status: whatsapp.TickSent}
	text := whatsapp.Bubble{Text: "hi", Time: "22:36"}
	next := whatsapp.Bubble{Out: true, Media: "image", Time: "22:37"}
	want := whatsapp.Want{Kind: "image"}
	for name, c := range map[string]struct {
		window []whatsapp.Bubble
		next   whatsapp.Bubble
		tells  bool
	}{
		"two of one minute, nothing before":   {[]whatsapp.Bubble{old, old}, next, false},
		"one of this minute behind a text":    {[]whatsapp.Bubble{text, old}, next, true},
		"two of this minute behind a text":    {[]whatsapp.Bubble{text, old, old}, next, false}, // the text may move out of sight
		"one of this minute alone in sight":   {[]whatsapp.Bubble{old}, next, false},
		"one, and the chat begins with it":    {[]whatsapp.Bubble{{Out: true, Media: "image", Time: "22:37", First: true}}, next, true},
		"one of another minute":               {[]whatsapp.Bubble{text, {Out: true, Media: "image", Time: "22:36"}}, next, true},
		"a text between":                      {[]whatsapp.Bubble{old, text}, next, true},
		"an empty chat":                       {nil, next, true},
		"its caption is another":              {[]whatsapp.Bubble{{Out: true, Media: "image", Text: "x", Time: "22:37"}}, next, true},
		"what came in looks alike and is not": {[]whatsapp.Bubble{{Media: "image", Time: "22:37"}}, next, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := whatsapp.Tells(want, c.window, c.next); got != c.tells {
				t.Errorf("tells %v, want %v", got, c.tells)
			}
		})
	}
}

func TestThePhonesMinute(t *testing.T) {
	if m, rest := minuteOf("22:37:05\n"); m != "22:37" || rest.Seconds() != 56 {
		t.Errorf("got %q, %s", m, rest)
	}
	if m, rest := minuteOf("sh: date: not found"); m != "" || rest.Seconds() != 60 {
		t.Errorf("got %q, %s", m, rest)
	}
	for _, c := range []struct {
		shown, minute string
		want          bool
	}{{"22:37", "22:37", true}, {"10:37 PM", "22:37", true}, {"22:36", "22:37", false}, {"12:00 am", "00:00", true}, {"", "22:37", true}, {"yesterday", "22:37", true}, {"22:37", "", true}} {
		if got := sameMinute(c.shown, c.minute); got != c.want {
			t.Errorf("%q in %q: %v, want %v", c.shown, c.minute, got, c.want)
		}
	}
}

func TestContentURIs(t *testing.T) {
	f := &pushed{folder: "0123abcd-sx1-89abcdef", kind: "video"}
	for name, c := range map[string]struct{ out, want string }{
		"scanned":            {"Result: Bundle[{android.intent.extra.STREAM=content://media/external_primary/images/media/31}]\n", "content://media/external_primary/images/media/31"},
		"not there":          {"Result: Bundle[{android.intent.extra.STREAM=null}]\n", ""},
		"by the list":        {"Result: null\nRow: 7 _id=32, _data=/storage/emulated/0/Download/wabridge/0123abcd-sx1-89abcdef/file.mp4\n", "content://media/external/video/media/32"},
		"another file's row": {"Row: 7 _id=32, _data=/storage/emulated/0/Download/x.mp4\n", ""},
		"another's stream":   {"STREAM=content://com.evil/1", ""},
		"an error":           {"Error while accessing provider:media\njava.lang.IllegalArgumentException: Invalid token\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := contentURI(c.out, f); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for i := range c.out {
				contentURI(c.out[:i], f)
			}
		})
	}
	if !strings.Contains(indexScript(&pushed{path: "/sdcard/Download/wabridge/a/it's.pdf"}), `it'\''s`) {
		t.Error("a quote in the name is not quoted")
	}
}

// Another file of the same name on the phone: the picker proves nothing.
func TestNoPickerForTwoFilesOfOneName(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	f := withFiles(r)
	var out strings.Builder
	r.sim.Exec(t.Context(), "mkdir -p /sdcard/Documents; echo secret > /sdcard/Documents/a.pdf; content call --method scan_file --uri content://media --arg /sdcard/Documents/a.pdf", strings.NewReader(""), &out, &out)
	if err := r.sim.Fault(phonesim.Fault{Kind: "share_picker", Count: 20}); err != nil {
		t.Fatal(err)
	}
	_, err := r.send(fileMessage(f, 1, "document", "application/pdf", "a.pdf", "", []byte("ours")))
	if wabridge.CodeOf(err) != wabridge.CodeWrongChat {
		t.Errorf("got %v, want code %d", err, wabridge.CodeWrongChat)
	}
	r.ledger(bob)
}
