package phonesim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
)

// Many hands on the phone at once: nothing hangs, the ledger's order has no gap,
// and what arrived is counted once.
func TestManyHandsAtOnce(t *testing.T) {
	p := newPhone(t, Config{Seed: 7})
	uri := push(t, p, "/sdcard/Pictures/a.jpg", []byte("a"))
	kinds := []string{"", "image", "voice", "document", "location", "contact", "sticker"}
	quick := []string{"share_wrong_chat", "share_picker", "upload_failed", "media_missing", "no_read_grant", "tap_lost", "dump_null_root", "wrong_chat", "popup", "app_killed", "notification_repeat", "no_navigation", "slow_screen", "shade", "anr", "screen_lock", "network_off"}
	var hands sync.WaitGroup
	for hand := range 6 {
		rnd := rand.New(rand.NewPCG(7, uint64(hand)))
		hands.Go(func() {
			for i := range 30 {
				ctx, cancel := context.WithCancel(t.Context())
				switch rnd.IntN(9) {
				case 0, 6:
					_, _ = p.Incoming(IncomingMessage{From: fmt.Sprint(15550001000 + rnd.IntN(9)), Text: fmt.Sprint(hand, i), Kind: kinds[rnd.IntN(len(kinds))], Quote: fmt.Sprint(i)})
				case 7:
					p.Exec(ctx, shareTo(fmt.Sprint(15550001111+rnd.IntN(9))+"@s.whatsapp.net", "image/jpeg", uri, "x")+"; input tap 654 1480", nil, io.Discard, io.Discard)
				case 8:
					p.Exec(ctx, "input swipe 300 1200 300 1200 600; input swipe 300 1200 700 1200; input tap 150 1000", nil, io.Discard, io.Discard)
					_ = p.Call(Call{From: "15550001003", State: []string{"ringing", "missed", "ended"}[rnd.IntN(3)]})
				case 1:
					_ = p.Fault(Fault{Kind: quick[rnd.IntN(len(quick))]})
				case 2:
					p.Exec(ctx, "dumpsys notification --noredact; uiautomator dump /dev/tty; logcat -d -b all", nil, io.Discard, io.Discard)
				case 3:
					p.Exec(ctx, "input keyevent WAKEUP HOME; input swipe 360 1400 360 300; input keyevent BACK", nil, io.Discard, io.Discard)
				case 4:
					p.ClearFaults()
				default:
					p.Exec(ctx, open(fmt.Sprint(15550001111+rnd.IntN(9)), "x")+"; input tap 660 1490", nil, io.Discard, io.Discard)
				}
				cancel()
			}
		})
	}
	hands.Wait()
	p.ClearFaults()
	mustRun(t, p, "am start -n com.whatsapp/.Main")
	settle(t, p)
	for i, s := range p.Sent() {
		done := "read"
		if s.Kind == "reaction" {
			done = "sent"
		}
		if s.Order != i+1 || s.State != done && !(s.Media != nil && s.State == "pending") { // whose upload failed
			t.Errorf("ledger line %d: %+v", i, s)
		}
	}
	seen := map[string]bool{}
	for _, r := range p.Received() {
		if seen[r.ID] || r.Delivered.IsZero() {
			t.Errorf("received twice or never: %+v", r)
		}
		seen[r.ID] = true
	}
	if len(p.Sent()) == 0 || len(seen) == 0 {
		t.Errorf("%d sent, %d received", len(p.Sent()), len(seen))
	}
}
