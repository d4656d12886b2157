package analytics

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCut(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		name       string
		start, end string
		step       Step
		want       []string
	}{
		{"days of UTC", "2026-03-01 00:00", "2026-03-03 00:00", ByDay, []string{"2026-03-01 00:00", "2026-03-02 00:00", "2026-03-03 00:00"}},
		{"the seed's days", "2022-09-03 03:00", "2022-09-05 03:00", ByDay, []string{"2022-09-03 03:00", "2022-09-04 03:00", "2022-09-05 03:00"}},
		{"the end cuts a day", "2026-03-01 00:00", "2026-03-02 07:10", ByDay, []string{"2026-03-01 00:00", "2026-03-02 00:00", "2026-03-02 07:30"}},
		{"start is no half hour", "2026-03-01 10:17", "2026-03-02 10:00", ByDay, []string{"2026-03-01 10:00", "2026-03-02 10:00"}},
		{"half hours", "2026-03-01 10:17", "2026-03-01 11:01", ByHalfHour, []string{"2026-03-01 10:00", "2026-03-01 10:30", "2026-03-01 11:00", "2026-03-01 11:30"}},
		{"months of UTC", "2026-01-01 00:00", "2026-03-01 00:00", ByMonth, []string{"2026-01-01 00:00", "2026-02-01 00:00", "2026-03-01 00:00"}},
		{"a month that is cut", "2026-01-31 00:00", "2026-02-10 00:00", ByMonth, []string{"2026-01-31 00:00", "2026-02-01 00:00", "2026-02-10 00:00"}},
		{"months west of Greenwich", "2026-01-01 05:00", "2026-02-01 05:00", ByMonth, []string{"2026-01-01 05:00", "2026-02-01 05:00"}},
		{"months east of Greenwich", "2026-01-31 16:00", "2026-02-28 16:00", ByMonth, []string{"2026-01-31 16:00", "2026-02-28 16:00"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			b := Cut(at(tt.start), at(tt.end), tt.step)
			for _, bound := range b.Bounds {
				got = append(got, bound.Format("2006-01-02 15:04"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for i := range b.Len() {
				if b.Index(b.Bounds[i]) != i || b.Index(b.Bounds[i+1].Add(-time.Second)) != i {
					t.Errorf("point %d does not hold its own ends", i)
				}
			}
			if b.Index(b.Bounds[0].Add(-1)) != -1 || b.Index(b.To()) != -1 {
				t.Error("what is outside has a point")
			}
		})
	}
}

func TestCutDays(t *testing.T) {
	for _, tt := range []struct {
		name, zone string
		want       []string
	}{
		{"UTC", "UTC", []string{"2026-03-28 00:00", "2026-03-29 00:00", "2026-03-30 00:00"}},
		{"a day of 23 hours", "Europe/Berlin", []string{"2026-03-27 23:00", "2026-03-28 23:00", "2026-03-29 22:00"}},
		{"a quarter of an hour", "Asia/Kathmandu", []string{"2026-03-27 18:00", "2026-03-28 18:00", "2026-03-29 18:00"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Skipf("no time zones on this machine: %v", err)
			}
			b := CutDays(time.Date(2026, 3, 28, 7, 0, 0, 0, zone), time.Date(2026, 3, 29, 9, 0, 0, 0, zone), zone)
			var got []string
			for _, bound := range b.Bounds {
				got = append(got, bound.Format("2006-01-02 15:04"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDays(t *testing.T) {
	start := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	b := Cut(start, start.AddDate(0, 2, 0), ByMonth)
	days := b.Days()
	if len(days) != 31+28+1 || !days[0].Equal(start) || !days[59].Equal(b.To()) {
		t.Errorf("got %d days from %v to %v", len(days), days[0], days[len(days)-1])
	}
	if b := Cut(start, start.AddDate(0, 0, 2), ByDay); len(b.Days()) != 3 {
		t.Errorf("two days became %v", b.Days())
	}
}
