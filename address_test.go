package wabridge

import "testing"

func TestSameNumber(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		want       bool
	}{
		{"equal", "4917012345", "4917012345", true},
		{"Brazil with and without the ninth digit", "559291234567", "5592991234567", true},
		{"Brazil the other way round", "5592991234567", "559291234567", true},
		{"a Brazilian landline has no ninth digit", "559231234567", "5592931234567", false},
		{"Mexico 52 and 521", "525512345678", "5215512345678", true},
		{"different", "4917012345", "4917012346", false},
		{"unknown is nobody", "", "", false},
		{"nobody is not unknown", "15550002111", "", false},
		{"unknown is not somebody", "", "15550002111", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := SameNumber(tt.a, tt.b); got != tt.want {
				t.Errorf("SameNumber(%q, %q) = %v, want %v", tt.a, tt.b, got, tt.want)
			}
		})
	}
}

func TestMovesStartOnlyWhereTheyMay(t *testing.T) {
	open := map[State]bool{Queued: true, Sending: true, Unconfirmed: true}
	for _, s := range States {
		if s.Open() != open[s] {
			t.Errorf("%s.Open() = %v", s, s.Open())
		}
	}
	var zero Move
	for name, m := range map[string]Move{
		"claimed":      Claimed(zero.at),
		"interrupted":  Interrupted(zero.at),
		"doubted":      Doubted(zero.at, CodeAmbiguous, ""),
		"absent":       ProvenAbsent(zero.at, zero.at),
		"canceled":     WasCanceled(zero.at),
		"expired":      HasExpired(zero.at),
		"wasSent":      WasSent(zero.at),
		"wasDelivered": WasDelivered(zero.at),
		"wasRead":      WasRead(zero.at),
	} {
		for _, end := range []State{Read, Failed, Expired, Canceled, Received} {
			if m.Legal(end) {
				t.Errorf("%s may start from %s, which is an end", name, end)
			}
		}
	}
}
