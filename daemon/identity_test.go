package daemon

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/phonesim"
	"github.com/wabridge/wabridge/queue"
)

// awkwardNames are names that people are saved under, or choose, and that look
// like something else to a program.
var awkwardNames = []string{
	"~Ann", "~ Ann", "+1 555 888 7777", "+1 555-888-7777", "You", "Du", "Tú", "Você", "Вы", "Ann:", "Ann: Lee", "Jose\u0301", "Ann\u00a0Lee", "Ann  Lee",
	"\u200eAnn\u200f", "Ann (You)", "Team (2 messages)", "⤷ You got a reply", "Ann ❤\ufe0f", "👩\u200d⚕\ufe0f", "Ann…", "Photo", "📷 Photo", "12:30", "WhatsApp",
	"15550002001@s.whatsapp.net", "Ann\nLee", "أنا", "~\u202f+1 555 000 2001", "Missed voice call",
}

// checkWho compares what was recorded of everybody, by text: once, with the
// number. It may be without one where nothing tells it (unknown).
func (r *rig) checkWho(want map[string]string, unknown map[string]bool) {
	r.t.Helper()
	enough := func() bool { return total(r.recorded(wabridge.EventMessage)) >= len(want) }
	r.until("what people wrote", enough)
	got := map[string][]string{}
	for who, texts := range r.recorded(wabridge.EventMessage) {
		for _, text := range texts {
			got[text] = append(got[text], who)
		}
	}
	for text, who := range want {
		if nameless := unknown[who] && fmt.Sprint(got[text]) == "[]" && len(got[text]) == 1; !nameless && fmt.Sprint(got[text]) != fmt.Sprint([]string{who}) {
			r.t.Errorf("%q was recorded of %q, want %q", text, got[text], who)
		}
		delete(got, text)
	}
	for text, who := range got {
		r.t.Errorf("%q was recorded of %q, and nobody wrote it", text, who)
	}
	if n := r.recorded(wabridge.EventEcho); len(n) > 0 {
		r.t.Errorf("echoes: %q", n)
	}
}

// People are saved while the program runs, under whatever name. What they write
// is told once, as theirs; what is sent to them goes to them.
func TestContactsSavedMeanwhile(t *testing.T) {
	for _, identity := range []string{"pn", "lid"} {
		t.Run(identity, func(t *testing.T) {
			r := newRig(t, phonesim.Config{Identity: identity})
			r.waitState(wabridge.PhoneReady)
			want, unknown, keys := map[string]string{}, map[string]bool{}, map[string]string{}
			for i, name := range awkwardNames {
				who := fmt.Sprintf("1555880%04d", i+1)
				key := displayname.Key(name)
				if other, taken := keys[key]; identity == "lid" && (taken || displayname.IsChosen(key)) {
					unknown[who], unknown[other] = true, true
				}
				keys[key] = who
				if i%3 == 0 {
					r.sim.AddContact(phonesim.Contact{Name: name, Number: who})
				}
				for _, text := range []string{"first of ", "second of "} {
					text += who
					want[text] = who
					if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: who, Name: name, Text: text}); err != nil {
						t.Fatal(err)
					}
					if text[0] == 'f' {
						r.send("to "+name, who)
					}
				}
			}
			r.drain()
			r.checkLedger()
			time.Sleep(4 * time.Second) // the chat list is read every 3 s
			r.checkWho(want, unknown)
		})
	}
}

// The same people write in a group.
func TestAwkwardNamesInAGroup(t *testing.T) {
	r := newRig(t, phonesim.Config{})
	r.waitState(wabridge.PhoneReady)
	r.anyOrder = true
	for i, name := range awkwardNames {
		who := fmt.Sprintf("1555880%04d", i+1)
		r.sim.AddContact(phonesim.Contact{Name: name, Number: who})
		if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: who, Group: "Team", Text: "of " + who}); err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 {
			r.until("what was written so far", func() bool { return total(r.recorded(wabridge.EventMessage)) >= i })
		}
	}
	r.checkIncoming()
	if n := r.recorded(wabridge.EventEcho); len(n) > 0 {
		t.Errorf("echoes: %q", n)
	}
}

// A stranger takes the number, or the saved name, of a customer for a name:
// nothing of the customer's is touched.
func TestStrangersNameThemselves(t *testing.T) {
	const victim, stranger = "15550002001", "15559990001"
	for i, name := range []string{"+1 555 000 2001", "+1 555-000-2001", "Vic", "You", "⤷ You got a reply"} {
		for _, identity := range [][]string{{"lid"}, {"lid"}, {"pn", "lid"}, {"pn"}, {"lid"}}[i] {
			t.Run(identity+" "+name, func(t *testing.T) {
				r := newRig(t, phonesim.Config{Identity: identity, Contacts: []phonesim.Contact{{Name: "Vic", Number: victim}}})
				r.waitState(wabridge.PhoneReady)
				r.send("hello", victim)
				r.drain()
				for _, group := range []string{"", "Team"} {
					if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: stranger, Profile: name, Group: group, Text: "Vic: stop " + group}); err != nil {
						t.Fatal(err)
					}
				}
				r.until("both messages", func() bool { return total(r.recorded(wabridge.EventMessage)) >= 2 })
				r.send("again", victim)
				r.drain()
				time.Sleep(4 * time.Second)
				r.checkLedger()
				list := r.recorded(wabridge.EventMessage)
				if total(list) != 2 || len(list[victim]) > 0 || len(r.recorded(wabridge.EventEcho)) > 0 {
					t.Errorf("recorded %q, echoes %q", list, r.recorded(wabridge.EventEcho))
				}
				chat, err := r.d.db.Chat(t.Context(), benchPhone, wabridge.ChatRef{Number: victim})
				if err != nil || chat.Name != "Vic" {
					t.Errorf("the customer's chat: %+v, %v", chat, err)
				}
			})
		}
	}
}

// Several people are saved under one name, and links lead to the wrong one of
// them: nothing goes there.
func TestNamesakesAndWrongChats(t *testing.T) {
	for _, identity := range []string{"pn", "lid"} {
		for _, wrote := range []int{0, 1, 3} {
			t.Run(fmt.Sprint(identity, " ", wrote, " wrote"), func(t *testing.T) {
				people := []string{"15550006001", "15550006002", "15550006003"}
				var contacts []phonesim.Contact
				for _, n := range people {
					contacts = append(contacts, phonesim.Contact{Name: "Mum", Number: n})
				}
				r := newRig(t, phonesim.Config{Identity: identity, Contacts: contacts})
				r.waitState(wabridge.PhoneReady)
				r.incoming("hello", people[:wrote]...)
				r.until("what they wrote", func() bool { return total(r.recorded(wabridge.EventMessage)) >= wrote })
				for i := range 6 {
					r.fault(phonesim.Fault{Kind: "wrong_chat", Value: people[(i+1)%3], Count: 1})
					r.send(fmt.Sprint("text ", i), people[i%3])
					r.drain()
				}
				r.checkLedger()
			})
		}
	}
}

// Of three people of one name the first sends a picture, the second a text, and
// then the third writes: each is told once and as nobody else's.
func TestNamesakesAreNotMixedUp(t *testing.T) {
	for seed := range uint64(1) {
		for _, identity := range []string{"pn", "lid"} {
			t.Run(fmt.Sprint(identity, seed), func(t *testing.T) {
				r := newRig(t, phonesim.Config{Identity: identity, Seed: seed}, func(c *Config) { c.Media.Wait = 2 * time.Second })
				r.anyOrder = true
				r.waitState(wabridge.PhoneReady)
				rnd := rand.New(rand.NewPCG(seed, 3))
				for i := range 8 {
					name := fmt.Sprint("Anna ", i)
					kinds := []string{"image", "", ""}
					for k, kind := range kinds {
						who := fmt.Sprintf("1555000%d%03d", k+7, i+1)
						r.sim.AddContact(phonesim.Contact{Name: name, Number: who})
						if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: who, Kind: kind, Text: fmt.Sprint("of ", who)}); err != nil {
							t.Fatal(err)
						}
						if rnd.IntN(3) == 0 {
							time.Sleep(time.Duration(rnd.IntN(400)) * time.Millisecond)
						}
					}
				}
				texts := func() (out []string) {
					for who, list := range r.recorded(wabridge.EventMessage) {
						for _, text := range list {
							out = append(out, who+" "+text)
						}
					}
					return out
				}
				r.until("all that was written", func() bool { return len(texts()) >= 24 })
				time.Sleep(4 * time.Second)
				count := map[string]int{}
				for _, line := range texts() {
					who, text, _ := strings.Cut(line, " ")
					count[text[len(text)-11:]]++
					if who != "" && !strings.HasSuffix(text, who) {
						t.Errorf("%q was recorded of %q", text, who)
					}
				}
				for who, n := range count {
					if n != 1 {
						t.Errorf("what %s wrote was recorded %d times", who, n)
					}
				}
			})
		}
	}
}

// A person who hides the number writes first, and is answered by the number: the
// page about the chat that the link opened shows it.
func TestPersonWhoHidesTheNumberIsAnsweredByIt(t *testing.T) {
	for _, name := range []string{"Zed", "Vic", "+1 555 000 2001"} {
		t.Run(name, func(t *testing.T) {
			const hidden, vic = "15550007305", "15550002001"
			r := newRig(t, phonesim.Config{Identity: "lid", Contacts: []phonesim.Contact{{Name: "Vic", Number: vic}}})
			r.waitState(wabridge.PhoneReady)
			if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: hidden, Profile: name, Text: "hi"}); err != nil {
				t.Fatal(err)
			}
			r.until("the first message", func() bool { return total(r.recorded(wabridge.EventMessage)) >= 1 })
			r.fault(phonesim.Fault{Kind: "wrong_chat", Value: hidden, Count: 1})
			r.send("not for "+hidden, "15550009999")
			r.send("the answer", hidden)
			r.drain()
			r.checkLedger()
			if n := total(r.recorded(wabridge.EventMessage)); n != 1 {
				t.Errorf("%d messages were recorded, want 1", n)
			}
		})
	}
}

// While the program runs somebody is saved under the name of a known contact, and
// writes in a group: the name says nothing any more.
func TestFreshNamesakeInAGroup(t *testing.T) {
	const known, fresh = "15550002001", "15550002002"
	for _, identity := range []string{"pn", "lid"} {
		t.Run(identity, func(t *testing.T) {
			r := newRig(t, phonesim.Config{Identity: identity, Contacts: []phonesim.Contact{{Name: "Vic", Number: known}}})
			r.waitState(wabridge.PhoneReady)
			say := func(from, text string, seen int) {
				t.Helper()
				if _, err := r.sim.Incoming(phonesim.IncomingMessage{From: from, Group: "Team", Text: text}); err != nil {
					t.Fatal(err)
				}
				r.until("what was written", func() bool { return total(r.recorded(wabridge.EventMessage)) >= seen })
			}
			say(known, "of the one", 1)
			time.Sleep(time.Second) // a reading of the contacts counts for one
			r.sim.AddContact(phonesim.Contact{Name: "Vic", Number: fresh})
			say(fresh, "of the other", 2)
			list, err := r.d.db.Messages(t.Context(), queue.MessageFilter{Phone: benchPhone, Direction: wabridge.In, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if want := map[string]string{"of the one": known, "of the other": ""}[string(m.Text)]; m.Number != want {
					t.Errorf("%q is of %q, want %q", m.Text, m.Number, want)
				}
			}
		})
	}
}
