package daemon

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// received waits for n message events, and gives their messages by the sender's
// number, in order.
func (r *rig) heard(n int) map[string][]wabridge.Message {
	r.t.Helper()
	out := map[string][]wabridge.Message{}
	r.until("all incoming messages to be told of", func() bool {
		clear(out)
		events, _, err := r.d.db.Events(context.Background(), 0, 1000, queue.EventFilter{Kinds: []wabridge.EventKind{wabridge.EventMessage}})
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range events {
			var m wabridge.Message
			if err := json.Unmarshal(e.Data, &m); err != nil {
				r.t.Fatal(err)
			}
			out[m.Number] = append(out[m.Number], m)
		}
		return len(events) >= n
	})
	return out
}

func (r *rig) incomingFile(m phonesim.IncomingMessage) {
	r.t.Helper()
	if _, err := r.sim.Incoming(m); err != nil {
		r.t.Fatal(err)
	}
}

// TestIncomingFiles: what people send comes with its event, each kind with its
// type, name and caption.
func TestIncomingFiles(t *testing.T) {
	r := newRig(t, phonesim.Config{}, func(c *Config) { c.Media.Wait = 5 * time.Second })
	r.waitState(wabridge.PhoneReady)
	for _, c := range []struct {
		kind string
		file phonesim.IncomingFile
	}{
		{"image", phonesim.IncomingFile{}},
		{"image", phonesim.IncomingFile{Caption: "look at this"}},
		{"video", phonesim.IncomingFile{}},
		{"voice", phonesim.IncomingFile{Seconds: 5}},
		{"audio", phonesim.IncomingFile{}},
		{"document", phonesim.IncomingFile{Filename: "Contract 1.pdf", File: []byte("%PDF-1.7\n of Ann")}},
		{"sticker", phonesim.IncomingFile{}},
	} {
		r.incomingFile(phonesim.IncomingMessage{From: "15550001002", Kind: c.kind, IncomingFile: c.file})
	}
	got := r.heard(7)
	byType := map[string][]wabridge.Message{}
	for _, m := range got["15550001002"] {
		byType[m.Type] = append(byType[m.Type], m)
		t.Logf("%s %s %s %q %+v", m.Source, m.Type, m.Body, m.Text, m.Media)
	}
	want := map[string][]string{
		"image": {"image/jpeg", "image/jpeg"}, "video": {"video/mp4"}, "audio": {"audio/ogg; codecs=opus", "audio/mpeg"},
		"document": {"application/pdf"}, "sticker": {"image/webp"},
	}
	hashes := map[string]bool{}
	for _, m := range r.sim.Received() {
		hashes[m.SHA256] = true
	}
	for typ, mimes := range want {
		if len(byType[typ]) != len(mimes) {
			t.Errorf("%s: got %d messages, want %d", typ, len(byType[typ]), len(mimes))
		}
		for _, m := range byType[typ] {
			if m.Media == nil || m.Media.Pending || !hashes[m.Media.SHA256] || m.Code != 0 {
				t.Errorf("%s: got %+v, code %d %s", typ, m.Media, m.Code, m.Reason)
			}
		}
	}
	if m := byType["document"]; len(m) == 1 && m[0].Media.Name != "Contract 1.pdf" {
		t.Errorf("document: named %q", m[0].Media.Name)
	}
	if !strings.Contains(string(byType["image"][1].Body), "look at this") && !strings.Contains(string(byType["image"][0].Body), "look at this") {
		t.Errorf("the caption is lost: %s, %s", byType["image"][0].Body, byType["image"][1].Body)
	}
}

// TestIncomingFilesOfManyChats: whatever comes at one time, nobody gets a file
// that is not his own; and what can be told apart is delivered.
func TestIncomingFilesOfManyChats(t *testing.T) {
	r := newRig(t, phonesim.Config{}, func(c *Config) { c.Media.Wait = 3 * time.Second })
	r.waitState(wabridge.PhoneReady)
	people := []string{"15550001002", "15550001003", "15550001004", "15550001005"}
	for i, p := range people {
		for _, kind := range []string{"image", "video", "document"} {
			file := phonesim.IncomingFile{Caption: kind + " of " + p}
			if kind == "document" {
				file = phonesim.IncomingFile{Filename: p + ".txt", File: []byte(strings.Repeat(p, 10+i))}
			}
			r.incomingFile(phonesim.IncomingMessage{From: p, Kind: kind, IncomingFile: file})
		}
	}
	got := r.heard(12)
	for _, p := range people {
		for _, m := range got[p] {
			if m.Type == "document" && (m.Media == nil || m.Media.SHA256 == "" || m.Media.Name != p+".txt") {
				t.Errorf("document of %s: got %+v, code %d; its name tells whose it is", p, m.Media, m.Code)
			}
		}
	}
	r.nobodyElses(got)
}

// TestIncomingFilesOneAfterTheOther: the phone's notification tells when it has a
// picture, and only one can be meant.
func TestIncomingFilesOneAfterTheOther(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	for i, p := range []string{"15550001002", "15550001003"} {
		r.incomingFile(phonesim.IncomingMessage{From: p, Kind: "image"})
		got := r.heard(i + 1)[p]
		if len(got) != 1 || got[0].Media == nil || got[0].Media.SHA256 == "" {
			t.Fatalf("picture of %s: got %+v", p, got)
		}
	}
	r.nobodyElses(r.heard(2))
}

// TestIncomingFileThatIsNotDownloaded: the message comes all the same, and says why.
func TestIncomingFileThatIsNotDownloaded(t *testing.T) {
	r := newRig(t, phonesim.Config{}, func(c *Config) { c.Media.Wait = time.Second })
	r.waitState(wabridge.PhoneReady)
	no := false
	r.incomingFile(phonesim.IncomingMessage{From: "15550001002", Kind: "image", IncomingFile: phonesim.IncomingFile{AutoDownload: &no}})
	m := r.heard(1)["15550001002"][0]
	if m.Type != "image" || m.Code != wabridge.CodeMediaDownload || !strings.Contains(m.Reason, "auto-download") || m.Media == nil || m.Media.SHA256 != "" {
		t.Errorf("got %+v with %+v", m, m.Media)
	}
	r.incoming("📷 is what I typed", "15550001003")
	m = r.heard(2)["15550001003"][0]
	if m.Type != "text" || string(m.Text) != "📷 is what I typed" || m.Media != nil {
		t.Errorf("got %+v, want the text that was typed", m)
	}
}

// nobodyElses checks that no message has a file that somebody else sent.
func (r *rig) nobodyElses(got map[string][]wabridge.Message) {
	r.t.Helper()
	for _, s := range r.sim.Received() {
		for from, list := range got {
			for _, m := range list {
				if m.Media != nil && m.Media.SHA256 == s.SHA256 && s.SHA256 != "" && from != s.From {
					r.t.Errorf("%s has a %s of %s", from, m.Type, s.From)
				}
			}
		}
	}
}
