package inbox

import (
	"strings"
	"testing"
	"time"
)

// FuzzParseClock feeds what the phone may answer to clockCommand: a zone that
// is known here or none, and a time after 2001 or none. It must not open files
// outside the database of zones.
func FuzzParseClock(f *testing.F) {
	for _, s := range []string{
		"America/Manaus\n-0400\n1764590000\n", "\n+0530\n1764590000", "GMT\r\n+0000\r\n1764590000\r\n", "Local\n", "../../etc/passwd\n", "UTC\n-9999\n99999999999999999999",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, out string) {
		zone, now := parseClock(out)
		if !now.IsZero() && now.Before(time.Unix(1e9, 0)) {
			t.Errorf("%q: the time is %v", out, now)
		}
		if zone == nil {
			return
		}
		if name := zone.String(); name == "Local" || strings.Contains(name, "..") || !strings.Contains(out, name) && name != "UTC" {
			t.Errorf("%q: the zone is %q", out, name)
		}
		if _, offset := now.In(zone).Zone(); offset < -24*3600 || offset > 24*3600 {
			t.Errorf("%q: the zone is %d s from UTC", out, offset)
		}
	})
}
