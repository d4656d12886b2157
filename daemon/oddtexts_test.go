package daemon

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// oddTexts are texts that one of the places that show a message shows in another
// form, or not at all: the notification, the bubble, the preview in the list.
var oddTexts = []string{
	"\n", " ", "\t\n ", "\u200b", "\u200e\u200f", "\u2060\u2060", "\ufeff", "\ufffc", "\u00ad", "\u2800", "\u3164", "\ufe0f",
	"***", "_", "~~", "``", "> ", "- ", "* ", "1. ", "```\n```", "*\n_",
	"\x01\x02", "\x07", "a\x1bb", ".", "…", "...", "\u202eabc\u202c", "\u2067שלום\u2069", "a\u0301", "á", "e\u0301\u0301\u0301",
	"Photo", "📷 Photo", "You deleted this message", "This message was deleted", "Message", "Typing…",
	"hello", "hello ", " hello", "hello\n", "HELLO", "hel", "+1 555 000 2001", "22:37", "Read more", "a… Read more", "null", "You: hello", "Ann: hello",
	"a\nb", "a\r\nb", "a  b", "a\u00a0b", "=", ", text=x, time=1}]", "Bundle[{text=a, time=1}]", "]", "\\", "\"", "&#10;", "<b>",
}

// oddText makes one more of their kind.
func oddText(rng *rand.Rand) string {
	switch rng.IntN(8) {
	case 0, 1:
		return oddTexts[rng.IntN(len(oddTexts))]
	case 2:
		return strings.Repeat(oddTexts[rng.IntN(len(oddTexts))], 1+rng.IntN(12))
	case 3:
		return strings.Repeat(oddTexts[rng.IntN(len(oddTexts))], 1+rng.IntN(300))
	}
	var b strings.Builder
	for range 1 + rng.IntN(4) {
		b.WriteString(oddTexts[rng.IntN(len(oddTexts))])
	}
	return b.String()
}

// TestOddTexts has people write odd texts behind usual ones. Each is recorded
// once, and then there is an end: nothing is recorded, and no chat opened, for
// what is known. WABRIDGE_TEST_ODD is how many seeds are run.
func TestOddTexts(t *testing.T) {
	seeds := 1
	if n, err := strconv.Atoi(os.Getenv("WABRIDGE_TEST_ODD")); err == nil {
		seeds = n
	}
	t.Run("each", func(t *testing.T) {
		lines := make([][]string, 0, len(oddTexts))
		for i, text := range oddTexts {
			if i%3 == 0 || os.Getenv("WABRIDGE_TEST_ODD") != "" {
				lines = append(lines, []string{"hello", text})
			}
		}
		writeOdd(t, phonesim.Config{Seed: 1}, lines)
	})
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("random, seed ", seed+1), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed+1, 7))
			lines := make([][]string, 40)
			for i := range lines {
				for range 1 + rng.IntN(3) {
					lines[i] = append(lines[i], oddText(rng))
				}
				if rng.IntN(2) == 0 {
					lines[i] = append([]string{"hello"}, lines[i]...)
				}
			}
			writeOdd(t, phonesim.Config{Seed: seed + 1, Identity: []string{"pn", "lid"}[seed%2]}, lines)
		})
	}
}

// writeOdd has each of many people write their lines, some of whom get a message
// from us meanwhile, so that their chats are opened.
func writeOdd(t *testing.T, sim phonesim.Config, lines [][]string) {
	r := newRig(t, sim)
	r.waitState(wabridge.PhoneReady)
	for i, texts := range lines {
		from := fmt.Sprintf("1555333%04d", i)
		for j, text := range texts {
			if j == 1 && i%3 == 0 {
				r.send(fmt.Sprint("ours ", i), from)
			}
			r.incoming(text, from)
		}
	}
	if !r.drain() {
		return
	}
	r.checkOdd()
	r.still(4*time.Second, len(lines))
	r.checkOdd()
	r.checkLedger()
}

// checkOdd is checkIncoming for texts of which a phone may show a part, or
// another form: control characters are "." in every dump of the screen, and a
// long text is cut.
func (r *rig) checkOdd() {
	r.t.Helper()
	shown := func(lists map[string][]string) map[string][]string {
		for _, list := range lists {
			for i, text := range list {
				text, _, _ = strings.Cut(strings.TrimSpace(whatsapp.DumpText(text)), "…")
				list[i] = text[:min(len(text), 600)]
			}
		}
		return lists
	}
	var got, want map[string][]string
	r.until("all odd texts to be recorded", func() bool {
		got, want = shown(r.recorded(wabridge.EventMessage)), shown(r.received())
		return total(got) >= total(want)
	})
	for chat, list := range want {
		compareLists(r.t, "odd texts of "+chat, got[chat], list, true)
	}
}

// still waits for the chats to be left alone: within the time, each is opened once
// at most, to see what could have come unseen in its newest minute.
func (r *rig) still(d time.Duration, chats int) {
	r.t.Helper()
	<-time.After(d) // what was left open is met once more
	before := r.log.count("look into a chat")
	<-time.After(d)
	if n := r.log.count("look into a chat") - before; n > chats+4 {
		r.t.Errorf("%d chats were opened %d times in %v although nothing came", chats, n, d)
	}
}
