package daemon

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// draft makes a message to a person: a text, or a file with text as its caption.
func (r *rig) draft(kind, text, name, to string) queue.Draft {
	r.t.Helper()
	m := wabridge.Message{
		Phone: benchPhone, Direction: wabridge.Out, Chat: wabridge.UserJID(to), Number: to, Input: to, Type: kind, Text: wabridge.Text(text),
	}
	if kind == "text" {
		return queue.Draft{Message: m}
	}
	mime, content := "image/jpeg", "\xff\xd8\xff\xe0 a picture \xff\xd9"
	switch kind {
	case "document":
		mime, content = "application/pdf", "%PDF-1.7 a file"
	case "sticker":
		mime, content = "image/webp", "RIFF\x1a\x00\x00\x00WEBPVP8 a sticker"
	}
	file, err := r.d.files.Put(context.Background(), strings.NewReader(content), 1<<20)
	if err != nil {
		r.t.Fatal(err)
	}
	m.Media = &wabridge.Media{ID: "1", MIME: mime, SHA256: file.SHA256, Size: file.Size, Name: name}
	return queue.Draft{Message: m}
}

func (r *rig) enqueue(drafts ...queue.Draft) (ids []string) {
	r.t.Helper()
	got, err := r.d.db.Enqueue(context.Background(), drafts...)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, a := range got {
		ids = append(ids, a.Message.ID)
	}
	return ids
}

// ended waits until each message was sent, has failed, or is in doubt for
// longer than limit.
func (r *rig) ended(limit time.Duration, ids ...string) {
	r.t.Helper()
	deadline := time.Now().Add(limit)
	r.until("the messages to end", func() bool {
		for _, id := range ids {
			switch m := r.message(id); {
			case m.State == wabridge.Unconfirmed && time.Now().After(deadline):
			case m.State.Open():
				return false
			}
		}
		return true
	})
}

// copies counts what left for a person, by kind, text and name.
func (r *rig) copies(to string) map[string]int {
	n := map[string]int{}
	for _, s := range r.sim.Sent() {
		if s.To == to && !s.Human {
			n[s.Kind+"\x00"+s.Text]++
		}
	}
	return n
}

// A document whose caption is the name of its file leaves once, and so does the
// text behind it.
func TestCaptionThatIsTheFileNameLeavesOnce(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	ids := r.enqueue(r.draft("document", "a.pdf", "a.pdf", ann), r.draft("text", "next", "", ann),
		r.draft("document", "a", "a.pdf", ann), r.draft("document", "", "a.pdf", ann), r.draft("text", "a.pdf", "", ann))
	r.ended(10*time.Second, ids...)
	for _, id := range ids {
		if m := r.message(id); m.State.CloudStatus() == "" || m.State == wabridge.Failed {
			t.Errorf("%s %q is %s: %q", m.Type, m.Text, m.State, m.Reason)
		}
	}
	if sent := r.sim.Sent(); len(sent) != len(ids) {
		t.Errorf("%d messages left, want %d: %+v", len(sent), len(ids), sent)
	}
	r.calm(patience())
	if echoes := r.recorded(wabridge.EventEcho); total(echoes) != 0 {
		t.Errorf("recorded as typed by a person: %q", echoes)
	}
}

// nasty are pieces of which texts, captions and file names are drawn: what the
// app, a dump or a file system may show in another form.
var nasty = []string{
	"a", "b", "Photo", "Document", "1", ".", "..", " ", "  ", "\u00a0", "\u202f", "\n", "\r\n", "\r", "\t", "*", "**", "***", "_", "~", "`", "```",
	"1. ", "- ", "* ", "> ", "• ", "…", "... ", "\u202e", "\u200f", "\u200e", "\u2066", "\u2069", "\u200b", "\u200d", "\ufeff", "e\u0301", "é", "ﬁ",
	"❤\ufe0f", "❤", "👍", "👍🏽", "👩\u200d👧", "שלום", "مرحبا", "%", "&", "'", "\"", "\\", "$x", "<b>", "\x07", "\u0085", "\u2028", "(1)", "pdf", ".pdf",
	strings.Repeat("long ", 200),
}

func nastyText(rng *rand.Rand) string {
	var b strings.Builder
	for range 1 + rng.IntN(6) {
		b.WriteString(nasty[rng.IntN(len(nasty))])
	}
	return b.String()
}

// TestNastyTextsNeverLeaveTwice sends random texts, captions and file names. Each
// message leaves at most once, is told as sent if it was, and the queue goes on.
// WABRIDGE_TEST_NASTY is how many messages are sent in each of the two rows.
func TestNastyTextsNeverLeaveTwice(t *testing.T) {
	count := 24
	if n, err := strconv.Atoi(os.Getenv("WABRIDGE_TEST_NASTY")); err == nil {
		count = n
	}
	var wg sync.WaitGroup
	for seed := range uint64(2) {
		wg.Go(func() {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { nastyTexts(t, rand.New(rand.NewPCG(seed, 3)), count) })
		})
	}
	wg.Wait()
}

func nastyTexts(t *testing.T, rng *rand.Rand, count int) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	people := []string{ann, ben, eve}
	var ids []string
	for range count {
		kind := []string{"text", "document", "document", "image"}[rng.IntN(4)]
		text, name := nastyText(rng), nastyText(rng)
		if kind == "document" && rng.IntN(3) == 0 {
			text = name
		}
		if kind == "text" && strings.TrimSpace(text) == "" {
			text += "x"
		}
		ids = append(ids, r.enqueue(r.draft(kind, text, name, people[rng.IntN(len(people))]))...)
	}
	r.ended(30*time.Second, ids...)
	states := map[wabridge.State]int{}
	wanted, told := map[string]int{}, map[string]int{}
	for _, id := range ids {
		m := r.message(id)
		states[m.State]++
		if m.Taps > wabridge.MaxTaps {
			t.Errorf("%s %q was tapped %d times", m.Type, m.Text, m.Taps)
		}
		wanted[m.Number]++
		if m.State.CloudStatus() != "" && m.State != wabridge.Failed {
			told[m.Number]++
		} else {
			t.Logf("%s %q %+v is %s: %d %s", m.Type, m.Text, m.Media, m.State, m.Code, m.Reason)
		}
	}
	for _, to := range people {
		left := 0
		for _, n := range r.copies(to) {
			left += n
		}
		if left > wanted[to] || left < told[to] {
			t.Errorf("%d messages left for %s; %d were accepted, %d are told as sent", left, to, wanted[to], told[to])
		}
	}
	t.Logf("%v", states)
	if bad := states[wabridge.Unconfirmed] + states[wabridge.Failed]; bad > count/4 {
		t.Errorf("%d of %d did not become sent: %v", bad, count, states)
	}
}

// Pictures without a caption leave once each and are found, although others
// write more than a screen between the tap and the look. (A chat that grows faster
// than it can be scrolled leaves them undecided.)
func TestPicturesAreFoundWhileOthersWrite(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	r.send("before", ann)
	r.drain()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(150 * time.Millisecond):
				r.incoming(fmt.Sprintf("line %d\nof a\nlong story", n), ann)
			}
		}
	})
	var drafts []queue.Draft
	for range 3 {
		drafts = append(drafts, r.draft("image", "", "", ann))
	}
	ids := r.enqueue(append(drafts, r.draft("text", "behind them", "", ann))...)
	r.until("the pictures and the text behind them", func() bool {
		m := r.message(ids[len(ids)-1])
		return !m.State.Open() || m.Undecided()
	})
	close(stop)
	wg.Wait()
	for _, id := range ids {
		if m := r.message(id); m.State == wabridge.Unconfirmed || m.State == wabridge.Failed {
			t.Errorf("%s is %s: %q", m.Type, m.State, m.Reason)
		}
	}
	if n := len(r.sim.Sent()); n != len(ids)+1 {
		t.Errorf("%d messages left, want %d", n, len(ids)+1)
	}
}

// Files of all kinds and texts leave for three people, some with the words that
// the people use themselves, while all of them write: each leaves once and is
// found soon, and nothing is recorded but what people wrote.
func TestFilesAreFoundWhileEverybodyWrites(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			r := newRig(t, phonesim.Config{Identity: []string{"pn", "lid"}[seed%2], Seed: seed})
			r.anyOrder = true
			r.waitState(wabridge.PhoneReady)
			people := []string{"15550002201", "15550002202", "15550002203"}
			said := []string{"ok", "a.pdf", "Photo", "line\nof\na story"}
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() { keepWriting(r, stop, rand.New(rand.NewPCG(seed, 8)), people, said) })
			var ids []string
			for range 12 {
				kind := []string{"image", "image", "image", "document", "sticker", "text"}[rng.IntN(6)]
				text, name := "", ""
				if kind == "text" || kind != "sticker" && rng.IntN(3) == 0 {
					text = said[rng.IntN(len(said))]
				}
				if kind == "document" {
					name = "a.pdf"
				}
				ids = append(ids, r.enqueue(r.draft(kind, text, name, people[rng.IntN(len(people))]))...)
				time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
			}
			settled := func() bool {
				return !slices.ContainsFunc(ids, func(id string) bool { m := r.message(id); return m.State.Open() && !m.Undecided() })
			}
			r.until("the files and texts", settled)
			close(stop)
			wg.Wait()
			for _, id := range ids {
				if m := r.message(id); m.State == wabridge.Unconfirmed || m.State == wabridge.Failed || m.Taps > 1 {
					t.Errorf("%s is %s after %d taps: %q", m.Type, m.State, m.Taps, m.Reason)
				}
			}
			if n := len(r.sim.Sent()); n != len(ids) {
				t.Errorf("%d messages left, want %d", n, len(ids))
			}
			if n := r.recorded(wabridge.EventEcho); len(n) > 0 {
				t.Errorf("echoes: %q", n)
			}
		})
	}
}

// keepWriting lets people write until stop is closed.
func keepWriting(r *rig, stop <-chan struct{}, rng *rand.Rand, people, said []string) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(50+rng.IntN(500)) * time.Millisecond):
		}
		text := said[rng.IntN(len(said))]
		if rng.IntN(2) == 0 {
			text = fmt.Sprint("in ", n)
		}
		r.incoming(text, people[rng.IntN(len(people))])
	}
}
