package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/adb"
	"github.com/wabridge/wabridge/media"
	"github.com/wabridge/wabridge/queue"
)

const pkg = "com.whatsapp"

// forbidden is the content of a file that the phone does not let be read.
const forbidden = "nobody reads this"

// A phone is a storage that can be unplugged.
type phone struct {
	mu    sync.Mutex
	files map[string][]byte
	times map[string]time.Time
	gone  bool
	pulls int
}

func (p *phone) put(kind, name string, content []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.files == nil {
		p.files, p.times = map[string][]byte{}, map[string]time.Time{}
	}
	full := path.Join(places(pkg, 0, kind)[0], name)
	p.files[full], p.times[full] = content, time.Now().Truncate(time.Second)
}

func (p *phone) unplug(gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = gone
}

func (p *phone) device(ctx context.Context) (Device, error) {
	p.mu.Lock()
	gone := p.gone
	p.mu.Unlock()
	if gone {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return p, nil
}

func (p *phone) List(_ context.Context, dir string) (out []Entry, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, b := range p.files {
		if path.Dir(name) == dir {
			out = append(out, Entry{Path: name, Size: int64(len(b)), Time: p.times[name]})
		}
	}
	return out, nil
}

func (p *phone) Pull(_ context.Context, name string, to io.Writer) error {
	p.mu.Lock()
	b := p.files[name]
	p.pulls++
	gone := p.gone
	p.mu.Unlock()
	if gone {
		return errors.New("unplugged")
	}
	if string(b) == forbidden {
		return &adb.FileError{Errno: 13}
	}
	_, err := io.Copy(to, bytes.NewReader(b))
	return err
}

// A store is the database of one phone's messages, in memory.
type store struct {
	mu      sync.Mutex
	list    []wabridge.Message
	done    map[string]wabridge.Message
	urls    map[string]bool
	changed chan struct{}
}

func newStore() *store {
	return &store{done: map[string]wabridge.Message{}, urls: map[string]bool{}, changed: make(chan struct{})}
}

func (s *store) wait(ms ...wabridge.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, ms...)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *store) Unattached(context.Context, string, int) ([]wabridge.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]wabridge.Message(nil), s.list...), nil
}

func (s *store) Attach(_ context.Context, id string, r *queue.MediaRecord, code wabridge.Code, reason string) (wabridge.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range s.list {
		if m.ID != id {
			continue
		}
		s.list = append(s.list[:i:i], s.list[i+1:]...)
		m.Code, m.Reason, m.Media = code, reason, nil
		if r != nil {
			m.Media = &r.Media
			s.urls[r.URL] = true
		}
		s.done[id] = m
		return m, nil
	}
	return wabridge.Message{}, wabridge.Fail(wabridge.CodeStale, nil, "it waits for nothing")
}

func (s *store) MediaByURL(_ context.Context, _, url string, _ time.Time) (queue.MediaRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.urls[url] {
		return queue.MediaRecord{}, nil
	}
	return queue.MediaRecord{}, wabridge.Fail(wabridge.CodeNotFound, nil, "no")
}

func (s *store) got(id string) (wabridge.Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.done[id]
	return m, ok
}

// A rig is a Worker that runs in fake time.
type rig struct {
	*testing.T
	store *store
	phone *phone
	files *media.Store
	w     *Worker
}

func inFakeTime(t *testing.T, o media.Options, c Config, do func(*rig)) {
	t.Helper()
	o.Reserve = -1
	files, err := media.Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, store: newStore(), phone: &phone{}, files: files}
		c.Phone, c.Store, c.Files, c.Device = wabridge.Phone{ID: "1", Package: pkg}, r.store, files, r.phone.device
		r.w = New(c)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := r.w.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
		})
		do(r)
		cancel()
		wg.Wait()
	})
}

// message is one that waits for a file of a kind.
func message(id, chat, typ, text string) wabridge.Message {
	return wabridge.Message{ID: id, Chat: chat, Type: typ, Text: wabridge.Text(text), Created: time.Now(), Source: "notification",
		Body: []byte(`{}`), Media: &wabridge.Media{Pending: true}}
}

// after lets time pass and insists on what became of a message: the content of
// its file, or "" and a code.
func (r *rig) after(d time.Duration, id, content string, code wabridge.Code, says string) {
	r.Helper()
	time.Sleep(d)
	synctest.Wait()
	m, ok := r.store.got(id)
	switch {
	case !ok:
		r.Errorf("%s still waits after %v", id, d)
	case content != "":
		if m.Media == nil || m.Media.Size != int64(len(content)) {
			r.Fatalf("%s: got %+v (%d %s), want %q", id, m.Media, m.Code, m.Reason, content)
		}
		f, err := r.files.File(m.Media.SHA256)
		if err != nil {
			r.Fatal(err)
		}
		defer f.Close()
		if b, err := io.ReadAll(f); err != nil || string(b) != content {
			r.Errorf("%s: got %q (%v), want %q", id, b, err, content)
		}
	case m.Media != nil || m.Code != code || !strings.Contains(m.Reason, says):
		r.Errorf("%s: got %+v, %d %q; want %d and %q", id, m.Media, m.Code, m.Reason, code, says)
	}
}

func (r *rig) waitsStill(d time.Duration, id string) {
	r.Helper()
	time.Sleep(d)
	synctest.Wait()
	if m, ok := r.store.got(id); ok {
		r.Errorf("%s waits no longer: %+v %d %s", id, m.Media, m.Code, m.Reason)
	}
}

func TestWorkerAttaches(t *testing.T) {
	inFakeTime(t, media.Options{}, Config{}, func(r *rig) {
		r.store.wait(message("v", "a", "video", "🎥 Video"))
		r.waitsStill(10*time.Second, "v")
		r.phone.put(video, "VID-20000101-WA0000.mp4", []byte("film"))
		r.after(5*time.Second, "v", "film", 0, "")
		// The same file is nobody else's, after a restart either.
		r.w.files = map[string]*seen{}
		m := message("v2", "b", "video", "🎥 Video")
		m.Created = m.Created.Add(-time.Hour)
		r.store.wait(m)
		r.after(2*time.Minute, "v2", "", wabridge.CodeMediaDownload, "auto-download")
	})
}

func TestWorkerHearsOfPictures(t *testing.T) {
	inFakeTime(t, media.Options{}, Config{}, func(r *rig) {
		r.store.wait(message("a", "a", "image", "📷 Photo"), message("b", "b", "image", "📷 Photo"))
		r.phone.put(image, "IMG-20000101-WA0000.jpg", []byte("of b"))
		r.waitsStill(20*time.Second, "b")
		r.w.Here("b")
		r.after(time.Second, "b", "of b", 0, "")
		r.phone.put(image, "IMG-20000101-WA0001.jpg", []byte("of a"))
		r.w.Here("a")
		r.after(time.Second, "a", "of a", 0, "")
	})
}

func TestWorkerGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		text, body string
		files      []string
		o          media.Options
		max        int64
		code       wabridge.Code
		says       string
	}{
		"nothing came":     {text: "🎥 Video", body: `{}`, code: wabridge.CodeMediaDownload, says: "auto-download"},
		"it was typed":     {text: "🎥 a film?", body: `{"caption":"a film?"}`, code: wabridge.CodeNone},
		"one of two":       {text: "🎥 Video", body: `{}`, files: []string{"one", "two"}, code: wabridge.CodeMediaDownload, says: "cannot be told"},
		"too large":        {text: "🎥 Video", body: `{}`, files: []string{"123456"}, max: 5, code: wabridge.CodeMediaDownload, says: "media.max_size"},
		"no room":          {text: "🎥 Video", body: `{}`, files: []string{"123456"}, o: media.Options{Quota: 3}, code: wabridge.CodeMediaDownload, says: "media.quota"},
		"not to be read":   {text: "🎥 Video", body: `{}`, files: []string{forbidden}, code: wabridge.CodeMediaDownload, says: "does not let"},
		"empty files only": {text: "🎥 Video", body: `{}`, files: []string{""}, code: wabridge.CodeMediaDownload, says: "auto-download"},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, c.o, Config{MaxSize: c.max}, func(r *rig) {
				m := message("m", "a", "video", c.text)
				m.Body = []byte(c.body)
				r.store.wait(m)
				for i, f := range c.files {
					r.phone.put(video, string(rune('a'+i))+".mp4", []byte(f))
				}
				r.waitsStill(55*time.Second, "m")
				r.after(15*time.Second, "m", "", c.code, c.says)
				if r.files.Used() != 0 {
					r.Errorf("%d bytes stay", r.files.Used())
				}
			})
		})
	}
}

// TestWorkerLateFile: who got no file may be the owner of a late one, so nobody
// else gets it.
func TestWorkerLateFile(t *testing.T) {
	inFakeTime(t, media.Options{}, Config{}, func(r *rig) {
		r.store.wait(message("a", "a", "video", "🎥 Video"))
		r.after(70*time.Second, "a", "", wabridge.CodeMediaDownload, "auto-download")
		r.store.wait(message("b", "b", "video", "🎥 Video"))
		r.phone.put(video, "VID-20000101-WA0000.mp4", []byte("of a, or of b"))
		r.after(70*time.Second, "b", "", wabridge.CodeMediaDownload, "cannot be told")
		time.Sleep(ghostTime)
		r.store.wait(message("c", "c", "video", "🎥 Video"))
		r.phone.put(video, "VID-20000101-WA0001.mp4", []byte("of c"))
		r.after(10*time.Second, "c", "of c", 0, "")
	})
}

func TestWorkerWaitsForThePhone(t *testing.T) {
	inFakeTime(t, media.Options{}, Config{}, func(r *rig) {
		r.phone.unplug(true)
		r.store.wait(message("a", "a", "video", "🎥 Video"))
		r.waitsStill(5*time.Minute, "a")
		r.phone.unplug(false)
		r.phone.put(video, "VID-20000101-WA0000.mp4", []byte("film"))
		r.after(30*time.Second, "a", "film", 0, "")
		r.phone.unplug(true)
		r.store.wait(message("b", "b", "video", "🎥 Video"))
		r.after(12*time.Minute, "b", "", wabridge.CodeMediaDownload, "could not be reached")
	})
}

func TestWorkerVoiceNotesByLength(t *testing.T) {
	inFakeTime(t, media.Options{}, Config{}, func(r *rig) {
		five, nine := message("five", "a", "audio", "🎤 Voice message (0:05)"), message("nine", "b", "audio", "🎤 Voice message (0:09)")
		five.Media.Voice, nine.Media.Voice = true, true
		r.store.wait(five, nine)
		r.phone.put(voice, "PTT-20000101-WA0000.opus", note(9))
		r.phone.put(voice, "PTT-20000101-WA0001.opus", note(5))
		r.after(10*time.Second, "five", string(note(5)), 0, "")
		r.after(0, "nine", string(note(9)), 0, "")
		if m, _ := r.store.got("nine"); m.Media == nil || m.Media.MIME != "audio/ogg; codecs=opus" || !m.Media.Voice {
			r.Errorf("got %+v", m.Media)
		}
		if r.phone.pulls != 2 {
			r.Errorf("pulled %d times, want each once", r.phone.pulls)
		}
	})
}

// note is an Opus file of some seconds: a head, and a last page that says how
// many samples have passed (RFC 3533, RFC 7845).
func note(seconds int) []byte {
	page := func(samples int, packet string) []byte {
		b := append([]byte("OggS\x00\x00"), make([]byte, 20)...)
		for i := range 8 {
			b[6+i] = byte(samples >> (8 * i))
		}
		b = append(b, 1, byte(len(packet)))
		return append(b, packet...)
	}
	head := page(0, "OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00")
	return append(head, page(312+48000*seconds, "sound")...)
}
