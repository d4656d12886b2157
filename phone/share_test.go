package phone

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// memFiles are files by hash.
type memFiles map[string][]byte

func (f memFiles) Open(_ context.Context, hash string) (io.ReadCloser, int64, error) {
	b, ok := f[hash]
	if !ok {
		return nil, 0, wabridge.Fail(wabridge.CodeNotFound, nil, "no such file")
	}
	return io.NopCloser(bytes.NewReader(b)), int64(len(b)), nil
}

func (f memFiles) put(b []byte) string {
	sum := sha256.Sum256(b)
	hash := hex.EncodeToString(sum[:])
	f[hash] = b
	return hash
}

// withFiles lets a rig's session carry files.
func withFiles(r *rig) memFiles {
	f := memFiles{}
	r.s.cfg.Files = f
	return f
}

func fileMessage(f memFiles, n int, kind, mime, name, caption string, content []byte) *wabridge.Message {
	m := message(n, bob, caption)
	m.Type = kind
	m.Media = &wabridge.Media{ID: fmt.Sprint(n), MIME: mime, Name: name, SHA256: f.put(content), Size: int64(len(content)), Voice: kind == "voice"}
	if kind == "voice" {
		m.Type = "audio"
	}
	return m
}

// onPhone lists what lies in our folder on the phone.
func (r *rig) onPhone() string {
	var out bytes.Buffer
	r.sim.Exec(r.t.Context(), "ls -R /sdcard/Download/wabridge 2>/dev/null", strings.NewReader(""), &out, &out)
	return strings.TrimSpace(out.String())
}

const vcard = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Example\r\nTEL;TYPE=CELL;waid=15550001002:+15550001002\r\nEND:VCARD\r\n"

var kinds = []struct {
	kind, mime, name, caption string
	content                   []byte
	ledger                    string // the kind that the phone took it for
}{
	{"image", "image/jpeg", "", "a caption\nof two lines 👍", jpegBytes, "image"},
	{"image", "image/png", "p.png", "", []byte("\x89PNG\r\n\x1a\nnot really"), "image"},
	{"video", "video/mp4", "", "moving", []byte("....ftypmp42"), "video"},
	{"audio", "audio/mpeg", "song.mp3", "", []byte("ID3 sound"), "audio"},
	{"voice", "audio/ogg; codecs=opus", "", "", []byte("OggS voice"), "audio"},
	{"document", "application/pdf", "Angebot \"Müller\" & Söhne: 2026.pdf", "see *page* 2", []byte("%PDF-1.7"), "document"},
	{"document", "text/plain", "notes.txt", "", []byte("plain"), "document"},
	{"sticker", "image/webp", "", "", []byte("RIFF....WEBPVP8 "), ""},
	{"contacts", "text/x-vcard", "Ann Example.vcf", "", []byte(vcard), "contact"},
}

var jpegBytes = []byte("\xff\xd8\xff\xe0 a picture \xff\xd9")

func TestFilesArrive(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.kind+" "+k.mime+" "+k.caption, func(t *testing.T) {
			r := newRig(t, phonesim.Config{})
			f := withFiles(r)
			m := fileMessage(f, 1, k.kind, k.mime, k.name, k.caption, k.content)
			state, err := r.send(m)
			if err != nil {
				t.Fatalf("%v\n%s", err, strings.Join(r.dev.commands(), "\n"))
			}
			if state != wabridge.Handed && state.CloudStatus() == "" {
				t.Errorf("state %q, want one of a bubble", state)
			}
			if err := r.sim.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			sent := r.sim.Sent()
			if len(sent) != 1 || sent[0].To != bob || sent[0].Text != k.caption {
				t.Fatalf("ledger %+v", sent)
			}
			if k.ledger != "" && sent[0].Kind != k.ledger {
				t.Errorf("went as %s, want %s", sent[0].Kind, k.ledger)
			}
			if got := sent[0].Media; got == nil || got.SHA256 != m.Media.SHA256 {
				t.Errorf("ledger's file %+v, want %s", got, m.Media.SHA256)
			}
		})
	}
}

func TestAFileIsFewServicesAndLeavesNothing(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	f := withFiles(r)
	if err := r.s.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.dev.commands()
	if _, err := r.send(fileMessage(f, 1, "image", "image/jpeg", "", "hi", jpegBytes)); err != nil {
		t.Fatal(err)
	}
	cmds := r.dev.commands()
	dumps := 0
	for _, c := range cmds {
		if strings.Contains(c, "uiautomator dump") {
			dumps++
		}
	}
	if len(cmds) > 10 || dumps > 3 {
		t.Errorf("%d services and %d dumps, want at most 10 and 3:\n%s", len(cmds), dumps, strings.Join(cmds, "\n"))
	}
	if err := r.sim.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.s.tidy(t.Context(), r.s.litterEnd(), "")
	if left := r.onPhone(); left != "" {
		t.Errorf("on the phone: %s", left)
	}
}

// resolved asks what became of a message until it is known, as the lane does.
func (r *rig) resolved(m *wabridge.Message) (wabridge.State, error) {
	r.t.Helper()
	for range queue.MaxLooks {
		state, err := r.s.Resolve(r.t.Context(), m)
		if err == nil || wabridge.CodeOf(err) == wabridge.CodeMediaUpload {
			return state, err
		}
		r.t.Log("look:", err)
	}
	r.t.Fatal("it could not be found out")
	return "", nil
}

// litterEnd is a time when everything has lain on the phone long enough.
func (s *Session) litterEnd() (end time.Time) { return time.Now().Add(2 * keepPushed) }
