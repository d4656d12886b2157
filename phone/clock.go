package phone

import (
	"strconv"
	"strings"
	"time"

	"github.com/wabridge/wabridge/uiauto"
)

// minuteOf reads "22:37:05": the minute, and how long until it is over for
// certain. What it cannot read lasts a whole minute.
func minuteOf(date string) (minute string, rest time.Duration) {
	parts := strings.Split(strings.TrimSpace(date), ":")
	if len(parts) != 3 {
		return "", time.Minute
	}
	sec, err := strconv.Atoi(parts[2])
	if err != nil || sec < 0 || sec > 60 {
		return "", time.Minute
	}
	return parts[0] + ":" + parts[1], time.Duration(61-sec) * time.Second
}

// sameMinute reports whether the time beside a bubble ("22:37", "10:37 PM") can
// be a minute of the phone's clock; what cannot be read can.
func sameMinute(shown, minute string) bool {
	a, b := clockNumbers(shown), clockNumbers(minute)
	if len(a) != 2 || len(b) != 2 {
		return true
	}
	return a[0]%12 == b[0]%12 && a[1] == b[1]
}

// clockNumbers are the numbers of a shown time.
func clockNumbers(s string) []int {
	var ns []int
	for f := range strings.FieldsFuncSeq(uiauto.ASCIIDigits(uiauto.Clean(s)), func(r rune) bool { return r < '0' || r > '9' }) {
		n, _ := strconv.Atoi(f)
		ns = append(ns, n)
	}
	return ns
}
