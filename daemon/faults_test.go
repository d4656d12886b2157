package daemon

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/phonesim"
)

// A faultRow says what a fault must come to. In every row all accepted messages
// end, the ledger agrees with what is said of each of them, and every incoming
// message is recorded once.
type faultRow struct {
	fault phonesim.Fault
	// state is what the phone must become while the fault lasts, for reason
	// code; then a person puts it right. "": the program copes alone.
	state wabridge.PhoneState
	code  wabridge.Code
	fails wabridge.Code // what messages may end with
	spare bool          // it need not happen as often as it could
	note  string
}

func fault(kind string, count int, d time.Duration, value string) phonesim.Fault {
	return phonesim.Fault{Kind: kind, Count: count, For: phonesim.Duration(d), Value: value}
}

func once(kind string) phonesim.Fault                   { return fault(kind, 1, 0, "") }
func times(kind string, n int) phonesim.Fault           { return fault(kind, n, 0, "") }
func standing(kind string) phonesim.Fault               { return fault(kind, 0, 0, "") }
func valued(kind, value string) phonesim.Fault          { return fault(kind, 1, 0, value) }
func lasts(kind string, d time.Duration) phonesim.Fault { return fault(kind, 0, d, "") }

// faultRows has a row for every kind of fault that the simulated phone knows.
var faultRows = []faultRow{
	{fault: valued("disconnect", "before")},
	{fault: valued("disconnect", "middle")},
	{fault: valued("disconnect", "after")},
	{fault: times("disconnect", 6)},
	{fault: lasts("freeze", 2*time.Second)},
	{fault: lasts("offline", 2*time.Second), state: wabridge.PhoneOffline, code: wabridge.CodeOffline, note: "comes back by itself"},
	{fault: times("dump_null_root", 3)},
	{fault: times("dump_idle_error", 3)},
	{fault: times("dump_crash_empty", 3)},
	{fault: times("dump_stale", 3)},
	{fault: times("dump_stale", 12), note: "more often than a look is tried again"},
	{fault: times("tap_lost", 2)},
	{fault: times("key_lost", 2)},
	{fault: valued("slow_screen", "200ms")},
	{fault: once("wrong_chat")},
	{fault: times("wrong_chat", 2)},
	{fault: once("no_navigation")},
	{fault: valued("foreign_draft", "half a thought")},
	{fault: valued("foreign_append", "half a thought ")},
	{fault: standing("long_link_cut")},
	{fault: valued("popup", "disappearing_card")},
	{fault: valued("popup", "rating")},
	{fault: valued("popup", "unknown")},
	{fault: once("update_nag")},
	{fault: standing("update_forced"), state: wabridge.PhoneAttention, code: wabridge.CodeAttention},
	{fault: once("anr")},
	{fault: once("screen_off")},
	{fault: once("screen_lock")},
	{fault: once("pin_lock"), state: wabridge.PhoneAttention, code: wabridge.CodeLockedScreen},
	{fault: once("not_on_whatsapp"), fails: wabridge.CodeUndeliverable},
	{fault: once("lookup_failed")},
	{fault: once("open_confirm")},
	{fault: lasts("network_off", time.Second)},
	{fault: standing("network_off"), note: "known chats keep the clock, new ones wait"},
	{fault: standing("hold_ticks")},
	{fault: once("app_killed")},
	{fault: times("kill_after_tap", 2)},
	{fault: standing("logged_out"), state: wabridge.PhoneAttention, code: wabridge.CodeNotRegistered},
	{fault: standing("banned"), state: wabridge.PhoneAttention, code: wabridge.CodeLocked},
	{fault: valued("language", "ru")},
	{fault: standing("layout_change"), state: wabridge.PhonePaused, code: wabridge.CodeScreen},
	{fault: once("unknown_screen")},
	{fault: once("notification_repeat")},
	{fault: standing("notifications_off")},
	{fault: fault("notifications_off", 0, 0, "channel")},
	{fault: lasts("waiting_for_message", time.Millisecond), note: "longer ones: TestAMessageThatIsWaitedFor"},
	{fault: once("permission")},
	{fault: times("am_start_timeout", 2)},
	{fault: standing("storage_full"), state: wabridge.PhoneAttention, code: wabridge.CodeAttention},
	{fault: standing("echo_off")},
	{fault: once("shade")},
	{fault: times("send_stuck", 2)},
	{fault: times("send_stuck", 3), fails: wabridge.CodeTapped, note: "as often as send is tapped for one message"},
}

// fileFaults are met by files alone: TestFileFaults.
var fileFaults = []string{
	"share_wrong_chat", "share_picker", "caption_lost", "no_read_grant", "grant_denied", "slow_preview",
	"document_dialog", "voice_draft", "media_processing", "upload_failed", "media_missing", "where_text_lost",
}

// inParallel is how many rows run at once: they wait more than they work.
const inParallel = 8

func TestFaults(t *testing.T) {
	covered := map[string]bool{}
	slots := make(chan struct{}, inParallel)
	var wg sync.WaitGroup
	for _, row := range faultRows {
		covered[row.fault.Kind] = true
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			f := row.fault
			t.Run(fmt.Sprintf("%s %d %s%s", f.Kind, f.Count, time.Duration(f.For), f.Value), func(t *testing.T) { row.test(t) })
		})
	}
	wg.Wait()
	for _, k := range phonesim.FaultKinds() { // restricted: TestRestrictedAccount
		if !covered[k.Kind] && k.Kind != "restricted" && !slices.Contains(fileFaults, k.Kind) {
			t.Errorf("fault %s has no row", k.Kind)
		}
	}
}

// The people of the tests. The number of echo ends in 111: it answers.
const (
	ann, ben, eve, echo = "15552220001", "15552220002", "15552220003", "15552220111"
)

func (row faultRow) test(t *testing.T) {
	r := newRig(t, phonesim.Config{Seed: 5})
	r.waitState(wabridge.PhoneReady)
	r.send("before", ann)
	r.incoming("before", eve)
	r.drain()

	r.fault(row.fault)
	r.send("first", ann, ben, echo)
	r.incoming("during", ann, eve)
	r.send("second", ann, ben)
	r.incoming("during", ann, ben)
	if row.state != "" {
		r.waitState(row.state)
		p := r.phone()
		if p.Code != row.code || p.Reason == "" {
			t.Errorf("phone %s with code %d, %q; want code %d and a reason", p.State, p.Code, p.Reason, row.code)
		}
		t.Logf("the phone says: %s", p.Reason)
	}
	if row.fault.For == 0 && row.fault.Count == 0 || row.state == wabridge.PhoneAttention || row.state == wabridge.PhonePaused {
		if row.state == "" { // a standing fault with which the program must live
			r.settled(3 * time.Second)
		}
		r.sim.ClearFaults()
		if row.state != "" {
			r.resume()
		}
	}
	r.drain()
	if armed := r.sim.Armed(); row.fault.Count > 0 && contains(armed, row.fault.Kind) && !row.spare {
		t.Errorf("the fault did not happen %d times", row.fault.Count)
	}
	if r.phone().State == wabridge.PhonePaused {
		r.resume()
	}
	r.send("after", ann, eve)
	r.incoming("after", ann, eve, ben)
	r.drain()
	r.waitState(wabridge.PhoneReady)
	failed := r.checkLedger()
	for code, n := range failed {
		if code != row.fails {
			t.Errorf("%d messages failed with code %d", n, code)
		}
	}
	r.checkIncoming()
}

// settled waits until nothing is open, or for the given time.
func (r *rig) settled(limit time.Duration) {
	deadline := time.After(limit)
	for {
		changed := r.d.db.Changed()
		depth, _, err := r.d.db.Depth(r.t.Context(), benchPhone)
		if err != nil {
			r.t.Error(err)
		}
		if depth[wabridge.Queued]+depth[wabridge.Sending]+depth[wabridge.Unconfirmed] == 0 {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			return
		}
	}
}
