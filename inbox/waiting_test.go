package inbox

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

const waits = "Waiting for this message. This may take a while."

// TestAMessageWithoutItsTextIsHeldBack: it is not told before its time is over;
// then it is told as what it is, once, and its text is told when it comes.
func TestAMessageWithoutItsTextIsHeldBack(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		start := time.Now()
		line := fmt.Sprint(start.Unix(), " ", waits)
		h.receives("t1", anaID, "Ana", line)
		got := <-m.stored
		if d := time.Since(start); d < waitingTime || d > waitingTime+time.Minute {
			t.Errorf("told after %v, want %v", d, waitingTime)
		}
		if got.Type != "unsupported" || string(got.Text) != waits || len(got.Body) > 0 {
			t.Errorf("told as %s %q %s", got.Type, got.Text, got.Body)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(m.stored); n > 0 {
			t.Errorf("%d more were told", n)
		}
		h.mu.Lock()
		h.posts[0].lines[0] = fmt.Sprint(start.Unix(), " the text")
		h.posts[0].hash++
		h.mu.Unlock()
		if got := <-m.stored; got.Type != "text" || got.Text != "the text" {
			t.Errorf("then its text came, and was told as %s %q", got.Type, got.Text)
		}
	})
}

// TestATextThatComesInTimeIsToldOnce: nothing is told of the wait.
func TestATextThatComesInTimeIsToldOnce(t *testing.T) {
	h := newHandset()
	reading(t, h, func(r *Reader, m *memory, _ *[]Gap) {
		<-r.Ready()
		at := time.Now().Unix()
		h.receives("t1", anaID, "Ana", fmt.Sprint(at, " ", waits))
		time.Sleep(waitingTime / 2)
		h.mu.Lock()
		h.posts[0].lines[0] = fmt.Sprint(at, " the text")
		h.posts[0].hash++
		h.mu.Unlock()
		if got := <-m.stored; got.Type != "text" || got.Text != "the text" {
			t.Errorf("told as %s %q", got.Type, got.Text)
		}
		time.Sleep(2 * waitingTime)
		synctest.Wait()
		if n := len(m.stored); n > 0 {
			t.Errorf("%d more were told", n)
		}
	})
}
