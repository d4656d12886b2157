package inbox

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

// TestEachMessageExactlyOnceOverRestarts is TestEachMessageExactlyOnce with fresh
// processes at random moments, pictures of ours and of others between equal and
// blank texts, and groups whose people alternate. Each message is recorded once
// and as its sender's. WABRIDGE_TEST_WORLDS is how many seeds are run.
func TestEachMessageExactlyOnceOverRestarts(t *testing.T) {
	seeds := uint64(300)
	if n, err := strconv.ParseUint(os.Getenv("WABRIDGE_TEST_WORLDS"), 10, 32); err == nil {
		seeds = n
	}
	failed := 0
	for seed := range seeds {
		m := &memory{}
		var w *world
		w = newWorld(t, seed, m, func(s said) {
			sent := wabridge.Message{Text: wabridge.Text(s.text), State: wabridge.Sent, Tapped: w.now, HandedAt: w.now.Add(300 * time.Millisecond), Created: w.now}
			if s.text == "📷 Photo" {
				sent.Text, sent.Type, sent.Media = "", "image", &wabridge.Media{}
			}
			m.sent(w.ref(), sent)
		})
		w.words = []string{"ok", "ok", "hi", "\n", "_", "two\nlines", "📷 Photo"}
		w.runOver(60)
		want, got := lines(w.truth, m.list)
		if wrong := strangers(w.truth, m.list); !slices.Equal(want, got) || w.group && len(wrong) > 0 {
			failed++
			t.Errorf("seed %d:\nwant %q\n got %q\nanother's: %q", seed, want, got, wrong)
			if failed == 1 {
				t.Log(strings.Join(w.trace, "\n"))
			}
		}
		if failed > 20 {
			break
		}
	}
	t.Logf("%d of %d worlds failed", failed, seeds)
}

// restart is a fresh process: it knows what is stored, and nothing else. It reads
// the notifications first, then what is on the screen.
func (w *world) restart() {
	if w.late != nil { // it was read, and died with the process
		w.late = nil
	}
	zone := w.r.zone
	w.r = New(Config{Phone: wabridge.Phone{ID: "1"}, Store: w.r.cfg.Store})
	w.r.zone, w.fresher = zone, len(w.truth)
	w.now = w.now.Add(time.Duration(w.rnd.IntN(3000)) * time.Millisecond)
	w.note("restarted (open %v)", w.open)
	w.check()
	if w.open {
		w.back()
		w.open = false
	}
}

// back is the first look of a process into the chat: it goes back to a message of
// ours that left before it began, as phone.Session.readBack does.
func (w *world) back() {
	size := 12
	for i := w.fresher - 1; i >= 0 && len(w.truth)-i < 60; i-- {
		if size = max(12, len(w.truth)-i); w.truth[i].who == "ours" {
			break
		}
	}
	w.fresher = 0
	w.look(size)
}

func (w *world) runOver(steps int) {
	for range steps {
		switch {
		case w.rnd.IntN(12) == 0:
			w.restart()
		case w.fresher > 0 && !w.open && w.rnd.IntN(3) == 0:
			w.check()
			w.open, w.posted, w.unread = true, nil, 0
			w.note("opened by a fresh process")
			w.back()
		case w.fresher > 0:
			w.now = w.now.Add(time.Duration(w.rnd.IntN(40)) * time.Second / 2)
			w.say("in")
			if len(w.posted) > w.cap-2 {
				w.check()
			}
		default:
			w.step()
		}
	}
	w.check()
	w.open, w.posted, w.unread = true, nil, 0
	w.back()
}

// strangers are the messages that are recorded as another person's. A name that
// was out of sight is not known.
func strangers(truth []said, list []wabridge.Message) (wrong []string) {
	n := map[string]int{}
	for _, s := range truth {
		if s.who == "in" {
			n[s.name+" "+plainShown(s.text)]++
		}
	}
	for _, m := range list {
		key := m.Name + " " + plainShown(string(m.Text))
		if n[key]--; m.Direction == wabridge.In && m.Name != "" && n[key] < 0 {
			wrong = append(wrong, key)
		}
	}
	return wrong
}

func plainShown(s string) string { return strings.ReplaceAll(s, "*", "") }
