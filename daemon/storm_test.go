package daemon

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// stormFaults are the faults of a storm: those that the program overcomes, and
// some that a person must end (see storm.person).
var stormFaults = []phonesim.Fault{
	once("disconnect"), valued("disconnect", "middle"), times("disconnect", 2),
	lasts("freeze", 500*time.Millisecond), lasts("offline", 500*time.Millisecond),
	times("dump_null_root", 2), times("dump_idle_error", 2), once("dump_crash_empty"), once("dump_stale"),
	once("tap_lost"), once("key_lost"), valued("slow_screen", "100ms"), once("wrong_chat"), once("no_navigation"),
	valued("popup", "rating"), once("update_nag"), once("anr"),
	once("screen_off"), once("screen_lock"), once("lookup_failed"), once("open_confirm"),
	lasts("network_off", 500*time.Millisecond), once("app_killed"), once("kill_after_tap"),
	once("notification_repeat"), once("permission"), once("shade"), once("send_stuck"), times("send_stuck", 3),
	lasts("storage_full", 300*time.Millisecond), lasts("logged_out", 300*time.Millisecond),
}

// shareFaults blow where files are sent: in the storms of WABRIDGE_TEST_STORM.
// Under all faults at once, pictures between equal texts of one minute can still
// have a message that came in, or was typed by hand, recorded twice.
var shareFaults = []phonesim.Fault{
	once("share_wrong_chat"), once("share_picker"), once("caption_lost"), once("no_read_grant"), valued("slow_preview", "100ms"),
	valued("media_processing", "100ms"), once("upload_failed"), once("grant_denied"),
}

// englishFaults are those whose words no source gives in other languages.
var englishFaults = []phonesim.Fault{valued("popup", "disappearing_card")}

// draftFaults leave somebody's text in a composer. They do not go together with
// a person who opens chats on the phone's own screen: one who does so between
// the last look and the tap has his own draft sent. Nothing can be done against
// two hands on one screen but to pause the phone first.
var draftFaults = []phonesim.Fault{valued("foreign_draft", "half a thought"), valued("foreign_append", "half a thought ")}

// A storm is everything at once, by one seed.
type storm struct {
	*rig
	rng      *rand.Rand
	n        int
	faults   []phonesim.Fault
	onScreen bool   // a person uses the phone's own screen
	files    bool   // files are sent too
	sams     bool   // the phone knows sams
	family   string // the group's id once a message of it is recorded
}

// sams are for phones that name chats by number: under all faults at once, a
// message of one of them may still be told twice where chats are @lid.
//
// sams are people of one name: who of them writes may not be known.
var sams = []phonesim.Contact{{Name: "Sam", Number: ann}, {Name: "Sam", Number: ben}, {Name: "Sam", Number: "15552220005"}}

func TestStorm(t *testing.T) {
	configs := []phonesim.Config{
		{Seed: 1, Identity: "pn", Android: 13},
		{Seed: 2, Identity: "lid", Android: 15, Locale: "de"},
		{Seed: 3, Identity: "lid", Android: 10, Locale: "ru", App: "com.whatsapp.w4b"},
		{Seed: 4, Identity: "pn", Android: 15, Locale: "pt"},
		{Seed: 5, Identity: "pn", Android: 13, Locale: "es", Contacts: []phonesim.Contact{{Name: "Ann", Number: ann}, {Name: "Eve 2", Number: eve}}},
		{Seed: 6, Identity: "lid", Android: 13, Contacts: []phonesim.Contact{{Name: "Ben", Number: ben}}},
		{Seed: 7, Identity: "pn", Android: 13, Contacts: sams},
	}
	if os.Getenv("WABRIDGE_TEST_STORM") == "" {
		t.Log("one seed of seven; WABRIDGE_TEST_STORM=all runs them all")
		configs = configs[4:5]
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 2)
	for _, c := range configs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(fmt.Sprintf("seed %d %s %s %d", c.Seed, c.Identity, c.Locale, c.Android), func(t *testing.T) {
				s := &storm{rig: newRig(t, c), rng: rand.New(rand.NewPCG(c.Seed, stormRun())), faults: stormFaults, onScreen: c.Seed%2 == 0}
				if !s.onScreen {
					s.faults = slices.Concat(s.faults, draftFaults)
				}
				if s.files = os.Getenv("WABRIDGE_TEST_STORM") != ""; s.files {
					s.faults = slices.Concat(s.faults, shareFaults)
				}
				if c.Locale == "" {
					s.faults = slices.Concat(s.faults, englishFaults)
				}
				s.sams = c.Seed == 7
				s.writers = map[string]string{}
				s.run()
			})
		})
	}
	wg.Wait()
}

// stormRun makes other storms of the same seeds: WABRIDGE_TEST_STORM_RUN=n.
func stormRun() uint64 {
	n, err := strconv.ParseUint(os.Getenv("WABRIDGE_TEST_STORM_RUN"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// run lets the storm blow, and then compares.
func (s *storm) run() {
	s.waitState(wabridge.PhoneReady)
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for step := range 250 {
		<-tick.C
		s.act()
		if p := s.phone(); step%20 == 0 && (p.State == wabridge.PhoneAttention || p.State == wabridge.PhonePaused) {
			s.resume()
		}
		switch step {
		case 80, 170:
			s.away()
		}
	}
	s.sim.ClearFaults()
	s.resume()
	s.calm(90 * time.Second)
	s.waitState(wabridge.PhoneReady)
	s.checkFailed(s.checkLedger())
	s.anyOrder = true // what a look found is recorded after what was notified later
	s.checkIncoming()
	s.checkEchoes()
	s.t.Logf("%d sent, %d received", len(s.sim.Sent()), len(s.sim.Received()))
}

// checkFailed allows what the faults of a storm may do to a message: to have its
// send control ignore as many taps as one message may have. checkLedger holds
// that such a message is not in the ledger; here it is held that all its taps
// were used, and that these are few.
func (s *storm) checkFailed(failed map[wabridge.Code]int) {
	accepted := 0
	for to, ids := range s.accepted {
		accepted += len(ids)
		for _, id := range ids {
			switch m := s.message(id); {
			case m.Code == wabridge.CodeTapped && m.Taps != wabridge.MaxTaps:
				s.t.Errorf("%q failed with code %d after %d taps", s.texts[id], m.Code, m.Taps)
			case m.State == wabridge.Failed && m.Code == wabridge.CodeWrongChat && m.Type != "text" && s.isSam(to):
				failed[m.Code]-- // a preview cannot prove to which of several people of one name it goes
			}
		}
	}
	maps.DeleteFunc(failed, func(_ wabridge.Code, n int) bool { return n == 0 })
	for code, n := range failed {
		if code != wabridge.CodeTapped || n > 1+accepted/10 {
			s.t.Errorf("%d of %d messages failed with code %d", n, accepted, code)
		}
	}
	s.t.Logf("%d accepted, failed by code: %v", accepted, failed)
}

func (s *storm) isSam(number string) bool {
	return s.sams && slices.ContainsFunc(sams, func(c phonesim.Contact) bool { return c.Number == number })
}

// checkEchoes: what a person typed has no notification, so that what scrolled
// away unseen is not found; but what is recorded was typed, and once.
func (s *storm) checkEchoes() {
	typed := s.typed()
	n := 0
	for chat, list := range s.recorded(wabridge.EventEcho) {
		for i, text := range list {
			if !slices.Contains(typed[chat], text) || slices.Contains(list[:i], text) {
				s.t.Errorf("echo %q to %s: recorded twice, or never typed", text, chat)
			}
			n++
		}
	}
	s.t.Logf("%d of %d messages typed by hand recorded", n, total(typed))
}

var people = []string{ann, ben, eve, echo, "15552220005"}

// act does one thing: of ten, two messages out, four in, one fault, and now
// and then a file or a person.
func (s *storm) act() {
	who := people[s.rng.IntN(len(people))]
	s.n++
	switch s.rng.IntN(20) {
	case 0, 1, 2:
		s.send(fmt.Sprintf("text %d 'q' $HOME 👍", s.n), who)
	case 3, 4, 5, 6:
		s.incoming(fmt.Sprintf("in %d", s.n), who)
	case 7:
		text := fmt.Sprintf("ok %d", s.n)
		s.incoming(text, who)
		s.incoming(text, who) // two equal texts in one minute
	case 8:
		s.group(fmt.Sprintf("in group %d", s.n), who)
	case 13:
		if id := s.groupID(); id != "" && s.files {
			s.send(fmt.Sprintf("to all %d", s.n), id)
		}
	case 9, 10:
		s.fault(s.faults[s.rng.IntN(len(s.faults))])
	case 12:
		if !s.files {
			return
		}
		s.sendFile([]string{"image", "document"}[s.rng.IntN(2)], fmt.Sprintf("file %d", s.n), who)
	case 11:
		if s.n%4 == 0 {
			s.human(who)
		}
	}
}

func (s *storm) group(text, from string) {
	if _, err := s.sim.Incoming(phonesim.IncomingMessage{From: from, Text: text, Group: "The family"}); err != nil {
		s.t.Error(err)
	}
}

// groupID is the id of the group, "" before a message of it is recorded.
func (s *storm) groupID() string {
	for _, m := range s.groupMessages() {
		if wabridge.IsGroup(m.Group) { // on Android 10 it is known by its name only
			s.family = m.Group
		}
	}
	return s.family
}

// incoming remembers who wrote the text, so that it can be told whose a message
// is whose number is not known.
func (s *storm) incoming(text, from string) {
	s.writers[text] = from
	s.rig.incoming(text, from)
}

// human has a person type, on another device or on the phone's own screen.
func (s *storm) human(to string) {
	f := s.sim.Human
	if s.onScreen && to != ann && s.rng.IntN(2) == 0 { // he would take away the badge that counts what Ann wrote
		f = s.sim.HumanOnScreen
	}
	if err := f(to, fmt.Sprintf("by hand %d", s.n)); err != nil {
		s.t.Error(err)
	}
}

// away stops the program for a while, in which twelve messages come from one
// person: more than a notification holds.
func (s *storm) away() {
	s.stop()
	for i := range 12 {
		s.incoming(fmt.Sprintf("away %d %d", s.n, i), ann)
	}
	s.incoming(fmt.Sprintf("away %d", s.n), ben)
	s.incoming(fmt.Sprintf("away too %d", s.n), eve)
	s.start()
}
