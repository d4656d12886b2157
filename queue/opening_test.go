package queue

import (
	"strings"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
)

func TestOpening(t *testing.T) {
	hours := func(zone string, ranges ...string) *wabridge.Hours {
		h := &wabridge.Hours{Zone: zone}
		for _, r := range ranges {
			from, to, _ := strings.Cut(r, "-")
			h.Ranges = append(h.Ranges, [2]string{from, to})
		}
		return h
	}
	const moscow, ny, unknown, russian, tollFree, london = "74951234567", "12125551234", "", "79161234567", "18005551234", "447700900123"
	for name, tt := range map[string]struct {
		hours        *wabridge.Hours
		number       string
		at, want     string
		wantTomorrow bool
	}{
		"none":                                  {nil, moscow, "2026-03-01T03:00:00Z", "2026-03-01T03:00:00Z", false},
		"no ranges":                             {hours("UTC"), moscow, "2026-03-01T03:00:00Z", "2026-03-01T03:00:00Z", false},
		"open":                                  {hours("UTC", "09:00-22:00"), moscow, "2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z", false},
		"before":                                {hours("UTC", "09:00-22:00"), moscow, "2026-03-01T08:59:59Z", "2026-03-01T09:00:00Z", false},
		"the end is not in it":                  {hours("UTC", "09:00-22:00"), moscow, "2026-03-01T22:00:00Z", "2026-03-02T09:00:00Z", false},
		"seconds":                               {hours("UTC", "09:00:30-22:00:01"), moscow, "2026-03-01T22:00:00Z", "2026-03-01T22:00:00Z", false},
		"the second of two":                     {hours("UTC", "09:00-12:00", "14:00-18:00"), moscow, "2026-03-01T12:30:00Z", "2026-03-01T14:00:00Z", false},
		"in any order":                          {hours("UTC", "14:00-18:00", "09:00-12:00"), moscow, "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z", false},
		"over midnight, before it":              {hours("UTC", "22:00-06:00"), moscow, "2026-03-01T23:00:00Z", "2026-03-01T23:00:00Z", false},
		"over midnight, after it":               {hours("UTC", "22:00-06:00"), moscow, "2026-03-01T05:59:00Z", "2026-03-01T05:59:00Z", false},
		"over midnight, closed":                 {hours("UTC", "22:00-06:00"), moscow, "2026-03-01T06:00:00Z", "2026-03-01T22:00:00Z", false},
		"the whole day":                         {hours("UTC", "00:00-24:00"), moscow, "2026-03-01T23:59:59Z", "2026-03-01T23:59:59Z", false},
		"an offset":                             {hours("+03:00", "09:00-22:00"), ny, "2026-03-01T05:00:00Z", "2026-03-01T06:00:00Z", false},
		"the number's zone":                     {hours("", "09:00-22:00"), moscow, "2026-03-01T05:00:00Z", "2026-03-01T06:00:00Z", false},
		"the area code's zone":                  {hours("", "09:00-22:00"), ny, "2026-01-15T13:00:00Z", "2026-01-15T14:00:00Z", false},
		"a Russian mobile counts as Moscow":     {hours("", "09:00-22:00"), russian, "2026-03-01T05:00:00Z", "2026-03-01T06:00:00Z", false},
		"no number is UTC":                      {hours("", "09:00-22:00"), unknown, "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z", false},
		"several zones of one time":             {hours("", "09:00-22:00"), london, "2026-07-01T07:00:00Z", "2026-07-01T08:00:00Z", false},
		"spring: an hour that is skipped":       {hours("Europe/Berlin", "02:00-03:00"), "", "2026-03-28T23:30:00Z", "2026-03-30T00:00:00Z", false}, // the 29th has no 02:00
		"spring: it opens by the wall":          {hours("Europe/Berlin", "09:00-10:00"), "", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z", false},
		"autumn: it opens by the wall":          {hours("Europe/Berlin", "09:00-10:00"), "", "2026-10-24T12:00:00Z", "2026-10-25T08:00:00Z", false},
		"a zone that is none is UTC":            {hours("Mars/Base", "09:00-22:00"), moscow, "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z", false},
		"ranges that cannot be read: next day":  {hours("UTC", "x-y"), moscow, "2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z", false},
		"zones all around the world: some hour": {hours("", "09:00-10:00"), tollFree, "2026-03-01T08:00:00Z", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			got := Opening(tt.hours, tt.number, at)
			if tt.wantTomorrow {
				if got.Before(at) || got.Sub(at) > 25*time.Hour {
					t.Errorf("got %v, want a time within a day after %v", got, at)
				}
				return
			}
			if got.Format(time.RFC3339) != tt.want {
				t.Errorf("got %s, want %s", got.Format(time.RFC3339), tt.want)
			}
		})
	}
}

// Two zones an hour apart: it opens when it is open in both, and closes when
// it closes in the first.
func TestOpeningInAllZones(t *testing.T) {
	h := &wabridge.Hours{Ranges: [][2]string{{"09:00", "22:00"}}}
	zones := []*time.Location{time.FixedZone("a", 0), time.FixedZone("b", 3600)}
	ranges := []clockRange{{9 * 3600, 22 * 3600}}
	for at, want := range map[string]string{
		"2026-03-01T08:30:00Z": "2026-03-01T09:00:00Z", "2026-03-01T20:59:00Z": "2026-03-01T20:59:00Z", "2026-03-01T21:00:00Z": "2026-03-02T09:00:00Z",
	} {
		start, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := openInAll(ranges, zones, start); !ok || got.Format(time.RFC3339) != want {
			t.Errorf("from %s: got %v, %v; want %s", at, got, ok, want)
		}
	}
	if err := CheckHours(h); err != nil {
		t.Error(err)
	}
}

func TestCheckHours(t *testing.T) {
	for name, h := range map[string]*wabridge.Hours{
		"an empty range":      {Ranges: [][2]string{{"09:00", "09:00"}}},
		"no time":             {Ranges: [][2]string{{"nine", "ten"}}},
		"no minutes":          {Ranges: [][2]string{{"9", "10"}}},
		"25 o'clock":          {Ranges: [][2]string{{"09:00", "25:00"}}},
		"minute 60":           {Ranges: [][2]string{{"09:60", "10:00"}}},
		"a sign":              {Ranges: [][2]string{{"-9:00", "10:00"}}},
		"four parts":          {Ranges: [][2]string{{"09:00:00:00", "10:00"}}},
		"a zone that is none": {Ranges: [][2]string{{"09:00", "10:00"}}, Zone: "Mars/Base"},
		"the machine's zone":  {Ranges: [][2]string{{"09:00", "10:00"}}, Zone: "Local"},
		"a path":              {Ranges: [][2]string{{"09:00", "10:00"}}, Zone: "../etc"},
		"too many":            {Ranges: make([][2]string, MaxRanges+1)},
	} {
		if CheckHours(h) == nil {
			t.Errorf("%s: no mistake is found", name)
		}
	}
	if err := CheckHours(nil); err != nil {
		t.Error(err)
	}
}

// FuzzOpening: what CheckHours passes opens, not before it is asked for, within
// the days that it looks at, and is open then.
func FuzzOpening(f *testing.F) {
	f.Add("09:00", "22:00", "Europe/Berlin", "74951234567", int64(1_800_000_000))
	f.Add("22:00", "06:00", "", "15551234567", int64(1_774_746_000))
	f.Add("02:00", "02:30", "+14:00", "", int64(0))
	f.Fuzz(func(t *testing.T, from, to, zone, number string, unix int64) {
		h := &wabridge.Hours{Ranges: [][2]string{{from, to}}, Zone: zone}
		if CheckHours(h) != nil || unix < 0 || unix > 4_000_000_000 {
			return
		}
		at := time.Unix(unix, 0).UTC()
		open := Opening(h, number, at)
		if open.Before(at) || open.Sub(at) > 9*24*time.Hour {
			t.Errorf("%v at %v opens at %v", h, at, open)
		}
		if again := Opening(h, number, open); zone != "" && !again.Equal(open) {
			t.Errorf("%v is not open when it opens: %v, then %v", h, open, again)
		}
	})
}

func TestEstimate(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	c := wabridge.Campaign{Counts: map[wabridge.State]int{wabridge.Queued: 12, wabridge.Sending: 1, wabridge.Sent: 7}, Held: 3}
	typed := []time.Time{at, at.Add(-10 * time.Second), at.Add(-20 * time.Second), at.Add(-9 * time.Hour)}
	if left, ok := Estimate(c, typed); !ok || left != 100*time.Second {
		t.Errorf("got %v, %v; want 100s: a night is no pace", left, ok)
	}
	for name, bad := range map[string][]time.Time{"two messages": typed[:2], "none": nil} {
		if _, ok := Estimate(c, bad); ok {
			t.Errorf("%s tell a pace", name)
		}
	}
	c.Held = 13
	if _, ok := Estimate(c, typed); ok {
		t.Error("what is held takes no time")
	}
}
