package bot

import (
	"slices"
	"testing"
)

// TestUnset: the sample asks for an appointment's date and time.
func TestUnset(t *testing.T) {
	s := example(t, "appointment")
	if got := s.Unset(nil); !slices.Equal(got, []string{"date", "time"}) {
		t.Errorf("nothing given: %q", got)
	}
	if got := s.Unset(map[string]string{"date": "12 May", "time": "10:30"}); len(got) != 0 {
		t.Errorf("all given: %q", got)
	}
}
