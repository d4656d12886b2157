package webhook

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabridge/wabridge"
)

// ahead is how many POSTs package delivery may be before its progress on disk.
const ahead = 256

func TestARestartResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, rt := newMemory(endpoint("a")), newReceivers()
		rt.answer = func(_ string, n int) (int, error) { return map[bool]int{true: 200, false: 500}[n <= 2], nil }
		d := start(t, store, rt, io.Discard)
		for i := range int64(4) {
			store.text(t, i+1, fmt.Sprint(i))
		}
		time.Sleep(10 * time.Minute) // the third fails and fails
		stop(t, d)
		stop(t, d) // a second time does nothing
		kept := store.endpoint("a")
		if kept.Cursor != 2 || kept.Failures < 5 || kept.Failing.IsZero() || kept.LastError != "receiver answered 500" {
			t.Fatalf("kept %+v", kept)
		}
		tried := len(rt.times("a"))

		rt.answers(nil)
		start(t, store, rt, io.Discard)
		synctest.Wait()
		if len(rt.times("a")) != tried {
			t.Error("the pause did not survive the restart")
		}
		time.Sleep(time.Until(kept.Next))
		synctest.Wait()
		if got, want := strings.Join(strings.Fields(rt.texts("a"))[tried:], " "), "2 3"; got != want {
			t.Errorf("after the restart %q, want %q", got, want)
		}
	})
}

// TestACrashRepeatsFewPOSTs breaks the writes of progress, as a full disk
// does, and then "crashes".
func TestACrashRepeatsFewPOSTs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logs lines
		store, rt := newMemory(endpoint("a")), newReceivers()
		d := start(t, store, rt, &logs)
		store.text(t, 1, "0")
		synctest.Wait()
		rt.answers(func(string, int) (int, error) {
			store.breakSaving(wabridge.Fail(wabridge.CodeStorage, nil, "disk full"))
			return 200, nil
		})
		var want []string
		for i := range int64(1000) {
			store.text(t, i+2, fmt.Sprint(i+1))
			want = append(want, fmt.Sprint(i+1))
		}
		time.Sleep(time.Minute)
		sent := strings.Fields(rt.texts("a"))[1:]
		if len(sent) == 0 || len(sent) > ahead || !slices.Equal(sent, want[:len(sent)]) {
			t.Fatalf("while progress could not be saved %v was sent, want at most %d, in order", sent, ahead)
		}
		if got := strings.Count(logs.String(), "cannot use the database"); got < 1 || got > 3 {
			t.Errorf("one streak was logged %d times", got)
		}
		stop(t, d)
		store.breakSaving(nil)
		rt.answers(nil)
		start(t, store, rt, io.Discard)
		synctest.Wait()
		if got := strings.Fields(rt.texts("a"))[1+len(sent):]; !slices.Equal(got, want) {
			t.Errorf("after the crash %v, want all from the first that was not saved", got)
		}
	})
}

func TestStopLetsAPOSTEndAndThenBreaksItOff(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ends   time.Duration // of the POST
		grace  time.Duration
		cursor int64
		fails  bool
	}{
		{"the POST ends in time", 3 * time.Second, 10 * time.Second, 1, false},
		{"the POST does not end in time", 15 * time.Second, 10 * time.Second, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, rt := newMemory(endpoint("a")), newReceivers()
				hold := make(chan struct{})
				rt.hold["a"] = hold
				d := start(t, store, rt, io.Discard)
				store.text(t, 1, "0")
				store.text(t, 2, "1")
				synctest.Wait()
				time.AfterFunc(tt.ends, func() { close(hold) })
				ctx, cancel := context.WithTimeout(t.Context(), tt.grace)
				defer cancel()
				began := time.Now()
				if err := d.Stop(ctx); (err != nil) != tt.fails {
					t.Errorf("stop: %v", err)
				}
				if got, want := time.Since(began), min(tt.ends, tt.grace); got != want {
					t.Errorf("stop took %v, want %v", got, want)
				}
				got := store.endpoint("a")
				if got.Cursor != tt.cursor || got.Failures != 0 {
					t.Errorf("cursor %d, failures %d, want %d and none", got.Cursor, got.Failures, tt.cursor)
				}
				if rt.texts("a") != "0" {
					t.Errorf("sent %q, want nothing new after stop", rt.texts("a"))
				}
				time.Sleep(time.Minute)
			})
		})
	}
}
