package inbox

import (
	"testing"
	"time"

	"github.com/wabridge/wabridge/inbox/notification"
)

func TestPostingsAreAnswered(t *testing.T) {
	type step struct {
		events string // one letter each: the tag
		posted map[string]string
		open   bool // afterwards
	}
	for name, steps := range map[string][]step{
		"posted before the check":    {{"a", map[string]string{"a": "1"}, false}},
		"posted after the check":     {{"a", nil, true}, {"", map[string]string{"a": "1"}, false}},
		"posted again":               {{"a", map[string]string{"a": "1"}, false}, {"a", map[string]string{"a": "1"}, true}, {"", map[string]string{"a": "2"}, false}},
		"two chats, one not yet":     {{"ab", map[string]string{"a": "1"}, true}, {"", map[string]string{"a": "1", "b": "2"}, false}},
		"two in a chat, one not yet": {{"aa", map[string]string{"a": "1"}, true}, {"", map[string]string{"a": "2"}, false}},
		"taken away again":           {{"a", map[string]string{"a": "1"}, false}, {"a", nil, false}},
		"the summary alone":          {{"s", map[string]string{"s": "1"}, false}, {"s", map[string]string{"s": "1"}, false}},
		"a line that is not known":   {{"?", nil, true}},
	} {
		t.Run(name, func(t *testing.T) {
			p := postings{open: map[string]awaited{}}
			for i, s := range steps {
				for _, tag := range s.events {
					if tag == '?' {
						p.add("")
						continue
					}
					p.add(slot("1", string(tag)))
				}
				var records []notification.Record
				for tag, hash := range s.posted {
					records = append(records, notification.Record{ID: 1, Tag: tag + "\n", Hash: hash, Summary: tag == "s"})
				}
				if p.answer(records); p.waiting() != s.open {
					t.Errorf("step %d: waiting = %t, want %t", i+1, p.waiting(), s.open)
				}
			}
			if p.forget(); p.waiting() {
				t.Error("waiting after having given up")
			}
		})
	}
}

func TestLateLooks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		takes time.Duration // each check
		want  []time.Duration
	}{
		{"a quick phone", 10 * time.Millisecond, []time.Duration{240 * time.Millisecond, 440 * time.Millisecond}},
		{"a slow phone", 300 * time.Millisecond, []time.Duration{0, 100 * time.Millisecond}},
		{"slower than all looks", 2 * time.Second, []time.Duration{0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l schedule
			now := at(0)
			l.wake(now)
			for i := 0; ; i++ {
				began := now
				now = now.Add(tt.takes)
				wait, ok := l.next(began, now)
				if !ok {
					if i != len(tt.want) {
						t.Errorf("%d late looks, want %d", i, len(tt.want))
					}
					return
				}
				if i >= len(tt.want) || wait != tt.want[i] {
					t.Fatalf("look %d after %v, want %v", i+1, wait, tt.want)
				}
				now = now.Add(wait)
			}
		})
	}
}
