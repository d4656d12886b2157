package wabridge

import "testing"

// TestIncidental: what happened in a chat is told apart from what was said.
func TestIncidental(t *testing.T) {
	for kind, want := range map[string]bool{
		"text": false, "image": false, "location": false, "contacts": false, "poll": false, "unsupported": false, "interactive": false,
		"reaction": true, "call": true, "deleted": true,
	} {
		if got := (&Message{Type: kind}).Incidental(); got != want {
			t.Errorf("%s: %t, want %t", kind, got, want)
		}
	}
}
