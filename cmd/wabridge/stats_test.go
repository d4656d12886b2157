package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func on(date string) time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return t
}

// charted is a command and a chart of three days.
func charted(m metric) (*statsCommand, *chart) {
	s := &statsCommand{metric: m, granularity: "day", since: on("2026-05-18"), until: on("2026-05-21")}
	c := &chart{currency: "EUR", slots: []time.Time{on("2026-05-18"), on("2026-05-19"), on("2026-05-20")},
		lines: []chartLine{{"Example (+4917012345)", []float64{400, 1000, 1}}, {"+15550001001", []float64{12, 180, 0}}}}
	return s, c
}

func TestStatsBars(t *testing.T) {
	s, c := charted(metrics[0])
	var out bytes.Buffer
	if err := s.printBars(&out, c, 40); err != nil {
		t.Fatal(err)
	}
	want := `Messages sent per day, 18 May 2026 to 20 May 2026

Mon 2026-05-18    412  █████▉
Tue 2026-05-19  1,180  █████████████████
Wed 2026-05-20      1  ▏
total           1,593
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s, c = charted(metrics[2])
	c.lines = c.lines[:1]
	c.lines[0].values = []float64{0.1, 0.2, 1234.5}
	out.Reset()
	if err := s.printBars(&out, c, 40); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, ", EUR\n") || !strings.HasSuffix(got, "total           1,234.80\n") {
		t.Errorf("costs:\n%s", got)
	}
}

func TestStatsHalfHours(t *testing.T) {
	s := &statsCommand{metric: metrics[0], granularity: "half_hour", since: on("2026-05-18"), until: on("2026-05-18").Add(2 * time.Hour)}
	c := &chart{lines: []chartLine{{"x", []float64{0, 3, 0, 0}}}}
	for at := s.since; at.Before(s.until); at = s.next(at) {
		c.slots = append(c.slots, at)
	}
	var out bytes.Buffer
	if err := s.printBars(&out, c, 20); err != nil {
		t.Fatal(err)
	}
	want := "Messages sent per half hour, 18 May 2026 to 18 May 2026\n\n2026-05-18 00:30  3  ██████████\ntotal             3\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestStatsPictures draws each of the three, with one phone and with more than
// get a line of their own.
func TestStatsPictures(t *testing.T) {
	for _, m := range metrics {
		for _, phones := range []int{1, 2, maxLines + 1} {
			s, c := charted(m)
			for len(c.lines) < phones {
				c.lines = append(c.lines, c.lines[0])
			}
			c.lines = c.lines[:phones]
			dir := t.TempDir()
			var out bytes.Buffer
			path := filepath.Join(dir, "a.png")
			if err := s.drawPNG(&out, c, path); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(out.String(), path+": "+s.heading(c)+", ") {
				t.Errorf("said %q", out.String())
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(f)
			if cerr := f.Close(); err != nil || cerr != nil {
				t.Fatal(err, cerr)
			}
			if size := picture.Bounds().Size(); size.X != 1440 || size.Y != 720 {
				t.Errorf("size %v", size)
			}
			path = filepath.Join(dir, "a.svg")
			if err := s.drawSVG(&out, c, path); err != nil {
				t.Fatal(err)
			}
			svg, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range []string{s.heading(c), s.axis, "18 May", "20 May"} {
				if !strings.Contains(string(svg), word) {
					t.Errorf("%s with %d phones: the picture does not say %q", m.name, phones, word)
				}
			}
			if named := strings.Contains(string(svg), c.lines[0].name); named != (phones <= maxLines) {
				t.Errorf("%s with %d phones: named %v", m.name, phones, named)
			}
		}
	}
	s, c := charted(metrics[0])
	if err := s.drawPNG(&bytes.Buffer{}, c, filepath.Join(t.TempDir(), "no", "such", "a.png")); err == nil {
		t.Error("a file that cannot be made is no error")
	}
}

func TestNothingIsDrawn(t *testing.T) {
	s, c := charted(metrics[0])
	c.lines = []chartLine{{"x", []float64{0, 0, 0}}}
	if err := s.drawSVG(&bytes.Buffer{}, c, filepath.Join(t.TempDir(), "a.svg")); err != nil {
		t.Error(err)
	}
}

func TestReadDay(t *testing.T) {
	now := time.Date(2026, 5, 20, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		text string
		last bool
		want string
	}{
		{"2026-01-31", false, "2026-01-31 00:00"}, {"2026-01-31", true, "2026-02-01 00:00"}, {"12h", false, "2026-05-19 22:00"},
		{"30d", false, "2026-04-20 10:00"}, {"2w", false, "2026-05-06 10:00"}, {"6mo", false, "2025-11-20 10:00"}, {"1y", true, "2025-05-20 10:00"},
		{"0d", false, "2026-05-20 10:00"}, {"", false, ""}, {"d", false, ""}, {"-3d", false, ""}, {"yesterday", false, ""}, {"3", false, ""}, {"31.1.2026", false, ""}, {"9999999999999d", false, ""},
	} {
		got, err := readDay(tt.text, now, tt.last)
		if (err != nil) != (tt.want == "") || err == nil && got.Format("2006-01-02 15:04") != tt.want {
			t.Errorf("readDay(%q, %v) = %v, %v; want %s", tt.text, tt.last, got, err, tt.want)
		}
	}
}

// TestSlotsOverAClockChange: the gateway's days go on in steps of 24 hours.
func TestSlotsOverAClockChange(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	for _, first := range []time.Time{time.Date(2026, 3, 27, 0, 0, 0, 0, zone), time.Date(2026, 10, 23, 0, 0, 0, 0, zone)} {
		s := &statsCommand{granularity: "day"}
		c := &chart{}
		for at := first; len(c.slots) < 6; at = s.next(at) {
			c.slots = append(c.slots, at)
		}
		for i := range c.slots {
			if got := c.slotOf(first.Add(time.Duration(i)*24*time.Hour), "day"); got != i {
				t.Errorf("day %d after %v falls into slot %d", i, first, got)
			}
		}
	}
}

func TestNiceStep(t *testing.T) {
	for _, tt := range []struct {
		v     float64
		whole bool
		want  float64
	}{{0, true, 1}, {0.2, true, 1}, {0.2, false, 0.2}, {0.03, false, 0.05}, {1.2, true, 2}, {21, true, 50}, {700, true, 1000}} {
		if got := niceStep(tt.v, tt.whole); got < tt.want*0.999 || got > tt.want*1.001 {
			t.Errorf("niceStep(%v, %v) = %v, want %v", tt.v, tt.whole, got, tt.want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for digits, want := range map[string]string{"": "", "7": "7", "123": "123", "1234": "1,234", "1234567": "1,234,567", "-123": "-123", "-1234": "-1,234"} {
		if got := grouped(digits); got != want {
			t.Errorf("grouped(%s) = %s, want %s", digits, got, want)
		}
	}
}
