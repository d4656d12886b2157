package phone

import (
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

// TestRemedyNamesThePhone: a command for adb names the serial; who reaches the
// phone without adb is not told to use it.
func TestRemedyNamesThePhone(t *testing.T) {
	outputs := []string{"", "  mWakefulness=Awake\n0\n60000\n", "  mWakefulness=Asleep\n0\n60000\n", "level: 12\n"}
	for _, q := range questions {
		if q.name == "app" || q.name == "clock" {
			continue // they need profiles and a time
		}
		for _, out := range outputs {
			if r := q.judge(out, wabridge.Phone{Serial: "direct:192.0.2.7:5555", Package: "com.whatsapp"}, nil).Remedy; strings.Contains(r, "adb ") {
				t.Errorf("%s of a direct phone: %s", q.name, r)
			}
			r := q.judge(out, wabridge.Phone{Serial: "R58M123ABC", Package: "com.whatsapp"}, nil).Remedy
			if strings.Contains(r, "adb ") && !strings.Contains(r, "adb -s R58M123ABC ") {
				t.Errorf("%s does not name the serial: %s", q.name, r)
			}
		}
	}
}
