package queue

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

func TestGate(t *testing.T) {
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	office, err := ParseHours("mon-fri 09:00-18:00", nil)
	if err != nil {
		t.Fatal(err)
	}
	night, _ := ParseHours("daily 22:00-02:00", nil)
	for _, c := range []struct {
		name     string
		p        Pacing
		u        Usage
		priority int
		want     time.Duration // from noon
	}{
		{"no limits", Pacing{}, Usage{Last: ago(0), Hour: 1e6, Day: 1e6, NewToday: 1e6, First: true}, 0, 0},
		{"gap", Pacing{Gap: 10 * time.Second}, Usage{Last: ago(3 * time.Second)}, 0, 7 * time.Second},
		{"gap is over", Pacing{Gap: 10 * time.Second}, Usage{Last: ago(10 * time.Second)}, 0, 0},
		{"nothing sent yet", Pacing{Gap: time.Hour}, Usage{}, 0, 0},
		{"hour full", Pacing{PerHour: 2}, Usage{Hour: 2, HourFrom: ago(50 * time.Minute)}, 0, 10 * time.Minute},
		{"hour not full", Pacing{PerHour: 3}, Usage{Hour: 2, HourFrom: ago(50 * time.Minute)}, 0, 0},
		{"hour full, nobody knows since when", Pacing{PerHour: 2}, Usage{Hour: 2}, 0, time.Minute},
		{"day full", Pacing{PerDay: 2}, Usage{Day: 5, DayFrom: ago(23 * time.Hour)}, 0, time.Hour},
		{"new contacts full", Pacing{NewPerDay: 1}, Usage{NewToday: 1, NewFrom: ago(20 * time.Hour), First: true}, 0, 4 * time.Hour},
		{"new contacts full, a known one", Pacing{NewPerDay: 1}, Usage{NewToday: 1, NewFrom: ago(20 * time.Hour)}, 0, 0},
		{"the longest wait counts", Pacing{Gap: time.Hour, PerHour: 1}, Usage{Last: ago(time.Minute), Hour: 1, HourFrom: ago(50 * time.Minute)}, 0, 59 * time.Minute},
		{"within hours", Pacing{Hours: office}, Usage{}, 0, 0},
		{"out of hours", Pacing{Hours: night}, Usage{}, 0, 10 * time.Hour},
		{"a wait that ends out of hours", Pacing{Hours: office, PerDay: 1}, Usage{Day: 1, DayFrom: ago(15 * time.Hour)}, 0, 21 * time.Hour},
		{"pair", Pacing{Pair: CloudPair}, Usage{Pair: []time.Time{ago(10 * time.Second), ago(9 * time.Second)}}, 0, 2 * time.Second},
		{"urgent passes all", Pacing{Gap: time.Hour, PerHour: 1, Hours: night, Pair: Pair{Every: time.Hour, Burst: 1}},
			Usage{Last: noon, Hour: 9, Pair: []time.Time{noon}}, Urgent, 0},
		{"nearly urgent does not", Pacing{Gap: time.Hour}, Usage{Last: noon}, Urgent - 1, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.p.Gate(&wabridge.Message{Priority: c.priority}, c.u, noon)
			if got.Sub(noon) != c.want {
				t.Errorf("got %v from now, want %v", got.Sub(noon), c.want)
			}
		})
	}
}

func TestPair(t *testing.T) {
	at := func(seconds ...float64) (times []time.Time) {
		for _, s := range seconds {
			times = append(times, noon.Add(time.Duration(s*float64(time.Second))))
		}
		return times
	}
	burst := func(n int) (times []time.Time) {
		for i := range n {
			times = append(times, noon.Add(time.Duration(i)*time.Millisecond))
		}
		return times
	}
	for _, c := range []struct {
		name string
		sent []time.Time
		now  float64 // seconds from noon
		want float64
	}{
		{"first", nil, 0, 0},
		{"second within the loan", at(0), 1, 1},
		{"second just before the window ends", at(0), 5.999, 5.999},
		{"second when it is paid", at(0), 6, 6},
		{"third after the window, unpaid", at(0, 1), 7, 12},
		{"third when paid", at(0, 1), 12, 12},
		{"20 at once: two minutes", burst(20), 10, 120},
		{"20 at once, paid", burst(20), 120, 120},
		{"the 45th at once", burst(44), 1, 1},
		{"the 46th at once", burst(45), 1, 270},
		{"a loan after a paid one", at(0, 1, 12), 13, 13},
		{"later than everything", at(0, 1, 2), 10000, 10000},
		{"times to come are not counted", at(100), 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := at(c.now)[0]
			got := CloudPair.Next(c.sent, now)
			if want := at(c.want)[0]; !got.Equal(want) {
				t.Errorf("got %v after noon, want %v", got.Sub(noon), want.Sub(noon))
			}
		})
	}
	if got := (Pair{}).Next(burst(99), noon); !got.Equal(noon) {
		t.Errorf("no limit: got %v", got)
	}
}

// TestPairWindow sends as fast as the limit allows, at random moments, and
// demands that ten minutes of memory judge like all of it.
func TestPairWindow(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var all []time.Time
	now := noon
	for range 1000 {
		now = now.Add(time.Duration(rng.IntN(4000)) * time.Millisecond)
		recent := all
		for len(recent) > 0 && now.Sub(recent[0]) > 10*time.Minute {
			recent = recent[1:]
		}
		long, short := CloudPair.Next(all, now), CloudPair.Next(recent, now)
		if !long.Equal(short) {
			t.Fatalf("at %v: all says %v, ten minutes say %v", now.Sub(noon), long.Sub(noon), short.Sub(noon))
		}
		if long.Equal(now) {
			all = append(all, now)
		}
	}
	if rate := now.Sub(noon).Seconds() / float64(len(all)); rate < 5.9 || rate > 12 {
		t.Errorf("one message in %.1f s over the whole, want about 6", rate)
	}
}

func TestHours(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("no time zone data: %v", err)
	}
	for _, c := range []struct{ hours, now, want string }{
		{"", "2026-03-02 03:00", "2026-03-02 03:00"},
		{"mon-fri 09:00-18:00", "2026-03-02 08:59", "2026-03-02 09:00"},
		{"mon-fri 09:00-18:00", "2026-03-02 09:00", "2026-03-02 09:00"},
		{"mon-fri 09:00-18:00", "2026-03-02 17:59", "2026-03-02 17:59"},
		{"mon-fri 09:00-18:00", "2026-03-02 18:00", "2026-03-03 09:00"},
		{"mon-fri 09:00-18:00", "2026-03-06 18:00", "2026-03-09 09:00"},
		{"mon 09:00-10:00", "2026-03-02 10:00", "2026-03-09 09:00"},
		{"mon-fri 09:00-12:00, mon-fri 13:00-18:00", "2026-03-02 12:30", "2026-03-02 13:00"},
		{"fri 22:00-02:00", "2026-03-07 01:00", "2026-03-07 01:00"},
		{"fri 22:00-02:00", "2026-03-07 02:00", "2026-03-13 22:00"},
		{"sat-mon 00:00-24:00", "2026-03-04 12:00", "2026-03-07 00:00"},
		{"daily 08:00-20:00", "2026-03-28 21:00", "2026-03-29 08:00"}, // the clock goes forward that night
		{"daily 02:30-03:30", "2026-03-29 00:00", "2026-03-29 03:30"}, // 02:30 does not exist: it is 03:30
	} {
		h, err := ParseHours(c.hours, berlin)
		if err != nil {
			t.Fatalf("%q: %v", c.hours, err)
		}
		now, _ := time.ParseInLocation("2006-01-02 15:04", c.now, berlin)
		got := h.Next(now.UTC()).In(berlin).Format("2006-01-02 15:04")
		if got != c.want {
			t.Errorf("%q at %s: got %s, want %s", c.hours, c.now, got, c.want)
		}
	}
}

func TestParseHoursRefuses(t *testing.T) {
	for _, bad := range []string{"mon", "09:00-18:00", "mon 9-18", "mon 09:00", "xyz 09:00-18:00", "mon-xyz 09:00-18:00", "mon 09:00-25:00",
		"mon 09:60-18:00", "mon 09:00-24:01", "mon 09:00-09:00", "mon 09:00-18:00 sat", "mon -1:00-18:00", ",", "mon 09:00-18:000"} {
		if h, err := ParseHours(bad, nil); err == nil {
			t.Errorf("%q: got %v, want an error", bad, h)
		}
	}
}

func FuzzParseHours(f *testing.F) {
	f.Add("mon-fri 09:00-18:00, sat 22:00-02:00")
	f.Add("daily 00:00-24:00")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHours(text, nil)
		if err != nil {
			return
		}
		next := h.Next(noon)
		if next.Before(noon) || next.After(noon.Add(8*24*time.Hour)) {
			t.Fatalf("%q: next %v", text, next)
		}
		if again := h.Next(next); !again.Equal(next) {
			t.Fatalf("%q: %v is within hours, but the next is %v", text, next, again)
		}
	})
}
