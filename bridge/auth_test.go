package bridge

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// oneToken knows "right".
type oneToken struct{}

func (oneToken) Authenticate(_ context.Context, secret string) (queue.Token, error) {
	if secret != "right" {
		return queue.Token{}, wabridge.Fail(wabridge.CodeToken, nil, "no")
	}
	return queue.Token{ID: "t1"}, nil
}

func TestGuessesAreHeldBackByAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAuth(oneToken{})
		took := func(remote, secret string) time.Duration {
			begin := time.Now()
			_, _ = a.Check(t.Context(), remote, secret)
			return time.Since(begin)
		}
		for i := range 20 {
			want := min(max(0, time.Duration(i+1-freeTries)*guessDelay), guessMax)
			if got := took(fmt.Sprintf("192.0.2.1:%d", 1000+i), "x"); got != want {
				t.Errorf("guess %d waits %v, want %v", i+1, got, want)
			}
			if got := took("192.0.2.1:9", "right"); got != 0 {
				t.Errorf("the right token waits %v", got)
			}
		}
		if got := took("192.0.2.2:1", "x"); got != 0 {
			t.Errorf("another address waits %v", got)
		}
		time.Sleep(2 * guessWindow)
		if got := took("192.0.2.1:1", "x"); got != 0 {
			t.Errorf("after the window a guess waits %v", got)
		}
	})
}

func TestAFloodOfGuessesDoesNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAuth(oneToken{})
		var told atomic.Int64
		a.Wrong = func() { told.Add(1) }
		var wg sync.WaitGroup
		var waiting atomic.Int64
		for i := range 1000 {
			wg.Go(func() {
				waiting.Add(1)
				defer waiting.Add(-1)
				_, _ = a.Check(t.Context(), fmt.Sprintf("[2001:db8::%x]:1", i), "x") // one network
			})
		}
		synctest.Wait()
		if n := waiting.Load(); n == 0 || n > guessWaiting {
			t.Errorf("%d answers wait, want 1 to %d", n, guessWaiting)
		}
		wg.Wait()
		if told.Load() != 1000 {
			t.Errorf("told of %d", told.Load())
		}
	})
}

func TestTheMemoryOfGuessersIsBounded(t *testing.T) {
	a := NewAuth(oneToken{})
	for i := range 3 * guessPeers {
		a.count(peerOf(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)), time.Now())
	}
	if n := len(a.wrong); n > guessPeers {
		t.Errorf("%d addresses are remembered, want at most %d", n, guessPeers)
	}
}

func TestPeerOf(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1:99": "192.0.2.1", "[2001:db8:1:2:3::4]:99": "2001:db8:1:2::/64", "[::ffff:192.0.2.1]:9": "192.0.2.1",
		"[fe80::1%eth0]:9": "fe80::/64", "": "", "@": "@",
	} {
		if got := peerOf(in); got != want {
			t.Errorf("peerOf(%q) = %q, want %q", in, got, want)
		}
	}
}
