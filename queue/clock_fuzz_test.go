package queue

import (
	"fmt"
	"testing"
)

// FuzzParseClock: a time of day is between 00:00 and 24:00, and comes back as
// it was.
func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"09:00", "9:00", "24:00", "23:59:59", "24:01", "00:60", "-1:00", "9", "９:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		n, err := parseClock(word)
		if err != nil {
			return
		}
		if n < 0 || n > daySeconds {
			t.Fatalf("%q is second %d of a day", word, n)
		}
		again, err := parseClock(fmt.Sprintf("%02d:%02d:%02d", n/3600, n/60%60, n%60))
		if again != n || err != nil {
			t.Errorf("%q: %d comes back as %d, %v", word, n, again, err)
		}
	})
}
